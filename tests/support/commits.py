"""What tests do with commits, and what they expect of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.support.builders import Ran, Repo, flow, flow_file, flow_metadata, raw_flow, to_json


def attempt(repo: Repo, *options: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """`git commit` with all its hooks."""
    return repo.try_git("commit", "--message", "Attempt", *options, cwd=cwd, env=env)


def stage(repo: Repo) -> None:
    repo.git("add", "--all")


def blocked(ran: Ran, *expected: str, absent: str = "") -> str:
    """Asserts that a commit (a run) was stopped by a verdict, and returns what was said."""
    assert ran.status != 0, ran.text
    assert "Traceback" not in ran.text
    for text in expected:
        assert text in ran.text, ran.text
    assert not absent or absent not in ran.text, ran.text
    return ran.text


def passed(ran: Ran) -> None:
    assert ran.status == 0, ran.text


def flow_path(solution: str, name: str) -> str:
    return f"{solution}/Workflows/{flow_file(name)}"


def write_flow(repo: Repo, solution: str, name: str, document: object) -> str:
    """Writes a flow and its metadata into a solution's folder, and returns the flow's path."""
    path = flow_path(solution, name)
    repo.write(path, to_json(document))
    repo.write(f"{path}.data.xml", flow_metadata(name))
    return path


def works(repo: Repo) -> None:
    """Asserts that the hooks stop a raw connection in src/HR, and let through what is clean."""
    write_flow(repo, "src/HR", "New hire", raw_flow())
    stage(repo)
    blocked(attempt(repo), "CR101")
    write_flow(repo, "src/HR", "New hire", flow())
    stage(repo)
    passed(attempt(repo))


def hooks_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".sample")
