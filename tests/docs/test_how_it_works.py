"""The page on how-it-works has a word for each folder of the package, and names no file that is not there."""

from __future__ import annotations

import re

from tests.docs.documents import ROOT

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
