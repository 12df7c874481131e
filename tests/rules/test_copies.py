"""Findings in a copy of a solution that is only kept say so, with the pattern that leaves it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import raw_flow, write_files, write_solution, yaml_files
from tests.support.checks import found

RAW = {"Raw": raw_flow()}


def said(root: Path) -> dict[str, str]:
    """What the last line of help says of each raw connection, by the folder."""
    reported = found(root, "CR101")
    return {item.span.path.partition("/Workflows")[0]: item.finding.help.split("\n")[-1] for item in reported}


def test_an_older_version_names_the_newer_one(tmp_path: Path) -> None:
    write_solution(tmp_path / "a", "ContosoHR", [], RAW, version="1.9.0.0")
    write_solution(tmp_path / "b", "ContosoHR", [], RAW, version="1.10.0.0")
    told = said(tmp_path)
    assert "(b holds version 1.10.0.0, and this is 1.9.0.0)" in told["a"]
    assert '[source] exclude = ["a/**"]' in told["a"]
    assert "only kept" not in told["b"]


@pytest.mark.parametrize(
    ("folder", "is_copy"),
    [
        *(("Archive/HR", True), ("src/_backup/HR", True), ("HR-old", True), ("x/Backups/y/z", True)),
        *(("Threshold/HR", False), ("Gold/HR", False), ("src/HR", False), ("Holder", False)),
    ],
)
def test_a_path_may_say_so(tmp_path: Path, folder: str, is_copy: bool) -> None:
    write_solution(tmp_path / folder, "ContosoHR", [], RAW)
    assert ("only kept (its path says" in said(tmp_path)[folder]) == is_copy


def test_copies_of_one_version_are_left_alone(tmp_path: Path) -> None:
    write_solution(tmp_path / "Managed", "ContosoHR", [], RAW, managed=1)
    write_solution(tmp_path / "Unmanaged", "ContosoHR", [], RAW)
    write_solution(tmp_path / "other", "ContosoIT", [], RAW, version="9.0")
    assert not any("only kept" in line for line in said(tmp_path).values())


def test_of_the_yaml_layout_all_of_its_root_is_left_out(tmp_path: Path) -> None:
    write_files(tmp_path / "old/src", yaml_files("ContosoHR", [], RAW))
    (reported,) = found(tmp_path, "CR101")
    assert '[source] exclude = ["old/src/**"]' in reported.finding.help
    assert found(tmp_path, "CR101", '[source]\nexclude = ["old/src/**"]\n') == []
