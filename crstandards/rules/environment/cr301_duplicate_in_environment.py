"""CR301: solutions bring several references for one connector into an environment with one set."""

from collections.abc import Iterable

from crstandards.environments import Environment, World
from crstandards.findings import Finding, Findings, Rule
from crstandards.rules.declarations import gathered, owners
from crstandards.rules.duplicates import evidence
from crstandards.rules.solution.cr305_duplicate_in_repository import Group, groups_between
from crstandards.rules.wording import count, listed, shown_connector, where

RULE = Rule(
    id="CR301",
    name="duplicate-in-environment",
    severity="error",
    since="0.1.0",
    summary="several solutions of an environment declare different connection references for one connector",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="duplicate",
    sees="declared",
    cure="merge",
    data=("connector", "references", "environments"),
)


def overall(world: World) -> Findings:
    """One finding for each connector, placed at the first declaration not to keep."""

    def in_one(environment: Environment) -> Iterable[Group]:
        is_one_set = environment.sharing == "one-set"
        return groups_between(environment.solutions, world) if is_one_set else ()

    for found in gathered(world, RULE.id, in_one, lambda group: group.key):
        yield _finding(found.items[0], found.names, world)


def _finding(group: Group, environments: list[str], world: World) -> Finding:
    proof = evidence(
        [environment for environment in world.environments if environment.name in environments],
        [item.reference for item in group.members],
    )
    solutions = [item.solution for item in group.members]
    names = owners(group.members)
    them = listed(names) if len(names) == 2 else count(len(names), "solution")
    return group.finding(
        RULE.id,
        environments,
        f"In {where(environments)}, {them} bring {len(group.names)} connection "
        f"references for {shown_connector(group.connector, *solutions)}; one is enough.{proof}",
    )
