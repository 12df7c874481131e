from __future__ import annotations

import re
import subprocess
import sys

import pytest

from crstandards.report import FORMATS, MAPS, draw, render
from crstandards.report.terminal import Style
from crstandards.reported import Before

from .builders import HOSTILE, duplicate_outlook, hostile, raw_in_reminder, report


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders(name: str) -> None:
    text = render(report(raw_in_reminder(), duplicate_outlook()), name, Style())
    assert "CR201" in text
    styled = Style(color=True, unicode=False, width=40, verbose=True, quiet=True)
    if name in ("json", "csv", "gitlab", "html"):
        assert render(report(raw_in_reminder(), duplicate_outlook()), name, styled) == text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("format_", [*FORMATS, *MAPS])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_steer_no_terminal_and_no_log(format_: str, name: str) -> None:
    of = hostile(name)
    text = render(of, format_, Style(verbose=True)) if format_ in FORMATS else draw(of.links or (), format_)
    text.encode("utf-8")
    if format_ == "csv":
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    assert not [c for c in text if c not in "\n\u200b\ufe0f" and not c.isprintable()]
    if format_ != "azure":
        assert "##vso[" not in text
    assert "##[" not in text
    if format_ != "github":
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


LISTS = "before; `crstandards check` lists"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (Before(9, 0, 0), f"This change adds no violations. 9 errors were there {LISTS} them."),
        (Before(1, 0, 0), f"This change adds no violations. 1 error was there {LISTS} it."),
        (Before(2, 1, 0), f"This change adds no violations. 2 errors and 1 warning were there {LISTS} them."),
        (Before(0, 0, 0), "This change adds no violations: 3 solutions, 41 flows, 18 connection references."),
    ],
)
@pytest.mark.parametrize("format_", ["text", "markdown", "github", "azure", "html"])
def test_what_was_there_before_is_no_absence_of_violations(format_: str, before: Before, said: str) -> None:
    clean = report()._replace(before=before)
    assert said in words(render(clean, format_, Style()))
    assert "No violations" not in words(render(clean, format_, Style()))
    found = words(render(report(raw_in_reminder())._replace(before=before), format_, Style()))
    assert "This change adds 1 error in 1 of 3 solutions" in found
    assert ("there before" in found) == any(before)
    assert "No violations" in words(render(report(), format_, Style()))


def words(rendered: str) -> str:
    """What is read, without how it is laid out."""
    return " ".join(re.sub("</?code>", "`", rendered).split())


def test_only_the_format_chosen_is_imported() -> None:
    code = (
        "import sys\n"
        "from crstandards.report import render\n"
        "from crstandards.report.terminal import Style\n"
        "from crstandards.reported import Report, Summary\n"
        "render(Report('zip', (), Summary(0, 0, 0, 0, 0, 0, 0)), 'text', Style())\n"
        "print('crstandards.report.json_format' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
