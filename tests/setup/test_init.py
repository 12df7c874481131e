"""`crstandards init` in real repositories."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from crstandards import __version__
from crstandards.data import load
from crstandards.policy.configuration import parse_config
from crstandards.setup.configuration import environments_seen, starter_config
from tests.support.builders import APIS, OUTLOOK, TEAMS, Repo, flow, raw_flow, write_solution

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


def settings_of(*names: str) -> str:
    """Deployment settings that bind references by tokens."""
    entries = [
        {"LogicalName": name, "ConnectionId": f"#{{{name}}}#", "ConnectorId": f"{APIS}{OUTLOOK}"}
        for name in names
    ]
    return json.dumps({"EnvironmentVariables": [], "ConnectionReferences": entries})


def test_environments_come_from_the_settings_files(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_hr"], {})
    write_solution(repo.root / "src/IT", "ContosoIT", ["con_it"], {})
    repo.write("config/Prod/deploymentSettings.json", settings_of("con_hr"))
    repo.write("config/test.deploymentsettings.json", settings_of("con_hr", "con_it"))
    repo.write("config/template.deploymentsettings.json", settings_of("con_hr"))
    repo.crstandards("init", "--yes")
    configuration = (repo.root / FILES[0]).read_text()
    assert "# Assumed: an environment for each folder or name of deployment settings" in configuration
    assert (
        'name = "prod"\nsolutions = ["ContosoHR"]\nsettings = ["**/Prod/deploymentSettings.json"]'
        in configuration
    )
    assert 'name = "test"\nsolutions = ["ContosoHR", "ContosoIT"]\n' in configuration
    assert "template" not in configuration


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("config/Prod/deploymentSettings.json", "**/Prod/deploymentSettings.json"),
        ("config/PROD/hr.json", "**/PROD/hr.json"),
        ("deploy/prod/settings.json", "**/prod/settings.json"),
        ("settings/prod.json", "**/prod.json"),
        ("deployment-settings/prod.json", "**/prod.json"),
        ("pipelines/deployment-settings-prod.json", "**/deployment-settings-prod.json"),
    ],
)
def test_settings_are_known_by_what_they_hold(repo: Repo, path: str, pattern: str) -> None:
    """A folder or a file that is called like an environment stands for it, whatever else it is called."""
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_hr"], {})
    repo.write(path, settings_of("con_hr"))
    repo.write(f"other/{path}", "{}")
    repo.write("config/test/package.json", '{"name": "hr"}')
    repo.crstandards("init", "--yes")
    assert (
        (repo.root / FILES[0])
        .read_text()
        .endswith(f'name = "prod"\nsolutions = ["ContosoHR"]\nsettings = ["{pattern}"]\n')
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        # Folders that stand for no environment
        ("HR/config/deploymentSettings.json", settings_of("con_hr")),
        ("src/portal/solution/deploymentSettings.json", settings_of("con_hr")),
        # What is none by its content
        ("HR/CanvasApps/x/DataSources/DeploymentSettings.json", '[{"Name": "DeploymentSettings"}]'),
        ("config/Test/deploymentSettings.json", '[["con_hr", "#{x}#"]]'),
        ("config/Test/deploymentSettings.json", "{"),
        # What names no solution here
        ("config/Test/deploymentSettings.json", settings_of("con_elsewhere")),
    ],
)
def test_what_stands_for_no_environment_makes_none(repo: Repo, path: str, text: str) -> None:
    write_solution(repo.root / "HR", "ContosoHR", ["con_hr"], {})
    write_solution(repo.root / "IT", "ContosoIT", ["con_it"], {})
    repo.write(path, text)
    repo.crstandards("init", "--yes")
    assert "\n[[environments]]" not in (repo.root / FILES[0]).read_text()


def test_copies_are_proposed_to_be_left_out(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR", [], {"Good": flow({})}, version="2.0")
    write_solution(repo.root / "2023/HR", "ContosoHR", [], {"Raw": raw_flow()}, version="1.0")
    shown = repo.crstandards("init", "--yes").out
    assert '"2023/HR/**",  # src/HR holds version 2.0, and this is 1.0' in shown
    assert "CR101" not in shown
    assert repo.crstandards("check").status == 0


@pytest.mark.parametrize("name", ["caf\udce9", "a\x7fb", "a\\b", "a\nb", "a\x1bb"])
def test_a_name_that_no_configuration_can_have_makes_no_environment(name: str) -> None:
    other = 'He said "yes" & [no]'
    seen = environments_seen(f"config/{folder}/deploymentSettings.json" for folder in (name, other))
    parsed = parse_config(starter_config(seen).encode(), FILES[0])
    assert [environment.name for environment in parsed.environments] == [other.lower()]
    assert seen[other.lower()] == (f"**/{other}/deploymentSettings.json",)


def test_settings_that_name_no_environment_make_none(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR", [], {})
    repo.write("deploymentSettings.json", SETTINGS)
    repo.crstandards("init", "--yes")
    assert "\n[[environments]]" not in (repo.root / FILES[0]).read_text()


def test_our_entry_without_the_stage_for_merges_is_told(team: Repo) -> None:
    hooks = "repos:\n- repo: local\n  hooks:\n  - {id: connection-references, language: system}\n"
    team.write(FILES[1], f"default_install_hook_types: [pre-commit]\n{hooks}")
    written = team.crstandards("init", "--yes")
    assert "add pre-merge-commit to default_install_hook_types" in written.out
    assert "pre-commit install" not in written.out
    assert f"git add {FILES[0]} {FILES[2]}" in written.out


@pytest.mark.parametrize(
    ("content", "status", "said"), [(b"repos: \xff", 2, "not UTF-8 text"), (None, 3, "cannot be")]
)
def test_a_file_that_cannot_be_extended_ends_it(
    team: Repo, content: bytes | None, status: int, said: str
) -> None:
    if content is None:
        (team.root / FILES[1]).mkdir()
    else:
        team.write(FILES[1], content)
    ran = team.crstandards("init", "--yes")
    assert (ran.status, said in ran.err) == (status, True)
    assert not (team.root / FILES[0]).exists()


def test_it_keeps_to_the_width_and_cuts_no_comment(team: Repo) -> None:
    team.crstandards("init", "--yes")
    configuration = (team.root / FILES[0]).read_text("utf-8")
    (team.root / FILES[0]).unlink()
    (team.root / FILES[2]).unlink()
    lines = team.crstandards("init", env={"COLUMNS": "50"}).out.splitlines()
    assert [line for line in lines if len(line) > 50 and "https:" not in line] == []
    shown = [line.removeprefix("  | ") for line in lines if line.startswith("  | ")]
    assert " ".join(configuration.replace("#", "").split()) in " ".join(
        " ".join(shown).replace("#", "").split()
    )
    assert [line for line in shown if line.endswith("…")] == [shown[-4]]


def test_what_cannot_be_written_is_said(team: Repo) -> None:
    (team.root / FILES[1]).symlink_to("gone/hooks.yaml")
    ran = team.crstandards("init", "--yes")
    assert ran.status == 3
    assert f"{FILES[1]} is not written: a link leads from there" in ran.err


@pytest.mark.parametrize(("answer", "written"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_it_asks(team: Repo, answer: str, written: bool) -> None:
    pty = pytest.importorskip("pty")
    controller, terminal = pty.openpty()
    os.write(controller, f"{answer}\n".encode())
    command = [sys.executable, "-m", "crstandards", "init"]
    subprocess.run(
        command,
        cwd=team.root,
        env=team.environment,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        timeout=60,
    )
    os.close(terminal)
    os.close(controller)
    assert [(team.root / name).exists() for name in FILES] == [written] * 3


def test_an_existing_configuration_is_kept(team: Repo) -> None:
    team.write("pyproject.toml", "[tool.crstandards]\nlocked = []\n")
    team.crstandards("init", "--yes")
    assert not (team.root / FILES[0]).exists()


def test_outside_git_it_says_what_to_do(repo: Repo) -> None:
    ran = repo.crstandards("init", cwd=repo.root.parent)
    assert ran.status == 2
    assert "run 'git init' first" in ran.err


def test_the_next_steps_work_in_the_folder_that_one_is_in(team: Repo) -> None:
    written = team.crstandards("init", "--yes", cwd=team.root / "src/HR")
    [step] = [line.strip() for line in written.out.splitlines() if line.startswith("  git add ")]
    assert (
        step == "git add ../../crstandards.toml ../../.pre-commit-config.yaml ../../crstandards-baseline.json"
    )
    team.git(*step.split()[1:], cwd=team.root / "src/HR")
    assert team.git("diff", "--cached", "--name-only").split() == sorted(FILES)


def test_of_a_file_that_is_there_only_what_comes_is_shown(team: Repo) -> None:
    hooks = "".join(
        f"  - repo: https://example.com/{number}\n    rev: v1\n    hooks: [{{id: x}}]\n"
        for number in range(20)
    )
    team.write(".pre-commit-config.yaml", f"# Our hooks\nrepos:\n{hooks}")
    shown = team.crstandards("init").out
    assert "  | +default_install_hook_types: [pre-commit, pre-merge-commit]\n" in shown
    assert "  | +      - id: connection-references\n" in shown
    assert "example.com/10" not in shown


def test_with_hooks_of_plain_git_pre_commit_is_left_out(team: Repo) -> None:
    team.crstandards("hook", "install")
    written = team.crstandards("init", "--yes")
    assert "pre-commit is not needed" in written.out
    assert "pre-commit install" not in written.out
    assert not (team.root / FILES[1]).exists()
    assert (team.root / FILES[2]).exists()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (".husky/_", "'crstandards hook pre-commit' to {root}/.husky/pre-commit"),
        (".githooks", "'crstandards hook install' sets up git's own hooks"),
    ],
)
def test_where_pre_commit_would_refuse_to_install_it_is_left_out(team: Repo, path: str, said: str) -> None:
    team.git("config", "core.hooksPath", path)
    written = " ".join(team.crstandards("init", "--yes").out.split())
    assert said.format(root=team.root.as_posix()) in written
    assert "pre-commit install" not in written
    assert not (team.root / FILES[1]).exists()


def test_a_foreign_hook_does_not_stand_for_ours(team: Repo) -> None:
    team.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n")
    team.crstandards("init", "--yes")
    assert (team.root / FILES[1]).exists()


def test_the_baseline_holds_what_a_baseline_can(team: Repo) -> None:
    team.write("crstandards.toml", 'locked = ["CR101"]\n\n[source]\nexclude = ["nothing/**"]\n')
    found = team.crstandards("init", "--yes")
    assert "CR101 raw-connection" in found.out
    assert "CR902 stale-exception" in found.out
    assert not (team.root / FILES[2]).exists()


def test_a_second_run_says_how_much_is_let_through(team: Repo) -> None:
    team.crstandards("init", "--yes")
    assert "1 let through by the baseline or an exception" in team.crstandards("init").out


def test_every_finding_is_counted_also_of_copies(repo: Repo) -> None:
    for folder in ("managed", "unmanaged"):
        references = ["con_outlook", ("con_teams", TEAMS)]
        write_solution(repo.root / folder, "ContosoHR", references, {"Raw": raw_flow()})
    assert "lets through what is there today (4 findings recorded);" in " ".join(
        repo.crstandards("init").out.split()
    )


def test_the_configuration_says_where_every_option_stands(team: Repo) -> None:
    team.crstandards("init", "--yes")
    [schema, first, *_] = (team.root / FILES[0]).read_text().splitlines()
    assert first == (
        f"# Every option: https://github.com/crstandards/crstandards/blob/v{__version__}/docs/configuration.md"
    )
    assert schema == f"#:schema {load('config.schema.json')['$id']}"
