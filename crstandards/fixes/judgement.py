"""What the rules say of a tree before and after a fix, compared: is the finding gone, did none come?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from crstandards.findings import Finding, Report
from crstandards.fixes.mentions import against_removal
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import Plan
from crstandards.model import Mentions, World


class Judged(NamedTuple):
    """What the rules say of a tree, and the world they looked at."""

    report: Report
    world: World


def target_of(finding: Finding) -> tuple[object, ...]:
    """What a fix makes disappear: a finding by what it is about, whatever else it says."""
    data = finding.data
    # Of a name's spellings a finding shows one, which may have been in an entry that a fix took out.
    reference = str(data.get("reference", "")).lower()
    return finding.rule, finding.place.path, data.get("alias"), data.get("connector"), reference


class Comparison:
    """Two judgements, of a tree without some plans and of `tree`, which has them."""

    def __init__(self, before: Judged, after: Judged, tree: Overlay, plans: Iterable[Plan]) -> None:
        self._tree = tree
        self._left = {target_of(item.finding) for item in after.report.findings}
        self._new = list(_new([item.finding for item in before.report.findings], after.report))
        self._gone = frozenset(name for plan in plans for name in plan.gone)
        self._solutions = {item.customizations: item for item in reversed(after.world.solutions)}
        self._mentions: dict[str, Mentions] = {}

    def against(self, plan: Plan) -> str:
        """What is wrong with the tree for one of the plans, as a reason; "" where all is as it should be."""
        if target_of(plan.finding) in self._left:
            return "the finding would still be there"
        for finding in self._new:
            if finding.rule not in plan.brings:
                return f"the fix would bring {finding.rule}: {finding.message.rstrip('.')}"
        return self._named_still(plan) if plan.removed else ""

    def _named_still(self, plan: Plan) -> str:
        path = plan.finding.place.path
        solution = self._solutions[path]
        if path not in self._mentions:
            # One search of a solution for all that goes anywhere.
            self._mentions[path] = solution.mentions(self._gone)
        found = self._mentions[path]
        return against_removal(solution, found._replace(names=found.names & plan.gone), self._tree)


def _new(before: Sequence[Finding], after: Report) -> Iterable[Finding]:
    """The findings that count and did not stand before, be it about more than now."""
    known: dict[tuple[str, str], dict[frozenset[str], None]] = {}
    for finding in before:
        for path in (finding.place.path, ""):
            known.setdefault((finding.rule, path), {})[frozenset(finding.identity)] = None
    for item in after.counted():
        finding = item.finding
        now = frozenset(finding.identity)
        path = "" if finding.involves else finding.place.path
        then = known.get((finding.rule, path), {})
        if now not in then and not any(now <= other for other in then):
            yield finding
