"""Which files are deployment settings, what they bind, and how an entry goes."""

from __future__ import annotations

from typing import Any

from crstandards.fixes.changes import file_changes
from crstandards.fixes.overlay import Overlay, Versions
from crstandards.fixes.references import Settings, settings_files, without
from crstandards.fixes.verify import REMOVED, JsonChange
from crstandards.snapshot import File
from tests.accuracy.trees import Memory
from tests.builders import to_json

MOST = 4 * 1024 * 1024
ALL = frozenset({"", "a", *(f"con_{letter}" for letter in "abcdefg")})


def settings(*entries: Any) -> bytes:
    return to_json({"ConnectionReferences": list(entries)}).encode()


def bound(name: str, connection: Any = "") -> Any:
    return {"LogicalName": name, "ConnectionId": connection}


def found(**files: bytes) -> list[Settings]:
    tree = {name.replace("_", "."): data for name, data in files.items()}
    return list(settings_files(Overlay(Memory(tree)), ALL))


def test_what_settings_bind() -> None:
    entries = (bound("con_A", "ABC"), 3, {"LogicalName": 1, "ConnectionId": None}, {}, bound("con_b"))
    (read,) = found(a_json=settings(*entries))
    nameless = [("1", ""), ("2", ""), ("3", "")]
    assert read == Settings("a.json", {"con_a": [("0", "abc")], "": nameless, "con_b": [("4", "")]})


def test_connections_are_literal() -> None:
    literal = "0123456789abcdef-ghijklmnopqrstuvwxyz"
    given = {
        "con_a": literal.upper(),
        "con_b": "f" * 32,
        "con_c": "f" * 31,
        "con_d": f"#{{{literal}}}",
        "con_e": f"{literal}#",
        "con_f": f"#{literal}",
        "con_g": "",
        "con_h": "e" * 32,
    }
    (read,) = found(a_json=settings(*(bound(*item) for item in given.items())))
    assert read.connections(frozenset(given) - {"con_h"}) == {literal, "f" * 32}
    assert read.connections(frozenset({"con_b", "con_h"})) == {"f" * 32, "e" * 32}
    assert read.connections(frozenset({"con_c", "con_x"})) == frozenset()


def test_only_what_has_their_shape_are_settings() -> None:
    data = settings(bound("con_a"))
    files = {
        "a_json": data,
        "b_JSON": data.decode().encode("utf-16"),
        "c_txt": data,
        "d_json": b'{"LogicalName": 1}',
        "e_json": b'["LogicalName"]',
        "f_json": b'{"ConnectionReferences": {"LogicalName": 1}}',
        "g_json": data[:-1],
        "h_json": b"\xff" + data,
        "i_json": b'{"ConnectionReferences": []}',
        "json_": data,
        "k_json": settings({"LogicalName": 1}),
        "l_json": data.decode().encode("utf-16-be"),
    }
    assert [item.path for item in found(**files)] == ["a.json", "b.JSON", "k.json", "l.json"]


def test_settings_have_a_size() -> None:
    data = settings(bound("con_a"))
    files = {"a_json": data.ljust(MOST), "b_json": data.ljust(MOST + 1)}
    assert [item.path for item in found(**files)] == ["a.json"]


def test_links_are_no_settings() -> None:
    class Linked(Memory):
        def files(self) -> list[File]:
            return [File("a.json"), File("b.json", "link")]

    data = settings(bound("con_a"))
    tree = Overlay(Linked({"a.json": data, "b.json": data}))
    assert [item.path for item in settings_files(tree, ALL)] == ["a.json"]


def test_only_settings_that_speak_of_a_reference_are_read() -> None:
    tree = Overlay(Memory({f"{name}.json": settings(bound(f"con_{name}"), bound("con_x")) for name in "abc"}))
    for keys, paths in (({"con_b"}, ["b.json"]), ({"con_x", "con_a"}, ["a.json", "b.json", "c.json"])):
        assert [item.path for item in settings_files(tree, frozenset(keys))] == paths
    assert list(settings_files(tree, frozenset({"con_z"}))) == []


def test_what_was_edited_is_read_anew() -> None:
    data, edited = settings(bound("con_a"), bound("con_b")), settings(bound("con_b"))
    tree = Overlay(Memory({"a.json": data}))
    assert [set(item.entries) for item in settings_files(tree, ALL)] == [{"con_a", "con_b"}]
    after = tree.with_edits({"a.json": Versions(data, edited)})
    assert [set(item.entries) for item in settings_files(after, ALL)] == [{"con_b"}]


def test_entries_go() -> None:
    data = b'{"ConnectionReferences": [{"LogicalName": "A"}, {"LogicalName": "b"}, {"LogicalName": "c"}, 1]}'
    tree = Overlay(Memory({"a.json": data}))
    (read,) = settings_files(tree, ALL)
    [change] = file_changes(without(read, ["A", "c"]), tree)
    route = ("ConnectionReferences",)
    assert change.meaning == (JsonChange((*route, "0"), REMOVED), JsonChange((*route, "2"), REMOVED))
    assert change.after() == b'{"ConnectionReferences": [{"LogicalName": "b"}, 1]}'
