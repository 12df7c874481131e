from __future__ import annotations

import pytest

from crstandards.places import Span
from crstandards.report.terminal import Excerpt, cell_width, excerpt, wrap


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


def part(line: str, start: int, stop: int, room: int) -> Excerpt:
    return excerpt(Span("a", 1, start + 1, 1, stop + 1, line), room, str)


def test_an_excerpt_shows_two_hashes_as_harmless() -> None:
    assert part("a##b", 3, 4, 40) == ("a#\\u0023", "b", "")


def test_an_excerpt_of_nothing() -> None:
    assert part("", 0, 0, 40) == ("", "", "")


@pytest.mark.parametrize("start", range(0, 300, 7))
def test_an_excerpt_always_shows_the_place(start: int) -> None:
    line = "".join(chr(0x4E00 + n) if n % 3 else "a" for n in range(300))
    shown = part(line, start, start + 2, 50)
    assert cell_width("".join(shown)) <= 50
    assert shown.marked == line[start : start + 2]


@pytest.mark.parametrize(
    ("line", "start", "room", "shown"),
    [
        ('  <a name="con_a">', 2, 40, ("  ", '<a name="con_a">', "")),
        (
            '  <reference name="con_contoso_mailbox_1a2b3">',
            2,
            32,
            ("  ", '<referenc…toso_mailbox_1a2b3">', ""),
        ),
        ('  <reference name="con_contoso_mailbox_1a2b3">', 2, 12, ("  ", '<re…a2b3">', "")),
    ],
)
def test_the_end_of_a_place_is_shown(line: str, start: int, room: int, shown: tuple[str, ...]) -> None:
    assert part(line, start, len(line), room) == shown
