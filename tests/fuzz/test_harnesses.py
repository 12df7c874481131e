from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest

from crstandards.source.flow import read_flow
from tests.docs.test_configuration import schema_of, tables
from tests.fuzz import harnesses
from tests.fuzz.__main__ import NAMES
from tests.fuzz.harnesses import HARNESSES, ROOM, seeds, words

EDITS = 150


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harnesses, "FOLDER", tmp_path)


def edited(data: bytes, worth: list[bytes], chance: random.Random) -> bytes:
    """Bytes after a few of the edits that a fuzzer makes."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 1, 1, 2, 40]))
        new = chance.choice([b"", bytes([chance.randrange(256)]), data[start:end] * 2])
        data = data[:start] + (chance.choice(worth) if chance.random() < 0.2 else new) + data[end:]
    return data


def test_every_harness_can_be_asked_for() -> None:
    assert tuple(HARNESSES) == NAMES
    assert {path.name for path in (ROOM / "corpora").iterdir()} == {*NAMES}
    assert {path.stem for path in (ROOM / "dictionaries").iterdir()} == {*NAMES}


READERS = {
    "flow": {"flow"},
    "customizations": {"customizations", "manifest", "workflows"},
    "canvas": {"app", "apps", "connections"},
    "settings": {"settings"},
    "settings-edit": {"edited"},
    "yaml": {"solution", "components", "reference", "publisher", "missing", "roots", "workflow"},
    "agents": {"mcs", "set", "search", "code app"},
    "inventory": {"connections", "bindings", "roles"},
    "zip": {"zip"},
    "configuration": {"configuration"},
    "protocol": {"pre-receive", "pre-push"},
    "comment": {"comment"},
}


@pytest.mark.parametrize("name", NAMES)
def test_each_seed_is_read_and_each_reader_has_one(name: str) -> None:
    """Bytes that are refused at their beginning never lead to what lies behind it."""
    taken = [HARNESSES[name](seed) for seed in seeds(name)]
    assert all(taken)
    assert set().union(*taken) == READERS[name]


@pytest.mark.parametrize("table", tables())
def test_the_configurations_hold_every_option(table: str) -> None:
    document = tomllib.loads((ROOM / "corpora/configuration/every-option.toml").read_text("utf-8"))
    place = document[table] if table else document
    held = set().union(*place) if isinstance(place, list) else set(place)
    assert set(schema_of(table)["properties"]) == held


@pytest.mark.parametrize("name", NAMES)
def test_what_a_harness_begins_with_and_edits_of_it_hold(name: str) -> None:
    harness, worth, chance = HARNESSES[name], words(name), random.Random(name)
    for seed in seeds(name):
        for _ in range(EDITS):
            harness(edited(seed, worth, chance))


def test_an_error_that_no_reader_documents_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        raise IndexError

    monkeypatch.setattr(harnesses, "read_flow", broken)
    with pytest.raises(IndexError):
        HARNESSES["flow"](b"{}")


def test_an_entry_that_is_not_where_json_has_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def misplaced(data: bytes) -> object:
        found = read_flow(data)
        assert found is not None
        return found._replace(entries=[entry._replace(route=("properties", "x")) for entry in found.entries])

    seed = next(iter(seeds("flow")))
    HARNESSES["flow"](seed)
    monkeypatch.setattr(harnesses, "read_flow", misplaced)
    with pytest.raises((AssertionError, ValueError)):
        HARNESSES["flow"](seed)
