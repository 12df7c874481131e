"""JSON of any size, of which one item of a list is in memory at a time.

Only the window around the item being read is kept; the C scanner decodes each item in one go.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterator
from functools import partial
from itertools import chain, islice
from typing import IO, Any

from crstandards.source.text import SourceError, encoding_of, refuse_placeholder

CHUNK = 1 << 20
MAX_ITEM = 1 << 24
"""The most characters that one item may have: more is no export, or broken near its beginning."""

_NOT_BLANK = re.compile(r"[^ \t\r\n]")
_DECODER = json.JSONDecoder()


class Text:
    """A stream of bytes as text of which only a window is held, decoded by its byte order mark.

    `items` counts the items of lists that have been begun.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        head = stream.read(CHUNK)
        refuse_placeholder(head)
        self._encoding, mark = encoding_of(head)
        chunks = chain((head[mark:],), iter(partial(stream.read, CHUNK), b""))
        self._chunks = codecs.iterdecode(chunks, self._encoding)
        self._held, self._is_ended = "", False
        self._at = self._before = self.items = 0

    def peek(self) -> str:
        """The next character that is not blank, or "" at the end."""
        while True:
            found = _NOT_BLANK.search(self._held, self._at)
            self._at = found.start() if found else len(self._held)
            if found or not self._more():
                return found[0] if found else ""

    def skip(self, char: str) -> None:
        """Go past a character that must come next."""
        if self.peek() != char:
            raise self._broken(f"expecting {char!r}", self._at)
        self._at += 1

    def value(self) -> Any:
        """Read the JSON value that comes next."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._at)
            except json.JSONDecodeError as error:
                if self._is_ended or len(self._held) - self._at > MAX_ITEM:
                    is_cut_off = self._is_ended and error.msg.startswith("Unterminated string")
                    at = len(self._held) if is_cut_off else error.pos
                    raise self._broken(error.msg[:1].lower() + error.msg[1:], at) from None
            except ValueError:
                raise self._broken("a number is too long", self._at) from None
            except RecursionError:
                raise self._broken("it is nested too deep", self._at) from None
            else:
                # A number that ends where the window does may go on behind it.
                if end < len(self._held) or self._is_ended:
                    self._at = end
                    return value
            self._more()

    def within(self, brackets: str) -> Iterator[None]:
        """Stop before each item or member between brackets, for whoever iterates to read it."""
        self.skip(brackets[0])
        is_open = self.peek() != brackets[1]
        while is_open:
            yield
            is_open = self.peek() != brackets[1]
            if is_open:
                self.skip(",")
        self.skip(brackets[1])

    def values(self) -> Iterator[Any]:
        """The items of the list that comes next."""
        for _ in self.within("[]"):
            self.items += 1
            yield self.value()

    def rest(self) -> str:
        """All that is left. Raises SourceError where that is too long to be held at once."""
        while self._more():
            if len(self._held) > MAX_ITEM:
                raise SourceError(f"it is no JSON, and has more than {MAX_ITEM:,} characters")
        return self._held[self._at :]

    def _more(self) -> bool:
        rest = self._held[self._at :]
        try:
            # As much again as is held: an item longer than the window is scanned few times only.
            more = "".join(islice(self._chunks, 1 + len(rest) // CHUNK))
        except UnicodeDecodeError as error:
            if error.reason in ("unexpected end of data", "truncated data"):
                raise SourceError("it ends in the middle of a character: it was cut off") from None
            raise SourceError(f"it is not {self._encoding.upper()} text: {error.reason}") from None
        self._before += self._at
        self._held, self._at, self._is_ended = rest + more, 0, not more
        return bool(more)

    def _broken(self, reason: str, at: int) -> SourceError:
        if self._is_ended and at >= len(self._held.rstrip()):
            return SourceError("it ends in the middle: it was cut off when it was written or fetched")
        return SourceError(f"it is not JSON: {reason} at character {self._before + at + 1:,}")


def pieces(text: Text, listed: Collection[str | None]) -> Iterator[tuple[str | None, Any]]:
    """The items of one or several JSON documents, one after the other, each with the name of its list.

    A document is a list, whose name is "", or an object with lists under the names in `listed`. After
    those come, under None, all members of the object; of the lists, empty ones are left. Raises
    SourceError for what is not JSON.
    """
    while char := text.peek():
        if char == "[":
            yield from (("", value) for value in text.values())
        elif char == "{":
            members: dict[str, Any] = {}
            for _ in text.within("{}"):
                if text.peek() != '"':
                    text.skip('"')
                key = text.value()
                text.skip(":")
                if key in listed and text.peek() == "[":
                    members[key] = []
                    yield from ((key, value) for value in text.values())
                else:
                    members[key] = text.value()
            yield None, members
        else:
            raise SourceError("it is not a list or an object of JSON")
