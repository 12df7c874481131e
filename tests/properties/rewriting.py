"""Changes of a repository's files that change no meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from tests.accuracy.formats import decode, encode, random_style, write_json, write_xml

Files = dict[str, bytes]
Change = Callable[[Files, Random], Files]

_TAG = re.compile(r"<([\w.]+)((?:\s+[\w.:]+\s*=\s*\"[^\"]*\")+)\s*(/?)>")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def spell_anew(files: Files, random: Random) -> Files:
    """Indents, line ends, encodings, byte order marks, escapes, a line end last or none."""
    return {path: _spelled(path, data, random) for path, data in files.items()}


def _spelled(path: str, data: bytes, random: Random) -> bytes:
    style = random_style(random)
    if path.lower().endswith(".xml"):
        return write_xml(decode(data), style)
    text = decode(write_json(json.loads(decode(data)), style._replace(encoding="utf-8")))
    if random.random() < 0.3:
        text = text.replace("/", "\\/")
    if random.random() < 0.3:
        text = " \t\r\n" + text
    return write_json(json.loads(text), style) if random.random() < 0.2 else encode(text, style.encoding)


def order_attributes(files: Files, random: Random) -> Files:
    """Another order of an element's attributes, other quotes and blanks around them."""

    def tag(found: re.Match[str]) -> str:
        attributes = re.findall(r"([\w.:]+)\s*=\s*\"([^\"]*)\"", found[2])
        blanks = random.choice([" ", "\n  ", "\t"])
        written = [
            f"{name}='{value}'" if random.random() < 0.5 and "'" not in value else f'{name} = "{value}"'
            for name, value in random.sample(attributes, len(attributes))
        ]
        return f"<{found[1]}{blanks}{blanks.join(written)}{random.choice(['', blanks])}{found[3]}>"

    return {
        path: _TAG.sub(tag, decode(data)).encode() if path.lower().endswith(".xml") else data
        for path, data in files.items()
    }


def order_keys(files: Files, random: Random) -> Files:
    """Another order of every object's keys."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in random.sample(list(value), len(value))}
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    return {
        path: json.dumps(shuffled(json.loads(decode(data)))).encode() if path.endswith(".json") else data
        for path, data in files.items()
    }


def change_guids(files: Files, random: Random) -> Files:
    """GUIDs in capitals or small letters, in names and in files."""
    change = random.choice([str.lower, str.upper])

    def changed(text: str) -> str:
        return _GUID.sub(lambda found: change(found[0]), text)

    return {
        changed(path): changed(decode(data)).encode() if path.endswith(".xml") else data
        for path, data in files.items()
    }


def add_comments(files: Files, random: Random) -> Files:
    """Comments and processing instructions between XML elements."""
    extra = ["<!-- <connectionreference/> -->", "<?a <connectionreference/>?>", "\r\n", ""]
    return {
        path: re.sub(
            r"(?<=>)\s*\n\s*(?=<)", lambda found: found[0] + random.choice(extra), decode(data)
        ).encode()
        if path.lower().endswith(".xml")
        else data
        for path, data in files.items()
    }


def refer_to_characters(files: Files, random: Random) -> Files:
    """Characters of XML texts written by their numbers."""

    def numbered(found: re.Match[str]) -> str:
        number = ord(found[0])
        return random.choice([found[0], found[0], f"&#{number};", f"&#x{number:x};"])

    def text(found: re.Match[str]) -> str:
        return re.sub(r"\w", numbered, found[0])

    return {
        path: re.sub(r"(?<=>)[^<>&]+(?=<)", text, decode(data)).encode()
        if path.lower().endswith(".xml")
        else data
        for path, data in files.items()
    }


ALIKE: dict[str, Change] = {
    "spell anew": spell_anew,
    "order attributes": order_attributes,
    "change GUIDs": change_guids,
    "add comments": add_comments,
    "refer to characters": refer_to_characters,
}
"""After these, every message is the same, too."""

REORDERED: dict[str, Change] = {"order keys": order_keys}
"""After these, a message may name the same operations in another order."""
