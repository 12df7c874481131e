"""The source files of a commit's tree, kept so that the next commit's differ only where it changes them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from crstandards.git.ranges import RangeGit
from crstandards.git.repository import Change
from crstandards.policy.configuration import Config
from crstandards.policy.patterns import path_matches
from crstandards.snapshot import File, git_file
from crstandards.source.names import holds_no_part, home, home_by, manifest_home, part_of

GONE = "000000"


class Interest(NamedTuple):
    """Which paths a configuration lets in, and which of them it names as deployment settings."""

    lets_in: Callable[[str], bool]
    is_settings: Callable[[str], bool]

    @classmethod
    def of(cls, config: Config) -> Interest:
        """What a configuration is interested in."""
        settings = {pattern for environment in config.environments for pattern in environment.settings}
        excluded = _matcher(config.source.exclude)
        return cls(lambda path: not excluded(path), _matcher(settings))


class TreeFiles(NamedTuple):
    """The source files of one tree by home (see `names.home`) and path, and its deployment settings.

    `touched` are the homes in which it differs from the tree that it was made of.
    """

    homes: Mapping[str, Mapping[str, File]] = {}
    manifest_homes: frozenset[str] = frozenset()
    settings: Mapping[str, File] = {}
    touched: Collection[str] = ()

    def home(self, folder: str) -> str:
        """The home of a solution's folder."""
        return home(folder, self.manifest_homes)


class Part(NamedTuple):
    """A file that may be read for a check, with the kind and folder that `part_of` tells of it."""

    file: File
    kind: str
    folder: str


def parts_of(git: RangeGit, commit: str) -> list[Part]:
    """The files of a commit that may be read for a check, in no order."""
    return git.tree_as(commit, _part, holds_no_part)


def _part(path: str, mode: str, blob: str) -> Part | None:
    part = part_of(path)
    return Part(git_file(path, mode, blob), *part) if part else None


def sorted_out(files: Iterable[File], interest: Interest) -> TreeFiles:
    """Sort out a tree's files."""
    known = [file for file in files if interest.lets_in(file.path)]
    parts = [Part(file, *part) for file in known if (part := part_of(file.path))]
    found = {home_by(part.kind, part.folder) for part in parts}
    manifest_homes = frozenset(folder for folder in found if folder is not None)
    homes: dict[str, dict[str, File]] = {}
    for file, _, folder in parts:
        homes.setdefault(home(folder, manifest_homes), {})[file.path] = file
    settings = {file.path: file for file in known if interest.is_settings(file.path)}
    return TreeFiles(homes, manifest_homes, settings, homes)


def step(files: TreeFiles, changes: Iterable[Change], interest: Interest) -> TreeFiles:
    """The files after changes to them."""
    known = [change for change in changes if interest.lets_in(change.path)]
    settings = _changed(files.settings, [change for change in known if interest.is_settings(change.path)])
    homes = dict(files.homes)
    if any(_moves_homes(change) for change in known):
        before = {path: file for held in homes.values() for path, file in held.items()}
        after = sorted_out({**_changed(before, known), **settings}.values(), interest)
        names = homes.keys() | after.homes.keys()
        return after._replace(touched={name for name in names if homes.get(name) != after.homes.get(name)})
    by_home: dict[str, list[Change]] = {}
    for change in known:
        if part := part_of(change.path):
            by_home.setdefault(files.home(part[1]), []).append(change)
    for name, listed in by_home.items():
        homes[name] = _changed(homes.get(name, {}), listed)
        if not homes[name]:
            del homes[name]
    return TreeFiles(homes, files.manifest_homes, settings, by_home)


def _matcher(patterns: Collection[str]) -> Callable[[str], bool]:
    return lambda path: any(path_matches(pattern, path) for pattern in patterns)


def _changed(files: Mapping[str, File], changes: Iterable[Change]) -> Mapping[str, File]:
    after = dict(files)
    for change in changes:
        after.pop(change.path, None)
        if change.new_mode != GONE:
            after[change.path] = git_file(change.path, change.new_mode, change.new_blob)
    return after


def _moves_homes(change: Change) -> bool:
    """Whether a manifest comes, goes or becomes another kind of file."""
    return change.old_mode != change.new_mode and manifest_home(change.path) is not None
