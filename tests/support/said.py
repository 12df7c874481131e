"""What each rule says, word for word: every line that the rules' tests make a rule say stands in
`tests/rules/said` once, below a message that it was said with, whatever the names and numbers in it are.

A change of wording shows there as a difference to read. To write the files anew, remove them and run
`UPDATE_SAID=1 python -m pytest tests/rules`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import pytest
from hypothesis import currently_in_test_context

from crstandards.reported import Report, Reported

FOLDER = Path(__file__).parents[1] / "rules" / "said"


_is_held: ContextVar[bool] = ContextVar("_is_held", default=False)


@pytest.fixture(autouse=True)
def word_for_word() -> Iterator[None]:
    """In a folder whose conftest imports it, what is checked must be worded as `said` has it."""
    token = _is_held.set(True)
    yield
    _is_held.reset(token)


def hold_to_its_word(report: Report) -> Report:
    """The report, when each of its findings is worded as `said` has it; made-up names are not looked at."""
    if _is_held.get() and not currently_in_test_context():
        for item in report.findings:
            _compare(item)
    return report


def _compare(item: Reported) -> None:
    assert not item.finding.help.endswith(":"), item.finding
    path = FOLDER / f"{item.rule.id}.txt"
    lines = _lines(item)
    known = _known(path)
    new = {_kind(line): line for line in reversed(lines) if _kind(line) not in known}
    if new and os.environ.get("UPDATE_SAID"):
        told = path.read_text(encoding="utf-8").removesuffix("\n").split("\n\n") if known else []
        blocks = {_kind(block.split("\n")[0]): block.split("\n") for block in told}
        block = blocks.setdefault(_kind(lines[0]), [])
        block += [line for line in lines if line in new.values()]
        path.parent.mkdir(exist_ok=True)
        text = "\n\n".join(sorted(map("\n".join, blocks.values()))) + "\n"
        path.write_text(text, "utf-8", newline="\n")
        known.update(new)
    elif new:
        raise AssertionError(f"{path.relative_to(FOLDER.parents[2])} has no line like: {list(new.values())}")


@cache
def _known(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return {_kind(line) for line in text.splitlines()}


_NAMES = (
    (re.compile(r'"[^"]*"'), '"x"'),
    (re.compile(r"[A-Z]\w*(?: (?:[A-Z]\w*|\d+|\(legacy\)))* (?=\(shared_)"), ""),
    (re.compile(r"(?<=olution |ronment )[\w-]+"), "x"),
    # What has an underscore, a slash or a digit in it is a name, a path, an address or a number.
    (re.compile(r"(?<!\w)(?:[\w.+-]*[_/\\][\w./\\{}*!<>:#@+-]*|[\w-]*\d[\w./-]*|Contoso\w*)"), "x"),
    (re.compile(r"x(?:, x)+"), "x"),
    (re.compile(r"x and x"), "x"),
    (re.compile(r"(?<=path says )\w+"), "x"),
)


def _kind(line: str) -> str:
    """A line without its names and numbers: equal ones are worded alike."""
    for pattern, put in _NAMES:
        line = pattern.sub(put, line)
    return line


def _lines(item: Reported) -> list[str]:
    """What is said of a finding; its message comes first."""
    finding = item.finding
    lines = [
        f"{item.severity}{', to be fixed' if finding.fixable else ''}: {finding.message}",
        *(f"  {line}" for line in finding.help.splitlines()),
        *(f"  > {other.message}" for other in item.related),
    ]
    return [line.rstrip() for line in lines if line.strip()]
