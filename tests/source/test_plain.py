"""A flow that is proved plain is what the exact reader says, or nothing is proved."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.source import flow as flow_reader
from crstandards.source.flow import read_flow, skim_flow
from crstandards.source.plain import Doubt, plain_flow
from crstandards.source.text import SourceError
from tests.accuracy.formats import random_style, write_json
from tests.support.builders import OUTLOOK, TEAMS, Json, action, entry, flow, raw_entry, to_json
from tests.support.grammar import Drawn, flows

PARAMETERS = "@parameters('$connections')['{}']['connectionId']"
ENGINES = {"python": None, "orjson": orjson}
Change = Callable[[Json], object]


def proved(data: bytes, engine: str) -> bool:
    """Whether a flow is proved plain; asserts that the exact reader then has nothing to add."""
    try:
        found, calls = plain_flow(data, ENGINES[engine])
    except Doubt:
        return False
    exact = read_flow(data)
    assert exact is not None
    assert [*found] == [item.alias for item in exact.entries]
    assert exact.repeated == exact.embedded == ()
    assert {item.alias.lower() for item in exact.operations} <= {item.alias.lower() for item in exact.entries}
    assert {item.form for item in exact.operations} <= {"name"}
    assert calls or not exact.calls
    return True


def by(data: bytes) -> list[str]:
    """With which engines a flow is proved plain; asserts that to skim it tells what the exact reader does."""
    with pytest.MonkeyPatch.context() as patch:
        for engine in ENGINES.values():
            patch.setattr(flow_reader, "orjson", engine)
            try:
                exact = read_flow(data)
            except SourceError:
                with pytest.raises(SourceError):
                    skim_flow(data)
                continue
            found = skim_flow(data)
            assert found == exact or (found and exact and found.is_plain and found.entries == exact.entries)
    return [engine for engine in ENGINES if proved(data, engine)]


def plain(change: Change = lambda document: None) -> list[str]:
    document = flow({OUTLOOK: "con_outlook", "é": entry("con_teams", TEAMS)})
    change(document)
    return by(json.dumps(document, ensure_ascii=False).encode())


def act(**more: Any) -> Change:
    return lambda document: document["properties"]["definition"]["actions"].update(more)


def properties(**more: Any) -> Change:
    return lambda document: document["properties"].update(more)


BOTH, PYTHON, ORJSON = ["python", "orjson"], ["python"], ["orjson"]
EMPTY = flow({}, {})


@pytest.mark.parametrize(
    ("data", "engines"),
    [
        (to_json(flow()).encode("utf-8-sig"), BOTH),
        (to_json(flow()).replace("\n", "\r\n").replace(":", " :").encode(), BOTH),
        (to_json(flow()).encode("utf-16"), PYTHON),
        (to_json(EMPTY).encode(), BOTH),
        (to_json(EMPTY).replace('"connectionReferences": {}', '"connectionReferences": null').encode(), BOTH),
        (to_json(EMPTY).replace('"connectionReferences"', '"x"').encode(), BOTH),
        # An escape could spell anything.
        (to_json(flow()).replace("embedded", "embedde\\u0064").encode(), ORJSON),
        (to_json(flow()).replace('"contentVersion"', f'"x": {"1" * 5000}, "contentVersion"').encode(), []),
        *((text.encode(), []) for text in ("", "[]", "5", "{", "{}", '"properties"', '{"properties": []}')),
        (b'{"properties": {"connectionReferences": {}}}', []),
        (b'{"properties": {"definition": []}}', []),
        (b'{"properties": {"definition": {"parameters": []}}}', []),
        (to_json(flow()).replace('"contentVersion"', f'"x": {"[" * 100_000}').encode(), []),
        (to_json(flow({"a\\": "con_outlook"}, {"Send": action('a"b')})).encode(), []),
    ],
)
def test_what_is_proved_of_a_file(data: bytes, engines: list[str]) -> None:
    assert [engine for engine in ENGINES if proved(data, engine)] == engines


@pytest.mark.parametrize(
    "change",
    [
        lambda document: None,
        act(Nested={"type": "If", "actions": {"A": action("É", TEAMS)}}),
        act(Say={"type": "Compose", "inputs": 'a "quoted\\" \\ text, and \U0001f600\n'}),
        act(Deep={"inputs": json.loads("[" * 100 + "]" * 100)}),
        lambda document: document["properties"]["definition"].update(parameters={}),
        lambda document: document["properties"]["definition"].pop("parameters"),
        properties(more={"Properties": 1}, extra=[[]] * 600),
    ],
)
def test_flows_of_the_usual_shape_are_proved_plain(change: Change) -> None:
    assert plain(change) == BOTH


def test_how_deep_a_plain_flow_nests() -> None:
    assert plain(act(Deep={"inputs": json.loads("[" * 400 + "]" * 400)})) == PYTHON
    assert plain(act(Deep={"inputs": json.loads("[" * 600 + "]" * 600)})) == []


@pytest.mark.parametrize(
    "change",
    [
        act(Lost=action("lost")),
        act(Api={"inputs": {"host": {"connectionReferenceName": OUTLOOK}}}),
        act(Old={"inputs": {"host": {"connection": {"name": PARAMETERS.format(OUTLOOK)}}}}),
        act(Old={"inputs": {"host": {"connection": {"name": PARAMETERS.replace("s'", "\u017f'")}}}}),
        act(Http={"inputs": {"uri": "https://x/apis/shared_sql/connections/0123"}}),
        act(Http={"inputs": "SHARED-sql-8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"}),
        act(Http={"inputs": f"/connect\u0131ons/{'0' * 32}"}),
        act(Http={"inputs": "/connect\u0130ons/"}),
        act(Odd={"inputs": {"host": {"connectionName": 7}}}),
        act(Odd={"inputs": {"host": {"connectionName": 'é"x'}}}),
        properties(connectionReferences=[]),
        properties(connectionReferences={"a": None}),
        properties(connectionReferences={"a": "x"}),
        properties(ConnectionReferences={}),
        lambda document: document["properties"]["connectionReferences"].update(a=None),
        lambda document: document["properties"]["connectionReferences"].update(a={"Connection": {}}),
        lambda document: document["properties"].pop("definition"),
        lambda document: document["properties"]["definition"].update(
            parameters={"$connections": {"defaultValue": {"a": {}}}}
        ),
    ],
)
def test_others_are_left_to_the_exact_reader(change: Change) -> None:
    assert plain(change) == []


def test_it_is_read_where_orjson_is_not_installed() -> None:
    program = (
        "import sys; sys.modules['orjson'] = None\n"
        "from crstandards.source.flow import skim_flow\n"
        "print(skim_flow(sys.stdin.buffer.read()).is_plain)"
    )
    ran = subprocess.run(
        (sys.executable, "-c", program), input=to_json(flow()), capture_output=True, text=True, check=True
    )
    assert ran.stdout == "True\n"


@pytest.mark.parametrize("engine", ENGINES)
def test_one_with_a_raw_connection_is_read_whole(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_reader, "orjson", ENGINES[engine])
    raw = skim_flow(to_json(flow({OUTLOOK: raw_entry()})).encode())
    assert raw is not None
    assert not raw.is_plain


@pytest.mark.parametrize("actions", [{"A": action("lost")}, {"A": action("lost"), "B": action("x")}])
def test_the_first_alias_counts_as_the_last(actions: Json) -> None:
    assert by(to_json(flow({"x": "con_x"}, actions)).encode()) == []
    assert by(to_json(flow({"x": "con_x", "Lost": "con_y"}, actions)).encode()) == BOTH


@pytest.mark.parametrize("alias", ["", "a", "é", "a b"])
def test_an_alias_may_be_short(alias: str) -> None:
    def text(used: str) -> bytes:
        return json.dumps(flow({alias: "con_x"}, {"A": action(used)}), ensure_ascii=False).encode()

    assert by(text(alias)) == BOTH
    assert by(text(alias + "x")) == []


def test_quotes_and_backslashes_may_be_written_in_any_way() -> None:
    text = to_json(flow({OUTLOOK: "con_x"}, {"A": {"inputs": ["say <x<", "back>", ">>", ">><"]}}))
    for quote in ('\\"', "\\u0022"):
        for backslash in ("\\\\", "\\u005c"):
            written = text.replace("<", quote).replace(">", backslash)
            assert "orjson" in by(written.encode())
            assert by(written.replace('"inputs"', '"inputs": [], "inputs"').encode()) == []


@pytest.mark.parametrize(
    "written",
    [
        ('"actions"', '"actions": {}, "actions"'),
        ('"runtimeSource"', '"runtimeSource": "x", "runtimeSource"'),
        ('"connectionName"', '"connectionName": "lost", "connectionName"'),
        # One key more and one blank less: what is counted are strings, not signs.
        ('"inputs":', '"inputs" : {}, "inputs":'),
        ('"type":', '"type": NaN, "x":'),
        ('"type":', '"type": "\\ud800", "x":'),
    ],
)
def test_of_a_flow_with_a_key_twice_nothing_is_said(written: tuple[str, str]) -> None:
    assert by(to_json(flow()).replace(*written, 1).encode()) == []


@given(flows(), st.builds(Random, st.integers(0, 2**32)))
def test_whatever_is_drawn_all_agree(drawn: Drawn, random: Random) -> None:
    by(write_json(drawn.document, random_style(random)))


PIECES = [
    *(b"", b'"', b"\\", b"{", b"}", b",", b"\xff", b"NaN", b"null", b"\\u0041"),
    b'"connectionName": "shared_teams", ',
    b'"connectionReferenceName": "shared_teams", ',
    b'"connectionReferences": {}, ',
    b"\"connection\": {\"name\": \"@parameters('$connections')['x']['connectionId']\"}, ",
    b'"definition": {}, ',
    b'"actions": {}, ',
]


@given(st.data())
def test_whatever_is_damaged_all_agree(more: st.DataObject) -> None:
    data = to_json(flow({OUTLOOK: "con_outlook", "shared_teams": "con_teams"})).encode()
    for _ in range(more.draw(st.integers(1, 3))):
        at = more.draw(st.integers(0, len(data)))
        # Often where a member of an object may stand, so that it stays JSON.
        begin = data.find(b"{", at) + 1 if more.draw(st.booleans()) else at
        end = begin + more.draw(st.sampled_from([0, 0, 0, 1, 5, 30]))
        piece = more.draw(st.sampled_from([*PIECES, data[begin:end] * 2]))
        data = data[:begin] + piece + data[end:]
    by(data)


def test_real_flows(corpus: Path) -> None:
    found = [by(path.read_bytes()) for path in corpus.rglob("*.json") if path.is_file()]
    assert sum("orjson" in engines for engines in found) > 100
    assert sum("python" in engines for engines in found) > 60
