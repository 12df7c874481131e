"""Pushes by somebody who knows how the hook works, and means to get past it."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.server.servers import Server
from tests.server.test_pushes import accepted, make_raw, refused

OFF = '[rules]\nCR101 = "off"\n'


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_a_branch_whose_name_goes_on_in_another_line(server: Server, work: Repo, separator: str) -> None:
    """Its policy must not be taken for that of the branch with which its name begins."""
    work.git("checkout", "--quiet", "-b", "side")
    work.write("crstandards.toml", OFF)
    work.commit()
    accepted(server, work, f"side:refs/heads/main{separator}x")
    work.git("checkout", "--quiet", "main")
    make_raw(work)
    assert "CR101" in refused(server, work, "main")


def written_tree(repo: Repo, *entries: tuple[bytes, bytes, str]) -> str:
    """A tree object as no git would write it: modes, names and ids as they are given."""
    content = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(held) for mode, name, held in entries)
    command = ("git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    return repo.run(command, stdin=content, check=True).out.strip()


def commit_of(repo: Repo, tree: str, parent: str) -> str:
    return repo.git("commit-tree", "-p", parent, "-m", "Handmade", tree)


@pytest.mark.parametrize(
    ("folder", "file"), [(b"040000", b"100644"), (b"40755", b"100600"), (b"40000", b"0100775")]
)
def test_modes_that_git_reads_in_another_way_than_it_writes_them(
    server: Server, work: Repo, folder: bytes, file: bytes
) -> None:
    good = work.git("rev-parse", "HEAD")
    make_raw(work)
    config, source = (work.git("rev-parse", f"HEAD:{path}") for path in ("crstandards.toml", "src"))
    tree = written_tree(work, (file, b"crstandards.toml", config), (folder, b"src", source))
    assert "CR101" in refused(server, work, f"{commit_of(work, tree, good)}:main")
    source = work.git("rev-parse", f"{good}:src")
    tree = written_tree(work, (file, b"crstandards.toml", config), (folder, b"src", source))
    accepted(server, work, f"{commit_of(work, tree, good)}:main")


def test_a_name_that_a_tree_lists_twice(server: Server, work: Repo) -> None:
    good = work.git("rev-parse", "HEAD")
    make_raw(work)
    config = work.git("rev-parse", "HEAD:crstandards.toml")
    sources = [work.git("rev-parse", f"{commit}:src") for commit in ("HEAD", good)]
    for one, other in (sources, reversed(sources)):
        entries = ((b"40000", b"src", one), (b"40000", b"src", other))
        tree = written_tree(work, (b"100644", b"crstandards.toml", config), *entries)
        told = refused(server, work, f"{commit_of(work, tree, good)}:main")
        assert "could not be verified" in told
        assert "lists a name twice" in told
