"""The check of one tree after another: asked again is only what a commit can have changed.

The words of a finding may be those of an earlier commit; which findings there are is always right.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from crstandards.check.session import severity_under
from crstandards.check.world import build_world
from crstandards.findings import Finding, Rule
from crstandards.git import Change
from crstandards.history.states import Files, State, Step
from crstandards.history.territory import Patch, Rewritten, Territory, patched, read_territory
from crstandards.inventory.environments import EnvironmentFiles
from crstandards.model import Flow, Solution, World
from crstandards.policy.configuration import Config, severity_of
from crstandards.policy.patterns import path_matches
from crstandards.snapshot import Snapshot
from crstandards.source.facts import Facts
from crstandards.source.repository import own_endpoint

Key = tuple[str, str]
"""A solution among those of a tree: its folder and layout."""

Unit = tuple[str, str, str]
"""A rule's id with the solution that findings are about, or with two empty texts: between solutions."""

_OF_FLOWS_AND_USES = (
    "flows",
    "missing_flows",
    "left_over",
    "own_connectors",
    "uses",
    "flow_names",
    "mentions",
)


class Verdict(NamedTuple):
    """What is found in one tree, with what the next verdict can be built on."""

    state: State
    territories: Mapping[str, Territory]
    solutions: Mapping[Key, Solution]
    connectors: frozenset[str]
    world: World
    in_force: tuple[bool, ...]
    findings: Mapping[Unit, tuple[Finding, ...]]


class _Difference(NamedTuple):
    """What may give other findings than before: solutions, and for some the flows that alone differ."""

    solutions: frozenset[Key]
    flows: Mapping[Key, Rewritten]
    declares: bool
    uses: bool
    settings: bool


class Judge:
    """Judges trees under one configuration, with the rules that can be followed from tree to tree."""

    def __init__(self, snapshot: Snapshot, config: Config, rules: Iterable[Rule], facts: Facts) -> None:
        self._snapshot = snapshot
        self._facts = facts
        self.config = config
        names = [environment.name for environment in config.environments]
        self._rules = [
            rule
            for rule in rules
            if rule.is_followed
            and not all(
                severity_of(rule.id, rule.severity, config, given) == "off" for given in ((), *zip(names))
            )
        ]

    def judge(
        self, step: Step, day: date, like: Verdict | None = None, others: Sequence[Verdict] = ()
    ) -> Verdict:
        """The verdict on a tree as of a day.

        `like` is that on the tree which the step led away from, `others` are those on similar trees.
        """
        in_force = tuple(entry.expires is None or day <= entry.expires for entry in self.config.exceptions)
        territories, patches = self._territories(step, like, others)
        connectors = frozenset().union(*(territory.connectors for territory in territories.values()))
        solutions = _solutions(territories, connectors, like)
        difference = _difference(solutions, patches, step.state, like, bool(self.config.environments))
        anew = like is None or in_force != like.in_force
        world = (
            self._world(solutions, step.state.settings, day)
            if like is None or anew or difference.declares or difference.uses or difference.settings
            else like.world
        )
        before = {} if like is None else like.findings
        findings = dict(before)
        for rule in self._rules:
            again = anew or _concerns(rule, difference)
            if rule.per_solution:
                for key in solutions.keys() | difference.solutions if again else difference.solutions:
                    unit = (rule.id, *key)
                    only = None if again else difference.flows.get(key)
                    found = self._about(rule, solutions.get(key), world, before.get(unit, ()), only)
                    _put(findings, unit, found)
            if rule.overall and again:
                _put(findings, (rule.id, "", ""), self._kept(rule, rule.overall(world)))
        return Verdict(step.state, territories, solutions, connectors, world, in_force, findings)

    def _territories(
        self, step: Step, like: Verdict | None, others: Sequence[Verdict]
    ) -> tuple[dict[str, Territory], dict[str, Patch]]:
        territories: dict[str, Territory] = {}
        patches: dict[str, Patch] = {}
        known = [verdict.territories for verdict in ((like,) if like else ()) + tuple(others)]
        for home, files in step.state.homes.items():
            old = known[0].get(home) if known else None
            if old and old.files is files:
                territories[home] = old
                continue
            changes: Sequence[Change] = (step.changes or {}).get(home, ())
            patch = patched(old, files, changes, self._snapshot, self._facts) if old and changes else None
            if patch:
                patches[home] = patch
                territories[home] = patch.territory
                continue
            same = (there[home] for there in known if home in there and there[home].files == files)
            territories[home] = next(same, None) or read_territory(
                files, self._snapshot, self._facts, self._is_vendored
            )
        return territories, patches

    def _world(self, solutions: Mapping[Key, Solution], settings: Files, day: date) -> World:
        """What rules look at. Inventories, which can be very large, only whole checks read."""
        world = build_world(_in_order(solutions), self.config, day)
        if not self.config.environments:
            return world
        return EnvironmentFiles(self._snapshot, settings, self.config, self._facts).attach(world)

    def _is_vendored(self, path: str) -> bool:
        return any(path_matches(pattern, path) for pattern in self.config.source.vendored)

    def _about(
        self,
        rule: Rule,
        solution: Solution | None,
        world: World,
        before: tuple[Finding, ...],
        only: Rewritten | None,
    ) -> tuple[Finding, ...]:
        """A rule's findings about a solution; `only` some flows of it differ, if that is known."""
        if solution is None or solution.vendored or rule.per_solution is None:
            return ()
        how = rule.by_flow
        if only is not None and not how:
            return before
        if only is not None:
            found = self._kept(rule, rule.per_solution(solution._replace(flows=only.after), world))
            if how == "each":
                if before:
                    paths = {flow.path for flow in only.after}
                    found = (*(item for item in before if item.place.path not in paths), *found)
                return before if found == before else found
            if not found and not before:
                return ()
        found = self._kept(rule, rule.per_solution(solution, world))
        return before if found == before else found

    def _kept(self, rule: Rule, found: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(item for item in found if severity_under(self.config, rule, item) != "off")


def _concerns(rule: Rule, difference: _Difference) -> bool:
    """Whether a difference may change a rule's findings about solutions that are the same as before."""
    sees = rule.sees
    return sees != "own" and (
        difference.declares
        or (sees == "used" and difference.uses)
        or (sees == "settings" and difference.settings)
    )


def _put(findings: dict[Unit, tuple[Finding, ...]], unit: Unit, found: tuple[Finding, ...]) -> None:
    if found:
        findings[unit] = found
    else:
        findings.pop(unit, None)


def _solutions(
    territories: Mapping[str, Territory], connectors: frozenset[str], like: Verdict | None
) -> dict[Key, Solution]:
    """All solutions; those that are as before are the same objects."""
    if like is not None and connectors == like.connectors:
        found = dict(like.solutions)
        changed = [
            home
            for home in territories.keys() | like.territories.keys()
            if territories.get(home) is not like.territories.get(home)
        ]
        for home in changed:
            for solution in like.territories[home].solutions if home in like.territories else ():
                del found[_key(solution)]
        added = [territories[home] for home in changed if home in territories]
    else:
        found, added = {}, list(territories.values())
    for territory in added:
        for solution in territory.solutions:
            mine = own_endpoint(solution, connectors)
            key = _key(solution)
            found[key] = solution if mine == solution.own_endpoint else solution._replace(own_endpoint=mine)
    return found


def _key(solution: Solution) -> Key:
    return solution.folder, solution.layout


def _in_order(solutions: Mapping[Key, Solution]) -> tuple[Solution, ...]:
    return tuple(sorted(solutions.values(), key=lambda solution: solution.folder))


def _difference(
    solutions: Mapping[Key, Solution],
    patches: Mapping[str, Patch],
    state: State,
    like: Verdict | None,
    has_environments: bool,
) -> _Difference:
    before = {} if like is None else like.solutions
    changed = frozenset(
        key for key in solutions.keys() | before.keys() if solutions.get(key) is not before.get(key)
    )
    flows = {
        _key(patch.territory.solutions[owner]): rewritten
        for patch in patches.values()
        for owner, rewritten in patch.flows.items()
    }
    declares = uses = False
    for key in changed:
        old, new = before.get(key), solutions.get(key)
        rewritten = flows.get(key)
        if not rewritten:
            declares = declares or declared(old) != declared(new)
        # Who uses what matters between solutions only where they meet in an environment.
        if has_environments and not uses:
            uses = (
                _names(rewritten.before) != _names(rewritten.after)
                if rewritten
                else names_used(old) != names_used(new)
            )
    settings = like is not None and state.settings != like.state.settings
    return _Difference(changed, flows, declares, uses, settings)


def declared(solution: Solution | None) -> object:
    """All that solutions see of one another, apart from what each uses."""
    if solution is None:
        return None
    return [
        bool(value) if name == "unreadable" else value
        for name, value in zip(solution._fields, solution, strict=True)
        if name not in _OF_FLOWS_AND_USES
    ]


def _names(flows: Iterable[Flow]) -> set[str]:
    """The names that flows use."""
    return {entry.key for flow in flows for entry in flow.entries if entry.key}


def names_used(solution: Solution | None) -> set[str]:
    """The names of references that a solution uses."""
    if solution is None:
        return set()
    return _names(solution.flows) | {use.key for use in solution.uses}
