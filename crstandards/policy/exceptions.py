"""Which findings are excepted: by the configuration, and by what makers write into references' descriptions.

`crstandards: allow CR201 two shared mailboxes` in the description of a reference, written in the portal,
counts like an exception of the configuration for that reference in its solution. It survives export.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from crstandards.findings import Finding, Suppression
from crstandards.model import ConnectionReference, Solution
from crstandards.policy.configuration import Config, ExceptionEntry
from crstandards.policy.patterns import name_matches, path_matches

if TYPE_CHECKING:
    from datetime import date

_ALLOW = re.compile(r"crstandards:[ \t]*allow[ \t]+(CR\d{3})\b[ \t:,-]*([^\r\n]*)", re.IGNORECASE)
_GUID: Final = "(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
_FLOW_FOLDERS: Final = ("workflows", "modernflows")


class Described(NamedTuple):
    """An exception in a description. An empty `reason` leaves it without effect."""

    rule: str
    reason: str
    solution: Solution
    reference: ConnectionReference

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is for: its rule, its solution's unique name and its reference's name."""
        return self.rule, self.solution.unique_name.lower(), self.reference.key

    def has_effect(self, config: Config) -> bool:
        """Whether it can silence anything: it gives a reason, and its rule takes exceptions."""
        return bool(self.reason) and not config.is_fixed(self.rule)


class Applied(NamedTuple):
    """What exceptions do to a list of findings: for each finding its suppression or None.

    `used` holds the indexes of the configured exceptions that match a finding, be it only some members of
    a group.
    """

    suppressions: list[Suppression | None]
    used: frozenset[int]


class Exceptions:
    """The exceptions in force under a configuration on a day."""

    def __init__(self, config: Config, as_of: date) -> None:
        self._config = config
        self._by_rule: dict[str, list[tuple[int, ExceptionEntry]]] = {}
        for index, entry in enumerate(config.exceptions):
            if not config.is_fixed(entry.rule) and not entry.is_over(as_of):
                self._by_rule.setdefault(entry.rule, []).append((index, entry))

    def apply(self, findings: Iterable[Finding], solutions: Iterable[Solution]) -> Applied:
        """Find the exception for each finding; the first that covers it gives the reason."""
        described = [
            item for item in described_exceptions(solutions, self._config) if item.has_effect(self._config)
        ]
        reasons = {item.key: item.reason for item in reversed(described)}
        suppressions: list[Suppression | None] = []
        used: set[int] = set()
        for finding in findings:
            entries = self._by_rule.get(finding.rule, ())
            names = _names(finding) if entries else {}
            matching = [pair for pair in entries if _matches(pair[1], names)]
            used.update(index for index, _ in matching)
            covering = (
                Suppression("exception", entry.reason)
                for _, entry in matching
                if _covers(entry, names, _named(finding, "flows"))
            )
            suppressions.append(next(covering, None) or _described(finding, reasons))
        return Applied(suppressions, frozenset(used))

    def excepts(self, rule: str, solution: Solution, reference: ConnectionReference) -> bool:
        """Whether a reference that a solution declares is excepted from a rule, as a finding would be."""
        about = {"connector": reference.connector, "reference": reference.logical_name}
        finding = Finding(rule, solution.unique_name, reference.place, "", "", (), about)
        alike = tuple(item for item in solution.references if item.key == reference.key)
        return self.apply([finding], [solution._replace(references=alike)]).suppressions != [None]


def described_exceptions(solutions: Iterable[Solution], config: Config) -> Iterator[Described]:
    """The exceptions in the references' descriptions that count, in the order of the declarations."""
    if not config.description_exceptions:
        return
    for solution in solutions:
        for reference in solution.references:
            for rule, reason in _ALLOW.findall(reference.description):
                found = Described(rule.upper(), reason.strip(), solution, reference)
                if config.described is None or found.key in config.described:
                    yield found


def references_of(finding: Finding) -> list[tuple[str, str]]:
    """The references that a finding is about, each with its solution, as they are spelled."""
    named = finding.data.get("references")
    if isinstance(named, Mapping):
        return [(solution, name) for solution, names in named.items() for name in names]
    return [(finding.solution, name) for name in named or filter(None, [finding.data.get("reference")])]


def _described(finding: Finding, reasons: Mapping[tuple[str, str, str], str]) -> Suppression | None:
    """The suppression of a finding of which every reference says in its description that it may be."""
    keys = [(finding.rule, solution.lower(), name.lower()) for solution, name in references_of(finding)]
    if not keys or not all(key in reasons for key in keys):
        return None
    return Suppression("description", "; ".join(dict.fromkeys(reasons[key] for key in keys)))


def _matches(entry: ExceptionEntry, names: Mapping[str, Sequence[str]]) -> bool:
    """All selectors match; of a group's members at least one."""
    return all(
        any(_selects(patterns, name, selector) for name in names[selector])
        for selector, patterns in entry.selectors()
    )


def _covers(entry: ExceptionEntry, names: Mapping[str, Sequence[str]], flows: Sequence[str]) -> bool:
    """Of an entry that matches: no member of a group is left that it doesn't speak of.

    `flows` are the paths of the flows that a finding about several is about.
    """
    by_flow = next((patterns for selector, patterns in entry.selectors() if selector == "flow"), ())
    if by_flow and not all(
        any(_selects(by_flow, name, "flow") for name in _names_in(path)) for path in flows
    ):
        return False
    return all(
        _selects(patterns, name, selector)
        for selector, patterns in entry.selectors()
        if selector in ("references", "environment", "connection")
        for name in names[selector]
    )


def _selects(patterns: tuple[str, ...], name: str, selector: str) -> bool:
    matches = path_matches if selector == "path" else name_matches
    return any(matches(pattern, name) for pattern in patterns)


def _names(finding: Finding) -> Mapping[str, Sequence[str]]:
    """What each selector of an exception is compared with."""
    return {
        "solution": [finding.solution],
        "connector": _named(finding, "connector"),
        "references": [name for _, name in references_of(finding)],
        "flow": [*_flow_names(finding)],
        "alias": _named(finding, "alias", "aliases"),
        "path": [finding.place.path],
        "environment": _named(finding, "environments", "environment"),
        "connection": _named(finding, "connections", "connection"),
    }


def _named(finding: Finding, *keys: str) -> tuple[str, ...]:
    """The names under the first of these keys: one, or a list."""
    value = next((finding.data[key] for key in keys if finding.data.get(key)), ())
    return (value,) if isinstance(value, str) else tuple(value)


def _flow_names(finding: Finding) -> Iterator[str]:
    """The names by which a person may call the flow of a finding, or the flows of one about several."""
    yield from _named(finding, "flow")
    for path in _named(finding, "flows"):
        yield from _names_in(path)
    *folders, file = finding.place.path.split("/")
    if file.lower().endswith(".json"):
        is_flow = any(folder.lower() in _FLOW_FOLDERS for folder in folders[-2:])
        names = list(_names_in(finding.place.path))
        # Of a package, the file is called the same for every flow.
        yield from names if is_flow or re.search(_GUID, file) else names[:-2]


def _names_in(path: str) -> Iterator[str]:
    """The names in a flow's path: its GUID, the file's name, and that without its ending."""
    yield from re.findall(_GUID, path)[-1:]
    file = path.rpartition("/")[2]
    yield file
    yield file[: -len(".json")] if file.lower().endswith(".json") else file
