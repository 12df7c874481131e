"""On commits of every kind, the hook says with its fast path what it says without."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.quick.differential import PROVED, compare


@pytest.mark.parametrize("part", [0, 1, *(pytest.param(part, marks=pytest.mark.slow) for part in (2, 3, 4))])
def test_the_fast_path_changes_no_answer(part: int, tmp_path: Path, git_environment: dict[str, str]) -> None:
    outcome = compare([f"{part}-{number}" for number in range(100)], tmp_path)
    assert not outcome.differences, "\n\n".join(map(str, outcome.differences))
    # With doubt alone nothing would be shown. Of these five parts the fast path proves 10 to 20 commits each.
    assert outcome.ended[PROVED] >= 5
