"""Bring an environment's deployment settings up to date with the source. Values, order and format stay."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from crstandards.check.session import Session
from crstandards.commands.options import environment_named
from crstandards.commands.target import find_target, session_of
from crstandards.commands.writing import inside, write_whole
from crstandards.errors import CLEAN, VIOLATIONS, NotVerified, UsageError
from crstandards.fixes.edits import CannotEdit, unified
from crstandards.fixes.settings_edit import EMPTY, Wanted, absent, edited
from crstandards.model import ConnectionReference, Environment, Solution, World
from crstandards.ownership import Connection, Ownership, SettingsEntry, SettingsFile
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.report.escape import sanitize
from crstandards.report.terminal import style_of, write
from crstandards.rules import load
from crstandards.rules.environments import grouped
from crstandards.rules.settings_files import files_of_solutions, missing_entries, token_like
from crstandards.rules.wording import count, listed

_VARIABLE = re.compile(r"(.*)/environmentvariabledefinitions/([^/]+)/environmentvariabledefinition\.\w+")


def run(options: Namespace) -> int:
    """Show or write what the files lack, and return the exit status: 1 where something is only shown."""
    target = find_target()
    session = session_of(target, load(["CR408"]), False, options)
    work = _Work(session, _environment(session, options.environment), options.solution)
    changes = [
        change
        for path, what in work.wanted().items()
        if (change := _change(path, what, target.root, work.notes))
    ]
    for path, before, after in changes:
        if options.write:
            place = inside(target.root, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, after)
            print(f"{sanitize(path)}: {'changed' if before else 'made'}.")
        else:
            _show(unified(path, before, after))
    is_only_shown = bool(changes) and not options.write
    if is_only_shown:
        work.notes.append("nothing is written yet; --write does it")
    for note in work.notes:
        write(sys.stderr, f"crstandards: {sanitize(note)}\n")
    if not changes:
        print(f"The settings of {work.environment.name} hold what the source needs.")
    return VIOLATIONS if is_only_shown else CLEAN


def _change(
    path: str, what: tuple[Wanted, list[str]], root: Path, notes: list[str]
) -> tuple[str, bytes, bytes] | None:
    """A file's path, and its bytes before and after; before, a new file has none."""
    wanted, variables = what
    place = inside(root, path)
    before = place.read_bytes() if place.exists() else b""
    try:
        fresh = absent(before or EMPTY, variables)
        entries = [{"SchemaName": name, "Value": ""} for name in fresh]
        after = edited(before or EMPTY, wanted._replace(variables=entries))
    except CannotEdit as error:
        raise NotVerified(f"{path} is left alone: {error.reason}") from None
    if fresh:
        notes.append(f"{path}: give a value to the environment variables {listed(fresh)}")
    return None if after == before else (path, before, after)


def _show(diff: str) -> None:
    """A diff as it is for a program; for a person's terminal without what could work harm there."""
    style = style_of(sys.stdout)
    if sys.stdout.isatty():
        diff = "\n".join(sanitize(line, ascii_only=not style.unicode) for line in diff.split("\n"))
    write(sys.stdout, diff, style.encoding if sys.stdout.isatty() else "utf-8")


def _environment(session: Session, name: str | None) -> Environment:
    names = [environment.name for environment in session.config.environments]
    if not names:
        raise UsageError("no environment is declared: add an [[environments]] table with settings")
    if name is None and len(names) > 1:
        raise UsageError(f"name one with --environment: there are {listed(names)}")
    wanted = environment_named(name, session.config).name if name else names[0]
    return next(item for item in session.world.environments if item.name == wanted)


class _Work:
    """What the settings of one environment need. `notes` is what a person must know of it."""

    def __init__(self, session: Session, environment: Environment, pattern: str) -> None:
        self.notes: list[str] = []
        self._without: dict[str, list[str]] = {}
        self.environment = environment
        self._session = session
        self._world: World = session.world
        self._files = {
            file.path: file
            for file in environment.settings()
            if not (file.is_unfilled and file.is_called_template)
        }
        self._belonging = files_of_solutions(self._world, environment)
        self._patterns = next(
            one.settings for one in session.config.environments if one.name == environment.name
        )
        self._are_all = pattern == "*"
        self._missing = grouped(
            (
                (item, missing.file.path if missing.file else "")
                for missing in missing_entries(self._world, environment)
                for item in missing.declared
            ),
            lambda pair: pair[0].owner,
        )
        self._solutions = [
            solution
            for solution in environment.solutions
            if not solution.vendored and name_matches(pattern, solution.unique_name)
        ]
        if not self._solutions:
            raise UsageError(f"no solution of {environment.name} is called {pattern}")
        for file in environment.settings():
            if file.unreadable:
                raise NotVerified(f"{file.path} cannot be read: {file.unreadable}; mend it first")
        for solution in environment.solutions:
            if not solution.references_known:
                raise NotVerified(f"what {solution.unique_name} declares cannot be read; mend it first")

    def wanted(self) -> Mapping[str, tuple[Wanted, list[str]]]:
        """What each file of the chosen solutions is to hold more, or no longer, by its path; and the
        environment variables that it is to hold.
        """
        lacking: dict[str, dict[str, ConnectionReference]] = {}
        for path in self._files if self._are_all else ():
            lacking[path] = {}
        variables: dict[str, list[str]] = {}
        for solution in self._solutions:
            owned = self._belonging.get(solution.base_name, [])
            own = [one.file.path for one in owned if one.file.path in self._files]
            found = self._lacking(solution)
            for path in own:
                lacking.setdefault(path, {})
            home = own[0] if own else self._new_path(solution) if found else ""
            if home and home not in self._files:
                # To a file of its own, a solution's entries belong all, whatever others hold.
                found = [(reference, "") for reference in solution.declared().values()]
            for reference, path in found:
                lacking.setdefault(path or home, {}).setdefault(reference.key, reference)
            if home:
                variables.setdefault(home, []).extend(self._variables(solution))
        wanted = {
            path: (self._of_file(self._files.get(path) or SettingsFile(path), more), variables.get(path, []))
            for path, more in sorted(lacking.items())
        }
        self.notes += [f"{listed(names)}: no id, as {why}" for why, names in self._without.items()]
        return wanted

    def _lacking(self, solution: Solution) -> list[tuple[ConnectionReference, str]]:
        """The references that the settings lack, each with the file in which it belongs, if there is one."""
        if not self._files:
            return [(reference, "") for reference in solution.declared().values()]
        return [(item.reference, path) for item, path in self._missing.get(solution.base_name, [])]

    def _new_path(self, solution: Solution) -> str:
        """Where the settings of a solution without any belong: beside the others, and named as they are."""
        placed = {
            owned.file.path: name
            for name, files in self._belonging.items()
            for owned in files
            if owned.is_by_place
        }
        if len(self._files) == 1 and not placed:
            return next(iter(self._files))
        known = {item.base_name: item for item in self._world.solutions if item.base_name in placed.values()}
        named = [_renamed(path, known[name], solution) for path, name in sorted(placed.items())]
        made = [
            re.sub(r"\*+", solution.unique_name, pattern) for pattern in self._patterns if "**" not in pattern
        ]
        for path in (*named, *made):
            if path not in self._files and any(path_matches(pattern, path) for pattern in self._patterns):
                return path
        raise UsageError(
            f"nothing tells where the settings of {solution.unique_name} belong: make a file that holds {{}} "
            f"and matches {listed(list(self._patterns)) or 'a pattern under settings'}"
        )

    def _variables(self, solution: Solution) -> list[str]:
        """The environment variables that a solution defines: their folders are named after them."""
        found = map(_VARIABLE.fullmatch, self._session.paths)
        return sorted(match[2] for match in found if match and match[1] == solution.folder)

    def _of_file(self, file: SettingsFile, lacking: Mapping[str, ConnectionReference]) -> Wanted:
        added = [
            {
                "LogicalName": reference.logical_name,
                "ConnectionId": self._connection(file, reference),
                "ConnectorId": reference.connector_id,
            }
            for reference in lacking.values()
        ]
        return Wanted(added, (), self._leftover(file), self._bound(file))

    def _leftover(self, file: SettingsFile) -> list[int]:
        """The positions of entries that no solution declares, and of those that only repeat another."""
        declared = {key for item in self._world.solutions if item.is_solution for key in item.declared()}
        is_known = all(item.references_known for item in self._world.solutions if item.is_solution)
        gone: list[int] = []
        kept: dict[str, SettingsEntry] = {}
        for position, entry in enumerate(file.entries):
            is_strange = is_known and entry.key not in declared and not self._world.is_external(entry.name)
            first = kept.setdefault(entry.key, entry)
            if is_strange or (first is not entry and first.connection == entry.connection):
                gone.append(position)
            elif first is not entry:
                self.notes.append(
                    f"{file.path} binds {entry.name} to {first.connection or 'nothing'} and to "
                    f"{entry.connection or 'nothing'}: keep one of the entries"
                )
        return gone

    def _bound(self, file: SettingsFile) -> dict[int, str]:
        """Ids for the entries whose ConnectionId is empty, where exactly one connection fits."""
        found = {}
        for position, entry in enumerate(file.entries):
            reference = self.environment.declared.get(entry.key)
            if reference and not entry.connection and not entry.placeholder:
                connection = self._connection(file, reference)
                found.update({position: connection} if connection else {})
        return found

    def _connection(self, file: SettingsFile, reference: ConnectionReference) -> str:
        """A token in the file's style, or the id of the only connection that fits, or ""."""
        connection, why = self._token(file, reference) or self._id(reference)
        if not connection:
            self._without.setdefault(why, []).append(reference.logical_name)
        return connection

    def _token(self, file: SettingsFile, reference: ConnectionReference) -> tuple[str, str] | None:
        """The token, or why there is none; None where the file, or a new one's neighbours, use ids."""
        files = [file] if file.entries else list(self._files.values())
        bound = [entry for one in files for entry in one.entries if entry.connection]
        if not bound or not all(entry.is_token for entry in bound):
            return None
        token = token_like(bound, reference.logical_name)
        why = "the file uses tokens, and their names don't follow from those of the references"
        return token, "" if token else why

    @cached_property
    def _candidates(self) -> Mapping[str, Sequence[Connection]] | None:
        """The connections of the environment by their connector, for references that are not bound yet."""
        entries = self.environment.entries
        unbound = frozenset(
            reference.connector
            for key, reference in self.environment.declared.items()
            if not any(entry.connection for _, entry in entries.get(key, ()))
        )
        inventory = self.environment.inventory(unbound)
        if inventory is None or inventory.is_too_old(
            self._world.as_of, self._world.ownership.max_inventory_age
        ):
            return None
        return grouped(inventory.connections.values(), lambda connection: connection.connector)

    def _id(self, reference: ConnectionReference) -> tuple[str, str]:
        """The id of the one connection of the environment that fits, or why there is none."""
        if self._candidates is None:
            return "", "there is no inventory to look one up in, or it is too old"
        unfit: Counter[str] = Counter()
        fitting = []
        for connection in self._candidates.get(reference.connector, ()):
            if why := _unfit(connection, self._world.ownership):
                unfit[why] += 1
            else:
                fitting.append(connection.id)
        if len(fitting) == 1:
            return fitting[0], ""
        if fitting:
            return "", f"{len(fitting)} connections for {reference.connector} fit: {listed(fitting)}"
        told = listed([f"{count(number, 'connection')} {reason}" for reason, number in sorted(unfit.items())])
        return "", f"no connection for {reference.connector} fits" + (f" ({told})" if told else "")


def _unfit(connection: Connection, ownership: Ownership) -> str:
    """Why a connection is not proposed; "" where it fits."""
    shared, deployers = connection.shared_with, ownership.deployers
    if connection.status != "connected":
        return "broken" if connection.status else "of unknown state"
    if connection.verdict != "service account":
        return "of unknown owner" if connection.verdict == "unverified" else "not a service account's"
    if deployers and (shared is None or not shared.issuperset(deployers)):
        return "not known to be shared with the accounts that deploy"
    return ""


def _renamed(path: str, one: Solution, other: Solution) -> str:
    """A path of one solution as it would be of another: its folder, or its name in it."""
    if one.folder and path.startswith(f"{one.folder}/"):
        return other.folder + path[len(one.folder) :]
    parent = one.folder.rpartition("/")[0]
    if parent and path.startswith(f"{parent}/"):
        return other.folder.rpartition("/")[0] + path[len(parent) :]
    # The name in any letter case, wherever it stands.
    at = path.lower().find(one.unique_name.lower())
    return path if at < 0 else path[:at] + other.unique_name + path[at + len(one.unique_name) :]
