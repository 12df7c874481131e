"""CR305: solutions of one repository declare several references for one connector."""

from collections.abc import Iterator

from crstandards.environments import World
from crstandards.findings import Finding, Rule
from crstandards.rules.environment_duplicates import groups_between
from crstandards.rules.environments import owners
from crstandards.rules.wording import listed, shown_connector

RULE = Rule(
    id="CR305",
    name="duplicate-in-repository",
    severity="note",
    since="0.1.0",
    summary="several solutions of the repository declare different connection references for one connector",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="declared",
    decision="Do these solutions meet in one environment?",
    data=("connector", "references", "environments"),
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each connector, while no environment is declared."""
    if world.environments:
        return
    for group in groups_between(world.representatives, world):
        members = listed(owners(group.members))
        connector = shown_connector(group.connector, *(item.solution for item in group.members))
        yield group.finding(
            RULE.id,
            [],
            f"{members} declare {len(group.names)} connection references for {connector}. Where they "
            "meet in one environment, one is enough.",
        )._replace(
            help=(
                "Say in crstandards.toml whether they meet: an [[environments]] table with name = "
                '"contoso-prod" and solutions = ["Contoso*"]; with sharing = "set-per-solution" where each '
                "keeps its own. This note is then replaced by CR301 to CR304."
            ),
        )
