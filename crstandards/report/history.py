"""The part of a report that is about commits: what was replayed, who is to look, what was mended."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from crstandards.report.closing import plural
from crstandards.report.escape import display_path
from crstandards.report.lines import COMMIT_SHOWN, who
from crstandards.reported import History, Mended, Reported

_SHOWN = 10

Clean = Callable[[str], str]
"""Makes a text safe to show."""


def since(reported: Reported, history: History, clean: Clean) -> str:
    """Who brought a finding, or "" where nobody can tell."""
    if reported.introduced:
        return who(reported.introduced, clean)
    return "before these commits" if history.tells and history.base else ""


def title(history: History) -> str:
    """What was replayed."""
    base, head = history.base[:COMMIT_SHOWN], history.head[:COMMIT_SHOWN]
    if not history.tells:
        return f"The tree of {head} against that of {base}:"
    start = f" after {base}" if base else ""
    what = "is new" if history.only_new else "remains"
    return f"Replayed {plural(history.commits, 'commit')}{start}. What {what} at {head}:"


def mends(history: History) -> str:
    """How much of what was there before is there no more, as a sentence; "" where nothing is."""
    mended = sum(item.introduced is None for item in history.mended)
    return f"It mends {plural(mended, 'finding')}." if mended else ""


def blocks(
    history: History, findings: Sequence[Reported], clean: Clean, verbose: bool
) -> Iterator[list[str]]:
    """Lists that each stand under a first line: who is to look, what was mended, what else there is."""
    brought = Counter(reported.introduced for reported in findings if reported.introduced)
    told = {
        "Who is to look:": [f"{who(author, clean)}: {plural(n, 'finding')}" for author, n in brought.items()],
        "Mended on the way:" if history.tells else "Mended:": [
            _mended(item, clean) for item in history.mended
        ],
        "Commits that fail:": [who(author, clean) for author in history.failed],
        "Note:": list(map(clean, history.notes)),
    }
    for first, lines in told.items():
        shown = lines if verbose else lines[:_SHOWN]
        more = len(lines) - len(shown)
        rest = [f"and {more} more (--verbose shows all)"] if more else []
        if lines:
            yield [first, *(f"- {line}" for line in (*shown, *rest))]


def _mended(item: Mended, clean: Clean) -> str:
    place = clean(display_path(item.finding.place.path))
    told = (("brought", item.introduced), ("mended", item.mended))
    by = ", ".join(f"{did} by {who(author, clean)}" for did, author in told if author)
    return f"{item.rule.id} {clean(item.finding.message)} ({place}) {by}".rstrip()
