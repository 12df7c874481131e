"""`crstandards init` in real repositories."""

from __future__ import annotations

import pytest

from tests.builders import Repo, flow, raw_flow, write_solution

FILES = ["crstandards.toml", ".pre-commit-config.yaml", "crstandards-baseline.json"]
SETTINGS = '{"EnvironmentVariables": [], "ConnectionReferences": []}'


@pytest.fixture
def team(repo: Repo) -> Repo:
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_outlook"], {"Raw": raw_flow(), "Good": flow()})
    repo.commit("As it is")
    return repo


def test_it_shows_and_in_a_pipe_writes_nothing(team: Repo) -> None:
    shown = team.crstandards("init")
    assert shown.status == 0
    assert "Found 1 solution (1 unpacked), 2 flows, 1 connection reference." in shown.out
    assert "CR101 raw-connection" in shown.out
    assert all(f"\n{name}: " in shown.out for name in FILES)
    assert shown.out.endswith("Nothing was written. --yes writes.\n")
    assert team.git("status", "--porcelain") == ""


def test_yes_writes_and_a_second_run_changes_nothing(team: Repo) -> None:
    written = team.crstandards("init", "--yes")
    assert written.status == 0
    assert [
        line.removeprefix("wrote ") for line in written.out.splitlines() if line.startswith("wrote ")
    ] == FILES
    assert team.crstandards("check").status == 0
    before = {name: (team.root / name).read_bytes() for name in FILES}
    again = team.crstandards("init", "--yes")
    assert again.out.endswith("All is set up: nothing to write.\n")
    assert {name: (team.root / name).read_bytes() for name in FILES} == before


def test_a_clean_repository_gets_no_baseline(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.crstandards("init", "--yes")
    assert not (repo.root / FILES[2]).exists()


def test_environments_come_from_the_settings_files(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR", [], {})
    repo.write("config/Prod/deploymentSettings.json", SETTINGS)
    repo.write("config/test.deploymentsettings.json", SETTINGS)
    repo.crstandards("init", "--yes")
    configuration = (repo.root / FILES[0]).read_text()
    assert 'name = "prod"\nsettings = ["**/Prod/deploymentSettings.json"]' in configuration
    assert 'name = "test"\nsettings = ["**/test.deploymentsettings.json"]' in configuration


def test_an_existing_configuration_is_kept(team: Repo) -> None:
    team.write("pyproject.toml", "[tool.crstandards]\nlocked = []\n")
    team.crstandards("init", "--yes")
    assert not (team.root / FILES[0]).exists()


def test_outside_git_it_says_what_to_do(repo: Repo) -> None:
    ran = repo.crstandards("init", cwd=repo.root.parent)
    assert ran.status == 2
    assert "run 'git init' first" in ran.err
