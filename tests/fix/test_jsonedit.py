"""Edits of JSON text: where they begin and end, and what they put there, character by character."""

from __future__ import annotations

import pytest

from crstandards.fixes.edits import CannotEdit, spliced
from crstandards.fixes.jsonedit import Container, Document, Member
from crstandards.fixes.verify import REMOVED, JsonChange


def made(text: str, *changes: JsonChange) -> str:
    """The text with changes made."""
    return spliced(text.encode(), text, Document(text).edits(changes)).decode()


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("{}", []),
        ("{ \n}", []),
        ('{"a":1}', [Member("a", 1, 4, 5, 6)]),
        ('{ "a" : 1 , "bc":[ 2 ]\t}', [Member("a", 2, 5, 8, 9), Member("bc", 12, 16, 17, 22)]),
        ('{"":{},"\\"\\u0061":""}', [Member("", 1, 3, 4, 6), Member('"a', 7, 17, 18, 20)]),
        ('{"a":1,"a":2}', [Member("a", 1, 4, 5, 6), Member("a", 7, 10, 11, 12)]),
        ("[]", []),
        ("[\r\n]", []),
        ("[1]", [Member("0", 1, 2, 1, 2)]),
        (
            '[ 1 , {"x": ","},\n[]\n]',
            [Member("0", 2, 3, 2, 3), Member("1", 6, 16, 6, 16), Member("2", 18, 20, 18, 20)],
        ),
    ],
)
def test_members_stand_where_they_are_said_to(text: str, members: list[Member]) -> None:
    assert shown(Document(text).container(())) == (0, len(text), members)
    # Inside of something else all is as far away from its beginning.
    around = f'{{"out": [0, {text}, 1]}}'
    start = around.index(text, 8)
    moved = [Member(item.key, *(place + start for place in item[1:])) for item in members]
    assert shown(Document(around).container(("out", "1"))) == (start, start + len(text), moved)


def shown(found: Container) -> tuple[int, int, list[Member]]:
    return found.start, found.end, list(found.members)


@pytest.mark.parametrize("text", ['{"a": {"b": "{"}}', '{"a": {"b": 1}}', '{"a": {"b": null}}'])
def test_what_is_no_container_is_none(text: str) -> None:
    with pytest.raises(CannotEdit) as refused:
        Document(text).container(("a", "b"))
    assert refused.value.reason == str(refused.value) == "no object stands at a/b"


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


def test_an_object_finds_no_place() -> None:
    with pytest.raises(CannotEdit) as refused:
        made('{"a": {"b": {"c": 1}}}', JsonChange(("a", "b", "k"), {"n": "v"}, "d"))
    assert refused.value.reason == "there is no place for 'k' at a/b"
