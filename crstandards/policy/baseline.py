"""The baseline: findings that were there when a team began, and are let through until they are mended.

The file is JSON, one finding a line, sorted, for merging; the last element is the word "end", so that
every finding's line ends in a comma. An entry holds a fingerprint, which survives reformatting, moving
and renaming, and the names of the references, environments, solutions and missing flows that the finding is
about: fewer of them are let through, one more is not. All else in an entry is for its readers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, product
from typing import Any, NamedTuple

from crstandards.errors import UsageError
from crstandards.findings import Finding, fingerprint
from crstandards.model import known_as
from crstandards.policy.configuration import Config
from crstandards.policy.exceptions import references_of
from crstandards.reported import Suppression

SCHEMA = "crstandards/baseline/1"
_END = "end"
_KINDS = ("references", "environments", "solutions", "flows")
"""What an entry names of a finding; of each kind the names stand in a list of the file."""
_SHOWN = ("solution", "flow", "connector", "reference", "connection")
_DEFAULTS = Config()
_STALE = "CR902"
"""The rule whose findings are about the baseline itself, among others."""


class BaselineEntry(NamedTuple):
    """One finding let through, and what it is about: names, each with its kind.

    References, solutions and flows are in lower case. `about` says in words what it is. Of a
    finding, `together` is the kind of which it holds a group; all other names stand each for itself.
    """

    rule: str
    fingerprint: str
    names: frozenset[tuple[str, str]] = frozenset()
    about: tuple[tuple[str, str], ...] = ()
    together: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What entries share that may stand for parts of one finding."""
        return self.rule, self.fingerprint

    @property
    def title(self) -> str:
        """What it is about, in words; of a group's names none."""
        references = self.of("references")
        return ", ".join((*(value for _, value in self.about), *(references if len(references) == 1 else ())))

    def of(self, kind: str) -> list[str]:
        """The names of a kind, sorted."""
        return sorted(name for its_kind, name in self.names if its_kind == kind)

    def parts(self) -> Iterator[BaselineEntry]:
        """What can be recorded apart: of each kind the single names, unless they are found together."""
        choices = []
        for kind in _KINDS:
            names = [(kind, name) for name in self.of(kind)]
            is_whole = not names or kind == self.together
            choices.append([names] if is_whole else [[name] for name in names])
        for chosen in product(*choices):
            yield self._replace(names=frozenset(chain(*chosen)))

    def covers(self, other: BaselineEntry) -> bool:
        """Whether a finding's entry is this one, or a part of it.

        What no solution declared is the same also where one declares it now.
        """
        more = {kind for kind, _ in other.names - self.names}
        is_nobodys = not self.of("solutions")
        return self.key == other.key and more <= ({"solutions"} if is_nobodys else set())

    def common(self, other: BaselineEntry) -> BaselineEntry | None:
        """What is left of this one where another is what is found today; None where that is nothing."""
        left = self._replace(names=self.names & other.names)
        if self.key != other.key or {kind for kind, _ in left.names} != {kind for kind, _ in self.names}:
            return None
        is_group = other.together == "references"
        return None if is_group and len(left.of("references")) < 2 else left


class Baseline:
    """A set of entries that findings are looked up in. `content` is the file that holds them."""

    def __init__(self, entries: Iterable[BaselineEntry] = (), content: bytes = b"") -> None:
        self.entries = tuple(dict.fromkeys(entries))
        self.content = content
        self._by_key: dict[tuple[str, str], list[BaselineEntry]] = {}
        for entry in self.entries:
            self._by_key.setdefault(entry.key, []).append(entry)

    def _alike(self, wanted: BaselineEntry) -> list[BaselineEntry]:
        return self._by_key.get(wanted.key, [])

    def covers(self, wanted: BaselineEntry) -> bool:
        """Whether a finding was recorded, each part of it by whatever entry."""
        alike = self._alike(wanted)
        return bool(alike) and all(any(entry.covers(part) for entry in alike) for part in wanted.parts())

    def suppression(self, finding: Finding, config: Config = _DEFAULTS) -> Suppression | None:
        """The suppression of a finding that the baseline holds, unless its rule takes none."""
        if not self.entries or config.is_fixed(finding.rule) or not self.covers(entry_of(finding)):
            return None
        return Suppression("baseline", "recorded in the baseline")

    def addition(self, finding: Finding) -> str:
        """What has come to a recorded group, as a sentence; "" where all of a finding is new."""
        if not self.entries:
            return ""
        wanted = entry_of(finding)
        recorded = [common.names for entry in self._alike(wanted) if (common := entry.common(wanted))]
        fresh = wanted.names.difference(*recorded)
        spelled = dict.fromkeys(name for _, name in references_of(finding))
        new = [name for name in spelled if ("references", name.lower()) in fresh]
        new += [
            f"{kind[:-1]} {name}" for kind in _KINDS[1:] for name in wanted.of(kind) if (kind, name) in fresh
        ]
        return f"New here: {', '.join(new)}. The rest was there before." if recorded and new else ""

    def stale(self, findings: Iterable[Finding]) -> tuple[BaselineEntry, ...]:
        """The entries that hold more than is found: what they recorded has been mended, or a part of it."""
        left = self._left(findings)
        return tuple(entry for entry in self.entries if left.get(entry) != entry)

    def trimmed(self, findings: Iterable[Finding]) -> Baseline:
        """This baseline without what has been fixed: entries and names in them go.

        Nothing is added, and nothing goes because a finding holds more than was recorded of it.
        """
        left = self._left(findings)
        return Baseline(left[entry] for entry in self.entries if entry in left)

    def _left(self, findings: Iterable[Finding]) -> dict[BaselineEntry, BaselineEntry]:
        left: dict[BaselineEntry, BaselineEntry] = {}
        for wanted in map(entry_of, findings):
            for entry in self._alike(wanted):
                if common := entry.common(wanted):
                    left[entry] = entry._replace(names=left.get(entry, common).names | common.names)
        return left


def can_be_recorded(rule: str, config: Config) -> bool:
    """Whether a rule's findings may be let through by a baseline at all."""
    return rule != _STALE and not config.is_fixed(rule)


def entry_of(finding: Finding) -> BaselineEntry:
    """The entry that records a finding."""
    named = {
        "references": {name.lower() for _, name in references_of(finding)},
        "environments": finding.subject.environments,
        "solutions": finding.among,
        "flows": {known_as(name) for name in finding.subject.flows},
    }
    names = frozenset((kind, name) for kind, of_kind in named.items() for name in of_kind)
    subject = finding.subject
    shown = (finding.solution, subject.flow, subject.connector, "", subject.connection)
    return BaselineEntry(
        finding.rule,
        fingerprint(finding._replace(identity=_scope(finding.identity, (name for _, name in names)))),
        names,
        tuple((key, value) for key, value in zip(_SHOWN, shown, strict=True) if value),
        finding.together,
    )


def _scope(identity: tuple[str, ...], group: Iterable[str]) -> tuple[str, ...]:
    """What makes a finding the same one, whatever has come to its group or gone from it.

    Each name is left out once: a solution, say, may be called like one of its references. An empty part
    stands where a solution would stand if it were one alone.
    """
    names = Counter(name.lower() for name in group)
    scope = []
    for part in reversed(identity):
        if names[part.lower()]:
            names[part.lower()] -= 1
        elif part:
            scope.append(part)
    return tuple(reversed(scope))


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
    return Baseline((_entry(item, path) for item in listed if item != _END), content)


def _entry(item: Any, path: str) -> BaselineEntry:
    if isinstance(item, dict) and all(isinstance(item.get(kind, []), list) for kind in _KINDS):
        rule: Any = item.get("rule")
        found: Any = item.get("fingerprint")
        names = [(kind, name) for kind in _KINDS for name in item.get(kind, [])]
        if all(isinstance(text, str) for text in (rule, found, *(name for _, name in names))):
            lower = ((kind, name.lower() if kind == "references" else name) for kind, name in names)
            about = tuple((key, item[key]) for key in _SHOWN if isinstance(item.get(key), str))
            return BaselineEntry(rule, found, frozenset(lower), about)
    raise UsageError(f"{path}: an entry without a rule and a fingerprint: {json.dumps(item)[:80]}")


def render_baseline(baseline: Baseline) -> str:
    """The baseline's file."""
    lines = sorted({_line(entry) for entry in baseline.entries})
    shown = "".join(f"    {line},\n" for line in lines)
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": [\n{shown}    "{_END}"\n  ]\n}}\n'


def _line(entry: BaselineEntry) -> str:
    content: dict[str, Any] = {"rule": entry.rule, **dict(entry.about)}
    for kind in _KINDS:
        if names := entry.of(kind):
            content[kind] = names
    content["fingerprint"] = entry.fingerprint
    # ASCII alone: names may hold lone surrogates, which no encoding can write.
    return json.dumps(content)
