"""What a fix changes in a file, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.fixes.edits import editable_text

_NO_LINE_END = "\\ No newline at end of file"


def unified(path: str, before: bytes, after: bytes) -> str:
    """The difference of two versions of a file, by their text; a new one has no bytes before.

    Line ends are kept as they are.
    """
    from difflib import unified_diff

    old, new = ((editable_text(data) if data else "").split("\n") for data in (before, after))
    lines = unified_diff(_ended(old), _ended(new), _name(f"a/{path}"), _name(f"b/{path}"))
    return "".join(_closed(line) for line in lines)


def _name(path: str) -> str:
    """A file's name as git reads it: in quotes where it has odd characters, with a tab behind blanks."""
    if all(char.isprintable() and char not in '"\\' for char in path):
        return path + "\t" if " " in path else path
    bytes_ = path.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in bytes_) + '"'


def _ended(lines: list[str]) -> list[str]:
    *whole, rest = lines
    return [*(line + "\n" for line in whole), *([rest] if rest else [])]


def _closed(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n{_NO_LINE_END}\n"


def excerpt(diff: str, most: int = 40, width: int = 160) -> Iterator[str]:
    """A diff's lines as a person wants to see them at a question: not too many, none too long."""
    lines = diff.splitlines()
    for line in lines[:most]:
        yield line if len(line) <= width else line[: width - 3] + "..."
    if len(lines) > most:
        yield f"({len(lines) - most} more lines)"
