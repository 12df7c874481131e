"""The ways in which one and the same text can stand in a file."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

MARKS = {
    "utf-8": b"",
    "utf-8 with mark": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-16-le without mark": b"",
}
INDENTS: tuple[str | None, ...] = ("  ", "    ", "\t", None)
LINE_ENDS = ("\n", "\r\n")


class Spelling(NamedTuple):
    """An encoding (a key of MARKS), a line end, an indent (None: all in one line), a last line end."""

    encoding: str = "utf-8"
    line_end: str = "\n"
    indent: str | None = "  "
    ends: bool = False
    escapes: bool = False

    def json(self, document: Any) -> bytes:
        """A JSON document so spelled."""
        text = json.dumps(
            document,
            indent=self.indent,
            ensure_ascii=self.escapes,
            separators=(",", ":") if self.indent is None else None,
        )
        return self.text(text + ("\n" if self.ends else ""))

    def text(self, text: str) -> bytes:
        """A text so spelled; its indents stay."""
        codec = self.encoding.partition(" ")[0]
        return MARKS[self.encoding] + text.replace("\n", self.line_end).encode(codec)

    def read(self, data: bytes) -> str:
        """The text of a file so spelled, with plain line ends."""
        assert data.startswith(MARKS[self.encoding])
        text = data[len(MARKS[self.encoding]) :].decode(self.encoding.partition(" ")[0])
        assert text.count("\n") == text.count(self.line_end)
        return text.replace(self.line_end, "\n")
