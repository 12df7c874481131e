"""CR603: an entry of deployment settings without a connection."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import SettingsFile
from crstandards.rules.bindings import (
    LIST,
    Entry,
    entries_of,
    finding_of_entries,
    finding_of_entry,
    paths_of,
)
from crstandards.rules.environments import gathered
from crstandards.rules.wording import once, verb, where

RULE = Rule(
    id="CR603",
    name="settings-unbound",
    severity="error",
    since="0.1.0",
    summary="deployment settings bind a connection reference to no connection",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    mark="unbound",
    sees="settings",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each reference; a note for a file that is all empty, a template."""
    for found in gathered(world, RULE.id, _unbound, lambda item: item.entry.key):
        name = found.items[0].entry.name
        yield finding_of_entry(
            RULE.id,
            found,
            "ConnectionId",
            f"{verb(paths_of(found), 'binds', 'bind')} {name} to no connection in {where(found.names)}: its "
            "ConnectionId is empty.",
            "Put in the id of a service account's connection in that environment, or a token that your "
            "pipeline replaces. In make.powerautomate.com the id stands in the address of an opened "
            "connection, after the connector's name.",
        )
    for templates in gathered(world, RULE.id, _templates, lambda file: file.path):
        file = templates.items[0]
        names = once(entry.name for entry in file.entries)
        yield finding_of_entries(
            RULE.id,
            templates,
            names,
            [Place(file.path, (LIST,))],
            [],
            f"{file.path} gives no connection for any of its {len(names)} connection references: it is taken "
            f"for a template, and binds nothing in {where(templates.names)}.",
            "Fill it in, or take a template out of the patterns under settings.",
            mark=file.path,
            severity="note",
        )


def _unbound(environment: Environment) -> list[Entry]:
    templates = {file.path for file in _templates(environment)}
    return [
        item
        for item in entries_of(environment)
        if item.declared and not item.entry.connection and item.file.path not in templates
    ]


def _templates(environment: Environment) -> list[SettingsFile]:
    return [file for file in environment.settings() if file.is_template]
