"""CR604: an entry of deployment settings that cannot bind: another connector, or no connection's id."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, World
from crstandards.rules.bindings import Entry, entries_of, finding_of_entry, paths_of
from crstandards.rules.environments import gathered
from crstandards.rules.wording import listed, where

RULE = Rule(
    id="CR604",
    name="settings-mismatch",
    severity="error",
    since="0.1.0",
    summary="deployment settings give a connection reference another connector, or an id of the wrong form",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    sees="settings",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each entry whose connector differs, and for each id of the wrong form."""
    for found in gathered(
        world, RULE.id, _of_other_connector, lambda item: (item.entry.key, item.entry.connector)
    ):
        _, entry, declared = found.items[0]
        connectors = list(dict.fromkeys(item.reference.connector for item in declared))
        yield finding_of_entry(
            RULE.id,
            found,
            "ConnectorId",
            f"The entry for {entry.name} in {listed(paths_of(found))} is for {entry.connector}, but that "
            f"connection reference is for {listed(connectors)}.",
            "Correct ConnectorId, and make sure that ConnectionId is the id of such a connection.",
            {"connector": entry.connector},
        )
    for wrong in gathered(world, RULE.id, _with_slash, lambda item: (item.entry.key, item.entry.id)):
        entry = wrong.items[0].entry
        yield finding_of_entry(
            RULE.id,
            wrong,
            "ConnectionId",
            f"The ConnectionId for {entry.name} in {listed(paths_of(wrong))} has a slash in it: it is more "
            f"than the id, and binds nothing in {where(wrong.names)}.",
            f"Leave only the last part, {entry.connection.rstrip('/').rpartition('/')[2]}.",
            {"connection": entry.connection},
        )


def _of_other_connector(environment: Environment) -> list[Entry]:
    return [
        item
        for item in entries_of(environment)
        if (connectors := {found.reference.connector for found in item.declared} - {""})
        if item.entry.connector and item.entry.connector not in connectors
    ]


def _with_slash(environment: Environment) -> list[Entry]:
    return [item for item in entries_of(environment) if "/" in item.entry.id]
