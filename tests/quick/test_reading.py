"""What the fast path takes from a file is what the one exact reader takes from it, or it doubts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.quick.solutions import declared_references, flow_facts, unique_name
from crstandards.source.flow import read_flow
from crstandards.source.plain import Doubt
from crstandards.source.solution import read_customizations, read_manifest
from crstandards.source.text import SourceError
from tests.support.builders import Missing, customizations, entry, flow, manifest, to_json


def agrees_on_flow(data: bytes) -> bool:
    """Whether a flow is understood; asserts that it then is what the exact reader makes of it."""
    try:
        references, is_invoked, _ = flow_facts(data)
    except Doubt:
        return False
    facts = read_flow(data)
    assert facts is not None
    assert references == {(item.key, item.connector) for item in facts.entries}
    assert is_invoked or not any(item.runtime_source.lower() == "invoker" for item in facts.entries)
    assert all(item.connector for item in facts.entries)
    return True


def agrees_on_customizations(data: bytes) -> bool:
    try:
        declared = declared_references(data)
    except (Doubt, SourceError):
        return False
    exact = read_customizations(data).references
    assert list(declared.items()) == [(item.logical_name.lower(), item.connector) for item in exact]
    assert len(set(declared.values())) == len(exact)
    return True


def agrees_on_manifest(data: bytes) -> bool:
    try:
        name = unique_name(data)
    except (Doubt, SourceError):
        return False
    exact = read_manifest(data)
    assert exact is not None
    assert name == exact.unique_name != ""
    return True


@pytest.mark.parametrize(
    ("references", "understood"),
    [
        ({"shared_office365": "con_outlook", "shared_teams": "con_teams"}, True),
        ({}, True),
        # Whoever proves flows plain knows why.
        ({"shared_office365": None}, False),
        ({"shared_office365": " "}, False),
        ({"shared_office365": entry(1)}, False),
        ({"shared_office365": entry("con_a", "")}, False),
        ({"shared_office365": {"connectionReferenceLogicalName": "con_a", "api": {"name": "x"}}}, False),
    ],
)
def test_the_references_of_a_plain_flow_are_told_or_doubted(references: Any, understood: bool) -> None:
    assert agrees_on_flow(to_json(flow(references)).encode()) is understood


def test_flows_in_use_are_mostly_understood(corpus: Path) -> None:
    flows = [path for path in corpus.rglob("*.json") if path.parent.name.lower() == "workflows"]
    understood = sum(agrees_on_flow(path.read_bytes()) for path in flows)
    assert understood > len(flows) // 2


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
    with pytest.raises((Doubt, SourceError)):
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
