"""Which findings the configured exceptions silence, and which exceptions have become stale."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from crstandards.findings import Finding, Suppression
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.config import ExceptionEntry
from crstandards.policy.patterns import name_matches, path_matches

if TYPE_CHECKING:
    from datetime import date

_GUID: Final = "(?i:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
_FLOW_FOLDERS: Final = ("workflows", "modernflows")


class Applied(NamedTuple):
    """What exceptions do to a list of findings: for each finding its suppression or None.

    `used` holds the indexes of the exceptions that match a finding, be it only some members of a group.
    """

    suppressions: tuple[Suppression | None, ...]
    used: frozenset[int]


class StaleException(NamedTuple):
    """An exception without effect: its position, and why."""

    position: int
    why: Literal["locked", "expired", "unused"]


def apply_exceptions(
    findings: Iterable[Finding],
    exceptions: Sequence[ExceptionEntry],
    as_of: date,
    locked: Collection[str] = (),
) -> Applied:
    """Find the exception for each finding; the first that covers it gives the reason."""
    by_rule: dict[str, list[tuple[int, ExceptionEntry]]] = {}
    for index, entry in enumerate(exceptions):
        if _has_effect(entry, as_of, locked):
            by_rule.setdefault(entry.rule, []).append((index, entry))
    suppressions: list[Suppression | None] = []
    used: set[int] = set()
    for finding in findings:
        suppression = None
        for index, entry in by_rule.get(finding.rule, ()):
            if not _concerns(entry, finding):
                continue
            used.add(index)
            if suppression is None and _covers_members(entry, finding):
                suppression = Suppression("exception", entry.reason)
        suppressions.append(suppression)
    return Applied(tuple(suppressions), frozenset(used))


def suppression_for(
    finding: Finding, exceptions: Sequence[ExceptionEntry], as_of: date, locked: Collection[str] = ()
) -> Suppression | None:
    """The exception that silences one finding, if any does."""
    return apply_exceptions((finding,), exceptions, as_of, locked).suppressions[0]


def stale_exceptions(
    exceptions: Sequence[ExceptionEntry], used: Collection[int], as_of: date, locked: Collection[str] = ()
) -> tuple[StaleException, ...]:
    """The exceptions that have no effect, given those that `apply_exceptions` found used.

    Only a whole check, with all rules, can tell that an exception is unused.
    """
    return tuple(_stale(exceptions, used, as_of, locked))


def excepted_references(
    exceptions: Sequence[ExceptionEntry],
    rule: str,
    solution: str,
    connector: str,
    as_of: date,
    *,
    path: str = "",
    locked: Collection[str] = (),
) -> tuple[str, ...]:
    """Patterns of the references that a rule's exceptions allow for one connector of one solution.

    `path` is that of the file which declares them. An exception that names no references allows all;
    one that selects by what a declaration doesn't have (a flow, an alias) allows none.
    """
    allowed: dict[str, None] = {}
    for entry in exceptions:
        applies = (
            entry.rule == rule
            and _has_effect(entry, as_of, locked)
            and not (entry.flow or entry.alias or entry.environment or entry.connection)
            and (not entry.solution or name_matches(entry.solution, solution))
            and (not entry.connector or name_matches(entry.connector, connector))
            and (not entry.path or path_matches(entry.path, path))
        )
        if applies:
            allowed.update(dict.fromkeys(entry.references or ("*",)))
    return tuple(allowed)


def _has_effect(entry: ExceptionEntry, as_of: date, locked: Collection[str]) -> bool:
    barred = entry.rule == ALWAYS_ERROR or entry.rule in locked
    return not barred and (entry.expires is None or as_of <= entry.expires)


def _stale(
    exceptions: Sequence[ExceptionEntry], used: Collection[int], as_of: date, locked: Collection[str]
) -> Iterator[StaleException]:
    for index, entry in enumerate(exceptions):
        if entry.rule == ALWAYS_ERROR or entry.rule in locked:
            yield StaleException(index, "locked")
        elif not _has_effect(entry, as_of, locked):
            yield StaleException(index, "expired")
        elif index not in used:
            yield StaleException(index, "unused")


def _concerns(entry: ExceptionEntry, finding: Finding) -> bool:
    """All selectors match; of the references, environments and connections at least one."""
    members = _named(finding, "references", "reference")
    return (
        (not entry.solution or name_matches(entry.solution, finding.solution))
        and (not entry.path or path_matches(entry.path, finding.place.path))
        and (not entry.connector or _all_match(entry.connector, _named(finding, "connector")))
        and (not entry.alias or _any_match((entry.alias,), _named(finding, "alias", "aliases")))
        and (not entry.connection or _any_match((entry.connection,), _connections(finding)))
        and (not entry.flow or any(name_matches(entry.flow, name) for name in _flow_names(finding)))
        and (not entry.environment or _any_match((entry.environment,), _environments(finding)))
        and (not entry.references or _any_match(entry.references, members))
    )


def _covers_members(entry: ExceptionEntry, finding: Finding) -> bool:
    """Of an entry that concerns a finding: no member of a group is left that it doesn't speak of."""
    members = _named(finding, "references", "reference")
    flows = _named(finding, "flows")
    return (
        (not entry.references or all(_any_match(entry.references, (name,)) for name in members))
        and (not entry.flow or all(_any_match((entry.flow,), _flow_names_in(flow)) for flow in flows))
        and (not entry.environment or _all_match(entry.environment, _environments(finding)))
        and (not entry.connection or _all_match(entry.connection, _connections(finding)))
    )


def _any_match(patterns: tuple[str, ...], names: Iterable[str]) -> bool:
    return any(name_matches(pattern, name) for name in names for pattern in patterns)


def _all_match(pattern: str, names: Collection[str]) -> bool:
    return bool(names) and all(name_matches(pattern, name) for name in names)


def _connections(finding: Finding) -> tuple[str, ...]:
    return _named(finding, "connections", "connection")


def _environments(finding: Finding) -> tuple[str, ...]:
    return _named(finding, "environments", "environment")


def _named(finding: Finding, *keys: str) -> tuple[str, ...]:
    """The names under the first of these keys: one, a list, or lists by solution."""
    value = next((finding.data[key] for key in keys if finding.data.get(key)), ())
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Mapping):
        return tuple(name for names in value.values() for name in names)
    return tuple(value)


def _flow_names(finding: Finding) -> Iterator[str]:
    """The names by which a person may call the flow of a finding."""
    yield from _named(finding, "flow")
    for name in _named(finding, "flows"):
        yield from _flow_names_in(name)
    *folders, file = finding.place.path.split("/")
    if not file.lower().endswith(".json"):
        return
    is_flow = any(folder.lower() in _FLOW_FOLDERS for folder in folders[-2:])
    names = list(_flow_names_in(finding.place.path))
    # Of a package, the file is called the same for every flow.
    yield from names if is_flow or re.search(_GUID, file) else names[:-2]


def _flow_names_in(path: str) -> Iterator[str]:
    """The names in a flow's path: its GUID, the file's name, and that without its ending."""
    yield from re.findall(_GUID, path)[-1:]
    file = path.rpartition("/")[2]
    yield file
    yield file[: -len(".json")] if file.lower().endswith(".json") else file
