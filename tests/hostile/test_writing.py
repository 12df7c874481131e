"""A repository, or a folder from somewhere, cannot lead what we write to another place."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.builders import Repo, raw_flow, write_solution

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs Windows to have links")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside the repository, that must stay empty."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.fixture
def hostile(repo: Repo) -> Repo:
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send": raw_flow()})
    return repo


@pytest.mark.parametrize("command", ["baseline", "baseline --force", "init --yes"])
def test_a_baseline_that_is_a_link(command: str, hostile: Repo, outside: Path) -> None:
    (hostile.root / "crstandards-baseline.json").symlink_to(outside / "x")
    ran = hostile.crstandards(*command.split())
    assert list(outside.iterdir()) == []
    if command.startswith("baseline"):
        assert ran.status == 3
        assert "a link leads from there to another place" in ran.err


@pytest.mark.parametrize("command", ["baseline", "init --yes"])
def test_a_baseline_in_a_folder_that_is_a_link(command: str, hostile: Repo, outside: Path) -> None:
    (hostile.root / "notes").symlink_to(outside)
    hostile.write("crstandards.toml", 'baseline = "notes/deep/x.json"\n')
    ran = hostile.crstandards(*command.split())
    assert (ran.status, list(outside.iterdir())) == (3, []), ran.text
    assert not (hostile.root / ".pre-commit-config.yaml").exists()


@pytest.mark.parametrize("name", ["../outside/x", "HR/../../outside/x", "/outside/x", "C:/x", "x\\u0000y"])
@pytest.mark.parametrize("command", ["baseline", "init --yes", "check"])
def test_a_baseline_that_is_named_elsewhere(command: str, name: str, hostile: Repo, outside: Path) -> None:
    hostile.write("crstandards.toml", f'baseline = "{name}"\n')
    ran = hostile.crstandards(*command.split())
    assert (ran.status, list(outside.iterdir())) == (2, []), ran.text
    assert 'crstandards.toml:1: "baseline" must be a file inside the repository' in ran.err


@pytest.mark.parametrize("name", ["a..b.json", "..x/y.json", "sub/crstandards.json"])
def test_a_baseline_below_the_root(name: str, hostile: Repo) -> None:
    hostile.write("crstandards.toml", f'baseline = "{name}"\n')
    assert hostile.crstandards("baseline").status == 0
    assert hostile.crstandards("check").status == 0
    assert (hostile.root / name).is_file()


@pytest.mark.parametrize("name", [".pre-commit-config.yaml", "crstandards.toml", ".github"])
def test_what_init_writes_that_is_a_link(name: str, hostile: Repo, outside: Path) -> None:
    (hostile.root / name).symlink_to(outside if name == ".github" else outside / "x")
    ran = hostile.crstandards("init", "--yes", "--ci", "github")
    assert (ran.status, list(outside.iterdir())) == (3, []), ran.text
    assert len(list(hostile.root.iterdir())) == 3


@pytest.mark.parametrize("command", ["check", "replay HEAD", "readiness", "graph"])
def test_a_report_is_not_written_through_a_link_to_elsewhere(
    command: str, hostile: Repo, outside: Path
) -> None:
    """A pipeline names its reports in the checkout, where whoever made the commit may have put links."""
    hostile.commit()
    (outside / "tool").write_text("ours")
    (hostile.root / "found.json").symlink_to(outside / "tool")
    (hostile.root / "reports").symlink_to(outside)
    for name in ("found.json", "reports/found.json", str(hostile.root / "found.json")):
        ran = hostile.crstandards(*command.split(), "--output", name)
        assert ran.status == 3, ran.text
        assert f"{name} is not written: a link leads from there to another place" in ran.err
    assert [path.read_text() for path in outside.iterdir()] == ["ours"]
    (hostile.root / "inside.json").symlink_to(hostile.root / "kept.json")
    for name in ("inside.json", str(outside / "asked.json")):
        assert hostile.crstandards(*command.split(), "--output", name).status in (0, 1)
        assert (hostile.root / name).is_file()


@pytest.mark.parametrize("name", ["link/victim", "HR/../../outside/victim", "{outside}/victim"])
def test_a_journal_that_came_with_the_folder(name: str, tmp_path: Path, outside: Path, repo: Repo) -> None:
    """Outside git, the journal of `fix` lies in the folder itself, and so may somebody else's."""
    folder = tmp_path / "folder"
    write_solution(folder / "HR", "ContosoHR")
    (folder / "link").symlink_to(outside)
    (outside / "victim").write_text("ours")
    (folder / "new").write_text("theirs")
    after, before = (sha256(text.encode()).hexdigest() for text in ("theirs", "ours"))
    steps = [[name.format(outside=outside), "new", "old", before, after]]
    (folder / ".crstandards-fix.json").write_text(json.dumps({"state": "replacing", "steps": steps}))
    ran = repo.crstandards("fix", cwd=folder)
    assert (ran.status, (outside / "victim").read_text()) == (3, "ours"), ran.text
    assert "names files outside" in ran.err


def test_a_lock_that_is_a_link(tmp_path: Path, outside: Path, repo: Repo) -> None:
    folder = tmp_path / "folder"
    write_solution(folder / "HR", "ContosoHR")
    (folder / ".crstandards-fix.lock").symlink_to(outside / "x")
    ran = repo.crstandards("fix", cwd=folder)
    assert (ran.status, list(outside.iterdir())) == (3, []), ran.text


@pytest.mark.parametrize("module", ["json", "argparse", "yaml", "lxml", "git", "tomllib", "typing"])
def test_modules_of_the_repository_are_not_imported(module: str, hostile: Repo, outside: Path) -> None:
    """Python looks for modules in the current folder first, where it is started with `-m`."""
    hostile.write(f"{module}.py", f"open({str(outside / 'x')!r}, 'w')\nraise SystemExit(0)\n")
    hostile.commit()
    for command in (("check",), ("replay", "HEAD"), ("hook", "pre-commit")):
        hostile.crstandards(*command)
        assert list(outside.iterdir()) == []
    assert hostile.crstandards("check").status == 1
