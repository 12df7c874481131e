"""What a finding says, line by line, in the same words in every format."""

from __future__ import annotations

from collections.abc import Callable

from crstandards.findings import Author, Reported, Span
from crstandards.report.escape import display_path, sanitize

COMMIT_SHOWN = 12
"""Characters of a commit's id."""


def place(span: Span, none: str = "-") -> str:
    """A file, line and column, safe to show; what stands in no file is `none`."""
    return f"{sanitize(display_path(span.path))}:{span.line}:{span.column}" if span.path else none


def advice(reported: Reported, clean: Callable[[str], str] = sanitize) -> list[str]:
    """What to do about a finding, and who brought it, if that is known."""
    lines = [line for line in reported.finding.help.split("\n") if line.strip()]
    brought = [f"Brought by {who(reported.introduced)}."] if reported.introduced else []
    return list(map(clean, [*lines, *brought]))


def lines(reported: Reported, clean: Callable[[str], str] = sanitize) -> list[str]:
    """All that a finding says: what is wrong, and the advice."""
    return [clean(reported.finding.message), *advice(reported, clean)]


def who(author: Author, clean: Callable[[str], str] = str) -> str:
    """A commit and who made it, on one line."""
    subject, name, day = map(clean, (author.subject, author.name, author.day))
    return f'{author.commit[:COMMIT_SHOWN]} "{subject}" ({name}, {day})'
