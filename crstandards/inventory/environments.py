"""The settings and inventories of the configured environments: found by their patterns in a snapshot,
read when a rule first asks for them, and once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from crstandards.inventory.items import Accounts
from crstandards.model import World, connector_of
from crstandards.ownership import Inventory, Ownership, SettingsEntry, SettingsFile
from crstandards.policy.configuration import Config, EnvironmentConfig
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.snapshot import File, Snapshot, open_file
from crstandards.source.facts import Facts
from crstandards.source.settings import SETTINGS, RawEntry
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
        options = self._config.ownership
        return world._replace(
            environments=tuple(
                environment._replace(**self._found[environment.name]) for environment in world.environments
            ),
            ownership=Ownership(
                deployers=options.deployers,
                required_role=options.required_role,
                max_inventory_age=options.max_inventory_age,
                show_owners=self._outside.show_owners,
            ),
        )

    def _of(self, environment: EnvironmentConfig) -> dict[str, Any]:
        settings = cache(partial(self._settings, environment))
        return {
            "settings": settings,
            "inventory": cache(partial(self._inventory, environment, settings)),
            "has_service_accounts": bool(Accounts.of(self._config, environment).service),
            "off": frozenset(rule for rule, severity in environment.rules.items() if severity == "off"),
        }

    def _settings(self, environment: EnvironmentConfig) -> tuple[SettingsFile, ...]:
        files = self._matching(environment.settings)
        accounts = Accounts.of(self._config, environment)
        tokens = self._config.ownership.tokens
        found = []
        for path, entries in self._facts.read(self._snapshot, files, SETTINGS).items():
            if isinstance(entries, SourceError):
                found.append(SettingsFile(path, (), entries.reason, entries.at, entries.content))
            elif entries is not None:
                found.append(SettingsFile(path, tuple(_entry(entry, tokens, accounts) for entry in entries)))
        return tuple(sorted(found, key=lambda file: file.path))

    def _inventory(
        self, environment: EnvironmentConfig, settings: Callable[[], Iterable[SettingsFile]]
    ) -> Inventory | None:
        files = self._matching(environment.inventory)
        outside = self._outside.inventories.get(environment.name.lower(), ())
        if not files and not outside:
            return None
        from crstandards.inventory.reader import Asked, Source, read_inventory

        bound = frozenset(entry.id for file in settings() for entry in file.entries if entry.id)
        asked = Asked.of(self._config, environment)._replace(bound=bound)
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


def _entry(entry: RawEntry, tokens: Sequence[str], accounts: Accounts) -> SettingsEntry:
    def is_token(text: str) -> bool:
        return any(name_matches(pattern, text) for pattern in tokens)

    return SettingsEntry(
        name=entry.name,
        connection=entry.connection,
        is_token=is_token(entry.connection),
        connector="" if is_token(entry.connector_id) else connector_of(entry.connector_id),
        owner=None if is_token(entry.owner) else accounts.read(entry.owner),
        route=entry.route,
    )
