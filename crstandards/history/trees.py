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
from crstandards.model import Solution
from crstandards.policy.configuration import Config
from crstandards.snapshot import Snapshot
from crstandards.source.facts import Facts
from crstandards.source.layout import Candidate

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T", bound="Solution | Candidate")

Home = str | None
"""A home of solutions (see `names.home`) that findings are about; None: what lies between solutions."""

# What solutions see of one another only where they meet in an environment (who uses what), or what follows
# from the connectors of the tree.
_NOT_DECLARED = (
    *("flows", "missing_flows", "left_over", "own_connectors", "uses", "flow_names", "mentions"),
    "own_endpoint",
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


class TreeChecker:
    """Checks trees under one configuration, by the rules that can be followed from tree to tree."""

    def __init__(self, snapshot: Snapshot, config: Config, rules: Iterable[Rule], facts: Facts) -> None:
        self._snapshot = snapshot
        self._facts = facts
        self._rules = [rule for rule in rules if rule.is_followed]
        self.config = config
        self.interest = Interest.of(config)

    def check(self, files: TreeFiles, day: date, before: TreeCheck = _NOTHING) -> TreeCheck:
        """Check a tree as of a day, on top of the check of the tree before."""
        touched: Collection[str] = files.touched
        session = self._session(files, touched, day)
        connectors = [item.declaring() for item in session.candidates if item.connectors]
        now = before._replace(
            files=files,
            solutions=_with(before.solutions, touched, _by_home(session.solutions, files)),
            connectors=_with(before.connectors, touched, _by_home(connectors, files)),
            in_force=tuple(entry.expires is None or day <= entry.expires for entry in self.config.exceptions),
        )
        reaches_others = before.world is None or self._reaches_others(before, now, touched)
        if reaches_others and before.world:
            touched = files.homes.keys() | before.files.homes.keys()
            session = self._session(files, touched, day)
        if reaches_others:
            now = now._replace(world=session.world, solutions=_by_home(session.solutions, files))
        found: dict[Home, tuple[Finding, ...]] = {
            home: tuple(session.findings(everything, now.world, now.solutions.get(home, ()), between=False))
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
    found = dict(held)
    for home in homes:
        found.pop(home, None)
    return {**found, **now}


def seen_by_others(solution: Solution, meet: bool) -> object:
    """All that solutions see of one another; where they `meet` in an environment also the names in use."""
    declared = [
        bool(value) if name == "unreadable" else value
        for name, value in zip(solution._fields, solution, strict=True)
        if name not in _NOT_DECLARED
    ]
    entries = (entry for flow in solution.flows for entry in flow.entries) if meet else ()
    return declared, {item.key for item in (*entries, *(solution.uses if meet else ()))} - {""}
