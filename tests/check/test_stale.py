"""What of the policy has no effect; how it is found at its line, `tests/rules/test_cr902.py` shows."""

from __future__ import annotations

from datetime import date

from crstandards.check.stale import WholeCheck, stale_findings
from crstandards.findings import Finding
from crstandards.places import Place
from crstandards.policy.baseline import Baseline
from crstandards.policy.configuration import Config, ExceptionEntry
from crstandards.policy.exceptions import Exceptions

TODAY = date(2026, 10, 11)
PAST = date(2026, 10, 10)


def stale(*rules: str, exceptions: list[ExceptionEntry], locked: str = "") -> dict[int, str]:
    """Why which exceptions have no effect, by their positions, where findings of these rules are made."""
    content = "\n".join("[[exceptions]]" for _ in exceptions).encode()
    config = Config("crstandards.toml", content=content, exceptions=tuple(exceptions), locked=(locked,))
    findings = [Finding(rule, "ContosoHR", Place("a.xml"), "", "", ()) for rule in rules]
    used = Exceptions(config, TODAY).apply(findings, ()).used
    found = stale_findings(WholeCheck(config, TODAY, (), (), findings, used, Baseline()))
    said = {}
    for item in found:
        assert isinstance(item.place.at, int)
        said[content.count(b"\n", 0, item.place.at)] = item.message.removeprefix("The exception from ")
    assert len(said) == len(found)
    return said


def entry(rule: str, expires: date | None = None) -> ExceptionEntry:
    return ExceptionEntry(rule, "as agreed", expires=expires)


def test_stale_exceptions() -> None:
    exceptions = [
        entry("CR201"),
        entry("CR504"),
        entry("CR301", PAST),
        entry("CR101"),
        entry("CR101", PAST),
        entry("CR301", TODAY),
    ]
    assert stale("CR201", "CR301", "CR101", exceptions=exceptions, locked="CR101") == {
        1: "CR504 matches no finding.",
        2: "CR301 ended on 2026-10-10: its findings are back.",
        3: "CR101 has no effect: CR101 is locked.",
        4: "CR101 has no effect: CR101 is locked.",
    }


def test_beside_unreadable_source_none_is_called_unused() -> None:
    exceptions = [entry("CR504"), entry("CR301", PAST), entry("CR901")]
    assert stale("CR901", exceptions=exceptions) == {
        1: "CR301 ended on 2026-10-10: its findings are back.",
        2: "CR901 has no effect: CR901 is locked.",
    }
