"""What docs/at-scale.md says of many repositories is done to the reports of three."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.builders import Repo, write_solution
from tests.support.documents import ROOT, blocks_of

PAGE = ROOT / "docs" / "at-scale.md"


def lines_of_jq() -> list[str]:
    return [block.text.strip() for block in blocks_of(PAGE) if block.language == "sh"]


@pytest.fixture
def collected(export: Repo, tmp_path: Path) -> Repo:
    """A folder with the reports of three repositories: two clean ones and the one that goes wrong."""
    if shutil.which("jq") is None:
        pytest.skip("needs jq")
    reports = tmp_path / "collected/reports"
    reports.mkdir(parents=True)
    for name, arguments in (("hr", ()), ("hr-before", ("--rev", "HEAD"))):
        export.crstandards("check", *arguments, "--output", f"json={reports / name}.json")
    other = Repo.create(tmp_path / "sales", export.environment)
    write_solution(other.root / "src", "ContosoSales")
    assert other.crstandards("check", "--output", f"json={reports / 'sales'}.json").status == 0
    return Repo(reports.parent, export.environment)


def run(collected: Repo, line: str) -> list[list[str]]:
    ran = collected.run(("sh", "-c", line))
    assert ran.status == 0, ran.text
    return [row.split("\t") for row in ran.out.splitlines()]


def test_the_lines_that_put_reports_together(collected: Repo) -> None:
    table, rules, connections = (run(collected, line) for line in lines_of_jq())
    assert table == [
        ["reports/hr.json", "2", "0", "1", "2"],
        ["reports/hr-before.json", "0", "0", "1", "2"],
        ["reports/sales.json", "0", "0", "1", "1"],
    ]
    assert rules == [["CR101", "1"], ["CR201", "1"]]
    assert connections == [["reports/hr.json", "ContosoHR", "New hire mail", "shared_office365"]]


def commands(value: object) -> Iterator[str]:
    for key, part in value.items() if isinstance(value, dict) else ():
        if key == "run":
            yield part
        yield from commands(part)
    for item in value if isinstance(value, list) else ():
        yield from commands(item)


def test_each_job_of_the_matrix_reports_on_its_solutions(tmp_path: Path, repo: Repo) -> None:
    [block] = [block for block in blocks_of(PAGE) if block.language == "yaml"]
    workflow = yaml.safe_load(block.text)
    [job] = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read"}
    [check] = [line for line in commands(job) if line.startswith("crstandards ")]
    for team in ("HR", "Finance", "Sales"):
        write_solution(repo.root / team, f"Contoso{team}", ["con_outlook", "con_outlook_b"])
    repo.commit("Three teams")
    for entry in job["strategy"]["matrix"]["include"]:
        pattern = entry["solutions"]
        arguments = check.replace("${{ matrix.solutions }}", pattern).replace('"', "").split()[1:]
        assert repo.crstandards(*arguments).status == 1
        report = json.loads((repo.root / "report.json").read_text("utf-8"))
        found = {item["solution"] for item in report["findings"] if item["rule"] == "CR201"}
        assert found == {pattern.rstrip("*")}


def test_a_job_that_cannot_judge_writes_no_report(repo: Repo) -> None:
    repo.write("crstandards.toml", '[[environments]]\nname = "prod"\ninventory = ["prod.json"]\n')
    repo.write("prod.json", '{"value": [')
    write_solution(repo.root / "src", "ContosoHR")
    ran = repo.crstandards("check", "--output", "json=report.json")
    assert ran.status == 3
    assert not (repo.root / "report.json").exists()
