"""`python -m tests.promised [--write]`: count what the tests of each promise in docs/promises.md are given.

An input is a test with its parameters, or an example that Hypothesis draws for it.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "promises.md"
_ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<tests>[^|]*`tests/[^|]+) \| [\d,-]* \| [\d,-]* \|$", re.M)
_NAMED = re.compile(r"`(tests/[\w/.]+(?:::\w+)?)`")
_EXAMPLES = re.compile(r"(?s)- during generate phase .*?(\d+) passing")


class Promise(NamedTuple):
    """A row of the page: what is promised, and the tests (files or functions) that keep it."""

    words: str
    tests: tuple[str, ...]


def promises(text: str) -> list[Promise]:
    """The rows of the page that name tests."""
    return [Promise(row["promise"], tuple(_NAMED.findall(row["tests"]))) for row in _ROW.finditer(text)]


class Count:
    """A plugin of pytest that counts the inputs of each test, and those that failed."""

    def __init__(self) -> None:
        self.inputs: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.nodeid.partition("[")[0]
        self.failures[name] += report.failed
        if report.when == "call" and not report.skipped:
            self.inputs[name] += 1

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        said = _EXAMPLES.search(getattr(item, "hypothesis_statistics", ""))
        if said:
            self.inputs[item.nodeid.partition("[")[0]] += int(said[1]) - 1


def of(tests: tuple[str, ...], counted: Counter[str]) -> int:
    """What was counted for some files, folders and functions."""
    return sum(
        number
        for name, number in counted.items()
        if any(name == test or name.startswith((f"{test}::", f"{test.rstrip('/')}/")) for test in tests)
    )


def main() -> int:
    """Run the tests that the page names, and say or write what they were given."""
    text = PAGE.read_text("utf-8")
    count = Count()
    named = sorted({test for promise in promises(text) for test in promise.tests})
    status = pytest.main(
        ["-q", "--rootdir", str(ROOT), *(str(ROOT / test) for test in named)], plugins=[count]
    )

    def counted(row: re.Match[str]) -> str:
        tests = tuple(_NAMED.findall(row["tests"]))
        figures = f"{of(tests, count.inputs):,} | {of(tests, count.failures):,}"
        return f"| {row['promise']} | {row['tests']} | {figures} |"

    table = _ROW.sub(counted, text)
    if "--write" in sys.argv[1:]:
        PAGE.write_text(table, encoding="utf-8", newline="\n")
    else:
        print("\n".join(row[0] for row in _ROW.finditer(table)))
    return int(status)


if __name__ == "__main__":
    raise SystemExit(main())
