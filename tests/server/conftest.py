"""A server, and the first good commit on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import Repo, write_solution
from tests.support.servers import Server, push


@pytest.fixture
def server(tmp_path: Path, git_environment: dict[str, str]) -> Server:
    """An empty bare repository with our hook."""
    return Server(tmp_path, git_environment)


@pytest.fixture
def work(server: Server) -> Repo:
    """A clone of it, after a good commit was pushed to `main`; further pushes may be refused."""
    clone = server.clone()
    clone.write(
        "crstandards.toml", '[server]\nenforce = ["refs/heads/main", "refs/heads/release/*", "refs/tags/*"]\n'
    )
    write_solution(clone.root / "src/HR", "ContosoHR")
    clone.commit("Begin")
    pushed = push(clone, "main")
    assert pushed.status == 0, pushed.text
    return clone
