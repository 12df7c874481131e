"""What holds always, whatever a file is spelled like and whatever stands around an edit."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.fixes.edits import TextEdit, editable_text, remove_elements, spliced
from crstandards.fixes.jsonedit import Document
from crstandards.fixes.verify import REMOVED, JsonChange, XmlRemoval, json_as_announced, xml_as_announced
from tests.fix.spelling import INDENTS, LINE_ENDS, MARKS, Spelling
from tests.fix.trees import fixed
from tests.support.builders import (
    OUTLOOK,
    action,
    customizations,
    entry,
    flow,
    flow_file,
    manifest,
    raw_entry,
    to_json,
)

SPELLINGS = st.builds(
    Spelling,
    encoding=st.sampled_from(sorted(MARKS)),
    line_end=st.sampled_from(LINE_ENDS),
    indent=st.sampled_from(INDENTS),
    ends=st.booleans(),
    escapes=st.booleans(),
)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
KEYS = TEXTS
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)


def edited(data: bytes, edits: Iterable[TextEdit]) -> bytes:
    return spliced(data, editable_text(data), edits)


def made(data: bytes, *changes: JsonChange) -> bytes:
    """The bytes with changes made, which are what was announced."""
    text = editable_text(data)
    after = edited(data, Document(text).edits(changes))
    assert json_as_announced(text, editable_text(after), changes)
    return after


@given(OBJECTS, SPELLINGS, st.data())
def test_removing_members(document: dict[str, Any], spelling: Spelling, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(sorted(document)))) if document else set()
    before = spelling.json({"around": [document, 1]})
    after = made(before, *(JsonChange(("around", "0", key), REMOVED) for key in gone))
    left = {key: value for key, value in document.items() if key not in gone}
    if left or not gone:
        assert after == spelling.json({"around": [left, 1]})


@given(st.lists(VALUES, min_size=1, max_size=6), SPELLINGS, st.data())
def test_removing_elements(items: list[Any], spelling: Spelling, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(range(len(items)))))
    before = spelling.json({"list": items})
    after = made(before, *(JsonChange(("list", str(index)), REMOVED) for index in gone))
    left = [item for index, item in enumerate(items) if index not in gone]
    assert json.loads(editable_text(after)) == {"list": left}
    if left:
        assert after == spelling.json({"list": left})


@given(OBJECTS, SPELLINGS, TEXTS)
def test_replacing_a_value(document: dict[str, Any], spelling: Spelling, new: str) -> None:
    before = spelling.json({**document, "key": {"inner": "old"}})
    after = made(before, JsonChange(("key", "inner"), new))
    assert json.loads(editable_text(after)) == {**document, "key": {"inner": new}}
    if not spelling.escapes:
        assert after == spelling.json({**document, "key": {"inner": new}})


@given(TEXTS, TEXTS, TEXTS, TEXTS, SPELLINGS)
def test_replacing_inside_a_string(start: str, old: str, end: str, new: str, spelling: Spelling) -> None:
    before = spelling.json([start + old + end])
    after = made(before, JsonChange(("0",), start + new + end))
    assert json.loads(editable_text(after)) == [start + new + end]
    if not spelling.escapes:
        assert after == spelling.json([start + new + end])


@given(OBJECTS, SPELLINGS, st.sampled_from([{}, None, {"name": "x"}, "absent"]), TEXTS)
def test_filling_a_member(document: dict[str, Any], spelling: Spelling, old: Any, name: str) -> None:
    document.pop("member", None)
    document.pop("api", None)
    holder = {**document, "member": old, "api": 1} if old != "absent" else {**document, "api": 1}
    before = spelling.json({"holder": holder})
    text = editable_text(before)
    new = {"inner": name}
    present = Document(text).container(("holder",)).member("member")
    after = made(before, JsonChange(("holder", "member"), new, "" if present else "api"))
    assert json.loads(editable_text(after)) == {"holder": {**document, "member": new, "api": 1}}
    if not spelling.escapes:
        assert after == spelling.json({"holder": {**document, "member": new, "api": 1}})


@given(OBJECTS, OBJECTS)
def test_any_other_difference_is_noticed(one: dict[str, Any], other: dict[str, Any]) -> None:
    texts = to_json(one), to_json(other)
    # Equal to Python are 1, 1.0 and True, too.
    assert json_as_announced(*texts, []) == (json.dumps(one) == json.dumps(other))


NAMES = st.lists(
    st.text(string.ascii_letters + string.digits + "_.-", min_size=1, max_size=8).map("con_{}".format),
    min_size=1,
    max_size=6,
    unique_by=str.lower,
)


@given(NAMES, SPELLINGS, st.data())
def test_removing_declarations(names: list[str], spelling: Spelling, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(names)))
    left = [name for name in names if name not in gone]
    declared = customizations(names).replace(
        'encoding="utf-8"', f'encoding="{spelling.encoding.split(" ")[0][:6]}"'
    )
    text = declared.replace("  ", spelling.indent or "")
    before = spelling.text(text)
    starts = [
        editable_text(before).index(f'<connectionreference connectionreferencelogicalname="{name}"')
        for name in gone
    ]
    after = edited(before, remove_elements(editable_text(before), starts))
    if left:
        expected = customizations(left).replace("  ", spelling.indent or "")
        assert spelling.read(after).partition("?>")[2] == expected.partition("?>")[2]
    if spelling.encoding != "utf-16-le without mark":
        removals = [XmlRemoval("declarations", name.lower()) for name in gone]
        assert xml_as_announced(before, after, removals)
        if gone:
            assert not xml_as_announced(before, before, removals)
            assert not xml_as_announced(before, after, [])


def fixed_flow(data: bytes) -> bytes:
    """One flow, fixed in a solution with one reference."""
    path = f"Workflows/{flow_file('Send')}"
    files = {
        "Other/Solution.xml": manifest("ContosoHR").encode(),
        "Other/Customizations.xml": customizations(["con_outlook"]).encode(),
        path: data,
    }
    result = fixed(files)
    assert result.checked.report.findings == ()
    assert set(result.tree.edited) <= {path}
    return result.tree.data(path)


RAW = flow({OUTLOOK: None, f"{OUTLOOK}_1": None, f"{OUTLOOK}_2": "con_outlook"})
EXPECTED = flow(
    {OUTLOOK: entry("con_outlook")},
    {f"Use_{alias}": action(OUTLOOK) for alias in (OUTLOOK, f"{OUTLOOK}_1", f"{OUTLOOK}_2")},
)


@settings(max_examples=40)
@given(SPELLINGS)
def test_a_flow_of_any_spelling_is_fixed_in_its_own(spelling: Spelling) -> None:
    """Two raw entries and a good one become one alias; all else is as if it had been written so."""
    after = fixed_flow(spelling.json(RAW))
    assert after == spelling.json(EXPECTED)


@settings(max_examples=40)
@given(SPELLINGS, OBJECTS, OBJECTS)
def test_what_stands_around_stays(spelling: Spelling, inputs: dict[str, Any], more: dict[str, Any]) -> None:
    """Random content of an action and of the document, escapes and odd numbers included."""
    inputs.pop("host", None)
    more = {key: value for key, value in more.items() if key not in ("properties", "schemaVersion")}

    def document(raw: bool) -> Any:
        actions = {"Use": action(OUTLOOK), "Say": {"type": "Compose", "inputs": inputs}}
        made = flow({OUTLOOK: raw_entry() if raw else entry("con_outlook")}, actions)
        return {**more, **made}

    after = fixed_flow(spelling.json(document(True)))
    assert after == spelling.json(document(False))
