from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.accuracy.bases import Base
from tests.accuracy.changes import CHANGES
from tests.accuracy.measure import PAGE, all_bases, flow_like, run_changes, run_planting
from tests.accuracy.planting import rules
from tests.support.memory import check

SEED = 20270115


@pytest.fixture(scope="module")
def bases() -> list[Base]:
    real, made = all_bases(SEED, 20)
    return [*real, *made]


def test_the_solutions_to_plant_into_are_clean(bases: Sequence[Base]) -> None:
    assert [(base.origin, check(base.tree)) for base in bases if check(base.tree)] == []


@pytest.mark.parametrize("rule", rules())
def test_planted_violations_are_found_and_nothing_else(bases: Sequence[Base], rule: str) -> None:
    (row,), troubles = run_planting(bases, 15, SEED, [rule])
    assert [str(trouble) for trouble in troubles] == []
    assert (row.found, row.false) == (15, 0)


@pytest.mark.parametrize("name", CHANGES)
def test_harmless_changes_change_no_report(bases: Sequence[Base], name: str) -> None:
    _, troubles = run_changes(bases, 25, SEED, [name])
    assert [str(trouble) for trouble in troubles] == []


def test_the_page_has_each_rule_and_each_change() -> None:
    page = PAGE.read_text("utf-8")
    named = {name for row in re.findall(r"^\| (.+?) \|", page, re.MULTILINE) for name in row.split(", ")}
    assert named >= {*rules(), *CHANGES}


def test_the_page_counts_what_is_not_read(corpus: Path) -> None:
    found = flow_like()
    assert found["read"] > 100
    page = PAGE.read_text("utf-8")
    assert f"hold {sum(found.values())} JSON files that look like flows" in page
    assert all(f"- {number} " in page for number in found.values())
