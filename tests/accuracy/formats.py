"""Reading and writing source in all the forms that real files have: encodings, line ends, indents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

Json = dict[str, Any]

_MARKS = {
    "utf-8-sig": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
}


class Style(NamedTuple):
    """How a text file is written. `indent` is for JSON; None puts all on one line."""

    encoding: str = "utf-8"
    newline: str = "\n"
    indent: int | str | None = 2
    ascii_only: bool = False
    final_newline: bool = False


def decode(data: bytes) -> str:
    """A file's text, its line ends as they are."""
    for encoding, mark in _MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding.removesuffix("-sig"))
    return data.decode("utf-8")


def encode(text: str, encoding: str) -> bytes:
    """A text with the byte order mark that its encoding needs."""
    return _MARKS.get(encoding, b"") + text.encode(encoding.removesuffix("-sig"))


def style_of(data: bytes) -> Style:
    """The style of a file, as far as keeping it matters."""
    encoding = next((name for name, mark in _MARKS.items() if data.startswith(mark)), "utf-8")
    text = decode(data)
    newline = "\r\n" if "\r\n" in text else "\n"
    return Style(encoding, newline, 2 if "\n" in text.strip() else None, False, text.endswith("\n"))


def random_style(random: Random) -> Style:
    """Any style that was seen in real repositories."""
    return Style(
        random.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]),
        random.choice(["\n", "\r\n"]),
        random.choice([2, 4, "\t", None, 0]),
        random.random() < 0.3,
        random.random() < 0.5,
    )


def read_json(data: bytes) -> Any:
    """A JSON file's document."""
    return json.loads(decode(data))


def write_json(document: Any, style: Style) -> bytes:
    """A JSON file in a style."""
    text = json.dumps(document, indent=style.indent, ensure_ascii=style.ascii_only)
    text += "\n" if style.final_newline else ""
    return encode(text.replace("\n", style.newline), style.encoding)


def write_xml(text: str, style: Style) -> bytes:
    """An XML file in a style; its declaration says the encoding."""
    named = "utf-16" if style.encoding.startswith("utf-16") else "utf-8"
    text = re.sub(r"^<\?xml[^>]*\?>\s*", "", text)
    text = f'<?xml version="1.0" encoding="{named}"?>\n{text}'
    return encode(text.replace("\r\n", "\n").replace("\n", style.newline), style.encoding)


def holders(value: Any) -> Iterator[Json]:
    """Every object of a definition that holds `actions`, from the outermost on."""
    if isinstance(value, dict):
        if isinstance(value.get("actions"), dict):
            yield value
        for member in value.values():
            yield from holders(member)


def operations(definition: Json) -> Iterator[Json]:
    """Every trigger and action of a definition."""
    yield from (definition.get("triggers") or {}).values()
    for holder in holders(definition):
        yield from (action for action in holder["actions"].values() if isinstance(action, dict))


def nested(operation: Json, name: str, depth: int, random: Random) -> tuple[str, Json]:
    """An operation inside containers of any kind, as deep as is said; returns the outermost."""
    for level in range(depth):
        inner = {name: operation}
        kind = random.choice(list(_CONTAINERS))
        name = f"{kind}_{level}"
        operation = _CONTAINERS[kind](inner)
        if random.random() < 0.3:
            operation["type"] = operation["type"].lower()
    return name, operation


_NOTHING: Json = {"Compose": {"runAfter": {}, "type": "Compose", "inputs": "nothing"}}
_CONTAINERS: dict[str, Callable[[Json], Json]] = {
    "Scope": lambda inner: {"type": "Scope", "actions": inner, "runAfter": {}},
    "If": lambda inner: {"type": "If", "expression": {}, "actions": inner, "runAfter": {}},
    "Else": lambda inner: {
        "type": "If",
        "expression": {},
        "actions": dict(_NOTHING),
        "else": {"actions": inner},
        "runAfter": {},
    },
    "Case": lambda inner: {
        "type": "Switch",
        "expression": "@1",
        "cases": {"One": {"case": 1, "actions": {}}, "Two": {"case": 2, "actions": inner}},
        "default": {"actions": {}},
        "runAfter": {},
    },
    "Default": lambda inner: {
        "type": "Switch",
        "expression": "@1",
        "cases": {"One": {"case": 1, "actions": dict(_NOTHING)}},
        "default": {"actions": inner},
        "runAfter": {},
    },
    "Foreach": lambda inner: {"type": "Foreach", "foreach": "@x", "actions": inner, "runAfter": {}},
    "Until": lambda inner: {"type": "Until", "expression": "@y", "limit": {}, "actions": inner},
}
