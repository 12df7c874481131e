"""The scanner on its own reads what `json` reads, with every Python."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crstandards.source.jsonscan import MAX_DEPTH, decoder, is_too_deep

ROOT = Path(__file__).resolve().parents[2]
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
TEXTS = st.one_of(
    st.text(alphabet='{}[]",:\\u01eE+-. \t\r\n\x0b\xa0NaInfty', max_size=20),
    st.tuples(VALUES.map(json.dumps), st.sampled_from(["", " ", "\n\t", "\x0c", ",", "]", "1"])).map("".join),
)


def outcome(read: Callable[[str], Any], text: str) -> object:
    try:
        return repr(read(text))
    except ValueError:
        return ValueError


def plain(text: str) -> Any:
    return json.loads(text, object_pairs_hook=list, parse_constant=str)


@given(TEXTS)
@example("")
@example(" [1] ")
@example("[1]\x0c")
@example('{"a": 1, "a": NaN}')
@example("-")
@example("X[1]X")
@example("\t\r\n [1]\t\r\n ")
@example("[" + "9" * 5000 + "]")
def test_it_reads_what_json_reads(text: str) -> None:
    assert outcome(decoder(list, str), text) == outcome(plain, text)


@pytest.mark.parametrize("text", ["{", '{"a" 1}', '"\\x"', "[1,", "", "[1] 2"])
def test_what_is_no_json_is_told_before_json_is_loaded(text: str) -> None:
    program = (
        "import sys\nfrom crstandards.source.jsonscan import decoder\nassert 'json' not in sys.modules\n"
        f"try:\n    decoder(list, str)({text!r})\nexcept ValueError:\n    print('told')\n"
    )
    # Without `site`, as what that starts may have loaded json.
    command = [sys.executable, "-S", "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == "told\n"


@pytest.mark.parametrize("text", ["{", '{"a" 1}', "[1,", ""])
def test_what_is_no_json_is_told_where_json_is_gone(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.delitem(sys.modules, "json.decoder")
    assert outcome(decoder(list, str), text) is ValueError


@pytest.mark.parametrize("text", ['{"a": [1, NaN]}', "", "[1] 2"])
def test_without_the_scanner_of_cpython(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setitem(sys.modules, "_json", None)
    assert outcome(decoder(list, str), text) == outcome(plain, text)


@pytest.mark.parametrize("depth", [2, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1])
def test_depth(depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        text = opening * (depth - 1) + opening[:1] + closing[-1] + closing * (depth - 1)
        assert is_too_deep(text, json.loads(text)) is (depth > MAX_DEPTH)
    mixed = '{"a":[' * (depth // 2) + "[]" + "]}" * (depth // 2)
    assert is_too_deep(mixed, json.loads(mixed)) is (depth // 2 * 2 + 1 > MAX_DEPTH)
    beside = "[[]," + "[" * (depth - 1) + "]" * (depth - 1) + "]"
    assert is_too_deep(beside, json.loads(beside)) is (depth > MAX_DEPTH)
    # Many beside one another are not deep.
    flat = json.dumps([[]] * depth)
    assert not is_too_deep(flat, json.loads(flat))
