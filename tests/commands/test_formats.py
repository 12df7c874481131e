"""Reports as a process writes them: several at once, for services, with links; and the map."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from crstandards.report import FORMATS
from tests.support.builders import OUTLOOK, Repo, flow, write_solution
from tests.support.services import azure_commands, github_commands


@pytest.fixture
def broken(repo: Repo) -> Repo:
    """A repository with a raw connection and a duplicate."""
    flows = {"Send reminder": flow(), "Raw": flow({OUTLOOK: None})}
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_outlook", "con_outlook_2"], flows)
    return repo


def test_several_at_once(broken: Repo) -> None:
    outputs = [part for name in FORMATS for part in ("--output", f"{name}=out/{name}")]
    (broken.root / "out").mkdir()
    done = broken.crstandards("check", "--quiet", *outputs)
    assert done.status == 1
    assert len(done.out.splitlines()) == 2
    for name in FORMATS:
        alone = broken.crstandards("check", "--quiet", "--format", name).out
        assert (broken.root / "out" / name).read_bytes().decode() == alone


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["-o", "r.json"], "json"),
        (["-o", "r.sarif"], "sarif"),
        (["--output", "r.HTML"], "html"),
        (["-o", "r.md"], "markdown"),
        (["-o", "r.xml"], "junit"),
        (["-o", "r.csv"], "csv"),
        (["-o", "r.txt"], "text"),
        (["-o", "r.out"], "text"),
        (["-f", "gitlab", "-o", "r.json"], "gitlab"),
        (["--output-format", "junit", "-o", "r.out"], "junit"),
    ],
)
def test_a_file_takes_the_place_of_standard_output(broken: Repo, options: list[str], name: str) -> None:
    done = broken.crstandards("check", *options)
    assert (done.status, done.out, done.err) == (1, "", "")
    alone = broken.crstandards("check", "--format", name).out
    assert (broken.root / options[-1]).read_bytes().decode() == alone


@pytest.mark.parametrize("options", [["-o", "json=-"], ["-f", "json", "-o", "-"], ["-f", "json"]])
def test_a_dash_is_standard_output(broken: Repo, options: list[str]) -> None:
    before = sorted(broken.root.iterdir())
    assert json.loads(broken.crstandards("check", *options).out)["summary"]["errors"] == 2
    assert sorted(broken.root.iterdir()) == before


@pytest.mark.parametrize(
    ("options", "status", "told"),
    [
        (["graph", "-o", "dot=-"], 0, "digraph"),
        (["graph", "-o", "dot=map"], 0, ""),
        (["readiness", "-o", "json=-"], 1, '"environments"'),
        (["readiness", "-o", "json=report"], 1, ""),
        (["graph", "-o", "sarif=-"], 2, "there is no format 'sarif'"),
        (["readiness", "-o", "dot=-"], 2, "there is no format 'dot'"),
        (["graph", "-f", "html", "-o", "dot=map"], 2, "says dot, and --format says html"),
    ],
)
def test_a_command_with_one_output_names_its_format_too(
    broken: Repo, options: list[str], status: int, told: str
) -> None:
    before = set(broken.root.iterdir())
    done = broken.crstandards(*options)
    assert (done.status, told in done.out + done.err) == (status, True), done.text
    path = options[-1].partition("=")[2]
    made = {broken.root / path} if path != "-" and status < 2 else set()
    assert set(broken.root.iterdir()) - before == made


def test_statistics(broken: Repo) -> None:
    out = broken.crstandards("check", "--statistics").out
    assert "1 error  CR201 duplicate-connector" in out
    assert "2 errors  ContosoHR" in out
    assert "to fix:" not in out


def test_the_summary_of_a_github_job(broken: Repo, tmp_path: Path) -> None:
    summary = tmp_path / "summary"
    summary.write_text("before\n", encoding="utf-8")
    done = broken.crstandards("check", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert [command.name for command in github_commands(done.out)] == ["error", "error"]
    text = summary.read_text("utf-8")
    assert text.startswith("before\n## Connection references: 2 errors\n")
    assert text[7:] == broken.crstandards("check", "--format", "markdown").out


def test_the_summary_of_an_azure_run(broken: Repo, tmp_path: Path) -> None:
    folder = tmp_path / "agent temp"
    folder.mkdir()
    done = broken.crstandards("check", "--format", "azure", env={"AGENT_TEMPDIRECTORY": str(folder)})
    *issues, upload = azure_commands(done.out)
    assert [issue.name for issue in issues] == ["task.logissue"] * 2
    assert upload.name == "task.uploadsummary"
    path = Path(upload.message)
    assert path.name == "Connection references.md"
    assert folder in path.parents
    assert path.read_text("utf-8") == broken.crstandards("check", "--format", "markdown").out


@pytest.mark.parametrize(
    ("service", "variable"), [("github", "GITHUB_STEP_SUMMARY"), ("azure", "AGENT_TEMPDIRECTORY")]
)
def test_a_summary_that_cannot_be_written(broken: Repo, tmp_path: Path, service: str, variable: str) -> None:
    nowhere = str(tmp_path / "no" / "such")
    done = broken.crstandards("check", "--format", service, env={variable: nowhere})
    assert done.status == 3
    assert done.err.startswith(f"crstandards: the summary cannot be written to {nowhere}: ")
    assert done.err.count("\n") == 1


def test_places_are_linked_where_a_terminal_can(broken: Repo) -> None:
    linked = broken.crstandards("check", env={"FORCE_HYPERLINK": "1"}).out
    root = broken.root.resolve().as_uri()
    assert f"\x1b]8;;{root}/src/HR/Other/Customizations.xml#" in linked
    assert "\x1b" not in broken.crstandards("check").out
    outside = broken.crstandards("check", cwd=broken.root / "src", env={"FORCE_HYPERLINK": "1"}).out
    assert outside == linked


def test_what_is_no_file_is_not_linked(broken: Repo) -> None:
    broken.commit()
    out = broken.crstandards("check", "--rev", "HEAD", env={"FORCE_HYPERLINK": "1"}).out
    assert "CR201" in out
    assert "\x1b" not in out


def test_the_html_report_holds_the_map(broken: Repo) -> None:
    text = broken.crstandards("check", "--format", "html").out
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    assert data["map"]["references"] == ["con_outlook", "con_outlook_2"]
    assert [user[1] for user in data["map"]["users"]] == ["Raw", "Send reminder", ""]


# graph


def test_the_map_as_mermaid(broken: Repo) -> None:
    done = broken.crstandards("graph")
    assert done.status == 0
    assert done.out.startswith('flowchart LR\n  subgraph s0["ContosoHR"]\n    n0["Raw"]\n')
    assert '== "raw" ==>' in done.out
    assert "con_outlook_2 (duplicate)" in done.out
    assert broken.crstandards("graph", "--format", "mermaid").out == done.out


def test_the_map_in_a_file(broken: Repo) -> None:
    done = broken.crstandards("graph", "--format", "html", "--output", "map.html")
    assert (done.status, done.out) == (0, "")
    assert (broken.root / "map.html").read_text("utf-8").startswith("<!doctype html>")
    assert broken.crstandards("graph", "--format", "dot").out.startswith("digraph crstandards {\n")


def test_the_map_of_some_solutions(broken: Repo) -> None:
    write_solution(
        broken.root / "src/Sales", "ContosoSales", ["con_sales"], {"Bill": flow({OUTLOOK: "con_sales"})}
    )
    assert "Bill" in broken.crstandards("graph").out
    out = broken.crstandards("graph", "--solutions", "*Sales").out
    assert "Bill" in out
    assert "Send reminder" not in out
    assert broken.crstandards("graph", "src/Sales").out == out


def test_a_repository_without_solutions(repo: Repo) -> None:
    done = repo.crstandards("graph")
    assert (done.status, done.out) == (0, "flowchart LR\n")
    assert done.err == "No solution here: nothing to draw.\n"


def test_wrong_use(broken: Repo) -> None:
    done = broken.crstandards("graph", "--owner", "x", "--format", "dot")
    assert done.status == 2
    assert "--owner prints a list" in done.err
    assert broken.crstandards("graph", "--format", "png").status == 2
    nowhere = broken.crstandards("graph", "--output", os.path.join("no", "such", "map"))
    assert nowhere.status == 3
    assert "cannot be written" in nowhere.err
