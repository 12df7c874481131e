from __future__ import annotations

import io
import os
import sys
from typing import TextIO

import pytest

from crstandards.report.terminal import Style, style_of, write


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal (or not), without a size."""

    def __init__(self, encoding: str = "utf-8", terminal: bool = True) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="\n")
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    def written(self) -> bytes:
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue()


unix = pytest.mark.skipif(sys.platform == "win32", reason="a console of Windows is asked itself")


@unix
@pytest.mark.parametrize(
    ("environ", "terminal", "color"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "xterm-256color"}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"FORCE_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"CLICOLOR": "0"}, True, False),
        ({"CLICOLOR": "1"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True, True),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_color(environ: dict[str, str], terminal: bool, color: bool) -> None:
    assert style_of(Terminal(terminal=terminal), environ).color is color


@pytest.mark.parametrize(
    ("encoding", "unicode"),
    [
        ("utf-8", True),
        ("UTF-8", True),
        ("utf-16", True),
        ("cp1252", False),
        ("cp437", False),
        ("ascii", False),
    ],
)
def test_unicode_follows_the_encoding(encoding: str, unicode: bool) -> None:
    assert style_of(Terminal(encoding), {}).unicode is unicode


def test_a_stream_of_text_has_no_encoding() -> None:
    assert style_of(io.StringIO(), {}) == Style(color=False, unicode=False, width=80, encoding=None)


@pytest.mark.parametrize(
    ("environ", "terminal", "encoding"),
    [
        ({"PRE_COMMIT": "1"}, False, "utf-8"),
        ({"PRE_COMMIT": "1"}, True, None),
        ({"PRE_COMMIT": "1", "PYTHONIOENCODING": "cp1252"}, False, None),
        ({}, False, None),
    ],
)
def test_pre_commit_gets_utf8_through_its_pipe(
    environ: dict[str, str], terminal: bool, encoding: str | None
) -> None:
    style = style_of(Terminal("cp1252", terminal), environ)
    assert style.encoding == encoding
    assert style.unicode is (encoding is not None)


@pytest.mark.parametrize(
    ("columns", "width"),
    [("100", 100), ("7", 40), ("900", 120), ("0", 80), ("-5", 80), ("wide", 80), ("", 80)],
)
def test_width(columns: str, width: int) -> None:
    assert style_of(Terminal(), {"COLUMNS": columns}).width == width


@unix
@pytest.mark.parametrize(("columns", "width"), [(0, 80), (93, 93), (500, 120)])
def test_width_of_a_pty(columns: int, width: int) -> None:
    import fcntl
    import struct
    import termios

    leader, follower = os.openpty()
    try:
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with open(follower, "w", encoding="utf-8", closefd=False) as stream:
            assert style_of(stream, {}) == Style(color=True, unicode=True, width=width, encoding=None)
    finally:
        os.close(leader)
        os.close(follower)


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "66")
    assert style_of(Terminal()).width == 66


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "é│日\\udc80\n".encode()),
        ("cp1252", b"\xe9\\u2502\\u65e5\\udc80\n"),
        ("ascii", b"\\xe9\\u2502\\u65e5\\udc80\n"),
    ],
)
def test_write_never_fails_on_a_character(encoding: str, expected: bytes) -> None:
    stream = Terminal(encoding)
    write(stream, "é│日\udc80\n")
    assert stream.written() == expected


def test_write_bytes_of_an_encoding_after_what_was_written_before() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\r\n")
    stream.write("first\n")
    write(stream, "é\n\udc80", "utf-8")
    stream.write("last\n")
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    assert stream.buffer.getvalue() == b"first\r\n" + "é\n\\udc80".encode() + b"last\r\n"


@pytest.mark.parametrize("encoding", [None, "utf-8"])
def test_write_to_a_stream_of_text(encoding: str | None) -> None:
    stream: TextIO = io.StringIO()
    write(stream, "é\n", encoding)
    assert stream.getvalue() == "é\n"  # type: ignore[attr-defined]
