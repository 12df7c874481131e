"""Facts of single files become parts of a solution."""

from __future__ import annotations

import pytest

from crstandards.errors import NotVerified
from crstandards.model import Layout, Place, Unreadable
from crstandards.snapshot import File
from crstandards.source.facts import Facts
from crstandards.source.flow import read_flow
from crstandards.source.join import FlowNames, join_flows, whole_flows
from crstandards.source.layout import Candidate
from crstandards.source.text import SourceError
from tests.accuracy.trees import Memory
from tests.builders import customizations, flow, flow_file, flow_metadata, to_json

SENT, OTHER = (File(f"Workflows/{flow_file(name)}") for name in ("Send", "Other"))


@pytest.mark.parametrize("text", ["[]", "{"])
def test_a_flow_that_changes_while_it_is_checked_proves_nothing(text: str) -> None:
    data = to_json(flow()).encode()
    whole = whole_flows(Memory({"a.json": data, "b.json": text.encode()}), Facts())
    assert whole(File("a.json")) == read_flow(data)
    with pytest.raises(NotVerified) as caught:
        whole(File("b.json"))
    assert str(caught.value) == "b.json was changed while it was checked"


def test_where_flows_have_their_names_from() -> None:
    named = customizations(workflows=["Send"]).encode()
    snapshot = Memory({"c.xml": named, "s.xml": flow_metadata("Other").encode(), "x.xml": b"<Workflow"})
    metadata = (File("s.xml"), File("x.xml"))

    def names(layout: Layout, path: str = "c.xml") -> dict[str, str]:
        customized = File(path) if path else None
        candidate = Candidate("", layout, None, customized, flows=(SENT, OTHER), flow_metadata=metadata)
        found = FlowNames(snapshot, candidate, Facts())
        assert (len(found), set(found)) == (len(dict(found)), set(dict(found)))
        return dict(found)

    assert names("unpacked") == {OTHER.path: "Other"}
    assert names("flat") == {OTHER.path: "Other", SENT.path: "Send"}
    assert names("flat", "") == {OTHER.path: "Other"}


def test_which_flows_that_cannot_be_read_are_said() -> None:
    files = [SENT, File("Workflows/x.json"), File("Workflows", "closed"), File("Workflows", "link")]
    facts = {file.path: SourceError("broken", 3) for file in files}

    def said(layout: Layout, file: File) -> list[Unreadable]:
        unreadable: list[Unreadable] = []
        candidate = Candidate("", layout, flows=(file,))
        assert list(join_flows(candidate, facts, unreadable, lambda file: pytest.fail("not needed"))) == []
        return unreadable

    for file in files:
        assert said("unpacked", file) == said("flat", file) == [Unreadable(Place(file.path, 3), "broken")]
    assert [len(said("loose", file)) for file in files] == [1, 0, 1, 0]


def test_keys_that_stand_twice_are_said_beside_the_flow() -> None:
    text = to_json(flow()).replace('"triggers"', '"triggers": {}, "triggers"')
    facts = {SENT.path: read_flow(text.encode()), OTHER.path: None}
    unreadable: list[Unreadable] = []
    candidate = Candidate("", "flat", flows=(SENT, OTHER))
    (found,) = join_flows(candidate, facts, unreadable, lambda file: pytest.fail("not needed"))
    assert found.path == SENT.path
    reason = "the key 'triggers' stands twice in one object, and the first one is lost"
    assert unreadable == [Unreadable(Place(SENT.path, ("properties", "definition", "triggers")), reason)]
