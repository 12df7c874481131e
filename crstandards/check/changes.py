"""What a change does to connections: two trees compared by what their flows go through.

Nothing here is right or wrong; it is what a reviewer of data policies asks about a change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from crstandards.environments import World
from crstandards.model import Flow, Solution
from crstandards.reported import Changes, FlowChange, FlowKind, Rebound, Used
from crstandards.rules.wording import shown_connector, shown_reference

Key = tuple[str, str]


def changes_between(before: World, after: World, concerns: Callable[[str], bool]) -> Changes:
    """What is new, gone or other in a tree than in the one before it.

    `concerns`, asked with a solution's unique name, says whose flows are told of. What one of the trees
    holds and nobody can read is neither new nor gone.
    """
    old, new = _Side(before), _Side(after)
    unknown = old.unknown | new.unknown
    references = [side.references(unknown) for side in (old, new)]
    connectors = [side.connectors() for side in (old, new)]
    flows = (
        change
        for key in sorted({**old.flows, **new.flows})
        if (change := _flow_change(key, old, new)) and concerns(change.solution)
    )
    changes = Changes(
        flows=tuple(sorted(flows, key=lambda change: (change.path, change.name))),
        added_references=_only(references[1], references[0]),
        removed_references=_only(references[0], references[1]),
        added_connectors=tuple(sorted(connectors[1] - connectors[0])),
        removed_connectors=() if new.unread else tuple(sorted(connectors[0] - connectors[1])),
        rebound=tuple(_rebound(before, after)),
    )
    return changes._replace(shown=_shown(changes, [*new.solutions, *old.solutions]))


def _shown(changes: Changes, solutions: Sequence[Solution]) -> dict[str, str]:
    """What the portal calls the references and connectors of changes."""
    of_flows = (used for flow in changes.flows for used in (*flow.added, *flow.removed))
    used = (*changes.added_references, *changes.removed_references, *of_flows)
    connectors = {*changes.added_connectors, *changes.removed_connectors, *(item.connector for item in used)}
    names = {
        *(item.reference.lower() for item in used),
        *(item.reference.lower() for item in changes.rebound),
    }
    declared = (each for one in reversed(solutions) for each in one.declared().values())
    references = {each.key: shown_reference(each) for each in declared if each.key in names}
    return references | {each: shown_connector(each, *solutions) for each in connectors - {""}}


class _Side:
    """A tree's flows by solution and GUID. Of copies of a solution, the one counts that speaks for all."""

    def __init__(self, world: World) -> None:
        loose = [solution for solution in world.solutions if not solution.is_solution]
        self.solutions = [*world.representatives, *loose]
        self.flows: Mapping[Key, tuple[Solution, Flow]] = {
            (solution.base_name, flow.guid or flow.path): (solution, flow)
            for solution in reversed(self.solutions)
            for flow in solution.flows
        }
        self.unread = {item.place.path for solution in self.solutions for item in solution.unreadable}
        self.unknown = {item.base_name for item in self.solutions if not item.references_known}

    def references(self, unknown: set[str]) -> dict[str, Used]:
        """The declared references by key, but for solutions of which it is not known what they declare."""
        return {
            key: Used(reference.logical_name, reference.connector)
            for solution in self.solutions
            if solution.base_name not in unknown
            for key, reference in solution.declared().items()
        }

    def connectors(self) -> set[str]:
        """Every connector that a reference, a flow, an app or an agent names."""
        found: set[str] = set()
        for solution in self.solutions:
            found.update(reference.connector for reference in solution.references)
            found.update(use.connector for use in solution.uses)
            found.update(entry.connector for flow in solution.flows for entry in flow.entries)
        return found - {""}


def _flow_change(key: Key, old: _Side, new: _Side) -> FlowChange | None:
    before, after = old.flows.get(key), new.flows.get(key)
    known = after or before
    if known is None or (after is None and known[1].path in new.unread):
        return None
    if before is None and known[1].path in old.unread:
        return None
    was, now = (_used(side[1]) if side else {} for side in (before, after))
    added, removed = _only(now, was), _only(was, now)
    if before and after and not added and not removed:
        return None
    solution, flow = known
    change: FlowKind = "removed" if after is None else "added" if before is None else "changed"
    return FlowChange(flow.path, solution.title(flow), solution.unique_name, change, added, removed)


def _used(flow: Flow) -> dict[str, Used]:
    used = (Used(entry.reference or "", entry.connector) for entry in flow.entries)
    return {str(item).lower(): item for item in used}


def _only(one: Mapping[str, Used], other: Mapping[str, Used]) -> tuple[Used, ...]:
    return tuple(one[key] for key in sorted(one.keys() - other.keys()))


def _rebound(before: World, after: World) -> Iterator[Rebound]:
    earlier = {environment.name: environment for environment in before.environments}
    for environment in after.environments:
        known = earlier[environment.name].entries if environment.name in earlier else {}
        for key, entries in sorted(environment.entries.items()):
            was, now = (
                ", ".join(sorted({entry.connection for _, entry in found}))
                for found in (known.get(key, ()), entries)
            )
            if key in known and was != now:
                yield Rebound(entries[0][1].name, environment.name, was, now)
