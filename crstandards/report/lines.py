"""What a finding says, line by line, in the same words in every format."""

from collections.abc import Callable, Iterator

from crstandards.places import Span
from crstandards.report.escape import display_path, sanitize
from crstandards.reported import Author, Reported

RELATED_SHOWN = 5
COMMIT_SHOWN = 12
"""Characters of a commit's id."""


def place(span: Span, none: str = "-") -> str:
    """A file, line and column, safe to show; what stands in no file is `none`."""
    return f"{sanitize(display_path(span.path))}:{span.line}:{span.column}" if span.path else none


def related(
    reported: Reported,
    few: int = RELATED_SHOWN,
    clean: Callable[[str], str] = sanitize,
    at: Callable[[Span, str], str] = lambda span, line: line or place(span),
) -> Iterator[str]:
    """Related places, each with what stands there: the actions and their lines, the other references.

    `at` shows a place, by its line alone where it is in the finding's own file.
    """
    for span, message in reported.related[:few]:
        line = f"line {span.line}" if span.path == reported.span.path else ""
        where = at(span, line)
        yield f"{where}: {clean(message)}" if message else where
    if reported.related[few:]:
        yield f"and {len(reported.related) - few} more"


def advice(reported: Reported, clean: Callable[[str], str] = sanitize) -> list[str]:
    """What to do about a finding, and who brought it, if that is known."""
    lines = [line for line in reported.finding.help.split("\n") if line.strip()]
    brought = [f"Brought by {who(reported.introduced)}."] if reported.introduced else []
    return list(map(clean, [*lines, *brought]))


def lines(reported: Reported, clean: Callable[[str], str] = sanitize) -> list[str]:
    """All that a finding says: what is wrong, what belongs to it, and the advice."""
    also = [f"also: {line}" for line in related(reported, clean=clean)]
    return [clean(reported.finding.message), *also, *advice(reported, clean)]


def who(author: Author, clean: Callable[[str], str] = str) -> str:
    """A commit and who made it, on one line."""
    subject, name, day = map(clean, (author.subject, author.name, author.day))
    return f'{author.commit[:COMMIT_SHOWN]} "{subject}" ({name}, {day})'
