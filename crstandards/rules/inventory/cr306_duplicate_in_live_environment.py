"""CR306: a reference of an environment that duplicates one of the source, and that no source declares."""

from collections.abc import Iterator

from crstandards.environments import Environment, Inventory, World
from crstandards.findings import Finding, Findings, Related, Rule, Subject
from crstandards.rules.declarations import Declaration, by_name, declarations, folders, gathered, grouped
from crstandards.rules.wording import count, listed, listed_names, once, shown_connector, where

RULE = Rule(
    id="CR306",
    name="duplicate-in-live-environment",
    severity="warning",
    since="0.1.0",
    summary="an environment has a connection reference beside one of the source, for the same connection",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="inventory",
    decision="Which flows of the environment still use the reference?",
    data=("connector", "references", "environments"),
)


Surplus = tuple[str, tuple[Declaration, ...], tuple[str, ...]]
"""References of one connector: those that the source declares, and those beside them."""


def overall(world: World) -> Findings:
    """One finding for each connector, where an environment keeps one set of references."""

    def in_one(environment: Environment) -> Iterator[Surplus]:
        inventory = environment.inventory() or Inventory()
        bindings = inventory.bindings
        if not bindings or environment.sharing != "one-set" or not environment.is_known:
            return
        known = world.survey().declaring
        strange = [
            (name, connection)
            for name, connection in bindings.items()
            if connection and name not in known and name not in inventory.inactive
            if not world.is_external(name)
        ]
        beside = grouped(strange, lambda pair: pair[1])
        own = declarations(solution for solution in environment.solutions if not solution.vendored)
        pairs = [
            (item, name)
            for item in own
            if item.reference.connector
            for name, _ in beside.get(bindings.get(item.reference.key, ""), ())
        ]
        for connector, found in grouped(pairs, lambda pair: pair[0].reference.connector).items():
            declared = tuple(items[0] for items in by_name(item for item, _ in found).values())
            yield connector, declared, tuple(sorted({name for _, name in found}))

    def key(surplus: Surplus) -> tuple[str, ...]:
        connector, declared, beside = surplus
        return connector, *(item.reference.key for item in declared), "", *beside

    for found in gathered(world, RULE.id, in_one, key):
        yield _finding(found.items[0], found.names)


def _finding(surplus: Surplus, environments: list[str]) -> Finding:
    connector, declared, beside = surplus
    names = [*once(item.reference.logical_name for item in declared), *beside]
    kept = listed_names([item.reference for item in declared])
    be = "is" if len(beside) == 1 else "are"
    return Finding(
        rule=RULE.id,
        solution=declared[0].solution.shown_name,
        place=declared[0].reference.place,
        message=(
            f"In {where(environments)} there {be} {count(len(beside), 'connection reference')} for "
            f"{shown_connector(connector, *(item.solution for item in declared))} that no solution here "
            f"declares, bound to the same connection as {kept}: {listed(beside)}."
        ),
        help=(
            "These are proven duplicates. In make.powerautomate.com choose the environment, open Solutions > "
            f"Default solution > Connection references, select {listed(beside)}, and see under Advanced > "
            "Show dependencies which flows use it.\n"
            f"Move those flows to {kept}. Delete a reference when nothing uses it any more.\n"
            "If another repository brings them: [source] external-references in crstandards.toml."
        ),
        identity=(connector, *sorted(name.lower() for name in names), *environments),
        subject=Subject(connector=connector, references=names, environments=environments),
        related=tuple(
            Related(item.reference.place, f"{item.reference.logical_name} is declared here")
            for item in declared[1:]
        ),
        involves=folders(declared),
        among=tuple(dict.fromkeys(item.owner for item in declared)),
    )
