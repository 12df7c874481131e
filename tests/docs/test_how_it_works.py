"""The page on how-it-works has a word for each folder of the package, and names no file that is not there.

No module is longer than the guide for contributors says.
"""

from __future__ import annotations

import re

from tests.docs.documents import ROOT
from tests.size import size_of

PACKAGE = ROOT / "crstandards"


def rooms() -> set[str]:
    text = (ROOT / "docs/development/how-it-works.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name.removeprefix("crstandards/") for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_folder_has_a_row() -> None:
    folders = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert "rules/" in folders
    assert {room for room in rooms() if room.endswith("/")} == folders


def test_every_row_is_about_what_is_there() -> None:
    assert all((PACKAGE / room).exists() for room in rooms())


def test_no_module_is_too_long_to_read() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [most] = map(int, re.findall(r"Small modules of at most (\d+) lines", guide))
    assert [path.name for path in PACKAGE.rglob("*.py") if size_of(path).lines > most] == []
