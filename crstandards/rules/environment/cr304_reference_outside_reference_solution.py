"""CR304: a declaration outside the solution that is set to hold all references."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from crstandards.findings import Finding, Related, Rule
from crstandards.model import ConnectionReference, Environment, World
from crstandards.rules.environments import Declaration, Found, declarations, over_environments, where

RULE = Rule(
    id="CR304",
    name="reference-outside-reference-solution",
    severity="error",
    summary="a reference is declared outside the solution that is set to hold them all",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each declaration."""

    def in_one(environment: Environment) -> Iterator[Found]:
        holder = environment.reference_solution
        if not holder or environment.sharing != "one-set":
            return
        found = declarations(environment.solutions)
        held = [item.reference for item in found if item.owner == holder.lower()]
        for item in found:
            if item.owner != holder.lower() and not item.solution.vendored:
                key = (item.solution.folder, item.reference.key, holder.lower())
                yield Found(key, partial(_finding, item, holder, held))

    return over_environments(world, in_one, RULE.id)


def _finding(
    item: Declaration, holder: str, held: list[ConnectionReference], environments: list[str]
) -> Finding:
    reference, solution = item.reference, item.solution
    equal = [other for other in held if other.key == reference.key]
    fitting = equal or [other for other in held if other.connector == reference.connector]
    if equal:
        advice = (
            f"{holder} declares it already: in the portal, take it out of {solution.unique_name} (Remove > "
            "Remove from this solution) and export again."
        )
    elif fitting:
        advice = (
            f"In the flows of {solution.unique_name} choose {fitting[0].logical_name} of {holder}, remove "
            f"{reference.logical_name} and export again."
        )
    else:
        advice = (
            f"In the portal, add it to {holder} (Add existing > More > Connection reference), take it out of "
            f"{solution.unique_name} (Remove > Remove from this solution) and export both."
        )
    return Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=reference.place,
        message=(
            f"Solution {solution.unique_name} declares {reference.logical_name}; in {where(environments)}, "
            f"{holder} is to hold all connection references."
        ),
        help=advice,
        identity=(*environments, item.owner, reference.key),
        data={"reference": reference.logical_name, "environments": environments},
        related=tuple(Related(other.place, f"{other.logical_name} of {holder}") for other in fitting),
        involves=(solution.folder,),
    )
