"""CR601: a declared reference that an environment's deployment settings lack."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import SettingsFile
from crstandards.rules.bindings import LIST, finding_of_entries
from crstandards.rules.environments import Declaration, Together, declarations, gathered
from crstandards.rules.wording import count, listed, once, verb, where

RULE = Rule(
    id="CR601",
    name="settings-incomplete",
    severity="error",
    since="0.1.0",
    summary="deployment settings lack a connection reference that a solution declares",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    mark="unbound",
    sees="settings",
)


class Missing(NamedTuple):
    """References of one solution that settings lack, all of them or one, and the file they belong in."""

    declared: list[Declaration]
    file: SettingsFile | None

    @property
    def key(self) -> Hashable:
        """What makes it the same in another environment."""
        solution, reference = self.declared[0]
        return ("reference", reference.key) if self.file else solution.base_name


def overall(world: World) -> Iterator[Finding]:
    """One finding for each missing reference; one for each solution that has no settings at all."""
    for found in gathered(world, RULE.id, _missing, lambda missing: missing.key):
        yield _without_an_entry(found) if found.items[0].file else _without_settings(found)


def _missing(environment: Environment) -> Iterator[Missing]:
    files = environment.settings()
    # What is missing can only be told where all could be read.
    if not files or any(file.unreadable for file in files):
        return
    present = {entry.key for file in files for entry in file.entries}
    single: dict[str, Missing] = {}
    for solution in environment.solutions:
        if solution.vendored or not solution.references_known:
            continue
        declared = declarations([solution])
        lacking = [item for item in declared if item.reference.key not in present]
        if lacking and len(lacking) == len(declared):
            yield Missing(declared, None)
            continue
        names = {item.reference.key for item in declared}
        matching = max(files, key=lambda file: sum(entry.key in names for entry in file.entries))
        for item in lacking:
            single.setdefault(item.reference.key, Missing([], matching)).declared.append(item)
    yield from single.values()


def _without_settings(found: Together[Missing]) -> Finding:
    declared = found.items[0].declared
    solution, reference = declared[0]
    names = once(item.reference.logical_name for item in declared)
    return finding_of_entries(
        RULE.id,
        found,
        names,
        [Place(solution.manifest or reference.place.path)],
        declared,
        f"Solution {solution.shown_name} has no deployment settings for {where(found.names)}, though it "
        f"declares {count(len(names), 'connection reference')}: {listed(names)}.",
        "'pac solution create-settings' writes a file with all entries, for you to fill in. Import with it, "
        "or the references stay unbound and their flows off.",
        severity="warning",
    )


def _without_an_entry(found: Together[Missing]) -> Finding:
    declared = found.items[0].declared
    reference = declared[0].reference
    paths = list(dict.fromkeys(item.file.path for item in found.items if item.file))
    return finding_of_entries(
        RULE.id,
        found,
        [reference.logical_name],
        [Place(path, (LIST,)) for path in paths],
        declared,
        f"{verb(paths, 'lacks', 'lack')} an entry for {reference.logical_name} ({reference.connector}), so "
        f"an import into {where(found.names)} leaves it unbound.",
        f'Add {{"LogicalName": "{reference.logical_name}", "ConnectionId": "...", "ConnectorId": '
        f'"{reference.connector_id}"}} to ConnectionReferences, with the id of a service account\'s '
        "connection in that environment, or a token that your pipeline replaces.",
    )
