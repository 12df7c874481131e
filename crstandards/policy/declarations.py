"""What a team has decided about declared references: exceptions that rules look up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crstandards.model import ConnectionReference, Solution
from crstandards.policy.config import Config
from crstandards.policy.descriptions import described_exceptions, has_effect
from crstandards.policy.exceptions import excepted_references
from crstandards.policy.patterns import name_matches

if TYPE_CHECKING:
    from datetime import date


def declaration_exceptions(
    config: Config, as_of: date
) -> Callable[[str, Solution, ConnectionReference], bool]:
    """The test whether an exception from a rule covers a reference that a solution declares.

    Exceptions in the reference's own description count where the configuration honours them.
    """

    def is_excepted(rule: str, solution: Solution, reference: ConnectionReference) -> bool:
        patterns = excepted_references(
            config.exceptions,
            rule,
            solution.unique_name,
            reference.connector,
            as_of,
            path=reference.place.path,
            locked=config.locked,
        )
        if any(name_matches(pattern, reference.logical_name) for pattern in patterns):
            return True
        return any(
            (item.rule, item.reference.key) == (rule, reference.key) and has_effect(item, config.locked)
            for item in described_exceptions([solution], config)
        )

    return is_excepted
