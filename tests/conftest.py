"""What tests of several rooms share."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.builders import CORPUS, Repo, clean_environment
from tests.support.skips import pytest_make_collect_report, pytest_runtest_makereport

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

# How long an example takes says more about the machine than about the code. All else is as Hypothesis has it:
# newer ones draw the same in CI each time, so that no gate fails by chance.
settings.register_profile("ours", parent=settings(), deadline=None)
settings.load_profile("ours")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in the background so, and the programs that tests interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


UPDATES = ("UPDATE_SAID", "UPDATE_DOCS")
"""With these, tests write what is said now into files of the project."""


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to write the files from several processes: each writes what the others have not read."""
    asked = [name for name in UPDATES if os.environ.get(name)]
    if asked and config.getoption("dist", "no") != "no":
        raise pytest.UsageError(f"{asked[0]} writes files of the project: run it in one process, without -n")


SLOW_FIXTURES = {"browser", "node_modules"}
"""What tests that use one of these need takes long to start, or to install."""
SLOW_WAYS = {"prek", "sshd"}
"""The same tests run for pre-commit and `git daemon` as well, which more people use or which start faster."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what its fixtures or its parameters make so, before `-m` is looked at."""
    for item in items:
        ways = set(map(str, item.callspec.params.values())) if hasattr(item, "callspec") else set()
        if SLOW_WAYS & ways or SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real solutions: CRSTANDARDS_CORPUS, or the one that lies beside the repository."""
    if not CORPUS.is_dir():
        if "CRSTANDARDS_CORPUS" in os.environ:
            pytest.fail(f"CRSTANDARDS_CORPUS names no folder: {CORPUS}")
        pytest.skip("needs the corpus of real solutions (CRSTANDARDS_CORPUS)")
    return CORPUS


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
