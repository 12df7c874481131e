"""Repositories whose commits are guarded by the real frameworks.

The hooks are those of `.pre-commit-hooks.yaml`, run by the crstandards that is tested: a framework
takes them for hooks of its user's own, so that it need not build an environment for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.builders import Repo, write_solution

PROJECT = Path(__file__).resolve().parents[2]
FRAMEWORKS = ("pre-commit", "prek")

Guard = Callable[..., Repo]


def published_hooks() -> dict[str, dict[str, Any]]:
    """The published hooks by id."""
    hooks = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return {hook["id"]: hook for hook in hooks}


def local_config(*ids: str, **changed: Any) -> str:
    """A framework's configuration with published hooks, run as they are; `changed` is a user's."""
    hooks = [
        published_hooks()[name] | {"language": "system", "verbose": False} | changed
        for name in ids or ("connection-references",)
    ]
    config = {
        "default_install_hook_types": ["pre-commit", "pre-merge-commit", "pre-push"],
        "repos": [{"repo": "local", "hooks": hooks}],
    }
    return yaml.safe_dump(config)


def copy(template: Repo, folder: Path) -> Repo:
    """A copy of a repository, which is faster than to make another."""
    shutil.copytree(template.root, folder, symlinks=True)
    return Repo(folder, template.environment)


@pytest.fixture(scope="session")
def framework_environment(
    tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]
) -> dict[str, str]:
    caches = tmp_path_factory.mktemp("caches")
    return git_environment | {
        "PRE_COMMIT_HOME": str(caches / "pre-commit"),
        "PREK_HOME": str(caches / "prek"),
    }


@pytest.fixture(scope="session")
def templates(
    tmp_path_factory: pytest.TempPathFactory, framework_environment: dict[str, str]
) -> dict[str, Repo]:
    """By framework (`git`: none), a repository with two clean solutions in which its hooks are installed."""
    made: dict[str, Repo] = {}
    for framework in (*FRAMEWORKS, "git"):
        if shutil.which(framework, path=framework_environment["PATH"]) is None:
            continue
        repo = Repo.create(tmp_path_factory.mktemp("template") / "repo", framework_environment)
        write_solution(repo.root / "src/HR", "ContosoHR")
        write_solution(repo.root / "src/Sales", "ContosoSales", ["con_sales"], {})
        repo.write("README.md", "Contoso\n")
        repo.write(".pre-commit-config.yaml", local_config())
        repo.commit("Begin")
        command = ["crstandards", "hook"] if framework == "git" else [framework]
        repo.run([*command, "install"], check=True)
        made[framework] = repo
    return made


@pytest.fixture
def guard(templates: dict[str, Repo], tmp_path: Path) -> Guard:
    """Makes a guarded repository: `guard(framework)`, with another configuration than the usual."""

    def make(framework: str = "pre-commit", config: str = "", folder: str = "guarded") -> Repo:
        if framework not in templates:
            pytest.skip(f"needs {framework}")
        repo = copy(templates[framework], tmp_path / folder)
        if config:
            repo.write(".pre-commit-config.yaml", config)
            repo.commit("Configure")
        return repo

    return make


@pytest.fixture(params=FRAMEWORKS)
def guarded(request: pytest.FixtureRequest, guard: Guard) -> Repo:
    """A repository with the solutions ContosoHR and ContosoSales, guarded by each framework in turn."""
    return guard(request.param)


@pytest.fixture
def plain(guard: Guard) -> Repo:
    """As `guarded`, by git's own hooks alone."""
    return guard("git")


@pytest.fixture(scope="session")
def unguarded(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    repo = Repo.create(tmp_path_factory.mktemp("template") / "repo", git_environment)
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("Begin")
    return repo


@pytest.fixture
def solution(unguarded: Repo, tmp_path: Path) -> Repo:
    """A repository with a clean solution, in which no hook is installed."""
    return copy(unguarded, tmp_path / "repo")
