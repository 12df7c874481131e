"""CR505: names of references against the team's own convention."""

from collections.abc import Iterator

from crstandards.findings import Finding, Findings, Related, Rule, Subject, World
from crstandards.model import ConnectionReference, Solution
from crstandards.rules.duplicates import is_generated

RULE = Rule(
    id="CR505",
    name="reference-name",
    severity="off",
    since="0.1.0",
    summary="a reference's names break the team's own convention",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="own",
    decision="What are the references to be called?",
    data=("reference",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each reference, with all that is wrong with its names."""
    declared = solution.declared()
    shown: dict[str, ConnectionReference] = {}
    # By name, not in the order of the file: an export may order them anew.
    for key in sorted(declared):
        shown.setdefault(declared[key].display_name.strip().lower(), declared[key])
    for key, reference in declared.items():
        display_name = reference.display_name.strip().lower()
        same = shown[display_name] if display_name else reference
        faults = list(_faults(solution, reference, world))
        if same is not reference:
            faults.append(
                f'its display name, "{reference.display_name}", is also that of {same.logical_name}'
            )
        if not faults:
            continue
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=reference.place,
            message=f"The names of {reference.logical_name} break the convention: {'; '.join(faults)}.",
            help=(
                "A display name can be changed in the portal (solution > Connection references > Edit). A "
                "logical name cannot: create a new reference, choose it in the flows, and remove this one."
            ),
            identity=(solution.base_name, key),
            subject=Subject(reference=reference.logical_name),
            related=()
            if same is reference
            else (Related(same.place, f"{same.logical_name} is shown alike"),),
        )


def _faults(solution: Solution, reference: ConnectionReference, world: World) -> Iterator[str]:
    name = reference.logical_name
    if world.logical_name and not world.name_fits(world.logical_name, name, reference, solution):
        yield f"the logical name does not fit {world.logical_name}"
    shown = reference.display_name
    if world.display_name and not world.name_fits(world.display_name, shown, reference, solution):
        yield f'the display name "{shown}" does not fit {world.display_name}'
    if is_generated(name):
        yield "the logical name is a generated one"
    has_prefix = "{prefix}" in world.logical_name
    if solution.prefix and not has_prefix and not reference.key.startswith(f"{solution.prefix.lower()}_"):
        yield f"its prefix is not the publisher's ({solution.prefix})"
