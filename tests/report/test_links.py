"""Places as links, in terminals that know them."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from crstandards import PAGES, REPOSITORY, __version__
from crstandards.places import Span
from crstandards.report import render
from crstandards.report.terminal import Style, can_link, cell_width, linked, program_of, wrap
from crstandards.reported import Report

from .builders import HOSTILE, duplicate_outlook, hostile, raw_in_reminder, related, report, reported
from .test_terminal import Terminal, unix
from .test_text import TWO_FINDINGS

LINK = re.compile(r"\x1b\]8;;([^\x1b]*)\x1b\\(.*?)\x1b\]8;;\x1b\\", re.DOTALL)
ROOT = "file:///home/me/contoso/"


def links(of: Report, **style: object) -> list[tuple[str, str]]:
    """The targets and texts of the links in a report."""
    return LINK.findall(render(of, "text", Style(root=ROOT, width=90, **style)))  # type: ignore[arg-type]


def test_places_lead_to_their_line() -> None:
    flow = "src/HR/Workflows/Sendreminder-1F2E3D4C-0000-0000-0000-000000000001.json"
    assert links(report(raw_in_reminder())) == [
        (f"{ROOT}{flow}#5", f"{flow}:5:9"),
        (f"{ROOT}{flow}#84", "line 84"),
    ]


def test_links_change_nothing_else() -> None:
    of = report(raw_in_reminder(), duplicate_outlook())
    shown = render(of, "text", Style(root=ROOT, width=90))
    assert LINK.sub(r"\2", shown) == TWO_FINDINGS


def test_without_a_root_there_is_no_link() -> None:
    assert "\x1b" not in render(report(raw_in_reminder()), "text", Style())


def test_a_path_is_encoded() -> None:
    ((target, _),) = links(report(reported(span=Span("a b#1/caf\udce9.json", 3))))
    assert target == f"{ROOT}a%20b%231/caf%E9.json#3"


@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_leave_the_link(name: str) -> None:
    shown = render(hostile(name), "text", Style(root=ROOT, verbose=True))
    rest = LINK.sub("", shown)
    assert "\x1b" not in rest
    for target, _ in LINK.findall(shown):
        assert target.startswith(ROOT)
        assert target.isascii()
        assert target.isprintable()
        assert " " not in target


def test_a_link_takes_no_room() -> None:
    link = linked("日本", "file:///x")
    assert cell_width(link) == 4
    assert wrap(f"{link} b", 6) == [f"{link} b"]
    many = tuple(related("b.json", line, "x") for line in range(3))
    plain = render(report(reported(related=many)), "text", Style(width=40))
    assert (
        LINK.sub(r"\2", render(report(reported(related=many)), "text", Style(width=40, root=ROOT))) == plain
    )


@pytest.mark.parametrize("quiet", [True, False])
def test_a_rule_s_id_leads_to_its_page(quiet: bool) -> None:
    shown = render(report(duplicate_outlook()), "text", Style(links=True, quiet=quiet))
    assert LINK.findall(shown) == [(f"{PAGES}rules/CR201.md", "CR201")]


# Who has crstandards inside pre-commit's environment alone

PYTHON = f'"{sys.executable}"' if " " in sys.executable else sys.executable


def test_without_the_command_there_are_lines_that_run_as_they_stand() -> None:
    program = "pipx run --spec git+https://x@v1 crstandards"
    shown = render(report(duplicate_outlook()), "text", Style(width=60, program=program))
    assert f"= more:   {PAGES}rules/CR201.md\n" in shown
    assert shown.endswith(f"This can fix it, and with --diff it shows how:\n  {program} fix\n")
    assert "crstandards explain" not in shown


@pytest.mark.parametrize(
    ("there", "line"),
    [
        (["crstandards", "pipx"], "crstandards"),
        (["pipx", "uvx"], f"pipx run --spec git+{REPOSITORY}@v{__version__} crstandards"),
        (["uvx"], f"uvx --from git+{REPOSITORY}@v{__version__} crstandards"),
        ([], f"{PYTHON} -m crstandards"),
    ],
)
@unix
def test_how_crstandards_is_started_under_pre_commit(there: list[str], line: str, tmp_path: Path) -> None:
    for name in there:
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    path = os.pathsep.join([os.path.dirname(sys.executable), str(tmp_path)])
    assert program_of({"PRE_COMMIT": "1", "PATH": path}) == line
    assert program_of({"PATH": path}) == "crstandards"


@unix
@pytest.mark.parametrize(
    ("environ", "terminal", "known"),
    [
        ({}, True, False),
        ({"TERM": "xterm-256color"}, True, False),
        ({"WT_SESSION": "0"}, True, True),
        ({"WT_SESSION": "0"}, False, False),
        ({"WT_SESSION": "0", "TERM": "dumb"}, True, False),
        ({"TERM_PROGRAM": "vscode"}, True, True),
        ({"TERM_PROGRAM": "Apple_Terminal"}, True, False),
        ({"TERM": "alacritty"}, True, True),
        ({"TERM": "foot-extra"}, True, True),
        ({"KONSOLE_VERSION": "220400"}, True, True),
        ({"VTE_VERSION": "5000"}, True, False),
        ({"VTE_VERSION": "7402"}, True, True),
        ({"VTE_VERSION": "odd"}, True, False),
        ({"FORCE_HYPERLINK": "1"}, False, True),
        ({"FORCE_HYPERLINK": "0", "WT_SESSION": "0"}, True, False),
        ({"FORCE_HYPERLINK": ""}, True, False),
    ],
)
def test_which_terminals_know_links(environ: dict[str, str], terminal: bool, known: bool) -> None:
    assert can_link(Terminal(terminal=terminal), environ) is known
