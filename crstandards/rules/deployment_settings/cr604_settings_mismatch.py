"""CR604: an entry of deployment settings that cannot bind: another connector, or no connection's id."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, World
from crstandards.rules.bindings import gathered, names_of
from crstandards.rules.environments import Declaration, where
from crstandards.rules.settings import Entry, declared_in, entries_of, settings_finding
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR604",
    name="settings-mismatch",
    severity="error",
    summary="deployment settings give a connection reference another connector, or an id of the wrong form",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
)

Mismatch = tuple[Entry, list[Declaration]]


def overall(world: World) -> Iterator[Finding]:
    """One finding for each entry whose connector differs, and for each id of the wrong form."""
    for found in gathered(world, RULE.id, _other_connectors):
        entry, declared = found[0][1][0].entry, found[0][1][1]
        connectors = list(dict.fromkeys(item.reference.connector for item in declared))
        yield settings_finding(
            RULE.id,
            [entry.name],
            [item.place("ConnectorId") for _, (item, _) in found],
            [environment for environment, _ in found],
            declared,
            f"The entry for {entry.name} in {_files(found)} is for {entry.connector}, but that connection "
            f"reference is for {listed(connectors)}.",
            "Correct ConnectorId, and make sure that ConnectionId is the id of such a connection.",
            {"connector": entry.connector},
        )
    for wrong in gathered(world, RULE.id, _wrong_ids):
        entry, declared = wrong[0][1][0].entry, wrong[0][1][1]
        yield settings_finding(
            RULE.id,
            [entry.name],
            [item.place("ConnectionId") for _, (item, _) in wrong],
            [environment for environment, _ in wrong],
            declared,
            f"The ConnectionId for {entry.name} in {_files(wrong)} has a slash in it: it is more than the "
            f"id, and binds nothing in {where(names_of(wrong))}.",
            f"Leave only the last part, {entry.connection.rstrip('/').rpartition('/')[2]}.",
            {"connection": entry.connection},
        )


def _files(found: list[tuple[Environment, Mismatch]]) -> str:
    return listed(list(dict.fromkeys(item.file.path for _, (item, _) in found)))


def _other_connectors(environment: Environment) -> Iterator[tuple[Hashable, Mismatch]]:
    declared = declared_in(environment.solutions)
    for item in entries_of(environment):
        known = declared.get(item.entry.key, [])
        connectors = {found.reference.connector for found in known} - {""}
        if connectors and item.entry.connector and item.entry.connector not in connectors:
            yield (item.entry.key, item.entry.connector), (item, known)


def _wrong_ids(environment: Environment) -> Iterator[tuple[Hashable, Mismatch]]:
    declared = declared_in(environment.solutions)
    for item in entries_of(environment):
        if "/" in item.entry.id:
            yield (item.entry.key, item.entry.id), (item, declared.get(item.entry.key, []))
