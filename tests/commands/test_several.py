"""`check A B C`: several repositories in one report, each under its own configuration."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crstandards.data import load
from tests.support.builders import Repo, flow, raw_flow, write_solution

EXCEPTION = '[[exceptions]]\nrule = "CR201"\nreason = "two mailboxes"\n'


@pytest.fixture
def three(repo: Repo) -> Repo:
    """A folder with two repositories and a folder outside git; A is broken, C has an exception."""
    repo.git("init", "-q", "A")
    repo.git("init", "-q", "B")
    good = {"Good": flow({"shared_office365": "con_a"})}
    write_solution(repo.root / "A/src/HR", "ContosoHR", ["con_a", "con_b"], {**good, "Raw": raw_flow()})
    write_solution(repo.root / "B", "ContosoIT", ["con_a"], good)
    write_solution(repo.root / "C/x", "ContosoC", ["con_a", "con_b"], good)
    repo.write("C/crstandards.toml", EXCEPTION)
    (repo.root / ".git").rename(repo.root.parent / "away")
    return repo


def told(repo: Repo, *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(repo.crstandards("check", *arguments, "-f", "json").out)
    Draft202012Validator(load("report.schema.json")).validate(document)
    return document


def test_sums_stand_at_the_end_and_places_begin_with_the_repository(three: Repo) -> None:
    done = three.crstandards("check", "A", "B", "C")
    assert (done.status, done.err) == (1, "")
    assert "── A / ContosoHR: 2 errors ──" in done.out
    assert " --> A/src/HR/Other/Customizations.xml:" in done.out
    end = done.out[done.out.index("\nA: 2 errors.\n") :]
    assert end.startswith(
        "\nA: 2 errors.\nB: no violations.\nC: no violations.\nFound 2 errors in 1 of 3 sol"
    )
    assert "crstandards fix" not in end
    assert three.crstandards("check", "B", "C").status == 0


def test_each_finding_and_summary_names_its_repository(three: Repo) -> None:
    document = told(three, "A", "B", "C")
    alone = told(three, "A")
    mine = [finding for finding in document["findings"] if finding.pop("repository") == "A"]
    assert mine == alone["findings"]
    assert [summary["repository"] for summary in document["summaries"]] == ["A", "B", "C"]
    assert document["summaries"][0] == {"repository": "A", **alone["summary"]}
    assert document["summary"]["errors"] == 2
    assert document["summary"]["suppressed"] == 1


def test_a_report_of_an_earlier_run_takes_the_place_of_its_repository(three: Repo) -> None:
    now = told(three, "A", "B", "C")
    three.crstandards("check", "C", "-o", "C.json")
    assert told(three, "A", "B", "C.json") == now
    three.write("both.json", json.dumps(told(three, "A", "C.json")))
    again = told(three, "both.json", "B")
    assert [summary["repository"] for summary in again["summaries"]] == ["A", "C", "B"]
    assert again["summary"] == now["summary"]
    done = three.crstandards("check", "both.json", "--verbose")
    assert "A/src/HR/Other/Customizations.xml:" in done.out
    assert "two mailboxes" in done.out
    assert three.crstandards("check", "both.json", "-f", "sarif").status == 1


def test_tables_have_a_column_for_the_repository(three: Repo) -> None:
    rows = list(csv.reader(io.StringIO(three.crstandards("check", "A", "B", "C", "-f", "csv").out[1:])))
    assert [row[0] for row in rows] == ["repository", "A", "A", "C"]
    page = three.crstandards("check", "A", "B", "C", "-f", "html").out
    assert "<tr><th>repository</th><th>solutions</th><th>errors</th>" in page
    assert "<tr><th scope='row'>A</th><td>1</td><td>2</td><td>0</td>" in page
    assert "<tr><th scope='row'>together</th><td>3</td><td>2</td>" in page


def test_a_path_in_one_of_them_is_called_from_here(three: Repo) -> None:
    done = three.crstandards("check", "A/src", "B", "--quiet")
    assert {line.partition("/")[0] for line in done.out.splitlines()} == {"A"}
    done = three.crstandards("check", ".", "../B", "--quiet", cwd=three.root / "A")
    assert {line.partition("/")[0] for line in done.out.splitlines()} == {"A"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("A A/../A.json", "A is named twice"),
        ("A B --rev HEAD", "look into one repository: name one"),
        ("A gone", "gone does not exist"),
        ("A empty", "empty: there is no solution in"),
        (
            "broken.json",
            "broken.json is no whole report: write it anew with 'crstandards check -o broken.json'",
        ),
        ("A wrong", "wrong: crstandards.toml:1: unknown key"),
    ],
)
def test_wrong_use_is_one_line(three: Repo, arguments: str, said: str) -> None:
    three.crstandards("check", "A", "-o", "A.json")
    three.write("broken.json", '{"schema": "crstandards/report/1", "findings": [')
    three.write("empty/README.md", "")
    three.write("wrong/crstandards.toml", "rule = 1\n")
    done = three.crstandards("check", *arguments.split())
    assert (done.status, done.out, said in done.err) == (2, "", True), done.err
    assert len(done.err.splitlines()) == 1
