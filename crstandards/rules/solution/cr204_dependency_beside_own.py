"""CR204: a flow uses another solution's reference, beside one that its own solution declares."""

from crstandards.findings import Finding, Findings, Place, Related, Rule, Subject, World
from crstandards.model import Solution
from crstandards.rules.declarations import declaration_of, grouped, kin
from crstandards.rules.duplicates import MOST_SHOWN
from crstandards.rules.usage import FlowUser, users
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
    borrowing = (
        user
        for user in users(solution)
        if isinstance(user, FlowUser) and user.key not in declared_here
        if declaration(user.key) or user.key in missing or world.is_external(user.key)
    )
    found = grouped(borrowing, lambda user: (user.key, user.entry.connector))
    for (key, connector), using in found.items():
        beside = solution.for_connector(connector)
        if not beside or connector in world.own_endpoint:
            continue
        _, flow, entry, _ = using[0]
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
                    Related(user.place, f"{flow_title(solution, user.flow)} uses it too")
                    for user in using[1:]
                ),
                *(
                    Related(item.place, f"{item.logical_name} is declared here")
                    for item in beside[:MOST_SHOWN]
                ),
            ),
        )
