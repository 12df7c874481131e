"""Bring an environment's deployment settings up to date with the source. Values, order and format stay."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from crstandards.check.session import Session
from crstandards.commands.options import environment_named
from crstandards.commands.target import find_target, session_of
from crstandards.commands.writing import inside, say, show_diff, write_whole
from crstandards.environments import Connection, Environment, Ownership, SettingsEntry, SettingsFile, World
from crstandards.errors import CLEAN, VIOLATIONS, NotVerified, UsageError
from crstandards.fixes.edits import CannotEdit, Overlay, Versions, editable_text, unified
from crstandards.fixes.steps import FileChange, NewEntry, document_of, file_changes
from crstandards.fixes.verify import REMOVED, JsonChange
from crstandards.model import ConnectionReference, Solution
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.report.escape import sanitize
from crstandards.rules import load
from crstandards.rules.declarations import grouped
from crstandards.rules.settings_files import files_of_solutions, missing_entries, token_like
from crstandards.rules.wording import count, listed, shown_connector, shown_reference

_EMPTY = b'{\n  "EnvironmentVariables": [],\n  "ConnectionReferences": []\n}\n'
"""A new file, as `pac solution create-settings` lays one out."""
_VARIABLES = "EnvironmentVariables"
_VARIABLE = re.compile(r"(.*?)/?(environmentvariabledefinitions/([^/]+))/environmentvariabledefinition\.\w+")


def run(options: Namespace) -> int:
    """Show or write what the files lack, and return the exit status: 1 where something is only shown."""
    target = find_target()
    session = session_of(target, load(["CR408"]), False, options)
    environment = _environment(session, options.environment)
    chosen = _solutions(environment, options.solution)
    tree = Overlay(target.snapshot)
    needs = _Needs(session, tree, environment, chosen, options.solution == "*")
    for path, references in needs.by_file():
        tree = _edited(path, references, needs, tree)
    for path, (before, after) in tree.edited.items():
        if options.write:
            place = inside(target.root, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, after)
            print(f"{sanitize(path)}: {'changed' if before else 'made'}.")
        else:
            show_diff(unified(path, before, after))
    is_only_shown = bool(tree.edited) and not options.write
    last = ["nothing is written yet; --write does it"] if is_only_shown else []
    for note in (*needs.notes, *needs.ids.notes(), *last):
        say(note)
    if not tree.edited:
        print(f"The settings of {environment.name} hold what the source needs.")
    return VIOLATIONS if is_only_shown else CLEAN


def _environment(session: Session, name: str | None) -> Environment:
    names = [environment.name for environment in session.config.environments]
    if not names:
        raise UsageError("no environment is declared: add an [[environments]] table with settings")
    if name is None and len(names) > 1:
        raise UsageError(f"name one with --environment: there are {listed(names)}")
    wanted = environment_named(name, session.config).name if name else names[0]
    environment = next(item for item in session.world.environments if item.name == wanted)
    for file in environment.settings():
        if file.unreadable:
            raise NotVerified(f"{file.path} cannot be read: {file.unreadable}; correct it first")
    for solution in environment.solutions:
        if not solution.references_known:
            raise NotVerified(f"what {solution.unique_name} declares cannot be read; correct it first")
    return environment


def _solutions(environment: Environment, pattern: str) -> list[Solution]:
    own = (one for one in environment.solutions if not one.vendored)
    found = [solution for solution in own if name_matches(pattern, solution.unique_name)]
    if not found:
        raise UsageError(f"no solution of {environment.name} is called {pattern}")
    return found


class _Needs:
    """What the settings of an environment need. `notes` is what a person must know of it."""

    def __init__(
        self,
        session: Session,
        tree: Overlay,
        environment: Environment,
        solutions: Sequence[Solution],
        are_all: bool,
    ) -> None:
        self.notes: list[str] = []
        self._world: World = session.world
        self._tree = tree
        self.paths = session.paths
        self._environment = environment
        self._solutions = solutions
        self._are_all = are_all
        self._files = {
            file.path: file
            for file in environment.settings()
            if not (file.is_unfilled and file.is_called_template)
        }
        self.ids = _Ids(session.world, environment, self._files.values())
        self._belonging = files_of_solutions(self._world, environment)
        configured = (one for one in session.config.environments if one.name == environment.name)
        self._patterns = next(configured).settings
        self._variables: dict[str, list[str]] = {}

    def by_file(self) -> list[tuple[str, Iterable[ConnectionReference]]]:
        """The references that each file of the chosen solutions lacks, by its path."""
        lacking: dict[str, dict[str, ConnectionReference]] = {
            path: {} for path in (self._files if self._are_all else ())
        }
        missing = grouped(
            (
                (item, one.file.path if one.file else "")
                for one in missing_entries(self._world, self._environment)
                for item in one.declared
            ),
            lambda pair: pair[0].owner,
        )
        for solution in self._solutions:
            owned = self._belonging.get(solution.base_name, [])
            own = [one.file.path for one in owned if one.file.path in self._files]
            declared = [(reference, "") for reference in solution.declared().values()]
            found = [(item.reference, path) for item, path in missing.get(solution.base_name, [])]
            found = found if self._files else declared
            home = own[0] if own else self._new_path(solution) if found else ""
            for path in own:
                lacking.setdefault(path, {})
            if home:
                self._variables.setdefault(home, []).extend(self._defined(solution))
            # To a file of its own, a solution's entries belong all, whatever others hold.
            for reference, path in found if home in self._files else declared if home else ():
                lacking.setdefault(path or home, {}).setdefault(reference.key, reference)
        return [(path, references.values()) for path, references in sorted(lacking.items())]

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
        known = {item.base_name: item for item in self._world.solutions}
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

    def _defined(self, solution: Solution) -> list[str]:
        """The environment variables that a solution defines: their folders are named after them.

        In the YAML layout they lie together with those of others, and the solution lists its own.
        """
        at, listing = solution.folder, None
        if solution.layout == "yaml":
            at = solution.folder.rpartition("solutions/")[0].rstrip("/")
            path = f"{solution.folder}/solutioncomponents.yml"
            listing = self._tree.data(path).decode("utf-8", "replace") if path in self.paths else ""
        return sorted(
            match[3]
            for match in map(_VARIABLE.fullmatch, self.paths)
            if match and match[1] == at
            if listing is None or re.search(rf"{re.escape(match[2])}(?![\w.-])", listing, re.IGNORECASE)
        )

    def changes(
        self, path: str, lacking: Iterable[ConnectionReference], tree: Overlay
    ) -> Iterator[FileChange]:
        """What is to change in a file: entries that it lacks, and those that no solution declares, that only
        repeat another, or that are for nothing yet.
        """
        file = self._files.get(path) or SettingsFile(path)
        for reference in lacking:
            made = {
                "LogicalName": reference.logical_name,
                "ConnectionId": self.ids.of(reference, file),
                "ConnectorId": reference.connector_id,
            }
            yield FileChange(path, NewEntry(made))
        solutions = [solution for solution in self._world.solutions if solution.is_solution]
        declared = {key for solution in solutions for key in solution.declared()}
        is_known = all(solution.references_known for solution in solutions)
        kept: dict[str, SettingsEntry] = {}
        for entry in file.entries:
            is_strange = is_known and entry.key not in declared and not self._world.is_external(entry.name)
            first = kept.setdefault(entry.key, entry)
            own = self._environment.declared.get(entry.key)
            if is_strange or (first is not entry and first.connection == entry.connection):
                yield FileChange(path, JsonChange(entry.route, REMOVED))
            elif first is not entry:
                self.notes.append(
                    f"{path} binds {entry.name} to {first.connection or 'nothing'} and to "
                    f"{entry.connection or 'nothing'}: keep one of the entries"
                )
            elif own and not (entry.connection or entry.placeholder):
                proposed = self.ids.of(own, file)
                if proposed and document_of(tree, path).container(entry.route).member("ConnectionId"):
                    yield FileChange(path, JsonChange((*entry.route, "ConnectionId"), proposed))
        try:
            entries = json.loads(editable_text(tree.data(path))).get(_VARIABLES) or []
        except ValueError as error:
            raise CannotEdit(f"it is no JSON: {error}") from None
        known = {str(entry.get("SchemaName")).lower() for entry in entries if isinstance(entry, dict)}
        fresh = [name for name in self._variables.get(path, []) if name.lower() not in known]
        if fresh:
            self.notes.append(f"{path}: give a value to the environment variables {listed(fresh)}")
        for name in fresh:
            yield FileChange(path, NewEntry({"SchemaName": name, "Value": ""}, _VARIABLES))


def _edited(path: str, lacking: Iterable[ConnectionReference], needs: _Needs, tree: Overlay) -> Overlay:
    """The tree with one more file as it is to be; of a new one nothing was there before."""
    before = tree if path in needs.paths else tree.with_edits({path: Versions(b"", _EMPTY)})
    try:
        return before.with_edits(file_changes(needs.changes(path, lacking, before), before))
    except CannotEdit as error:
        raise NotVerified(f"{path} is left alone: {error.reason}") from None


class _Ids:
    """Which connection an entry is given, as far as tokens or the inventory tell."""

    def __init__(self, world: World, environment: Environment, files: Iterable[SettingsFile]) -> None:
        self._world = world
        self._environment = environment
        self._beside = [entry for file in files for entry in file.entries]
        self._without: dict[str, list[str]] = {}

    def notes(self) -> list[str]:
        """Why references were given no connection."""
        return [f"{listed(names)}: no id, as {why}" for why, names in self._without.items()]

    def of(self, reference: ConnectionReference, file: SettingsFile) -> str:
        """A token in the style of the file, or of a new one's neighbours; or else the id of the only
        connection that fits, or "".
        """
        bound = [entry for entry in file.entries or self._beside if entry.connection]
        if bound and all(entry.is_token for entry in bound):
            found = token_like(bound, reference.logical_name)
            why = "the file uses tokens, and their names don't follow from those of the references"
        else:
            found, why = self._fitting(reference)
        if not found:
            self._without.setdefault(why, []).append(shown_reference(reference))
        return found

    @cached_property
    def _candidates(self) -> Mapping[str, Sequence[Connection]] | None:
        """The connections of the environment by their connector, for references that are not bound yet."""
        entries = self._environment.entries
        unbound = frozenset(
            reference.connector
            for key, reference in self._environment.declared.items()
            if not any(entry.connection for _, entry in entries.get(key, ()))
        )
        inventory = self._environment.inventory(unbound)
        most = self._world.ownership.max_inventory_age
        if inventory is None or inventory.is_too_old(self._world.as_of, most):
            return None
        return grouped(inventory.connections.values(), lambda connection: connection.connector)

    def _fitting(self, reference: ConnectionReference) -> tuple[str, str]:
        """The id of the one connection that fits, or why there is none."""
        if self._candidates is None:
            return "", "there is no inventory to look one up in, or it is too old"
        known = self._candidates.get(reference.connector, ())
        service = shown_connector(reference.connector, *self._environment.solutions)
        flaws = [(connection.id, _unfit(connection, self._world.ownership)) for connection in known]
        fitting = [name for name, flaw in flaws if not flaw]
        if len(fitting) == 1:
            return fitting[0], ""
        if fitting:
            return "", f"{len(fitting)} connections for {service} fit: {listed(fitting)}"
        unfit = sorted(Counter(flaw for _, flaw in flaws).items())
        told = listed([f"{count(number, 'connection')} {flaw}" for flaw, number in unfit])
        return "", f"no connection for {service} fits" + (f" ({told})" if told else "")


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
