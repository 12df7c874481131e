"""Counts what there is to read: modules, statements, lines and tokens of the package and of the tests.

    python -m tests.size

A statement is an `ast.stmt`; a token is one that Python's tokenizer gives. Lines include docstrings, comments
and blank ones. Of the tests, the files of expected words and the small solutions count as lines.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Size(NamedTuple):
    """How much some files hold."""

    modules: int = 0
    statements: int = 0
    lines: int = 0
    tokens: int = 0

    def plus(self, other: Size) -> Size:
        """Both together."""
        return Size(*(one + another for one, another in zip(self, other, strict=True)))


def size_of(path: Path) -> Size:
    """The size of one module."""
    text = path.read_text("utf-8")
    statements = sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(text)))
    tokens = sum(1 for _ in tokenize.generate_tokens(io.StringIO(text).readline))
    return Size(1, statements, text.count("\n"), tokens)


def total(paths: Iterable[Path]) -> Size:
    """The sum over modules."""
    found = Size()
    for path in paths:
        found = found.plus(size_of(path))
    return found


def main() -> int:
    """Print a row for each room of the package, and the sums."""
    package = ROOT / "crstandards"
    rooms = {path.relative_to(package).parts[0] for path in package.rglob("*.py")}
    sizes = {room: total(_modules(package / room)) for room in rooms}
    print(f"{'room':24}{'modules':>9}{'statements':>12}{'lines':>8}{'tokens':>9}")
    for room, size in sorted(sizes.items(), key=lambda item: -item[1].statements):
        _print(room, size)
    _print("crstandards", total(package.rglob("*.py")))
    _print("tests", total((ROOT / "tests").rglob("*.py")))
    golden = [
        path for path in (ROOT / "tests").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")
    ]
    lines = sum(path.read_bytes().count(b"\n") for path in golden)
    print(f"{'tests, other files':24}{len(golden):9}{lines:20}")
    return 0


def _modules(path: Path) -> Iterable[Path]:
    return path.rglob("*.py") if path.is_dir() else [path]


def _print(name: str, size: Size) -> None:
    print(f"{name:24}{size.modules:9}{size.statements:12}{size.lines:8}{size.tokens:9}")


if __name__ == "__main__":
    raise SystemExit(main())
