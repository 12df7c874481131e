"""CR506: a reference that is required from the unmanaged layer, and that nothing here provides."""

from crstandards.findings import Finding, Findings, Related, Rule, Subject, World
from crstandards.model import MissingDependency, Solution, sorted_out
from crstandards.rules.declarations import broken_dependencies, grouped
from crstandards.rules.wording import flow_title, listed

RULE = Rule(
    id="CR506",
    name="dependency-not-provided",
    severity="warning",
    since="0.1.0",
    stage="reference",
    summary="a listed missing dependency that no solution here declares",
    see="https://learn.microsoft.com/power-platform/alm/removing-dependencies",
    sees="declared",
    decision="Which solution is to bring the reference?",
    data=("reference",),
)

_UNMANAGED_LAYER = "active"


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each such reference, placed where the manifest first lists it.

    A note where another solution brings it: that one must be there first.
    """
    wanted = grouped(solution.missing, lambda dependency: dependency.key)
    if not wanted:
        return
    declared = world.survey().declaring
    broken = dict(broken_dependencies(solution, world))
    used = sorted_out(
        (key, flow_title(solution, flow))
        for flow in solution.flows
        for key in dict.fromkeys(entry.key for entry in flow.entries)
    )
    for key, (first, *others) in wanted.items():
        if key in declared or world.is_external(first.logical_name):
            continue
        titles = used.get(key)
        by = f" It is used by {listed(titles)}." if titles else ""
        active = next((item for item in (first, *others) if is_unmanaged(item)), None)
        message, advice = (
            _on_active(solution, first) if active else _on_solution(solution, first, broken.get(key, ""))
        )
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=(active or first).place,
            message=message,
            help=(
                f"{advice}{by} If another repository or the platform provides it: "
                f'[source] external-references = ["{first.logical_name}"] in crstandards.toml.'
            ),
            severity=None if active else "note",
            identity=(solution.base_name, key),
            subject=Subject(reference=first.logical_name),
            related=tuple(
                Related(item.place, "listed again here")
                for item in (first, *others)
                if item is not (active or first)
            ),
        )


def is_unmanaged(dependency: MissingDependency) -> bool:
    """Whether a dependency is on the unmanaged layer: the reference belonged to no solution there."""
    return dependency.solution.strip().lower() == _UNMANAGED_LAYER


def _on_active(solution: Solution, dependency: MissingDependency) -> tuple[str, str]:
    return (
        f"Solution {solution.unique_name} needs the connection reference {dependency.logical_name}, which "
        "existed only in the unmanaged layer of the environment that it was exported from. Another "
        "environment does not have it.",
        "In the portal, add the reference to the solution (Add existing > More > Connection Reference) and "
        "export again.",
    )


def _on_solution(solution: Solution, dependency: MissingDependency, broken: str) -> tuple[str, str]:
    if broken:
        return (
            f"Solution {solution.unique_name} needs the connection reference {dependency.logical_name} of "
            f"{broken}, which is here and does not declare it.",
            f"If {broken} lost it by mistake, bring it back there. Else let this solution use another "
            "reference, and export it again.",
        )
    owner = dependency.solution.partition(" (")[0].strip() or "another solution"
    return (
        f"Solution {solution.unique_name} needs the connection reference {dependency.logical_name} of "
        f"{owner}, which is not in this repository: {owner} must be there first, and its upgrade can take "
        "the reference away.",
        f"In the portal, let the solution use a connection reference of its own, or import {owner} first "
        "wherever this solution is imported.",
    )
