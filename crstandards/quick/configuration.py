"""Whether a configuration can only take findings away from what the fast path looks at."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping

from crstandards.errors import FatalError
from crstandards.policy import BASELINE_FILE, CONFIG_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BIGGEST = 1024 * 1024
_PLAIN_KEYS = {"description-exceptions", "locked", "rules", "source"}
PROVED = frozenset({"CR101", "CR104", "CR201", "CR202", "CR205", "CR501", "CR502", "CR503", "CR901"})
"""The rules of which a solution that is proved clean breaks none."""
SILENT = frozenset(
    {"CR301", "CR302", "CR303", "CR304", "CR504", "CR601", "CR602", "CR603", "CR604", "CR605", "CR902"}
)
"""Rules that say nothing in a hook as long as no environment is declared."""


def is_harmless(contents: Mapping[str, bytes], changed: Collection[str]) -> bool:
    """Whether the configuration can only make fewer findings than the defaults, in these solutions.

    `contents` are the configuration files' by path, `changed` the paths that the commit changes: what
    a baseline let through may stand without it.
    """
    if any(len(content) > _BIGGEST for content in contents.values()):
        return False
    if not contents:
        return BASELINE_FILE not in changed
    if list(contents) == [CONFIG_FILE]:
        table = _table(contents[CONFIG_FILE])
        if table is None or "environments" in table:
            return False
        if table.keys() <= _PLAIN_KEYS:
            return BASELINE_FILE not in changed and _is_plain(table)
    # Takes several times as long to load as what stands here.
    from crstandards.policy.config import find_config

    try:
        config = find_config(contents.get, _rule_ids())
    except FatalError:
        return False
    errors = {rule for rule, severity in config.rules.items() if severity == "error"} | set(config.locked)
    return (
        errors <= PROVED | SILENT
        and not config.environments
        and not config.source.exclude
        and not config.source.vendored
        and config.baseline not in changed
    )


def _table(content: bytes) -> dict[str, Any] | None:
    import tomllib

    try:
        return tomllib.loads(content.removeprefix(b"\xef\xbb\xbf").decode())
    except (ValueError, RecursionError):
        return None


def _is_plain(table: Mapping[str, Any]) -> bool:
    """Whether the usual few keys have values that are valid and harmless."""
    try:
        return _is_plain_table(table)
    except (AttributeError, TypeError):
        # They are of other kinds.
        return False


def _is_plain_table(table: Mapping[str, Any]) -> bool:
    rules, locked, source = table.get("rules", {}), table.get("locked", []), table.get("source", {})
    external = source.get("external-references", [])
    errors = {rule for rule, severity in rules.items() if severity == "error"} | set(locked)
    weakened = rules.keys() - {rule for rule, severity in rules.items() if severity == "error"}
    return (
        isinstance(locked, list)
        and isinstance(external, list)
        and isinstance(table.get("description-exceptions", True), bool)
        and source.keys() <= {"external-references"}
        and all(name.strip() for name in external)
        and all(severity in ("error", "warning", "note", "off") for severity in rules.values())
        and errors <= PROVED | SILENT
        and weakened <= _rule_ids() - {"CR901", *locked}
    )


def _rule_ids() -> frozenset[str]:
    """The ids of all rules, told by the names of their files: the rules themselves take long to load."""
    names = os.listdir(os.path.join(os.path.dirname(os.path.dirname(__file__)), "rules"))
    return frozenset(name[:5].upper() for name in names if re.fullmatch(r"cr\d{3}_\w+\.py", name))
