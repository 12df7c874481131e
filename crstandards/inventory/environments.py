"""The settings and inventories of the configured environments: found by their patterns in a snapshot,
read when a rule first asks for them, and once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from crstandards.connector_id import connector_of
from crstandards.environments import Inventory, Ownership, SettingsEntry, SettingsFile, World
from crstandards.inventory.items import account
from crstandards.policy.configuration import Config, EnvironmentConfig
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.snapshot import File, Snapshot, open_file
from crstandards.source.facts import Facts
from crstandards.source.settings import SETTINGS, NoSettings, is_called_settings, is_foreign
from crstandards.source.text import SourceError

MAX_COMMITTED = 256 * 1024 * 1024
"""The most bytes of an inventory that is read from git or from a zip; on disk there is no limit."""


class Outside(NamedTuple):
    """What the command line adds: inventories from outside the tree, as paths by the environment's name in
    lower case, and whether owners are shown in full.
    """

    inventories: Mapping[str, tuple[str, ...]] = {}
    show_owners: bool = False


class EnvironmentFiles:
    """What stands in the files of a snapshot that the configuration names for its environments."""

    def __init__(
        self,
        snapshot: Snapshot,
        files: Mapping[str, File],
        config: Config,
        facts: Facts,
        outside: Outside | None = None,
    ) -> None:
        self._snapshot = snapshot
        self._files = files
        self._config = config
        self._facts = facts
        self._outside = outside or Outside()
        self._found = {environment.name: self._of(environment) for environment in config.environments}

    def attach(self, world: World) -> World:
        """The world with its environments' files, to be read when they are asked for."""
        environments = (one._replace(**self._found[one.name]) for one in world.environments)
        world = world._replace(environments=tuple(environments), ownership=self._config.ownership)
        return world._replace(shown=lambda owner: owner.label) if self._outside.show_owners else world

    def _of(self, environment: EnvironmentConfig) -> dict[str, Any]:
        settings = cache(partial(self._settings, environment))
        return {
            "settings": settings,
            "inventory": cache(partial(self._inventory, environment, settings)),
            "has_service_accounts": bool(self._config.ownership_in(environment).service_accounts),
            "is_inventory_complete": environment.inventory_complete,
            "off": frozenset(rule for rule, severity in environment.rules.items() if severity == "off"),
        }

    def _settings(self, environment: EnvironmentConfig) -> tuple[SettingsFile, ...]:
        configured = self._config.ownership_in(environment)
        found = []
        for path, entries in self._read(environment).items():
            if not isinstance(entries, SourceError):
                found.append(SettingsFile(path, tuple(_entry(entry, configured) for entry in entries)))
            elif (
                path in environment.settings
                or is_called_settings(path)
                or not isinstance(entries, NoSettings)
            ):
                found.append(SettingsFile(path, (), entries.reason, entries.at, entries.content))
        return tuple(sorted(found, key=lambda file: file.path))

    def passed_over(self, environment: EnvironmentConfig) -> list[str]:
        """The files that match a pattern under `settings`, and are none: other tools' JSON."""
        known = {file.path for file in self._settings(environment)}
        return sorted({file.path for file in self._matching(environment.settings)} - known)

    def _read(self, environment: EnvironmentConfig) -> Mapping[str, tuple[SettingsEntry, ...] | SourceError]:
        files = [file for file in self._matching(environment.settings) if not is_foreign(file.path)]
        return self._facts.read(self._snapshot, files, SETTINGS)

    def _inventory(
        self,
        environment: EnvironmentConfig,
        settings: Callable[[], Iterable[SettingsFile]],
        connectors: frozenset[str] = frozenset(),
    ) -> Inventory | None:
        """The inventory; with `connectors`, also their connections that nothing is bound to."""
        files = self._matching(environment.inventory)
        outside = self._outside.inventories.get(environment.name.lower(), ())
        if not files and not outside:
            return None
        from crstandards.inventory.reader import Asked, Source, read_inventory

        bound = frozenset(entry.id for file in settings() for entry in file.entries if entry.id)
        asked = Asked.of(self._config, environment)._replace(bound=bound, connectors=connectors)
        sources = [
            Source(file.path, partial(open_file, self._snapshot, file, MAX_COMMITTED)) for file in files
        ]

        def read() -> Inventory:
            self._facts.parsed += len(files)
            return read_inventory([*sources, *map(Source.on_disk, outside)], asked)

        return read() if outside else self._facts.together(files, asked, read)

    def _matching(self, patterns: Sequence[str]) -> list[File]:
        return [
            file
            for file in self._files.values()
            if any(path_matches(pattern, file.path) for pattern in patterns)
        ]


_PLACEHOLDER = (
    r"(?i)(null|none|nil|n/?a|undefined|unset|dummy|guid|id|[x0{}-]+|[?.…_*]+|<.*>|[\[{][a-z _.-]*[\]}])"
    r"|(todo|tbd|tbc|fixme|replace|place.?holder|change.?me|insert|enter|fill|your|connection.?id)"
    r"([^a-z0-9].*|)|(replace|your)[a-z]+"
)
"""What stands for an id that somebody has yet to fill in. Compiled when settings are read."""


def is_placeholder(text: str) -> bool:
    """Whether a text stands for an id that is yet to be filled in.

    >>> is_placeholder("REPLACE_ME"), is_placeholder("shared-teams-c3b8a1d0-92f4-4e67-b05a-1e6d7f8c2a39")
    (True, False)
    """
    return bool(re.fullmatch(_PLACEHOLDER, text.strip()))


def _entry(entry: SettingsEntry, configured: Ownership) -> SettingsEntry:
    """An entry as it stands, with what its texts stand for."""

    def is_token(text: str) -> bool:
        # A part of an id may be one, as in shared-teams-#{teams}#.
        return any(name_matches(f"*{pattern}*", text) for pattern in configured.tokens)

    connection, connector, owner = entry.connection, entry.connector, entry.owner
    is_filled = is_token(connection) or not is_placeholder(connection)
    return entry._replace(
        connection=connection if is_filled else "",
        is_token=is_token(connection),
        connector=connector and ("" if is_token(connector) else connector_of(connector)),
        owner=None if owner is None or is_token(owner.name) else account(owner.name, configured),
        placeholder="" if is_filled else connection,
    )
