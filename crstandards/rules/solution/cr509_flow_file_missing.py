"""CR509: a cloud flow that the solution names and whose file is not there."""

from collections.abc import Iterator

from crstandards.findings import Finding, Findings, Related, Rule, Subject, World
from crstandards.model import MissingFlow, Solution, known_as
from crstandards.rules.wording import count, listed

RULE = Rule(
    id="CR509",
    name="flow-file-missing",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="a cloud flow that the solution names and whose file is not in the source",
    see="https://learn.microsoft.com/power-platform/alm/solution-source-control-yaml-format",
    is_proved=True,
    sees="own",
    decision="Is the flow to stay in the solution?",
    data=("flows",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each solution, placed at what names the first such flow."""
    desktop, excluded, missing = list[MissingFlow](), list[MissingFlow](), list[MissingFlow]()
    for flow in solution.missing_flows:
        (desktop if flow.is_desktop else excluded if world.is_excluded(flow.path) else missing).append(flow)
    if not missing:
        return
    is_one = len(missing) == 1
    again = (
        "commit the solution again" if solution.layout == "yaml" else "export and unpack the solution again"
    )
    yield Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=missing[0].place,
        message=(
            f"Solution {solution.unique_name} names {count(len(missing), 'cloud flow')} whose "
            f"{'file is' if is_one else 'files are'} not in the source: {_titles(missing)}. Packing leaves "
            f"{'it' if is_one else 'them'} out without an error, and nobody can tell what "
            f"{'it uses' if is_one else 'they use'}."
        ),
        help="\n".join(
            (
                f"In the portal, {again}; if a flow is no longer wanted, remove it from the "
                "solution first. In the source, bring the missing files "
                "back: an ignore rule, a merge or a commit of a part may have left them out.",
                *_not_counted("desktop flows are not read", desktop),
                *_not_counted("[source] exclude leaves it out", excluded),
            )
        ),
        identity=(solution.base_name, *sorted(known_as(flow.name) for flow in missing)),
        subject=Subject(flows=[flow.name for flow in missing]),
        related=tuple(Related(flow.place, _title(flow)) for flow in missing[1:]),
    )


def _not_counted(why: str, flows: list[MissingFlow]) -> Iterator[str]:
    if flows:
        yield f"Not counted, as {why}: {_titles(flows)}."


def _titles(flows: list[MissingFlow]) -> str:
    return listed([_title(flow) for flow in flows])


def _title(flow: MissingFlow) -> str:
    return f'"{flow.title}" ({flow.name})' if flow.title else flow.name
