"""`demo`: the whole story in a process of its own, under a user's settings that could spoil it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.builders import Ran, clean_environment

DEMO = (sys.executable, "-m", "crstandards", "demo")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Temporary folders go to `tmp`, so that a test sees what is left there."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    temporary = tmp_path / "Zwischenablage für alle"
    temporary.mkdir()
    return clean_environment(tmp_path / "home") | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))


def play(environment: dict[str, str], folder: Path) -> Ran:
    done = subprocess.run(
        DEMO, env=environment, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def left_behind(environment: dict[str, str]) -> list[str]:
    return os.listdir(environment["TMPDIR"])


def test_the_commit_is_stopped_mended_and_let_through(environment: dict[str, str], tmp_path: Path) -> None:
    start = time.monotonic()
    ran = play(environment, tmp_path)
    assert (ran.status, ran.err) == (0, "")
    assert time.monotonic() - start < 5
    story = [
        "$ crstandards hook install\ninstalled ",
        '$ git commit --quiet -m "Add ContosoHR"\n',
        '$ git commit -m "Tell the manager of a new hire"\n── ContosoHR: 2 errors',
        "error CR101 raw-connection: ",
        "error CR201 duplicate-connector: ",
        "the commit was stopped",
        '+        "connection": {"connectionReferenceLogicalName": "con_outlook"},\n',
        '$ git commit -m "Tell the manager of a new hire"\nNo violations',
        "] Tell the manager of a new hire\n 1 file changed, 28 insertions(+)\n",
    ]
    at = 0
    for part in story:
        assert part in ran.out[at:], part
        at = ran.out.index(part, at) + len(part)
    assert "\x1b" not in ran.out
    assert left_behind(environment) == []


def test_a_users_settings_change_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    hooks = tmp_path / "my hooks"
    template = tmp_path / "template"
    for folder in (hooks, template / "hooks"):
        folder.mkdir(parents=True)
        failing = folder / "prepare-commit-msg"
        failing.write_text("#!/bin/sh\nexit 7\n")
        failing.chmod(0o755)
    elsewhere = tmp_path / "elsewhere"
    subprocess.run(("git", "init", "-q", str(elsewhere)), env=environment, check=True)
    before = sorted(elsewhere.rglob("*"))
    (tmp_path / "home" / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hooks.as_posix()}\n\tautocrlf = true\n"
        f"[init]\n\ttemplateDir = {template.as_posix()}\n\tdefaultBranch = trunk\n"
        "[user]\n\tuseConfigOnly = true\n[commit]\n\tgpgSign = true\n\ttemplate = /nowhere\n"
        "[alias]\n\tcommit = !false\n[gpg]\n\tprogram = false\n"
    )
    environment |= {
        "GIT_DIR": str(elsewhere / ".git"),
        "GIT_WORK_TREE": str(elsewhere),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(hooks),
        "PRE_COMMIT": "1",
    }
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "EMAIL", "USER", "LOGNAME"):
        environment.pop(name, None)
    ran = play(environment, tmp_path)
    assert (ran.status, ran.err) == (0, "")
    assert "[main " in ran.out
    assert os.listdir(hooks) == ["prepare-commit-msg"]
    assert sorted(elsewhere.rglob("*")) == before
    assert left_behind(environment) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows only has another kind of signals")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_demo_leaves_nothing_behind(
    environment: dict[str, str], tmp_path: Path, number: str
) -> None:
    with subprocess.Popen(
        DEMO, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if line.startswith("installed"):
                break
        assert left_behind(environment) != []
        process.send_signal(getattr(signal, number))
        process.stdout.read()
        assert process.wait() == 130
        assert process.stderr.read() == ""
    assert left_behind(environment) == []


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PYTHONIOENCODING": "ascii"}, "-- ContosoHR: 2 errors"),
        ({"FORCE_COLOR": "1"}, "\x1b[1;31merror\x1b[0m"),
        ({"FORCE_COLOR": "1"}, "\x1b[1m$ git add --all\x1b[0m"),
    ],
)
def test_it_looks_as_the_terminal_can(
    environment: dict[str, str], tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    ran = play(environment | variables, tmp_path)
    assert (ran.status, said in ran.out) == (0, True)
    assert ran.out.isascii() == ("PYTHONIOENCODING" in variables)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows only runs programs of other kinds")
@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '[ "$1" = commit ] && set -- -c core.hooksPath=/ "$@"',
            "this commit should have been stopped",
        ),
        ('case "$*" in "commit "*manager*) exit 1;; esac', "CR101 and CR201 should have stopped this commit"),
    ],
    ids=["nothing stops it", "something else stops it"],
)
def test_a_story_that_goes_another_way_is_no_success(
    environment: dict[str, str], tmp_path: Path, line: str, said: str
) -> None:
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\n{line}\nexec {shutil.which("git")} "$@"\n')
    shim.chmod(0o755)
    ran = play(environment | {"PATH": f"{shim.parent}{os.pathsep}{environment['PATH']}"}, tmp_path)
    assert (ran.status, ran.err) == (3, f"crstandards: the demo went wrong: {said}\n")
    assert left_behind(environment) == []
