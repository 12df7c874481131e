"""Trees that no git makes, and that a server takes all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.support.builders import Repo, flow, flow_file, raw_flow, to_json, write_solution

FIRST, SECOND = flow_file("Ask"), flow_file("Tell")


class Entry(NamedTuple):
    """A line of a tree."""

    mode: str
    name: str
    held: str


Change = Callable[[list[Entry]], list[Entry]]


@pytest.fixture
def base(repo: Repo) -> str:
    """A commit with two clean flows."""
    write_solution(repo.root / "HR", "ContosoHR", flows={"Ask": flow(), "Tell": flow()})
    return repo.commit("Begin")


def tree(repo: Repo, entries: list[Entry]) -> str:
    """Writes a tree as it is, without git's checks."""
    data = b"".join(
        f"{entry.mode.lstrip('0')} {entry.name}\0".encode() + bytes.fromhex(entry.held) for entry in entries
    )
    command = ("git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally")
    return repo.run(command, stdin=data, check=True).out.strip()


def entries(repo: Repo, revision: str) -> list[Entry]:
    lines = (line.partition("\t") for line in repo.git("ls-tree", revision).splitlines())
    return [Entry(head.split()[0], name, head.split()[2]) for head, _, name in lines]


def commit(repo: Repo, parent: str, change: Change, folder: str = "HR/Workflows") -> str:
    """A commit in which one folder's tree is another one than in its parent."""
    held = tree(repo, change(entries(repo, f"{parent}:{folder}")))
    while folder:
        above, _, name = folder.rpartition("/")
        around = entries(repo, f"{parent}:{above}")
        held = tree(repo, [item._replace(held=held) if item.name == name else item for item in around])
        folder = above
    return repo.git("commit-tree", held, "-p", parent, "-m", "Change")


def raw(repo: Repo) -> str:
    """A flow with a raw connection."""
    return repo.run(
        ("git", "hash-object", "-w", "--stdin"), stdin=to_json(raw_flow()), check=True
    ).out.strip()


def commands(base: str, new: str) -> list[tuple[tuple[str, ...], str]]:
    """All that judges commits, and what git tells it."""
    return [
        (("check", "--rev", new), ""),
        (("replay", f"{base}..{new}"), ""),
        (("replay", new, "--select=CR101"), ""),
        (("hook", "pre-push", "origin", "x"), f"refs/heads/main {new} refs/heads/main {base}\n"),
        (("hook", "pre-receive"), f"{base} {new} refs/heads/main\n"),
    ]


@pytest.mark.parametrize("first", [True, False], ids=["the first", "the last"])
def test_a_name_that_stands_twice_hides_nothing(first: bool, repo: Repo, base: str) -> None:
    """Which of the two is checked out, only whoever does it knows."""
    bad = raw(repo)

    def twice(entries: list[Entry]) -> list[Entry]:
        found = next(entry for entry in entries if entry.name == FIRST)
        both = [found._replace(held=bad), found]
        at = entries.index(found)
        return [*entries[:at], *(both if first else reversed(both)), *entries[at + 1 :]]

    new = commit(repo, base, twice)
    for command, told in commands(base, new):
        ran = repo.crstandards(*command, stdin=told)
        assert ran.status == 3, (command, ran.text)
        assert "holds" in ran.err
        assert "twice" in ran.err


@pytest.mark.parametrize("victim", [FIRST, SECOND])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_tree_out_of_order_hides_nothing(before: bool, victim: str, repo: Repo, base: str) -> None:
    """Of two trees in different orders, git says of one path that it went and that it came."""
    bad = raw(repo)

    def slip(entries: list[Entry]) -> list[Entry]:
        return [entry._replace(held=bad) if entry.name == victim else entry for entry in entries]

    if before:
        base = commit(repo, base, lambda entries: entries[::-1])
        new = commit(repo, base, lambda entries: slip(entries)[::-1])
    else:
        new = commit(repo, base, lambda entries: slip(entries)[::-1])
    repo.git("update-ref", "refs/heads/main", base)
    for command, told in commands(base, new):
        ran = repo.crstandards(*command, stdin=told)
        assert ran.status in (1, 3), (command, ran.text)
        assert ("CR101" in ran.text) == (ran.status == 1)


@pytest.mark.parametrize("name", [".", "..", "", "HR/../HR", "/etc/passwd"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, repo: Repo, base: str) -> None:
    held = repo.git("rev-parse", f"{base}:HR")
    new = commit(repo, base, lambda entries: [*entries, Entry("040000", name, held)], "HR")
    for command, told in commands(base, new):
        ran = repo.crstandards(*command, stdin=told)
        assert ran.status == 3, (command, ran.text)
        assert "Traceback" not in ran.err


@pytest.mark.parametrize("first", [True, False], ids=["the first", "the last"])
def test_a_name_that_is_the_path_of_another_file_hides_nothing(first: bool, repo: Repo, base: str) -> None:
    """A clean flow lies in its folder, and beside the folder another one is called by its whole path."""
    slipped = Entry("100644", f"HR/Workflows/{FIRST}", raw(repo))
    new = commit(repo, base, lambda entries: [slipped, *entries] if first else [*entries, slipped], "")
    for command, told in commands(base, new):
        ran = repo.crstandards(*command, stdin=told)
        assert ran.status == 3, (command, ran.text)
        assert f"HR/Workflows/{FIRST}" in ran.err


def test_a_name_that_is_a_path_is_judged_or_refused(repo: Repo, base: str) -> None:
    slipped = Entry("100644", f"HR/Workflows/{flow_file('Shout')}", raw(repo))
    new = commit(repo, base, lambda entries: [*entries, slipped], "")
    for command, told in commands(base, new):
        ran = repo.crstandards(*command, stdin=told)
        assert ran.status in (1, 3), (command, ran.text)
        assert ("CR101" in ran.text) == (ran.status == 1)


@pytest.mark.parametrize("name", ["C:\\x", "CON", "...", "\x1b[31m\n"])
def test_a_name_that_is_only_odd_is_left_alone(name: str, repo: Repo, base: str) -> None:
    """Another system may not check it out; here it is a name like any other."""
    bad = raw(repo)
    empty = repo.git("rev-parse", f"{base}:HR/Other")
    new = commit(repo, base, lambda entries: [*entries, Entry("040000", name, empty)], "HR")
    for command, told in commands(base, new)[::4]:
        assert repo.crstandards(*command, stdin=told).status == 0
    new = commit(repo, base, lambda entries: [*entries, Entry("100644", f"{name}.json", bad)])
    for command, told in commands(base, new)[::4]:
        ran = repo.crstandards(*command, stdin=told)
        assert ran.status == 1, (command, ran.text)
        assert "CR101" in ran.text
        assert "\x1b" not in ran.text
