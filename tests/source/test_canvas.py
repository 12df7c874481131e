from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from crstandards.source.canvas import (
    CanvasConnection,
    CanvasFacts,
    read_canvas_apps,
    read_connections,
    read_meta,
)
from crstandards.source.locator import Locator
from crstandards.source.text import SourceError

APIS = "/providers/microsoft.powerapps/apis/"
POINTER = "a Git LFS pointer stands here instead of the file; fetch it with 'git lfs pull'"
KEY = "43d6fb97-0000-4000-8000-000000000001"
OTHER = "43d6fb97-0000-4000-8000-000000000002"

# As the exporter writes it, shortened: most entries say nothing but the connector.
OWN = {
    "id": APIS + "shared_office365users",
    "displayName": "Office 365 Users",
    "dataSources": ["Office365Users"],
    "dependencies": [],
    "parameterHints": {},
    "isOnPremiseConnection": False,
    "apiTier": "Standard",
}
REFERENCED = {
    "id": APIS + "shared_sql",
    "xrmConnectionReferenceLogicalName": "con_sharedsql_12345",
    "displayName": "SQL Server",
    "sharedConnectionId": "d4ee4155-0000-4000-8000-000000000003",
    "authenticationType": "basic",
}
RAW_SHARED = {
    "id": APIS + "shared_sql",
    "displayName": "SQL Server",
    "sharedConnectionId": APIS + "shared_sql/connections/0c8b824c00000000b0e9a7e500000000",
}
CUSTOM = {
    "id": APIS + "shared_con-5fx-5f21dec655d73f3a8c",
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


def only(data: bytes) -> CanvasConnection:
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
    assert only(meta(entry))[:4] == (reference, connector, shared, custom)
    (connection,) = read_connections(unpacked(connectionRef=entry))
    assert connection[:4] == (reference, connector, shared, custom)


@pytest.mark.parametrize(
    "entry",
    [
        {"id": APIS + "shared_con-5fx-5F21DEC655D73F3A8C"},
        {"id": APIS + "shared_con", "customApiLogicalName": "con_x"},
        {"id": APIS + "shared_con", "isCustomApiConnection": True},
    ],
)
def test_a_custom_connector_shows_in_any_of_three_ways(entry: dict[str, object]) -> None:
    assert only(meta(entry)).custom


@pytest.mark.parametrize(
    "entry",
    [
        {"id": APIS + "shared_contosoip", "isCustomApiConnection": False, "customApiLogicalName": ""},
        {"id": APIS + "shared_con-5fx-5f21dec655", "isCustomApiSolutionAware": False},
        {"id": APIS + "shared_sql/"},
        {"id": APIS + "shared_X"},
        {"id": APIS + "Shared_SQL"},
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
    assert read_meta(app(references).encode()) == CanvasFacts("Orders", ())


def test_the_name_is_the_one_that_its_maker_gave() -> None:
    assert read_meta(app("{}", shown="Bestellungen &amp; Lager").encode()).name == "Bestellungen & Lager"
    assert read_meta(app("{}", shown="").encode()).name == "con_orders_12345"


def test_an_app_may_have_no_name() -> None:
    assert read_meta(b"<CanvasApp/>") == CanvasFacts("", ())
    assert read_meta(b"<CanvasApp><Name> con_a </Name></CanvasApp>").name == "con_a"
    assert read_meta(b"<CanvasApp><x><Name>con_a</Name></x></CanvasApp>").name == ""


def test_blanks_around_a_value_are_none_of_it() -> None:
    entry = {"id": f" {APIS}shared_sql ", "xrmConnectionReferenceLogicalName": " con_a "}
    found = only(meta(entry))
    assert (found.reference, found.connector, found.custom) == ("con_a", "shared_sql", False)


def test_references_elsewhere_in_the_document_do_not_count() -> None:
    nested = app("{}").replace(
        "<DatabaseReferences>{}", "<Other><ConnectionReferences>broken</ConnectionReferences>"
    )
    nested = nested.replace("</DatabaseReferences>", "</Other>")
    assert read_meta(nested.encode()).connections == ()
    assert read_meta(b"<Entity><ConnectionReferences>{}</ConnectionReferences></Entity>") == CanvasFacts(
        "", ()
    )


def test_the_place_in_xml_is_the_tag() -> None:
    data = meta(REFERENCED)
    at = only(data).at
    assert isinstance(at, int)
    assert data[at:].startswith(b"<ConnectionReferences>")
    span = Locator("app.meta.xml", data).locate(at)
    assert (span.line, span.column, span.end_column) == (6, 3, 25)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_place_in_json_is_the_entry(encoding: str) -> None:
    data = unpacked(connectionRef=RAW_SHARED).decode().encode(encoding)
    (connection,) = read_connections(data)
    assert connection.at == (KEY, "connectionRef")
    assert Locator("Connections.json", data).locate(connection.at).excerpt.strip() == '"connectionRef": {'


@pytest.mark.parametrize("data", [b"{}", b"\xef\xbb\xbf{}", b"null", b"[]"])
def test_an_unpacked_app_without_connections(data: bytes) -> None:
    assert read_connections(data) == ()


def test_an_entry_without_a_connection_ref_is_an_entry_all_the_same() -> None:
    assert read_connections(unpacked()) == (CanvasConnection("", "", False, False, (KEY,)),)


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


@pytest.mark.parametrize("read", [read_meta, read_canvas_apps])
@pytest.mark.parametrize("data", [b"", b"<CanvasApp>", b"<!DOCTYPE x><CanvasApp/>", b"{}"])
def test_xml_that_cannot_be_read(read: object, data: bytes) -> None:
    with pytest.raises(SourceError):
        read(data)  # type: ignore[operator]


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
    assert second == CanvasFacts("Second", ())
    at = first.connections[0].at
    assert isinstance(at, int)
    assert data[at:].startswith(b"<ConnectionReferences>")


def test_apps_are_found_behind_a_comment_that_names_them() -> None:
    """What is read then begins at the comment, and the document's root is seen."""
    data = b"<!-- <CanvasApps> --><ImportExportXml><CanvasApps>" + app(None).encode()
    data += b"</CanvasApps></ImportExportXml>"
    assert read_canvas_apps(data) == (CanvasFacts("Orders", ()),)


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
