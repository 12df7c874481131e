"""What becomes of the entries of deployment settings, where references go or are missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain

from crstandards.check.families import Families, Family
from crstandards.environments import Environment, SettingsEntry, SettingsFile
from crstandards.findings import Step
from crstandards.model import ConnectionReference, Solution
from crstandards.rules.declarations import Declaration, grouped
from crstandards.rules.settings_files import Missing, files_of_solutions, missing_entries


class Entries:
    """The fate of each entry of deployment settings, given those of the references."""

    def __init__(self, families: Families) -> None:
        self._families = families
        self._world = families.world
        self._environments = {one.name: one for one in self._world.environments}
        self._belonging = cache(lambda name: files_of_solutions(self._world, self._environments[name]))
        self._missing = cache(lambda name: _by_place(missing_entries(self._world, self._environments[name])))
        self._rebound: dict[tuple[str, str], Mapping[str, Sequence[Step]]] = {}

    def lacking(self, key: str, path: str, environment: Environment) -> Sequence[Declaration]:
        """The declarations of a name for which a file lacks an entry."""
        return self._missing(environment.name).get((key, path), ())

    def after_merging(self, family: Family) -> Mapping[str, Sequence[Step]]:
        """What becomes of the entries for references that go, by key: some are for the kept one then."""
        place = (family.keep.solution.folder, family.keep.reference.key)
        if place not in self._rebound:
            solutions = {item.solution.folder: item.solution for item in family.surplus}.values()
            environments = {one.name: one for item in solutions for one in self._world.environments_of(item)}
            steps = chain.from_iterable(self._merged_in(one, family) for one in environments.values())
            self._rebound[place] = grouped(steps, lambda step: (step.from_ or step.reference).lower())
        return self._rebound[place]

    def _merged_in(self, environment: Environment, family: Family) -> Iterator[Step]:
        gone = [
            (file, entry)
            for key, items in sorted(family.going.items(), key=lambda it: -len(family.users.get(it[0], ())))
            if not _is_left(key, environment, items)
            for file, entry in environment.entries.get(key, ())
        ]
        # By file, the numbers of the solutions whose settings would be whole with an entry there.
        lacking = self._lacking(family.keep.reference.key, environment) if gone else []
        pairs = ((path, number) for number, paths in enumerate(lacking) for path in paths)
        filled_by = grouped(pairs, lambda pair: pair[0])
        open_still = set(range(len(lacking)))
        for file, entry in gone:
            fits = entry.connection and entry.connector in ("", None, family.connector)
            filled = {number for _, number in filled_by.get(file.path, ())} & open_still if fits else set()
            if filled:
                open_still -= filled
                del filled_by[file.path]
                yield renamed(file, entry, family.keep.reference.logical_name, environment)
            else:
                yield dropped(file, entry, environment)

    def _lacking(self, key: str, environment: Environment) -> list[list[str]]:
        """For each solution whose settings lack an entry for a reference, the files to which it could go."""
        belonging = self._belonging(environment.name)
        holding = {file.path for file, _ in environment.entries.get(key, ())}
        found = []
        for folder in environment.declaring.get(key, ()):
            own = belonging.get(self._families.solutions[folder].base_name, [])
            paths = [owned.file.path for owned in own]
            if holding.isdisjoint(paths) if any(owned.is_by_place for owned in own) else not holding:
                found.append(paths)
        return found

    def after_removing(self, solution: Solution, references: Iterable[ConnectionReference]) -> Iterator[Step]:
        """What becomes of entries for references that go, where nothing stands in for them."""
        for environment in self._world.environments_of(solution):
            for reference in references:
                if not _is_left(reference.key, environment, [Declaration(solution, reference)]):
                    for file, entry in environment.entries.get(reference.key, ()):
                        yield dropped(file, entry, environment)

    def added(
        self, solution: Solution, reference: ConnectionReference, path: str, environment: Environment
    ) -> list[Step]:
        """What gives a reference that stays its entry in a file: that of one that goes, or a new one."""
        family = self._families.of(solution, reference.connector)
        is_kept = family and not family.question and family.keep.reference.key == reference.key
        rebound = self.after_merging(family).values() if family and is_kept else ()
        bind = Step(
            "bind",
            path=path,
            reference=reference.logical_name,
            connector=reference.connector_id,
            environment=environment.name,
        )
        return [
            step
            for step in chain.from_iterable(rebound)
            if (step.do, step.environment, step.path) == ("rename", environment.name, path)
        ] or [bind]

    def without_use(self, key: str, environment: Environment, path: str) -> list[Step]:
        """What becomes of the entries for a name that no solution declares, or of which a file has two."""
        entries = environment.entries.get(key, ())
        if self._world.survey().declaring.get(key):
            inside = [item for item in entries if item[0].path == path]
            bound = [item for item in inside if item[1].connection]
            entries = [item for item in inside if item is not (bound or inside)[0]]
        return [dropped(file, entry, environment) for file, entry in entries]


def _by_place(found: Iterable[Missing]) -> Mapping[tuple[str, str], Sequence[Declaration]]:
    """The declarations without an entry, by key and by the file that lacks it."""
    return {(item.declared[0].reference.key, item.file.path): item.declared for item in found if item.file}


def _is_left(key: str, environment: Environment, gone: Iterable[Declaration]) -> bool:
    """Whether a solution of an environment declares a name still."""
    return not {item.solution.folder for item in gone}.issuperset(environment.declaring.get(key, ()))


def renamed(file: SettingsFile, entry: SettingsEntry, to: str, environment: Environment) -> Step:
    """The step that makes an entry of settings one for another reference."""
    return dropped(file, entry, environment)._replace(do="rename", reference="", from_=entry.name, to=to)


def dropped(file: SettingsFile, entry: SettingsEntry, environment: Environment) -> Step:
    """The step that takes an entry out of settings."""
    alike = [other for where, other in environment.entries[entry.key] if where.path == file.path]
    number = alike.index(entry) + 1 if len(alike) > 1 else 0
    return Step("drop", path=file.path, reference=entry.name, environment=environment.name, number=number)
