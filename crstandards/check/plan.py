"""What a report advises, worked out once for all its findings: no two of them may disagree.

References for one connector of which one is enough make a family: those of a solution, and in environments
with one set those of all their solutions. Of each family one reference is kept, and all that uses another
goes through it; or there is a question that only a person can answer, and nothing is moved.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from crstandards.findings import Do, Step
from crstandards.model import ConnectionEntry, ConnectionReference, Environment, Flow, Solution, World
from crstandards.ownership import SettingsEntry, SettingsFile
from crstandards.rules.declarations import declaration_of, siblings
from crstandards.rules.duplicates import is_agents_own, is_generated
from crstandards.rules.environment_duplicates import groups_between
from crstandards.rules.environments import Declaration, by_name, grouped, owners
from crstandards.rules.settings_files import Owned, files_of_solutions
from crstandards.rules.usage import FlowUser, User, by_key, lost_connectors, users, users_of
from crstandards.rules.wording import count

Base = Callable[[Solution, str], bool]
"""Asked for a solution and a reference's key: did it declare that before the change, as far as is known?"""

_MOST_COMPARED = 5_000
"""How many pairs of names are compared to say which one may have been meant."""


class _Family(NamedTuple):
    connector: str
    members: tuple[Declaration, ...]
    environments: tuple[Environment, ...]
    keep: Declaration
    reason: str
    users: Mapping[str, Sequence[User]]
    stay: frozenset[str]
    question: str = ""
    is_unknown: bool = False


class Family(_Family):
    """References for one connector of which one is enough.

    `keep` is the one to keep, and `reason` says why. With a `question` nothing is done before somebody has
    answered it; `is_unknown` says that it is about source that isn't here. `users` are all that use one of
    them, by key. `stay` holds agents' own, which stay as well.
    """

    @cached_property
    def surplus(self) -> list[Declaration]:
        """The declarations that go."""
        kept = {self.keep.reference.key, *self.stay}
        return [item for item in self.members if item.reference.key not in kept]

    @cached_property
    def going(self) -> Mapping[str, Sequence[Declaration]]:
        """The declarations that go, by key."""
        return by_name(self.surplus)

    @cached_property
    def going_from(self) -> Mapping[str, Sequence[Declaration]]:
        """The declarations that go, by the folder of their solution."""
        return grouped(self.surplus, lambda item: item.solution.folder)

    @cached_property
    def owners(self) -> Sequence[str]:
        """The solutions that declare one of them, as people know them."""
        return owners(self.members)


class Plan:
    """The fate of each reference, and the reference that each entry of a flow should use."""

    def __init__(self, world: World, base: Base = lambda solution, key: True) -> None:
        self.world = world
        self._base = base
        self._families: dict[tuple[str, str], Family | None] = {}
        self._missed: dict[str, Counter[str]] = {}
        self._rebindings: dict[tuple[str, str], Mapping[str, Sequence[Step]]] = {}
        self._belonging: dict[str, Mapping[str, Sequence[Owned]]] = {}
        self._using: dict[tuple[str, str], Mapping[str, Sequence[User]]] = {}

    @cached_property
    def solutions(self) -> Mapping[str, Solution]:
        """All solutions, by folder."""
        return {solution.folder: solution for solution in self.world.solutions}

    def family(self, solution: Solution, connector: str) -> Family | None:
        """The family of what a solution declares for a connector; None where that is nothing."""
        key = (solution.folder, connector)
        if key not in self._families:
            found = self._found(solution, connector)
            for member in found.members if found else ():
                self._families.setdefault((member.solution.folder, connector), found)
            self._families[key] = found
        return self._families[key]

    def kept(self, solution: Solution, connector: str) -> ConnectionReference | None:
        """The reference that what uses a connector in a solution should go through, where that is certain."""
        family = self.family(solution, connector)
        return family.keep.reference if family and not family.question else None

    def goes(self, solution: Solution, reference: ConnectionReference) -> Family | None:
        """The family in which a reference is one that goes; None where it stays."""
        family = self.family(solution, reference.connector)
        if family is None or family.question:
            return None
        return family if reference.key in family.going and len(family.members) > 1 else None

    def question(self, solution: Solution, connector: str) -> str:
        """What somebody has to say before it is known which reference a connector should go through."""
        family = self.family(solution, connector)
        if family is None:
            return f"Which connection is a new reference for {connector or 'the connector'} to have?"
        return family.question

    # Families

    @cached_property
    def _between(self) -> Mapping[str, list[tuple[Environment, tuple[Declaration, ...]]]]:
        """By connector, what solutions declare together in environments with one set of references."""
        found = [
            (group.connector, (environment, group.members))
            for environment in self.world.environments
            if environment.sharing == "one-set"
            for group in groups_between(environment.solutions, self.world)
        ]
        return {key: [item for _, item in items] for key, items in grouped(found, lambda it: it[0]).items()}

    def _found(self, solution: Solution, connector: str) -> Family | None:
        own = tuple(Declaration(solution, item) for item in solution.for_connector(connector))
        members = {(item.solution.folder, item.reference.key): item for item in own}
        groups = list(self._between.get(connector, ()))
        environments: list[Environment] = []
        grown = True
        while grown:
            folders = {folder for folder, _ in members}
            near = [one for one in groups if any(item.solution.folder in folders for item in one[1])]
            groups = [one for one in groups if one not in near]
            grown = bool(near)
            for environment, declared in near:
                environments.append(environment)
                members |= {(item.solution.folder, item.reference.key): item for item in declared}
        if not members:
            return None
        # In one order whoever asks, so that a check of a part keeps the same one as a check of all.
        ordered = sorted(members.values(), key=lambda item: item.solution.folder)
        return self._family(connector, tuple(ordered), tuple(environments))

    def _family(
        self, connector: str, members: tuple[Declaration, ...], environments: tuple[Environment, ...]
    ) -> Family:
        using = self._users(members, environments)
        own = frozenset(item.reference.key for item in members if is_agents_own(item.reference.logical_name))
        stay = frozenset(
            key for key in own if any(not isinstance(user, FlowUser) for user in using.get(key, ()))
        )
        declaring = frozenset(item.solution.unique_name.lower() for item in members)
        pinned = {
            key: reason
            for key in by_name(members)
            if (reason := self._pinned(key, members, declaring, using.get(key, ())))
        }
        names = list(by_name(members))
        weight = {key: len(using.get(key, ())) for key in names}
        for item in members:
            # What is missing in a solution is missing to the one reference that it has.
            if len(item.solution.for_connector(connector)) == 1:
                folder = item.solution.folder
                if folder not in self._missed:
                    self._missed[folder] = _missed(item.solution)
                weight[item.reference.key] += self._missed[folder][connector]
        holders = {one.reference_solution.lower() for one in environments} - {""}
        shared = {key for item in members for key in self._shared(item)}
        spoken_for = self._spoken_for(members[0].solution, connector)

        reaches = self._reach({item.solution.folder: item.solution for item in members}.values())

        def rank(item: Declaration) -> tuple[bool | int, ...]:
            key = item.reference.key
            return (
                key != spoken_for,
                item.owner not in holders,
                not reaches(item.reference.key),
                key in own,
                not self.is_old(item),
                key in shared,
                key not in pinned,
                -weight[key],
                is_generated(item.reference.logical_name),
            )

        keep = min(members, key=rank) if len(members) > 1 else members[0]
        family = Family(connector, members, environments, keep, "", using, stay - {keep.reference.key})
        rivals = [item for item in members if item.reference.key != keep.reference.key]
        if rivals:
            reason = _reason(rank(keep), [rank(item) for item in rivals], weight[keep.reference.key])
            family = family._replace(reason=reason)
        if rivals and (question := self._unknown(family)):
            return family._replace(question=question, is_unknown=True)
        return family._replace(question=self._question(family, own, pinned))

    def _users(
        self, members: Sequence[Declaration], environments: Sequence[Environment]
    ) -> Mapping[str, Sequence[User]]:
        """Who uses one of the references, by key, each once."""
        keys = by_name(members).keys()
        many = len({item.owner for item in members}) > 1
        found: dict[tuple[str, object], User] = {}
        for environment in environments:
            for solution in environment.solutions:
                inside = self._sorted_out(solution, "inside", lambda it: by_key(users(it, is_foreign=True)))
                for user in (user for key in sorted(keys & inside.keys()) for user in inside[key]):
                    found.setdefault((user.key, user.place), user)
        for solution in {item.solution.folder: item.solution for item in members}.values():
            using = self._sorted_out(solution, "all", lambda it: users_of(it, self.world))
            for user in (user for key in sorted(keys & using.keys()) for user in using[key]):
                found.setdefault((user.key, user.place), user._replace(is_foreign=user.is_foreign or many))
        return grouped(found.values(), lambda user: user.key)

    def _sorted_out(
        self, solution: Solution, kind: str, sort_out: Callable[[Solution], Mapping[str, Sequence[User]]]
    ) -> Mapping[str, Sequence[User]]:
        """The users that a solution has to do with, by key: sorted out once for all families."""
        if (solution.folder, kind) not in self._using:
            self._using[solution.folder, kind] = sort_out(solution)
        return self._using[solution.folder, kind]

    def _spoken_for(self, solution: Solution, connector: str) -> str:
        """What the copy of a solution that speaks for all of them keeps, lest copies drift apart."""
        if len(self.world.called(solution.base_name)) > 1:
            name = solution.unique_name.lower()
            for other in self.world.representatives:
                if other.unique_name.lower() == name and other.folder != solution.folder:
                    family = self.family(other, connector)
                    return family.keep.reference.key if family else ""
        return ""

    def is_old(self, item: Declaration) -> bool:
        """Whether a declaration was there before the change, as far as that is known."""
        return self._base(item.solution, item.reference.key)

    def _shared(self, item: Declaration) -> Iterator[str]:
        """The name, where another solution declares it too and each should have a set of its own."""
        alone = [one for one in self.world.environments_of(item.solution) if one.sharing != "one-set"]
        if alone and siblings(item.reference.key, item.solution, self.world):
            yield item.reference.key

    def _reach(self, solutions: Iterable[Solution]) -> Callable[[str], bool]:
        """Tells of a name whether it is declared in every environment of the solutions that are to use it."""
        meeting: dict[tuple[str, ...], tuple[Sequence[Environment], list[Solution]]] = {}
        for solution in solutions:
            environments = self.world.environments_of(solution)
            names = tuple(one.name for one in environments)
            meeting.setdefault(names, (environments, []))[1].append(solution)

        def reaches(key: str) -> bool:
            return all(
                all(key in one.declared for one in environments) or all(key in it.declared() for it in using)
                for environments, using in meeting.values()
            )

        return reaches

    def _pinned(
        self, key: str, members: Sequence[Declaration], declaring: Collection[str], using: Sequence[User]
    ) -> str:
        """What keeps a reference where it is, as it can't be moved by editing a flow; "" if nothing does."""
        others = [user for user in using if not isinstance(user, FlowUser)]
        if others:
            return others[0].title()
        for user in using:
            if isinstance(user, FlowUser) and user.entry.connector not in (
                "",
                members[0].reference.connector,
            ):
                return user.title()
        wanting = self.world.survey().wanted.get(key, frozenset()).difference(declaring)
        for solution in self.world.representatives if wanting else ():
            if solution.unique_name.lower() not in wanting or key in solution.declared():
                continue
            # What it should use in place of another's, where each has a set of its own, is not known here.
            is_apart = any(one.sharing != "one-set" for one in self.world.environments_of(solution))
            reach = declaration_of(solution, self.world)
            if is_apart or not any(reach(other) for other in by_name(members) if other != key):
                return f"solution {solution.unique_name}"
        return ""

    def _unknown(self, family: Family) -> str:
        """What is not known of who uses a family: nothing is to be removed then."""
        keys = frozenset(family.going)
        for solution in {item.solution.folder: item.solution for item in family.members}.values():
            if solution.missing_flows:
                return f"Which of them does {solution.missing_flows[0].path} use, whose file is missing?"
            if solution.unreadable:
                return f"Which of them does {solution.unreadable[0].place.path} use, which cannot be read?"
        for other in self.world.survey().unreadable:
            if names := other.mentions(keys).names:
                return f"Is {min(names)} used in {other.unreadable[0].place.path}, which cannot be read?"
        return ""

    def _question(self, family: Family, own: frozenset[str], pinned: Mapping[str, str]) -> str:
        """What has to be decided before a family can become one reference."""
        named = family.keep.reference.logical_name
        if family.connector in self.world.own_endpoint:
            return (
                "Which service does each of their connections lead to?"
                if len(family.members) > 1
                else f"Does this connection lead to the same service as that of {named}?"
            )
        if len(family.members) == 1:
            return "Is it an agent's own, or to be used by flows too?" if own else ""
        if own >= set(by_name(family.members)):
            return "Do the agents need a connection each, or can they share one?"
        if family.keep.reference.key in own:
            return f"Which reference should flows use? {named} is an agent's own."
        if not family.surplus:
            return f"Can the agents use the connection of {named} too?"
        for item in family.members:
            if self.world.is_excepted("CR201", item.solution, item.reference):
                excepted = item.reference.logical_name
                return f"An exception allows {excepted}: are more sets of credentials needed?"
        for item in family.surplus:
            if item.reference.key in pinned:
                return (
                    f"Can {pinned[item.reference.key]} use {named} in place of {item.reference.logical_name}?"
                )
        return ""

    # Steps

    def merging(self, family: Family, chosen: Sequence[Declaration] | None = None) -> list[Step]:
        """All that makes a family one reference, or that takes some of its declarations out of it."""
        if family.question:
            return []
        keep = family.keep.reference
        steps: list[Step] = []
        gone = family.surplus if chosen is None else chosen
        surplus = by_name(gone)
        moved = [user for key in surplus for user in family.users.get(key, ()) if isinstance(user, FlowUser)]
        steps += (self._move(user, keep.logical_name) for user in moved)
        lacking = {
            item.solution.folder: item.solution for item in gone if not self._reach([item.solution])(keep.key)
        }
        steps += (
            step_in(solution, "add", path=solution.customizations, to=keep.logical_name)
            for solution in lacking.values()
        )
        steps += (
            step_in(
                user.solution,
                "drop",
                path=user.solution.manifest,
                reference=dependency.logical_name,
            )
            for user in {user.solution.folder: user for user in moved}.values()
            for dependency in user.solution.missing
            if dependency.key in surplus and dependency.key not in user.solution.declared()
        )
        for item in gone:
            steps += self.removal(item.solution, item.reference, bool(family.users.get(item.reference.key)))
        rebinding = self._rebinding(family)
        steps += (step for key in surplus for step in rebinding.get(key, ()))
        return list(dict.fromkeys(steps))

    def _move(self, user: FlowUser, to: str) -> Step:
        actions = tuple(operation.name for operation in user.flow.users(user.entry.alias))
        return step_in(
            user.solution,
            "move",
            flow=user.flow.path,
            alias=user.entry.alias,
            actions=actions,
            from_=user.name,
            to=to,
        )

    def removal(
        self, solution: Solution, reference: ConnectionReference, is_used: bool = False
    ) -> list[Step]:
        """What takes a reference out of a solution; its entries in settings apart."""
        return [
            step_in(
                solution,
                "remove",
                path=reference.place.path,
                reference=reference.logical_name,
                after="move" if is_used else "",
            )
        ]

    def _rebinding(self, family: Family) -> Mapping[str, Sequence[Step]]:
        """What becomes of the entries in settings for references that go, by key: some are for the kept one
        then. Worked out once for each family.
        """
        place = (family.keep.solution.folder, family.keep.reference.key)
        if place not in self._rebindings:
            solutions = {item.solution.folder: item.solution for item in family.surplus}.values()
            environments = {one.name: one for item in solutions for one in self.world.environments_of(item)}
            steps = chain.from_iterable(self._rebound_in(one, family) for one in environments.values())
            self._rebindings[place] = grouped(steps, lambda step: (step.from_ or step.reference).lower())
        return self._rebindings[place]

    def _rebound_in(self, environment: Environment, family: Family) -> Iterator[Step]:
        gone = [
            (file, entry)
            for key, items in sorted(family.going.items(), key=lambda it: -len(family.users.get(it[0], ())))
            if not self._is_left(key, environment, items)
            for file, entry in environment.entries.get(key, ())
        ]
        lacking = self._lacking(family.keep.reference.key, environment) if gone else []
        # By file, the numbers of the solutions whose settings would be whole with an entry there.
        filled_by = grouped(
            ((path, number) for number, paths in enumerate(lacking) for path in paths), lambda pair: pair[0]
        )
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
        if environment.name not in self._belonging:
            self._belonging[environment.name] = files_of_solutions(self.world, environment)
        belonging = self._belonging[environment.name]
        holding = {file.path for file, _ in environment.entries.get(key, ())}
        found = []
        for folder in environment.declaring.get(key, ()):
            own = belonging.get(self.solutions[folder].base_name, [])
            paths = [owned.file.path for owned in own]
            if holding.isdisjoint(paths) if any(owned.is_by_place for owned in own) else not holding:
                found.append(paths)
        return found

    def _is_left(self, key: str, environment: Environment, gone: Iterable[Declaration]) -> bool:
        """Whether a solution of an environment declares a name still."""
        return not {item.solution.folder for item in gone}.issuperset(environment.declaring.get(key, ()))

    def unbinding(self, solution: Solution, references: Iterable[ConnectionReference]) -> Iterator[Step]:
        """What becomes of entries in settings for references that go, where nothing stands in for them."""
        for environment in self.world.environments_of(solution):
            for reference in references:
                if not self._is_left(reference.key, environment, [Declaration(solution, reference)]):
                    for file, entry in environment.entries.get(reference.key, ()):
                        yield dropped(file, entry, environment)

    def using(self, solution: Solution, flow: Flow, alias: str, connector: str) -> list[Step]:
        """What gives an entry of a flow that has none its reference."""
        reference = self.kept(solution, connector)
        if reference is None:
            return []
        actions = tuple(operation.name for operation in flow.users(alias))
        name = reference.logical_name
        return [
            step_in(
                solution,
                "use",
                flow=flow.path,
                alias=alias,
                actions=actions,
                to=name,
                connector=reference.connector_id,
            )
        ]

    def final(self, solution: Solution, entry: ConnectionEntry) -> str:
        """The key of the reference that an entry of a flow goes through in the end; "" where that is open."""
        if entry.key is None:
            kept = self.kept(solution, entry.connector) if solution.is_solution else None
            return kept.key if kept else ""
        reference = solution.declared().get(entry.key)
        family = self.goes(solution, reference) if reference else None
        return family.keep.reference.key if family else entry.key

    # Deployment settings

    @cached_property
    def meant(self) -> Mapping[tuple[str, str], ConnectionReference]:
        """The declared reference that an entry of settings for an unknown one may mean, by environment
        and key: one whose name is nearly the same, and that no other entry is for.
        """
        from difflib import get_close_matches

        declared = {
            reference.logical_name: (solution, reference)
            for solution in self.world.solutions
            if solution.is_solution
            for reference in solution.declared().values()
        }
        known = {name.lower() for name in declared}
        found: dict[tuple[str, str], ConnectionReference] = {}
        for environment in self.world.environments:
            # One that gives no connection is of no use to another name.
            unknown = {
                key
                for key, entries in environment.entries.items()
                if key not in known and entries[0][1].connection
            }
            taken = set(environment.entries)
            for key in sorted(unknown) if len(unknown) * len(declared) <= _MOST_COMPARED else ():
                near = get_close_matches(environment.entries[key][0][1].name, list(declared), 1, 0.8)
                if not near:
                    continue
                solution, reference = declared[near[0]]
                family = self.goes(solution, reference)
                solution, reference = family.keep if family else (solution, reference)
                if reference.key not in taken and not self._rebound(solution, reference, environment):
                    taken.add(reference.key)
                    found[environment.name, key] = reference
        return found

    @cached_property
    def _meaning(self) -> Mapping[tuple[str, str], tuple[SettingsFile, SettingsEntry]]:
        """The entry that may mean a reference, with its file, by environment and key."""
        environments = {one.name: one for one in self.world.environments}
        return {
            (name, meant.key): environments[name].entries[key][0] for (name, key), meant in self.meant.items()
        }

    def _rebound(
        self, solution: Solution, reference: ConnectionReference, environment: Environment
    ) -> list[Step]:
        """What gives a reference that is kept the entries of those that go."""
        family = self.family(solution, reference.connector)
        if family is None or family.question or family.keep.reference.key != reference.key:
            return []
        steps = chain.from_iterable(self._rebinding(family).values())
        return [step for step in steps if step.do == "rename" and step.environment == environment.name]

    def binding(self, solution: Solution, reference: ConnectionReference, path: str, name: str) -> list[Step]:
        """What gives a reference its entry in the settings of an environment, or makes that needless."""
        environment = next(one for one in self.world.environments if one.name == name)
        family = self.goes(solution, reference)
        if family:
            return self.merging(family, family.going[reference.key])
        if steps := [step for step in self._rebound(solution, reference, environment) if step.path == path]:
            return steps
        entry = self._meaning.get((name, reference.key))
        if entry and entry[0].path == path:
            return [renamed(*entry, reference.logical_name, environment)]
        return [
            Step(
                "bind",
                path=path,
                reference=reference.logical_name,
                connector=reference.connector_id,
                environment=name,
            )
        ]


def step_in(solution: Solution, do: Do, **what: Any) -> Step:
    """A step that is done in a solution."""
    return Step(do, solution.unique_name, folder=solution.folder, **what)


def renamed(file: SettingsFile, entry: SettingsEntry, to: str, environment: Environment) -> Step:
    """The step that makes an entry of settings one for another reference."""
    return dropped(file, entry, environment)._replace(do="rename", reference="", from_=entry.name, to=to)


def dropped(file: SettingsFile, entry: SettingsEntry, environment: Environment) -> Step:
    """The step that takes an entry out of settings."""
    alike = [other for where, other in environment.entries[entry.key] if where.path == file.path]
    number = alike.index(entry) + 1 if len(alike) > 1 else 0
    return Step("drop", path=file.path, reference=entry.name, environment=environment.name, number=number)


def _missed(solution: Solution) -> Counter[str]:
    """How many entries for each connector go through no reference, or got lost."""
    raw = (entry.connector for flow in solution.flows for entry in flow.entries if entry.reference is None)
    return Counter((*raw, *lost_connectors(solution)))


def _reason(best: Sequence[bool | int], others: Sequence[Sequence[bool | int]], uses: int) -> str:
    """Why one is kept, as a clause: what tells it from the last of the others."""
    times = f"used {count(uses, 'time')}" if uses else "nothing uses any of them"
    for number, reason in enumerate(_REASONS):
        others = [other for other in others if other[number] == best[number]]
        if not others:
            return reason.format(times=times)
    return f"{times}{', as others are' if uses else ''}; it is declared first"


_REASONS = (
    "so does the other copy of the solution",
    "it is in the reference solution",
    "it is in every environment that needs one",
    "the others belong to agents",
    "it was there before",
    "no other solution declares it",
    "an app or another solution uses it",
    "{times}, the most",
    "{times}; its name was chosen, not generated",
)
