"""The progress bar: on a terminal, when it takes long, and gone at the end."""

from __future__ import annotations

import io

import pytest

from crstandards.commands import progress
from crstandards.commands.progress import Progress


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


def test_files_are_shown_as_they_are_read(clock: list[float]) -> None:
    stream = Terminal()
    with Progress(stream, "files") as shown:
        for _ in shown.over("abcd", 4):
            clock[0] += 0.6
    assert "[###############...............] 2 of 4 files" in stream.getvalue()


def test_what_is_quick_shows_nothing(clock: list[float]) -> None:
    assert run(Terminal(), clock, 0.1) == ""


def test_elsewhere_nothing_is_shown(clock: list[float]) -> None:
    assert run(io.StringIO(), clock, 10.0) == ""
