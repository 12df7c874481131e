"""Where else a flow's definition names its aliases: not as the host of an operation that is read.

Only what mends a flow needs to know: an alias that something else names cannot simply go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from crstandards.model import ALIAS_KEYS, Operation, Route
from crstandards.source.json import strings

_CONNECTIONS: Final = "$connections"

QUOTED: Final = r"\s*+(?:\?\s*+)?\[\s*+'((?:[^']|'')++)'\s*+\]"
"""An alias in quotes, as the key that an expression looks up, `?['it''s']`, behind what is looked into.

Nothing that was matched is given back: an expression can hold any number of blanks and quotes, and with
two places that take them, each number of them would be tried with each other.
"""
_NAMED = re.compile(rf"\$connections'\s*+[)\]]{QUOTED}", re.IGNORECASE)

ANY: Final = ""
"""Stands for all aliases: `$connections` is used without a literal alias behind it."""


def unquoted(text: str) -> str:
    """What stands between the quotes of an expression's text, in which two of them are one.

    >>> unquoted("it''s")
    "it's"
    """
    return text.replace("''", "'")


def named_elsewhere(
    text: str, definition: dict[str, Any], root: Route, operations: Collection[Operation]
) -> frozenset[str]:
    """The aliases, in lower case, that a definition names beside its operations' hosts; ANY for all.

    `text` is the flow's file, `root` the definition's route in it.
    """
    parameters = definition.get("parameters")
    declared = parameters.get(_CONNECTIONS) if isinstance(parameters, dict) else None
    default = declared.get("defaultValue") if isinstance(declared, dict) else None
    by_expression = sum(operation.is_by_expression for operation in operations)
    # Most flows name none, and counting shows it without a walk. An escape could hide one from that.
    if (
        not default
        and "\\u" not in text
        and text.lower().count(_CONNECTIONS) == by_expression + (declared is not None)
        and sum(text.count(f'"{key}"') for key in ALIAS_KEYS.values()) == len(operations) - by_expression
    ):
        return frozenset()
    hosts = {operation.alias_route for operation in operations}
    defaults = default if isinstance(default, dict) else {}
    return frozenset((*(alias.lower() for alias in defaults), *_named(definition, root, hosts)))


def uses_expressions(text: str, definition: dict[str, Any], operations: Collection[Operation]) -> bool:
    """Whether expressions in a flow, whose file's text is given, reach its connections."""
    if any(operation.is_by_expression for operation in operations):
        return True
    if "\\u" in text:
        return any(_CONNECTIONS in value.lower() for _, value in strings(definition, ()))
    parameters = definition.get("parameters")
    return text.lower().count(_CONNECTIONS) > (isinstance(parameters, dict) and _CONNECTIONS in parameters)


def _named(definition: dict[str, Any], root: Route, hosts: Collection[Route]) -> Iterator[str]:
    for route, value in strings(definition, root):
        if route[-1] in ALIAS_KEYS.values() and route not in hosts:
            yield value.lower()
        uses = value.lower().count(_CONNECTIONS)
        if uses > (route in hosts):
            aliases = [unquoted(alias).lower() for alias in _NAMED.findall(value)]
            yield from aliases
            if len(aliases) < uses:
                yield ANY
