"""What a commit's tree holds of source, kept so that the next commit's differs only where it changes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from crstandards.git import Change
from crstandards.git_ranges import RangeGit
from crstandards.policy.configuration import Config
from crstandards.policy.patterns import path_matches
from crstandards.snapshot import File, git_file
from crstandards.source.names import home, home_by, manifest_home, part_of

GONE = "000000"

Files = Mapping[str, File]
"""Files by path."""


class Interest(NamedTuple):
    """Which paths a configuration lets in, and which of them it names as deployment settings."""

    lets_in: Callable[[str], bool]
    is_settings: Callable[[str], bool]


class State(NamedTuple):
    """The source files of one tree by home (see `names.home`) and path, and its deployment settings."""

    homes: Mapping[str, Files]
    manifest_homes: frozenset[str]
    settings: Files

    def files(self) -> Iterable[File]:
        """All source files, in no order."""
        return (file for files in self.homes.values() for file in files.values())


class Step(NamedTuple):
    """A state, with the changes that led to it, by home; None where all was sorted out anew."""

    state: State
    changes: Mapping[str, Sequence[Change]] | None


class Part(NamedTuple):
    """A file that may be read for a check, with the kind and folder that `part_of` tells of it."""

    file: File
    kind: str
    folder: str


def parts_of(git: RangeGit, commit: str) -> list[Part]:
    """The files of a commit that may be read for a check, in no order."""
    return git.tree_as(commit, _part)


def _part(path: str, mode: str, blob: str) -> Part | None:
    part = part_of(path)
    return Part(git_file(path, mode, blob), *part) if part else None


def state_of(files: Iterable[File], interest: Interest) -> State:
    """Sort out a tree's files."""
    known = [file for file in files if interest.lets_in(file.path)]
    parts = (Part(file, *part) for file in known if (part := part_of(file.path)))
    settings = {file.path: file for file in known if interest.is_settings(file.path)}
    return state_of_parts(parts, interest)._replace(settings=settings)


def state_of_parts(parts: Iterable[Part], interest: Interest) -> State:
    """Sort out the files of a tree that may be read for a check. Deployment settings are left out."""
    known = [part for part in parts if interest.lets_in(part.file.path)]
    found = {home_by(part.kind, part.folder) for part in known}
    manifest_homes = frozenset(folder for folder in found if folder is not None)
    places: dict[str, dict[str, File]] = {}
    homes: dict[str, dict[str, File]] = {}
    for file, _, folder in known:
        if folder not in places:
            places[folder] = homes.setdefault(home(folder, manifest_homes), {})
        places[folder][file.path] = file
    return State(homes, manifest_homes, {})


def step(state: State, changes: Iterable[Change], interest: Interest) -> Step:
    """The state after changes to one. What they do not concern is the same object as before."""
    by_home: dict[str, list[Change]] = {}
    settings = state.settings
    for change in changes:
        if not interest.lets_in(change.path):
            continue
        part = part_of(change.path)
        if part is not None:
            by_home.setdefault(home(part[1], state.manifest_homes), []).append(change)
        if interest.is_settings(change.path):
            settings = dict(settings)
            _apply(settings, [change])
    if any(_moves_homes(change) for found in by_home.values() for change in found):
        files = {file.path: file for file in state.files()}
        _apply(files, (change for found in by_home.values() for change in found))
        return Step(state_of(files.values(), interest)._replace(settings=settings), None)
    homes = dict(state.homes)
    for where, found in by_home.items():
        files = dict(homes.get(where, {}))
        _apply(files, found)
        if files:
            homes[where] = files
        else:
            homes.pop(where, None)
    return Step(State(homes, state.manifest_homes, settings), by_home)


def interest_of(config: Config) -> Interest:
    """What a configuration is interested in."""
    settings = {pattern for environment in config.environments for pattern in environment.settings}
    excluded = _matcher(config.source.exclude)
    return Interest(lambda path: not excluded(path), _matcher(settings))


def _matcher(patterns: Collection[str]) -> Callable[[str], bool]:
    if not patterns:
        return lambda path: False
    return lambda path: any(path_matches(pattern, path) for pattern in patterns)


def _apply(files: dict[str, File], changes: Iterable[Change]) -> None:
    for change in changes:
        if change.new_mode == GONE:
            files.pop(change.path, None)
        else:
            files[change.path] = git_file(change.path, change.new_mode, change.new_blob)


def _moves_homes(change: Change) -> bool:
    """Whether a manifest comes, goes or becomes another kind of file."""
    return change.old_mode != change.new_mode and manifest_home(change.path) is not None
