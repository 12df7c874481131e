"""On commits of every kind, the hook says with its fast path what it says without."""

from __future__ import annotations

from pathlib import Path

from tests.quick.differential import NOTHING, PROVED, compare


def test_the_fast_path_changes_no_answer(tmp_path: Path, git_environment: dict[str, str]) -> None:
    outcome = compare([str(number) for number in range(500)], tmp_path)
    assert not outcome.differences, "\n\n".join(map(str, outcome.differences))
    # With doubt alone nothing would be shown.
    assert outcome.ended[PROVED] > 50
    assert outcome.ended[NOTHING] > 0
