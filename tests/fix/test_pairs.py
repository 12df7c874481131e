"""Flows as they were with raw connections, mended, against what their makers made of them later."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from crstandards.source.flow import FlowFacts, read_flow
from tests.fix.conftest import Bench
from tests.support.builders import flow_file, write_solution

PAIRS = 15
OPERATIONS = 211
STILL_THERE = 194
"""Operations of the raw flows, and those of them that the later versions still have."""


def facts(path: Path) -> FlowFacts:
    found = read_flow(path.read_bytes())
    assert found is not None
    return found


def spoken_of(flow: FlowFacts) -> dict[str, str | None]:
    """What a flow says of connections: the reference behind each operation, by the operation's name."""
    references = {entry.alias.lower(): entry.reference for entry in flow.entries}
    return {operation.name: references[operation.alias.lower()] for operation in flow.operations}


@pytest.mark.parametrize(
    ("words", "same", "left_raw", "different"),
    [((), 189, 5, 0), (("--unsafe",), 190, 0, 4)],
    ids=["safe", "unsafe"],
)
def test_the_same_references_for_the_same_operations(
    bench: Bench, corpus: Path, words: tuple[str, ...], same: int, left_raw: int, different: int
) -> None:
    """In each pair the solution gets the declarations that the later version needs.

    In one of them the later version uses two references for one connector. There the fix leaves the
    choice to a person, and taken at a word, chooses one for all; everywhere else it makes what the
    makers made.
    """
    pairs = sorted(path for path in (corpus / "raw-then-referenced").iterdir() if path.is_dir())
    assert len(pairs) == PAIRS
    counted: Counter[str] = Counter()
    ambiguous = set()
    for pair in pairs:
        later = facts(pair / "referenced.json")
        needed = sorted({(entry.reference or "", entry.connector) for entry in later.entries})
        write_solution(
            bench.root / pair.name, f"CoE{pair.name}", needed, {"Flow": (pair / "raw.json").read_bytes()}
        )
        bench.fix(pair.name, "--select", "CR101,CR203", *words)
        path = bench.root / pair.name / "Workflows" / flow_file("Flow")
        before, after, expected = (spoken_of(flow) for flow in (facts(pair / "raw.json"), facts(path), later))
        assert before.keys() == after.keys()
        assert not any(before.values())
        counted["operations"] += len(after)
        for name in after.keys() & expected.keys():
            counted["still there"] += 1
            outcome = "same" if after[name] == expected[name] else "different" if after[name] else "left raw"
            counted[outcome] += 1
            if outcome != "same":
                ambiguous.add(pair.name)
        references = [entry.reference for entry in facts(path).entries if entry.reference]
        assert len(references) == len(set(references)), "one alias for each reference"
    assert counted == Counter(
        {
            "operations": OPERATIONS,
            "still there": STILL_THERE,
            "same": same,
            "left raw": left_raw,
            "different": different,
        }
    )
    assert ambiguous == {"11F2FF3D-0987-E911-A856-000D3A372932"}
