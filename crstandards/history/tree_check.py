"""The check of one tree after another: of each, only what the changes before it can have touched.

The words of a finding may be those of an earlier commit; which findings there are is always right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

from crstandards.check.session import Session, everything
from crstandards.environments import World
from crstandards.findings import Finding, Rule
from crstandards.history.files import Interest, TreeFiles
from crstandards.model import Flow, Solution
from crstandards.policy.configuration import Config
from crstandards.snapshot import Snapshot
from crstandards.source.facts import Facts, Reading
from crstandards.source.join import read_flows
from crstandards.source.layout import Candidate

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T", bound="Solution | Candidate")

Home = str | None
"""A home of solutions (see `names.home`) that findings are about; None: what lies between solutions."""

# What solutions see of one another only where they meet in an environment (who uses what), or what follows
# from the connectors of the tree.
_NOT_DECLARED = (
    *("flows", "missing_flows", "left_over", "own_connectors", "custom_connectors", "uses", "flow_names"),
    *("mentions", "own_endpoint"),
)


class TreeCheck(NamedTuple):
    """What is found in one tree, with what the check of the next one can be built on.

    `solutions`, and those candidates that hold custom `connectors`, are by home. `in_force` says of each
    exception of the configuration whether it counts that day. `changed` are the homes whose findings are
    others than in the tree before.
    """

    files: TreeFiles
    solutions: Mapping[str, tuple[Solution, ...]]
    connectors: Mapping[str, tuple[Candidate, ...]]
    world: World | None
    in_force: tuple[bool, ...]
    findings: Mapping[Home, tuple[Finding, ...]]
    changed: Collection[Home]


_NOTHING = TreeCheck(TreeFiles(), {}, {}, None, (), {}, ())


class _Rewritten(NamedTuple):
    """A solution of which only some flows do something else, and these flows."""

    solution: Solution
    flows: tuple[Flow, ...]


class TreeChecker:
    """Checks trees under one configuration, by the rules that can be followed from tree to tree."""

    def __init__(self, snapshot: Snapshot, config: Config, rules: Iterable[Rule], facts: Facts) -> None:
        self._snapshot = snapshot
        self._facts = facts
        self._rules = [rule for rule in rules if rule.is_followed]
        in_flow = [rule for rule in self._rules if rule.in_flow]
        self._in_flow = {rule.id for rule in in_flow}
        self._for_flows = Session(snapshot, config, in_flow, date.min, facts=facts, files=())
        self.config = config
        self.interest = Interest.of(config)

    def check(self, files: TreeFiles, day: date, before: TreeCheck = _NOTHING) -> TreeCheck:
        """Check a tree as of a day, on top of the check of the tree before."""
        touched: Collection[str] = files.touched
        rewritten = {home: it for home in touched if (it := self._rewritten(home, files, before))}
        anew = [home for home in touched if home not in rewritten]
        session = self._session(files, anew, day)
        connectors = [item.declaring() for item in session.candidates if item.connectors]
        read = {home: (it.solution,) for home, it in rewritten.items()} | _by_home(session.solutions, files)
        now = before._replace(
            files=files,
            solutions=_with(before.solutions, touched, read),
            connectors=_with(before.connectors, anew, _by_home(connectors, files)),
            in_force=tuple(entry.expires is None or day <= entry.expires for entry in self.config.exceptions),
        )
        reaches_others = before.world is None or self._reaches_others(before, now, anew)
        if reaches_others and before.world:
            touched, rewritten = files.homes.keys() | before.files.homes.keys(), {}
            session = self._session(files, touched, day)
        if reaches_others:
            now = now._replace(world=session.world, solutions=_by_home(session.solutions, files))
        found: dict[Home, tuple[Finding, ...]] = {
            home: self._of_flows(rewritten[home], now.world, before.findings.get(home, ()))
            if home in rewritten
            else tuple(session.findings(everything, now.world, now.solutions.get(home, ()), between=False))
            for home in sorted(touched)
        }
        if reaches_others:
            found[None] = tuple(session.findings(everything, now.world, ()))
        return now._replace(
            findings=_with(
                before.findings, found, {home: listed for home, listed in found.items() if listed}
            ),
            changed=dict.fromkeys(home for home in found if found[home] != before.findings.get(home, ())),
        )

    def _rewritten(self, home: str, files: TreeFiles, before: TreeCheck) -> _Rewritten | None:
        """The one solution of a home, where nothing differs but what flows do in themselves."""
        solutions = before.solutions.get(home, ())
        held, listed = before.files.homes.get(home, {}), files.homes.get(home, {})
        if len(solutions) != 1 or solutions[0].unreadable or held.keys() != listed.keys():
            return None
        known = {flow.path: flow for flow in solutions[0].flows}
        # A file that no commit changes is the very same record.
        changed = tuple(file for path, file in listed.items() if held[path] is not file)
        reading = Reading(self._snapshot, self._facts)
        if not all(file.path in known for file in changed):
            return None
        candidate = Candidate(solutions[0].folder, solutions[0].layout, flows=changed)
        read = {flow.path: flow for flow in read_flows(reading, candidate, lambda path: known[path].guid)}
        flows = {**known, **read}
        if reading.unreadable or len(read) < len(changed):
            return None
        same = _used(known[path] for path in read) == _used(read.values())
        if not same and _used(known.values()) != _used(flows.values()):
            return None
        return _Rewritten(solutions[0]._replace(flows=tuple(flows.values())), tuple(read.values()))

    def _of_flows(
        self, rewritten: _Rewritten, world: World | None, before: tuple[Finding, ...]
    ) -> tuple[Finding, ...]:
        """The findings of a solution by those before it and by the flows that differ, in the usual order."""
        only = rewritten.solution._replace(flows=rewritten.flows)
        paths = {flow.path for flow in rewritten.flows}
        gone = [item for item in before if item.rule in self._in_flow and item.place.path in paths]
        new = self._for_flows.findings(everything, world, (only,), between=False)
        if new == gone:
            return before
        kept = (item for item in before if item.rule not in self._in_flow or item.place.path not in paths)
        return tuple(sorted((*kept, *new), key=self._position))

    def _position(self, finding: Finding) -> tuple[str, str]:
        return finding.rule, finding.place.path if finding.rule in self._in_flow else ""

    def _session(self, files: TreeFiles, homes: Iterable[str], day: date) -> Session:
        listed = {path: file for home in homes for path, file in files.homes.get(home, {}).items()}
        return Session(
            self._snapshot,
            self.config,
            self._rules,
            day,
            facts=self._facts,
            files=[*{**listed, **files.settings}.values()],
        )

    def _reaches_others(self, before: TreeCheck, now: TreeCheck, homes: Iterable[str]) -> bool:
        """Whether solutions that are not touched may have other findings than before."""
        meet = bool(self.config.environments)

        def seen(check: TreeCheck, home: str) -> object:
            return [seen_by_others(item, meet) for item in check.solutions.get(home, ())]

        return (
            now.in_force != before.in_force
            or now.connectors != before.connectors
            or now.files.settings != before.files.settings
            or any(seen(before, home) != seen(now, home) for home in homes)
        )


def _by_home(items: Iterable[T], files: TreeFiles) -> dict[str, tuple[T, ...]]:
    found: dict[str, tuple[T, ...]] = {}
    for item in items:
        home = files.home(item.folder)
        found[home] = (*found.get(home, ()), item)
    return found


def _with(held: Mapping[K, V], homes: Iterable[K], now: Mapping[K, V]) -> dict[K, V]:
    """What is held, but of some homes what is now, be that nothing."""
    # Copied once: there may be thousands, and a commit touches few.
    found = {**held, **now}
    for home in homes:
        if home not in now:
            found.pop(home, None)
    return found


def _used(flows: Iterable[Flow]) -> set[tuple[str, str]]:
    """All that rules which are not `in_flow` see of what flows do."""
    return {(entry.key, entry.connector) for flow in flows for entry in flow.entries if entry.key}


def seen_by_others(solution: Solution, meet: bool) -> object:
    """All that solutions see of one another; where they `meet` in an environment also the names in use."""
    declared = [
        bool(value) if name == "unreadable" else value
        for name, value in zip(solution._fields, solution, strict=True)
        if name not in _NOT_DECLARED
    ]
    entries = (entry for flow in solution.flows for entry in flow.entries) if meet else ()
    return declared, {item.key for item in (*entries, *(solution.uses if meet else ()))} - {""}
