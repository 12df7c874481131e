"""Which of several references for one connector stands for them all: the one that CR201 names."""

from __future__ import annotations

from collections.abc import Sequence

from crstandards.model import ConnectionReference, Solution, World
from crstandards.rules.duplicates import kept
from crstandards.rules.usage import users_of


def choice(
    references: Sequence[ConnectionReference], solution: Solution, world: World
) -> ConnectionReference:
    """The reference to keep."""
    if len(references) == 1:
        return references[0]
    users = users_of(solution, world)
    return kept(references, {item.key: len(users.get(item.key, ())) for item in references})
