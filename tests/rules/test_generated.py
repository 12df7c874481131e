"""What is generated from the rules and their pages is what stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from crstandards.rules import RULES
from tests.generated import ROOT, written


@pytest.mark.parametrize("path", written(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_is_up_to_date(path: Path) -> None:
    assert path.read_text("utf-8") == written()[path], "run python -m tests.generated"


def test_it_has_all_rules_in_order() -> None:
    ids = [rule.id for rule in RULES]
    assert ids == sorted(ids)
    for text in written().values():
        known = [rule for rule in ids if f'"{rule}"' in text or f"[{rule}]" in text]
        assert known == ids or known == [
            rule.id for rule in RULES if rule.severity == "error" and not rule.is_live
        ]
