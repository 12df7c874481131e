from __future__ import annotations

import tomllib

import pytest

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
