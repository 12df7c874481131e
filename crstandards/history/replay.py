"""A replay: the report on a range's last commit, with who brought what and what was mended on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from crstandards.check.session import severity_under
from crstandards.errors import FatalError
from crstandards.findings import Finding, Severity
from crstandards.git.ranges import RangeGit
from crstandards.history.blame import all_of, newest
from crstandards.history.checks import Checks, Terms
from crstandards.history.compare import pair
from crstandards.history.log import Range
from crstandards.history.search import Search
from crstandards.history.walk import Point, Progress, Walk
from crstandards.reported import Author, History, Mended, Report
from crstandards.source.facts import Facts

_SHOWN: tuple[Severity, ...] = ("error", "warning")


class Wish(NamedTuple):
    """What a replay is to say beside what remains.

    `old` is the commit that tells what was there before; `only_new` leaves out what it has already. With
    `failing`, the commits on the way whose reports it is true of are named.
    """

    only_new: bool = False
    old: str | None = None
    failing: Callable[[Report], bool] | None = None


def replay(git: RangeGit, commits: Range, terms: Terms, wish: Wish, progress: Progress) -> Report:
    """The report on the last commit, with the history that led to it. Each blob is read once."""
    facts = Facts()
    walk = Walk(git, terms, facts)
    tip = walk.to_head(commits, progress)
    checks = Checks(git, terms, facts)

    def reported(commit: str) -> Report:
        old = wish.old if wish.only_new else None
        return checks.report(commit) if old is None else checks.new(commit, old)

    report = _with_authors(reported(commits.head), tip, commits, checks)
    notes = list(walk.notes)

    def fails(author: Author) -> bool:
        try:
            return wish.failing is not None and wish.failing(reported(author.commit))
        except FatalError as error:
            note = f"{author.commit[:12]}: {error}."
            if not any(known.startswith(note) for known in notes):
                notes.append(f"{note} It cannot be checked, so it counts as one that fails.")
            return True

    history = History(
        base=commits.base or "",
        head=commits.head,
        commits=len(commits.commits),
        only_new=wish.only_new,
        mended=tuple(_mended(walk, tip, terms)),
        failed=tuple(commit.author for commit in commits.commits if fails(commit.author)),
        notes=tuple(notes),
        changes=checks.changes(commits.head, wish.old) if wish.old else None,
    )
    return report._replace(history=history, names=checks.names(commits.head, report.findings))


def compare(git: RangeGit, base: str, head: str, terms: Terms, only_new: bool) -> Report:
    """The report on a commit by its tree and that of another one alone: nobody is named."""
    checks = Checks(git, terms, Facts())
    report = checks.new(head, base) if only_new else checks.report(head)
    mended = tuple(
        Mended(item.rule, item.finding, item.severity)
        for item in checks.gone(head, base)
        if item.severity in _SHOWN
    )
    changes = checks.changes(head, base)
    return report._replace(
        history=History(base, head, 0, False, only_new, mended, changes=changes),
        names=checks.names(head, report.findings),
    )


def _with_authors(report: Report, tip: Point, commits: Range, checks: Checks) -> Report:
    found = [item.finding for item in report.findings]
    lives = list(all_of(tip.blamed))
    partners = pair(found, [life.finding for life in lives]).partners
    searched = {item.rule for item, parts in zip(found, partners, strict=True) if None in parts}
    search = Search(commits, lambda commit: checks.found(commit, searched))

    def author(finding: Finding, parts: Sequence[tuple[int, int] | None]) -> Author | None:
        known = [lives[part[0]].origins[part[1]] for part in parts if part]
        return search.introduced(finding) if None in parts else newest(known).introduced

    return report._replace(
        findings=tuple(
            item._replace(introduced=author(item.finding, parts))
            for item, parts in zip(report.findings, partners, strict=True)
        )
    )


def _mended(walk: Walk, tip: Point, terms: Terms) -> Iterator[Mended]:
    """What was there before the range, or came in it, and is not there at its end."""
    alive = {origin for life in all_of(tip.blamed) for origin in life.origins}
    rules = {rule.id: rule for rule in terms.rules}
    for origin, end in walk.blame.ended.items():
        rule = rules[end.finding.rule]
        severity = severity_under(tip.checker.config, rule, end.finding)
        if origin not in alive and severity in _SHOWN and terms.concerns(end.finding.solution):
            yield Mended(rule, end.finding, severity, origin.introduced, end.mended)
