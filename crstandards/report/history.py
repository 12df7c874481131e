"""The part of the text report that is about commits: what was replayed, who is to look, what was mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from crstandards.findings import Author, History, Mended, Reported
from crstandards.report.closing import plural
from crstandards.report.escape import display_path

SHOWN = 10
_ID = 12

Clean = Callable[[str], str]
"""Makes a text safe to show."""


def who(author: Author, clean: Clean = str) -> str:
    """A commit and who made it, on one line."""
    return f'{author.commit[:_ID]} "{clean(author.subject)}" ({clean(author.name)}, {clean(author.day)})'


def since(reported: Reported, history: History, clean: Clean) -> str:
    """Who brought a finding, or "" where nobody can tell."""
    if reported.introduced:
        return who(reported.introduced, clean)
    return "before these commits" if history.tells and history.base else ""


def title(history: History) -> str:
    """What was replayed."""
    start = f" after {history.base[:_ID]}" if history.base else ""
    if not history.tells:
        return f"The tree of {history.head[:_ID]} against that of {history.base[:_ID]}:"
    what = "is new" if history.only_new else "remains"
    return f"Replayed {plural(history.commits, 'commit')}{start}. What {what} at {history.head[:_ID]}:"


def mends(history: History) -> str:
    """How much of what was there before is there no more, as a sentence; "" where nothing is."""
    mended = sum(item.introduced is None for item in history.mended)
    return f"It mends {plural(mended, 'finding')}." if mended else ""


def blocks(
    history: History, findings: Sequence[Reported], clean: Clean, verbose: bool
) -> Iterator[list[str]]:
    """Lists that each stand under a first line: who is to look, what was mended, what else there is."""
    brought: dict[Author, int] = {}
    for reported in findings:
        if reported.introduced:
            brought[reported.introduced] = brought.get(reported.introduced, 0) + 1
    if brought:
        lines = [f"{who(author, clean)}: {plural(count, 'finding')}" for author, count in brought.items()]
        yield _listed("Who is to look:", lines, verbose)
    if history.mended:
        when = "Mended on the way:" if history.tells else "Mended:"
        yield _listed(when, [_mended(item, clean) for item in history.mended], verbose)
    if history.failed:
        yield _listed("Commits that fail:", [who(author, clean) for author in history.failed], verbose)
    if history.notes:
        yield _listed("Note:", [clean(note) for note in history.notes], verbose)


def _mended(item: Mended, clean: Clean) -> str:
    place = clean(display_path(item.finding.place.path))
    told = (("brought", item.introduced), ("mended", item.mended))
    by = ", ".join(f"{did} by {who(author, clean)}" for did, author in told if author)
    return f"{item.rule.id} {clean(item.finding.message)} ({place}) {by}".rstrip()


def _listed(first: str, lines: Sequence[str], verbose: bool) -> list[str]:
    shown = list(lines) if verbose else list(lines[:SHOWN])
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more (--verbose shows all)")
    return [first, *(f"- {line}" for line in shown)]
