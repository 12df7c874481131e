"""A repository that every verb has something to say about."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hooks.conftest import copy
from tests.support.builders import Repo, flow, raw_flow, to_json, write_solution, zip_solution
from tests.support.commits import flow_path

REMINDER = flow_path("HR", "Send reminder")
SELL = flow_path("Sales", "Sell")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    """A clean commit, one with a raw connection and a duplicate, and a clean change that is staged."""
    # Otherwise Python writes each line at once, which hides what is lost at exit.
    environment = {name: value for name, value in git_environment.items() if name != "PYTHONUNBUFFERED"}
    repo = Repo.create(tmp_path_factory.mktemp("whole") / "repo", environment)
    write_solution(repo.root / "HR", "ContosoHR")
    repo.commit("Begin")
    write_solution(repo.root / "Sales", "ContosoSales", ["con_a", "con_b"], {"Sell": raw_flow()})
    zip_solution(repo.root / "x.zip", "ContosoX", flows={"Send": raw_flow()})
    repo.commit("Sell")
    repo.write(REMINDER, to_json(flow()) + "\n")
    repo.git("add", "--all")
    return repo


@pytest.fixture
def broken(whole: Repo, tmp_path: Path) -> Repo:
    """A copy of that repository."""
    return copy(whole, tmp_path / "repo")


def told_by_git(repo: Repo, command: str) -> str:
    """What git tells a hook on its standard input."""
    head, base = (repo.git("rev-parse", name) for name in ("HEAD", "HEAD^"))
    if "pre-push" in command:
        return f"refs/heads/main {head} refs/heads/main {base}\n"
    return f"{base} {head} refs/heads/main\n" if "pre-receive" in command else ""
