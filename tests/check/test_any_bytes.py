"""Whatever the bytes are, a check ends in a report or in one of our own errors."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

import pytest

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.configuration import Config
from crstandards.report import render
from crstandards.report.terminal import Style
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.snapshot import Content, File, Origin
from tests.support.builders import OUTLOOK, TEAMS, Missing, flow, raw_flow, solution_files
from tests.support.checks import AS_OF
from tests.support.written import ENCODINGS, encode

FORMATS = ("text", "json", "sarif", "junit", "markdown")
PIECES = [
    *(b"<", b">", b"{", b"}", b'"', b",", b"&", b"-", b"\\u", b"]]>", b"<!--", b"1e999"),
    *(b"\0", b"\xff", b"\n", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b'"connection": {}, ', b"<connectionreferences>", b"<!DOCTYPE a>"),
]


class Memory:
    """A snapshot of bytes at hand."""

    origin: Origin = "commit"

    def __init__(self, contents: dict[str, bytes]) -> None:
        self._contents = contents

    def files(self) -> Sequence[File]:
        return sorted(map(File, self._contents))

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        return (Content(file, self._contents[file.path]) for file in files)


def check(contents: dict[str, bytes]) -> Report:
    return full_report(Session(Memory(contents), Config(), RULES, AS_OF, whole=True))


def damaged(content: bytes, choose: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(choose.choice([1, 1, 1, 2, 5])):
        start = choose.randrange(len(data) + 1)
        end = start + choose.choice([0, 0, 1, 2, 7, 50])
        data[start:end] = choose.choice([*PIECES, data[end : end + 30], data[:20]])
    return bytes(data[: choose.choice([None, None, None, choose.randrange(len(data) + 1)])])


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("layout", ["unpacked", "flat"])
def test_damage_is_reported_or_harmless(layout: str, encoding: str) -> None:
    choose = random.Random(f"{layout} {encoding}")
    flows = {"Raw": raw_flow(), "Send": flow({OUTLOOK: "con_a", TEAMS: "con_teams"})}
    sound = {
        path: encode(content.decode().replace(' encoding="utf-8"', ""), encoding)
        for path, content in solution_files(
            "ContosoHR",
            ["con_a", "con_b", ("con_teams", TEAMS)],
            flows,
            layout,  # type: ignore[arg-type]
            missing=[Missing("con_m")],
        ).items()
    }
    assert {item.rule.id for item in check(sound).findings} == {"CR101", "CR201", "CR506"}
    for _ in range(60):
        path = choose.choice(sorted(sound))
        report = check({**sound, path: damaged(sound[path], choose)})
        for name in FORMATS:
            assert render(report, name, Style())
        for item in report.findings:
            assert item.span.line >= 1
            assert item.span.column >= 1
            assert (item.span.end_line, item.span.end_column) >= (item.span.line, item.span.column)
        # Damage to one file never silences what is wrong in another.
        found = {item.rule.id for item in report.findings if item.severity == "error"}
        assert found & {"CR101", "CR201", "CR901"}, path
