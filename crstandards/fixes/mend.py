"""From findings to mended bytes, without writing any: plan, edit, verify, judge anew, until at rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from crstandards.findings import Finding, Rule, Severity
from crstandards.fixes import (
    duplicate_alias,
    duplicate_connector,
    duplicate_name,
    raw_connection,
    unused_reference,
)
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.judgement import Comparison, Judged
from crstandards.fixes.overlay import Overlay, Versions
from crstandards.fixes.plan import Plan, Refusal, Scene, verify
from crstandards.model import Flow, Solution, World

Planner = Callable[[Finding, Scene], Plan]

# In this order: aliases that are alike become one before another, that is not, comes to them; of a name
# that is to go no declaration is kept first; and fewer declarations make a raw entry's choice plain. What a
# fix brings to light has its next round.
PLANNERS: Final[Mapping[str, Planner]] = {
    "CR203": duplicate_alias.plan,
    "CR201": duplicate_connector.plan,
    "CR504": unused_reference.plan,
    "CR202": duplicate_name.plan,
    "CR101": raw_connection.plan,
}
_MOST_ROUNDS: Final = 20


class Terms(NamedTuple):
    """What may be mended.

    `judge` runs all rules; `chosen` tells of which rule and severity findings are to be mended, `wanted`
    in which solutions. `agree` is asked about each fix that needs a word. `against_writing` gives the
    reason why a file must be left alone, or "". What is suppressed stays as it is; what the baseline lets
    through is mended `with_baseline`.
    """

    judge: Callable[[Overlay], Judged]
    chosen: Callable[[Rule, Severity], bool]
    wanted: Callable[[Solution], bool]
    agree: Callable[[Plan], bool]
    against_writing: Callable[[str], str]
    with_baseline: bool = False


class Mended(NamedTuple):
    """A tree with fixes in it, what the rules say of it, the fixes made, what was refused, and what
    would need a word.
    """

    tree: Overlay
    judged: Judged
    done: tuple[Plan, ...] = ()
    refused: tuple[Refusal, ...] = ()
    waiting: tuple[Plan, ...] = ()

    def then(self, later: Mended) -> Mended:
        """Both, one after the other."""
        return later._replace(
            done=self.done + later.done,
            refused=self.refused + later.refused,
            waiting=self.waiting + later.waiting,
        )


def mend(tree: Overlay, terms: Terms) -> Mended:
    """Make every fix that the terms allow, rule by rule, until nothing more can be done."""
    mended = Mended(tree, terms.judge(tree))
    for _ in range(_MOST_ROUNDS):
        # What is refused or waits in one round may have become plain in the next.
        before, mended = len(mended.done), mended._replace(refused=(), waiting=())
        for rule in PLANNERS:
            findings = _findings(rule, mended.judged, terms)
            if findings:
                mended = mended.then(_made(findings, mended, terms))
        if len(mended.done) == before:
            break
    return mended


def _findings(rule: str, judged: Judged, terms: Terms) -> list[Finding]:
    return [
        item.finding
        for item in judged.report.findings
        if item.rule.id == rule
        and terms.chosen(item.rule, item.severity)
        and (item.suppressed is None or (terms.with_baseline and item.suppressed.by == "baseline"))
    ]


def _made(findings: Sequence[Finding], mended: Mended, terms: Terms) -> Mended:
    """What mending these findings together adds to what was done before; where that brings anything
    unforeseen, in two halves.
    """
    planned = _planned(findings, mended, terms)
    if not planned.done:
        return planned
    after = terms.judge(planned.tree)
    comparison = Comparison(mended.judged, after, planned.tree, planned.done)
    reasons = list(filter(None, map(comparison.against, planned.done)))
    if not reasons:
        return planned._replace(judged=after)
    left = mended._replace(done=(), refused=planned.refused, waiting=planned.waiting)
    if len(planned.done) == 1:
        refused = Refusal(planned.done[0].finding, reasons[0])
        return left._replace(refused=(*left.refused, refused))
    half = len(planned.done) // 2
    for some in (planned.done[:half], planned.done[half:]):
        before = left._replace(done=mended.done + left.done)
        left = left.then(_made([plan.finding for plan in some], before, terms))
    return left


def _planned(findings: Sequence[Finding], mended: Mended, terms: Terms) -> Mended:
    """Plan fixes and lay them over the tree; the rules have not judged it yet."""
    tree, judged = mended.tree.with_edits({}), mended.judged
    kept: dict[tuple[str, str], Plan] = {}
    for plan in mended.done:
        _keep(plan, kept)
    done: list[Plan] = []
    refused: list[Refusal] = []
    waiting: list[Plan] = []
    owners = owners_in(judged.world)
    for finding in findings:
        solution, flow = owners[finding.place.path]
        if not terms.wanted(solution):
            continue
        try:
            plan = PLANNERS[finding.rule](finding, Scene(judged.world, solution, flow, tree))
            verify(plan)
            _refuse_contradiction(plan, kept)
            _refuse_unwritable(plan, terms)
        except CannotEdit as error:
            refused.append(Refusal(finding, error.reason, in_portal=solution.layout == "yaml"))
            continue
        if plan.safe or terms.agree(plan):
            tree.edit({change.path: Versions(change.before, change.after()) for change in plan.changes})
            _keep(plan, kept)
            done.append(plan)
        else:
            waiting.append(plan)
    return Mended(tree, judged, tuple(done), tuple(refused), tuple(waiting))


def _keep(plan: Plan, kept: dict[tuple[str, str], Plan]) -> None:
    """Remember the references that a plan says are kept, by the solution and the key."""
    for name in plan.kept:
        kept.setdefault((plan.finding.solution.lower(), name.lower()), plan)


def _refuse_contradiction(plan: Plan, kept: Mapping[tuple[str, str], Plan]) -> None:
    """Raise CannotEdit where a plan would remove what an earlier one of the same run says that it keeps."""
    for name in plan.removed:
        other = kept.get((plan.finding.solution.lower(), name.lower()))
        if other:
            raise CannotEdit(
                f"{name} is what another fix of this run keeps ({other.finding.rule}); look at that, then "
                "run 'crstandards fix' again"
            )


def _refuse_unwritable(plan: Plan, terms: Terms) -> None:
    for path in plan.paths:
        reason = terms.against_writing(path)
        if reason:
            raise CannotEdit(f"{path} {reason}")


def owners_in(world: World) -> dict[str, tuple[Solution, Flow | None]]:
    """The solution that each file belongs to in which findings of one solution are placed, with the flow
    that the file is, if it is one.
    """
    found: dict[str, tuple[Solution, Flow | None]] = {}
    for solution in reversed(world.solutions):
        found.update((reference.place.path, (solution, None)) for reference in solution.references)
        found |= {solution.customizations: (solution, None), solution.manifest: (solution, None)}
        found.update((flow.path, (solution, flow)) for flow in solution.flows)
    return found


def groups(plans: Sequence[Plan]) -> Iterator[tuple[Plan, ...]]:
    """The plans in groups that share files: each group is written all or none."""
    # Each plan leads, over others of its group, to the first of them.
    earlier = list(range(len(plans)))

    def first(number: int) -> int:
        while earlier[number] != number:
            earlier[number] = number = earlier[earlier[number]]
        return number

    user_of: dict[str, int] = {}
    for number, plan in enumerate(plans):
        for path in plan.paths:
            ends = first(number), first(user_of.setdefault(path, number))
            earlier[max(ends)] = min(ends)
    members: dict[int, list[Plan]] = {}
    for number, plan in enumerate(plans):
        members.setdefault(first(number), []).append(plan)
    yield from map(tuple, members.values())
