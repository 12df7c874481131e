"""`rules`: each rule with the severity it has here, and where that comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crstandards.cli import main
from crstandards.rules import RULES
from tests.support.builders import Repo

CONFIGURATION = """\
locked = ["CR101"]

[rules]
CR201 = "warning"
CR205 = "off"

[[environments]]
name = "contoso-dev"
rules = { CR201 = "off", CR502 = "error" }
"""


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, dict[str, Any]]:
    assert main(["rules", "--format", "json", *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "crstandards/rules/1"
    return {entry["id"]: entry for entry in document["rules"]}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_configuration_all_are_at_their_defaults(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = listed(capsys)
    assert list(rules) == [rule.id for rule in RULES]
    for rule in RULES:
        assert rules[rule.id] == {
            "id": rule.id,
            "name": rule.name,
            "severity": rule.severity,
            "from": "fixed" if rule.id == "CR901" else "default",
            "default": rule.severity,
            "environments": {},
            "summary": rule.summary,
            "since": rule.since,
        }


def test_a_configuration_decides_and_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "crstandards.toml").write_text(CONFIGURATION)
    rules = listed(capsys)
    assert _said(rules["CR101"]) == ("error", "locked", {})
    assert _said(rules["CR201"]) == ("warning", "crstandards.toml", {"contoso-dev": "off"})
    assert _said(rules["CR205"]) == ("off", "crstandards.toml", {})
    assert _said(rules["CR502"]) == ("error", "default", {})
    assert _said(rules["CR901"]) == ("error", "fixed", {})


def test_the_text_says_the_same(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "crstandards.toml").write_text(CONFIGURATION)
    assert main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "CR101 raw-connection: error (locked)" in lines
    assert "CR201 duplicate-connector: warning (crstandards.toml; default: error), off in" in lines
    assert "CR502 unknown-alias: error" in lines
    assert "CR901 unreadable-source: error (always)" in lines
    for rule in RULES:
        assert rule.summary.split()[0] in " ".join(lines)
    assert all(len(line) <= 80 for line in lines)


def test_inside_a_repository_the_configuration_is_the_one_at_its_root(
    repo: Repo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("pyproject.toml", '[tool.crstandards.rules]\nCR201 = "warning"\n')
    (repo.root / "src").mkdir()
    monkeypatch.chdir(repo.root / "src")
    assert _said(listed(capsys)["CR201"]) == ("warning", "pyproject.toml", {})


def _said(entry: dict[str, Any]) -> tuple[str, str, dict[str, str]]:
    return entry["severity"], entry["from"], entry["environments"]
