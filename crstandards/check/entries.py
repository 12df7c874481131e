"""What becomes of the entries of deployment settings, where references go, are missing or are misspelled."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import chain

from crstandards.check.families import Families, Family
from crstandards.environments import Environment, SettingsEntry, SettingsFile
from crstandards.findings import Step
from crstandards.model import ConnectionReference, Solution
from crstandards.rules.declarations import Declaration, grouped
from crstandards.rules.settings_files import Missing, files_of_solutions, missing_entries

_MOST_COMPARED = 5_000
"""How many pairs of names are compared to say which one may have been meant."""


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

    @cached_property
    def meant(self) -> Mapping[tuple[str, str], ConnectionReference]:
        """The declared reference that an entry for an unknown one may mean, by environment and key.

        It is one of the entry's connector whose name is nearly the same, and that no other entry is for.
        """
        from difflib import get_close_matches

        declared = {
            reference.logical_name: Declaration(solution, reference)
            for solution in self._world.solutions
            if solution.is_solution
            for reference in solution.declared().values()
        }
        known = {name.lower() for name in declared}
        found: dict[tuple[str, str], ConnectionReference] = {}
        for environment in self._world.environments:
            # One that gives no connection is of no use to another name.
            unknown = sorted(
                key
                for key, entries in environment.entries.items()
                if key not in known and entries[0][1].connection
            )
            taken = set(environment.entries)
            for key in unknown if len(unknown) * len(declared) <= _MOST_COMPARED else ():
                entry = environment.entries[key][0][1]
                for name in get_close_matches(entry.name, list(declared), 1, 0.8):
                    family = self._families.goes(*declared[name])
                    solution, reference = family.keep if family else declared[name]
                    fits = entry.connector in ("", None, reference.connector) and reference.key not in taken
                    if fits and not self._given(solution, reference, environment):
                        taken.add(reference.key)
                        found[environment.name, key] = reference
        return found

    @cached_property
    def _meaning(self) -> Mapping[tuple[str, str], tuple[SettingsFile, SettingsEntry]]:
        """The entry that may mean a reference, with its file, by environment and key."""
        return {
            (name, meant.key): self._environments[name].entries[key][0]
            for (name, key), meant in self.meant.items()
        }

    def _given(
        self, solution: Solution, reference: ConnectionReference, environment: Environment
    ) -> list[Step]:
        """What gives a reference that is kept the entries of those that go."""
        family = self._families.of(solution, reference.connector)
        if family is None or family.question or family.keep.reference.key != reference.key:
            return []
        steps = chain.from_iterable(self.after_merging(family).values())
        return [step for step in steps if step.do == "rename" and step.environment == environment.name]

    def added(
        self, solution: Solution, reference: ConnectionReference, path: str, environment: Environment
    ) -> list[Step]:
        """What gives a reference that stays its entry in a file of an environment."""
        given = self._given(solution, reference, environment)
        if steps := [step for step in given if step.path == path]:
            return steps
        entry = self._meaning.get((environment.name, reference.key))
        if entry and entry[0].path == path:
            return [renamed(*entry, reference.logical_name, environment)]
        return [
            Step(
                "bind",
                path=path,
                reference=reference.logical_name,
                connector=reference.connector_id,
                environment=environment.name,
            )
        ]

    def without_use(self, key: str, environment: Environment, path: str) -> Iterator[Step]:
        """What becomes of the entries for a name that no solution declares, or of which a file has two."""
        entries = environment.entries.get(key, ())
        meant = self.meant.get((environment.name, key))
        rest = entries
        if meant and entries:
            yield renamed(*entries[0], meant.logical_name, environment)
            rest = entries[1:]
        elif self._world.survey().declaring.get(key):
            inside = [item for item in entries if item[0].path == path]
            bound = [item for item in inside if item[1].connection]
            rest = [item for item in inside if item is not (bound or inside)[0]]
        yield from (dropped(file, entry, environment) for file, entry in rest)


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
