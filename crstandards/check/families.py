"""Which references stand for one another, and which of them is kept.

References for one connector of which one is enough make a family: those of a solution, and in environments
with one set those of all their solutions. Of each family one reference is kept, and all that uses another
goes through it; or there is a question that only a person can answer, and nothing is moved.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from crstandards.environments import Environment, World
from crstandards.model import ConnectionEntry, ConnectionReference, Solution
from crstandards.rules.declarations import (
    Declaration,
    by_name,
    declaration_of,
    folders,
    grouped,
    owners,
    provided_to,
    siblings,
)
from crstandards.rules.duplicates import is_agents_own, is_generated
from crstandards.rules.solution.cr201_duplicate_connector import RULE as DUPLICATE
from crstandards.rules.solution.cr305_duplicate_in_repository import groups_between
from crstandards.rules.usage import FlowUser, User, by_key, lost_connectors, users, users_of
from crstandards.rules.wording import count, listed

Base = Callable[[Solution, str], bool]
"""Asked for a solution and a reference's key: did it declare that before the change, as far as is known?"""
Rank = tuple[bool | int, ...]


class Family(NamedTuple):
    """References for one connector of which one is enough.

    `keep` is the one to keep; `ranks` holds what speaks against keeping each, by folder and key. `users` are
    all that use one of them, by key. `surplus` are the declarations that go; `going` and `going_from` are the
    same by key, and by folder. With a `question` nothing is done before somebody has answered it;
    `is_unknown` says that it is about source that isn't here. `is_shared` says that several solutions declare
    one of them.
    """

    connector: str
    members: tuple[Declaration, ...]
    environments: tuple[Environment, ...]
    keep: Declaration
    ranks: Mapping[tuple[str, str], Rank]
    users: Mapping[str, Sequence[User]]
    surplus: Sequence[Declaration]
    going: Mapping[str, Sequence[Declaration]]
    going_from: Mapping[str, Sequence[Declaration]]
    is_shared: bool
    question: str = ""
    is_unknown: bool = False

    def why(self, others: Iterable[Declaration], names: Mapping[str, str]) -> str:
        """Why the one to keep comes before others, as a clause: what tells it from the nearest of them.

        `names` has their names by key.
        """
        best = self._rank(self.keep)
        rivals = [item for item in others if item.reference.key != self.keep.reference.key]
        nearest = min(map(self._rank, rivals), default=best)
        number = next((at for at, value in enumerate(best) if value != nearest[at]), -1)
        uses, most = -best[_USES], max((-self._rank(item)[_USES] for item in rivals), default=0)
        near = by_name(item for item in rivals if self._rank(item) == nearest)
        than = "the most" if uses >= most else f"more than {listed([names[key] for key in near], 3)}"
        nothing = "nothing uses it" if most else "nothing uses any of them"
        return _REASONS[number].format(
            times=f"used {count(uses, 'time')}" if uses else nothing,
            than=than,
            too=", as others are" if uses else "",
            # Those that another reason spoke against may stand before it in the file.
            first="it is declared first" if len(near) == len(by_name(rivals)) else "declared before them",
        )

    def _rank(self, item: Declaration) -> Rank:
        return self.ranks[item.solution.folder, item.reference.key]


class Families:
    """The fate of each reference of a world, worked out when somebody asks for it."""

    def __init__(
        self, world: World, base: Base, is_unused: Callable[[Solution, ConnectionReference], bool]
    ) -> None:
        """`is_unused` tells of a reference that it goes because nothing uses it."""
        self.world = world
        self._is_unused = is_unused
        self._base = base
        self._known: dict[tuple[str, str], Family | None] = {}
        self._asked: dict[str, Solution] = {}
        self._missed = cache(lambda folder: _missed(self._at(folder)))
        self._inside = cache(lambda folder: by_key(users(self._at(folder), is_foreign=True)))
        self._provided = cache(lambda folder: provided_to(self._at(folder), world))
        self._around = cache(lambda folder: users_of(self._at(folder), world))

    @cached_property
    def solutions(self) -> Mapping[str, Solution]:
        """All solutions, by folder."""
        # Beside a solution there may be flows without one.
        return {one.folder: one for one in sorted(self.world.solutions, key=lambda one: one.is_solution)}

    def _at(self, folder: str) -> Solution:
        """The solution of a folder: for one that somebody has asked about, the others are not read."""
        return self._asked.get(folder) or self.solutions[folder]

    def of(self, solution: Solution, connector: str) -> Family | None:
        """The family of what a solution declares for a connector; None where that is nothing."""
        key = (solution.folder, connector)
        if solution.is_solution:
            self._asked[solution.folder] = solution
        if key not in self._known:
            found = self._found(solution, connector)
            for member in found.members if found else ():
                self._known.setdefault((member.solution.folder, connector), found)
            self._known[key] = found
        return self._known[key]

    def kept(self, solution: Solution, connector: str) -> ConnectionReference | None:
        """The reference that what uses a connector in a solution should go through, where that is certain."""
        family = self.of(solution, connector)
        return family.keep.reference if family and not family.question else None

    def goes(self, solution: Solution, reference: ConnectionReference) -> Family | None:
        """The family in which a reference is one that goes; None where it stays."""
        family = self.of(solution, reference.connector)
        return family if family and not family.question and reference.key in family.going else None

    def final(self, solution: Solution, entry: ConnectionEntry) -> str:
        """The key of the reference that an entry of a flow goes through in the end; "" where that is open."""
        if entry.key is None:
            kept = self.kept(solution, entry.connector) if solution.is_solution else None
            return kept.key if kept else ""
        meant = declaration_of(solution, self.world)(entry.key) if solution.is_solution else None
        if meant and entry.connector and entry.connector != meant.connector:
            # One of another connector gives way to the solution's own, where one fits.
            kept = self.kept(solution, entry.connector)
            return kept.key if kept and not self._is_unused(solution, kept) else entry.key
        # What another solution declares is moved by what becomes of it there.
        own = entry.key in solution.declared()
        holders = [solution] if own else self._holders(solution, entry.key)
        found = (self.goes(owner, owner.declared()[entry.key]) for owner in holders)
        family = next(filter(None, found), None)
        kept = self.kept(solution, family.connector) or family.keep.reference if family else None
        return kept.key if kept else entry.key

    def _holders(self, solution: Solution, key: str) -> list[Solution]:
        """The other solutions whose declaration of a name a solution uses: those beside it come first."""
        found = siblings(key, solution, self.world)
        environments = self.world.environments_of(solution)
        near = {self._at(at).base_name for one in environments for at in one.declaring.get(key, ())}
        return [one for one in found if one.base_name in near] or found

    def is_old(self, item: Declaration) -> bool:
        """Whether a declaration was there before the change, as far as that is known."""
        return self._base(item.solution, item.reference.key)

    def reach(self, solutions: Iterable[Solution]) -> Callable[[str], bool]:
        """Tells of a name whether it is declared in every environment of the solutions that are to use it."""
        meeting: dict[tuple[str, ...], tuple[Sequence[Environment], list[Solution]]] = {}
        for solution in solutions:
            environments = self.world.environments_of(solution)
            names = tuple(one.name for one in environments)
            meeting.setdefault(names, (environments, []))[1].append(solution)
        return lambda key: all(
            all(key in one.declared for one in environments) or all(key in it.declared() for it in using)
            for environments, using in meeting.values()
        )

    @cached_property
    def _between(self) -> Mapping[str, list[tuple[str, tuple[Environment, tuple[str, ...]]]]]:
        """By connector, the folders that bring references of it to environments with one set of them."""
        found = (
            (group.connector, (environment, folders(group.members)))
            for environment in self.world.environments
            if environment.sharing == "one-set"
            for group in groups_between(environment.solutions, self.world)
        )
        return grouped(found, lambda pair: pair[0])

    def _found(self, solution: Solution, connector: str) -> Family | None:
        inside = {solution.folder}
        groups = [group for _, group in self._between.get(connector, ())]
        environments: list[Environment] = []
        while near := [group for group in groups if not inside.isdisjoint(group[1])]:
            groups = [group for group in groups if group not in near]
            environments += [environment for environment, _ in near]
            inside.update(*(found for _, found in near))
        # All of each and in one order, whoever asks, so that a check of a part keeps the same as one of all.
        members = tuple(
            Declaration(self._at(folder), item)
            for folder in sorted(inside)
            for item in self._at(folder).for_connector(connector)
        )
        return self._family(connector, members, tuple(environments)) if members else None

    def _family(
        self, connector: str, members: tuple[Declaration, ...], environments: tuple[Environment, ...]
    ) -> Family:
        # Of one alone nothing goes, so nobody has to look who in all of the source uses it.
        ranked = members if len(members) > 1 else ()
        using = self._users(ranked, environments) if ranked else {}
        names = by_name(members)
        own = {key for key, items in names.items() if is_agents_own(items[0].reference.logical_name)}
        declaring = {item.solution.unique_name.lower() for item in members}
        pinned = {
            key: reason
            for key in (names if ranked else ())
            if (reason := self._pinned(key, names, connector, declaring, using.get(key, ())))
        }
        ranks: dict[tuple[str, str], Rank] = {}
        if ranked:
            rank = self._rank(connector, members, environments, using, own, pinned)
            ranks = {(item.solution.folder, item.reference.key): rank(item) for item in ranked}
        keep = min(ranked, key=lambda it: ranks[it.solution.folder, it.reference.key], default=members[0])
        # What an agent or an app uses of its own stays beside the one that is kept.
        stay = {key for key in own if any(not isinstance(user, FlowUser) for user in using.get(key, ()))}
        surplus = [item for item in members if item.reference.key not in {*stay, keep.reference.key}]
        family = Family(
            connector=connector,
            members=members,
            environments=environments,
            keep=keep,
            ranks=ranks,
            users=using,
            surplus=surplus,
            going=by_name(surplus),
            going_from=grouped(surplus, lambda item: item.solution.folder),
            is_shared=len(owners(members)) > 1,
        )
        unknown = next(self._unknown(family), "") if len(names) > 1 else ""
        question = unknown or next(self._open(family, own, pinned), "")
        return family._replace(question=question, is_unknown=bool(unknown))

    def _rank(
        self,
        connector: str,
        members: Sequence[Declaration],
        environments: Sequence[Environment],
        using: Mapping[str, Sequence[User]],
        own: Collection[str],
        pinned: Collection[str],
    ) -> Callable[[Declaration], Rank]:
        """What speaks against keeping a declaration, the gravest first, as _REASONS words it."""
        weight = Counter({key: len(users) for key, users in using.items()})
        for item in members:
            # What is missing in a solution is missing to the one reference that it has.
            if len(item.solution.for_connector(connector)) == 1:
                weight[item.reference.key] += self._missed(item.solution.folder)[connector]
        holders = {one.reference_solution.lower() for one in environments} - {""}
        shared = {item.reference.key for item in members if self._is_shared(item)}
        around = [user.solution for users in using.values() for user in users]
        needing = [*(item.solution for item in members), *around]
        reaches = self.reach({solution.folder: solution for solution in needing}.values())
        return lambda item: (
            item.owner not in holders,
            not reaches(item.reference.key),
            item.reference.key in own,
            not self.is_old(item),
            item.reference.key in shared,
            item.reference.key not in pinned,
            -weight[item.reference.key],
            is_generated(item.reference.logical_name),
        )

    def _users(
        self, members: Sequence[Declaration], environments: Sequence[Environment]
    ) -> Mapping[str, Sequence[User]]:
        """Who uses one of the references, by key, each once."""
        keys = by_name(members).keys()
        owning = {item.owner for item in members}
        are_many = len(owning) > 1
        inside = [self._inside(one.folder) for environment in environments for one in environment.solutions]
        around = [self._around(folder) for folder in folders(members)]
        found: dict[tuple[str, object], User] = {}
        for using in (*inside, *around):
            for user in (user for key in sorted(using.keys() & keys) for user in using[key]):
                foreign = user._replace(is_foreign=user.is_foreign or are_many)
                home = user.solution
                if home.base_name in owning or owning & {
                    it.base_name for it in self._holders(home, user.key)
                }:
                    found.setdefault((user.key, user.place), foreign)
        return grouped(found.values(), lambda user: user.key)

    def _is_shared(self, item: Declaration) -> bool:
        """Whether another solution declares the name too, where each should have a set of its own."""
        environments = self.world.environments_of(item.solution)
        is_apart = any(one.sharing != "one-set" for one in environments)
        return is_apart and bool(siblings(item.reference.key, item.solution, self.world))

    def _pinned(
        self,
        key: str,
        names: Collection[str],
        connector: str,
        declaring: Collection[str],
        using: Sequence[User],
    ) -> str:
        """What keeps a reference where it is, as it can't be moved by editing a flow; "" if nothing does."""
        others = [user for user in using if not isinstance(user, FlowUser)]
        for user in (*others, *using):
            is_flow = isinstance(user, FlowUser) and user.entry.connector in ("", connector)
            if not is_flow or not self._is_provided(user.solution, user.name):
                return user.who()
        wanting = self.world.survey().wanted.get(key, frozenset()).difference(declaring)
        for solution in self.world.representatives if wanting else ():
            if solution.unique_name.lower() not in wanting or key in solution.declared():
                continue
            # What it should use in place of another's, where each has a set of its own, is not known here.
            is_apart = any(one.sharing != "one-set" for one in self.world.environments_of(solution))
            reach = declaration_of(solution, self.world)
            if is_apart or not any(reach(other) for other in names if other != key):
                return f"solution {solution.unique_name}"
        return ""

    def _is_provided(self, solution: Solution, name: str) -> bool:
        """Whether a reference is there for what uses it in a solution; else one is told to add it."""
        is_listed = any(dependency.key == name.lower() for dependency in solution.missing)
        is_external = self.world.is_external(name)
        return is_listed or is_external or self._provided(solution.folder)(name.lower())

    def _unknown(self, family: Family) -> Iterator[str]:
        """What is not known of who uses a family: nothing is to be removed then."""
        for solution in {item.solution.folder: item.solution for item in family.members}.values():
            for missing in solution.missing_flows:
                yield f"Which of them does {missing.path} use, whose file is missing?"
            for unread in solution.unreadable:
                path = unread.absent or unread.place.path
                yield f"Which of them does {path} use, which cannot be read?"
        for other in self.world.survey().unreadable:
            if names := other.mentions(frozenset(family.going)).names:
                yield f"Is {min(names)} used in {other.unreadable[0].place.path}, which cannot be read?"

    def _open(self, family: Family, own: Collection[str], pinned: Mapping[str, str]) -> Iterator[str]:
        """What has to be decided before a family can become one reference."""
        named, are_several = family.keep.reference.logical_name, len(family.members) > 1
        if family.connector in self.world.own_endpoint and are_several:
            yield "Which service does each of their connections lead to?"
        if family.connector in self.world.own_endpoint:
            yield f"Does this connection lead to the same service as that of {named}?"
        if not are_several:
            yield from ["Is it an agent's own, or to be used by flows too?"] if own else []
            return
        if all(item.reference.key in own for item in family.members):
            yield "Do the agents need a connection each, or can they share one?"
        if family.keep.reference.key in own:
            yield f"Which reference should flows use? {named} is an agent's own."
        if not family.surplus:
            yield f"Can the agents use the connection of {named} too?"
        for item in family.members:
            if self.world.is_excepted(DUPLICATE.id, item.solution, item.reference):
                excepted = item.reference.logical_name
                yield f"An exception allows {excepted}: are more sets of credentials needed?"
        for item in family.surplus:
            if item.reference.key in pinned:
                user, name = pinned[item.reference.key], item.reference.logical_name
                yield f"Can {user} use {named} in place of {name}?"
        for item in family.surplus:
            for using in family.users.get(item.reference.key, ()):
                # Solutions that declare one that goes get the kept one in its place.
                is_there = using.solution.folder in family.going_from
                if not is_there and not self._is_provided(using.solution, named):
                    yield f"Can {using.who()} use {named} in place of {item.reference.logical_name}?"
        for item in family.surplus:
            key = item.reference.key
            places = item.solution.mentions(frozenset({key})).places.get(key, ())
            # What a flow or a manifest says of it is known.
            known = {item.solution.manifest, *(flow.path for flow in item.solution.flows)}
            for path in places:
                if path not in known:
                    yield f"{path} names {item.reference.logical_name}: can it use {named} instead?"


def _missed(solution: Solution) -> Counter[str]:
    """How many entries for each connector go through no reference, or got lost."""
    raw = (entry.connector for flow in solution.flows for entry in flow.entries if entry.reference is None)
    return Counter((*raw, *lost_connectors(solution)))


_REASONS = (
    "it is in the reference solution",
    "it is in every environment that needs one",
    "the others belong to agents",
    "it was there before",
    "no other solution declares it",
    "an app or another solution uses it",
    "{times}, {than}",
    "{times}; its name was chosen, not generated",
    "{times}{too}; {first}",
)
_USES = 6
