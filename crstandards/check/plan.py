"""What a report advises, worked out once for all its findings: no two of them may disagree.

It is a plan: the fate of each reference (see `families`), that of each entry of deployment settings (see
`entries`), and from both the steps that put findings right.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from crstandards.check.entries import Entries
from crstandards.check.families import Base, Families, Family
from crstandards.environments import World
from crstandards.findings import Do, Step
from crstandards.model import ConnectionReference, Flow, Solution
from crstandards.rules.declarations import Declaration, by_name
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
        self.families = Families(world, base)
        self.entries = Entries(self.families)

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
            *(moved(user, self.families.target(user.solution, family).logical_name) for user in movers),
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
        ]
        return list(dict.fromkeys(steps))

    def removing(self, solution: Solution, references: Sequence[ConnectionReference]) -> list[Step]:
        """What takes references that nothing uses out of a solution, and out of its settings."""
        steps = [removed(solution, reference) for reference in references]
        return [*steps, *self.entries.after_removing(solution, references)]

    def using(self, solution: Solution, flow: Flow, alias: str, connector: str) -> list[Step]:
        """What gives an entry of a flow that has none its reference."""
        reference = self.families.kept(solution, connector)
        if reference is None:
            return []
        step = step_in(
            solution,
            "use",
            flow=flow.path,
            alias=alias,
            actions=_actions(flow, alias),
            to=reference.logical_name,
            connector=reference.connector_id,
        )
        return [step]

    def joining(self, solution: Solution, flow: Flow, aliases: Iterable[str], to: str) -> list[Step]:
        """What lets all that uses aliases of a flow use one, and drops those."""
        steps: list[Step] = []
        for alias in aliases:
            actions = _actions(flow, alias)
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

    def is_unused(self, solution: Solution, reference: ConnectionReference) -> bool:
        """Whether a reference goes because nothing uses it."""
        return (solution.unique_name, reference.key) in self._unused


def moved(user: FlowUser, to: str) -> Step:
    """The step that lets what uses a reference use another."""
    flow, alias = user.flow, user.entry.alias
    actions = _actions(flow, alias)
    return step_in(
        user.solution, "move", flow=flow.path, alias=alias, actions=actions, from_=user.name, to=to
    )


def _actions(flow: Flow, alias: str) -> tuple[str, ...]:
    return tuple(operation.name for operation in flow.users(alias))


def removed(solution: Solution, reference: ConnectionReference, after: str = "") -> Step:
    """The step that takes a reference out of a solution; its entries in settings apart."""
    name = reference.logical_name
    return step_in(solution, "remove", path=reference.place.path, reference=name, after=after)


def step_in(solution: Solution, do: Do, **what: Any) -> Step:
    """A step that is done in a solution."""
    return Step(do, solution.unique_name, folder=solution.folder, **what)
