"""The fix of each finding: the steps of its advice, where nothing stands against doing them by editing.

Where anything else still names what would be removed, it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from crstandards.check.fixable import (
    against_editing,
    against_merging,
    against_referring,
    against_removing_repetitions,
)
from crstandards.findings import Finding, Step
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.steps import FileChange, Round, bound_in, changes_of
from crstandards.fixes.verify import REMOVED, JsonChange
from crstandards.model import Solution
from crstandards.reported import Reported
from crstandards.rules.usage import lost_connectors, missed_connectors, users_of
from crstandards.rules.wording import (
    actions_of,
    count,
    listed,
    listed_names,
    shown_connector,
    shown_reference,
)


class FixPlan(NamedTuple):
    """The fix of one finding. It is made whole or not at all.

    `does` says what it does, a clause. `safe` fixes need no word. One that is `half` leaves the finding.
    `removed` holds the references that it takes out of the solution: nothing there may name them any more.
    """

    finding: Finding
    does: str
    changes: tuple[FileChange, ...]
    safe: bool
    half: bool = False
    removed: tuple[str, ...] = ()

    @property
    def gone(self) -> frozenset[str]:
        """The removed references, for comparing."""
        return frozenset(name.lower() for name in self.removed)

    @property
    def moves(self) -> bool:
        """Whether it gives anything another reference."""
        changes = (item.change for item in self.changes)
        return any(isinstance(item, JsonChange) and item.value is not REMOVED for item in changes)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it edits."""
        return tuple(dict.fromkeys(change.path for change in self.changes))


class Refusal(NamedTuple):
    """A finding that is left alone, and why: a clause without a full stop.

    `in_portal`: its source is not for editing by hand at all.
    """

    finding: Finding
    reason: str
    in_portal: bool = False


def plan_of(item: Reported, around: Round) -> FixPlan:
    """The fix of a finding. Raises CannotEdit with the reason against it."""
    return PLANNERS[item.rule.cure](item.finding, around.owner(item.finding), around)


def _refuse(reason: str) -> None:
    if reason:
        raise CannotEdit(reason)


# What a solution declares


def _once(finding: Finding, solution: Solution, around: Round) -> FixPlan:
    """Of equal declarations of one name, keep the first."""
    name = finding.subject.reference or ""
    _refuse(against_removing_repetitions(solution, solution.declarations(name.lower())))
    told = f"solution {solution.unique_name} declares {name} once"
    return FixPlan(finding, told, changes_of(finding.steps, around), safe=True)


def _remove(finding: Finding, solution: Solution, around: Round) -> FixPlan:
    """Remove references that nothing uses."""
    _refuse(against_editing(solution))
    _refuse("--keep-declarations keeps them" if around.keep_declarations else "")
    names = list(finding.subject.names)
    gone = listed_names([solution.declared()[name.lower()] for name in names])
    told = f"solution {solution.unique_name}: {gone} removed, which nothing here uses"
    return _without(names, "", FixPlan(finding, told, (), safe=False), solution, around)


def _merge(finding: Finding, solution: Solution, around: Round) -> FixPlan:
    """Move what uses surplus references to the one to keep, and remove those."""
    _refuse(against_editing(solution))
    members = [solution.declared()[name.lower()] for name in finding.subject.names]
    if len({(item.connector_id.lower(), item.custom_connector.lower()) for item in members}) > 1:
        raise CannotEdit("their connector ids differ, so they may not be one service")
    keep = (finding.subject.keep or "").lower()
    gone = {step.reference.lower() for step in finding.steps if step.do == "remove"}
    surplus = [item for item in members if item.key in gone or (not gone and item.key != keep)]
    using = around.of(users_of, solution, around.world)
    users = [user for item in surplus for user in using.get(item.key, ())]
    for user in users:
        for reason in (*user.obstacles(keep), against_editing(user.solution)):
            _refuse(f"{user.title()}: {reason}" if reason else "")
    _refuse(finding.decision)
    kept = solution.declared().get(keep)
    if kept is None:
        raise CannotEdit(f"{finding.subject.keep} is declared in another solution")
    names, shown = [item.logical_name for item in surplus], ", ".join(map(shown_reference, surplus))
    moved = f"{count(len(users), 'use')} moved to {shown_reference(kept)}"
    start = f"solution {solution.unique_name}: "
    if around.keep_declarations:
        _refuse(
            "" if users else f"--keep-declarations keeps {listed(names)}, and nothing in a flow uses them"
        )
        told = f"{start}{moved}. Still declared: {shown}"
        moves = changes_of((step for step in finding.steps if step.do == "move"), around)
        return FixPlan(finding, told, moves, safe=False, half=True)
    missed = around.of(missed_connectors, solution)
    is_used = not missed.isdisjoint((kept.connector, "")) or kept.key in using
    first = moved if users else f"{shown_reference(kept)} kept" if is_used else ""
    told = f"{start}{first}{'. ' if first else ''}Removed: {shown}"
    if not users and not is_used:
        is_next = around.unused and not around.world.is_excepted(around.unused, solution, kept)
        too = f"; then {shown_reference(kept)} too, as nothing uses it any more"
        told += too if is_next else f"; nothing here uses {shown_reference(kept)} either"
    return _without(names, kept.logical_name, FixPlan(finding, told, (), safe=False), solution, around)


def _without(names: list[str], keep: str, plan: FixPlan, solution: Solution, around: Round) -> FixPlan:
    """A plan that takes references out of a solution; `keep` is what stands in for them, if anything."""
    lost = around.of(lost_connectors, solution)
    for name in names:
        _refuse(against_removing_repetitions(solution, solution.declarations(name.lower())))
        connector = solution.declared()[name.lower()].connector
        if not lost.isdisjoint((connector, "")):
            raise CannotEdit(
                f"a flow has lost its reference for {connector} (CR502), which may have been {name}"
            )
        # Once these go through a reference, a later round asks again.
        for flow in solution.flows:
            if any(not entry.reference and entry.connector == connector for entry in flow.entries):
                title = solution.title(flow)
                raise CannotEdit(
                    f'flow "{title}" uses a connection for {connector} and no reference yet (CR101)'
                )
    if keep:
        _refuse_unbound([name.lower() for name in names], keep, plan, solution, around)
    changes = changes_of(plan.finding.steps, around)
    return plan._replace(changes=changes, removed=tuple(names))


def _is_copy(other: Solution, solution: Solution) -> bool:
    """Whether it is the same solution, here or in another folder."""
    return other.is_solution and other.unique_name.lower() == solution.unique_name.lower()


def _refuse_unbound(
    keys: Collection[str], keep: str, plan: FixPlan, solution: Solution, around: Round
) -> None:
    """Raise CannotEdit where deployment settings bind what goes, and not what stands in for it."""
    given = {step.path for step in plan.finding.steps if step.do == "rename" and not step.flow}
    declaring = around.world.survey().declaring
    alone = [key for key in keys if all(_is_copy(one, solution) for one in declaring.get(key, ()))]
    for path in dict.fromkeys(path for key in alone for path in around.binding.get(key, ())):
        bound = around.tree.made_of(path, bound_in)
        if keep.lower() not in bound and path not in given:
            gone = [bound[key] for key in alone if key in bound]
            raise CannotEdit(f"{path} binds {listed(gone)}, but not {keep}: bind that there first")


# Flows


def _use(finding: Finding, solution: Solution, around: Round) -> FixPlan:
    """Give a raw entry the reference that its advice names; nothing else of it changes."""
    flow, route = around.flows[finding.place.path], finding.place.at
    assert isinstance(route, tuple)
    entry = next(item for item in flow.called(route[-1]) if item.route == route)
    _refuse(against_referring(solution, flow, entry, around.world, chosen=True))
    around_it = solution.for_connector(entry.connector)
    candidates = [item for item in around_it if (solution.folder, item.key) not in around.removed]
    steps = [step for step in finding.steps if any(step.to.lower() == item.key for item in candidates)]
    if not steps:
        raise CannotEdit(finding.decision or "the reference to use is declared in another solution")
    service = shown_connector(entry.connector, solution)
    several = f", one of {len(candidates)} references for {service}" if candidates[1:] else ""
    to = listed_names([item for item in candidates if item.key == steps[0].to.lower()])
    told = f'flow "{solution.title(flow)}": {to} chosen in {actions_of(flow, entry)}{several}'
    return FixPlan(finding, told, changes_of(steps, around), safe=not several)


def _join(finding: Finding, solution: Solution, around: Round) -> FixPlan:
    """Point every operation at the first of several aliases for one reference; the other entries go."""
    flow = around.flows[finding.place.path]
    keep, *others = entries = flow.through((finding.subject.reference or "").lower())
    _refuse(against_merging(solution, flow, entries) or finding.decision)
    # The advice is also about aliases that go through this reference when all else is done.
    steps = [
        Step(do, flow=flow.path, alias=entry.alias, to=keep.alias)
        for entry in others
        for do in ("rename", "drop")
    ]
    gone = listed([f'"{entry.alias}"' for entry in others])
    told = f'what used {gone} now uses the alias "{keep.alias}" for {keep.reference}'
    return FixPlan(finding, f'flow "{solution.title(flow)}": {told}', changes_of(steps, around), safe=True)


# Deployment settings


def _bind(finding: Finding, solution: Solution, around: Round) -> FixPlan:
    """Add the entries that settings lack, where the tokens of the others tell what stands in them."""
    name, steps = finding.subject.reference or "", finding.steps
    if any(step.do == "remove" for step in steps):
        raise CannotEdit(f"{name} is to be removed (CR201, CR301 or CR504), and needs no entry then")
    _refuse("" if steps else "nothing tells in which file: 'crstandards settings' makes one")
    return _in_settings(finding, f"an entry for {name}", around)


def _unbind(finding: Finding, solution: Solution, around: Round) -> FixPlan:
    """Take out the entries for a reference that nothing declares."""
    name = finding.subject.reference or ""
    if any(name.lower() in one.declared() for one in around.world.solutions):
        raise CannotEdit("which of its entries is right only a person knows")
    return _in_settings(finding, f"no entry for {name}", around)


def _in_settings(finding: Finding, what: str, around: Round) -> FixPlan:
    """A fix of settings; where an entry is taken from one reference and given to another, it needs a word."""
    steps = finding.steps
    paths = list(dict.fromkeys(step.path for step in steps))
    is_certain = all(step.do != "rename" for step in steps)
    return FixPlan(finding, f"{listed(paths)}: {what}", changes_of(steps, around), safe=is_certain)


PLANNERS: Final[Mapping[str, Callable[[Finding, Solution, Round], FixPlan]]] = {
    "merge": _merge,
    "remove": _remove,
    "repetition": _once,
    "use": _use,
    "aliases": _join,
    "bind": _bind,
    "unbind": _unbind,
}
"""The cures that rules name (`Rule.cure`), in the order in which their findings have their turns: fewer
declarations make a raw entry's choice plain.
"""
