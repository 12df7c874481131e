"""What a finding promises (`fixable`) and what a fix without a word then does are one and the same."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.findings import Finding
from crstandards.fixes.edits import Overlay
from crstandards.fixes.rounds import Fixed, Limits, Outcome, fix, target_of
from crstandards.policy.configuration import Config
from crstandards.rules import RULES
from crstandards.snapshot import Folder
from tests.support.builders import OUTLOOK, SQL, Reference, action, flow, write_solution

NAMES = ("con_a", "con_b", "con_missing")
CONNECTORS = (OUTLOOK, SQL)
CONNECTIONS = st.one_of(
    st.sampled_from([{}, None, {"name": "x"}, {"id": "x"}, {"other": 1}, "absent"]),
    st.sampled_from(NAMES).map(lambda name: {"connectionReferenceLogicalName": name}),
)


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    entry: dict[str, Any] = {"runtimeSource": draw(st.sampled_from(["embedded", "embedded", "invoker"]))}
    connection = draw(CONNECTIONS)
    if connection != "absent":
        entry["connection"] = connection
    entry["api"] = {"name": draw(st.sampled_from(CONNECTORS))}
    if draw(st.integers(0, 5)) == 0:
        entry["impersonation"] = draw(st.sampled_from([{}, {"source": "invoker"}]))
    if draw(st.integers(0, 9)) == 0:
        entry["tier"] = "Premium"
    return entry


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    aliases = draw(st.lists(st.sampled_from(["a", "b", "c", "d", "A"]), min_size=1, max_size=4, unique=True))
    made = {alias: draw(entries()) for alias in aliases}
    actions: dict[str, Any] = {
        f"Use {alias}": action(alias, made[alias]["api"]["name"]) for alias in aliases if draw(st.booleans())
    }
    if draw(st.integers(0, 4)) == 0:
        named = draw(st.sampled_from(aliases))
        actions["Say"] = {"type": "Compose", "inputs": f"@parameters('$connections')['{named}']"}
    return flow(made, actions)


REFERENCES = st.lists(
    st.builds(
        Reference,
        st.sampled_from(["con_a", "con_b", "CON_A"]),
        st.sampled_from(CONNECTORS),
        st.sampled_from(["", "Shown"]),
    ),
    max_size=3,
)


def check(tree: Overlay) -> Outcome:
    session = Session(tree, Config(), RULES, date(2026, 1, 1))
    return Outcome(full_report(session), session.world)


def fixed(root: Path, *, word: bool) -> Fixed:
    return fix(Overlay(Folder(root)), terms(word))


def terms(word: bool) -> Limits:
    """All that can be fixed, where it needs a word if there is one."""
    return Limits(
        check,
        lambda item: item.suppressed is None,
        lambda plan, tree: plan.safe or word,
        lambda path: "",
    )


def about(findings: list[Finding], merged: bool = False) -> Counter[tuple[object, ...]]:
    """What findings are about, and how many are.

    Where aliases are `merged` into one, a reference that does not fit is said of that one alone.
    """
    if merged:
        misfits = {misfit(finding) for finding in findings if finding.rule == "CR503"}
        return about([finding for finding in findings if finding.rule != "CR503"]) + Counter(misfits)
    return Counter(target_of(finding) for finding in findings)


def misfit(finding: Finding) -> tuple[object, ...]:
    rule, path, _, connector, reference = target_of(finding)
    return rule, path, connector, reference


def entry(connector: str, reference: str = "", source: str = "embedded") -> dict[str, Any]:
    connection = {"connectionReferenceLogicalName": reference} if reference else {}
    return {"runtimeSource": source, "connection": connection, "api": {"name": connector}}


def joined_by(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """Two aliases for one reference, which a raw entry gets as well."""
    made = {"b": raw, "c": entry(SQL, "con_b"), "d": entry(SQL, "con_b")}
    return [flow(made, {f"Use {alias}": action(alias, made[alias]["api"]["name"]) for alias in made})]


@settings(max_examples=150)
@given(st.lists(flows(), min_size=1, max_size=2), REFERENCES)
@example(joined_by(entry(OUTLOOK)), [Reference("con_b", OUTLOOK)])
@example(joined_by(entry(SQL, source="invoker")), [Reference("con_b", SQL)])
@example(joined_by(entry(SQL)), [Reference("con_b", SQL)])
def test_promised_and_fixed(
    tmp_path_factory: Any, made: list[dict[str, Any]], references: list[Reference]
) -> None:
    root = tmp_path_factory.mktemp("solution")
    write_solution(
        root, "ContosoHR", references, {str(index): document for index, document in enumerate(made)}
    )
    before = [item.finding for item in check(Overlay(Folder(root))).report.findings]
    result = fixed(root, word=False)
    after = [item.finding for item in result.checked.report.findings]
    promised = about([finding for finding in before if finding.fixable])
    assert about([plan.finding for plan in result.done]) >= promised
    merged = any(plan.finding.rule == "CR203" for plan in result.done)
    kept = [finding for finding in before if not finding.fixable and finding.rule != "CR504"]
    assert about(kept, merged) <= about(after, merged)
    # What is left over can be fixed by nobody without a word.
    assert not [finding for finding in after if finding.fixable]
    assert not fixed_again(result)


@settings(max_examples=100)
@given(st.lists(flows(), min_size=1, max_size=2), REFERENCES)
def test_with_a_word_it_comes_to_rest_too(
    tmp_path_factory: Any, made: list[dict[str, Any]], references: list[Reference]
) -> None:
    root = tmp_path_factory.mktemp("solution")
    write_solution(
        root, "ContosoHR", references, {str(index): document for index, document in enumerate(made)}
    )
    result = fixed(root, word=True)
    assert not result.waiting
    assert not fixed_again(result)
    left = {target_of(item.finding) for item in result.checked.report.findings if item.rule.is_fixable}
    assert left == {target_of(item.finding) for item in result.refused}


def fixed_again(result: Fixed) -> tuple[Any, ...]:
    """What a second run would do."""
    return fix(result.tree, terms(not result.waiting)).done
