"""What each rule says, word for word: `tests/rules/said` holds every finding of the rules' tests.

A change of wording shows there as a difference to read. To write the files anew, remove them and run
`UPDATE_SAID=1 python -m pytest tests/rules`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache
from pathlib import Path

import pytest
from hypothesis import currently_in_test_context

from crstandards.findings import Report, Reported

FOLDER = Path(__file__).parent / "rules" / "said"


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
    path = FOLDER / f"{item.rule.id}.txt"
    text = _text(item)
    if os.environ.get("UPDATE_SAID"):
        known = _read(path) if path.exists() else set()
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(sorted(known | {text})), encoding="utf-8", newline="\n")
        return
    if text not in _known(path):
        raise AssertionError(f"{path.relative_to(FOLDER.parents[2])} does not hold:\n\n{text}")


@cache
def _known(path: Path) -> set[str]:
    return _read(path)


def _read(path: Path) -> set[str]:
    return {f"{entry}\n" for entry in path.read_text(encoding="utf-8").removesuffix("\n").split("\n\n")}


def _text(item: Reported) -> str:
    finding = item.finding
    lines = [
        f"{item.span.path}:{item.span.line}:{item.span.column} {item.severity} [{item.fingerprint[:8]}]",
        finding.message,
        *(f"  {line}" for line in finding.help.splitlines()),
        *(f"  > {other.span.path}:{other.span.line} {other.message}" for other in item.related),
    ]
    if item.data:
        lines.append(f"  {json.dumps(item.data, ensure_ascii=False)}")
    about = {
        "in": finding.solution,
        "with": ", ".join(finding.involves),
        "fix": "safe" if finding.fixable else "",
    }
    lines.append("  " + "; ".join(f"{key} {value}" for key, value in about.items() if value))
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())
