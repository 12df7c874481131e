"""CR901: source that cannot be read as what it is."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Solution, World


def check(solution: Solution, world: World) -> Iterator[Finding]:
    """One finding for each unreadable place."""
    for unreadable in solution.unreadable:
        name = unreadable.place.path.rpartition("/")[2]
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=unreadable.place,
            message=f"{name} cannot be checked: {unreadable.reason}.",
            help=(
                "Mend the file, or export and unpack the solution again. What cannot be read is never taken "
                "for clean."
            ),
            identity=(solution.base_name, unreadable.place.path, unreadable.reason),
        )


RULE = Rule(
    "CR901",
    "unreadable-source",
    "error",
    "source that cannot be read as what it is",
    per_solution=check,
)
