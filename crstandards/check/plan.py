"""What a report advises, worked out once for all its findings: no two of them may disagree.

It is a plan: the fate of each reference (see `families`), that of each entry of deployment settings, and from
both the steps that put findings right.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from crstandards.check.families import Base, Families, Family
from crstandards.environments import Environment, SettingsEntry, SettingsFile, World
from crstandards.findings import Do, Step
from crstandards.model import ConnectionReference, Flow, Solution
from crstandards.rules.declarations import Declaration, by_name, declarations, grouped
from crstandards.rules.settings_files import Missing, Owned, files_of_solutions, missing_entries
from crstandards.rules.usage import FlowUser


class Plan:
    """The fates of references and entries, and the steps to them."""

    def __init__(
        self,
        world: World,
        base: Base = lambda solution, key: True,
        unused: Collection[tuple[str, str]] = (),
    ) -> None:
        """`unused` are references that go because nothing uses them, by the solution's name and their key."""
        self.world = world
        self._unused = unused
        self.families = Families(world, base, self.is_unused)
        self.entries = Entries(self.families, self._goes)

    def merging(self, family: Family, gone: Sequence[Declaration]) -> list[Step]:
        """What takes some declarations out of a family, all that makes it one reference."""
        if family.question:
            return []
        keep = family.keep.reference
        surplus = by_name(gone)
        used = {key: users for key in surplus if (users := family.users.get(key, ()))}
        movers = [user for users in used.values() for user in users if isinstance(user, FlowUser)]
        solutions = {item.solution.folder: item.solution for item in gone}
        lacking = [one for one in solutions.values() if not self.families.reach([one])(keep.key)]
        left = {user.solution.folder: user.solution for user in movers}
        rebinding = self.entries.after_merging(family)
        steps = [
            # To its own reference before another's.
            *(
                moved(user, (self.families.kept(user.solution, family.connector) or keep).logical_name)
                for user in movers
            ),
            *(step_in(one, "add", path=one.customizations, to=keep.logical_name) for one in lacking),
            *(
                step_in(one, "drop", path=one.manifest, reference=dependency.logical_name)
                for one in left.values()
                for dependency in one.missing
                if dependency.key in surplus and dependency.key not in one.declared()
            ),
            *(
                removed(item.solution, item.reference, "move" if item.reference.key in used else "")
                for item in gone
            ),
            *(step for key in surplus for step in rebinding.get(key, ())),
            *self.entries.after_all(solutions.values()),
        ]
        return list(dict.fromkeys(steps))

    def removing(self, solution: Solution, references: Sequence[ConnectionReference]) -> list[Step]:
        """What takes references that nothing uses out of a solution, and out of its settings."""
        steps = [removed(solution, reference) for reference in references]
        return [
            *steps,
            *self.entries.after_removing(solution, references),
            *self.entries.after_all([solution]),
        ]

    def joining(self, solution: Solution, flow: Flow, aliases: Iterable[str], to: str) -> list[Step]:
        """What lets all that uses aliases of a flow use one, and drops those."""
        steps: list[Step] = []
        for alias in aliases:
            actions = actions_in(flow, alias)
            steps += (
                step_in(solution, "rename", flow=flow.path, alias=alias, actions=actions, to=to),
                step_in(solution, "drop", flow=flow.path, alias=alias, after="rename"),
            )
        return steps

    def going(self, item: Declaration) -> list[Step]:
        """What takes a declaration out of its solution, where it is not to stay."""
        family = self.families.goes(*item)
        if family:
            return self.merging(family, family.going[item.reference.key])
        return self.removing(item.solution, [item.reference]) if self.is_unused(*item) else []

    def _goes(self, item: Declaration) -> bool:
        return self.families.goes(*item) is not None or self.is_unused(*item)

    def is_unused(self, solution: Solution, reference: ConnectionReference) -> bool:
        """Whether a reference goes because nothing uses it."""
        return (solution.unique_name, reference.key) in self._unused


def moved(user: FlowUser, to: str) -> Step:
    """The step that lets what uses a reference use another."""
    flow, alias = user.flow, user.entry.alias
    actions = actions_in(flow, alias)
    return step_in(
        user.solution, "move", flow=flow.path, alias=alias, actions=actions, from_=user.name, to=to
    )


def actions_in(flow: Flow, alias: str) -> tuple[str, ...]:
    """The names of what uses an alias of a flow."""
    return tuple(operation.name for operation in flow.users(alias))


def removed(solution: Solution, reference: ConnectionReference, after: str = "") -> Step:
    """The step that takes a reference out of a solution; its entries in settings apart."""
    name = reference.logical_name
    return step_in(solution, "remove", path=reference.place.path, reference=name, after=after)


def step_in(solution: Solution, do: Do, **what: Any) -> Step:
    """A step that is done in a solution."""
    return Step(do, solution.unique_name, folder=solution.folder, **what)


class Entries:
    """The fate of each entry of deployment settings, given those of the references."""

    def __init__(self, families: Families, goes: Callable[[Declaration], bool]) -> None:
        self._families = families
        self._goes = goes
        self._world = families.world
        self._environments = {one.name: one for one in self._world.environments}
        self._belonging = cache(lambda name: files_of_solutions(self._world, self._environments[name]))
        self._missing = cache(lambda name: _by_place(missing_entries(self._world, self._environments[name])))
        self._left_without = cache(self._lost_in)
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

    def after_all(self, solutions: Iterable[Solution]) -> Iterator[Step]:
        """The entries that settings lack once all that goes from environments of solutions is gone.

        To which solution a file that lies elsewhere belongs follows from what each declares.
        """
        for name in dict.fromkeys(one.name for it in solutions for one in self._world.environments_of(it)):
            yield from self._left_without(name)

    def _lost_in(self, name: str) -> list[Step]:
        environment = self._environments[name]
        belonging = self._belonging(name) if environment.settings() else {}
        counted = [
            (solution, own)
            for solution in environment.solutions
            for own in [belonging.get(solution.base_name, [])]
            if len({owned.is_by_place for owned in own}) != 1
        ]
        # What lies in a solution's place stays its own, whatever goes. One that has no file may get one.
        if not counted or any(it.file.unreadable for _, own in counted for it in own):
            return []
        later = files_of_solutions(self._world, environment, self._goes)
        steps = []
        for solution, own in counted:
            got = later.get(solution.base_name, [])
            home = next((it.file.path for it in own or got if it.is_by_place or not own), "")
            kept = _given(got) if own else environment.entries.keys()
            for item in declarations([solution]) if home else ():
                had = item.reference.key in _given(own) or not own
                if had and item.reference.key not in kept and not self._goes(item):
                    steps += self.added(*item, home, environment)
        return steps

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


def _given(files: Iterable[Owned]) -> set[str]:
    return {entry.key for owned in files for entry in owned.file.entries}


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
