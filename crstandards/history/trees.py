"""The check of one tree after another: of each, only what the changes before it can have touched.

The words of a finding may be those of an earlier commit; which findings there are is always right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

from crstandards.check.session import Session, everything
from crstandards.findings import Finding, Rule
from crstandards.history.files import Touched, TreeFiles
from crstandards.model import Flow, Solution, Use, World
from crstandards.policy.configuration import Config
from crstandards.snapshot import File, Snapshot
from crstandards.source.connector import read_endpoints
from crstandards.source.facts import Facts, Reading
from crstandards.source.flow import FlowFacts
from crstandards.source.join import FLOW, join_flow, whole_flows
from crstandards.source.repository import own_endpoint

K = TypeVar("K")
V = TypeVar("V")

Unit = tuple[str, str | None]
"""A rule's id with the home of the solutions that findings are about (None: what lies between solutions)."""

# What solutions see of one another only where they meet in an environment: who uses what.
_USE = ("flows", "missing_flows", "left_over", "own_connectors", "uses", "flow_names", "mentions")


class TreeCheck(NamedTuple):
    """What is found in one tree, with what the check of the next one can be built on.

    `solutions`, and `endpoints`, the ids of custom connectors whose connections carry one, are by home.
    `in_force` says of each exception of the configuration whether it counts that day. `changed` are the
    units whose findings are others than in the tree before.
    """

    files: TreeFiles
    solutions: Mapping[str, tuple[Solution, ...]]
    endpoints: Mapping[str, frozenset[str]]
    world: World | None
    in_force: tuple[bool, ...]
    findings: Mapping[Unit, tuple[Finding, ...]]
    changed: Collection[Unit]


_NOTHING = TreeCheck(TreeFiles(), {}, {}, None, (), {}, ())


class _Rewritten(NamedTuple):
    """A solution of which nothing has changed but what some flows say, and those before and after."""

    solution: Solution
    before: tuple[Flow, ...]
    after: tuple[Flow, ...]


class TreeChecker:
    """Checks trees under one configuration, by the rules that can be followed from tree to tree."""

    def __init__(self, snapshot: Snapshot, config: Config, rules: Iterable[Rule], facts: Facts) -> None:
        self._snapshot = snapshot
        self._facts = facts
        self._rules = [rule for rule in rules if rule.is_followed]
        self.config = config

    def check(
        self, files: TreeFiles, day: date, before: TreeCheck | None = None, touched: Touched | None = None
    ) -> TreeCheck:
        """Check a tree as of a day: all of it, or what is touched since the tree before."""
        if before is None or touched is None:
            before, touched = _NOTHING, dict.fromkeys(files.homes, ())
        rewritten = self._rewritten(before, touched)
        homes = sorted(touched)
        anew = [home for home in homes if home not in rewritten]
        listed = {path: file for home in anew for path, file in files.homes.get(home, {}).items()}
        session = Session(
            self._snapshot,
            self.config,
            self._rules,
            day,
            facts=self._facts,
            files=[*{**listed, **files.settings}.values()],
        )
        read = {home: (item.solution,) for home, item in rewritten.items()} | _by_home(session.read(), files)
        now = TreeCheck(
            files,
            _with(before.solutions, homes, read),
            _with(before.endpoints, anew, self._endpoints(session, files)),
            before.world,
            tuple(entry.expires is None or day <= entry.expires for entry in self.config.exceptions),
            before.findings,
            (),
        )
        now = _settled(now, before, read)
        if not self._reaches_others(before, now, anew, rewritten.values()):
            return self._found(now, session, homes, rewritten)
        ordered = sorted(_all(now.solutions), key=lambda solution: solution.folder)
        now = now._replace(world=session.world_of(tuple(ordered)))
        return self._found(now, session, sorted({*now.solutions, *homes, None}, key=str), {})

    def _rewritten(self, before: TreeCheck, touched: Touched) -> dict[str, _Rewritten]:
        """The homes of one sound solution in which only some flows say something else, by home."""
        found: dict[str, _Rewritten] = {}
        for home, changed in touched.items():
            solutions = before.solutions.get(home, ())
            if changed and len(solutions) == 1 and not solutions[0].unreadable:
                rewritten = self._rewrite(solutions[0], changed)
                if rewritten:
                    found[home] = rewritten
        return found

    def _rewrite(self, solution: Solution, changed: Sequence[File]) -> _Rewritten | None:
        places = {flow.path: place for place, flow in enumerate(solution.flows)}
        read = self._facts.read(self._snapshot, changed, FLOW)
        whole = whole_flows(self._snapshot, self._facts)
        flows, old, new = list(solution.flows), [], []
        for file in changed:
            facts = read[file.path]
            if file.path not in places or not isinstance(facts, FlowFacts) or facts.repeated:
                return None
            was = flows[places[file.path]]
            old.append(was)
            new.append(join_flow(file, facts, whole, was.guid))
            flows[places[file.path]] = new[-1]
        return _Rewritten(solution._replace(flows=tuple(flows)), tuple(old), tuple(new))

    def _endpoints(self, session: Session, files: TreeFiles) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for candidate in session.candidates:
            if candidate.connectors:
                home = files.home(candidate.folder)
                endpoints = read_endpoints(Reading(self._snapshot, self._facts), candidate)
                found[home] = found.get(home, frozenset()) | endpoints
        return found

    def _reaches_others(
        self, before: TreeCheck, now: TreeCheck, anew: Iterable[str], rewritten: Iterable[_Rewritten]
    ) -> bool:
        """Whether solutions that are not touched may have other findings than before."""
        meet = bool(self.config.environments)

        def seen(check: TreeCheck, home: str) -> object:
            return [
                (declared(item), names_used(item.flows, item.uses) if meet else ())
                for item in check.solutions.get(home, ())
            ]

        return (
            before is _NOTHING
            or now.in_force != before.in_force
            or _connectors(now) != _connectors(before)
            or now.files.settings != before.files.settings
            or any(seen(before, home) != seen(now, home) for home in anew)
            or (meet and any(names_used(item.before) != names_used(item.after) for item in rewritten))
        )

    def _found(
        self,
        check: TreeCheck,
        session: Session,
        homes: Iterable[str | None],
        rewritten: Mapping[str, _Rewritten],
    ) -> TreeCheck:
        """The check with the findings of some homes."""
        assert check.world
        findings = dict(check.findings)
        changed: set[Unit] = set()
        for home in homes:
            if home is None:
                found = _by_rule(session.findings(everything, check.world, ()))
            elif home in rewritten:
                found = self._of_flows(session, check.world, home, rewritten[home], findings)
            else:
                near = check.solutions.get(home, ())
                found = _by_rule(session.findings(everything, check.world, near, between=False))
            for rule in self._rules:
                unit = rule.id, home
                if found.get(rule.id, ()) != findings.get(unit, ()):
                    changed.add(unit)
                    if rule.id in found:
                        findings[unit] = found[rule.id]
                    else:
                        del findings[unit]
        return check._replace(findings=findings, changed=changed)

    def _of_flows(
        self,
        session: Session,
        world: World,
        home: str,
        rewritten: _Rewritten,
        before: Mapping[Unit, tuple[Finding, ...]],
    ) -> dict[str, tuple[Finding, ...]]:
        """The findings of a solution of which only some flows are others, from those flows (see `Rule`)."""
        only = rewritten.solution._replace(flows=rewritten.after)
        found = _by_rule(session.findings(everything, world, (only,), between=False))
        paths = {flow.path for flow in rewritten.after}
        for rule in self._rules:
            known = before.get((rule.id, home), ())
            if rule.by_flow == "any" and (known or rule.id in found):
                near = (rewritten.solution,)
                return _by_rule(session.findings(everything, world, near, between=False))
            new = found.pop(rule.id, ())
            if rule.by_flow:
                known = (*(item for item in known if item.place.path not in paths), *new)
            if known:
                found[rule.id] = known
        return found


def _all(solutions: Mapping[str, tuple[Solution, ...]]) -> Iterable[Solution]:
    return (solution for found in solutions.values() for solution in found)


def _by_home(solutions: Iterable[Solution], files: TreeFiles) -> dict[str, tuple[Solution, ...]]:
    return _grouped((files.home(solution.folder), solution) for solution in solutions)


def _by_rule(findings: Iterable[Finding]) -> dict[str, tuple[Finding, ...]]:
    return _grouped((finding.rule, finding) for finding in findings)


def _grouped(items: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    found: dict[K, list[V]] = {}
    for key, item in items:
        found.setdefault(key, []).append(item)
    return {key: tuple(listed) for key, listed in found.items()}


def _with(held: Mapping[K, V], keys: Iterable[K], now: Mapping[K, V]) -> dict[K, V]:
    """What is held, but of some keys what is now, be that nothing."""
    found = dict(held)
    for key in keys:
        found.pop(key, None)
        if key in now:
            found[key] = now[key]
    return found


def _settled(now: TreeCheck, before: TreeCheck, read: Iterable[str]) -> TreeCheck:
    """The check with solutions that know which custom connectors of all the tree have an endpoint."""
    connectors = _connectors(now)
    homes = read if connectors == _connectors(before) else now.solutions
    settled = {
        home: tuple(
            solution._replace(own_endpoint=own_endpoint(solution, connectors))
            for solution in now.solutions[home]
        )
        for home in homes
    }
    return now._replace(solutions={**now.solutions, **settled})


def _connectors(check: TreeCheck) -> frozenset[str]:
    return frozenset[str]().union(*check.endpoints.values())


def declared(solution: Solution) -> object:
    """All that solutions see of one another, apart from what each uses."""
    return [
        bool(value) if name == "unreadable" else value
        for name, value in zip(solution._fields, solution, strict=True)
        if name not in _USE
    ]


def names_used(flows: Iterable[Flow], uses: Iterable[Use] = ()) -> set[str]:
    """The names of references that flows, and what else uses some, name."""
    return {entry.key for flow in flows for entry in flow.entries if entry.key} | {use.key for use in uses}
