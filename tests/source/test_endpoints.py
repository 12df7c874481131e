"""Which custom connectors carry their own endpoint, from files in memory."""

from __future__ import annotations

import json

import pytest

from crstandards.model import Place, Unreadable
from crstandards.source.endpoints import Endpoints, read_connectors, read_endpoints
from crstandards.source.facts import Facts
from crstandards.source.layout import find_candidates
from tests.accuracy.trees import Memory

HOST = json.dumps({"hostUrl": {"type": "string"}})
KEY = json.dumps({"api_key": {"type": "securestring"}})
ASKED = json.dumps({"values": [{"parameters": {"hostUrl": {"type": "string"}}}]})
NOTHING = Endpoints(frozenset(), ())


def described(name: str, identifier: str = "", more: str = "") -> str:
    field = f"<connectorid> {identifier} </connectorid>" if identifier else ""
    return f"<Connector>{field}<name> {name} </name>{more}</Connector>"


def endpoints(manifest: str, files: dict[str, str]) -> Endpoints:
    snapshot = Memory({path: text.encode() for path, text in {**files, manifest: ""}.items()})
    (candidate,) = find_candidates(snapshot.files())
    return read_endpoints(snapshot, candidate, Facts())


def test_connectors_by_their_files_stem() -> None:
    text = (
        "<ImportExportXml><name>no</name><Connectors>"
        + described("con_A", "{ABC}")
        + described("con_b", "DEF-1", "<other><name>no</name></other>")
        + described("con_c")
        + "<Connector><connectorid>{1}</connectorid></Connector><Connector/>"
        + described("con_d", "{X2X}")
        + "</Connectors><name>no</name></ImportExportXml>"
    )
    assert read_connectors(text.encode()) == {"con_a": "abc", "con_b": "def-1", "con_c": "", "con_d": "x2x"}
    assert read_connectors(described("con_A", "{ABC}").encode()) == {"con_a": "abc"}
    assert read_connectors(b"<ImportExportXml><name>no</name></ImportExportXml>") == {}


def test_those_that_ask_for_an_address() -> None:
    found = endpoints(
        "HR/Other/Solution.xml",
        {
            "HR/Connectors/Con_A_connectionparameters.json": HOST,
            "HR/Connectors/con_b_ConnectionParameterSets.JSON": ASKED,
            "HR/Connectors/con_c_connectionparameters.json": KEY,
            "HR/Connectors/con_d_connectionparameters.json": HOST,
            # Of one of the two files, something is known; of the other connectors nothing.
            "HR/Connectors/con_f_connectionparameters.json": KEY,
            "HR/Connectors/con_f_connectionparametersets.json": "",
            "HR/Connectors/con_g_connectionparameters.json": "",
            "HR/Connectors/con_h_connectionparameters.json": "{}",
            "HR/Connectors/con_h_connectionparametersets.json": "{}",
            "HR/Connectors/con_f.xml": described("con_f", "{6}"),
            "HR/Connectors/con_g.xml": described("con_g", "{7}"),
            "HR/Connectors/con_h.xml": described("con_h", "{8}"),
            "HR/Connectors/con_a.xml": described("con_a", "{1}"),
            "HR/Connectors/con_b.XML": described("con_B", "{2}"),
            "HR/Connectors/con_c.xml": described("con_c", "{3}"),
            "HR/Connectors/con_e.xml": described("con_e", "{4}"),
            # Only the flat layout keeps connectors in here.
            "HR/Other/Customizations.xml": described("con_d", "{5}"),
        },
    )
    assert found == Endpoints(frozenset({"1", "2", "7", "8"}), ())


def test_those_of_a_flat_solution_stand_in_its_customizations() -> None:
    files = {"Connector/con_d_connectionparameters.json": HOST, "customizations.xml": described("con_d", "5")}
    assert endpoints("solution.xml", files) == Endpoints(frozenset({"5"}), ())
    del files["customizations.xml"]
    assert endpoints("solution.xml", files) == NOTHING


def test_one_without_an_id_is_none() -> None:
    files = {"Connectors/con_a_connectionparameters.json": HOST, "Connectors/con_a.xml": described("con_a")}
    assert endpoints("Other/Solution.xml", files) == NOTHING


def test_nothing_is_read_where_none_has_parameters() -> None:
    assert endpoints("Other/Solution.xml", {"Connectors/con_a.xml": "<Connector>"}) == NOTHING
    assert endpoints("Other/Solution.xml", {}) == NOTHING


@pytest.mark.parametrize("layout", ["unpacked", "flat"])
def test_what_cannot_be_read_is_said(layout: str) -> None:
    manifest, customizations = {
        "unpacked": ("Other/Solution.xml", "Other/Customizations.xml"),
        "flat": ("solution.xml", "customizations.xml"),
    }[layout]
    files = {
        "Connector/con_a_connectionparameters.json": "{",
        "Connector/con_a.xml": "<Connector>",
        "Connector/con_b_connectionparameters.json": HOST,
        "Connector/con_b.xml": described("con_b", "2"),
    }
    expected = Endpoints(
        frozenset({"2"}),
        (
            Unreadable(Place("Connector/con_a_connectionparameters.json", 1), "not JSON: it breaks off"),
            Unreadable(Place("Connector/con_a.xml", 11), "not XML: no element found"),
        ),
    )
    assert endpoints(manifest, files) == expected
    # Whoever reads it for its references says so.
    assert endpoints(manifest, {**files, customizations: "<ImportExportXml>"}) == expected
