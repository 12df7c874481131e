"""The hooks as users get them: from a repository, into an environment that the framework builds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.hooks.conftest import PROJECT
from tests.support.builders import Repo, flow, raw_flow, write_solution
from tests.support.commits import attempt, blocked, passed, stage, write_flow

PARTS = ("crstandards", "docs", "hooks", ".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="session")
def hook_repository(tmp_path_factory: pytest.TempPathFactory, framework_environment: dict[str, str]) -> Repo:
    """This project as a repository of its own, tagged v0; its folder has a space in its name."""
    repo = Repo.create(tmp_path_factory.mktemp("published") / "hook repository", framework_environment)
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            unwanted = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(source, repo.root / part, ignore=unwanted)
        else:
            shutil.copy(source, repo.root / part)
    repo.commit()
    repo.git("tag", "v0")
    return repo


def pip(*arguments: str | Path) -> None:
    """Run pip, which may have to ask a registry."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs a package registry: {done.stderr.strip().splitlines()[-1:]}")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all packages that an installation takes from a registry."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    folder = tmp_path_factory.mktemp("wheels")
    pip("download", "--only-binary=:all:", "--dest", folder, *wanted)
    return folder


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with uv, by which prek installs."""
    found = shutil.which("uv")
    if found:
        return Path(found).parent
    folder = tmp_path_factory.mktemp("tools")
    pip("install", "--only-binary=:all:", "--target", folder, "uv")
    return folder / "bin"


@pytest.fixture(params=["pre-commit", "prek"])
def installed(request: pytest.FixtureRequest, tmp_path: Path, hook_repository: Repo, wheels: Path) -> Repo:
    """A repository with a clean solution, in which a framework has installed the published hook."""
    framework = request.param
    path = hook_repository.environment["PATH"]
    if shutil.which(framework, path=path) is None:
        pytest.skip(f"needs {framework}")
    # Without the crstandards that is tested.
    own = str(Path(sys.executable).parent)
    without = os.pathsep.join(folder for folder in path.split(os.pathsep) if folder != own)
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(wheels),
        "UV_OFFLINE": "1",
    }
    repo = Repo.create(tmp_path / "user's repository", hook_repository.environment | offline)
    published = {"repo": str(hook_repository.root), "rev": "v0", "hooks": [{"id": "connection-references"}]}
    repo.write(".pre-commit-config.yaml", yaml.safe_dump({"repos": [published]}))
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("Begin")
    programs = {"PATH": os.pathsep.join([path, *_tools(request, framework)])}
    repo.run([framework, "install", "--install-hooks"], env=programs, check=True, timeout=300)
    repo.environment["PATH"] = without
    return repo


def _tools(request: pytest.FixtureRequest, framework: str) -> list[str]:
    return [str(request.getfixturevalue("tools"))] if framework == "prek" else []


def test_an_installed_hook_stops_and_lets_through(installed: Repo) -> None:
    write_flow(installed, "src/HR", "New hire", raw_flow())
    stage(installed)
    blocked(attempt(installed), "CR101", "/docs/rules/CR101.md", "fix --staged")
    write_flow(installed, "src/HR", "New hire", flow())
    stage(installed)
    passed(attempt(installed))
