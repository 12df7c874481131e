"""What a commit's tree holds of source, kept so that the next commit's differs only where it changes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from crstandards.git import Change
from crstandards.policy.configuration import Config
from crstandards.policy.patterns import path_matches
from crstandards.snapshot import File, git_file
from crstandards.source.names import home, manifest_home

GONE = "000000"

Files = Mapping[str, File]
"""Files by path."""


class Interest(NamedTuple):
    """Which paths a configuration lets in, and which of them it names as deployment settings."""

    lets_in: Callable[[str], bool]
    is_settings: Callable[[str], bool]


class State(NamedTuple):
    """The source files of one tree by home (see `layout.home`) and path, and its deployment settings."""

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


def state_of(files: Iterable[File], interest: Interest) -> State:
    """Sort out a tree's files."""
    known = [file for file in files if interest.lets_in(file.path)]
    manifest_homes = frozenset(found for file in known if (found := manifest_home(file.path)) is not None)
    homes: dict[str, dict[str, File]] = {}
    for file in known:
        where = home(file.path, manifest_homes)
        if where is not None:
            homes.setdefault(where, {})[file.path] = file
    settings = {file.path: file for file in known if interest.is_settings(file.path)}
    return State(homes, manifest_homes, settings)


def step(state: State, changes: Iterable[Change], interest: Interest) -> Step:
    """The state after changes to one. What they do not concern is the same object as before."""
    by_home: dict[str, list[Change]] = {}
    settings = state.settings
    for change in changes:
        if not interest.lets_in(change.path):
            continue
        where = home(change.path, state.manifest_homes)
        if where is not None:
            by_home.setdefault(where, []).append(change)
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
