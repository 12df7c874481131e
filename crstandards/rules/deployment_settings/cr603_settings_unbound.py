"""CR603: an entry of deployment settings without a connection."""

from collections.abc import Iterator

from crstandards.environments import Environment, SettingsFile, World
from crstandards.findings import Findings, Place, Rule
from crstandards.rules.bindings import (
    LIST,
    DeclaredEntry,
    entries_of,
    finding_of_entries,
    finding_of_entry,
    paths_of,
)
from crstandards.rules.declarations import gathered
from crstandards.rules.wording import listed, once, verb, where

RULE = Rule(
    id="CR603",
    name="settings-unbound",
    severity="error",
    since="0.1.0",
    stage="settings",
    summary="deployment settings bind a connection reference to no connection",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    mark="unbound",
    sees="settings",
    decision="Which connection is the reference to have in that environment?",
    data=("reference", "environments", "references"),
)


_FILL_IN = (
    "Put in the id of a service account's connection in that environment, or a token that your pipeline "
    "replaces. To see the id, open the connection in make.powerautomate.com: it is in the address, after the "
    "connector's name."
)


def overall(world: World) -> Findings:
    """One finding for each reference; one for a file that is all empty, a note where it is a template."""
    for found in gathered(
        world, RULE.id, _unbound, lambda item: (item.entry.key, item.entry.placeholder.lower())
    ):
        entry = found.items[0].entry
        stands = f'"{entry.placeholder}", which is no id' if entry.placeholder else "empty"
        yield finding_of_entry(
            RULE.id,
            found,
            "ConnectionId",
            f"{verb(paths_of(found), 'binds', 'bind')} {entry.name} to no connection in "
            f"{where(found.names)}: its ConnectionId is {stands}.",
            _FILL_IN,
        )
    for empty in gathered(world, RULE.id, _unfilled, lambda found: (found[0].path, found[1])):
        file, is_template = empty.items[0]
        names = once(entry.name for entry in file.entries)
        its, fails = f"any of its {len(names)} connection references", "binds none of them"
        if not names[1:]:
            its, fails = "its only connection reference", "does not bind it"
        gives = f"{file.path} gives no connection for {its}"
        yield finding_of_entries(
            RULE.id,
            empty,
            names,
            [Place(file.path, (LIST,))],
            [],
            f"{gives}: it is a template, and the file beside it binds them in {where(empty.names)}."
            if is_template
            else f"{gives}, so an import into {where(empty.names)} {fails}: {listed(names)}.",
            "Take the template out of the patterns under settings."
            if is_template
            else f"{_FILL_IN}\nIf the file is a template, take it out of the patterns under settings.",
            mark=file.path,
            severity="note" if is_template else None,
        )


def _unfilled(environment: Environment) -> Iterator[tuple[SettingsFile, bool]]:
    """The files that give no connection, and whether one is a template: it says so in its name, and lies
    beside a file that gives them all.
    """
    files = environment.settings()
    for file in files:
        if file.is_unfilled:
            beside = (other for other in files if _folder(other) == _folder(file))
            given = {entry.key for other in beside for entry in other.entries if entry.connection}
            yield file, file.is_called_template and given >= {entry.key for entry in file.entries}


def _folder(file: SettingsFile) -> str:
    return file.path.lower().rpartition("/")[0]


def _unbound(environment: Environment) -> list[DeclaredEntry]:
    return [
        item
        for item in entries_of(environment)
        if item.declared and not item.entry.connection and not item.file.is_unfilled
    ]
