"""What is asked of an inventory, and of which files."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, NamedTuple

from crstandards.inventory.accounts import Accounts


class Source(NamedTuple):
    """A file of an inventory: its name for reports, and how to open it."""

    path: str
    open: Callable[[], IO[bytes]]


class Asked(NamedTuple):
    """What an inventory is read for.

    `environment` is the name that the team has given it, `others` are the names of its other
    environments. `environment_id` is the platform's id, where it is known: connections of others are
    left out. Kept are the connections that `bound` or an export of references names, by id in lower
    case; with `keep_all` all of them, where there is no such export. With `nameless`, only the class of
    each owner is kept.
    """

    accounts: Accounts = Accounts()
    required_role: str = "System Administrator"
    environment: str = ""
    others: tuple[str, ...] = ()
    environment_id: str = ""
    bound: frozenset[str] = frozenset()
    keep_all: bool = False
    nameless: bool = False
