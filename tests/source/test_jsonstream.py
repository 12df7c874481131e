from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.source import jsonstream
from crstandards.source.jsonstream import Text, pieces
from crstandards.source.text import SourceError

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")


def read(data: bytes) -> list[tuple[str | None, Any]]:
    return list(pieces(Text(io.BytesIO(data)), {"value"}))


def encode(text: str, encoding: str) -> bytes:
    return text.encode(encoding)


@given(
    st.lists(VALUES, max_size=8),
    st.sampled_from(ENCODINGS),
    st.integers(1, 40),
    st.sampled_from((None, 2)),
    st.booleans(),
)
def test_always_the_items_that_json_reads(
    items: list[Any], encoding: str, chunk: int, indent: int | None, is_page: bool
) -> None:
    document = {"@odata.context": "x", "value": items, "nextLink": ""} if is_page else items
    data = encode(json.dumps(document, indent=indent, ensure_ascii=True), encoding)
    before = jsonstream.CHUNK
    jsonstream.CHUNK = max(chunk, 8)
    try:
        found = read(data)
    finally:
        jsonstream.CHUNK = before
    page = [(None, {"@odata.context": "x", "value": [], "nextLink": ""})]
    assert found == [("value" if is_page else "", item) for item in items] + (page if is_page else [])


@given(st.lists(VALUES, min_size=1, max_size=5), st.data(), st.sampled_from(("utf-8", "utf-16")))
def test_a_page_cut_off_anywhere_is_always_said_to_be(
    items: list[Any], data: st.DataObject, encoding: str
) -> None:
    whole = encode(json.dumps({"value": items}), encoding)
    end = data.draw(st.integers(len(whole) // 2, len(whole) - 1))
    with pytest.raises(SourceError):
        read(whole[:end])


def test_several_documents_one_after_the_other() -> None:
    found = read(b'{"value": [1, 2], "nextLink": "x"}\n{"value": [3]}')
    assert found == [
        ("value", 1),
        ("value", 2),
        (None, {"value": [], "nextLink": "x"}),
        ("value", 3),
        (None, {"value": []}),
    ]


def test_an_object_without_a_list_is_its_members() -> None:
    assert read(b'{"a": [1], "b": {}}') == [(None, {"a": [1], "b": {}})]
    assert read(b"{}") == [(None, {})]
    assert read(b"[]") == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff\xfe", "empty"),
        (b'{"value": [1', "cut off"),
        (b'{"value": [{"a": "b', "cut off"),
        (b'{"value": [', "cut off"),
        (b'{"value"', "cut off"),
        (b"[1, ", "cut off"),
        (b'[{"a": 1} {"b": 2}]', "expecting ',' at character 11"),
        (b'[{"a" 1}]', "expecting ':' delimiter at character 7"),
        (b"{3: 4}", "expecting '\"' at character 2"),
        (b"[1,]", "expecting value at character 4"),
        (b"[1] 3", "not a list or an object of JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b"[" + b"9" * 5000 + b"]", "number is too long"),
        (b'["\xff"]', "not UTF-8"),
        ("[]".encode("utf-16") + b"\x00", "middle of a character"),
        (b"version https://git-lfs.github.com/spec/v1\n", "LFS"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(data)
    assert said in caught.value.reason


def test_an_item_without_an_end_is_not_gathered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonstream, "CHUNK", 1000)
    monkeypatch.setattr(jsonstream, "MAX_ITEM", 5000)
    taken = io.BytesIO(b'[{"a": ' + b"[1, 2], " * 100_000)
    with pytest.raises(SourceError):
        list(pieces(Text(taken), ()))
    assert taken.tell() < 50_000


@pytest.mark.parametrize("chunk", [8, 1000])
def test_what_is_left(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonstream, "CHUNK", chunk)
    text = Text(io.BytesIO(" one\r\ntwo\n\nthree".encode("utf-16")))
    assert text.peek() == "o"
    assert text.rest() == "one\r\ntwo\n\nthree"


def test_more_than_may_be_held_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonstream, "CHUNK", 1000)
    monkeypatch.setattr(jsonstream, "MAX_ITEM", 5000)
    taken = io.BytesIO(b"Id,Name\n" * 100_000)
    with pytest.raises(SourceError, match="no JSON, and has more than 5,000 characters"):
        Text(taken).rest()
    assert taken.tell() < 50_000
