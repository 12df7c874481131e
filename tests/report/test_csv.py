"""The report as rows: read back as a spreadsheet does."""

from __future__ import annotations

import csv
import io

import pytest

from crstandards.report import render
from crstandards.report.terminal import Style

from .builders import duplicate_outlook, raw_in_reminder, report


def rows(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_a_row_for_each_finding() -> None:
    found = rows(render(report(raw_in_reminder(), duplicate_outlook()), "csv", Style()))
    assert [(row["rule"], row["severity"], row["solution"]) for row in found] == [
        ("CR201", "error", "ContosoHR"),
        ("CR101", "error", "ContosoHR"),
    ]
    assert all(row["path"] and row["line"].isdigit() and len(row["fingerprint"]) == 32 for row in found)
    assert "\n" in found[1]["to fix"]


@pytest.mark.parametrize("begins", ["=", "+", "-", "@"])
def test_nothing_is_a_formula(begins: str) -> None:
    bad = raw_in_reminder()
    finding = bad.finding._replace(
        message=f"{begins}cmd|' /C calc'!A0", solution=f"{begins}1", help=f"{begins}2"
    )
    [row] = rows(render(report(bad._replace(finding=finding)), "csv", Style()))
    assert [row[name][:2] for name in ("message", "solution", "to fix")] == [f"'{begins}"] * 3
