"""CR603: an entry of deployment settings without a connection."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import SettingsFile
from crstandards.rules.bindings import gathered, names_of
from crstandards.rules.environments import Declaration, where
from crstandards.rules.settings import LIST, Entry, declared_in, entries_of, settings_finding
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR603",
    name="settings-unbound",
    severity="error",
    summary="deployment settings bind a connection reference to no connection",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    mark="unbound",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each reference; a note for a file that is all empty, a template."""
    for found in gathered(world, RULE.id, _unbound):
        environments = [environment for environment, _ in found]
        entry = found[0][1][0].entry
        files = list(dict.fromkeys(item.file.path for _, (item, _) in found))
        yield settings_finding(
            RULE.id,
            [entry.name],
            [item.place("ConnectionId") for _, (item, _) in found],
            environments,
            found[0][1][1],
            f"{listed(files)} {'binds' if len(files) == 1 else 'bind'} {entry.name} to no connection in "
            f"{where(names_of(found))}: its ConnectionId is empty.",
            "Put in the id of a service account's connection in that environment, or a token that your "
            "pipeline replaces. In make.powerautomate.com the id stands in the address of an opened "
            "connection, after the connector's name.",
        )
    for templates in gathered(world, RULE.id, _templates):
        file = templates[0][1]
        names = list({entry.key: entry.name for entry in file.entries}.values())
        yield settings_finding(
            RULE.id,
            names,
            [Place(file.path, (LIST,))],
            [environment for environment, _ in templates],
            [],
            f"{file.path} gives no connection for any of its {len(names)} connection references: it is taken "
            f"for a template, and binds nothing in {where(names_of(templates))}.",
            "Fill it in, or take a template out of the patterns under settings.",
            mark=file.path,
            severity="note",
        )


def _unbound(environment: Environment) -> Iterator[tuple[Hashable, tuple[Entry, list[Declaration]]]]:
    declared = declared_in(environment.solutions)
    for item in entries_of(environment):
        if not item.entry.connection and not item.file.is_template and item.entry.key in declared:
            yield item.entry.key, (item, declared[item.entry.key])


def _templates(environment: Environment) -> Iterator[tuple[Hashable, SettingsFile]]:
    return ((file.path, file) for file in environment.settings() if file.is_template)
