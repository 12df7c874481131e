"""The progress bar: on a terminal, when it takes long, and gone at the end."""

from __future__ import annotations

import io
import json
import sys

import pytest

from crstandards.cli import main
from crstandards.commands import progress
from crstandards.commands.progress import Progress
from tests.support.builders import Repo, flow, raw_flow, write_solution
from tests.support.exports import rest


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    time = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: time[0])
    return time


def run(stream: io.StringIO, clock: list[float], seconds: float) -> str:
    with Progress(stream, "commits") as shown:
        for done in range(1, 5):
            clock[0] += seconds
            shown(done, 4)
    return stream.getvalue()


def test_what_takes_long_is_shown_and_wiped(clock: list[float]) -> None:
    text = run(Terminal(), clock, 0.6)
    lines = text.split("\r")
    assert [line for line in lines if line.strip()] == [
        "[###############...............] 2 of 4 commits",
        "[######################........] 3 of 4 commits",
        "[##############################] 4 of 4 commits",
    ]
    assert lines[-2:] == [" " * len(lines[1]), ""]


def test_files_are_counted_on_from_run_to_run_and_nothing_is_shown_after_the_end(clock: list[float]) -> None:
    stream = Terminal()
    with Progress(stream, "files") as shown:
        for files in ("abcd", "e"):
            for _ in shown.over(files, len(files)):
                clock[0] += 0.6
    text = stream.getvalue()
    for _ in shown.over("f", 1):
        clock[0] += 2
    assert "5 of 5 files" in text
    assert "1 of 1 files" not in text
    assert stream.getvalue() == text
    assert text.endswith(" \r")


def test_what_is_quick_shows_nothing(clock: list[float]) -> None:
    assert run(Terminal(), clock, 0.1) == ""


@pytest.mark.parametrize(
    ("command", "noun"),
    [("check", "files"), ("graph", "files"), ("fix --diff", "files"), ("inventory connections.json", "MB")],
)
def test_what_reads_much_shows_it(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, command: str, noun: str
) -> None:
    write_solution(repo.root, "ContosoHR", ["con_a"], {"Good": flow(), "Raw": raw_flow()})
    repo.write("connections.json", json.dumps([rest()]))
    monkeypatch.chdir(repo.root)
    monkeypatch.setattr(progress, "monotonic", iter(range(10**6)).__next__)
    monkeypatch.setattr(sys, "stderr", Terminal())
    main(command.split())
    assert isinstance(sys.stderr, Terminal)
    shown, _, after = sys.stderr.getvalue().rpartition(f" {noun}")
    assert shown
    # The bar is gone before anything else is said.
    assert after.startswith("\r ")
    assert "[####" in sys.stderr.getvalue()


def test_a_hook_that_fixes_shows_nothing(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    write_solution(repo.root, "ContosoHR", ["con_a"], {"Good": flow(), "Raw": raw_flow()})
    repo.git("add", "--all")
    monkeypatch.chdir(repo.root)
    monkeypatch.setattr(progress, "monotonic", iter(range(10**6)).__next__)
    monkeypatch.setattr(sys, "stderr", Terminal())
    main(["fix", "--staged"])
    assert isinstance(sys.stderr, Terminal)
    assert "[#" not in sys.stderr.getvalue()
