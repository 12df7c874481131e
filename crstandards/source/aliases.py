"""What the texts in a flow's definition say: aliases in expressions, and literal connections."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from crstandards.model import ALIAS_KEYS, EmbeddedConnection, HostForm, Operation
from crstandards.places import Route
from crstandards.source.json import strings

_CONNECTIONS: Final = "$connections"

QUOTED: Final = r"\s*+(?:\?\s*+)?\[\s*+'((?:[^']|'')++)'\s*+\]"
"""An alias in quotes, as the key that an expression looks up, `?['it''s']`, behind what is looked into.

Nothing that was matched is given back: an expression can hold any number of blanks and quotes, and with
two places that take them, each number of them would be tried with each other.
"""
_PARAMETERS = re.compile(rf"@\{{?\s*parameters\s*\(\s*'\$connections'\s*\){QUOTED}", re.IGNORECASE)
_TOKENS = re.compile("x-ms-apim-tokens", re.IGNORECASE)
_KEY = re.compile(rf"\[\s*'\$connections'\s*\](?={QUOTED})", re.IGNORECASE)
_GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4,12}"
_NAME = rf"shared-[a-z0-9]+(?:-[a-z0-9]+)*?-{_GUID}(?:-[0-9a-f]+)?"
_LITERAL = re.compile(
    rf"(?:/apis/[^/'\"@{{}}\s]+/connections/(?P<bound>[a-z0-9][\w-]*)"
    rf"|/connections/(?P<known>[0-9a-f]{{32}}|{_NAME}|{_GUID})(?![\w-])"
    # Not after a dot: some references are called prefix_bot.shared_x.shared-x-<guid>.
    rf"|(?<![\w.-])(?P<plain>{_NAME})(?![\w-]))",
    re.IGNORECASE,
)
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

    `text` is the flow's file, `root` the definition's route in it. Only what mends a flow needs to know: an
    alias that something else names cannot simply go.
    """
    declared = _declared(definition)
    by_expression = sum(operation.is_by_expression for operation in operations)
    # Most flows name none, and counting shows it without a walk. An escape could hide one from that.
    if (
        not (isinstance(declared, dict) and declared.get("defaultValue"))
        and "\\u" not in text
        and text.lower().count(_CONNECTIONS) == by_expression + (declared is not None)
        and sum(text.count(f'"{key}"') for key in ALIAS_KEYS.values()) == len(operations) - by_expression
    ):
        return frozenset()
    hosts = {operation.alias_route for operation in operations}
    return frozenset((*map(str.lower, _defaults(definition)), *_named(definition, root, hosts)))


def _declared(definition: dict[str, Any]) -> Any:
    parameters = definition.get("parameters")
    return parameters.get(_CONNECTIONS) if isinstance(parameters, dict) else None


def _defaults(definition: dict[str, Any]) -> dict[str, Any]:
    """The connections that a definition's parameters hold themselves, by alias."""
    declared = _declared(definition)
    default = declared.get("defaultValue") if isinstance(declared, dict) else None
    return default if isinstance(default, dict) else {}


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


def alias_in(expression: Any) -> tuple[str, HostForm] | None:
    """The alias that a host's `connection.name` expression points at, and in which form."""
    found = _alias(expression) if isinstance(expression, str) else None
    return found and (unquoted(found[1]), "parameters" if found.re is _PARAMETERS else "token")


def alias_span(expression: str) -> tuple[int, int] | None:
    """Where `alias_in` finds the alias in an expression, between the quotes."""
    found = _alias(expression)
    return found and found.span(1)


def _alias(expression: str) -> re.Match[str] | None:
    """The alias that an expression names, as group 1: of the connections that the caller's token holds, the
    last one.
    """
    token = None if (found := _PARAMETERS.search(expression)) else _TOKENS.search(expression)
    named = _KEY.finditer(expression, token.end()) if token else ()
    return found or max(named, key=re.Match.start, default=None)


def embedded(text: str, definition: dict[str, Any], root: Route) -> Iterator[EmbeddedConnection]:
    """The literal connections in a definition; `text` and `root` are as in `named_elsewhere`."""
    default: Route = (*root, "parameters", _CONNECTIONS, "defaultValue")
    for alias, value in _defaults(definition).items():
        yield EmbeddedConnection(_default_connection(value) or alias, (*default, alias))
    folded = text.lower()
    # Escapes can spell what we look for in other letters; then only the values themselves tell.
    if not any(mark in folded for mark in ("/connections/", "shared-", "\\/", "\\u")):
        return
    for route, value in strings(definition, root):
        if route[: len(default)] == default or _is_alias(route, value):
            continue
        for found in _LITERAL.finditer(value):
            yield EmbeddedConnection(found["bound"] or found["known"] or found["plain"], route)


def _is_alias(route: Route, value: str) -> bool:
    """Whether this is where an operation names its alias, which can look like a connection's name."""
    if route[-4:] == ("inputs", "host", "connection", "name"):
        return alias_in(value) is not None
    return route[-3:-1] == ("inputs", "host") and route[-1] in ALIAS_KEYS.values()


def _default_connection(value: Any) -> str:
    if isinstance(value, dict):
        for key in ("connectionId", "connectionName", "id"):
            if isinstance(value.get(key), str):
                return str(value[key]).rpartition("/")[2]
    return ""
