"""What cannot be meant is said in one line, with exit status 2, and nothing is done."""

from __future__ import annotations

import pytest

from tests.builders import Repo, write_solution


@pytest.fixture
def team(repo: Repo) -> Repo:
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_outlook", "con_spare"])
    repo.write("README.md", "Contoso\n")
    repo.write("named/pyproject.toml", "[tool.ruff]\n")
    repo.commit()
    return repo


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("check gone", "gone does not exist"),
        ("check README.md old.zip --rev HEAD", "a solution zip is checked on its own"),
        ("check src .. --staged", "is outside the repository"),
        ("check named", "there is no solution in named"),
        ("check --config gone.toml", "gone.toml: no such file or directory"),
        ("check --inventory contoso-prod=README.md", "the configuration declares none"),
        ("fix --select CR501", "none of these rules has a fix; those that have are CR101, "),
        ("fix --interactive", "--interactive asks questions, which needs a terminal"),
    ],
)
def test_in_a_repository(team: Repo, arguments: str, said: str) -> None:
    ran = team.crstandards(*arguments.split())
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert team.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("check --staged", "is not in a git repository"),
        ("check --rev HEAD src", "is not in a git repository"),
        ("check --new-since HEAD", "--new-since needs a git repository"),
        ("check src named", "outside a git repository, name one folder"),
        ("check named/pyproject.toml", "there is no solution around"),
    ],
)
def test_outside_git(team: Repo, arguments: str, said: str) -> None:
    (team.root / ".git").rename(team.root.parent / "away")
    ran = team.crstandards(*arguments.split())
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_path_inside_a_solution_means_that_solution(team: Repo) -> None:
    write_solution(team.root / "src/Sales", "ContosoSales", ["con_a", "con_b"], {})
    ran = team.crstandards("check", "src/HR/Workflows", "--select", "CR201")
    assert ran.status == 1
    assert "ContosoHR" in ran.out
    assert "ContosoSales" not in ran.out


def test_a_pyproject_that_says_nothing_is_the_defaults(team: Repo) -> None:
    named = team.crstandards("check", "--config", "named/pyproject.toml", "--format", "json")
    assert named.out == team.crstandards("check", "--no-config", "--format", "json").out
    assert named.status == 1
