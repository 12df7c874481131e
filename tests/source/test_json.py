"""The scanner on its own reads what `json` reads, with every Python."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crstandards.source.json import (
    MAX_DEPTH,
    Places,
    decoder,
    is_too_deep,
    parse,
    read,
    strings,
)
from crstandards.source.locator import Locator
from crstandards.source.text import SourceError
from tests.support.written import DOCUMENTS, ENCODINGS, encode, span, write_json


@given(DOCUMENTS, st.data())
def test_every_place_is_found_however_a_document_is_written(document: Any, data: st.DataObject) -> None:
    text, places = write_json(document, data.draw)
    assert parse(text) == document
    for route, place in places.items():
        assert Places(text).find(route) == place


@given(DOCUMENTS, st.sampled_from(sorted(ENCODINGS)), st.data())
def test_lines_and_columns_are_right_in_every_encoding(
    document: Any, encoding: str, data: st.DataObject
) -> None:
    text, places = write_json({"é": document}, data.draw)
    content = encode(text, encoding)
    assert read(content) == (text, {"é": document})
    locator = Locator("a.json", content)
    for route, (start, end) in places.items():
        assert locator.locate(route) == span("a.json", text, start, end)


@given(DOCUMENTS, st.data())
def test_the_value_of_a_route_is_its_json(document: Any, data: st.DataObject) -> None:
    text, places = write_json(document, data.draw)
    for route in places:
        found = Places(text).find_value(route)
        assert found is not None
        wanted = document
        for key in route:
            wanted = wanted[int(key) if isinstance(wanted, list) else key]
        assert json.loads(text[slice(*found)]) == wanted


@given(st.text(st.sampled_from('{}[]":,\\u0aftrnle 1-.\n'), max_size=40))
def test_what_python_refuses_is_refused_with_a_place_and_nothing_else_is(text: str) -> None:
    try:
        wanted = json.loads(text)
    except ValueError:
        with pytest.raises(SourceError) as raised:
            parse(text)
        assert isinstance(raised.value.at, int)
        assert 0 <= raised.value.at <= len(text)
    else:
        assert parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ('{"a": 1,}', "a comma stands before the end of an object or a list", 7),
        ("[1 , \n ]", "a comma stands before the end of an object or a list", 3),
        ('{"a": [1, 2', "it breaks off", 11),
        ('{"a": "b\n"}', "invalid control character at", 8),
        ('{"a": "b', "unterminated string starting at", 6),
        ('{"a" 1}', "expecting ':' delimiter", 5),
        ("{} {}", "extra data", 3),
        ('{"a": NaN}', "NaN is no JSON value", 6),
        ('{"NaN": ["a NaN", "\\"NaN", -Infinity]}', "-Infinity is no JSON value", 27),
        ('{"a": 1\n<<<<<<< HEAD\n}', "the marks of a merge conflict stand in it", 8),
        ('{"a": 1,\n=======\n"b": 2}', "the marks of a merge conflict stand in it", 9),
        ("\n<<<<<<< HEAD\n{}", "the marks of a merge conflict stand in it", 1),
        ('{"a": 1\n>>>>>>> other\n}', "the marks of a merge conflict stand in it", 8),
        ('{"a": 1\n<<<<<<\n}', "expecting ',' delimiter", 8),
        ('{"a": [1,], "b": 2}', "a comma stands before the end of an object or a list", 8),
        ('[{"a": 1,}, 2]', "a comma stands before the end of an object or a list", 8),
        ("[1, , 2]", "expecting value", 4),
        ("[1,, 2]", "expecting value", 3),
        ('["a,\n]', "invalid control character at", 4),
        ('{"a": "b,\r\n}', "invalid control character at", 9),
        ("[1, ", "it breaks off", 4),
        ('{"a": 1\n ', "it breaks off", 9),
        ("[[1,, ], 2]", "a comma stands before the end of an object or a list", 4),
        ('[{"a": 1,,}, 2]', "a comma stands before the end of an object or a list", 9),
        ("[1 2}", "expecting ',' delimiter", 3),
        ('{"a": ]', "expecting value", 6),
        ('{"a": "\\x"}', "invalid \\escape", 7),
        ("\ufeff{}", "expecting value", 0),
    ],
)
def test_a_fault_is_named_and_placed(text: str, reason: str, at: int) -> None:
    with pytest.raises(SourceError) as raised:
        parse(text)
    assert (raised.value.reason, raised.value.at) == (f"not JSON: {reason}", at)


@pytest.mark.parametrize("opening", ['{"a":', "[", '[{"a":['])
def test_nesting_beyond_the_limit_is_refused(opening: str) -> None:
    with pytest.raises(SourceError, match="nested too deep"):
        parse(opening * 200_000)


def test_the_limit_of_nesting_does_not_depend_on_who_asks() -> None:
    def nested(depth: int) -> str:
        return '{"a":' * depth + "1" + "}" * depth

    def ask(text: str, frames: int) -> bool:
        if frames:
            return ask(text, frames - 1)
        try:
            parse(text)
        except SourceError as error:
            return error.reason != "nested too deep to be read: more than 500 levels"
        return True

    assert [ask(nested(MAX_DEPTH), frames) for frames in (0, 100, 300)] == [True] * 3
    assert [ask(nested(MAX_DEPTH + 1), frames) for frames in (0, 100, 300)] == [False] * 3


def test_the_deepest_place_that_is_read_is_found() -> None:
    text = '{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH
    start = 5 * (MAX_DEPTH - 1) + 1
    assert Places(text).find(("a",) * MAX_DEPTH) == (start, start + 3)


def test_many_braces_are_no_nesting() -> None:
    document = [{"{[{[": []}] * 1000
    assert parse(json.dumps(document)) == document
    assert parse(json.dumps("{[" * 1000)) == "{[" * 1000


def test_a_huge_integer_is_json() -> None:
    assert parse('{"a": ' + "9" * 5000 + ', "b": 1.5}')["b"] == 1.5
    # It is not looked at, and must not turn into text that could pass for a name.
    assert not isinstance(parse("[1, " + "9" * 5000 + "]")[0], str)


def test_a_lone_surrogate_is_kept() -> None:
    assert parse('{"a": "\\ud800"}') == {"a": "\ud800"}


def test_repeated_keys_come_back_with_the_last_value() -> None:
    document = parse('{"a": 1, "b": {"c": 1, "d": 2, "c": 3, "c": 4}, "\\u0061": 2}')
    assert document == {"a": 2, "b": {"c": 4, "d": 2}}
    assert document.repeated == ("a",)
    assert document["b"].repeated == ("c",)


def test_of_a_repeated_key_the_last_one_is_found() -> None:
    text = '{"a": {"x": 1}, "a": {"y": 1, "x": 2}}'
    assert Places(text).find(("a",)) == (16, 19)
    assert Places(text).find(("a", "x")) == (30, 33)
    assert text[30:33] == '"x"'


@pytest.mark.parametrize("route", [("b",), ("a", "0"), ("a", "b", "c"), ("l", "2"), ("l", "x"), ("l", "-1")])
def test_a_route_that_leads_nowhere_finds_nothing(route: tuple[str, ...]) -> None:
    text = '{"a": {"b": 1}, "l": [1, 2]}'
    assert Places(text).find(route) is None
    assert Places(text).find_value(route) is None


@pytest.mark.parametrize(
    "text", ["", "{", 'X{"a": [1]}', '{"a"', '{"a":', '{"a": [', "nonsense", '{"\n": 1, "a": [1]}']
)
def test_a_broken_document_finds_nothing(text: str) -> None:
    assert Places(text).find(("a", "0")) is None


@given(DOCUMENTS)
def test_strings_come_in_document_order_with_their_routes(document: Any) -> None:
    found = strings(document, ("root",))

    def walk(value: Any, route: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
        if isinstance(value, str):
            return [(route, value)]
        members = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        return [item for key, member in members for item in walk(member, (*route, str(key)))]

    assert list(found) == walk(document, ("root",))


def test_a_place_behind_a_huge_integer_is_found() -> None:
    text = '{"n": ' + "9" * 5000 + ', "m": [-1' + "0" * 5000 + '], "a": {"b": 1}}'
    assert Places(text).find(("a", "b")) == (text.index('"b"'), text.index('"b"') + 3)


@given(DOCUMENTS, st.data())
def test_places_are_the_same_whatever_was_asked_before(document: Any, data: st.DataObject) -> None:
    text, written = write_json(document, data.draw)
    places = Places(text)
    for route in data.draw(st.permutations(sorted(written))):
        assert places.find(route) == written[route]
        assert places.find((*route, "nowhere at all")) is None
        assert places.find_value(route) == Places(text).find_value(route)


def test_the_document_itself_has_a_place() -> None:
    assert Places(' \n{"a": 1} ').find(()) == (2, 10)
    assert Places('{"a": 1}').find(()) == (0, 8)
    assert (Places(" 5 ").find_value(()), Places("5").find_value(())) == ((1, 2), (0, 1))
    assert Places('["b"]').find_value(()) == (0, 5)
    assert (Places("").find(()), Places("x").find_value(())) == (None, None)
    assert list(strings("x", ("a",))) == [(("a",), "x")]
    assert list(strings(5, ("a",))) == []


@pytest.mark.parametrize("text", ["[1,,]", "[,]", '{"a": 1,}', '{"a": [1, 2 ,\n]}'])
def test_a_comma_too_many_is_said_with_every_python(text: str) -> None:
    with pytest.raises(SourceError, match="a comma stands before the end of an object or a list"):
        parse(text)


ROOT = Path(__file__).resolve().parents[2]
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
TEXTS = st.one_of(
    st.text(alphabet='{}[]",:\\u01eE+-. \t\r\n\x0b\xa0NaInfty', max_size=20),
    st.tuples(VALUES.map(json.dumps), st.sampled_from(["", " ", "\n\t", "\x0c", ",", "]", "1"])).map("".join),
)


def outcome(read: Callable[[str], Any], text: str) -> object:
    try:
        return repr(read(text))
    except ValueError:
        return ValueError


def plain(text: str) -> Any:
    return json.loads(text, object_pairs_hook=list, parse_constant=str)


@given(TEXTS)
@example("")
@example(" [1] ")
@example("[1]\x0c")
@example('{"a": 1, "a": NaN}')
@example("-")
@example("X[1]X")
@example("\t\r\n [1]\t\r\n ")
@example("[" + "9" * 5000 + "]")
def test_it_reads_what_json_reads(text: str) -> None:
    assert outcome(decoder(list, str), text) == outcome(plain, text)


@pytest.mark.parametrize("text", ["{", '{"a" 1}', '"\\x"', "[1,", "", "[1] 2"])
def test_what_is_no_json_is_told_before_json_is_loaded(text: str) -> None:
    program = (
        "import sys\nfrom crstandards.source.json import decoder\nassert 'json' not in sys.modules\n"
        f"try:\n    decoder(list, str)({text!r})\nexcept ValueError:\n    print('told')\n"
    )
    # Without `site`, as what that starts may have loaded json.
    command = [sys.executable, "-S", "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == "told\n"


@pytest.mark.parametrize("text", ["{", '{"a" 1}', "[1,", ""])
def test_what_is_no_json_is_told_where_json_is_gone(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.delitem(sys.modules, "json.decoder")
    assert outcome(decoder(list, str), text) is ValueError


@pytest.mark.parametrize("text", ['{"a": [1, NaN]}', "", "[1] 2"])
def test_without_the_scanner_of_cpython(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    assert outcome(decoder(list, str), text) == outcome(plain, text)


@pytest.mark.parametrize("depth", [2, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
def test_depth(depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        text = opening * (depth - 1) + opening[:1] + closing[-1] + closing * (depth - 1)
        assert is_too_deep(text, json.loads(text)) is (depth > MAX_DEPTH)
    mixed = '{"a":[' * (depth // 2) + "[]" + "]}" * (depth // 2)
    assert is_too_deep(mixed, json.loads(mixed)) is (depth // 2 * 2 + 1 > MAX_DEPTH)
    beside = "[[]," + "[" * (depth - 1) + "]" * (depth - 1) + "]"
    assert is_too_deep(beside, json.loads(beside)) is (depth > MAX_DEPTH)
    # Many beside one another are not deep.
    flat = json.dumps([[]] * depth)
    assert not is_too_deep(flat, json.loads(flat))
