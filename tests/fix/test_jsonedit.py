"""Edits of JSON text: where they begin and end, and what they put there, character by character."""

from __future__ import annotations

import pytest

from crstandards.fixes.edits import CannotEdit, spliced
from crstandards.fixes.jsonedit import Document
from crstandards.fixes.verify import REMOVED, JsonChange


def made(text: str, *changes: JsonChange) -> str:
    """The text with changes made."""
    return spliced(text.encode(), text, Document(text).edits(changes)).decode()


def test_nothing_is_found_where_nothing_stands() -> None:
    for value, told in (("x", "nothing stands at b/c"), (REMOVED, "no object stands at b")):
        with pytest.raises(CannotEdit) as refused:
            made('{"a": 1}', JsonChange(("b", "c"), value))
        assert refused.value.reason == told


def test_a_string_is_put_in_place_of_another() -> None:
    assert made(r'{"a": "\u00e9\"", "b": "\u00e9"}', JsonChange(("a",), 'é"🙂\\')) == (
        r'{"a": "é\"🙂\\", "b": "\u00e9"}'
    )


FOUR = '{ "a" : 1 , "b": {"x": 2},\n"c":"," ,"d" : [] }'


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        ("", FOUR),
        ("x", FOUR),
        ("a", '{ "b": {"x": 2},\n"c":"," ,"d" : [] }'),
        ("b", '{ "a" : 1 , "c":"," ,"d" : [] }'),
        ("c", '{ "a" : 1 , "b": {"x": 2},\n"d" : [] }'),
        ("d", '{ "a" : 1 , "b": {"x": 2},\n"c":"," }'),
        ("ab", '{ "c":"," ,"d" : [] }'),
        ("ac", '{ "b": {"x": 2},\n"d" : [] }'),
        ("ad", '{ "b": {"x": 2},\n"c":"," }'),
        ("bc", '{ "a" : 1 , "d" : [] }'),
        ("bd", '{ "a" : 1 , "c":"," }'),
        ("cd", '{ "a" : 1 , "b": {"x": 2} }'),
        ("bcd", '{ "a" : 1 }'),
        ("abc", '{ "d" : [] }'),
        ("acd", '{ "b": {"x": 2} }'),
        ("abcd", "{}"),
    ],
)
def test_members_go_with_their_commas(gone: str, expected: str) -> None:
    assert made(FOUR, *(JsonChange((key,), REMOVED) for key in gone)) == expected
    inner = f'[0, {FOUR}, {{"a": 1}}]'
    after = made(inner, *(JsonChange(("1", key), REMOVED) for key in gone))
    assert after == inner.replace(FOUR, expected)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"k": {}}', '{"k": {"n": "v"}}'),
        ('{"k" :null, "b": 1}', '{"k" :{"n" :"v"}, "b": 1}'),
        ('{ "a": 1, "k": {"x": [2]} }', '{ "a": 1, "k": { "n": "v" } }'),
        ('{"a": 1, "k": 0}', '{"a": 1, "k": {"n": "v"}}'),
        ('{"k": 1, "k":2, "b": 3}', '{"k": 1, "k":{"n":"v"}, "b": 3}'),
        ('{"b": 1}', '{"k": {"n": "v"},"b": 1}'),
        ('{"a":1,  "b":2}', '{"a":1,  "k":{"n":"v"},  "b":2}'),
        ('{\n  "k": 1\n}', '{\n  "k": {\n    "n": "v"\n  }\n}'),
        ('{\n  "b": 1\n}', '{\n  "k": {\n    "n": "v"\n  },\n  "b": 1\n}'),
        ('{\r\n\t"a": 1,\r\n\t"k": 1\r\n}', '{\r\n\t"a": 1,\r\n\t"k": {\r\n\t\t"n": "v"\r\n\t}\r\n}'),
        # A blank in front of the line end, and an empty line.
        ('{ \r\n "k": 1\r\n}', '{ \r\n "k": {\r\n  "n": "v"\r\n }\r\n}'),
        ('{\r\n\r\n "k": 1\n}', '{\r\n\r\n "k": {\r\n  "n": "v"\r\n }\n}'),
        ('{\r\n\n "k": 1\n}', '{\r\n\n "k": {\n  "n": "v"\n }\n}'),
        # The indent is what the member has more than its holder.
        ('{\n\t\t\t "k": 1\n\t}', '{\n\t\t\t "k": {\n\t\t\t \t\t "n": "v"\n\t\t\t }\n\t}'),
        ('{\n"k": 1\n}', '{\n"k": {\n  "n": "v"\n}\n}'),
        ('{\n  "k": 1\n  }', '{\n  "k": {\n    "n": "v"\n  }\n  }'),
        ('{\n \t"k": 1\n\t}', '{\n \t"k": {\n \t  "n": "v"\n \t}\n\t}'),
        ('{\n "k": 1\n\n\t}', '{\n "k": {\n   "n": "v"\n }\n\n\t}'),
        # The last brace stands in the last line.
        ('{\n   "k": 1 }', '{\n   "k": {\n     "n": "v"\n   } }'),
    ],
)
def test_an_object_is_put_in_as_its_surroundings_are(before: str, after: str) -> None:
    text = f'{{"out":\n{before} }}'
    front = "" if Document(text).container(("out",)).member("k") else "b"
    assert made(text, JsonChange(("out", "k"), {"n": "v"}, front)) == f'{{"out":\n{after} }}'
