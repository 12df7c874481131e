"""CR206: references for both a connector and its predecessor."""

from crstandards.findings import Finding, Findings, Related, Rule, Solution, Subject, World
from crstandards.rules.usage import users_of
from crstandards.rules.wording import count, listed, once

RULE = Rule(
    id="CR206",
    name="legacy-connector-beside-current",
    severity="note",
    since="0.1.0",
    summary="a solution has references for both a connector and its predecessor",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="several",
    sees="own",
    decision="Which actions of the current connector take the place of the legacy ones?",
    data=("connector", "references"),
)

SUCCESSORS = {
    "shared_commondataservice": ("shared_commondataserviceforapps", "Dataverse"),
}
"""Legacy connectors, each with the one that took its place and the service's name."""


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each legacy connector, placed at its first reference."""
    for legacy, (current, service) in SUCCESSORS.items():
        old, new = solution.for_connector(legacy), solution.for_connector(current)
        if not old or not new:
            continue
        users = users_of(solution, world)
        titles = once(user.who() for item in old for user in users.get(item.key, ()))
        moves = (
            f"In {listed(titles)}, replace the legacy actions by those of the current connector; they differ "
            "in their fields. Then remove the reference."
            if titles
            else "Nothing here uses the legacy one: remove it."
        )
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=old[0].place,
            message=(
                f"Solution {solution.unique_name} has references for {service}'s legacy connector ({legacy}, "
                f"{count(len(old), 'reference')}) and for its current one ({current}, "
                f"{count(len(new), 'reference')})."
            ),
            help=moves,
            identity=(solution.base_name, legacy),
            subject=Subject(connector=legacy, references=[item.logical_name for item in old]),
            related=(
                *(Related(item.place, item.logical_name) for item in old[1:]),
                *(Related(item.place, f"{item.logical_name}, for the current connector") for item in new),
            ),
        )
