from __future__ import annotations

import pytest

from crstandards.report.layout import cell_width, excerpt, wrap


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("abc", 3), ("日本", 4), ("ｱ", 1), ("\uff21", 2), ("e\u0301", 1), ("é", 1), ("…│", 2)],
)
def test_cell_width(text: str, width: int) -> None:
    assert cell_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two", 10, ["one two"]),
        ("one two three", 7, ["one two", "three"]),
        ("averylongword b", 5, ["averylongword", "b"]),
        ("b averylongword", 5, ["b", "averylongword"]),
        ("日本 日本 日本", 9, ["日本 日本", "日本"]),
        ("- one two three", 9, ["- one two", "  three"]),
        ("  12. one two", 9, ["  12. one", "      two"]),
        ("-one two three", 8, ["-one two", "three"]),
        ('"A  B" c', 20, ['"A  B" c']),
    ],
)
def test_wrap(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def test_wrap_behind_and_below_something() -> None:
    assert wrap("one two three four", 12, taken=6, indent="  ") == ["one", "  two three", "  four"]


def test_an_excerpt_shows_two_hashes_as_harmless() -> None:
    assert excerpt("a##b", 3, 4, 40, str, "…") == ("a#\\u0023b", 8, 1)


def test_an_excerpt_of_nothing() -> None:
    assert excerpt("", 0, 0, 40, str, "…") == ("", 0, 1)


@pytest.mark.parametrize("start", range(0, 300, 7))
def test_an_excerpt_always_shows_the_place(start: int) -> None:
    line = "".join(chr(0x4E00 + n) if n % 3 else "a" for n in range(300))
    text, indent, length = excerpt(line, start, start + 2, 50, str, "…")
    assert cell_width(text) <= 50
    cells = [c for c in text for _ in range(cell_width(c))]
    assert cells[indent] == line[start]
    assert indent + length <= len(cells)
