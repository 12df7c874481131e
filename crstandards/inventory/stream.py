"""Exports read piece by piece: JSON of any size, of which one item of a list is in memory at a time.

Only the window around the item being read is kept; the C scanner decodes each item in one go.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterator
from typing import IO, Any, Literal, NamedTuple

from crstandards.source.text import SourceError, encoding_of, refuse_placeholder

CHUNK = 1 << 20
MAX_ITEM = 1 << 24
"""The most characters that one item may have: more is no export, or broken near its beginning."""

_BLANK = " \t\r\n"
_DECODER = json.JSONDecoder()


class Item(NamedTuple):
    """One item of a list: of the document itself (`list` is ""), or of the member of that name."""

    list: str
    value: Any


class Rest(NamedTuple):
    """The members of an object at the top; of those whose lists came as items, an empty list is left."""

    members: dict[str, Any]


class Text:
    """A stream of bytes as text of which only a window is held, decoded by its byte order mark.

    `items` counts the items of lists that have been begun.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        head = stream.read(CHUNK)
        refuse_placeholder(head)
        encoding, mark = encoding_of(head)
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._held = ""
        self._at = 0
        self._before = 0
        self._ended = False
        self.items = 0
        self._append(head[mark:])

    def peek(self) -> str:
        """The next character that is not blank, or "" at the end."""
        while True:
            while self._at < len(self._held):
                char = self._held[self._at]
                if char not in _BLANK:
                    return char
                self._at += 1
            if not self._more():
                return ""

    def skip(self, char: str) -> None:
        """Go past a character that must come next."""
        found = self.peek()
        if found != char:
            raise self._broken(f"expecting {char!r}")
        self._at += 1

    def value(self) -> Any:
        """Read the JSON value that comes next."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                if self._ended or len(self._held) - self._at > MAX_ITEM:
                    raise self._unreadable(error) from None
            except ValueError:
                raise self._broken("a number is too long") from None
            except RecursionError:
                raise self._broken("it is nested too deep") from None
            else:
                # A number that ends where the window does may go on behind it.
                if end < len(self._held) or self._ended:
                    self._at = end
                    return value
            self._more()

    def lines(self) -> Iterator[str]:
        """What is left, line by line."""
        while True:
            end = self._held.find("\n", self._at)
            if end < 0:
                if len(self._held) - self._at <= MAX_ITEM and self._more():
                    continue
                end = len(self._held)
            if self._at >= len(self._held):
                return
            line = self._held[self._at : end]
            self._at = end + 1
            yield line.rstrip("\r")

    def _more(self) -> bool:
        if self._ended:
            return False
        # As much again as is held: an item longer than the window is scanned few times only.
        data = self._stream.read(max(CHUNK, len(self._held) - self._at))
        self._before += self._at
        self._held = self._held[self._at :]
        self._at = 0
        self._append(data)
        return bool(data)

    def _append(self, data: bytes) -> None:
        self._ended = not data
        try:
            self._held += self._decoder.decode(data, self._ended)
        except UnicodeDecodeError as error:
            if self._ended:
                raise SourceError("it ends in the middle of a character: it was cut off") from None
            raise SourceError(f"it is not {self._encoding.upper()} text: {error.reason}") from None

    def _unreadable(self, error: json.JSONDecodeError) -> SourceError:
        left = len(self._held.rstrip())
        if self._ended and (error.pos >= left or error.msg.startswith("Unterminated string")):
            return SourceError("it ends in the middle: it was cut off when it was written or fetched")
        self._at = error.pos
        return self._broken(f"{error.msg[:1].lower()}{error.msg[1:]}")

    def _broken(self, reason: str) -> SourceError:
        if self._ended and self._at >= len(self._held):
            return SourceError("it ends in the middle: it was cut off when it was written or fetched")
        return SourceError(f"it is not JSON: {reason} at character {self._before + self._at + 1:,}")


def form_of(text: Text) -> Literal["json", "text"]:
    """Whether JSON comes next, or other text; a file of nothing at all is no `Text`."""
    return "json" if text.peek() in ("{", "[") else "text"


def pieces(text: Text, listed: Collection[str]) -> Iterator[Item | Rest]:
    """The items of one or several JSON documents, one after the other.

    A document is a list, or an object with lists under the names in `listed`; after those follows the
    rest of the object. Raises SourceError for what is not JSON.
    """
    while text.peek():
        if text.peek() == "[":
            yield from (Item("", value) for value in _items(text))
        elif text.peek() == "{":
            rest: dict[str, Any] = {}
            for key in _members(text):
                if key in listed and text.peek() == "[":
                    rest[key] = []
                    yield from (Item(key, value) for value in _items(text))
                else:
                    rest[key] = text.value()
            yield Rest(rest)
        else:
            raise SourceError("it is not a list or an object of JSON")


def _items(text: Text) -> Iterator[Any]:
    text.skip("[")
    if text.peek() == "]":
        text.skip("]")
        return
    while True:
        text.items += 1
        yield text.value()
        if text.peek() == "]":
            text.skip("]")
            return
        text.skip(",")


def _members(text: Text) -> Iterator[str]:
    """The keys of an object; whoever iterates reads each value."""
    text.skip("{")
    if text.peek() == "}":
        text.skip("}")
        return
    while True:
        if text.peek() != '"':
            text.skip('"')
        key = text.value()
        text.skip(":")
        yield str(key)
        if text.peek() == "}":
            text.skip("}")
            return
        text.skip(",")
