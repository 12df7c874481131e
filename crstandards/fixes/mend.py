"""From findings to mended bytes, without writing any: plan, edit, verify, judge anew, until at rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from crstandards.findings import Finding, Report
from crstandards.fixes import (
    duplicate_alias,
    duplicate_connector,
    duplicate_name,
    raw_connection,
    unused_reference,
)
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.mentions import against_removal
from crstandards.fixes.overlay import Overlay, Versions
from crstandards.fixes.plan import Plan, Refusal, Scene, verify
from crstandards.model import Flow, Solution, World

Planner = Callable[[Finding, Scene], Plan]

# In this order: aliases that are alike become one before another, that is not, comes to them; and
# fewer declarations make a raw entry's choice plain. What a fix brings to light has its next round.
PLANNERS: Final[Mapping[str, Planner]] = {
    "CR202": duplicate_name.plan,
    "CR203": duplicate_alias.plan,
    "CR201": duplicate_connector.plan,
    "CR101": raw_connection.plan,
    "CR504": unused_reference.plan,
}
_MOST_ROUNDS: Final = 20


class Judged(NamedTuple):
    """What the rules say of a tree, and the world they looked at."""

    report: Report
    world: World


class Terms(NamedTuple):
    """What may be mended.

    `judge` runs all rules; `rules` are those whose findings are to be mended, `wanted` tells in which
    solutions. `agree` is asked about each fix that needs a word. `against_writing` gives the reason why
    a file must be left alone, or "". What an exception lets through stays; what the baseline lets
    through is a debt, and is mended `with_baseline`.
    """

    judge: Callable[[Overlay], Judged]
    rules: Collection[str]
    wanted: Callable[[Solution], bool]
    agree: Callable[[Plan], bool]
    against_writing: Callable[[str], str]
    with_baseline: bool = True


class Mended(NamedTuple):
    """A tree with fixes in it, what the rules say of it, the fixes made, what was refused, and what
    would need a word.
    """

    tree: Overlay
    judged: Judged
    done: tuple[Plan, ...]
    refused: tuple[Refusal, ...]
    waiting: tuple[Plan, ...]


def mend(tree: Overlay, terms: Terms) -> Mended:
    """Make every fix that the terms allow, rule by rule, until nothing more can be done."""
    judged = terms.judge(tree)
    done: list[Plan] = []
    for _ in range(_MOST_ROUNDS):
        refused: list[Refusal] = []
        waiting: list[Plan] = []
        before = len(done)
        for rule in PLANNERS:
            if rule in terms.rules:
                attempt = _attempt(rule, tree, judged, terms)
                tree, judged = attempt.tree, attempt.judged
                done += attempt.done
                refused += attempt.refused
                waiting += attempt.waiting
        if len(done) == before:
            break
    return Mended(tree, judged, tuple(done), tuple(refused), tuple(waiting))


def _attempt(rule: str, tree: Overlay, judged: Judged, terms: Terms) -> Mended:
    """Mend one rule's findings together; where that brings anything unforeseen, one by one."""
    findings = [
        item.finding
        for item in judged.report.findings
        if item.rule.id == rule
        and (item.suppressed is None or (terms.with_baseline and item.suppressed.by == "baseline"))
    ]
    together = _planned(findings, tree, judged, terms)
    if not together.done:
        return together
    after = terms.judge(together.tree)
    if not any(_unforeseen(plan, judged, after, together.tree) for plan in together.done):
        return together._replace(judged=after)
    done: list[Plan] = []
    refused = list(together.refused)
    for plan in together.done:
        alone = _planned([plan.finding], tree, judged, terms)
        refused += alone.refused
        for again in alone.done:
            after = terms.judge(alone.tree)
            reason = _unforeseen(again, judged, after, alone.tree)
            if reason:
                refused.append(Refusal(again.finding, reason))
            else:
                tree, judged = alone.tree, after
                done.append(again)
    return Mended(tree, judged, tuple(done), tuple(refused), together.waiting)


def _planned(findings: Sequence[Finding], tree: Overlay, judged: Judged, terms: Terms) -> Mended:
    """Plan fixes and lay them over the tree; the rules have not judged it yet."""
    done: list[Plan] = []
    refused: list[Refusal] = []
    waiting: list[Plan] = []
    for finding in findings:
        solution, flow = owner(finding, judged.world)
        if not terms.wanted(solution):
            continue
        try:
            plan = PLANNERS[finding.rule](finding, Scene(judged.world, solution, flow, tree))
            verify(plan)
            for path in plan.paths:
                reason = terms.against_writing(path)
                if reason:
                    raise CannotEdit(f"{path} {reason}")
        except CannotEdit as error:
            refused.append(Refusal(finding, error.reason, in_portal=solution.layout == "yaml"))
            continue
        if plan.safe or terms.agree(plan):
            edited = {change.path: Versions(change.before, change.after()) for change in plan.changes}
            tree = tree.with_edits(edited)
            done.append(plan)
        else:
            waiting.append(plan)
    return Mended(tree, judged, tuple(done), tuple(refused), tuple(waiting))


def owner(finding: Finding, world: World) -> tuple[Solution, Flow | None]:
    """The solution that a finding of one solution is about, and its flow if it is about one."""
    path = finding.place.path
    for solution in world.solutions:
        if path in (solution.customizations, solution.manifest):
            return solution, None
        for flow in solution.flows:
            if flow.path == path:
                return solution, flow
        if any(reference.place.path == path for reference in solution.references):
            return solution, None
    raise LookupError(path)


def _unforeseen(plan: Plan, before: Judged, after: Judged, tree: Overlay) -> str:
    """What is wrong with a tree after a plan, as a reason; "" where all is as it should be."""
    if any(target_of(item.finding) == target_of(plan.finding) for item in after.report.findings):
        return "the finding would still be there"
    old = [item.finding for item in before.report.findings]
    for item in after.report.counted():
        if item.rule.id not in plan.brings and not _was_there(item.finding, old):
            return f"the fix would bring {item.rule.id}: {item.finding.message.rstrip('.')}"
    for solution in after.world.solutions if plan.removed else ():
        if solution.customizations in plan.paths:
            return against_removal(solution, plan.gone, tree)
    return ""


def target_of(finding: Finding) -> tuple[object, ...]:
    """What a fix makes disappear: a finding by what it is about, whatever else it says."""
    data = finding.data
    return finding.rule, finding.place.path, data.get("alias"), data.get("connector"), data.get("reference")


def _was_there(finding: Finding, before: Sequence[Finding]) -> bool:
    """Whether a finding stood before, be it about more than now."""
    now = set(finding.identity)
    return any(
        now <= set(other.identity)
        for other in before
        if other.rule == finding.rule and (other.place.path == finding.place.path or finding.involves)
    )


def groups(plans: Sequence[Plan]) -> Iterator[tuple[Plan, ...]]:
    """The plans in groups that share files: each group is written all or none."""
    left = list(plans)
    while left:
        group = [left.pop(0)]
        paths = set(group[0].paths)
        found = True
        while found:
            joined = [plan for plan in left if paths.intersection(plan.paths)]
            found = bool(joined)
            group += joined
            paths.update(path for plan in joined for path in plan.paths)
            left = [plan for plan in left if plan not in joined]
        yield tuple(sorted(group, key=plans.index))
