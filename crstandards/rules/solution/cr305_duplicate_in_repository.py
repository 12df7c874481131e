"""CR305: solutions of one repository declare several references for one connector."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crstandards.findings import Finding, Findings, Related, Rule, Solution, Subject, World
from crstandards.rules.declarations import Declaration, by_name, declarations, folders, grouped, owners
from crstandards.rules.duplicates import groups
from crstandards.rules.solution.cr201_duplicate_connector import RULE as DUPLICATE
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


class Group(NamedTuple):
    """The references for one connector that several solutions declare."""

    connector: str
    members: tuple[Declaration, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same group in another environment."""
        return (
            self.connector,
            *(f"{item.solution.folder}:{item.reference.key}" for item in self.members),
        )

    @property
    def names(self) -> list[str]:
        """The names of the references, each once, in order."""
        return [items[0].reference.logical_name for items in by_name(self.members).values()]

    def finding(self, rule: str, environments: list[str], message: str) -> Finding:
        """The finding."""
        by_solution = grouped(self.members, lambda item: item.solution.shown_name)
        return Finding(
            rule=rule,
            solution="",
            place=self.members[0].reference.place,
            message=message,
            identity=(*environments, self.connector, *sorted(name.lower() for name in self.names)),
            subject=Subject(
                by_solution={
                    name: list(dict.fromkeys(item.reference.logical_name for item in items))
                    for name, items in by_solution.items()
                },
                connector=self.connector,
                environments=environments,
            ),
            members=tuple(Related(item.reference.place, _told(item)) for item in self.members),
            together="references",
            involves=folders(self.members),
        )


def _told(item: Declaration) -> str:
    return f"{item.reference.logical_name} ({item.solution.shown_name})"


def groups_between(solutions: Iterable[Solution], world: World) -> Iterator[Group]:
    """The connectors for which these solutions declare several names, over at least two of them.

    What an exception covers does not count, nor connectors with an endpoint of their own,
    nor bought solutions: nobody here can change what they declare.
    """
    counting = (
        item
        for solution in solutions
        if not solution.vendored
        for excepted in [_excepted(solution, world)]
        for item in declarations([solution])
        if item.reference.key not in excepted
    )
    found = grouped(counting, lambda item: item.reference.connector)
    for connector, items in sorted(found.items()):
        are_several = len(by_name(items)) > 1 and len(owners(items)) > 1
        if connector and connector not in world.own_endpoint and are_several:
            yield Group(connector, tuple(items))


def _excepted(solution: Solution, world: World) -> set[str]:
    return {
        reference.key
        for _, references in groups(solution)
        for reference in references
        if world.is_excepted(DUPLICATE.id, solution, reference)
    }


def overall(world: World) -> Findings:
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
