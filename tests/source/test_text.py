from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.places import Span
from crstandards.source.locator import Locator
from crstandards.source.text import Offsets, SourceError, decode, encoding_of
from tests.support.written import ENCODINGS, encode, span

TEXTS = st.text(st.sampled_from("ab<>\"'=/ \t\r\n\n😀é{}"), min_size=1, max_size=60)
DECLARATION = '<?xml version="1.0" encoding="{}"?>'


@pytest.mark.parametrize("name", ENCODINGS)
def test_text_is_decoded_from_every_encoding(name: str) -> None:
    content = encode('{"a": "é😀"}', name)
    assert decode(content) == '{"a": "é😀"}'
    assert encoding_of(content) == (ENCODINGS[name][1], len(ENCODINGS[name][0]))


def test_utf_32_is_not_taken_for_utf_16() -> None:
    assert decode(b"\xff\xfe\0\0" + "{}".encode("utf-32-le")) == "{}"
    assert decode(b"\0\0\xfe\xff" + "{}".encode("utf-32-be")) == "{}"


@pytest.mark.parametrize(
    ("content", "reason", "at"),
    [
        (b'{"a": "\xe9"}', "not UTF-8 text: invalid continuation byte", 7),
        (b'\xef\xbb\xbf{"a": "\xe9', "not UTF-8 text: unexpected end of data", 10),
        (b"\xff\xfe{\0}", "not UTF-16-LE text: truncated data", 4),
        (b"\xfe\xff\0{\xd8\x00\0}", "not UTF-16-BE text: illegal UTF-16 surrogate", 4),
    ],
)
def test_a_wrong_encoding_is_refused_where_it_shows(content: bytes, reason: str, at: int) -> None:
    with pytest.raises(SourceError) as raised:
        decode(content)
    assert (raised.value.reason, raised.value.at) == (reason, at)


@pytest.mark.parametrize(
    "content", [b"", b"\xef\xbb\xbf", b" \r\n\t", b"\xff\xfe", b"\0" * 100, b"\xff\xfe \0"]
)
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError) as raised:
        decode(content)
    assert (raised.value.reason, raised.value.at) == ("the file is empty", None)
    assert str(raised.value) == "the file is empty"


def test_an_error_says_its_reason_and_reaches_another_process_whole() -> None:
    error = SourceError("broken", 3)
    assert str(error) == "broken"
    sent = pickle.loads(pickle.dumps(error))
    assert (sent.reason, sent.at, str(sent)) == ("broken", 3, "broken")


@pytest.mark.parametrize("text", ["X", "{}", " " * 100 + "{", "{" + " " * 100, "version"])
def test_a_file_of_little_is_not_empty(text: str) -> None:
    assert decode(text.encode()) == text


def test_a_single_sign_of_utf_16_is_one() -> None:
    assert decode(b"5\0") == decode(b"\x005") == "5"
    assert (encoding_of(b"5"), encoding_of(b"\0"), encoding_of(b"\0\0")) == (("utf-8", 0),) * 3


def test_a_pointer_in_place_of_the_file_is_refused() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    with pytest.raises(SourceError) as raised:
        decode(pointer)
    assert (raised.value.reason, raised.value.at) == (
        "a Git LFS pointer stands here instead of the file; fetch it with 'git lfs pull'",
        None,
    )
    assert decode(b"{}" + pointer) == "{}" + pointer.decode()


@given(TEXTS, st.sampled_from(sorted(ENCODINGS)), st.data())
def test_a_byte_offset_is_the_place_of_its_character(text: str, name: str, data: st.DataObject) -> None:
    text = "a" + text
    index = data.draw(st.integers(0, len(text)))
    content = encode(text, name)
    offset = Offsets(content, text).at(index)
    assert offset == len(encode(text[:index], name))
    found = Locator("a", content).locate(offset)
    wanted = span("a", text, index, index)
    assert (found.line, found.column, found.excerpt) == (wanted.line, wanted.column, wanted.excerpt)


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_tag_spans_all_its_lines(name: str) -> None:
    tag = "<a\r\n  b='1 > 2'\r\n\tc=\"'é😀'\">"
    text = f"<r>\r\n  <!-- é😀 --> {tag}x</a>\r\n</r>"
    start = text.index("<a\r")
    offset = Offsets(encode(text, name), text).at(start)
    assert Locator("p", encode(text, name)).locate(offset) == span("p", text, start, start + len(tag))


def test_where_no_tag_begins_the_rest_of_the_line_counts() -> None:
    locator = Locator("p", b"one\r\ntwo three\r\nfour")
    assert locator.locate(9) == Span("p", 2, 5, 2, 10, "two three")
    assert locator.locate(5) == Span("p", 2, 1, 2, 10, "two three")
    assert locator.locate(16) == Span("p", 3, 1, 3, 5, "four")
    assert Locator("p", b"aX\r\nX").locate(0) == Span("p", 1, 1, 1, 3, "aX")
    assert Locator("p", b"\nabc").locate(0) == Span("p", 1, 1, 1, 1, "")
    assert Locator("p", b"\rabc\r").locate(0) == Span("p", 1, 1, 1, 5, "\rabc")


def test_the_middle_of_a_character_is_behind_it() -> None:
    """Only what a damaged file says of itself can lead there."""
    assert Locator("p", "éa".encode()).locate(1) == Span("p", 1, 2, 1, 3, "éa")


def test_the_byte_order_mark_is_no_column() -> None:
    assert Locator("p", b"\xef\xbb\xbf<a/>").locate(3) == Span("p", 1, 1, 1, 5, "<a/>")
    assert Locator("p", b"\xef\xbb\xbf<a/>").locate(0) == Span("p", 1, 1, 1, 5, "<a/>")


@pytest.mark.parametrize("at", [None, ("a", "b"), 10_000])
@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"\xff\xfe{", b"\xe9\n\n"])
def test_a_place_that_is_not_there_is_still_in_the_file(
    content: bytes, at: tuple[str, ...] | int | None
) -> None:
    found = Locator("p", content).locate(at)
    assert found.path == "p"
    assert 1 <= found.line <= content.count(b"\n") + 1
    assert found.column >= 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"{}", ("utf-8", 0)),
        (b"<a/>", ("utf-8", 0)),
        (b"\xef\xbb\xbf<a/>", ("utf-8", 3)),
        (b"\xff\xfe\0\0", ("utf-32-le", 4)),
        (b"\0\0\xfe\xff", ("utf-32-be", 4)),
        (b"\xff\xfe{\0", ("utf-16-le", 2)),
        (b"\xfe\xff\0{", ("utf-16-be", 2)),
        (b"{\0}\0", ("utf-16-le", 0)),
        (b"\0{\0}", ("utf-16-be", 0)),
        (b"\0\0\0{", ("utf-8", 0)),
        (b"<?xml version='1.0'?>", ("utf-8", 0)),
        (b'<?xml encoding="utf-8"?>', ("utf-8", 0)),
        (b'<?XML encoding="cp1252"?>', ("utf-8", 0)),
        (b'<?xml encoding="cp1252"?>', ("cp1252", 0)),
        (b"<?xml version='1.0' encoding = 'Windows-1252' ?><a/>", ("Windows-1252", 0)),
        (b"<?xml encoding='us-ascii'?>", ("us-ascii", 0)),
        (b"<?xml encoding='cp424'?>", ("utf-8", 0)),
        (b"<?xml encoding='cp99999'?>", ("utf-8", 0)),
        (b"<?xml encoding='cp037'?>", ("utf-8", 0)),
        (b"<?xml encoding='iso-8859-1.1987'?>", ("utf-8", 0)),
        (b"<?xml version='1.0'?><a b=\"encoding='cp1252'>\"/>", ("utf-8", 0)),
        (b"<a encoding='cp1252'/>", ("utf-8", 0)),
        (b"{}<?xml", ("utf-8", 0)),
        # It is looked for in the first 200 bytes.
        (b"<?xml" + b" " * 178 + b"encoding='cp1252'?>", ("cp1252", 0)),
        (b"<?xml" + b" " * 179 + b"encoding='cp1252'?>", ("utf-8", 0)),
    ],
)
def test_what_the_first_bytes_announce(content: bytes, expected: tuple[str, int]) -> None:
    assert encoding_of(content) == expected


@pytest.mark.parametrize("name", ENCODINGS)
def test_characters_stand_at_bytes(name: str) -> None:
    content = encode("aé😀b", name)
    assert [Offsets(content, decode(content)).at(index) for index in range(5)] == [
        len(encode("aé😀b"[:index], name)) for index in range(5)
    ]


@pytest.mark.parametrize(
    "declared",
    [
        *("utf-16", "UTF-16LE", "utf-32", "utf-7", "idna", "punycode", "unicode_escape", "hex"),
        *("nonsense", "x-1", "cp037", "cp99999", "iso-none", "cp424", "iso-8859-1.1987"),
    ],
)
def test_a_declared_encoding_that_cannot_be_true_is_not_used(declared: str) -> None:
    content = DECLARATION.format(declared).encode() + b"\n<a b='\\q\xc3\xa9'/>"
    assert encoding_of(content) == ("utf-8", 0)
    assert Locator("p", content).locate(content.index(b"<a")).excerpt == "<a b='\\qé'/>"


@pytest.mark.parametrize("declared", ["windows-1252", "iso-8859-1", "cp1252"])
def test_a_declared_encoding_of_single_bytes_is_used(declared: str) -> None:
    content = DECLARATION.format(declared).encode() + b"\n<\xe9\xe9 a=''/>"
    assert Locator("p", content).locate(content.index(b" a=")).column == 4
