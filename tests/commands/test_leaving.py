"""What leaves is said for one minor version: docs/versions.md, "How something leaves"."""

from __future__ import annotations

import re

import pytest

from crstandards.cli import main
from crstandards.commands.parser import LEAVING
from tests.builders import Repo, flow, write_solution
from tests.docs.documents import ROOT

SAID = "crstandards: {} leaves in 0.3.0; use {}\n"


@pytest.mark.parametrize("command", ["check", "hook pre-commit", "rules"])
def test_it_is_said_whenever_it_is_used(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    write_solution(repo.root, "ContosoHR", ["con_a"], {"Good": flow({"shared_office365": "con_a"})})
    repo.write(
        "pyproject.toml",
        "[tool.crstandards]\nserver.strict = true\nenvironments = [{name = 'a'}]\n",
    )
    repo.git("add", "--all")
    monkeypatch.chdir(repo.root)
    assert main(command.split()) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setitem(LEAVING, "check --fail-on", ("0.2.0", "0.3.0", "--severity"))
    monkeypatch.setitem(LEAVING, "server.strict", ("0.2.0", "0.3.0", "server.whole"))
    assert main([*command.split(), *(["--fail-on=error"] if command == "check" else [])]) == 0
    said = SAID.format("server.strict", "server.whole")
    option = SAID.format("check --fail-on", "--severity") if command == "check" else ""
    assert capsys.readouterr().err == option + said


def test_the_table_of_the_docs_is_the_same() -> None:
    page = (ROOT / "docs/versions.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+) \| (.*) \| (.*) \| (.*) \|$", page.partition("| gone in |")[2], re.MULTILINE)
    told = {what.strip("`"): tuple(rest) for what, *rest in rows if what not in ("---", "nothing so far")}
    assert told == LEAVING
