"""`crstandards init --ci` writes the pipeline file, and takes nobody's away."""

from __future__ import annotations

import pytest

from crstandards.pages import pipeline
from crstandards.setup.pipelines import PATHS
from tests.builders import Repo, write_solution

SERVICES = sorted(PATHS)


@pytest.fixture
def team(repo: Repo) -> Repo:
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("As it is")
    return repo


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_shown_written_and_then_left_alone(team: Repo, service: str) -> None:
    shown = team.crstandards("init", "--ci", service)
    assert shown.status == 0
    assert f"\n{PATHS[service]}: checks what is pushed" in shown.out
    assert not (team.root / PATHS[service]).exists()
    written = team.crstandards("init", "--ci", service, "--yes")
    assert f"wrote {PATHS[service]}\n" in written.out
    assert (team.root / PATHS[service]).read_text("utf-8") == pipeline(service)
    again = team.crstandards("init", "--ci", service, "--yes")
    assert again.out.endswith("All is set up: nothing to write.\n")
    assert "left as it is" not in again.out


@pytest.mark.parametrize("service", SERVICES)
def test_another_file_in_its_place_is_kept(team: Repo, service: str) -> None:
    team.write(PATHS[service], "# ours\n")
    ran = team.crstandards("init", "--ci", service, "--yes")
    assert ran.status == 0
    assert f"\n{PATHS[service]} is there and is left as it is. " in ran.out
    assert f"/hooks/ci/{service}/" in ran.out
    assert (team.root / PATHS[service]).read_text("utf-8") == "# ours\n"


@pytest.mark.parametrize("service", SERVICES)
def test_a_file_that_git_gave_other_line_endings_is_the_same(team: Repo, service: str) -> None:
    content = pipeline(service).replace("\n", "\r\n").encode()
    team.write(PATHS[service], content)
    ran = team.crstandards("init", "--ci", service, "--yes")
    assert "left as it is" not in ran.out
    assert (team.root / PATHS[service]).read_bytes() == content


def test_the_gate_is_named_and_without_the_option_there_is_no_pipeline_file(team: Repo) -> None:
    assert "ruleset" in team.crstandards("init", "--ci", "github", "--yes").out
    team.remove(".")
    assert ".github" not in team.crstandards("init", "--yes").out


def test_an_unknown_service_is_wrong_use(team: Repo) -> None:
    assert team.crstandards("init", "--ci", "travis").status == 2
