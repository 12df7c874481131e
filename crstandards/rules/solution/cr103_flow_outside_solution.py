"""CR103: flows that have no solution around them."""

from crstandards.findings import Finding, Findings, Place, Rule, Solution, Subject, World
from crstandards.rules.wording import count, listed

RULE = Rule(
    id="CR103",
    name="flow-outside-solution",
    severity="warning",
    since="0.1.0",
    summary="flows have no solution around them, and so no connection references",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="own",
    decision="Which solution do the flows belong to?",
    data=("folder",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each folder."""
    if solution.layout == "package":
        yield _finding(
            solution,
            solution.manifest,
            solution.manifest.lower().removeprefix(solution.folder.lower()).lstrip("/"),
            "This is a legacy flow package, not a solution: it cannot hold connection references at all.",
            "In Power Automate, import the package, add the flow to a solution (Add existing > Automation > "
            "Cloud flow), let its actions use connection references, and keep the exported solution here "
            "in place of the package.",
        )
    elif solution.layout == "clone" and solution.flows:
        flows = count(len(solution.flows), "flow")
        yield _finding(
            solution,
            solution.flows[0].path,
            min(flow.guid for flow in solution.flows),
            f"This is the clone of an agent, with {flows}, not a solution: the references that it uses are "
            "declared in none here.",
            "In Copilot Studio, add the agent and its flows to a solution, and keep that here, exported or "
            "committed, beside the clone. If this is a sample, leave it out with [source] exclude in "
            "crstandards.toml.",
        )
    # Customizations beside the flows, without a manifest, are unreadable source already (CR901).
    elif solution.layout == "loose" and _alone_in(solution) and not _has_customizations(solution):
        yield _finding(
            solution,
            solution.flows[0].path,
            min(flow.guid or flow.path.rpartition("/")[2] for flow in solution.flows),
            *(_unlisted if solution.beside else _alone)(solution),
        )


def _alone_in(solution: Solution) -> bool:
    """Whether flows lie in a folder of which no solution has any; else they are left over (CR510)."""
    return bool(solution.flows) and not solution.left_over


def _alone(solution: Solution) -> tuple[str, str]:
    stand = "stands" if len(solution.flows) == 1 else "stand"
    return (
        f"{count(len(solution.flows), 'flow')} {stand} in a Workflows folder without a solution: connection "
        "references exist only in solutions.",
        "Bring back the solution's Other/Solution.xml and Other/Customizations.xml, or add the flows to "
        "a solution and export that. A stale copy can be deleted; samples can be left out with "
        "[source] exclude in crstandards.toml.",
    )


def _unlisted(solution: Solution) -> tuple[str, str]:
    """What is said of flows in a folder that solutions share, none of which has them."""
    are, them = ("is", "it") if len(solution.flows) == 1 else ("are", "them")
    owners = "solution" if len(solution.beside) == 1 else "solutions"
    return (
        f"{count(len(solution.flows), 'flow')} {are} listed by none of this folder's solutions: "
        f"solutioncomponents.yml of {owners} {listed(solution.beside)} does not name {them}. Connection "
        "references exist only in solutions.",
        f"In the portal, add {them} to a solution (Add existing > Automation > Cloud flow) and commit that. "
        "Packing leaves out what no list names: files that are left over from a deleted flow can be deleted.",
    )


def _finding(solution: Solution, path: str, name: str, message: str, advice: str) -> Finding:
    """The finding for a folder, placed at its first flow; `name` is what survives a move of the folder."""
    return Finding(
        rule=RULE.id,
        solution="",
        place=Place(path),
        message=message,
        help=advice,
        identity=(name,),
        subject=Subject(folder=solution.folder),
    )


def _has_customizations(solution: Solution) -> bool:
    return any(item.place.path.lower().endswith("customizations.xml") for item in solution.unreadable)
