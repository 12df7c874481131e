"""CR304: a declaration outside the solution that is set to hold all references."""

from collections.abc import Iterator

from crstandards.environments import Environment, World
from crstandards.findings import Finding, Findings, Related, Rule, Solution, Subject
from crstandards.rules.declarations import Declaration, declarations, gathered
from crstandards.rules.duplicates import MOST_SHOWN
from crstandards.rules.wording import shown_reference, where

RULE = Rule(
    id="CR304",
    name="reference-outside-reference-solution",
    severity="error",
    since="0.1.0",
    summary="a reference is declared outside the solution that is set to hold them all",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="declared",
    decision="Which reference of the reference solution takes its place?",
    data=("reference", "environments"),
)


Outside = tuple[Declaration, str, list[Solution]]
"""A declaration outside, the name of the solution that is to hold them all, and its folders."""


def overall(world: World) -> Findings:
    """One finding for each declaration."""
    for found in gathered(
        world, RULE.id, _outside, lambda one: (one[0].solution.folder, one[0].reference.key, one[1].lower())
    ):
        yield _finding(*found.items[0], found.names)


def _outside(environment: Environment) -> Iterator[Outside]:
    holder = environment.reference_solution
    if not holder or environment.sharing != "one-set":
        return
    found = declarations(environment.solutions)
    holders = [solution for solution in environment.solutions if solution.base_name == holder.lower()]
    for item in found:
        if item.owner != holder.lower() and not item.solution.vendored:
            yield item, holder, holders


def _finding(item: Declaration, holder: str, holders: list[Solution], environments: list[str]) -> Finding:
    reference, solution = item.reference, item.solution
    equal = [one.declared()[reference.key] for one in holders if reference.key in one.declared()]
    fitting = equal or [
        other for one in holders for other in one.for_connector(reference.connector)[:MOST_SHOWN]
    ]
    if equal:
        advice = (
            f"{holder} declares it already: in the portal, take it out of {solution.unique_name} (Remove > "
            "Remove from this solution) and export again."
        )
    elif fitting:
        advice = (
            f"In the flows of {solution.unique_name} choose {shown_reference(fitting[0])} of {holder}, "
            f"remove {shown_reference(reference)} and export again."
        )
    else:
        advice = (
            f"In the portal, add it to {holder} (Add existing > More > Connection Reference), take it out of "
            f"{solution.unique_name} (Remove > Remove from this solution) and export both."
        )
    return Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=reference.place,
        message=(
            f"Solution {solution.unique_name} declares {shown_reference(reference)}; in "
            f"{where(environments)}, {holder} is to hold all connection references."
        ),
        help=advice,
        identity=(*environments, item.owner, reference.key),
        subject=Subject(reference=reference.logical_name, environments=environments),
        related=tuple(Related(other.place, f"{other.logical_name} of {holder}") for other in fitting),
        involves=(solution.folder,),
    )
