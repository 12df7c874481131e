"""CR506: a reference that is required from the unmanaged layer, and that nothing here provides."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Related, Rule
from crstandards.model import MissingDependency, Solution, World
from crstandards.rules.wording import flow_title, listed

RULE = Rule(
    id="CR506",
    name="dependency-not-provided",
    severity="warning",
    since="0.1.0",
    stage="reference",
    summary="a listed missing dependency on the unmanaged layer, which no solution here declares",
    see="https://learn.microsoft.com/power-platform/alm/removing-dependencies",
    sees="declared",
)

UNMANAGED_LAYER = "active"
"""What a missing dependency names in place of a solution: the reference belonged to none there."""


def per_solution(solution: Solution, world: World) -> Iterator[Finding]:
    """One finding for each such reference, placed where the manifest first lists it."""
    wanted: dict[str, list[MissingDependency]] = {}
    for dependency in solution.missing:
        if dependency.solution.strip().lower() == UNMANAGED_LAYER:
            wanted.setdefault(dependency.key, []).append(dependency)
    if not wanted:
        return
    declared = world.survey().declaring
    users: dict[str, dict[str, str]] = {}
    for flow in solution.flows:
        for entry in flow.entries:
            if entry.key in wanted:
                users.setdefault(entry.key, {})[flow.path] = flow_title(solution, flow)
    for key, (first, *others) in wanted.items():
        if key in declared or world.is_external(first.logical_name):
            continue
        titles = list(users.get(key, {}).values())
        by = f" It is used by {listed(titles)}." if titles else ""
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=first.place,
            message=(
                f"Solution {solution.unique_name} needs the connection reference {first.logical_name}, which "
                "existed only in the unmanaged layer of the environment that it was exported from: a clean "
                "target lacks it."
            ),
            help=(
                "In the portal, add the reference to the solution (Add existing > More > Connection "
                f"reference) and export again.{by} If another repository or the platform provides it: "
                f'[source] external-references = ["{first.logical_name}"] in crstandards.toml.'
            ),
            identity=(solution.base_name, key),
            data={"reference": first.logical_name},
            related=tuple(Related(other.place, "listed again here") for other in others),
        )
