"""What tests of several rooms share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.builders import Repo, clean_environment


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real solutions that lies beside the repository; where CI is set, it must be there."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "corpus"
    if not folder.is_dir():
        if os.environ.get("CRSTANDARDS_CI") == "1":
            pytest.fail("needs ../shared/corpus")
        pytest.skip("needs ../shared/corpus")
    return folder


@pytest.fixture(scope="session")
def git_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment without anybody's git settings."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    return clean_environment(tmp_path_factory.mktemp("home"))


@pytest.fixture
def repo(tmp_path: Path, git_environment: dict[str, str]) -> Repo:
    """A fresh git repository, on an unborn branch `main`."""
    return Repo.create(tmp_path / "repo", git_environment)
