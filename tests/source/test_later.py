"""What is read later is what would have been read at once, and is read once at most."""

from __future__ import annotations

from crstandards.snapshot import File
from crstandards.source.flow import FlowFacts, read_flow
from crstandards.source.later import Later, LaterNames, LaterOperations
from tests.builders import OUTLOOK, TEAMS, entry, flow, to_json

DOCUMENT = to_json(flow({OUTLOOK: "con_outlook", "teams": entry("con_teams", TEAMS)})).encode()


class Reader:
    """Reads the document, and counts."""

    def __init__(self) -> None:
        self.read: list[File] = []

    def __call__(self, file: File) -> FlowFacts:
        self.read.append(file)
        return read_flow(DOCUMENT)


def test_operations_are_those_of_the_flow() -> None:
    reader = Reader()
    later = LaterOperations(Later(reader, File("Workflows/Send.json")))
    assert not reader.read
    operations = read_flow(DOCUMENT).operations
    assert len(operations) == 2
    assert (later[0], later[-1], later[:1]) == (operations[0], operations[-1], operations[:1])
    assert (len(later), tuple(later), hash(later)) == (2, operations, hash(operations))
    assert later == operations
    assert later != operations[:1]
    assert later != 2
    assert reader.read == [File("Workflows/Send.json")]


def test_names_are_those_of_the_flow() -> None:
    reader = Reader()
    later = LaterNames(Later(reader, File("Workflows/Send.json")))
    assert not reader.read
    names = read_flow(DOCUMENT).named_elsewhere
    assert (set(later), len(later)) == (names, len(names))
    assert all(name in later for name in names)
    assert "other" not in later
    assert len(reader.read) == 1
