"""The baseline: what was there is let through, what is new is not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.errors import UsageError
from crstandards.findings import Finding, Subject
from crstandards.places import Place
from crstandards.policy.baseline import (
    Baseline,
    can_be_recorded,
    entry_of,
    read_baseline,
    render_baseline,
)
from crstandards.policy.configuration import Config
from crstandards.reported import Suppression

LET_THROUGH = Suppression("baseline", "recorded in the baseline")


def group(*names: str, connector: str = "shared_office365", keep: str = "", path: str = "a.xml") -> Finding:
    lower = sorted(name.lower() for name in names)
    subject = Subject(connector=connector, references=names, keep=keep or names[0])
    return Finding(
        "CR201",
        "ContosoHR",
        Place(path, 7),
        "m",
        "h",
        ("contosohr", connector, *lower),
        subject,
        together="references",
    )


def raw(flow: str = "1f2e", ordinal: str = "1", path: str = "a.json", title: str = "Send") -> Finding:
    identity = ("contosohr", flow, "shared_office365", ordinal)
    subject = Subject(flow=title, alias="x", connector="shared_office365")
    return Finding("CR101", "ContosoHR", Place(path, ("a",)), "m", "h", identity, subject)


def recorded(*findings: Finding) -> Baseline:
    return read_baseline(render_baseline(Baseline(map(entry_of, findings))).encode(), "baseline.json")


names = st.lists(st.text("abcdef_", min_size=1, max_size=6), min_size=2, max_size=6, unique=True)


@given(names, st.data())
def test_every_subset_of_a_recorded_group_is_let_through_whichever_is_kept(
    members: list[str], data: st.DataObject
) -> None:
    subset = data.draw(st.lists(st.sampled_from(members), min_size=1, unique=True))
    keep, other = data.draw(st.sampled_from(members)), data.draw(st.sampled_from(subset))
    assert recorded(group(*members, keep=keep)).suppression(group(*subset, keep=other)) == LET_THROUGH


@given(names, st.text("ghij", min_size=1, max_size=4))
def test_a_new_member_is_always_reported(members: list[str], new: str) -> None:
    assert recorded(group(*members)).suppression(group(*members, new)) is None


def test_moving_renaming_and_another_letter_case_change_nothing() -> None:
    baseline = recorded(raw(), group("con_a", "con_b"))
    assert baseline.suppression(raw(path="moved/b.json", title="Renamed")) == LET_THROUGH
    assert baseline.suppression(group("CON_B", "Con_A", path="other.xml")) == LET_THROUGH


@pytest.mark.parametrize(
    "new", [raw(ordinal="2"), raw(flow="9999"), group("con_a", "con_b", connector="shared_teams")]
)
def test_what_is_new_is_reported(new: Finding) -> None:
    assert recorded(raw(), group("con_a", "con_b")).suppression(new) is None


def test_locked_rules_and_unreadable_source_are_never_let_through() -> None:
    unreadable = Finding("CR901", "ContosoHR", Place("a.json"), "m", "h", ("contosohr", "a.json"))
    baseline = recorded(raw(), unreadable)
    assert baseline.suppression(raw(), Config(locked=("CR101",))) is None
    assert baseline.suppression(unreadable) is None


def test_what_is_mended_is_stale_and_trimmed_and_nothing_is_added() -> None:
    baseline = recorded(raw(), raw(flow="2222"), group("con_a", "con_b", "con_c"))
    now = [raw(flow="2222"), group("con_a", "con_c"), raw(flow="3333")]
    mended = [raw(), group("con_a", "con_b", "con_c")]
    assert {entry.fingerprint for entry in baseline.stale(now)} == {
        entry_of(item).fingerprint for item in mended
    }
    assert baseline.trimmed(now).stale(now) == ()
    assert render_baseline(baseline.trimmed(now)) == render_baseline(recorded(now[0], now[1]))


def between(*names: str, environments: tuple[str, ...] = ("prod", "test")) -> Finding:
    identity = (*environments, "shared_sql", *sorted(names))
    subject = Subject(connector="shared_sql", by_solution={"A": names}, environments=environments)
    return Finding("CR301", "", Place("a.xml", 7), "m", "h", identity, subject, together="references")


def test_a_finding_that_splits_by_environment_stays_known() -> None:
    baseline = recorded(between("con_a", "con_b"))
    assert baseline.suppression(between("con_a", "con_b", environments=("prod",))) == LET_THROUGH
    assert baseline.suppression(between("con_a", "con_b", environments=("test",))) == LET_THROUGH
    joined = recorded(*(between("con_a", "con_b", environments=(name,)) for name in ("prod", "test")))
    assert joined.suppression(between("con_a", "con_b")) == LET_THROUGH


def test_another_environment_is_new_and_so_is_what_no_entry_holds_together() -> None:
    baseline = recorded(between("con_a", "con_b"))
    wider = between("con_a", "con_b", environments=("prod", "test", "uat"))
    assert baseline.suppression(wider) is None
    assert baseline.addition(wider) == "New here: environment uat. The rest was there before."
    pairs = recorded(group("con_a", "con_b"), group("con_b", "con_c"))
    assert pairs.suppression(group("con_a", "con_b", "con_c")) is None


def test_what_has_come_to_a_group_is_named_as_it_is_spelt() -> None:
    baseline = recorded(group("con_a", "con_b"))
    assert baseline.addition(group("con_a", "con_b", "Con_C")) == (
        "New here: Con_C. The rest was there before."
    )
    assert baseline.addition(group("con_d", "con_a", "con_b", "Con_C")) == (
        "New here: con_d, Con_C. The rest was there before."
    )
    assert baseline.addition(group("con_a", "con_b")) == ""
    assert baseline.addition(group("con_a", "con_c")) == ""
    assert baseline.addition(raw()) == ""


def test_a_group_with_a_new_member_is_not_mended() -> None:
    baseline = recorded(group("con_a", "con_b"))
    now = [group("con_a", "con_b", "con_c")]
    assert baseline.stale(now) == ()
    assert baseline.trimmed(now).suppression(group("con_a", "con_b")) == LET_THROUGH
    assert baseline.trimmed([group("con_a", "con_c")]).entries == ()


def test_a_solution_may_be_called_like_its_reference() -> None:
    def of(*names: str) -> Finding:
        return group(*names)._replace(identity=("con_a", "shared_office365", *sorted(names)))

    assert recorded(of("con_a", "con_b", "con_c")).suppression(of("con_b", "con_c")) == LET_THROUGH


@pytest.mark.parametrize(
    ("before", "now", "is_known"),
    [((), ("hr",), True), (("hr",), (), True), (("hr",), ("hr", "it"), False), (("hr",), ("it",), False)],
)
def test_what_nobody_declared_is_the_same_where_one_does(
    before: tuple[str, ...], now: tuple[str, ...], is_known: bool
) -> None:
    def repeated(*declaring: str) -> Finding:
        only = declaring[0] if len(declaring) == 1 else ""
        identity = (only, "con_a", "repeated", "prod")
        subject = Subject(reference="con_a", environments=["prod"])
        return Finding("CR602", "", Place("x.json"), "m", "h", identity, subject, among=declaring)

    assert (recorded(repeated(*before)).suppression(repeated(*now)) == LET_THROUGH) is is_known


@pytest.mark.parametrize(("rule", "can_be"), [("CR101", True), ("CR901", False), ("CR902", False)])
def test_what_can_be_recorded(rule: str, can_be: bool) -> None:
    assert can_be_recorded(rule, Config()) is can_be
    assert not can_be_recorded(rule, Config(locked=(rule,)))


def test_the_file_is_sorted_one_finding_a_line() -> None:
    text = render_baseline(recorded(raw(), group("con_b", "con_a")))
    assert json.loads(text)["findings"][-1] == "end"
    lines = text.splitlines()[3:-3]
    assert lines == sorted(lines)
    assert all(line.startswith('    {"rule"') and line.endswith("},") for line in lines)
    assert len(lines) == 2


START = '{"schema": "crstandards/baseline/1"'
NO_ENTRY = ": an entry without a rule and a fingerprint: "
ENTRIES = (
    "3",
    '{"rule": "CR101", "fingerprint": 1}',
    '{"rule": 1, "fingerprint": "f"}',
    '{"rule": "CR201", "fingerprint": "f", "references": "ab"}',
    '{"rule": "CR201", "fingerprint": "f", "environments": [1]}',
    '{"rule": "CR201", "fingerprint": "f", "solutions": null}',
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ":1: not JSON; after a merge, look for conflict marks"),
        ("{\n<<<<<<< HEAD\n}", ":2: not JSON; after a merge, look for conflict marks"),
        ("\udcff\udcff", ": not JSON; after a merge, look for conflict marks"),
        ("[]", ': not a baseline: "schema" is not "crstandards/baseline/1"'),
        (f"{START}}}", ': not a baseline: "findings" is not a list'),
        ("[" * 100_000, ": not a baseline"),
        *((f'{START}, "findings": [{entry}]}}', f"{NO_ENTRY}{entry}") for entry in ENTRIES),
    ],
)
def test_what_is_no_baseline_is_refused_in_one_line(content: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_baseline(content.encode("utf-8", "surrogateescape"), "baseline.json")
    assert str(refused.value) == f"baseline.json{said}"


def test_an_entry_says_in_words_what_it_is() -> None:
    owned = Finding(
        "CR401",
        "ContosoHR",
        Place("a.json", 7),
        "m",
        "h",
        ("x",),
        Subject(reference="con_a", connection="c-1"),
    )
    text = render_baseline(Baseline(map(entry_of, [raw(title="Send"), owned])))
    entries = {entry["rule"]: entry for entry in json.loads(text)["findings"] if isinstance(entry, dict)}
    shown = {rule: {k: v for k, v in entry.items() if k in _WORDS} for rule, entry in entries.items()}
    assert shown == {
        "CR101": {"solution": "ContosoHR", "flow": "Send", "connector": "shared_office365"},
        "CR401": {"solution": "ContosoHR", "references": ["con_a"], "connection": "c-1"},
    }


_WORDS = ("solution", "flow", "connector", "references", "connection")


def missing(*flows: str) -> Finding:
    names = [f"modernflows/{flow}" for flow in flows]
    identity = ("contosohr", *sorted(flow.lower() for flow in flows))
    return Finding("CR509", "ContosoHR", Place("a.yml"), "m.", "h.", identity, Subject(flows=names))


def test_of_missing_flows_each_stands_for_itself() -> None:
    baseline = recorded(missing("a", "b"), missing("c"))
    for flows in (("a",), ("b",), ("a", "b"), ("a", "b", "c"), ("C",)):
        assert baseline.suppression(missing(*flows))
    assert not baseline.suppression(missing("a", "d"))
    assert baseline.addition(missing("a", "d")) == "New here: flow d. The rest was there before."
    assert baseline.addition(missing("a")) == ""
    trimmed = baseline.trimmed([missing("b", "c")])
    assert set(trimmed.entries) == set(recorded(missing("b"), missing("c")).entries)
    assert read_baseline(render_baseline(baseline).encode(), "b").entries == baseline.entries
