"""To which solution each file of deployment settings belongs, and what it lacks."""

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple

from crstandards.environments import Environment, SettingsEntry, SettingsFile, World
from crstandards.model import Solution
from crstandards.rules.declarations import Declaration, by_name, declarations, grouped


class Missing(NamedTuple):
    """References of one solution that settings lack, all of them or one, and the file they belong in."""

    declared: list[Declaration]
    file: SettingsFile | None

    @property
    def key(self) -> Hashable:
        """What makes it the same in another environment."""
        solution, reference = self.declared[0]
        return ("reference", reference.key) if self.file else solution.base_name


def missing_entries(world: World, environment: Environment) -> Iterator[Missing]:
    """What the settings of an environment lack: reference by reference, or all of a solution without any."""
    files = environment.settings()
    # What is missing can only be told where all could be read.
    if not files or any(file.unreadable for file in files):
        return
    belonging = files_of_solutions(world, environment)
    given = {entry.key for file in files for entry in file.entries}
    single: dict[tuple[str, str], Missing] = {}
    for solution in environment.solutions:
        if solution.vendored or not solution.references_known:
            continue
        own = belonging.get(solution.base_name, [])
        declared = declarations([solution])
        # Of a file that lies elsewhere, nobody knows with which others an import uses it.
        alone = {entry.key for owned in own for entry in owned.file.entries}
        present = alone if any(owned.is_by_place for owned in own) else given
        lacking = [item for item in declared if item.reference.key not in present]
        if not lacking:
            continue
        if not own:
            yield Missing(lacking, None)
            continue
        names = {item.reference.key for item in declared}
        # One that is the solution's by its place stays so, whatever becomes of its entries.
        best = max(
            own, key=lambda it: (it.is_by_place, sum(one.key in names for one in it.file.entries))
        ).file
        for item in lacking:
            single.setdefault((item.reference.key, best.path), Missing([], best)).declared.append(item)
    yield from single.values()


class Owned(NamedTuple):
    """A file that belongs to a solution; `is_by_place`: because of where it lies or what it is called."""

    file: SettingsFile
    is_by_place: bool


def token_like(entries: Iterable[SettingsEntry], name: str) -> str:
    """The token for a reference, where those of all entries follow from their names in one way; or "".

    The names may stand in it as they are, or all in capital or small letters.
    """
    bound = [entry for entry in entries if entry.connection]
    for spelt in (str, str.upper, str.lower):
        made = {entry.connection.replace(spelt(entry.name), "\0") for entry in bound if entry.is_token}
        is_one_way = len(made) == 1 and all(entry.is_token for entry in bound)
        if is_one_way and "\0" in (token := made.pop()):
            return token.replace("\0", spelt(name))
    return ""


def files_of_solutions(
    world: World, environment: Environment, goes: Callable[[Declaration], bool] = lambda item: False
) -> Mapping[str, list[Owned]]:
    """The settings files of an environment by the `base_name` of the solution to which they belong.

    `goes` tells of a declaration that it is not counted, as if it were gone already.
    """
    around = [solution for solution in world.solutions if solution.is_solution and solution.unique_name]
    files = environment.settings()
    homes, called = _homes(around), {}
    for solution in around:
        called[tuple(re.findall("[a-z0-9]+", solution.base_name))] = solution.base_name
    staying = [item for item in declarations(environment.solutions) if not goes(item)]
    declaring = {key: {item.owner for item in found} for key, found in by_name(staying).items()}
    owned: dict[str, list[Owned]] = {}
    for file in files:
        place = _beside(file.path, homes) or _called(file.path, called)
        keys = {entry.key for entry in file.entries}
        alone = {owner for key in keys for owner in declaring.get(key, ()) if len(declaring[key]) == 1}
        for owner in [place] if place else alone or _most_covered(staying, keys, len(files) == 1):
            owned.setdefault(owner, []).append(Owned(file, bool(place)))
    return owned


def _homes(solutions: Iterable[Solution]) -> dict[str, set[str]]:
    """The solutions at or below each folder."""
    homes: dict[str, set[str]] = {}
    for solution in solutions:
        folder = solution.folder
        while folder:
            homes.setdefault(folder, set()).add(solution.base_name)
            folder = folder.rpartition("/")[0]
    return homes


def _beside(path: str, homes: Mapping[str, set[str]]) -> str:
    """The solution beside which a file lies: the only one in the nearest folder that holds any."""
    folder = path.rpartition("/")[0]
    while folder and folder not in homes:
        folder = folder.rpartition("/")[0]
    found = homes.get(folder, set())
    return next(iter(found)) if len(found) == 1 else ""


def _called(path: str, called: Mapping[tuple[str, ...], str]) -> str:
    """The solution after which a file or a folder above it is named, the nearest and longest first."""
    for part in reversed(path.lower().split("/")):
        words = re.findall("[a-z0-9]+", part)
        runs = [words[at : at + size] for size in range(len(words), 0, -1) for at in range(len(words))]
        if found := next((called[tuple(run)] for run in runs if tuple(run) in called), ""):
            return found
    return ""


def _most_covered(staying: Iterable[Declaration], keys: Collection[str], is_only: bool) -> list[str]:
    """The solution of which a file covers the most; of an empty file, the only one that there is.

    Of several, the one of which it lacks the least; all of them, where there is no other file.
    """
    covered = {
        owner: (len(declared & keys), len(declared & keys) - len(declared))
        for owner, found in grouped(staying, lambda item: item.owner).items()
        if (declared := by_name(found).keys())
    }
    best = max(covered.values(), default=(0, 0))
    if not best[0]:
        return list(covered) if len(covered) == 1 else []
    found = [name for name, much in covered.items() if much == best or (is_only and much[0] == best[0])]
    return found if is_only else found[:1]
