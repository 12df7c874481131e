"""Which findings are excepted: by the configuration, and by what makers write into references' descriptions.

`crstandards: allow CR201 two shared mailboxes` in the description of a reference, written in the portal,
counts like an exception of the configuration for that reference in its solution. It survives export.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from crstandards.findings import Finding, Subject
from crstandards.model import ConnectionReference, Solution
from crstandards.policy.configuration import Config, ExceptionEntry
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.reported import Suppression

if TYPE_CHECKING:
    from datetime import date

_ALLOW = re.compile(r"crstandards:[ \t]*allow[ \t]+(CR\d{3})\b[ \t:,-]*([^\r\n]*)", re.IGNORECASE)
_GUID: Final = "(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
_FLOW_FOLDERS: Final = ("workflows", "modernflows")
_Members = Sequence[Sequence[str]]
"""The things of a kind that a finding is about, each with the names that it has."""


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
        self._rules: set[str] = set()
        # By the names of what they select, or all together under "" where a pattern may mean many.
        self._by_name: dict[tuple[str, str, str], list[int]] = {}
        for index, entry in enumerate(config.exceptions):
            if not config.is_fixed(entry.rule) and not entry.is_over(as_of):
                self._rules.add(entry.rule)
                for selector, name in _literal(entry):
                    self._by_name.setdefault((entry.rule, selector, name), []).append(index)

    def apply(self, findings: Iterable[Finding], solutions: Iterable[Solution]) -> Applied:
        """Find the exception for each finding; the first that covers it gives the reason."""
        described = [
            item for item in described_exceptions(solutions, self._config) if item.has_effect(self._config)
        ]
        reasons = {item.key: item.reason for item in reversed(described)}
        suppressions: list[Suppression | None] = []
        used: set[int] = set()
        for finding in findings:
            members = _members(finding) if finding.rule in self._rules else {}
            matching = [
                index
                for index in self._candidates(finding.rule, members)
                if _matches(self._config.exceptions[index], members)
            ]
            used.update(matching)
            covering = (
                Suppression("exception", entry.reason)
                for entry in map(self._config.exceptions.__getitem__, matching)
                if _covers(entry, members)
            )
            suppressions.append(next(covering, None) or _described(finding, reasons))
        return Applied(suppressions, frozenset(used))

    def _candidates(self, rule: str, members: Mapping[str, _Members]) -> list[int]:
        """The exceptions that may match, in order: most speak of something by its name."""
        named = [
            (selector, key)
            for selector, groups in members.items()
            for names in groups
            for name in names
            for key in _keys(selector, name)
        ]
        return sorted({index for pair in [_ANY, *named] for index in self._by_name.get((rule, *pair), ())})

    def excepts(self, rule: str, solution: Solution, reference: ConnectionReference) -> bool:
        """Whether a reference that a solution declares is excepted from a rule, as a finding would be."""
        about = Subject(reference=reference.logical_name, connector=reference.connector)
        finding = Finding(rule, solution.unique_name, reference.place, "", "", (), about)
        alike = solution._replace(references=tuple(solution.declarations(reference.key)))
        return self.apply([finding], [alike]).suppressions != [None]


_MOST_TELLING: Final = ("path", "alias", "connection", "flow", "references", "connector", "solution")
_ANY: Final = ("", "")


def _literal(entry: ExceptionEntry) -> Sequence[tuple[str, str]]:
    """By which names an exception can be looked up: those of its most telling selector without patterns."""
    given = dict(entry.selectors())
    for selector in _MOST_TELLING:
        patterns = given.get(selector, ())
        if patterns and not any(sign in pattern for pattern in patterns for sign in "*?"):
            return [(selector, _keys(selector, pattern)[0]) for pattern in patterns]
    return [_ANY]


def _keys(selector: str, name: str) -> list[str]:
    """A name for comparing; of a path, those of the folders above it, too."""
    if selector != "path":
        return [name.lower()]
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return ["/".join(parts[:length]) for length in range(len(parts), 0, -1)] or [""]


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
    subject = finding.subject
    by_solution = subject.by_solution or {finding.solution: subject.names}
    return [(solution, name) for solution, names in by_solution.items() for name in names]


def _described(finding: Finding, reasons: Mapping[tuple[str, str, str], str]) -> Suppression | None:
    """The suppression of a finding of which every reference says in its description that it may be."""
    keys = [(finding.rule, solution.lower(), name.lower()) for solution, name in references_of(finding)]
    if not keys or not all(key in reasons for key in keys):
        return None
    return Suppression("description", "; ".join(dict.fromkeys(reasons[key] for key in keys)))


def _matches(entry: ExceptionEntry, members: Mapping[str, _Members]) -> bool:
    """All selectors match; of a group's members at least one."""
    return all(
        any(_selects(patterns, names, selector) for names in members[selector])
        for selector, patterns in entry.selectors()
    )


def _covers(entry: ExceptionEntry, members: Mapping[str, _Members]) -> bool:
    """Of an entry that matches: no member of a group is left that it doesn't speak of."""
    return all(
        _selects(patterns, names, selector)
        for selector, patterns in entry.selectors()
        if selector in ("references", "flow", "path", "environment", "connection")
        for names in members[selector]
    )


def _selects(patterns: tuple[str, ...], names: Iterable[str], selector: str) -> bool:
    matches = path_matches if selector == "path" else name_matches
    return any(matches(pattern, name) for name in names for pattern in patterns)


def _members(finding: Finding) -> Mapping[str, _Members]:
    """What each selector of an exception is compared with."""
    subject = finding.subject
    return {
        "solution": [[finding.solution]],
        "connector": _single([subject.connector]),
        "references": [[name] for _, name in references_of(finding)],
        "flow": _flows(finding),
        "alias": _single([subject.alias] if subject.alias else subject.aliases),
        "path": [[path] for path in dict.fromkeys(item.place.path for item in finding.members)]
        or [[finding.place.path]],
        "environment": _single(subject.environments),
        "connection": [[name] for name in subject.connections or filter(None, [subject.connection])],
    }


def _single(names: Iterable[str | None]) -> _Members:
    """Things that have one name each."""
    return [[name] for name in names if name]


def _flows(finding: Finding) -> _Members:
    """The flows of a finding, each with the names by which a person may call it."""
    if flows := finding.subject.flows:
        return [_names_in(flow) for flow in flows]
    *folders, file = finding.place.path.split("/")
    names = _names_in(finding.place.path) if file.lower().endswith(".json") else []
    is_flow = re.search(_GUID, file) or any(folder.lower() in _FLOW_FOLDERS for folder in folders[-2:])
    # Of a package, the file is called the same for every flow.
    known = names if is_flow else names[:-2]
    return [[*known, *filter(None, [finding.subject.flow])]]


def _names_in(path: str) -> list[str]:
    """The names in a flow's path: its GUID, the file's name, and that without its ending."""
    file = path.rpartition("/")[2]
    stem = file[: -len(".json")] if file.lower().endswith(".json") else file
    return [*re.findall(_GUID, path)[-1:], file, stem]
