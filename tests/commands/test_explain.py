"""`explain`: the pages, found by id or name, shown as the terminal can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.cli import main
from crstandards.pages import page
from crstandards.report.rule_page import render_page
from crstandards.report.terminal import Style, cell_width
from crstandards.rules import RULES

IDS = [rule.id for rule in RULES]


@pytest.mark.parametrize("asked", ["CR101", "cr101", "raw-connection", "Raw-Connection", " CR101 "])
def test_a_page_is_found_by_id_or_name_in_any_case(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", asked]) == 0
    assert capsys.readouterr().out.startswith("# CR101 raw-connection\n")


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("CR102x", "did you mean CR10"),
        ("raw-conection", "did you mean CR101 (raw-connection)?"),
        ("spaghetti", "'crstandards rules' lists them"),
        ("", "'crstandards rules' lists them"),
        ("../CR101", "did you mean CR101"),
    ],
)
def test_an_unknown_rule_is_wrong_use(asked: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", asked]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert f"no rule is called {asked!r}" in err
    assert hint in err


def test_without_a_rule_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[: len(IDS)]] == IDS


def test_how_to_fix_it_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "CR201"]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("## ")]
    told = [line for line in page("CR201").splitlines() if line.startswith("## ")]
    assert shown == sorted(told, key=lambda line: line != "## How to fix it")


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_each_rule_has_a_page_that_agrees_with_it(rule) -> None:  # type: ignore[no-untyped-def]
    lines = page(rule.id).splitlines()
    assert lines[0] == f"# {rule.id} {rule.name}"
    assert lines[2].startswith(f"Severity: {rule.severity}")


@pytest.mark.parametrize("rule_id", IDS)
@pytest.mark.parametrize("color", [True, False])
def test_pages_fit_the_terminal_and_lose_no_word(rule_id: str, color: bool) -> None:
    text = page(rule_id)
    shown = render_page(text, Style(color=color, width=72))
    assert _words(shown) == _words(text)
    in_code = False
    for line in shown.splitlines():
        if color:
            in_code = line.startswith("    ")
        elif line.startswith("```"):
            in_code = not in_code
        assert in_code or line.startswith("    ") or cell_width(_without_escapes(line)) <= 72


def test_with_colour_headings_are_bold_and_marks_are_gone() -> None:
    text = "# Title\n\nSome **bold words** and `code` and [a page](CR102.md).\n\n```json\n{}\n```\n"
    assert render_page(text, Style(color=True)) == (
        "\x1b[1mTitle\x1b[0m\n\nSome \x1b[1mbold words\x1b[0m and \x1b[36mcode\x1b[0m and a page.\n\n    {}\n"
    )


def test_without_colour_it_stays_markdown() -> None:
    text = "# Title\n\nSome **bold words** and `code`.\n\n```json\n{}\n```\n"
    assert render_page(text, Style(color=False)) == text


def test_items_wrap_under_their_text() -> None:
    text = "1. one two three\n   four five\n2. six\n- seven\n"
    assert render_page(text, Style(width=13)) == ("1. one two\n   three four\n   five\n2. six\n- seven\n")


def test_escape_codes_take_no_room() -> None:
    text = "**one** `two` **three** four"
    shown = render_page(text, Style(color=True, width=18))
    assert _without_escapes(shown) == "one two three four\n"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf"]) | st.just("\n")))
def test_any_text_is_rendered(text: str) -> None:
    for color in (True, False):
        assert render_page(text, Style(color=color)).endswith("\n")


def _without_escapes(text: str) -> str:
    for code in ("\x1b[1m", "\x1b[36m", "\x1b[0m"):
        text = text.replace(code, "")
    return text


def _words(text: str) -> list[str]:
    plain = _without_escapes(text)
    for mark in ("**", "`", "#"):
        plain = plain.replace(mark, "")
    return [
        word for word in plain.split() if word not in ("json", "toml", "xml", "text", "yaml", "powershell")
    ]
