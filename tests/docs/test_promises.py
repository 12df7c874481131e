"""What the page of promises names is there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.promised import PAGE, ROOT, promises

_NAMED = re.compile(r"`(tests/[\w/.]+)(?:::(\w+))?`")


def test_each_promise_names_the_tests_that_keep_it() -> None:
    rows = promises(PAGE.read_text("utf-8"))
    assert len(rows) > 10
    assert all(row.tests for row in rows)


def test_every_test_that_is_named_is_there() -> None:
    named = _NAMED.findall(PAGE.read_text("utf-8"))
    missing = [name for name in named if not _is_there(*name)]
    assert len(named) > 40
    assert missing == []


def _is_there(path: str, function: str) -> bool:
    file: Path = ROOT / path
    return file.exists() and (not function or f"def {function}(" in file.read_text("utf-8"))
