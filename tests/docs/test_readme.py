"""The README: what it tells to type does what it says, and its figures are those that were measured."""

from __future__ import annotations

import os
import re
import shlex

import pytest

from tests.docs.picture import files
from tests.support.builders import Repo
from tests.support.documents import ROOT, blocks_of

README = ROOT / "README.md"
TEXT = README.read_text("utf-8")
# Each line installs, and then does this.
DOES = [
    ("-m pip install -q .", "-m crstandards demo"),
    ('-m pip install -q -e ".[test]"', "-m pytest -q -n auto"),
]
SHELLS = [
    ("sh", "python3 -m venv .venv && {0} {1} && {0} {2}", ".venv/bin/python"),
    # `&&` is not known to the PowerShell that comes with Windows.
    ("powershell", "py -m venv .venv; {0} {1}; {0} {2}", r".venv\Scripts\python"),
]
# What a figure of the README is about, and how the page that measured it writes it.
FIGURES = [
    (r"of ([\d,]+) violations planted", "docs/accuracy.md", r"^\| all \| (\d+) \|"),
    (r"it found ([\d,]+), and", "docs/accuracy.md", r"^\| all \| \d+ \| (\d+) \| 0 \| 0 \|"),
    (
        r"([\d.]+) times what check-json",
        "docs/performance.md",
        r"^\| commit, 3 flows of .*`check-json`.*?\| ([\d.]+) \(",
    ),
]


@pytest.mark.parametrize(("install", "last"), DOES)
@pytest.mark.parametrize(("language", "line", "python"), SHELLS)
def test_there_is_one_line_for_each_shell(
    language: str, line: str, python: str, install: str, last: str
) -> None:
    given = [block.text.rstrip("\n") for block in blocks_of(README) if block.language == language]
    assert [text for text in given if last in text] == [line.format(python, install, last)]


def test_it_is_read_in_one_go() -> None:
    assert len(TEXT.splitlines()) <= 200


def test_its_picture_is_what_the_terminal_shows(export: Repo) -> None:
    for path, drawn in files(export).items():
        assert path in TEXT
        if os.environ.get("UPDATE_DOCS"):
            (ROOT / path).write_text(drawn, "utf-8", newline="\n")
        assert (ROOT / path).read_text("utf-8") == drawn, (
            "UPDATE_DOCS=1 python -m pytest tests/docs/test_readme.py"
        )


@pytest.mark.parametrize(("said", "page", "measured"), FIGURES)
def test_its_figures_are_those_that_were_measured(said: str, page: str, measured: str) -> None:
    [figure] = re.findall(said, TEXT)
    found = re.findall(measured, (ROOT / page).read_text("utf-8"), re.MULTILINE)
    assert found[:1] == [figure.replace(",", "")]


def test_what_measures_is_there() -> None:
    named = re.findall(r"\| `python -m (.+?)` \|", TEXT)
    paths = [path for line in named if line.startswith("pytest ") for path in shlex.split(line)[1:]]
    modules = [line.split()[0] for line in named if not line.startswith("pytest ")]
    assert len(named) == 6
    assert all((ROOT / path).exists() for path in paths)
    assert all((ROOT / module.replace(".", "/") / "__main__.py").exists() for module in modules)


def test_the_three_ways_in_can_be_gone(export: Repo) -> None:
    """Each command for a repository does what is said of it, in one that has two errors."""
    given = [
        line for block in blocks_of(README) if block.language == "sh" for line in block.text.splitlines()
    ]
    lines = [line.split()[1:] for line in given if line.startswith("crstandards ")]
    assert [line[0] for line in lines] == ["check", "init", "init", "hook"]
    server = export.root.parent / "team.git"
    export.git("clone", "--quiet", "--bare", ".", str(server))
    ended = []
    for line in lines:
        ran = export.crstandards(*(str(server) if part.startswith("/srv/") else part for part in line))
        ended.append((ran.status, ran.text))
    assert [status for status, _ in ended] == [1, 0, 0, 0]
    assert "crstandards.toml: " in ended[1][1]
    assert ".github/workflows/connection-references.yml: " in ended[2][1]
    assert (server / "hooks/pre-receive").exists()
