"""Which apps and agents use a solution's references, from files in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crstandards.model import Place, Unreadable, Use
from crstandards.source.facts import Facts
from crstandards.source.layout import find_candidates
from crstandards.source.users import Users, read_users
from tests.accuracy.trees import Memory
from tests.builders import APIS

SET = "botcomponent_connectionreferenceset.xml"
LINK = (
    "botcomponent_connectionreferenceset/botcomponentid.schemaname=con_bot.topic.Say,"
    "connectionreferenceid.connectionreferencelogicalname=con_linked/botcomponent_connectionreference.yml"
)


def users(files: dict[str, str | bytes]) -> Users:
    tree = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    snapshot = Memory(tree)
    (candidate,) = find_candidates(snapshot.files())
    return read_users(snapshot, candidate, Facts())


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


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("CanvasApps/src/con_orders_1_DocumentUri_msapp_src", "Orders"),
        ("CanvasApps/src/CON_Orders_1", "Orders"),
        ("con_orders_1", "Orders"),
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
        }
    )
    assert [use.reference for use in found.uses] == ["con_b"]
    assert found.unreadable == (
        Unreadable(Place("CanvasApps/a.meta.xml", 11), "not XML: no element found"),
        Unreadable(Place("c/Connections/Connections.json", 1), "not JSON: it breaks off"),
        Unreadable(Place(f"Assets/{SET}"), "the file is empty"),
        Unreadable(Place("d/connectionreferences.mcs.yml", 3), "not UTF-8 text: invalid start byte"),
    )
