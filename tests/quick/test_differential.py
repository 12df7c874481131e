"""On commits of every kind, the hook says with its fast path what it says without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quick.differential import LEFT_AND_CLEAN, PROVED, compare


@pytest.mark.parametrize("parts", [(0, 1), pytest.param((2, 3, 4), marks=pytest.mark.slow)])
def test_the_fast_path_changes_no_answer(
    parts: tuple[int, ...], tmp_path: Path, git_environment: dict[str, str]
) -> None:
    seeds = [f"{part}-{number}" for part in parts for number in range(100)]
    outcome = compare(seeds, tmp_path)
    assert not outcome.differences, "\n\n".join(map(str, outcome.differences))
    # With doubt alone nothing would be shown. Of the commits that break no rule, the fast path proves a
    # third: of 2,000 (`--seed 15`) 274 of 877.
    clean = outcome.ended[PROVED] + outcome.ended[LEFT_AND_CLEAN]
    assert outcome.ended[PROVED] > clean / 5
