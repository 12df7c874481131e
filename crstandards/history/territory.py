"""The solutions of one home (see `layout.home`), joined anew only as far as a change reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from crstandards.git import Change
from crstandards.history.states import Files
from crstandards.model import Flow, Solution
from crstandards.snapshot import Snapshot
from crstandards.source.connector import read_endpoints
from crstandards.source.facts import Facts
from crstandards.source.flow import FlowFacts
from crstandards.source.join import FLOW, join_flow, whole_flows
from crstandards.source.layout import find_candidates
from crstandards.source.repository import read_solutions

_FILE_MODES = ("100644", "100755")


class Territory(NamedTuple):
    """A home's files and solutions.

    `connectors` holds the ids of custom connectors here whose connections carry an endpoint;
    `positions` tells, once it has been asked for, where in `solutions` each flow stands.
    """

    files: Files
    solutions: tuple[Solution, ...]
    connectors: frozenset[str]
    positions: dict[str, tuple[int, int]]


class Rewritten(NamedTuple):
    """Flows of one solution before and after their contents changed."""

    before: tuple[Flow, ...]
    after: tuple[Flow, ...]


class Patch(NamedTuple):
    """A territory in which nothing has changed but the contents of some flows, by the solution's place."""

    territory: Territory
    flows: Mapping[int, Rewritten]


def read_territory(
    files: Files, snapshot: Snapshot, facts: Facts, is_vendored: Callable[[str], bool]
) -> Territory:
    """Read all of a home."""
    candidates = find_candidates(files.values())
    connectors = frozenset[str]()
    for candidate in candidates:
        if candidate.connectors:
            connectors |= read_endpoints(snapshot, candidate, facts).connectors
    return Territory(files, read_solutions(snapshot, candidates, facts, is_vendored), connectors, {})


def patched(
    old: Territory, files: Files, changes: Sequence[Change], snapshot: Snapshot, facts: Facts
) -> Patch | None:
    """The territory after changes, if these only change what flows say; None where more may change."""
    if any(change.old_mode not in _FILE_MODES or change.new_mode not in _FILE_MODES for change in changes):
        return None
    positions = _positions(old)
    if any(change.path not in positions for change in changes):
        return None
    read = facts.read(snapshot, [files[change.path] for change in changes], FLOW)
    whole = whole_flows(snapshot, facts)
    flows: dict[int, dict[int, Flow]] = {}
    for change in changes:
        found = read[change.path]
        if not isinstance(found, FlowFacts) or found.repeated:
            return None
        owner, place = positions[change.path]
        guid = old.solutions[owner].flows[place].guid
        flows.setdefault(owner, {})[place] = join_flow(files[change.path], found, whole, guid)
    solutions = list(old.solutions)
    rewritten: dict[int, Rewritten] = {}
    for owner, replaced in flows.items():
        listed = list(solutions[owner].flows)
        rewritten[owner] = Rewritten(tuple(listed[place] for place in replaced), tuple(replaced.values()))
        for place, flow in replaced.items():
            listed[place] = flow
        solutions[owner] = solutions[owner]._replace(flows=tuple(listed))
    return Patch(Territory(files, tuple(solutions), old.connectors, positions), rewritten)


def _positions(territory: Territory) -> dict[str, tuple[int, int]]:
    """Where each flow stands that is one solution's alone and was read without a complaint."""
    positions = territory.positions
    if not positions:
        doubtful = {item.place.path for solution in territory.solutions for item in solution.unreadable}
        for owner, solution in enumerate(territory.solutions):
            for place, flow in enumerate(solution.flows):
                if flow.path in positions:
                    doubtful.add(flow.path)
                positions[flow.path] = (owner, place)
        for path in doubtful:
            positions.pop(path, None)
    return positions
