"""What each run tries of many combinations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def crossed(ones: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Each of the ones with each of the others, for `parametrize`; a tuple stands for several parameters.

    Each run tries all of both at least once; the other combinations are slow.
    """
    turns = min(len(ones), len(others))
    return [
        pytest.param(*_several(one), *_several(other), marks=() if (i - j) % turns == 0 else pytest.mark.slow)
        for i, one in enumerate(ones)
        for j, other in enumerate(others)
    ]


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
