"""`crstandards config`: the values in force and where each came from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crstandards.cli import main


def values(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, tuple[object, str]]:
    assert main(["config", "--format", "json", *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    return {item["key"]: (item["value"], item["from"]) for item in document["values"]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_file_all_are_defaults(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = values(capsys)
    assert found["server.deadline"] == (4, "default")
    assert {origin for _, origin in found.values()} == {"default"}


def test_each_value_names_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "crstandards.toml").write_text(
        '[rules]\nCR504 = "error"\n\n[[exceptions]]\nrule = "CR201"\nreason = "x"\nexpires = 2027-01-01\n'
    )
    found = values(capsys)
    assert found["rules.CR504"] == ("error", "crstandards.toml:2")
    assert found["exceptions[0].expires"] == ("2027-01-01", "crstandards.toml:7")
    assert found["exceptions[0].connector"] == ("", "default")


def test_a_pyproject_table_counts_lines_of_that_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").write_text(
        "[project]\nname = 'x'\n\n[tool.crstandards]\nlocked = ['CR101']\n"
    )
    assert values(capsys)["locked"] == (["CR101"], "pyproject.toml:5")
    assert values(capsys, "--no-config")["locked"] == ([], "default")


def test_the_text_names_the_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.toml").write_text("locked = ['CR101']\n")
    assert main(["config", "--config", "other.toml"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Configuration: other.toml\n")
    assert 'locked = ["CR101"]' in shown
    assert "# other.toml:1" in shown
