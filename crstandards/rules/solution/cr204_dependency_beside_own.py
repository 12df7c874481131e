"""CR204: a flow uses another solution's reference, beside one that its own solution declares."""

from crstandards.findings import Finding, Findings, Place, Related, Rule, Subject, World
from crstandards.model import ConnectionEntry, Flow, Solution
from crstandards.rules.declarations import declaration_of, kin
from crstandards.rules.duplicates import MOST_SHOWN
from crstandards.rules.wording import actions_of, flow_title, listed_names, shown_connector, shown_reference

RULE = Rule(
    id="CR204",
    name="dependency-beside-own",
    severity="note",
    since="0.1.0",
    summary=(
        "a flow uses another solution's reference, though its own solution declares one for the connector"
    ),
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="declared",
    decision="Does the environment keep one set of references, or each solution its own?",
    data=("reference", "connector"),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each such reference, placed at the first flow that uses it.

    Connectors with endpoints of their own are left out: each reference may be another service.
    """
    if not solution.is_solution or not solution.references_known:
        return
    declaration = declaration_of(solution, world)
    missing = {dependency.key for dependency in solution.missing}
    related_solutions = [solution, *kin(solution, world)]
    declared_here = {key for item in related_solutions for key in item.declared()}
    found: dict[tuple[str, str], list[tuple[Flow, ConnectionEntry]]] = {}
    for flow in solution.flows:
        for entry in flow.entries:
            if not entry.key or entry.key in declared_here or entry.connector in world.own_endpoint:
                continue
            if declaration(entry.key) or entry.key in missing or world.is_external(entry.key):
                found.setdefault((entry.key, entry.connector), []).append((flow, entry))
    for (key, connector), users in found.items():
        beside = solution.for_connector(connector)
        if not beside:
            continue
        flow, entry = users[0]
        title = flow_title(solution, flow)
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=Place(flow.path, entry.route),
            message=(
                f"{title[0].upper()}{title[1:]} uses {entry.reference} of another solution, although "
                f"solution {solution.unique_name} declares {listed_names(beside)} for "
                f"{shown_connector(connector, solution)}."
            ),
            help=(
                f"In Power Automate, edit the flow, choose {shown_reference(beside[0])} in "
                f"{actions_of(flow, entry)}, save and export again. Where the environment keeps one set of "
                f"references for all, do the opposite: use {entry.reference} everywhere and remove the "
                "solution's own."
            ),
            identity=(solution.base_name, key, connector),
            subject=Subject(reference=entry.reference, connector=connector),
            related=(
                *(
                    Related(Place(f.path, e.route), f"{flow_title(solution, f)} uses it too")
                    for f, e in users[1:]
                ),
                *(
                    Related(item.place, f"{item.logical_name} is declared here")
                    for item in beside[:MOST_SHOWN]
                ),
            ),
        )
