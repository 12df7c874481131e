"""Whether a configuration can only take findings away from what the fast path looks at."""

from __future__ import annotations

from crstandards.errors import FatalError
from crstandards.policy import BASELINE_FILE, CONFIG_FILE
from crstandards.rules.index import INDEX
from crstandards.source.json import decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any, NoReturn

_BIGGEST = 1024 * 1024
_PLAIN_KEYS = {"description-exceptions", "locked", "rules", "source"}
ANSWERED = frozenset(
    rule for rule, (need, _, _, is_proved) in INDEX.items() if is_proved or need != "solution"
)
"""The rules of which the fast path knows the answer: it proves them, or they are silent in a hook as long as
no environment is declared.
"""
_DOUBTED = [rule for rule in INDEX.keys() - ANSWERED if INDEX[rule][2] == "error"]


def is_harmless(contents: Mapping[str, bytes], changed: Collection[str]) -> bool:
    """Whether the configuration can only make fewer findings than the defaults, in these solutions.

    `contents` are the configuration files' by path, `changed` the paths that the commit changes: what
    a baseline let through may stand without it.
    """
    if _DOUBTED or any(len(content) > _BIGGEST for content in contents.values()):
        return False
    if not contents:
        return BASELINE_FILE not in changed
    if any(b"\n[[environments]]" in b"\n" + content for content in contents.values()):
        return False
    if list(contents) == [CONFIG_FILE] and _is_plain(contents[CONFIG_FILE]):
        return BASELINE_FILE not in changed
    # Reads all of TOML, and takes as long to load as a commit to be proved clean.
    from crstandards.policy.configuration import find_config

    try:
        config = find_config(contents.get)
    except FatalError:
        return False
    errors = {rule for rule, severity in config.rules.items() if severity == "error"} | set(config.locked)
    return (
        errors <= ANSWERED
        and not config.environments
        and not config.source.exclude
        and not config.source.vendored
        and config.baseline not in changed
    )


def _is_plain(content: bytes) -> bool:
    """Whether a `crstandards.toml` is valid and harmless, of one value a line and few kinds of them."""
    try:
        table = _simple_table(content.removeprefix(b"\xef\xbb\xbf").decode())
        return table.keys() <= _PLAIN_KEYS and _is_harmless_table(table)
    except (ValueError, AttributeError, TypeError):
        # It is written otherwise, or its values are of other kinds.
        return False


def _simple_table(text: str) -> dict[str, Any]:
    """What simple TOML says, in which a value is JSON too. Raises ValueError with any other."""
    root: dict[str, Any] = {}
    table = root
    read = decoder(dict, _refuse)
    for line in text.replace("\r\n", "\n").split("\n"):
        words = line.strip(" \t")
        if not words.replace("\t", " ").isprintable() or "\\" in words:
            raise ValueError(words)
        if not words or words.startswith("#"):
            continue
        key, _, value = (part.strip(" \t") for part in words.partition("="))
        if words in ("[rules]", "[source]") and words[1:-1] not in root:
            table = root[words[1:-1]] = {}
        elif key in table or value.startswith("{"):
            raise ValueError(words)
        else:
            table[key] = read(value)
    return root


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _is_harmless_table(table: Mapping[str, Any]) -> bool:
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
        and errors <= ANSWERED
        and weakened <= INDEX.keys() - {"CR901", *locked}
    )
