"""What pages say that a test holds is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import ROOT
from tests.promised import PAGE, promises

_NAMED = re.compile(r"`(tests/[\w/.]+)(?:::(\w+))?`")


def test_each_promise_names_the_tests_that_keep_it() -> None:
    rows = promises(PAGE.read_text("utf-8"))
    assert len(rows) > 10
    assert all(row.tests for row in rows)


@pytest.mark.parametrize("page", ["docs/promises.md", "docs/development/found.md"])
def test_every_test_that_is_named_is_there(page: str) -> None:
    named = _NAMED.findall((ROOT / page).read_text("utf-8"))
    assert len(named) > 15
    assert [name for name in named if not _is_there(*name)] == []


def _is_there(path: str, function: str) -> bool:
    file: Path = ROOT / path
    return file.exists() and (not function or f"def {function}(" in file.read_text("utf-8"))
