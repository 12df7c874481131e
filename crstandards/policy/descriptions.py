"""Exceptions that makers write into a reference's own description, in the portal.

`crstandards: allow CR201 two shared mailboxes` in the description of a reference counts like an
exception of the configuration for that reference in its solution. The description survives export.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from crstandards.findings import Finding, Suppression
from crstandards.model import ConnectionReference, Solution
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.config import Config

_ALLOW = re.compile(r"crstandards:[ \t]*allow[ \t]+(CR\d{3})\b[ \t:,-]*([^\r\n]*)", re.IGNORECASE)


class Described(NamedTuple):
    """One such exception. An empty `reason` leaves it without effect."""

    rule: str
    reason: str
    solution: Solution
    reference: ConnectionReference

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is for: its rule, its solution's unique name and its reference's name."""
        return self.rule, self.solution.unique_name.lower(), self.reference.key


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


def has_effect(described: Described, locked: Collection[str]) -> bool:
    """Whether it can silence anything: it gives a reason, and its rule takes exceptions."""
    return bool(described.reason) and described.rule != ALWAYS_ERROR and described.rule not in locked


class Descriptions:
    """Looks up what descriptions say of findings."""

    def __init__(self, described: Iterable[Described], locked: Collection[str]) -> None:
        self._reasons: dict[tuple[str, str, str], str] = {}
        for item in described:
            if has_effect(item, locked):
                self._reasons.setdefault(item.key, item.reason)

    def suppression(self, finding: Finding) -> Suppression | None:
        """The suppression of a finding of which every reference says in its description that it may be."""
        members = list(_members(finding))
        reasons = [self._reasons.get((finding.rule, *member)) for member in members]
        if not members or None in reasons:
            return None
        return Suppression("description", "; ".join(dict.fromkeys(filter(None, reasons))))


def _members(finding: Finding) -> Iterator[tuple[str, str]]:
    """A finding's references as (solution, name), in lower case."""
    references = finding.data.get("references") or finding.data.get("reference") or ()
    if isinstance(references, str):
        references = (references,)
    if isinstance(references, Mapping):
        for solution, names in references.items():
            yield from ((solution.lower(), name.lower()) for name in names)
    else:
        yield from ((finding.solution.lower(), name.lower()) for name in references)
