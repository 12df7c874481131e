"""A flow that is proved plain is what the exact reader says, or nothing is proved."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.source.flow import plain_entries, read_flow, skim_flow
from crstandards.source.text import SourceError
from tests.accuracy.formats import random_style, write_json
from tests.builders import OUTLOOK, TEAMS, Json, action, entry, flow, raw_entry, to_json
from tests.properties.grammar import Drawn, flows

pytest.importorskip("orjson", reason="the fast reader needs orjson")

PARAMETERS = "@parameters('$connections')['{}']['connectionId']"


def is_plain(data: bytes) -> bool:
    """Whether a flow is proved plain; asserts that the exact reader then has nothing to add."""
    try:
        exact = read_flow(data)
    except SourceError:
        exact = None
    try:
        found = skim_flow(data)
    except SourceError:
        assert exact is None
        return False
    if found is None or not found.is_plain:
        assert found == exact
        return False
    assert exact is not None
    assert found.entries == exact.entries
    assert exact.repeated == exact.embedded == ()
    assert {item.alias.lower() for item in exact.operations} <= {item.alias.lower() for item in exact.entries}
    assert {item.form for item in exact.operations} <= {"name"}
    return True


def plain(change: Callable[[Json], object] = lambda document: None) -> bool:
    document = flow({OUTLOOK: "con_outlook", "é": entry("con_teams", TEAMS)})
    change(document)
    return is_plain(to_json(document).encode())


def act(**more: Any) -> Callable[[Json], object]:
    return lambda document: document["properties"]["definition"]["actions"].update(more)


def test_flows_of_the_usual_shape_are_proved_plain() -> None:
    assert plain()
    assert plain(act(Nested={"type": "If", "actions": {"A": action("É", TEAMS)}}))
    assert plain(act(Say={"type": "Compose", "inputs": 'a "quoted\\" \\ text, and \U0001f600\n'}))
    assert plain(lambda document: document["properties"].update(connectionReferences=None)) is False
    assert is_plain(to_json(flow()).encode("utf-8-sig"))
    assert is_plain(to_json(flow()).replace("\n", "\r\n").replace(":", " :").encode())


OTHERS = [
    act(Lost=action("lost")),
    act(Api={"inputs": {"host": {"connectionReferenceName": OUTLOOK}}}),
    act(Old={"inputs": {"host": {"connection": {"name": PARAMETERS.format(OUTLOOK)}}}}),
    act(Old={"inputs": {"host": {"connection": {"name": PARAMETERS.replace("s'", "\u017f'")}}}}),
    act(Http={"inputs": {"uri": "https://x/apis/shared_sql/connections/0123"}}),
    act(Http={"inputs": "SHARED-sql-8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"}),
    act(Odd={"inputs": {"host": {"connectionName": 7}}}),
    act(Odd={"inputs": {"host": {"connectionName": 'é"x'}}}),
    lambda document: document["properties"].update(connectionReferences=[]),
    lambda document: document["properties"].update(connectionReferences={"a": None}),
    lambda document: document["properties"]["connectionReferences"].update(a=None),
    lambda document: document["properties"].pop("definition"),
    lambda document: document["properties"]["definition"].update(
        parameters={"$connections": {"defaultValue": {"a": {}}}}
    ),
]


@pytest.mark.parametrize("change", OTHERS)
def test_others_are_left_to_the_exact_reader(change: Callable[[Json], object]) -> None:
    assert not plain(change)


@pytest.mark.parametrize("change", OTHERS)
def test_of_others_nothing_is_said(change: Callable[[Json], object]) -> None:
    document = flow({OUTLOOK: "con_outlook", "é": entry("con_teams", TEAMS)})
    usual = document["properties"]["connectionReferences"]
    assert plain_entries(json.dumps(document).encode()) == usual
    assert plain_entries(json.dumps(document, ensure_ascii=False).encode("utf-8-sig")) == usual
    change(document)
    assert plain_entries(json.dumps(document).encode()) is None
    assert plain_entries(json.dumps(document, ensure_ascii=False).encode("utf-8-sig")) is None


@pytest.mark.parametrize("letter", ["\u0131", "\u0130"])
def test_letters_that_patterns_take_for_an_i_are_left_to_the_exact_reader(letter: str) -> None:
    assert not plain(act(Http={"inputs": f"/connect{letter}ons/{'0' * 32}"}))
    assert not plain(act(Http={"inputs": f"/connect{letter}ons/"}))


def test_what_is_no_flow_is_left_to_the_exact_reader() -> None:
    texts = ["", "[]", "5", "{}", '{"properties": []}', '{"properties": {"definition": []}}']
    texts += ['{"properties": {"definition": {"parameters": []}}}', '{"properties": {}}']
    for text in texts:
        assert plain_entries(text.encode()) is None
        assert not is_plain(text.encode())


def test_a_flow_may_lack_what_is_not_needed() -> None:
    assert plain(lambda document: document["properties"]["definition"].update(parameters={}))
    assert plain(lambda document: document["properties"]["definition"].pop("parameters"))
    assert plain(lambda document: document["properties"].update(more={"Properties": 1}))
    empty = flow({}, {})
    assert is_plain(to_json(empty).encode())
    empty["properties"]["connectionReferences"] = None
    assert is_plain(to_json(empty).encode())
    del empty["properties"]["connectionReferences"]
    assert is_plain(to_json(empty).encode())


@pytest.mark.parametrize("actions", [{"A": action("lost")}, {"A": action("lost"), "B": action("x")}])
def test_the_first_alias_counts_as_the_last(actions: Json) -> None:
    assert not is_plain(to_json(flow({"x": "con_x"}, actions)).encode())
    assert is_plain(to_json(flow({"x": "con_x", "Lost": "con_y"}, actions)).encode())


@pytest.mark.parametrize("alias", ["", "a", "é", "a b"])
def test_an_alias_may_be_short(alias: str) -> None:
    assert is_plain(to_json(flow({alias: "con_x"}, {"A": action(alias)})).encode())
    assert not is_plain(to_json(flow({alias: "con_x"}, {"A": action(alias + "x")})).encode())


def test_quotes_and_backslashes_may_be_written_in_any_way() -> None:
    text = to_json(flow({OUTLOOK: "con_x"}, {"A": {"inputs": ["say <x<", "back>", ">>", ">><"]}}))
    for quote in ('\\"', "\\u0022"):
        for backslash in ("\\\\", "\\u005c"):
            written = text.replace("<", quote).replace(">", backslash)
            assert is_plain(written.encode())
            assert not is_plain(written.replace('"inputs"', '"inputs": [], "inputs"').encode())


def test_one_with_a_raw_connection_is_read_whole() -> None:
    assert not is_plain(to_json(flow({OUTLOOK: raw_entry()})).encode())


def test_an_alias_that_ends_like_an_escape_is_no_other_one() -> None:
    assert not is_plain(to_json(flow({"a\\": "con_outlook"}, {"Send": action('a"b')})).encode())


TWICE = [
    ('"actions"', '"actions": {}, "actions"'),
    ('"runtimeSource"', '"runtimeSource": "x", "runtimeSource"'),
    ('"connectionName"', '"connectionName": "lost", "connectionName"'),
    # One key more and one blank less: what is counted are strings, not signs.
    ('"inputs":', '"inputs" : {}, "inputs":'),
    ('"type":', '"type": NaN, "x":'),
    ('"type":', '"type": "\\ud800", "x":'),
]


@pytest.mark.parametrize("written", TWICE)
def test_of_a_flow_with_a_key_twice_nothing_is_said(written: tuple[str, str]) -> None:
    text = to_json(flow())
    assert plain_entries(text.encode()) == {OUTLOOK: entry("con_outlook")}
    assert plain_entries(text.replace(*written, 1).encode()) is None


@pytest.mark.parametrize("written", TWICE)
def test_a_key_that_stands_twice_is_seen(written: tuple[str, str]) -> None:
    text = to_json(flow())
    assert is_plain(text.encode())
    assert not is_plain(text.replace(*written, 1).encode())


def test_what_nests_deep_is_left_to_the_exact_reader() -> None:
    for depth, expected in ((100, True), (400, False), (600, False)):
        deep: Any = "x"
        for _ in range(depth):
            deep = [deep]
        assert plain(act(Deep={"inputs": deep})) is expected


def test_other_encodings_are_left_to_the_exact_reader() -> None:
    assert not is_plain(to_json(flow()).encode("utf-16"))


@given(flows(), st.builds(Random, st.integers(0, 2**32)))
def test_whatever_is_drawn_both_agree(drawn: Drawn, random: Random) -> None:
    is_plain(write_json(drawn.document, random_style(random)))


@given(st.data())
def test_whatever_is_damaged_both_agree(data: st.DataObject) -> None:
    text = json.dumps(flow({OUTLOOK: "con_outlook"})).encode()
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 30)))
    middle = data.draw(st.sampled_from([b"", b'"', b"\\", b"{", b"}", b",", text[start:end] * 2, b"\xff"]))
    is_plain(text[:start] + middle + text[end:])


def test_real_flows(corpus: Path) -> None:
    proved = [is_plain(path.read_bytes()) for path in corpus.rglob("*.json") if path.is_file()]
    assert sum(proved) > 100


def test_without_orjson_the_exact_reader_reads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    spec = find_spec("crstandards.source.flow")
    assert spec is not None
    assert spec.loader is not None
    bare = module_from_spec(spec)
    spec.loader.exec_module(bare)
    assert bare.plain_entries(to_json(flow()).encode()) is None
    assert plain_entries(to_json(flow()).encode()) is not None
