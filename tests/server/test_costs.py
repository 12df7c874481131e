"""What a push costs, counted in what git is asked for, and that nobody can make it dear for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest

from crstandards.commands import hook_server
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import Git, MalformedTree, Ref
from crstandards.history.guards import Update
from crstandards.history.push import Decision, Guard
from crstandards.rules import RULES
from tests.hostile.test_limits import tree_bomb
from tests.server.test_evasions import commit_of, written_tree
from tests.server.test_pushes import accepted, make_raw, refused
from tests.support.builders import Repo, flow, raw_flow, write_files, write_solution
from tests.support.servers import Server

MAIN = "refs/heads/main"


class Counted(RangeGit):
    """git that counts how often it is asked for each tree and file."""

    asked: Counter[str]

    def blobs(self, ids: Iterable[str], limit: int) -> Iterator[bytes | None]:
        return super().blobs(map(self._counted, ids), limit)

    def _counted(self, held: str) -> str:
        self.asked[held] += 1
        return held


def decided(server: Server, *updates: Update) -> tuple[list[Decision], Counter[str]]:
    """What is decided about updates, and how often git is asked for each tree and file."""
    git = Counted(server.bare.root)
    git.asked = Counter()
    return list(Guard(git, RULES, date(2026, 1, 1), None, updates).decisions()), git.asked


def deadline(server: Server, *updates: Update) -> float:
    return Guard(RangeGit(server.bare.root), RULES, date(2026, 1, 1), None, updates).policies.deadline()


def brought(server: Server, clone: Repo, old: str) -> Update:
    """The update that brings a clone's HEAD to `main`, with its objects on the server."""
    server.bare.git("fetch", "--quiet", str(clone.root), "HEAD")
    return Update(MAIN, old, clone.git("rev-parse", "HEAD"))


def trees_of(repo: Repo, *commits: str) -> set[str]:
    listed = repo.git("rev-list", "--objects", "--no-walk", "--filter=blob:none", *commits).splitlines()
    ids = {line.split(" ")[0] for line in listed} - set(commits)
    return {held for held in ids if repo.git("cat-file", "-t", held) == "tree"}


@pytest.mark.parametrize("flows", [{"Another": flow()}, {"Raw one": raw_flow()}], ids=["good", "raw"])
def test_each_tree_is_read_once(server: Server, work: Repo, flows: dict[str, dict[str, object]]) -> None:
    counts = []
    for folders in (10, 100):
        write_files(work.root, {f"docs/{n}/{m}.json": f"{n % 7}" for n in range(folders) for m in range(3)})
        old = work.commit(f"Write {folders} folders")
        accepted(server, work, "main")
        write_solution(work.root / "src/HR", "ContosoHR", flows=flows)
        new = work.commit("Change a flow", "--no-verify")
        [decision], asked = decided(server, brought(server, work, old))
        assert decision.has_errors == ("Raw one" in flows)
        # The trees of commits are asked for by the commits' names.
        roots = {work.git("rev-parse", f"{commit}^{{tree}}"): f"{commit}^{{tree}}" for commit in (old, new)}
        trees = {roots.get(tree, tree) for tree in trees_of(work, old, new)}
        assert {held: asked[held] for held in trees} == dict.fromkeys(trees, 1)
        counts.append(asked.total() - len(trees))
        work.git("reset", "--quiet", "--hard", old)
    # All else doesn't grow with the tree.
    assert counts[0] == counts[1]


def test_the_deadline_is_known_before_anything_of_the_tree_is_read(
    server: Server, work: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.write("crstandards.toml", "[server]\ndeadline = 60\n")
    work.write("crstandards-baseline.json", "{}")
    old = work.commit("Allow a minute")
    with server.unguarded():
        accepted(server, work, "main")
    work.write("README.md", "Hello")
    work.commit("Say hello")
    update = brought(server, work, old)
    policy = work.git("rev-parse", f"{old}:crstandards.toml")
    for own in (False, True):
        if own:
            server.configure("[server]\ndeadline = 61\n")
        git, events = Counted(server.bare.root), list[object]()
        git.asked = Counter()

        class Deadline:
            def set(self, seconds: float) -> None:
                events.append((seconds, dict(git.asked)))  # noqa: B023

        monkeypatch.setattr(hook_server, "RangeGit", lambda _: git)  # noqa: B023
        monkeypatch.setenv("CRSTANDARDS_DEBUG", "1")
        line = f"{update.old} {update.new} {update.ref}\n".encode()
        hook_server._decide(line, hook_server.Pusher({}), Deadline())  # type: ignore[arg-type]
        roots = [f"{commit}^{{tree}}" for commit in (old, update.new)]
        assert events[0] == ((61, {}) if own else (60, dict.fromkeys([*roots, policy], 1)))


def test_a_policy_that_a_push_leaves_alone_is_read_once(server: Server, work: Repo) -> None:
    """One of megabytes, pushed once, is there before and after each later push."""
    paths = ("crstandards.toml", "crstandards-baseline.json")
    work.write(paths[1], '{"schema": "crstandards/baseline/1", "findings": []}')
    old = work.commit("Record what is there")
    with server.unguarded():
        accepted(server, work, "main")
    work.write("README.md", "Hello")
    work.commit("Say hello")
    [decision], asked = decided(server, brought(server, work, old))
    assert not decision.is_refused
    assert [asked[work.git("rev-parse", f"{old}:{path}")] for path in paths] == [1, 1]


def test_a_push_to_an_empty_server_has_the_deadline_that_it_brings(server: Server) -> None:
    clone = server.clone()
    clone.write("crstandards.toml", "[server]\ndeadline = 60\n")
    new = clone.commit("Begin")
    server.bare.git("fetch", "--quiet", str(clone.root), "HEAD")
    assert deadline(server, Update("refs/heads/feature", "", new)) == 60
    clone.write("crstandards.toml", "[rulez]")
    wrong = clone.commit("Get it wrong")
    server.bare.git("fetch", "--quiet", str(clone.root), "HEAD")
    assert deadline(server, Update(MAIN, "", wrong), Update("refs/heads/feature", "", new)) == 4


def test_of_refs_that_others_pushed_none_is_listed(
    server: Server, work: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million of them, or long names, would take longer than a push may."""
    listed = list[set[str]]()

    def refs(self: RangeGit, *names: str) -> dict[str, Ref]:
        found = Git.refs(self, *names)
        listed.append(set(found))
        return found

    monkeypatch.setattr(RangeGit, "refs", refs)
    other = "refs/pull/1/head"
    server.bare.git("update-ref", other, server.refs()[MAIN])
    work.write("README.md", "Hello")
    work.commit("Say hello")
    updates = [
        brought(server, work, server.refs()[MAIN]),
        brought(server, work, "")._replace(ref="refs/heads/release/1"),
    ]
    for update in updates:
        decisions, _ = decided(server, update)
        assert not decisions[0].is_refused
    assert listed == [{MAIN}, {MAIN}]
    make_raw(work)
    decisions, _ = decided(server, brought(server, work, "")._replace(ref="refs/heads/release/1"))
    assert decisions[0].is_refused
    assert other in listed[-1]


@pytest.fixture
def astray(server: Server) -> Repo:
    """A clone of a server whose HEAD names a branch that is not there."""
    server.bare.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    clone = server.begun("[server]\ndeadline = 60\n")
    accepted(server, clone, "main")
    return clone


def test_where_head_is_astray_other_branches_cost_nothing(server: Server, astray: Repo) -> None:
    old = astray.git("rev-parse", "HEAD")
    counts = []
    for branches in (3, 30):
        for number in range(branches):
            astray.write("README.md", f"{branches} {number}")
            astray.write("crstandards.toml", f"[server]\ndeadline = {number + 1}\n")
            astray.commit("A branch with a tree and a policy of its own")
            server.bare.git("fetch", "--quiet", str(astray.root), f"HEAD:refs/heads/b/{branches}/{number}")
        astray.git("reset", "--quiet", "--hard", old)
        write_solution(astray.root / "src/HR", "ContosoHR", flows={"Another": flow()})
        astray.commit("Change a flow")
        update = brought(server, astray, old)
        assert deadline(server, update) == 60
        decisions, asked = decided(server, update)
        assert not any(decision.is_refused for decision in decisions)
        counts.append(asked.total())
    assert counts[0] == counts[1]


def handmade(server: Server, clone: Repo, kind: str) -> str:
    """A commit on HEAD whose tree nobody can look at, with its objects on the server."""
    if kind == "bomb":
        tree = clone.git("rev-parse", f"{tree_bomb(clone, 4, 200)}^{{tree}}")
    else:
        held = clone.git("rev-parse", "HEAD:src")
        tree = written_tree(clone, (b"40000", b"src", held), (b"40000", b"src", held))
    commit = commit_of(clone, tree, clone.git("rev-parse", "HEAD"))
    server.bare.git("fetch", "--quiet", str(clone.root), commit)
    return commit


KINDS = pytest.mark.parametrize("kind", ["bomb", "a name twice"])


@KINDS
@pytest.mark.parametrize("ref", ["refs/heads/other", "refs/tags/v1"])
def test_a_tree_that_nobody_can_look_at_stops_no_other_push(
    server: Server, astray: Repo, kind: str, ref: str
) -> None:
    bad = handmade(server, astray, kind)
    server.bare.git("update-ref", ref, bad)
    write_solution(astray.root / "src/HR", "ContosoHR", flows={"Another": flow()})
    astray.commit("Change a flow")
    accepted(server, astray, "main")
    accepted(server, astray, "main:refs/heads/release/1")
    server.bare.git("symbolic-ref", "HEAD", MAIN)
    write_solution(astray.root / "src/HR", "ContosoHR")
    astray.commit("Change it back")
    accepted(server, astray, "main")
    accepted(server, astray, "main:refs/heads/release/2")


@KINDS
def test_a_tree_that_nobody_can_look_at_is_refused_after_few_steps(
    server: Server, work: Repo, kind: str
) -> None:
    bad = handmade(server, work, kind)
    assert "could not be verified" in refused(server, work, f"{bad}:main")
    git = Counted(server.bare.root)
    git.asked = Counter()
    guard = Guard(git, RULES, date(2026, 1, 1), None, [Update(MAIN, server.refs()[MAIN], bad)])
    with pytest.raises(MalformedTree, match=r"holds (more than|src twice)"):
        list(guard.decisions())
    assert git.asked.total() < 20


@KINDS
def test_a_branch_with_a_tree_that_nobody_can_look_at_can_be_mended(
    server: Server, work: Repo, kind: str
) -> None:
    """Nobody knows what it has, so all that is there afterwards counts as new."""
    good = work.git("rev-parse", "HEAD^{tree}")
    bad = handmade(server, work, kind)
    server.bare.git("update-ref", MAIN, bad)
    make_raw(work)
    mended, still = (commit_of(work, tree, bad) for tree in (good, work.git("rev-parse", "HEAD^{tree}")))
    assert "CR101" in refused(server, work, f"{still}:main")
    accepted(server, work, f"{mended}:main")


def test_a_commit_that_makes_many_branches_is_looked_at_once(server: Server, work: Repo) -> None:
    make_raw(work)
    new = brought(server, work, "").new
    made = [Update(f"refs/heads/release/{number}", "", new) for number in range(9)]
    one, few = decided(server, made[0])
    decisions, many = decided(server, *made)
    assert [(item.ref, item.has_errors) for item in decisions] == [(update.ref, True) for update in made]
    assert one == decisions[:1]
    assert many == few


def test_the_path_to_a_baseline_is_all_that_is_read_for_it(tmp_path: Path, repo: Repo) -> None:
    write_files(repo.root, {"policy/a/base.json": "{}", "policy/b/c.json": "1", "docs/a.json": "2", "x": "3"})
    head = repo.commit("Begin")
    git = Counted(repo.root)
    git.asked = Counter()
    found = git.find(head, "policy/a/base.json")
    assert found is not None
    assert (found.path, found.mode, found.blob) == (
        "policy/a/base.json",
        "100644",
        repo.git("rev-parse", "HEAD:policy/a/base.json"),
    )
    trees = [repo.git("rev-parse", f"HEAD:{path}") for path in ("policy", "policy/a")]
    assert git.asked == Counter([f"{head}^{{tree}}", *trees])
    for path in ("", "policy", "policy/a", "x/y", "nowhere", "policy/nowhere/z", "./x", "policy//a"):
        assert git.find(head, path) is None
