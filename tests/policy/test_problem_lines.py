from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.policy.problems import line_of, lines_of


def test_tables_keys_and_items() -> None:
    text = """\
locked = [      # the first line
  "CR101",
  "CR201",
]

[rules]
CR504 = "error"

[[exceptions]]
rule = "CR201"
references = ["a", "b"]
[[exceptions]]
rule = "CR504"
"""
    assert lines_of(text) == {
        ("locked",): 1,
        ("locked", "0"): 2,
        ("locked", "1"): 3,
        ("rules",): 6,
        ("rules", "CR504"): 7,
        ("exceptions",): 9,
        ("exceptions", "0"): 9,
        ("exceptions", "0", "rule"): 10,
        ("exceptions", "0", "references"): 11,
        ("exceptions", "0", "references", "0"): 11,
        ("exceptions", "0", "references", "1"): 11,
        ("exceptions", "1"): 12,
        ("exceptions", "1", "rule"): 13,
    }


@pytest.mark.parametrize(
    ("text", "route", "line"),
    [
        ("\na.b.c = 1", ("a", "b"), 2),
        ('"a.b" = 1\n\'c"\' = 2', ('c"',), 2),
        ('[ "x y" . z ]\nk = 1', ("x y", "z", "k"), 2),
        ('\n[[ "x y" . z ]]\nk = 1', ("x y", "z", "0", "k"), 3),
        ("a = {b = 1, c.d = {e = [1, {f = 2}]}}", ("a", "c", "d", "e", "1", "f"), 1),
        ('a = """\n[rules]\nb = 1\n"""\nb = 2', ("b",), 5),
        ('a = """x\\""" y\n"""""\nb = 2', ("b",), 3),
        ('a = "\\"#["\nb = 1', ("b",), 2),
        ("a = 1.5e+3\r\nb = -inf\r\nc = 1", ("c",), 3),
        ("a = [\n[1],\n\n[2,\n3]\n]", ("a", "1", "1"), 1),
        ("a = [] # ]\nb = {}\nc = 1", ("c",), 3),
        ("[a.b]\nx = 1\n[a]\ny = 1", ("a",), 3),
        ("[[a]]\n[a.b]\nx = 1\n[[a]]\n[a.b]\nx = 1", ("a", "1", "b", "x"), 6),
        ("[[a]]\n[[a.b]]\n[[a.b]]\nx = 1", ("a", "0", "b", "1", "x"), 4),
    ],
)
def test_the_line_of_a_route(text: str, route: tuple[str, ...], line: int) -> None:
    tomllib.loads(text)
    assert lines_of(text)[route] == line


def test_the_nearest_thing_above_stands_in_for_what_is_missing() -> None:
    lines = lines_of("\n[[exceptions]]\nrule = 'CR201'")
    assert line_of(lines, ("exceptions", "0", "reason")) == 2
    assert line_of(lines, ("exceptions", "0", "rule")) == 3
    assert line_of(lines, ("nothing",)) == 1
    assert line_of({}, ()) == 1


# Each value says "L" and the number of its statement's line, in some notation that TOML has.
FILLERS = ["", "# a = [1", "   # '''", '# """']
NOTATIONS = [
    '"L{}"',
    "'L{}'",
    '"""L{}"""',
    "'''L{}'''",
    '"\\u004C{}"',
    '"""\\\n   L{}"""',
    '"""\\\r\n\n L{}"""',
]
KEYS = ["a", '"a.b"', "'#'", '"\\"["', "b-1", "1", "c . d"]


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents without two equal keys, in which each text tells the line of its statement."""
    lines = ""

    def value(line: int, depth: int) -> str:
        if not depth or draw(st.booleans()):
            return draw(st.sampled_from(NOTATIONS)).format(line)
        whole = "{"
        for index in range(draw(st.integers(0, 2))):
            whole += (", " if index else " ") + f"{draw(st.sampled_from(KEYS))}.k{index} = "
            whole += value(line, depth - 1)
        return whole + " }"

    for number in range(draw(st.integers(1, 6))):
        lines += draw(st.sampled_from(FILLERS)) + "\n"
        shape = draw(st.sampled_from(["key", "table", "list"]))
        if shape == "table":
            lines += f"[t{number}.{draw(st.sampled_from(KEYS))}]\n"
        elif shape == "list":
            lines += "[[l]]\n"
        lines += f"{draw(st.sampled_from(KEYS))}.n{number} = "
        lines += value(lines.count("\n") + 1, 2) + draw(st.sampled_from(["\n", "  # x\n", "\r\n"]))
    return lines


def texts_of(value: Any, route: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(value, str):
        return [(route, value)]
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    return [text for key, inner in pairs for text in texts_of(inner, (*route, str(key)))]


@given(documents())
def test_every_text_is_found_on_the_line_that_it_tells(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = lines_of(text)
    for route, told in texts_of(document):
        assert f"L{lines[route]}" == told
