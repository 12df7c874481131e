"""Which apps and agents use a solution's references, from files in memory."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.model import Unreadable, Use
from crstandards.places import Place
from crstandards.source.apps import (
    AppFacts,
    read_agent_uses,
    read_canvas_apps,
    read_connections,
    read_meta,
    read_reference_set,
    read_users,
    uses_from_path,
)
from crstandards.source.facts import Facts, Reading
from crstandards.source.layout import find_candidates
from crstandards.source.locator import Locator
from crstandards.source.text import SourceError
from tests.support.builders import APIS
from tests.support.memory import Memory

SET = "botcomponent_connectionreferenceset.xml"
LINK = (
    "botcomponent_connectionreferenceset/botcomponentid.schemaname=con_bot.topic.Say,"
    "connectionreferenceid.connectionreferencelogicalname=con_linked/botcomponent_connectionreference.yml"
)


class Users(NamedTuple):
    """What `read_users` finds, and what it notes."""

    uses: tuple[Use, ...]
    unreadable: tuple[Unreadable, ...]


def agent(reference: str, name: str, at: int | None) -> Use:
    return Use(reference, "agent", name, "", Place("", at))


def users(files: dict[str, str | bytes]) -> Users:
    tree = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    snapshot = Memory(tree)
    (candidate,) = find_candidates(snapshot.files())
    reading = Reading(snapshot, Facts())
    return Users(read_users(reading, candidate), tuple(reading.unreadable))


def canvas(references: dict[str, Any] | None, shown: str = "", name: str = "") -> str:
    names = f"<Name>{name}</Name><DisplayName>{shown}</DisplayName>"
    return (
        f"<CanvasApp>{names}<ConnectionReferences>{json.dumps(references)}</ConnectionReferences></CanvasApp>"
    )


def one(reference: str = "", connector: str = "shared_sql", **more: object) -> dict[str, Any]:
    return {"key": {"id": APIS + connector, "xrmConnectionReferenceLogicalName": reference, **more}}


def reference_set(reference: str, agent: str = "") -> str:
    return (
        f'<a><botcomponent_connectionreference botcomponentid.schemaname="{agent}" '
        f'connectionreferenceid.connectionreferencelogicalname="{reference}"/></a>'
    )


def test_apps_and_agents_of_an_unpacked_solution() -> None:
    app = canvas(one("con_a", sharedConnectionId="1", isCustomApiConnection=True), "Orders")
    inside = f"<ImportExportXml><CanvasApps>{app}</CanvasApps></ImportExportXml>"
    found = users(
        {
            "HR/Other/Solution.xml": "",
            # Only the flat layout keeps apps in here.
            "HR/Other/Customizations.xml": inside,
            "HR/CanvasApps/con_orders_1.meta.xml": app,
            "HR/CanvasApps/con_plain_2.meta.xml": canvas(one("con_b", "shared_teams")),
            f"HR/Assets/{SET}": reference_set("con_c", "con_bot.topic.Ask"),
            "HR/bot/connectionreferences.mcs.yml": "- connectionReferenceLogicalName: con_d\n",
            "HR/botcomponents/con_bot.action.Send/data": "kind: x\nconnectionReference: con_e\n",
        }
    )
    assert found.unreadable == ()
    orders, plain = "HR/CanvasApps/con_orders_1.meta.xml", "HR/CanvasApps/con_plain_2.meta.xml"
    assert found.uses == (
        Use("con_a", "canvas app", "Orders", "shared_sql", Place(orders, app.index("<C", 1)), True, True),
        Use(
            *("con_b", "canvas app", "con_plain_2", "shared_teams"),
            Place(plain, len("<CanvasApp><Name></Name><DisplayName></DisplayName>")),
        ),
        Use("con_c", "agent", "con_bot.topic.Ask", "", Place(f"HR/Assets/{SET}", 3)),
        Use("con_d", "agent", "bot", "", Place("HR/bot/connectionreferences.mcs.yml", 2)),
        Use(
            "con_e", "agent", "con_bot.action.Send", "", Place("HR/botcomponents/con_bot.action.Send/data", 8)
        ),
    )


def test_apps_of_a_flat_solution_stand_in_its_customizations() -> None:
    text = f"<ImportExportXml><CanvasApps>{canvas(one('con_a'), name='con_x')}</CanvasApps></ImportExportXml>"
    found = users({"solution.xml": "", "customizations.xml": text})
    place = Place("customizations.xml", text.index("<ConnectionReferences"))
    assert found == ((Use("con_a", "canvas app", "con_x", "shared_sql", place),), ())
    assert users({"solution.xml": ""}) == ((), ())


def test_a_link_of_the_yaml_layout_is_a_use() -> None:
    found = users({"solutions/HR/solution.yml": "", LINK: "x: 1"})
    assert found == ((Use("con_linked", "agent", "con_bot.topic.Say", "", Place(LINK)),), ())


def needing(*names: str, platform: str = "ConnectionReference") -> str:
    """The CdsDependencies of an app, beside those of a table."""
    listed = [{"logicalname": name, "componenttypeplatformname": platform} for name in names]
    return json.dumps({"cdsdependencies": [{"logicalname": "account", "componenttype": 1}, *listed]})


SEARCH = "<connectionreference><connectionreferencelogicalname>con_a</connectionreferencelogicalname>"
YAML_APP = f"CanvasApp:\n  '@DisplayName': Orders\n  ConnectionReferences: '{json.dumps(one('con_a'))}'\n"


@pytest.mark.parametrize(
    ("path", "text", "uses"),
    [
        (
            "dvtablesearchs/1/dvtablesearch.xml",
            f"<dvtablesearch>{SEARCH}</connectionreference><name>Site</name></dvtablesearch>",
            [("con_a", "agent", "Site")],
        ),
        ("dvtablesearchs/1/dvtablesearch.xml", f"<x>{SEARCH}</connectionreference></x>", []),
        ("dvtablesearchs/1/dvtablesearch.xml", "<dvtablesearch><name>Site</name></dvtablesearch>", []),
        (
            "CanvasApps/con_x.meta.xml",
            f"<CanvasApp><CdsDependencies>{needing('con_a', 'con_b')}</CdsDependencies></CanvasApp>",
            [("con_a", "canvas app", "con_x"), ("con_b", "canvas app", "con_x")],
        ),
        (
            "CanvasApps/con_x.meta.xml",
            f"<CanvasApp><CdsDependencies>{needing('con_b', platform='x')}</CdsDependencies></CanvasApp>",
            [],
        ),
        # What its connections say is not said again.
        (
            "CanvasApps/con_x.meta.xml",
            canvas(one("con_A")).replace(
                "</CanvasApp>", f"<CdsDependencies>{needing('con_a')}</CdsDependencies></CanvasApp>"
            ),
            [("con_A", "canvas app", "con_x")],
        ),
    ],
)
def test_others_that_name_a_reference(path: str, text: str, uses: list[tuple[str, str, str]]) -> None:
    found = users({"Other/Solution.xml": "", path: text})
    assert [use[:3] for use in found.uses] == uses
    assert found.unreadable == ()


@pytest.mark.parametrize(
    "path",
    ["canvasapps/con_x/canvasapp.yml", "canvasapps/con_x.meta.yml", "CanvasApps/con_x/con_x.meta.yml"],
)
def test_an_app_of_the_yaml_layout(path: str) -> None:
    found = users({"solutions/HR/solution.yml": "", path: YAML_APP})
    at = YAML_APP.index("'{")
    assert found == ((Use("con_a", "canvas app", "Orders", "shared_sql", Place(path, at)),), ())
    assert users({"Other/Solution.xml": "", path: YAML_APP}).uses == ()
    # Without a name of its own, it is called like its folder or file.
    (use,) = users({"solutions/HR/solution.yml": "", path: YAML_APP.replace("@DisplayName", "@Tags")}).uses
    assert use.name == "con_x"


def test_a_source_of_knowledge_in_the_yaml_layout() -> None:
    path = "dvtablesearchs/1/dvtablesearch.yml"
    text = "dvtablesearch:\n  connectionreference:\n    connectionreferencelogicalname: con_a\n  name: Site\n"
    found = users({"solutions/HR/solution.yml": "", path: text})
    assert found.uses == (Use("con_a", "agent", "Site", "", Place(path, text.index("con_a"))),)
    assert users({"solutions/HR/solution.yml": "", path: "x: 1"}).unreadable == (
        Unreadable(Place(path, 0), "no dvtablesearch in it"),
    )


CODE_APP = json.dumps(
    {"appDisplayName": "Lending", "connectionReferences": one("con_a", sharedConnectionId="1")}
)


def test_a_code_app_belongs_to_the_one_solution_around() -> None:
    for manifest in ("src/Other/Solution.xml", "src/solutions/HR/solution.yml", "x/solution.xml"):
        own = manifest.replace("Solution.xml", "Customizations.xml").replace(
            "solution.xml", "customizations.xml"
        )
        found = users({manifest: "", own: "<a/>", "x/power.config.json": CODE_APP})
        place = Place("x/power.config.json", ("connectionReferences", "key"))
        assert found == ((Use("con_a", "code app", "Lending", "shared_sql", place, True),), ())


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("CanvasApps/src/con_orders_1_DocumentUri_msapp_src", "Orders"),
        ("CanvasApps/src/CON_Orders_1", "Orders"),
        ("con_orders_1", "Orders"),
        # Its name begins with the other one's.
        ("CanvasApps/src/con_orders_10_DocumentUri_msapp_src", "Orders of ten"),
        ("con_orders", "con_orders"),
        ("x/con_other_2/src", "src"),
    ],
)
def test_an_unpacked_app_is_known_by_its_folder(folder: str, name: str) -> None:
    path = f"HR/{folder}/Connections/Connections.json"
    found = users(
        {
            "HR/Other/Solution.xml": "",
            "HR/CanvasApps/con_orders_1.meta.xml": canvas(None, "Orders"),
            "HR/CanvasApps/con_orders_10.meta.xml": canvas(None, "Orders of ten"),
            "HR/CanvasApps/con_other_2.meta.xml": canvas(None, "Other"),
            path: json.dumps({"a": {"connectionRef": one("con_a")["key"]}}),
        }
    )
    place = Place(path, ("a", "connectionRef"))
    assert found == ((Use("con_a", "canvas app", name, "shared_sql", place),), ())


@pytest.mark.parametrize(
    ("path", "name"), [("Connections/Connections.json", ""), ("a/Connections/Connections.json", "a")]
)
def test_an_unpacked_app_may_lie_at_the_root(path: str, name: str) -> None:
    found = users({"Other/Solution.xml": "", path: json.dumps({"a": {"connectionRef": one("con_a")["key"]}})})
    assert [use.name for use in found.uses] == [name]


def test_what_several_files_say_of_one_app_is_one_use() -> None:
    def of(meta: dict[str, Any], unpacked: dict[str, Any]) -> list[tuple[str, str, bool]]:
        found = users(
            {
                "Other/Solution.xml": "",
                "CanvasApps/con_x.meta.xml": canvas(meta, "ORDERS"),
                "CanvasApps/con_y.meta.xml": canvas(meta, "orders"),
                "con_x/Connections/Connections.json": json.dumps({"a": {"connectionRef": unpacked["key"]}}),
            }
        )
        return [(use.reference, use.connector, use.shared) for use in found.uses]

    assert of(one("con_a"), one("CON_A")) == [("con_a", "shared_sql", False)]
    assert of(one("con_a"), one("con_b")) == [("con_a", "shared_sql", False), ("con_b", "shared_sql", False)]
    assert of(one("con_a"), one("con_a", "shared_x")) == [
        ("con_a", "shared_sql", False),
        ("con_a", "shared_x", False),
    ]
    assert of(one("con_a"), one("con_a", sharedConnectionId="1")) == [
        ("con_a", "shared_sql", False),
        ("con_a", "shared_sql", True),
    ]


def test_what_cannot_be_read_is_said_and_the_rest_is_read() -> None:
    found = users(
        {
            "Other/Solution.xml": "",
            "CanvasApps/a.meta.xml": "<CanvasApp>",
            "CanvasApps/b.meta.xml": canvas(one("con_b"), "B"),
            "c/Connections/Connections.json": "{",
            f"Assets/{SET}": "",
            "d/connectionreferences.mcs.yml": b"a: \xff",
            "CanvasApps/e.meta.xml": "<CanvasApp><CdsDependencies>{</CdsDependencies></CanvasApp>",
            "Other/Customizations.xml": "<a/>",
            "power.config.json": '{"connectionReferences": []}',
            "f/Power.config.json": "[1]",
        }
    )
    assert [use.reference for use in found.uses] == ["con_b"]
    assert found.unreadable == (
        Unreadable(Place("CanvasApps/a.meta.xml", 11), "not XML: no element found"),
        Unreadable(
            Place("CanvasApps/e.meta.xml", 11), "CdsDependencies of a canvas app: not JSON: it breaks off"
        ),
        Unreadable(Place("c/Connections/Connections.json", 1), "not JSON: it breaks off"),
        Unreadable(Place("f/Power.config.json", ()), "'the document' is not an object"),
        Unreadable(Place(f"Assets/{SET}"), "the file is empty"),
        Unreadable(Place("d/connectionreferences.mcs.yml", 3), "not UTF-8 text: invalid start byte"),
    )


CANVAS_APIS = "/providers/microsoft.powerapps/apis/"
POINTER = "a Git LFS pointer stands here instead of the file; fetch it with 'git lfs pull'"
KEY = "43d6fb97-0000-4000-8000-000000000001"
OTHER = "43d6fb97-0000-4000-8000-000000000002"

# As the exporter writes it, shortened: most entries say nothing but the connector.
OWN = {
    "id": CANVAS_APIS + "shared_office365users",
    "displayName": "Office 365 Users",
    "dataSources": ["Office365Users"],
    "dependencies": [],
    "parameterHints": {},
    "isOnPremiseConnection": False,
    "apiTier": "Standard",
}
REFERENCED = {
    "id": CANVAS_APIS + "shared_sql",
    "xrmConnectionReferenceLogicalName": "con_sharedsql_12345",
    "displayName": "SQL Server",
    "sharedConnectionId": "d4ee4155-0000-4000-8000-000000000003",
    "authenticationType": "basic",
}
RAW_SHARED = {
    "id": CANVAS_APIS + "shared_sql",
    "displayName": "SQL Server",
    "sharedConnectionId": CANVAS_APIS + "shared_sql/connections/0c8b824c00000000b0e9a7e500000000",
}
CUSTOM = {
    "id": CANVAS_APIS + "shared_con-5fx-5f21dec655d73f3a8c",
    "displayName": "Contoso X",
    "customApiLogicalName": "con_5Fx",
    "isCustomApiSolutionAware": True,
}


def app(references: str | None, name: str = "con_orders_12345", shown: str = "Orders") -> str:
    element = "" if references is None else f"<ConnectionReferences>{references}</ConnectionReferences>"
    return (
        f"<CanvasApp xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\r\n  <Name>{name}</Name>\r\n"
        f"  <Publisher xsi:nil='true'></Publisher>\r\n  <DisplayName>{shown}</DisplayName>\r\n"
        f"  {element}\r\n  <DatabaseReferences>{{}}</DatabaseReferences>\r\n"
        '  <AppComponents>[{"connectionReferences":{"x":{"id":"/apis/shared_x"}}}]</AppComponents>\r\n'
        "</CanvasApp>"
    )


def meta(*entries: dict[str, object]) -> bytes:
    references = json.dumps({f"key-{index}": entry for index, entry in enumerate(entries)})
    return ('﻿<?xml version="1.0" encoding="utf-8"?>\r\n' + app(references)).encode()


def unpacked(**entries: object) -> bytes:
    return json.dumps({KEY: {"id": KEY, "datasets": {}, "dataSources": ["X"], **entries}}, indent=2).encode()


def said(use: Use) -> tuple[str, str, bool, bool]:
    return use.reference, use.connector, use.shared, use.custom


def only(data: bytes) -> Use:
    (connection,) = read_meta(data).connections
    return connection


@pytest.mark.parametrize(
    ("entry", "reference", "connector", "shared", "custom"),
    [
        (OWN, "", "shared_office365users", False, False),
        (REFERENCED, "con_sharedsql_12345", "shared_sql", True, False),
        (RAW_SHARED, "", "shared_sql", True, False),
        (CUSTOM, "", "shared_con-5fx", False, True),
    ],
    ids=["own", "referenced", "raw shared", "custom"],
)
def test_what_an_entry_says(
    entry: dict[str, object], reference: str, connector: str, shared: bool, custom: bool
) -> None:
    assert said(only(meta(entry))) == (reference, connector, shared, custom)
    (connection,) = read_connections(unpacked(connectionRef=entry))
    assert said(connection) == (reference, connector, shared, custom)


@pytest.mark.parametrize(
    "entry",
    [
        {"id": CANVAS_APIS + "shared_con-5fx-5F21DEC655D73F3A8C"},
        {"id": CANVAS_APIS + "shared_con", "customApiLogicalName": "con_x"},
        {"id": CANVAS_APIS + "shared_con", "isCustomApiConnection": True},
    ],
)
def test_a_custom_connector_shows_in_any_of_three_ways(entry: dict[str, object]) -> None:
    assert only(meta(entry)).custom


@pytest.mark.parametrize(
    "entry",
    [
        {"id": CANVAS_APIS + "shared_contosoip", "isCustomApiConnection": False, "customApiLogicalName": ""},
        {"id": CANVAS_APIS + "shared_con-5fx-5f21dec655", "isCustomApiSolutionAware": False},
        {"id": CANVAS_APIS + "shared_sql/"},
        {"id": CANVAS_APIS + "shared_X"},
        {"id": CANVAS_APIS + "Shared_SQL"},
        {"id": "shared_sql"},
    ],
)
def test_other_connectors_are_not_custom(entry: dict[str, object]) -> None:
    assert not only(meta(entry)).custom


@pytest.mark.parametrize("value", ["", "  ", None, 0, False])
def test_an_empty_shared_connection_is_none(value: object) -> None:
    connection = only(
        meta({**RAW_SHARED, "sharedConnectionId": value, "xrmConnectionReferenceLogicalName": value})
    )
    assert (connection.reference, connection.shared) == ("", False)


def test_the_connections_keep_their_order() -> None:
    assert [found.connector for found in read_meta(meta(REFERENCED, OWN, CUSTOM)).connections] == [
        "shared_sql",
        "shared_office365users",
        "shared_con-5fx",
    ]


@pytest.mark.parametrize("references", [None, "", "  \r\n ", "{}", "null", "[]"])
def test_an_app_without_connections(references: str | None) -> None:
    assert read_meta(app(references).encode()) == AppFacts("Orders", ())


def test_the_name_is_the_one_that_its_maker_gave() -> None:
    assert read_meta(app("{}", shown="Bestellungen &amp; Lager").encode()).name == "Bestellungen & Lager"
    assert read_meta(app("{}", shown="").encode()).name == "con_orders_12345"


def test_an_app_may_have_no_name() -> None:
    assert read_meta(b"<CanvasApp/>") == AppFacts()
    assert read_meta(b"<CanvasApp><Name> con_a </Name></CanvasApp>").name == "con_a"
    assert read_meta(b"<CanvasApp><x><Name>con_a</Name></x></CanvasApp>").name == ""


def test_blanks_around_a_value_are_none_of_it() -> None:
    entry = {"id": f" {CANVAS_APIS}shared_sql ", "xrmConnectionReferenceLogicalName": " con_a "}
    found = only(meta(entry))
    assert (found.reference, found.connector, found.custom) == ("con_a", "shared_sql", False)


def test_references_elsewhere_in_the_document_do_not_count() -> None:
    nested = app("{}").replace(
        "<DatabaseReferences>{}", "<Other><ConnectionReferences>broken</ConnectionReferences>"
    )
    nested = nested.replace("</DatabaseReferences>", "</Other>")
    assert read_meta(nested.encode()).connections == ()
    assert read_meta(b"<Entity><ConnectionReferences>{}</ConnectionReferences></Entity>") == AppFacts("", ())


def test_the_place_in_xml_is_the_tag() -> None:
    data = meta(REFERENCED)
    at = only(data).place.at
    assert isinstance(at, int)
    assert data[at:].startswith(b"<ConnectionReferences>")
    span = Locator("app.meta.xml", data).locate(at)
    assert (span.line, span.column, span.end_column) == (6, 3, 25)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_place_in_json_is_the_entry(encoding: str) -> None:
    data = unpacked(connectionRef=RAW_SHARED).decode().encode(encoding)
    (connection,) = read_connections(data)
    assert connection.place.at == (KEY, "connectionRef")
    assert (
        Locator("Connections.json", data).locate(connection.place.at).excerpt.strip() == '"connectionRef": {'
    )


@pytest.mark.parametrize("data", [b"{}", b"\xef\xbb\xbf{}", b"null", b"[]"])
def test_an_unpacked_app_without_connections(data: bytes) -> None:
    assert read_connections(data) == ()


def test_an_entry_without_a_connection_ref_is_an_entry_all_the_same() -> None:
    assert read_connections(unpacked()) == (Use("", "canvas app", "", "", Place("", (KEY,))),)


@pytest.mark.parametrize(
    ("data", "reason", "at"),
    [
        (b"", "the file is empty", None),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", POINTER, None),
        (b"{", "not JSON: it breaks off", 1),
        ('\ufeff{"é": x}'.encode(), "not JSON: expecting value", 10),
        (b'"x"', "'the document' is not an object", ()),
        (b"[1]", "'the document' is not an object", ()),
        (b'{"a": 1}', "'a' is not an object", ("a",)),
        (b'{"a": {"connectionRef": "x"}}', "'connectionRef' is not an object", ("a", "connectionRef")),
        (b'{"a": {}, "a": {}}', "the key 'a' stands twice", ("a",)),
        (
            b'{"a": {"connectionRef": {"id": "", "id": ""}}}',
            "the key 'id' stands twice",
            ("a", "connectionRef", "id"),
        ),
        (b"\xff\xfe{", "not UTF-16-LE text: truncated data", 2),
        (b"[" * 100_000, "nested too deep to be read: more than 500 levels", None),
    ],
)
def test_unpacked_apps_that_cannot_be_read(data: bytes, reason: str, at: object) -> None:
    with pytest.raises(SourceError) as caught:
        read_connections(data)
    assert (caught.value.reason, caught.value.at) == (reason, at)


@pytest.mark.parametrize(
    ("references", "reason"),
    [
        ("{", "not JSON: it breaks off"),
        ("[1]", "'the document' is not an object"),
        ('{"a": []}', None),
        ('{"a": "x"}', "'a' is not an object"),
        ('{"a": {}, "a": {}}', "the key 'a' stands twice"),
        ('{"a": {"id": "x", "id": "y"}}', "the key 'id' stands twice"),
    ],
)
def test_references_that_cannot_be_read(references: str, reason: str | None) -> None:
    data = app(references).encode()
    if reason is None:
        assert len(read_meta(data).connections) == 1
        return
    for broken in (data, b"<ImportExportXml><CanvasApps>" + data + b"</CanvasApps></ImportExportXml>"):
        with pytest.raises(SourceError) as caught:
            (read_meta if broken is data else read_canvas_apps)(broken)
        assert caught.value.reason == f"ConnectionReferences of a canvas app: {reason}"
        at = caught.value.at
        assert isinstance(at, int)
        assert broken[at:].startswith(b"<ConnectionReferences>")


@pytest.mark.parametrize("data", [b"", b"<CanvasApp>", b"<!DOCTYPE x><CanvasApp/>", b"{}"])
def test_xml_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(SourceError):
        read_meta(data)
    with pytest.raises(SourceError):
        read_canvas_apps(b"<CanvasApps>" + data)


def test_apps_of_a_flat_customizations_file() -> None:
    apps = app(json.dumps({KEY: OWN, OTHER: REFERENCED})) + app(None, "con_second_1", "Second")
    data = (
        "<ImportExportXml><Entities><Entity/></Entities><CanvasApps>\n" + apps + "\n</CanvasApps>"
        "<connectionreferences/></ImportExportXml>"
    ).encode()
    first, second = read_canvas_apps(data)
    assert (first.name, [found.reference for found in first.connections]) == (
        "Orders",
        ["", "con_sharedsql_12345"],
    )
    assert second == AppFacts("Second", ())
    at = first.connections[0].place.at
    assert isinstance(at, int)
    assert data[at:].startswith(b"<ConnectionReferences>")


def test_apps_are_found_behind_a_comment_that_names_them() -> None:
    """What is read then begins at the comment, and the document's root is seen."""
    data = b"<!-- <CanvasApps> --><ImportExportXml><CanvasApps>" + app(None).encode()
    data += b"</CanvasApps></ImportExportXml>"
    assert read_canvas_apps(data) == (AppFacts("Orders", ()),)


@pytest.mark.parametrize(
    "data",
    [
        b"<ImportExportXml><Entities/><connectionreferences/></ImportExportXml>",
        b"<ImportExportXml><CanvasApps /></ImportExportXml>",
        b"<ImportExportXml><!-- <CanvasApps><CanvasApp> --><Other><CanvasApp/></Other></ImportExportXml>",
    ],
)
def test_customizations_without_apps(data: bytes) -> None:
    assert read_canvas_apps(data) == ()


def test_the_corpus_is_read_whole(corpus: Path) -> None:
    apps = [read_meta(path.read_bytes()) for path in corpus.rglob("CanvasApps/*.meta.xml")]
    assert (len(apps), sum(bool(found.name) for found in apps)) == (150, 150)
    connections = [connection for found in apps for connection in found.connections]
    assert (len(connections), sum(found.shared for found in connections)) == (133, 1)
    assert [found.reference for found in connections if found.reference] == [
        "acs_sharedazurecommunicationservicessms_78007"
    ]
    assert sorted(found.connector for found in connections if found.custom) == [
        "shared_archer-5fpromptwagon",
        "shared_cat-5fcustomazuredevops",
    ]

    # 29 of these are UTF-16.
    files = [path.read_bytes() for path in corpus.rglob("Connections/Connections.json")]
    assert (len(files), sum(data.startswith(b"\xff\xfe") for data in files)) == (124, 29)
    found = [connection for data in files for connection in read_connections(data)]
    assert (len(found), sum(connection.shared for connection in found)) == (110, 1)
    # The same app as in its .meta.xml.
    assert [connection.reference for connection in found if connection.reference] == [
        "acs_sharedazurecommunicationservicessms_78007"
    ]

    flat = [
        read_canvas_apps(path.read_bytes())
        for path in corpus.rglob("*")
        if path.name.lower() == "customizations.xml"
    ]
    for path in sorted(corpus.glob("zips/*.zip")):
        with zipfile.ZipFile(path) as archive:
            flat.append(read_canvas_apps(archive.read("customizations.xml")))
    assert (len(flat), sum(map(len, flat))) == (103 + 5, 3 + 4)
    assert sum(len(found.connections) for each in flat for found in each) == 2 + 11


SET_AGENTS = b"""<botcomponent_connectionreferenceset>\r
  <botcomponent_connectionreference botcomponentid.schemaname="con_agent.action.SendMail" \
connectionreferenceid.connectionreferencelogicalname="con_agent.shared_office365.shared-office365-1">\r
    <iscustomizable>1</iscustomizable>\r
  </botcomponent_connectionreference>\r
  <botcomponent_connectionreference botcomponentid.schemaname="con_agent.topic.Tool" \
connectionreferenceid.connectionreferencelogicalname="con_shared" />\r
</botcomponent_connectionreferenceset>"""

MCS = """﻿connectionReferences:
  - connectionReferenceLogicalName: con_2357.shared_x.shared-x-ed27f9d6-1f5c-41db-be76-f514f5bbf484
    connectorId: /providers/Microsoft.PowerApps/apis/shared_x
  - connectionReferenceLogicalName: con_sharedteams_c93cd
    connectorId: /providers/Microsoft.PowerApps/apis/shared_teams
"""

# A tool's data as exported, with Power Fx, a tab and prose in block scalars.
TOOL = """kind: TaskDialog\r
modelDisplayName: Get team information\r
modelDescription: |\r
  Retrieve details of teams. The maker sets\r
  connectionReference: con_prose\r
\tconnectionReference: con_tabbed\r
\r
  by hand.\r
inputs:\r
  - kind: ManualTaskInput\r
    propertyName: body\r
    value: =Concat(Global.Rows,\tText(ThisRecord.a) & ": " & "{connectionReference: con_fx}")\r
\r
action:\r
  kind: InvokeConnectorTaskAction\r
  connectionReference: con_agent.shared_x-5fef65ead3619d20b2.shared-x-531c3508-438e-415e-90c3-d0b7267b6cf0\r
  connectionProperties:\r
    mode: Invoker\r
\r
  operationId: getTeams\r
\r
outputMode: All"""
TOOL_REFERENCE = "con_agent.shared_x-5fef65ead3619d20b2.shared-x-531c3508-438e-415e-90c3-d0b7267b6cf0"


def names(text: str) -> list[str]:
    return [use.reference for use in read_agent_uses(text.encode())]


def test_a_reference_set() -> None:
    first, second = read_reference_set(SET_AGENTS)
    assert (first.reference, first.name) == (
        "con_agent.shared_office365.shared-office365-1",
        "con_agent.action.SendMail",
    )
    assert (second.reference, second.name) == ("con_shared", "con_agent.topic.Tool")
    assert isinstance(second.place.at, int)
    assert SET_AGENTS[second.place.at :].startswith(b"<botcomponent_connectionreference ")
    assert Locator("set.xml", SET_AGENTS).locate(second.place.at).line == 5


@pytest.mark.parametrize(
    "data",
    [
        b"<botcomponent_connectionreferenceset/>",
        b'<x><botcomponent_connectionreference botcomponentid.schemaname="a"/></x>',
        b'<x><botcomponent_workflow botcomponentid.schemaname="a" workflowid.workflowid="b"/></x>',
    ],
)
def test_a_set_without_references(data: bytes) -> None:
    assert read_reference_set(data) == ()


def test_a_reference_may_stand_without_an_agent() -> None:
    name = "connectionreferenceid.connectionreferencelogicalname"
    data = f'<x><other {name}="a"/><botcomponent_connectionreference {name}="b"/></x>'.encode()
    assert read_reference_set(data) == (agent("b", "", data.index(b"<botcomponent")),)
    assert uses_from_path(f"botcomponent_connectionreferenceset/{name}=b") == agent("b", "", None)
    assert uses_from_path(f"botcomponent_connectionreferenceset/{name}=b=c") == agent("b=c", "", None)


@pytest.mark.parametrize("data", [b"", b"<a>", b"<!DOCTYPE a><a/>", b"connectionReferences: []"])
def test_a_set_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(SourceError):
        read_reference_set(data)


def test_places_are_those_of_the_keys() -> None:
    text = "é: 1\r\n- connectionReference: con_X\r\nx: {y: 1, 'connectionReference': con_b}"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        data = text.encode(encoding)
        mark = len(data) - len(text.encode("utf-16-le" if encoding == "utf-16" else "utf-8"))
        places = [text.index("connection"), text.index("'connection")]
        codec = "utf-16-le" if encoding == "utf-16" else "utf-8"
        assert read_agent_uses(data) == tuple(
            agent(name, "", mark + len(text[:at].encode(codec)))
            for name, at in zip(("con_X", "con_b"), places, strict=True)
        )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_references_of_a_cloned_agent(end: str, encoding: str) -> None:
    text = MCS.replace("\n", end) if encoding == "utf-8" else MCS.removeprefix("﻿").replace("\n", end)
    data = text.encode(encoding)
    uses = read_agent_uses(data)
    assert [use.reference for use in uses] == [
        "con_2357.shared_x.shared-x-ed27f9d6-1f5c-41db-be76-f514f5bbf484",
        "con_sharedteams_c93cd",
    ]
    assert {use.name for use in uses} == {""}
    span = Locator("connectionreferences.mcs.yml", data).locate(uses[1].place.at)
    assert (span.line, span.column) == (4, 5)
    assert span.excerpt == "  - connectionReferenceLogicalName: con_sharedteams_c93cd"


@pytest.mark.parametrize(
    ("data", "at"),
    [(b"kind: \xff\n", 6), (b"version https://git-lfs.github.com/spec/v1\noid", None)],
)
def test_agents_that_cannot_be_read(data: bytes, at: int | None) -> None:
    with pytest.raises(SourceError) as caught:
        read_agent_uses(data)
    assert caught.value.at == at


def test_a_tool_uses_one_reference() -> None:
    data = TOOL.encode()
    (use,) = read_agent_uses(data)
    assert use == agent(TOOL_REFERENCE, "", data.index(b"  connectionReference: con_agent") + 2)


@pytest.mark.parametrize(
    "text",
    [
        "- connectionReferenceLogicalName: con_a\n  connectorId: x\n",
        "connectionReferences:\n- connectorId: x\n  connectionReferenceLogicalName: 'con_a'\n",
        'connectionReferences: [{connectionReferenceLogicalName: "con_a", connectorId: x}]\n',
        '{"connectionReferences": [{"connectionReferenceLogicalName": "con_a"}]}',
        '{\n  "connectionReferences": [\n    {\n      "connectionReferenceLogicalName": "con_a",\n    }]}',
        "connectionReference: con_a",
        "  connectionReference:   con_a   ",
        "\tconnectionReference: con_a",
        "- connectionReference: con_a",
        "actions:\n  - - connectionReference: con_a",
        "connectionReference: 'con_a'",
        'connectionReference: "con_a" # the shared mailbox',
        "connectionReference: con_a\t# note",
        '"connectionReference": "con_a",',
        "action: {kind: X, connectionReference: con_a}",
        "kind: McpTool\nauthMode: Maker\nconnectionReference: con_a\n",
        "a: >-\n  text\nconnectionReference: con_a",
        "a: |2-  # note\n    text\nb:\n  connectionReference: con_a",
        "list:\n  - text: |\n      prose\n    connectionReference: con_a",
        "list:\n- |\n  prose\n- connectionReference: con_a",
        "a: |\n\n\n  text\n\nconnectionReference: con_a",
        "a: x || y\nb: =a|\nconnectionReference: con_a",
        "connectionReference: con_a # {note}, [note]",
        "a: |\n  text\nX: {connectionReference: con_a}",
        "# a: |\n  connectionReference: con_a",
        "a: |\n  text\n   \n connectionReference: con_b\nconnectionReference: con_a".replace(
            "con_b", "con b"
        ),
        "a: 1|\n  connectionReference: con_a",
    ],
)
def test_references_that_are_found(text: str) -> None:
    assert names(text) == ["con_a"]
    assert names(text.replace("\n", "\r\n")) == ["con_a"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "\ufeff", " \n", "connectionReferences: []\n", "connectionReferences:"),
        "connectionReference:",
        "connectionReference: # none yet",
        "connectionReference: =Env.con_reference",
        "connectionReference: {Global.Name}",
        "connectionReference: the one that is shared",
        "connectionReference: con_a, con_b",
        "connectionReference: con_a#b",
        "connectionReference: 'con_a",
        "connectionReferences: con_a",
        "connectionReferenceId: con_a",
        "myconnectionReference: con_a",
        "# connectionReference: con_a",
        "description: connectionReference: con_a",
        "a: |\n  connectionReference: con_a",
        "a: >\n    text\n  connectionReference: con_a",
        "- |\n  connectionReference: con_a",
        "list:\n  - text: |+\n      connectionReference: con_a\n\n      connectionReference: con_b",
        "list:\n  -   a: |\n        connectionReference: con_a\n",
        "a: !text |\n  connectionReference: con_a",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert names(text) == []
    assert names(text.replace("\n", "\r\n")) == []


@given(st.text(alphabet="abc: |>-#{}[],'\"\t\n=connectionReference", max_size=200))
def test_any_text_is_read_and_places_hold(text: str) -> None:
    data = text.encode()
    for use in read_agent_uses(data):
        assert isinstance(use.place.at, int)
        assert re.match(rb"""["']?connectionReference""", data[use.place.at :])


@pytest.mark.parametrize("piece", ["- ", "{", "a: ", "\t", "connectionReference: ", "a: |\n", ": |", '"'])
def test_a_long_line_is_gone_over_once(piece: str) -> None:
    # Were it gone over again from each of its letters, this would take hours.
    uses = read_agent_uses((piece * 1_000_000).encode())
    assert len(uses) <= 1


LINK_AGENTS = (
    "botcomponentid.schemaname=con_agent.topic.Tool,"
    "connectionreferenceid.connectionreferencelogicalname=con_a"
)


@pytest.mark.parametrize(
    "path",
    [
        f"botcomponent_connectionreferenceset/{LINK_AGENTS}/botcomponent_connectionreference.yml",
        f"src/Repo/botcomponent_connectionreferenceset/{LINK_AGENTS}/botcomponent_connectionreference.yml",
        f"/BotComponent_ConnectionReferenceSet/{LINK_AGENTS}",
        "botcomponent_connectionreferenceset/connectionreferenceid.connectionreferencelogicalname=con_a,"
        "botcomponentid.schemaname=con_agent.topic.Tool/botcomponent_connectionreference.yml",
        # Blanks mean nothing.
        f"botcomponent_connectionreferenceset/{LINK_AGENTS.replace('=', ' = ').replace(',', ' , ')}",
    ],
)
def test_a_link_in_the_yaml_layout(path: str) -> None:
    assert uses_from_path(path) == agent("con_a", "con_agent.topic.Tool", None)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "botcomponent_connectionreferenceset",
        f"{LINK_AGENTS}/botcomponent_connectionreference.yml",
        f"botcomponent_connectionreferenceset/{LINK_AGENTS}/readme.md",
        f"botcomponent_connectionreferenceset/{LINK_AGENTS}/deeper/botcomponent_connectionreference.yml",
        "botcomponent_connectionreferenceset/botcomponentid.schemaname=a/botcomponent_connectionreference.yml",
        f"xbotcomponent_connectionreferenceset/{LINK_AGENTS}/botcomponent_connectionreference.yml",
        "Assets/botcomponent_connectionreferenceset.xml",
    ],
)
def test_other_paths_are_no_links(path: str) -> None:
    assert uses_from_path(path) is None


def test_the_corpus_is_read_whole_agents(corpus: Path) -> None:
    sets = [
        read_reference_set(path.read_bytes())
        for path in corpus.rglob("botcomponent_connectionreferenceset.xml")
    ]
    assert sorted(map(len, sets)) == [2, 6]
    assert all(use.reference and use.name for each in sets for use in each)

    data = 0
    found: list[Use] = []
    for path in sorted(corpus.glob("zips/*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if re.fullmatch(r"botcomponents/[^/]+/data", name):
                    data += 1
                    found.extend(read_agent_uses(archive.read(name)))
    assert data == 19
    # The two tools that the archive's own reference set lists.
    (two,) = (each for each in sets if len(each) == 2)
    assert sorted(use.reference for use in found) == sorted(use.reference for use in two)
