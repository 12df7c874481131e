"""On commits of every kind, all who are asked the same give one answer: the hook, checks, pushes, replays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential import LEFT_AND_CLEAN, PROVED, compare


@pytest.mark.parametrize("part", range(4))
def test_one_answer(part: int, tmp_path: Path, git_environment: dict[str, str]) -> None:
    outcome = compare([f"{part}-{number}" for number in range(100)], tmp_path)
    assert not outcome.differences, "\n\n".join(map(str, outcome.differences))
    # With doubt alone nothing would be shown of the fast path. Of the commits that break no rule, it proves a
    # third: of 2,000 (`--seed 15`) 274 of 877.
    clean = outcome.ended[PROVED] + outcome.ended[LEFT_AND_CLEAN]
    assert outcome.ended[PROVED] > clean / 5
