"""The README's two commands: one line each, for both systems, with nothing to do before."""

from __future__ import annotations

import pytest

from tests.docs.documents import ROOT, blocks_of

INSTALLS_AND = {
    "demo": ("-m pip install -q .", "-m crstandards demo"),
    "tests": ('-m pip install -q -e ".[test]"', "-m pytest -q -n auto"),
}


def commands(language: str, last: str) -> list[str]:
    found = [block.text for block in blocks_of(ROOT / "README.md") if block.language == language]
    return [text.rstrip("\n") for text in found if last in text]


@pytest.mark.parametrize("name", INSTALLS_AND)
def test_there_is_one_line_for_linux(name: str) -> None:
    install, last = INSTALLS_AND[name]
    python = ".venv/bin/python"
    assert commands("sh", last) == [f"python3 -m venv .venv && {python} {install} && {python} {last}"]


@pytest.mark.parametrize("name", INSTALLS_AND)
def test_there_is_one_line_for_windows(name: str) -> None:
    install, last = INSTALLS_AND[name]
    # `&&` is not known to the PowerShell that comes with Windows.
    python = r".venv\Scripts\python"
    assert commands("powershell", last) == [f"py -m venv .venv; {python} {install}; {python} {last}"]
