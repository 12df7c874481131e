"""Facts of single files become parts of a solution."""

from __future__ import annotations

import pytest

from crstandards.errors import NotVerified
from crstandards.model import Deferred, Flow, Layout, Unreadable
from crstandards.places import Place
from crstandards.snapshot import File
from crstandards.source.facts import Facts, Reading
from crstandards.source.flow import read_flow
from crstandards.source.join import FLOW, Recorded, read_flows
from crstandards.source.layout import Candidate
from crstandards.source.names import flow_guid
from crstandards.source.text import SourceError
from tests.support.builders import (
    OUTLOOK,
    TEAMS,
    customizations,
    entry,
    flow,
    flow_file,
    flow_metadata,
    to_json,
)
from tests.support.memory import Memory

SENT, OTHER = (File(f"Workflows/{flow_file(name)}") for name in ("Send", "Other"))


PLAIN = to_json(flow({OUTLOOK: "con_outlook", "teams": entry("con_teams", TEAMS)})).encode()


def joined(contents: dict[str, bytes], facts: Facts | None = None) -> list[Flow]:
    reading = Reading(Memory(contents), facts or Facts())
    candidate = Candidate("", "flat", flows=tuple(map(File, contents)))
    return list(read_flows(reading, candidate, flow_guid))


@pytest.mark.parametrize("text", [b"[]", b"{"])
def test_a_flow_that_changes_while_it_is_checked_proves_nothing(text: bytes) -> None:
    contents = {"a.json": PLAIN}
    (found,) = joined(contents)
    contents["a.json"] = text
    with pytest.raises(NotVerified) as caught:
        len(found.operations)
    assert str(caught.value) == "a.json was changed while it was checked"


def test_where_flows_have_their_names_from() -> None:
    named = customizations(workflows=["Send"]).encode()
    snapshot = Memory({"c.xml": named, "s.xml": flow_metadata("Other").encode(), "x.xml": b"<Workflow"})
    metadata = (File("s.xml"), File("x.xml"))

    def names(layout: Layout, path: str = "c.xml") -> dict[str, str]:
        customized = File(path) if path else None
        candidate = Candidate("", layout, None, customized, flows=(SENT, OTHER), flow_metadata=metadata)
        found = Recorded(candidate, Reading(snapshot, Facts()))
        assert (len(found), set(found)) == (len(dict(found)), set(dict(found)))
        return dict(found)

    assert names("unpacked") == names("flat") == {OTHER.path: "Other", SENT.path: "Send"}
    assert names("flat", "") == {OTHER.path: "Other"}


def test_a_flow_without_a_guid_in_its_name_has_that_of_its_metadata() -> None:
    plain = File("a/Workflows/Send.json")
    stem, named = (f"a/Workflows/{name}.json.data.xml" for name in ("Send", "other"))
    metadata = flow_metadata("Send").replace(flow_file("Send"), "SEND.json")
    guid = flow_guid(flow_file("Send"))

    def recorded(layout: Layout, path: str, text: str) -> tuple[str, str | None]:
        snapshot = Memory({path: text.encode()})
        candidate = Candidate("a", layout, flows=(plain,), flow_metadata=(File(path),))
        found = Recorded(candidate, Reading(snapshot, Facts()))
        return found.guid(plain.path), found.get(plain.path)

    assert recorded("unpacked", stem, flow_metadata("Send")) == (guid, "Send")
    assert recorded("unpacked", named, metadata) == (guid, "Send")
    assert recorded("unpacked", named, flow_metadata("Send")) == ("", None)
    assert recorded("loose", stem, flow_metadata("Send")) == ("", "Send")


def test_which_flows_that_cannot_be_read_are_said() -> None:
    files = [SENT, File("Workflows/x.json"), File("Workflows", "closed"), File("Workflows", "link")]

    def said(layout: Layout, file: File) -> list[Unreadable]:
        reading = Reading(Memory({}), Facts(), {(FLOW.read, file.path): SourceError("broken", 3)})
        candidate = Candidate("", layout, flows=(file,))
        assert list(read_flows(reading, candidate, flow_guid)) == []
        return reading.unreadable

    for file in files:
        assert said("unpacked", file) == said("flat", file) == [Unreadable(Place(file.path, 3), "broken")]
    assert [len(said("loose", file)) for file in files] == [1, 0, 1, 0]


def test_keys_that_stand_twice_are_said_beside_the_flow() -> None:
    text = to_json(flow()).replace('"triggers"', '"triggers": {}, "triggers"')
    reading = Reading(Memory({SENT.path: text.encode(), OTHER.path: b"[]"}), Facts())
    (found,) = read_flows(reading, Candidate("", "flat", flows=(SENT, OTHER)), flow_guid)
    assert found.path == SENT.path
    reason = "the key 'triggers' stands twice in one object, and the first one is lost"
    assert [(item.place, item.reason) for item in reading.unreadable] == [
        (Place(SENT.path, ("properties", "definition", "triggers")), reason)
    ]


def test_what_is_read_later_is_what_would_have_been_read_at_once_and_is_read_once() -> None:
    exact, facts = read_flow(PLAIN), Facts()
    assert exact is not None
    (found,) = joined({"a.json": PLAIN}, facts)
    assert (found.is_plain, found.entries, facts.parsed) == (True, exact.entries, 1)
    later, operations = found.operations, exact.operations
    assert len(operations) == 2
    assert (later[0], later[-1], later[:1]) == (operations[0], operations[-1], operations[:1])
    assert (len(later), tuple(later), hash(later)) == (2, operations, hash(operations))
    assert later == operations
    assert later not in (operations[:1], 2)
    assert (set(found.named_elsewhere), tuple(found.calls)) == (exact.named_elsewhere, exact.calls)
    assert facts.parsed == 2
    assert later == Deferred(lambda: operations)
