"""CR510: flow files that their solution does not list, and two files of one flow."""

from crstandards.findings import Finding, Findings, Place, Related, Rule, Subject, World
from crstandards.model import Flow, Solution, known_as
from crstandards.rules.wording import count, flow_title, listed

RULE = Rule(
    id="CR510",
    name="flow-file-left-over",
    severity="warning",
    since="0.1.0",
    summary="a flow file that its solution does not list, or two files of one flow",
    see="https://learn.microsoft.com/power-platform/alm/solution-packager-tool",
    sees="own",
    decision="Does the portal still have the flow?",
    data=("flows",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for all that are not listed, and one for each flow that is there more than once."""
    unlisted = [flow for flow in solution.flows if flow.path in solution.left_over]
    if unlisted:
        yield _unlisted(solution, unlisted)
    for guid, files in _by_guid(solution).items():
        if solution.is_solution and len(files) > 1:
            yield _twice(solution, guid, files)


def _by_guid(solution: Solution) -> dict[str, list[Flow]]:
    """The flows by GUID; a number stands behind that of a further file."""
    found = {flow.guid: [flow] for flow in solution.flows if flow.guid and " " not in flow.guid}
    for flow in solution.flows:
        guid, _, number = flow.guid.partition(" ")
        if number and guid in found:
            found[guid].append(flow)
    return found


def _unlisted(solution: Solution, flows: list[Flow]) -> Finding:
    them, are, lie = ("it", "it is", "lies") if len(flows) == 1 else ("them", "they are", "lie")
    titles = listed([solution.title(flow) for flow in flows])
    return Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=Place(flows[0].path),
        message=(
            f"{count(len(flows), 'flow file')} {lie} in the folder of {_owners(solution)} not name {them}: "
            f"{titles}. In the portal, the solution has no such flow."
        ),
        help=(
            f"Look in the portal whether {are} in the solution. If not, delete {them} here: unpacking leaves "
            "the files of deleted flows where they are; with pac solution unpack --allowDelete true it does "
            f"not. If {are} to stay, add {them} to the solution (Add existing > Automation > Cloud flow) and "
            "export again."
        ),
        identity=(_base_name(solution), *sorted(known_as(flow.path) for flow in flows)),
        subject=Subject(flows=[flow.path for flow in flows]),
        related=_others(flows),
    )


def _owners(solution: Solution) -> str:
    """Whose folder it is. Solutions of the YAML layout may share theirs."""
    if len(solution.beside) > 1:
        return f"solutions {listed(solution.beside)}, whose own lists do"
    return f"solution {solution.unique_name or solution.beside[0]}, whose own list does"


def _base_name(solution: Solution) -> str:
    return solution.base_name or (solution.beside[0].lower() if len(solution.beside) == 1 else "")


def _twice(solution: Solution, guid: str, flows: list[Flow]) -> Finding:
    names = listed([flow.path.rpartition("/")[2] for flow in flows])
    return Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=Place(flows[0].path),
        message=(
            f"{count(len(flows), 'file')} of solution {solution.unique_name} are one flow by their GUID: "
            f"{names}. Nobody can tell which of them counts."
        ),
        help=(
            f"In the portal, look what {flow_title(solution, flows[0])} is called now, and delete the other "
            "file here: when a flow was renamed, unpacking leaves its old file where it is."
        ),
        identity=(solution.base_name, "twice", guid),
        subject=Subject(flows=[flow.path for flow in flows]),
        related=_others(flows),
    )


def _others(flows: list[Flow]) -> tuple[Related, ...]:
    return tuple(Related(Place(flow.path), flow.path.rpartition("/")[2]) for flow in flows[1:])
