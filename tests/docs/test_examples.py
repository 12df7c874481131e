"""The examples in the documentation are what crstandards takes and says.

`UPDATE_DOCS=1 python -m pytest tests/docs` writes what it says now into the pages.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys

import pytest
import yaml

from crstandards.policy.configuration import parse_config
from tests.support.builders import Repo
from tests.support.documents import Block, blocks

# The repositories that a block's words stand for.
_FIXTURES = {
    "owners": "owners",
    "clean": "contoso",
    "server": "pushing",
    "policy": "relenting",
    "history": "history",
    "github": "github",
    "gitlab": "gitlab",
    "described": "described",
    "codepage": "codepage",
    "misspelt": "misspelt",
    "orphaned": "orphaned",
}
# As they stand before a test writes into their page.
_TOML = blocks("toml")
# For what a reader of the page types in any shell.
_CAT = "import pathlib, sys; sys.stdout.write(pathlib.Path(sys.argv[1]).read_text('utf-8'))"
# git fills up what it passes on from a server.
_FILLED = re.compile(r"^(remote:.*?) +$", re.MULTILINE)


def by_place(block: Block) -> str:
    return block.place


@pytest.mark.parametrize("block", _TOML, ids=by_place)
def test_configurations_are_valid(block: Block) -> None:
    content = block.text.encode()
    if "[tool.crstandards" in block.text:
        assert parse_config(content, "pyproject.toml").path
    else:
        parse_config(content, block.place)


@pytest.mark.parametrize("block", blocks("json"), ids=by_place)
def test_json_parses(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("yaml"), ids=by_place)
def test_yaml_parses(block: Block) -> None:
    yaml.safe_load(block.text)


@pytest.mark.parametrize("block", blocks("python"), ids=by_place)
def test_python_runs(block: Block, export: Repo) -> None:
    ran = export.run((sys.executable, "-c", block.text))
    assert ran.status == 0, ran.text


@pytest.mark.parametrize("block", blocks("console"), ids=by_place)
def test_commands_say_what_stands_there(block: Block, request: pytest.FixtureRequest) -> None:
    fixture = next((_FIXTURES[word] for word in block.words if word in _FIXTURES), "export")
    repo: Repo = request.getfixturevalue(fixture)
    if "configured" in block.words:
        repo.write("crstandards.toml", _toml_above(block))
    said = "".join(
        _said(repo, line) for line in block.text.splitlines(keepends=True) if line.startswith("$ ")
    )
    whole = "\n...\n" not in block.text
    if whole and not _fits(block.text, said) and os.environ.get("UPDATE_DOCS"):
        page = block.page.read_text("utf-8")
        head = " ".join(("```console", *block.words)) + "\n"
        assert page.count(f"{head}{block.text}```") == 1
        page = page.replace(f"{head}{block.text}```", f"{head}{said}```")
        block.page.write_text(page, "utf-8", newline="\n")
        return
    assert _fits(block.text, said), f"{block.place} should read:\n{said}"


@pytest.mark.parametrize("block", blocks("mermaid"), ids=by_place)
def test_drawings_are_the_maps_that_are_shown(block: Block, export: Repo) -> None:
    assert block.text == export.crstandards("graph").out


def _toml_above(block: Block) -> str:
    """The configuration that a page shows last before a block."""
    above = [one for one in _TOML if one.page == block.page and one.line < block.line]
    return above[-1].text


def _said(repo: Repo, line: str) -> str:
    program, *arguments = shlex.split(line[2:])
    programs = {
        "crstandards": (sys.executable, "-m", "crstandards"),
        "git": ("git",),
        "cat": (sys.executable, "-c", _CAT),
    }
    ran = repo.run((*programs[program], *arguments))
    return line + _FILLED.sub(r"\1", ran.out + ran.err)


def _fits(text: str, said: str) -> bool:
    """Whether a block says what was said; a line `...` stands for any lines."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", text, flags=re.MULTILINE)]
    return re.fullmatch("(?s:.*)".join(parts), said) is not None
