"""Which of several references for one connector stands for them all: the one that the plan keeps."""

from __future__ import annotations

from collections.abc import Sequence

from crstandards.check.plan import Plan
from crstandards.model import ConnectionReference, Solution, World


def choice(
    references: Sequence[ConnectionReference], solution: Solution, world: World
) -> ConnectionReference:
    """The reference to keep."""
    if len(references) == 1:
        return references[0]
    family = Plan(world).family(solution, references[0].connector)
    return family.keep.reference if family else references[0]
