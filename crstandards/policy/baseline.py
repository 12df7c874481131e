"""The baseline: findings that were there when a team began, and are let through until they are mended.

The file is JSON, one finding a line, sorted, for merging; the last element is the word "end", so that
every finding's line ends in a comma. An entry holds a fingerprint, which survives reformatting, moving
and renaming, and for a group of references their names: every subset of them is let through, a new
member is not. All else in an entry is for its readers.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from crstandards.errors import UsageError
from crstandards.findings import Finding, Suppression, fingerprint
from crstandards.policy.config import ALWAYS_ERROR

SCHEMA = "crstandards/baseline/1"
_END = "end"
_SHOWN = ("solution", "flow", "connector", "reference", "connection")


class Entry(NamedTuple):
    """One finding let through: `references` holds a group's names in lower case, else nothing.

    `about` says in words what it is.
    """

    rule: str
    fingerprint: str
    references: frozenset[str] = frozenset()
    about: tuple[tuple[str, str], ...] = ()

    def covers(self, other: Entry) -> bool:
        """Whether a finding's entry is this one, or a part of its group."""
        return (self.rule, self.fingerprint) == (other.rule, other.fingerprint) and (
            other.references <= self.references
        )


class Baseline:
    """A set of entries that findings are looked up in."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(entries)
        self._by_key: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            self._by_key.setdefault((entry.rule, entry.fingerprint), []).append(entry)

    def covering(self, finding: Finding) -> Entry | None:
        """The entry that a finding was recorded in, if it was."""
        wanted = entry_of(finding)
        known = self._by_key.get((wanted.rule, wanted.fingerprint), ())
        return next((entry for entry in known if entry.covers(wanted)), None)

    def suppression(self, finding: Finding, locked: Collection[str] = ()) -> Suppression | None:
        """The suppression of a finding that the baseline holds, unless its rule takes none."""
        if finding.rule == ALWAYS_ERROR or finding.rule in locked:
            return None
        entry = self.covering(finding)
        return Suppression("baseline", "recorded in the baseline") if entry else None

    def stale(self, findings: Iterable[Finding]) -> tuple[Entry, ...]:
        """The entries that no finding needs any more: what they recorded has been mended."""
        needed = {self.covering(finding) for finding in findings}
        return tuple(entry for entry in self.entries if entry not in needed)

    def trimmed(self, findings: Iterable[Finding]) -> Baseline:
        """This baseline without what has been mended: entries and members go, none are added."""
        left: dict[Entry, set[str]] = {}
        for finding in findings:
            entry = self.covering(finding)
            if entry:
                left.setdefault(entry, set()).update(entry_of(finding).references)
        return Baseline(entry._replace(references=frozenset(names)) for entry, names in left.items())


def entry_of(finding: Finding) -> Entry:
    """The entry that records a finding."""
    names = frozenset(name.lower() for name in _group(finding))
    scope = tuple(part for part in finding.identity if part.lower() not in names)
    about = [("solution", finding.solution)] + [(key, finding.data.get(key)) for key in _SHOWN[1:]]
    return Entry(
        finding.rule,
        fingerprint(finding._replace(identity=scope)),
        names,
        tuple((key, value) for key, value in about if isinstance(value, str) and value),
    )


def _group(finding: Finding) -> list[str]:
    references = finding.data.get("references", ())
    if isinstance(references, Mapping):
        return [name for names in references.values() for name in names]
    return list(references)


def read_baseline(content: bytes, path: str) -> Baseline:
    """Read a baseline file. Raises UsageError, one line, for what is none."""
    try:
        document = json.loads(content)
    except ValueError as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{path}{line}: not JSON; after a merge, look for conflict marks") from None
    except RecursionError:
        raise UsageError(f"{path}: not a baseline") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(f'{path}: not a baseline: "schema" is not "{SCHEMA}"')
    listed = document.get("findings")
    if not isinstance(listed, list):
        raise UsageError(f'{path}: not a baseline: "findings" is not a list')
    return Baseline(_entry(item, path) for item in listed if item != _END)


def _entry(item: Any, path: str) -> Entry:
    if isinstance(item, dict):
        rule, found, references = item.get("rule"), item.get("fingerprint"), item.get("references", [])
        if (
            isinstance(rule, str)
            and isinstance(found, str)
            and isinstance(references, list)
            and all(isinstance(name, str) for name in references)
        ):
            about = tuple((key, item[key]) for key in _SHOWN if isinstance(item.get(key), str))
            return Entry(rule, found, frozenset(name.lower() for name in references), about)
    raise UsageError(f"{path}: an entry without a rule and a fingerprint: {json.dumps(item)[:80]}")


def render_baseline(baseline: Baseline) -> str:
    """The baseline's file."""
    lines = sorted({_line(entry) for entry in baseline.entries})
    shown = "".join(f"    {line},\n" for line in lines)
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": [\n{shown}    "{_END}"\n  ]\n}}\n'


def _line(entry: Entry) -> str:
    content: dict[str, Any] = {"rule": entry.rule, **dict(entry.about)}
    if entry.references:
        content["references"] = sorted(entry.references)
    content["fingerprint"] = entry.fingerprint
    # ASCII alone: names may hold lone surrogates, which no encoding can write.
    return json.dumps(content)
