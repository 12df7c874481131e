"""A fix that is wrong is not made: planners that err on purpose, among others that don't."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from crstandards.findings import Finding
from crstandards.fixes import mend, raw_connection, xmlverify
from crstandards.fixes.diff import excerpt, unified
from crstandards.fixes.edits import CannotEdit, Edit, TextEdit, editable_text, splice, to_bytes
from crstandards.fixes.jsonedit import Document
from crstandards.fixes.jsonverify import JsonChange, as_announced
from crstandards.fixes.mend import PLANNERS
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import FileChange, Plan, Scene, verify
from crstandards.fixes.xmledit import element_end
from tests.accuracy.trees import Memory
from tests.builders import OUTLOOK, Reference, flow, flow_file, to_json, write_solution
from tests.fix.conftest import Bench

RAW = flow({OUTLOOK: None})
MENDED = flow({OUTLOOK: "con_outlook"})
NAMES = ("One", "Two", "Three", "Four", "Five")
BAD = flow_file("Three")


def changed(change: FileChange, old: str, new: str) -> FileChange:
    """A plan's change of a file, with other text in it."""
    edits = tuple(edit._replace(new=edit.new.replace(old.encode(), new.encode())) for edit in change.edits)
    return change._replace(edits=edits)


def unannounced(plan: Plan) -> Plan:
    """Also changes something that it does not announce."""
    (change,) = plan.changes
    text = editable_text(change.before)
    at = text.index('"schemaVersion": "1.0.0.0"')
    more = to_bytes(change.before, text, [TextEdit(at, at, '"more": 1, ')])
    return plan._replace(changes=(change._replace(edits=(*change.edits, *more)),))


def otherwise(plan: Plan) -> Plan:
    """Writes another name than it announces."""
    return plan._replace(
        changes=tuple(changed(change, "con_outlook", "con_other") for change in plan.changes)
    )


def undeclared(plan: Plan) -> Plan:
    """Announces, and writes, a name that nobody declares."""
    (change,) = plan.changes
    (meaning,) = change.meaning
    told = meaning._replace(value={"connectionReferenceLogicalName": "con_nobody"})  # type: ignore[union-attr]
    return plan._replace(changes=(changed(change, "con_outlook", "con_nobody")._replace(meaning=(told,)),))


def useless(plan: Plan) -> Plan:
    """Announces, and writes, an empty name, so that the connection stays raw."""
    (change,) = plan.changes
    (meaning,) = change.meaning
    told = meaning._replace(value={"connectionReferenceLogicalName": ""})  # type: ignore[union-attr]
    return plan._replace(changes=(changed(change, "con_outlook", "")._replace(meaning=(told,)),))


def broken(plan: Plan) -> Plan:
    """Leaves a file that is no JSON."""
    return plan._replace(changes=tuple(changed(change, "{", "") for change in plan.changes))


def silent(plan: Plan) -> Plan:
    """Announces nothing."""
    return plan._replace(changes=tuple(change._replace(meaning=()) for change in plan.changes))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (unannounced, "would not say exactly what it should after the edit"),
        (otherwise, "would not say exactly what it should after the edit"),
        (broken, "would not say exactly what it should after the edit"),
        (silent, "would not say exactly what it should after the edit"),
        (undeclared, "the fix would bring CR501"),
        (useless, "the finding would still be there"),
    ],
)
@pytest.mark.parametrize("all_of_them", [False, True], ids=["one of five", "all"])
def test_a_wrong_fix_is_left_out_and_the_others_are_made(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    error: Callable[[Plan], Plan],
    reason: str,
    all_of_them: bool,
) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], dict.fromkeys(NAMES, RAW))

    def erring(finding: Finding, scene: Scene) -> Plan:
        plan = raw_connection.plan(finding, scene)
        return error(plan) if all_of_them or finding.place.path.endswith(BAD) else plan

    monkeypatch.setitem(PLANNERS, "CR101", erring)  # type: ignore[arg-type]
    ran = bench.fix()
    assert ran.status == 1
    assert reason.lower() in " ".join(ran.out.split()).lower()
    for name in NAMES:
        text = (bench.root / "Workflows" / flow_file(name)).read_text()
        assert text == to_json(RAW if all_of_them or name == "Three" else MENDED)


def test_a_removal_of_too_much_is_noticed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An XML edit that takes the next element along."""
    from crstandards.fixes import duplicate_name

    declared = [Reference("con_outlook"), Reference("con_outlook"), Reference("con_teams", "shared_teams")]
    write_solution(bench.root, "ContosoHR", declared)
    before = bench.files()

    def erring(finding: Finding, scene: Scene) -> Plan:
        plan = duplicate_name.plan(finding, scene)
        (change,) = plan.changes
        end = change.before.index(b"  </connectionreferences>")
        edits = tuple(edit._replace(end=end) for edit in change.edits)
        return plan._replace(changes=(change._replace(edits=edits),))

    monkeypatch.setitem(PLANNERS, "CR202", erring)  # type: ignore[arg-type]
    said = " ".join(bench.fix("--select", "CR202").out.split())
    assert " Other/Customizations.xml would not say exactly what it should after the edit." in said
    assert bench.files() == before


def test_xml_that_is_none_is_noticed() -> None:
    assert not xmlverify.as_announced(b"<a/>", b"<a>", [])


@pytest.mark.parametrize("text", ["", "\n  ", "\n  a note "])
def test_text_in_front_of_what_is_removed_stays(text: str) -> None:
    def holding(inner: str) -> bytes:
        return f"<a><connectionreferences>{inner}</connectionreferences></a>".encode()

    gone = '<connectionreference connectionreferencelogicalname="con_outlook"/>'
    removed = [xmlverify.XmlRemoval("declarations", frozenset({"con_outlook"}))]
    assert xmlverify.as_announced(holding(text + gone), holding(text), removed)
    assert not xmlverify.as_announced(holding(text + gone), holding(f"{text}another note"), removed)
    assert xmlverify.as_announced(holding(text + gone), holding(""), removed) == (not text.strip())


@pytest.mark.parametrize("data", ["\ufeffé".encode("utf-8"), b"\xff\xfea\0b\0"])
def test_edits_keep_what_they_do_not_name(data: bytes) -> None:
    text = editable_text(data)
    assert splice(data, to_bytes(data, text, [])) == data
    assert splice(data, to_bytes(data, text, [TextEdit(0, 0, "")])) == data


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(CannotEdit, match=r"^two edits overlap$"):
        to_bytes(b"abc", "abc", [TextEdit(0, 2, ""), TextEdit(1, 3, "")])


def test_what_an_encoding_has_no_letters_for_is_refused() -> None:
    data = b'<?xml version="1.0" encoding="iso-8859-1"?><a/>'
    with pytest.raises(CannotEdit, match="cannot be written in iso-8859-1"):
        to_bytes(data, editable_text(data), [TextEdit(0, 0, "\u0416")])


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(CannotEdit):
        editable_text(b"\xff\xfe\x00")


def test_letters_that_an_encoding_has_twice_are_refused() -> None:
    """Written back, they would become the other ones, where nobody has changed anything."""
    data = b'<?xml version="1.0" encoding="cp932"?><a>%s</a>'
    assert editable_text(data % b"\x81\xca")[-5] == "\uffe2"
    with pytest.raises(CannotEdit, match="its cp932 text cannot be written back as it stands"):
        editable_text(data % b"\xee\xf9")


def test_a_plan_of_nothing_is_none() -> None:
    finding = Finding("CR101", "", (), "", "", ())  # type: ignore[arg-type]
    with pytest.raises(CannotEdit):
        verify(Plan(finding, "", (FileChange("a.json", b"{}", (), ()),), safe=True))


# What the editors refuse, should a planner ask for it


def test_edits_that_overlap_are_not_made() -> None:
    assert splice(b"abcd", [Edit(0, 1, b"x"), Edit(1, 3, b"")]) == b"xd"
    for edits in ([Edit(1, 2, b""), Edit(0, 1, b"")], [Edit(2, 1, b"")], [Edit(3, 5, b"")]):
        with pytest.raises(CannotEdit, match=r"^two edits overlap$"):
            splice(b"abcd", edits)
    with pytest.raises(CannotEdit, match=r"^two edits overlap$"):
        to_bytes(b"abcd", "abcd", [TextEdit(0, 2, ""), TextEdit(1, 3, "")])


def test_nothing_is_put_where_no_object_stands() -> None:
    document = '{"a": [1, 2], "b": "text"}'
    assert [member.key for member in Document(document).container(("a",)).members] == ["0", "1"]
    with pytest.raises(CannotEdit, match="no object stands at b"):
        Document(document).container(("b",))
    with pytest.raises(CannotEdit, match="nothing stands at c/d"):
        Document(document).container(("c", "d"))
    with pytest.raises(CannotEdit, match=r"^there is no place for 'x' at c/d$"):
        Document('{"c": {"d": {}}}').set_object(("c", "d"), "x", ("name", "value"), "missing")
    with pytest.raises(CannotEdit, match="nothing stands at "):
        Document('{"a": tru}').container(())


def test_an_xml_element_that_does_not_begin_or_end_is_not_removed() -> None:
    text = "<a><!-- <b> --><b x='1'/> <c><d/></c></a>"
    assert text[text.index("<c>") : element_end(text, text.index("<c>"))] == "<c><d/></c>"
    start = text.index("<c>")
    for broken, at in ((text, start - 1), (text[: start + 7], start), (text, 3)):
        with pytest.raises(CannotEdit, match="cannot be followed"):
            element_end(broken, at)


def test_announced_changes_that_lead_nowhere_are_no_match() -> None:
    before = '{"a": [1, {"b": 2}]}'
    assert as_announced(before, '{"a": [1, {"b": "x"}]}', [JsonChange(("a", "1", "b"), "x")])
    assert as_announced(before, '{"a": ["x", {"b": 2}]}', [JsonChange(("a", "0"), "x")])
    for route in (("c", "b"), ("a", "7"), ("a", "1", "c")):
        assert not as_announced(before, before, [JsonChange(route, "x")])


def test_a_diff_puts_in_quotes_only_what_must_be() -> None:
    lines = unified("XML/a.json", b"1", b"2").splitlines()
    assert lines[:2] == ["--- a/XML/a.json", "+++ b/XML/a.json"]
    assert unified('XML/"a".json', b"1", b"2").startswith('--- "a/XML/\\042a\\042.json"\n')


@pytest.mark.parametrize(("one", "other"), [("{}", "[]"), ("1", '"1"'), ("0", "false"), ("null", "[]")])
def test_a_value_of_another_kind_is_another_one(one: str, other: str) -> None:
    assert as_announced(f'{{"x": {one}}}', f'{{"x": {one}}}', [])
    assert not as_announced(f'{{"x": {one}}}', f'{{"x": {other}}}', [])


def test_a_fix_that_would_go_on_for_ever_ends(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many rounds it is at an end, done or not; the next run goes on."""
    monkeypatch.setattr(mend, "_MOST_ROUNDS", 1)
    write_solution(bench.root, "ContosoHR", ["con_outlook"], {"Send": RAW})
    assert bench.fix().status == 0
    assert (bench.root / f"Workflows/{flow_file('Send')}").read_text() == to_json(MENDED)
    ran = bench.fix()
    assert ran.status == 0
    assert "Nothing to mend" in ran.out


def test_a_long_diff_is_cut_at_a_question() -> None:
    lines = list(excerpt("\n".join(f"+line {number}" for number in range(50)), most=3))
    assert lines == ["+line 0", "+line 1", "+line 2", "(47 more lines)"]
    assert list(excerpt("+" + "x" * 20, width=10)) == ["+xxxxxx..."]
    assert list(excerpt("+one\r\n+two\r\n", width=4)) == ["+one", "+two"]


def test_a_file_that_cannot_be_read_is_not_edited() -> None:
    tree = Overlay(Memory({"a/Customizations.xml": b"<a></a>"}))
    assert tree.data("a/Customizations.xml", limit=7) == b"<a></a>"
    with pytest.raises(CannotEdit, match=r"^a/Customizations\.xml: it is too large$"):
        tree.data("a/Customizations.xml", limit=6)


# What a report offers as a fix


def offered(bench: Bench) -> list[str]:
    """The descriptions of the fixes in the SARIF report."""
    (run,) = json.loads(bench.run("check", "--format", "sarif").out)["runs"]
    return [fix["description"]["text"] for result in run["results"] for fix in result.get("fixes", ())]


def test_a_report_offers_what_is_safe(bench: Bench) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], {"One": RAW})
    assert offered(bench) == ['Flow "One": the alias "shared_office365" now uses con_outlook.']


def unsafe(plan: Plan) -> Plan:
    """Would need a word."""
    return plan._replace(safe=False)


@pytest.mark.parametrize("error", [unannounced, otherwise, silent, unsafe])
def test_a_report_offers_nothing_else(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Callable[[Plan], Plan]
) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], {"One": RAW})

    def erring(finding: Finding, scene: Scene) -> Plan:
        return error(raw_connection.plan(finding, scene))

    monkeypatch.setitem(PLANNERS, "CR101", erring)  # type: ignore[arg-type]
    assert offered(bench) == []
