"""CR604: an entry of deployment settings that cannot bind: another connector, or no connection's id."""

from collections.abc import Iterator, Sequence

from crstandards.environments import Environment, Inventory, World
from crstandards.findings import Finding, Findings, Rule, Subject
from crstandards.rules.bindings import (
    DeclaredEntry,
    entries_of,
    finding_of_entries,
    finding_of_entry,
    flaw_of,
    paths_of,
)
from crstandards.rules.declarations import Together, gathered
from crstandards.rules.wording import listed, shown_connector, where

RULE = Rule(
    id="CR604",
    name="settings-mismatch",
    severity="error",
    since="0.1.0",
    stage="settings",
    summary="deployment settings give a connection reference another connector, or an id of the wrong form",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    sees="inventory",
    decision="Which connection is meant?",
    data=("reference", "environments", "connector", "connection"),
)


def overall(world: World) -> Findings:
    """One finding for each entry whose connector differs or is missing, and for each id that is none."""
    for found in gathered(
        world, RULE.id, _of_other_connector, lambda item: (item.entry.key, item.entry.connector)
    ):
        _, entry, declared = found.items[0]
        connectors = _connectors(found.items[0])
        fact = (
            f"names no connector: its ConnectorId should be {declared[0].reference.connector_id}"
            if entry.connector is None
            else f"is for {_shown(found.items[0], [entry.connector])}, but that connection reference is for "
            f"{_shown(found.items[0], connectors)}"
        )
        yield finding_of_entry(
            RULE.id,
            found,
            "ConnectorId",
            f"The entry for {entry.name} in {listed(paths_of(found))} {fact}.",
            "Correct ConnectorId. Make sure that ConnectionId is the id of a connection for that connector.",
            Subject(connector=entry.connector or ""),
        )
    for wrong in gathered(
        world,
        RULE.id,
        lambda environment: [item for item in entries_of(environment) if flaw_of(item.entry)],
        lambda item: (item.entry.key, item.entry.id),
    ):
        yield _finding_of_form(wrong)
    if world.is_live:
        for other in gathered(world, RULE.id, _of_other_kind, lambda pair: (pair[0].entry.key, pair[1])):
            yield _finding_of_kind(other)


def _finding_of_form(wrong: Together[DeclaredEntry]) -> Finding:
    entry = wrong.items[0].entry
    last = entry.connection.strip().rstrip("/").rpartition("/")[2].strip("{}")
    advice = f"Leave only the last part, {last}."
    if flaw_of(entry._replace(connection=last)):
        advice = (
            "Put in the connection's id. To see it, open the connection in make.powerautomate.com: it is in "
            "the address, after the connector's name."
        )
    return finding_of_entry(
        RULE.id,
        wrong,
        "ConnectionId",
        f"The ConnectionId for {entry.name} in {listed(paths_of(wrong))} {flaw_of(entry)}, and binds "
        f"nothing in {where(wrong.names)}.",
        advice,
        Subject(connection=entry.connection),
    )


def _finding_of_kind(found: Together[tuple[DeclaredEntry, str]]) -> Finding:
    item, connector = found.items[0]
    return finding_of_entries(
        RULE.id,
        found,
        [item.entry.name],
        [entry.place("ConnectionId") for entry, _ in found.items],
        item.declared,
        f"{item.file.path} binds {item.entry.name} to the connection {item.entry.connection}, which is "
        f"for {_shown(item, [connector])} in {where(found.names)}, but that connection reference is for "
        f"{_shown(item, _connectors(item))}.",
        "Put in the id of a connection for the reference's connector.",
        Subject(connection=item.entry.connection),
        mark=connector,
    )


def _shown(item: DeclaredEntry, connectors: Sequence[str]) -> str:
    solutions = [found.solution for found in item.declared]
    return listed([shown_connector(connector, *solutions) for connector in connectors])


def _connectors(item: DeclaredEntry) -> list[str]:
    return list(dict.fromkeys(found.reference.connector for found in item.declared))


def _of_other_connector(environment: Environment) -> list[DeclaredEntry]:
    return [
        item
        for item in entries_of(environment)
        if (connectors := {*_connectors(item)} - {""})
        if item.entry.connector is None or (item.entry.connector and item.entry.connector not in connectors)
    ]


def _of_other_kind(environment: Environment) -> Iterator[tuple[DeclaredEntry, str]]:
    """The entries whose id the inventory knows as another connector's, with that."""
    connections = (environment.inventory() or Inventory()).connections
    for item in entries_of(environment):
        known = connections.get(item.entry.id)
        connectors = {*_connectors(item)} - {""}
        if known and known.connector and connectors and known.connector not in connectors:
            yield item, known.connector
