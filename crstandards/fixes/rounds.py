"""From findings to fixed bytes, without writing any: plan, edit, verify, check again, until at rest.

Of each round, all fixes are planned from one check, and one more check tells whether they are good: what it
finds is what the next round begins with. Mostly there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from crstandards.findings import Finding, Report, Reported, Rule, Severity
from crstandards.fixes import flows, references, settings
from crstandards.fixes.changes import Plan, Put, Refusal, file_changes
from crstandards.fixes.edits import CannotEdit
from crstandards.fixes.overlay import Overlay, Versions
from crstandards.fixes.scene import Round, Scene
from crstandards.model import Solution, World
from crstandards.snapshot import File
from crstandards.source.mentions import Searcher
from crstandards.source.names import covers

PLANNERS: Final[Mapping[str, Callable[[Finding, Scene], Plan]]] = {
    "merge": references.merge,
    "remove": references.remove,
    "repetition": references.once,
    "use": flows.use,
    "aliases": flows.join,
    "bind": settings.bind,
    "unbind": settings.unbind,
}
"""The cures that rules name (`Rule.cure`), in the order in which their findings have their turns: of a
name that is to go no declaration is kept first, and fewer declarations make a raw entry's choice plain.
"""
_MOST_ROUNDS: Final = 20


class Checked(NamedTuple):
    """What a check found in a tree, and the world that it looked at."""

    report: Report
    world: World


class Terms(NamedTuple):
    """What may be fixed.

    `check` runs all rules; `chosen` tells of which rule and severity findings are to be fixed, `wanted` in
    which solutions. `agree` is asked about each fix. `against_writing` gives the reason why a file must be
    left alone, or "". What is suppressed stays as it is; what the baseline lets through is fixed
    `with_baseline`. `unused` and `keep_declarations`: see `Round`.
    """

    check: Callable[[Overlay], Checked]
    chosen: Callable[[Rule, Severity], bool]
    wanted: Callable[[Solution], bool]
    agree: Callable[[Plan, Overlay], bool]
    against_writing: Callable[[str], str]
    with_baseline: bool = False
    unused: str = ""
    keep_declarations: bool = False


class Fixed(NamedTuple):
    """A tree with fixes in it, what a check finds in it, the fixes made, what was refused, and what would
    need a word.
    """

    tree: Overlay
    checked: Checked
    done: tuple[Plan, ...] = ()
    refused: tuple[Refusal, ...] = ()
    waiting: tuple[Plan, ...] = ()


def fix(tree: Overlay, terms: Terms) -> Fixed:
    """Make every fix that the terms allow, until nothing more can be done."""
    fixed = Fixed(tree, terms.check(tree))
    for _ in range(_MOST_ROUNDS):
        # What is refused or waits in one round may have become plain in the next.
        before = fixed._replace(refused=(), waiting=())
        halves = {target_of(plan.finding) for plan in fixed.done if plan.half}
        findings = _findings(fixed.checked.report, terms)
        fixed = _made([item for item in findings if target_of(item.finding) not in halves], before, terms)
        if len(fixed.done) == len(before.done):
            break
    return fixed


def _findings(report: Report, terms: Terms) -> list[Reported]:
    turns = {cure: number for number, cure in enumerate(PLANNERS)}
    found = (
        item
        for item in report.findings
        if item.rule.is_fixable
        and terms.chosen(item.rule, item.severity)
        and (item.suppressed is None or (terms.with_baseline and item.suppressed.by == "baseline"))
    )
    return sorted(found, key=lambda item: turns[item.rule.cure])


def _made(findings: Sequence[Reported], fixed: Fixed, terms: Terms) -> Fixed:
    """Fix these findings together, beside what was fixed before. What the check then speaks against is left
    alone; where it is not plain what that is, they are fixed in two halves.
    """
    planned = _planned(findings, fixed, terms)
    plans = planned.done[len(fixed.done) :]
    if not plans:
        return planned
    try:
        changes = file_changes((change for plan in plans for change in plan.changes), fixed.tree)
    except CannotEdit as error:
        wrong: dict[int, str] = {}
        doubt = error.reason
    else:
        tree = fixed.tree.with_edits({item.path: Versions(item.before, item.after()) for item in changes})
        after = terms.check(tree)
        wrong, doubt = reasons_against(fixed.checked, after, tree, plans)
        if not wrong and not doubt:
            return planned._replace(tree=tree, checked=after)
    if len(plans) == 1:
        wrong = wrong or {0: doubt}
    refused = tuple(Refusal(plans[number].finding, reason) for number, reason in wrong.items())
    left = fixed._replace(refused=(*planned.refused, *refused), waiting=planned.waiting)
    again = [target_of(plan.finding) for number, plan in enumerate(plans) if number not in wrong]
    half = len(again) if wrong else len(again) // 2
    for some in (again[:half], again[half:]):
        # By what the check finds now: the first half may have been made.
        now = {target_of(item.finding): item for item in left.checked.report.findings}
        left = _made([now[target] for target in some if target in now], left, terms)
    return left


def _planned(findings: Iterable[Reported], fixed: Fixed, terms: Terms) -> Fixed:
    """The fixes that may be made of these findings, none of which is made yet."""
    around = Round(fixed.checked.world, fixed.tree, terms.unused, keep_declarations=terms.keep_declarations)
    kept: dict[tuple[str, str], Plan] = {}
    for plan in fixed.done:
        _keep(plan, kept)
    given: dict[tuple[str, object], object] = {}
    done, refused, waiting = list(fixed.done), list(fixed.refused), list(fixed.waiting)
    for item in findings:
        finding = item.finding
        solution, _ = around.owners[finding.place.path]
        if not terms.wanted(solution):
            continue
        scene = around.scene(solution)
        try:
            plan = PLANNERS[item.rule.cure](finding, scene)
            _refuse_contradiction(plan, kept)
            _refuse_unwritable(plan, terms)
        except CannotEdit as error:
            refused.append(Refusal(finding, error.reason, in_portal=solution.layout == "yaml"))
            continue
        if any(given.get(place, value) != value for place, value in _values(plan)):
            # Another fix of this round gives it another value; the next round looks at what is left.
            continue
        if terms.agree(plan, fixed.tree):
            given.update(_values(plan))
            scene.removed |= plan.gone
            _keep(plan, kept)
            done.append(plan)
        else:
            waiting.append(plan)
    return fixed._replace(done=tuple(done), refused=tuple(refused), waiting=tuple(waiting))


def _values(plan: Plan) -> Iterator[tuple[tuple[str, object], object]]:
    """What a plan puts where."""
    for change in plan.changes:
        if isinstance(change, Put):
            yield (change.path, change.change.route), change.edit.new


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


def target_of(finding: Finding) -> tuple[object, ...]:
    """What a fix makes disappear: a finding by what it is about, whatever else it says."""
    subject = finding.subject
    # Of a name's spellings a finding shows one, which may have been in an entry that a fix took out.
    reference = (subject.reference or "").lower()
    return finding.rule, finding.place.path, subject.alias, subject.connector, reference


def reasons_against(
    before: Checked, after: Checked, tree: Overlay, plans: Sequence[Plan]
) -> tuple[dict[int, str], str]:
    """What a check of a tree with some plans in it speaks against them, compared with one of the tree before:
    the reasons against single ones, by their number, and what may be about any, "" where all is good.
    """
    left = {target_of(item.finding) for item in after.report.findings}
    wrong = {
        number: "the finding would still be there"
        for number, plan in enumerate(plans)
        if not plan.half and target_of(plan.finding) in left
    }
    wrong |= _named_still(after.world, tree, plans)
    foreseen = {(cure, path) for plan in plans for cure in plan.brings for path in plan.paths}
    for item in _new(before.report, after.report):
        if (item.rule.cure, item.finding.place.path) not in foreseen:
            return wrong, f"the fix would bring {item.rule.id}: {item.finding.message.rstrip('.')}"
    return wrong, ""


def _new(before: Report, after: Report) -> Iterator[Reported]:
    """The findings that count and did not stand before, be it about more than now."""
    known: dict[tuple[str, str], dict[frozenset[str], None]] = {}
    for item in before.findings:
        for path in (item.finding.place.path, ""):
            known.setdefault((item.rule.id, path), {})[frozenset(item.finding.identity)] = None
    for item in after.counted():
        now = frozenset(item.finding.identity)
        path = "" if item.finding.involves else item.finding.place.path
        then = known.get((item.rule.id, path), {})
        if now not in then and not any(now <= other for other in then):
            yield item


def _named_still(world: World, tree: Overlay, plans: Sequence[Plan]) -> dict[int, str]:
    """Why what plans take out of a solution cannot go, by their number: a file of it still names it."""
    solutions = {item.customizations: item for item in reversed(world.solutions)}
    removing: dict[str, list[int]] = {}
    for number, plan in enumerate(plans):
        if plan.removed:
            removing.setdefault(plan.finding.place.path, []).append(number)
    wrong: dict[int, str] = {}
    # All that goes anywhere is looked for at once, so that each file is read once.
    gone = frozenset(name for plan in plans for name in plan.gone)
    for path, numbers in removing.items():
        solution = solutions[path]
        found = solution.mentions(gone)
        named = frozenset(name for number in numbers for name in plans[number].gone)
        found = found._replace(names=found.names & named)
        places = _places(solution, found.names, tree) if found.names else {}
        for number in numbers:
            named = found.names & plans[number].gone
            if named:
                wrong[number] = f"{places[min(named)]} names {min(named)}"
            elif found.unread:
                wrong[number] = (
                    f"{found.unread} of the solution's files cannot be searched for what is removed"
                )
    return wrong


def _places(solution: Solution, names: frozenset[str], tree: Overlay) -> dict[str, str]:
    """The first file of a solution that holds each name."""
    found: dict[str, str] = {}
    for file in tree.files():
        if covers([solution.folder], file.path):
            searcher = Searcher(tree, [file], [solution], lambda path: False)
            for name in searcher.search(solution, names).names:
                found.setdefault(name, file.path)
    return found


_MOST_BYTES: Final = 1024 * 1024
_TEXT: Final = (
    *(".json", ".yml", ".yaml", ".xml", ".toml", ".ini", ".env", ".csv", ".md", ".txt", ".config"),
    *(".ps1", ".psm1", ".psd1", ".sh", ".cmd", ".bat", ".py", ".js", ".ts", ".tf", ".bicep", ".variables"),
)


def named_outside(
    tree: Overlay, solutions: Iterable[Solution], names: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    """The text files outside all solutions that still hold names, with those."""
    folders = [solution.folder for solution in solutions if solution.is_solution]
    wanted = {name.lower().encode(): name for name in names if name.isascii()}
    if not wanted:
        return
    words = re.compile(rb"(?<![0-9a-z_])(?:%s)(?![0-9a-z_])" % b"|".join(map(re.escape, wanted)))
    for content in tree.read(_texts(tree.files(), folders), _MOST_BYTES):
        data = content.data.replace(b"\0", b"").lower()
        found = dict.fromkeys(wanted[match.group()] for match in words.finditer(data))
        if found:
            yield content.file.path, list(found)


def _texts(files: Iterable[File], folders: Collection[str]) -> list[File]:
    return [
        file
        for file in files
        if file.kind == "file" and file.path.lower().endswith(_TEXT) and not covers(list(folders), file.path)
    ]


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
