"""What the hook says, how long it takes at most, and what it makes of input that git never gives."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from datetime import date

import pytest

from crstandards.commands import hook_server
from crstandards.git.ranges import RangeGit
from crstandards.history.guards import Update
from crstandards.history.push import Decision, Guard
from crstandards.rules import RULES
from tests.support.builders import Ran, Repo, flow, raw_flow, write_solution
from tests.support.servers import Server, push

ZERO = "0" * 40


def hook(server: Server, *lines: str, env: dict[str, str] | None = None) -> Ran:
    """Run the hook as git does, on lines."""
    stdin = "".join(f"{line}\n" for line in lines)
    return server.bare.crstandards("hook", "pre-receive", stdin=stdin, env={"GIT_DIR": ".", **(env or {})})


def fetched(server: Server, clone: Repo) -> str:
    """Bring a clone's HEAD to the server without a push; returns the commit."""
    server.bare.git("fetch", "--quiet", str(clone.root), "HEAD")
    return clone.git("rev-parse", "HEAD")


def many_findings(clone: Repo, count: int = 100) -> None:
    flows = {f"Flow {number}": raw_flow() for number in range(count)}
    write_solution(clone.root / "src/HR", "ContosoHR", flows=flows)
    clone.commit("Many findings")


def told(ran: Ran) -> list[str]:
    return [
        line.removeprefix("remote: ").rstrip() for line in ran.err.splitlines() if line.startswith("remote:")
    ]


def test_at_most_fifty_lines_are_told(server: Server, work: Repo) -> None:
    many_findings(work)
    work.git("branch", "release/1")
    work.git("branch", "release/2")
    ran = push(work, "main", "release/1", "release/2")
    lines = told(ran)
    assert 40 < len(lines) <= 50
    for ref in ("main", "release/1", "release/2"):
        assert any(f"refs/heads/{ref} is refused: this push adds 100 errors." in line for line in lines)
    assert sum("more; 'crstandards check' in your clone shows all." in line for line in lines) == 3


def test_of_many_refs_the_first_are_told_in_full(server: Server, work: Repo) -> None:
    write_solution(work.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    work.commit("Slip")
    lines = told(push(work, *(f"main:refs/heads/release/{number}" for number in range(10, 80))))
    assert 40 < len(lines) <= 50
    assert lines[0] == "crstandards: refs/heads/release/10 is refused: this push adds 1 error."
    assert "CR101 raw-connection" in lines[1]
    refused = sum("is refused: this push adds 1 error." in line for line in lines)
    assert (
        lines[-1]
        == f"crstandards: ... and {70 - refused} more refs; push each alone to read what is said of it."
    )


@pytest.mark.parametrize("notes", [(), ("One thing.",), ("One thing.", "Another.", "A third.")])
def test_there_is_no_line_too_many_and_none_is_kept_back(notes: tuple[str, ...]) -> None:
    for count in range(1, 60):
        decisions = [Decision(f"refs/heads/b{number}", refusal="no", notes=notes) for number in range(count)]
        written = list(hook_server.lines(decisions, 50))
        assert len(written) <= 50
        full = count * (len(notes) + 1)
        assert len(written) == full if full <= 50 else "more refs" in written[-1]


def test_a_pusher_to_gitlab_sees_its_mark_on_every_line(server: Server, work: Repo) -> None:
    many_findings(work)
    lines = told(push(work, "main", env={"GL_ID": "user-1", "GL_PROTOCOL": "http"}))
    assert 40 < len(lines) <= 50
    assert all(line.startswith("GL-HOOK-ERR: ") for line in lines)
    assert "GL-HOOK-ERR" not in push(work, "main").text


@pytest.mark.parametrize(
    ("error", "reason"), [(KeyError("x"), "KeyError: 'x'"), (RecursionError(), "RecursionError")]
)
def test_gitlab_gets_its_mark_on_an_internal_error(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(hook_server, "_decide", fail)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setenv("GL_ID", "user-1")
    assert hook_server.pre_receive() == 3
    assert capfd.readouterr().err == (
        f"GL-HOOK-ERR: crstandards: internal error ({reason}): not verified, so the push is refused.\n"
    )
    monkeypatch.setenv("CRSTANDARDS_DEBUG", "1")
    with pytest.raises(type(error)):
        hook_server.pre_receive()


def test_names_cannot_steer_a_terminal(server: Server, work: Repo) -> None:
    write_solution(work.root / "src/HR", "ContosoHR", flows={"Evil": flow({"\x1b[2J name \u202e": None})})
    work.commit("\x1b[31mred")
    ran = push(work, "main")
    assert ran.status == 1
    assert "\\u001b[2J" in ran.err
    assert "\x1b[2J" not in ran.err
    assert "\u202e" not in ran.err


def slow_down(server: Server) -> None:
    """Let git take its time in the hook: more than a second for each start."""
    folder = server.folder / "slow"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\nsleep 1.1\nexec {shutil.which("git")} "$@"\n', encoding="utf-8")
    (folder / "git").chmod(0o755)
    script = server.bare.root / "hooks/pre-receive"
    script.write_text(
        script.read_text("utf-8").replace("\nexec ", f"\nexport PATH='{folder}':\"$PATH\"\nexec "),
        encoding="utf-8",
    )


def test_a_deadline_refuses(server: Server, work: Repo) -> None:
    slow_down(server)
    server.configure("[server]\ndeadline = 0.1\n")
    refs, objects = server.refs(), server.objects()
    write_solution(work.root / "src/HR", "ContosoHR", flows={"Another": flow()})
    work.commit()
    ran = push(work, "main")
    assert ran.status == 1
    assert "could not be verified within 0.1 seconds, so it is refused" in ran.err
    assert (server.refs(), server.objects()) == (refs, objects)


def test_a_push_cannot_raise_its_own_deadline(server: Server, work: Repo) -> None:
    # In less, no push is verified, and so none may bring it.
    work.write("crstandards.toml", "[server]\ndeadline = 3\n")
    work.commit()
    assert push(work, "main").status == 0
    work.write("crstandards.toml", "[server]\ndeadline = 100\n")
    work.commit()
    slow_down(server)
    ran = push(work, "main")
    assert ran.status == 1
    assert "within 3 seconds" in ran.err


@pytest.mark.parametrize(
    "line",
    [
        *("", "nonsense", f"{ZERO} {ZERO}", f"{ZERO} {'g' * 40} refs/heads/main", f"{ZERO} {ZERO} main"),
        *(f"{ZERO} {ZERO} refs/heads/main{inner}{ZERO} {ZERO} refs/heads/main" for inner in ("\r", "\r\n")),
    ],
)
def test_lines_that_are_none_of_gits_refuse(server: Server, line: str) -> None:
    ran = hook(server, line)
    assert ran.status == 3
    assert "could not be verified" in ran.err
    assert "a line that is not" in ran.err
    assert "Traceback" not in ran.text


def test_a_commit_that_is_not_there_refuses(server: Server, work: Repo) -> None:
    old = server.refs()["refs/heads/main"]
    ran = hook(server, f"{old} {'1' * 40} refs/heads/main")
    assert ran.status != 0
    assert "Traceback" not in ran.text


@pytest.mark.parametrize("lines", [[f"{ZERO} {ZERO} refs/heads/main"], []])
def test_a_branch_that_goes_and_never_was_is_nothing_to_refuse(server: Server, lines: list[str]) -> None:
    """git warns of such a push, and asks its hooks."""
    ran = hook(server, *lines)
    assert (ran.status, ran.text) == (0, "")


def test_outside_a_repository(
    tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]
) -> None:
    nowhere = Repo(tmp_path_factory.mktemp("nowhere"), git_environment)
    ran = nowhere.crstandards("hook", "pre-receive", stdin=f"{ZERO} {'1' * 40} refs/heads/main\n")
    assert ran.status in (2, 3)
    assert "Traceback" not in ran.text


def test_two_commits_with_the_same_tree_are_the_same_to_it(server: Server, work: Repo) -> None:
    work.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "Nothing")
    assert push(work, "main").status == 0


def test_a_repository_with_a_work_tree(work: Repo) -> None:
    other = Repo.create(work.root.parent / "checked out", work.environment)
    other.crstandards("hook", "install", "--pre-receive", str(other.root))
    other.git("config", "receive.denyCurrentBranch", "updateInstead")
    work.git("remote", "add", "other", str(other.root))
    assert work.try_git("push", "--no-verify", "other", "main").status == 0
    many_findings(work, 1)
    ran = work.try_git("push", "--no-verify", "other", "main")
    assert ran.status == 1
    assert "CR101" in ran.err


def test_a_namespace_refuses(server: Server, work: Repo) -> None:
    """git tells the hook names without it, so other refs would be taken for those that are pushed."""
    write_solution(work.root / "src/Other", "ContosoOther")
    work.commit("Something good")
    space = {"GIT_NAMESPACE": "team"}
    refused = push(work, "main", env=space)
    assert refused.status == 1
    assert "could not be verified, so it is refused: the server keeps several repositories" in refused.err
    assert push(work, "main", env={"GIT_NAMESPACE": ""}).status == 0


class Watched(RangeGit):
    """git that remembers which commits it was asked for."""

    asked: set[str]

    def commit(self, revision: str) -> tuple[str, bytes]:
        self.asked.add(revision)
        return super().commit(revision)


def test_branches_that_nobody_guards_are_not_read(server: Server, work: Repo) -> None:
    """There may be thousands, and a new branch is compared with those that are guarded."""
    others = {work.git("commit-tree", "-p", "HEAD", "-m", str(number), "HEAD^{tree}") for number in range(20)}
    names = {held: f"refs/heads/feature/{held}" for held in others}
    one, *_ = others
    names[one] = "refs/heads/release/1"
    assert push(work, *(f"{held}:{name}" for held, name in names.items())).status == 0
    write_solution(work.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    work.commit("Slip")
    new = fetched(server, work)
    git = Watched(server.bare.root)
    git.asked = set()
    guard = Guard(git, RULES, date(2026, 1, 1), None, [Update("refs/heads/release/2", "", new)])
    [decision] = guard.decisions()
    assert decision.has_errors
    assert git.asked & others == {one}


@pytest.mark.skipif(sys.platform == "win32", reason="needs an alarm of the system")
def test_a_deadline_interrupts_one_regular_expression(server: Server, work: Repo) -> None:
    """Python lets no other thread run meanwhile."""
    work.write(
        "crstandards.toml",
        '[rules]\nCR505 = "error"\n[names]\nlogical-name = "con_(a+)+"\n[server]\ndeadline = 1.5\n',
    )
    work.commit("Name a pattern that takes for ever")
    assert push(work, "main").status == 0
    write_solution(work.root / "src/HR", "ContosoHR", [f"con_{'a' * 60}!"], {})
    work.commit("Name a reference for it")
    ran = push(work, "main")
    assert (ran.status, "could not be verified within 1.5 seconds" in ran.err) == (1, True), ran.err


def test_a_deadline_waits_for_nobody_who_should_read() -> None:
    """Both what is being written and the last words meet a pipe that is full."""
    program = (
        "import os; from crstandards.commands.hook_server import Deadline, Pusher; "
        "Deadline(Pusher({})).set(0.1); os.write(2, b'x' * (1 << 24)); os.write(2, b'y' * (1 << 24))"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as process:
        assert process.wait(timeout=60) == 3
