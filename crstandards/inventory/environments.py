"""The settings and inventories of the configured environments: found by their patterns in a snapshot,
read when a rule first asks for them, and once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import IO, NamedTuple

from crstandards.inventory.accounts import Accounts
from crstandards.inventory.asked import Asked, Source
from crstandards.model import Environment, World, connector_of
from crstandards.ownership import Inventory, Ownership, SettingsEntry, SettingsFile
from crstandards.policy.config import Config, EnvironmentConfig
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.snapshot import File, Snapshot, open_file
from crstandards.source.facts import Facts
from crstandards.source.settings import SETTINGS, RawEntry
from crstandards.source.text import SourceError

MAX_COMMITTED = 256 * 1024 * 1024
"""The most bytes of an inventory that is read from git or from a zip; on disk there is no limit."""

_ENVIRONMENT_ID = re.compile(r"(?i:(?:default-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})")


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
        self._readers = {
            environment.name: (
                cache(partial(self._settings, environment)),
                cache(partial(self._inventory, environment)),
            )
            for environment in config.environments
        }

    def attach(self, world: World) -> World:
        """The world with its environments' files, to be read when they are asked for."""
        declared = {environment.name: environment for environment in self._config.environments}
        options = self._config.ownership
        return world._replace(
            environments=tuple(
                self._attached(environment, declared[environment.name]) for environment in world.environments
            ),
            ownership=Ownership(
                deployers=options.deployers,
                required_role=options.required_role,
                max_inventory_age=options.max_inventory_age,
                show_owners=self._outside.show_owners,
            ),
        )

    def _attached(self, environment: Environment, declared: EnvironmentConfig) -> Environment:
        settings, inventory = self._readers[environment.name]
        return environment._replace(
            settings=settings,
            inventory=inventory,
            has_service_accounts=bool(accounts_of(self._config, declared).service),
            off=frozenset(rule for rule, severity in declared.rules.items() if severity == "off"),
        )

    def _settings(self, environment: EnvironmentConfig) -> tuple[SettingsFile, ...]:
        files = self._matching(environment.settings)
        accounts = accounts_of(self._config, environment)
        tokens = self._config.ownership.tokens
        found = []
        for path, entries in self._facts.read(self._snapshot, files, SETTINGS).items():
            if isinstance(entries, SourceError):
                found.append(SettingsFile(path, (), entries.reason, entries.at, entries.content))
            elif entries is not None:
                found.append(SettingsFile(path, tuple(_entry(entry, tokens, accounts) for entry in entries)))
        return tuple(sorted(found, key=lambda file: file.path))

    def _inventory(self, environment: EnvironmentConfig) -> Inventory | None:
        files = self._matching(environment.inventory)
        outside = self._outside.inventories.get(environment.name.lower(), ())
        if not files and not outside:
            return None
        from crstandards.inventory.reader import read_inventory

        bound = frozenset(
            entry.id for file in self._readers[environment.name][0]() for entry in file.entries if entry.id
        )
        asked = asked_for(self._config, environment)._replace(bound=bound)
        sources = [
            Source(file.path, partial(open_file, self._snapshot, file, MAX_COMMITTED)) for file in files
        ]
        if outside:
            return read_inventory([*sources, *map(from_disk, outside)], asked)

        def read() -> Inventory:
            self._facts.parsed += len(files)
            return read_inventory(sources, asked)

        return self._facts.together(files, asked, read)

    def _matching(self, patterns: Sequence[str]) -> list[File]:
        if not patterns:
            return []
        return [
            file
            for file in self._files.values()
            if any(path_matches(pattern, file.path) for pattern in patterns)
        ]


def from_disk(path: str) -> Source:
    """A file that was named on the command line."""

    def opened() -> IO[bytes]:
        return open(path, "rb")

    return Source(path.replace("\\", "/"), opened)


def accounts_of(config: Config, environment: EnvironmentConfig | None) -> Accounts:
    """The accounts that are configured for an environment, or in general."""
    own = None if environment is None else environment.service_accounts
    return Accounts(
        service=config.ownership.service_accounts if own is None else own,
        deployers=config.ownership.deployers,
    )


def asked_for(config: Config, environment: EnvironmentConfig | None) -> Asked:
    """What is asked of an inventory of an environment, or of one for none in particular.

    A team may name an environment by its id.
    """
    name = "" if environment is None else environment.name
    return Asked(
        accounts=accounts_of(config, environment),
        required_role=config.ownership.required_role,
        environment=name,
        others=tuple(other.name for other in config.environments),
        environment_id=name if _ENVIRONMENT_ID.fullmatch(name) else "",
    )


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
