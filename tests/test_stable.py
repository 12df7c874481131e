"""What is stable is still there, or docs/versions.md says when it went and what took its place."""

from __future__ import annotations

import json
import re

import pytest

from tests.stable import RECORD, ROOT, surface

BEFORE = json.loads(RECORD.read_text("utf-8"))
NOW = surface()


def gone() -> set[str]:
    """What the page's table says has left."""
    page = (ROOT / "docs" / "versions.md").read_text("utf-8")
    return set(re.findall(r"^\| `([^`]+)` \| [\d.]+ \| [\d.]+ \|", page, re.MULTILINE))


@pytest.mark.parametrize("what", BEFORE)
def test_what_was_there_is_there(what: str) -> None:
    assert BEFORE[what]
    assert set(BEFORE[what]) - set(NOW[what]) - gone() == set()
