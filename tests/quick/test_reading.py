"""What the fast path takes from a file is what the one exact reader takes from it, or it doubts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.quick.reading import Doubt, declared_references, flow_facts, unique_name
from crstandards.source.flow import read_flow
from crstandards.source.solution import read_customizations, read_manifest
from tests.builders import Missing, action, customizations, entry, flow, manifest, to_json

MANY_BRACES = json.dumps([[]] * 600)


def agrees_on_flow(data: bytes) -> bool:
    """Whether a flow is understood; asserts that it then is what the exact reader makes of it."""
    try:
        used = flow_facts(data)
    except Doubt:
        return False
    facts = read_flow(data)
    assert facts is not None
    assert used.references == {(item.key, item.connector) for item in facts.entries}
    assert used.is_invoked or not any(item.runtime_source.lower() == "invoker" for item in facts.entries)
    assert used.calls or not facts.calls
    assert all(item.connector for item in facts.entries)
    assert not facts.repeated
    assert not facts.embedded
    aliases = {item.alias.lower() for item in facts.entries}
    assert {item.alias.lower() for item in facts.operations} <= aliases
    return True


def agrees_on_customizations(data: bytes) -> bool:
    try:
        declared = declared_references(data)
    except Doubt:
        return False
    exact = read_customizations(data).references
    assert list(declared.items()) == [(item.logical_name.lower(), item.connector) for item in exact]
    assert len(set(declared.values())) == len(exact)
    return True


def agrees_on_manifest(data: bytes) -> bool:
    try:
        name = unique_name(data)
    except Doubt:
        return False
    exact = read_manifest(data)
    assert exact is not None
    assert name == exact.unique_name != ""
    return True


def text_of(document: object) -> bytes:
    return to_json(document).encode()


def with_definition(**parts: object) -> dict[str, object]:
    document = flow()
    document["properties"]["definition"].update(parts)
    return document


def host(**keys: object) -> dict[str, object]:
    return with_definition(actions={"Send": {"type": "ApiConnection", "inputs": {"host": keys}}})


PLAIN = flow({"shared_office365": "con_outlook", "shared_teams": "con_teams"})

UNDERSTOOD: dict[str, bytes] = {
    "a flow": text_of(PLAIN),
    "in UTF-16": b"\xff\xfe" + text_of(PLAIN).decode().encode("utf-16-le"),
    "with a byte order mark and CRLF": b"\xef\xbb\xbf" + text_of(PLAIN).replace(b"\n", b"\r\n"),
    "without references": text_of(flow({})),
    "with many braces": text_of(with_definition(extra=json.loads(MANY_BRACES))),
    "with letters outside ASCII": text_of(with_definition(description="Änderung \u0131 \u0130 \u017f")),
}

DOUBTED: dict[str, bytes] = {
    "a connection in the connector's name": text_of(PLAIN).replace(
        b'"name": "shared_teams"', b'"name": "shared_teams/Connections/1f2e"'
    ),
    "one written with escapes": text_of(PLAIN).replace(
        b'"name": "shared_teams"', rb'"name": "shared_teams\/connections\/1f2e"'
    ),
    "a connector that is no name": text_of(PLAIN).replace(b'"name": "shared_teams"', b'"name": 1'),
    "nothing": b"",
    "no JSON": b"{",
    "not a number": text_of(flow()).replace(b'"contentVersion"', b'"x": NaN, "contentVersion"'),
    "a number that Python refuses": text_of(flow()).replace(
        b'"contentVersion"', b'"x": %s, "contentVersion"' % (b"1" * 5000)
    ),
    "a list": b"[]",
    "a text": b'"properties"',
    "no definition": b'{"properties": {"connectionReferences": {}}}',
    "references that are no object": text_of(flow()).replace(
        b'"connectionReferences": {', b'"connectionReferences": [], "x": {'
    ),
    "references in other letters, that nothing uses": text_of(flow({"shared_teams": None}, {})).replace(
        b'"connectionReferences"', b'"ConnectionReferences"'
    ),
    "references that are null": b'{"properties": {"connectionReferences": null, "definition": {}}}',
    "a key twice, anywhere": text_of(flow()).replace(
        b'"contentVersion"', b'"triggers": {}, "contentVersion"'
    ),
    "too deep": text_of(with_definition(extra=json.loads("[" * 600 + "]" * 600))),
    "so deep that Python gives up": text_of(flow()).replace(
        b'"contentVersion"', b'"x": %s, "contentVersion"' % (b"[" * 100_000 + b"]" * 100_000)
    ),
    "a raw connection": text_of(flow({"shared_office365": None})),
    "an entry that is a text": text_of(flow({"shared_office365": "x"})).replace(b'"connection":', b'"x":'),
    "a blank reference": text_of(flow({"shared_office365": " "})),
    "a reference that is a number": text_of(flow({"shared_office365": entry(1)})),  # type: ignore[arg-type]
    "no connector": text_of(flow({"shared_office365": entry("con_a", "")})),
    "an unknown alias": text_of(flow(None, {"Send": action("shared_teams")})),
    "an alias that is a number": text_of(host(connectionName=1)),
    "an alias in the flow API's form": text_of(host(connectionReferenceName="shared_office365")),
    "an alias in an expression": text_of(
        host(connection={"name": "@parameters('$connections')['shared_teams']['connectionId']"})
    ),
    "a filled default": text_of(with_definition(parameters={"$connections": {"defaultValue": {"a": {}}}})),
    "a connection's name": text_of(with_definition(description="Shared-Teams-1234")),
    "a path of a connection": text_of(with_definition(description="/apis/x/connections/abc")),
    "an escape": text_of(flow()).replace(b"embedded", b"embedde\\u0064"),
}


@pytest.mark.parametrize("data", UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_a_plain_flow_is_understood(data: bytes) -> None:
    assert agrees_on_flow(data)


@pytest.mark.parametrize("data", DOUBTED.values(), ids=DOUBTED)
def test_any_other_flow_is_doubted(data: bytes) -> None:
    with pytest.raises(Doubt):
        flow_facts(data)


def test_flows_in_use_are_mostly_understood(corpus: Path) -> None:
    flows = [path for path in corpus.rglob("*.json") if path.parent.name.lower() == "workflows"]
    understood = sum(agrees_on_flow(path.read_bytes()) for path in flows)
    assert understood > len(flows) // 2


pieces = st.sampled_from(
    [
        b'"connectionName": "shared_teams", ',
        b'"connectionReferenceName": "shared_teams", ',
        b'"connectionReferences": {}, ',
        b"\"connection\": {\"name\": \"@parameters('$connections')['x']['connectionId']\"}, ",
        b'"definition": {}, ',
        b'"actions": {}, ',
        b'"api": {"name": "shared_sql"}, ',
        b"\\u0041",
        b"null",
        b"{",
        b"}",
        b'"',
        b"",
        b"\xff",
        b"NaN",
    ]
)


@settings(max_examples=400)
@given(st.sampled_from(list(UNDERSTOOD.values())), st.data())
def test_a_damaged_flow_is_doubted_or_read_alike(data: bytes, more: st.DataObject) -> None:
    for _ in range(more.draw(st.integers(1, 3))):
        at = more.draw(st.integers(0, len(data)))
        # Often where a member of an object may stand, so that it stays JSON.
        brace = data.find(b"{", at)
        begin = brace + 1 if brace >= 0 and more.draw(st.booleans()) else at
        data = data[:begin] + more.draw(pieces) + data[begin + more.draw(st.sampled_from([0, 0, 0, 1, 5])) :]
    agrees_on_flow(data)


XML_UNDERSTOOD: dict[str, bytes] = {
    "references": customizations(["con_outlook", ("con_x", "shared_x")]).encode(),
    "no references": customizations([]).encode(),
    "blanks around": customizations(["con_outlook"])
    .replace('="con_outlook"', '=" con_outlook "')
    .replace("<connectorid>", "<connectorid>\n ")
    .replace("</connectorid>", " \n</connectorid>")
    .encode(),
    "in UTF-16": customizations(["con_outlook"]).replace("utf-8", "utf-16").encode("utf-16"),
}
XML_DOUBTED: dict[str, bytes] = {
    "no XML": b"<x",
    "nothing": b"",
    "two of one connector": customizations(["con_a", "con_b"]).encode(),
    "one name twice": customizations([("con_a", "shared_a"), ("con_A", "shared_b")]).encode(),
    "no name": customizations(["con_a"]).replace('="con_a"', '=" "').encode(),
    "no attribute": customizations(["con_a"]).replace("connectionreferencelogicalname", "x").encode(),
    "no connector": customizations(["con_a"]).replace("connectorid>", "x>").encode(),
    "two connectors": customizations(["con_a"])
    .replace("<connectorid>", "<connectorid/><connectorid>")
    .encode(),
    "a DOCTYPE": b"<!DOCTYPE x><x/>",
}


@pytest.mark.parametrize("data", XML_UNDERSTOOD.values(), ids=XML_UNDERSTOOD)
def test_plain_declarations_are_understood(data: bytes) -> None:
    assert agrees_on_customizations(data)


@pytest.mark.parametrize("data", XML_DOUBTED.values(), ids=XML_DOUBTED)
def test_any_other_declarations_are_doubted(data: bytes) -> None:
    with pytest.raises(Doubt):
        declared_references(data)


def test_references_elsewhere_in_the_document_are_none() -> None:
    inner = "<connectionreference connectionreferencelogicalname='con_a'/>"
    data = f"<x><a><connectionreferences>{inner}</connectionreferences></a></x>".encode()
    assert agrees_on_customizations(data)
    assert declared_references(data) == {}


xml_pieces = st.sampled_from(
    [
        b"<connectionreferences>",
        b"</connectionreferences>",
        b"<connectionreferences/>",
        b"<connectorid>/apis/shared_x</connectorid>",
        b"<connectionreference connectionreferencelogicalname='con_z'/>",
        b"<a>",
        b"</a>",
        b"<!-- <connectionreference -->",
        b"<UniqueName>X</UniqueName>",
        b"",
        b" ",
        b"&amp;",
    ]
)


@settings(max_examples=400)
@given(
    st.sampled_from([*XML_UNDERSTOOD.values(), manifest("ContosoHR", missing=[Missing("con_a")]).encode()]),
    st.data(),
)
def test_damaged_xml_is_doubted_or_read_alike(data: bytes, more: st.DataObject) -> None:
    for _ in range(more.draw(st.integers(1, 3))):
        at = data.find(b"<", more.draw(st.integers(0, len(data))))
        cut = more.draw(st.sampled_from([0, 0, 1, 7]))
        data = data[:at] + more.draw(xml_pieces) + data[max(at, 0) + cut :]
    agrees_on_customizations(data)
    agrees_on_manifest(data)


def test_a_manifest_is_understood_or_doubted() -> None:
    assert agrees_on_manifest(manifest("ContosoHR").encode())
    assert not agrees_on_manifest(manifest("").encode())
    later = manifest("ContosoHR").replace("<UniqueName>", "<Odd>x</Odd><UniqueName>", 1)
    assert agrees_on_manifest(later.encode())
    assert not agrees_on_manifest(b"<ImportExportXml/>")
    assert not agrees_on_manifest(b"<x")


def test_solutions_in_use_are_mostly_understood(corpus: Path) -> None:
    manifests = [path.read_bytes() for path in corpus.rglob("Other/Solution.xml")]
    assert sum(map(agrees_on_manifest, manifests)) > len(manifests) // 2
    declarations = [path.read_bytes() for path in corpus.rglob("Other/Customizations.xml")]
    assert sum(map(agrees_on_customizations, declarations)) > len(declarations) // 2
