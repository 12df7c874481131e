"""Places in one file: as many as one likes, in lines of any length, each for the same work."""

from __future__ import annotations

from itertools import accumulate
from random import Random

import pytest

from crstandards.places import REACH, Place, Span
from crstandards.source.locator import Locator
from tests.support.work import Sliced, lines_run, most_memory
from tests.support.written import ENCODINGS, encode

MEGABYTE = 1024 * 1024


def on_one_line(count: int) -> tuple[str, list[Place]]:
    """A JSON document on one line, with a place for each of its keys."""
    text = '{"map": {' + ", ".join(f'"key{n:06}": {{"a": "é"}}' for n in range(count)) + "}}\r\n"
    return text, [Place("a.json", ("map", f"key{n:06}")) for n in range(count)]


def test_an_excerpt_is_the_line_as_far_as_it_is_near() -> None:
    line = "".join(chr(0x4E00 + n) for n in range(2 * REACH)) + "xyz" + "b" * 2 * REACH
    span = Locator("a", f"\n{line}\r\n".encode()).locate(1 + len(line[: 2 * REACH].encode()))
    assert span == Span(
        "a", 2, 2 * REACH + 1, 2, len(line) + 1, line[REACH : 3 * REACH], excerpt_column=REACH + 1
    )


@pytest.mark.parametrize("length", [0, 1, REACH - 1, REACH])
def test_an_excerpt_is_the_whole_line_where_it_is_short(length: int) -> None:
    line = "a" * length + "b" * length
    assert Locator("a", line.encode()).locate(length) == Span(
        "a", 1, length + 1, 1, 2 * length + 1, line, excerpt_column=1
    )


def test_many_places_on_one_line_hold_little() -> None:
    """The line stood in each of them once: 10 times the places took 100 times the memory."""

    def held(count: int) -> int:
        text, places = on_one_line(count)
        data = text.encode()
        return most_memory(
            lambda: [locator.locate(place.at) for locator in [Locator("a", data)] for place in places]
        )

    fewer, more = held(200), held(2000)
    assert more < 12 * fewer
    assert more < 8 * MEGABYTE


@pytest.mark.parametrize("name", ENCODINGS)
def test_many_offsets_are_decoded_once(name: str) -> None:
    """All that stands before each of them was decoded: 10 times the places took 100 times the work."""

    def work(count: int) -> tuple[int, int]:
        text = "".join(f"<a n='{n}'>é😀</a>" + "\n" * (n % 2) for n in range(count))
        starts = list(accumulate(len(encode(part + "</a>", name)) for part in text.split("</a>")[:-1]))
        data = Sliced(encode(text, name))
        Random(5).shuffle(starts)
        locator = Locator("a", data)
        lines = lines_run(lambda: [locator.locate(at) for at in starts])
        return data.copied, lines

    (copied, lines), (more_copied, more_lines) = work(500), work(5000)
    assert more_copied < 12 * copied
    assert more_lines < 12 * lines


@pytest.mark.parametrize("name", ENCODINGS)
def test_an_offset_far_behind_is_its_character(name: str) -> None:
    text = "aé😀\n" * 3000
    data = encode(text, name)
    locator = Locator("a", data)
    for line in (3000, 1, 2999, 1500, 683):
        at = len(encode(text[: 4 * line - 2], name))
        assert locator.locate(at) == Span("a", line, 3, line, 4, "aé😀")


def test_offsets_in_what_is_no_text_are_those_of_its_replacement() -> None:
    data = b"\xff\xc3" * 5000 + b"x" + b"\xe2\x82"
    locator = Locator("a", data)
    for at in (0, 1, 4095, 4096, 4097, 10_000, 10_001, 10_002, 10_003):
        assert locator.locate(at).column == len(data[:at].decode("utf-8", "replace")) + 1


def test_an_offset_before_the_file_or_behind_it_is_its_start_or_end() -> None:
    assert Locator("a", "\ufeffab".encode()).locate(0) == Span("a", 1, 1, 1, 3, "ab")
    assert Locator("a", "\ufeffab".encode()).locate(99) == Span("a", 1, 3, 1, 3, "ab")


def test_the_line_ends_of_a_line_are_looked_for_once() -> None:
    def work(count: int) -> int:
        locator = Locator("a", b"x" * count + b"\r" * count)
        return lines_run(lambda: [locator.locate(at) for at in range(count)])

    assert work(3000) < 12 * work(300)
