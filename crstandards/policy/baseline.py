"""The baseline: findings that were there when a team began, and are let through until they are mended.

The file is JSON, one finding a line, sorted, for merging; the last element is the word "end", so that
every finding's line ends in a comma. An entry holds a fingerprint, which survives reformatting, moving
and renaming, and the names of the references, environments, solutions and missing flows that the finding is
about: fewer of them are let through, one more is not. All else in an entry is for its readers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from crstandards.errors import UsageError
from crstandards.findings import Finding, Suppression, fingerprint
from crstandards.policy import ALWAYS_ERROR

SCHEMA = "crstandards/baseline/1"
_END = "end"
_GROUPS = ("CR201", "CR205", "CR301", "CR305")
"""Rules that find several references together. What others name, each name stands for itself."""
_CONFLICTS = ("CR302", "CR303")
"""Rules that find several solutions together."""
_SHOWN = ("solution", "flow", "connector", "reference", "connection")


class Entry(NamedTuple):
    """One finding let through: the references, environments, solutions and flows that it is about.

    References, solutions and flows are in lower case. `about` says in words what it is.
    """

    rule: str
    fingerprint: str
    references: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
    solutions: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()
    about: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What entries share that may stand for parts of one finding."""
        return self.rule, self.fingerprint

    @property
    def title(self) -> str:
        """What it is about, in words; of a group's names none."""
        names = self.references if len(self.references) == 1 else ()
        return ", ".join((*(value for _, value in self.about), *names))

    def parts(self) -> Iterator[Entry]:
        """What can be recorded apart: of each kind the single names, unless they are found together."""
        sets = (
            _singly(self.references, self.rule in _GROUPS),
            _singly(self.environments, together=False),
            _singly(self.solutions, self.rule in _CONFLICTS),
            _singly(self.flows, together=False),
        )
        for references, environments, solutions, flows in product(*sets):
            yield self._replace(
                references=references, environments=environments, solutions=solutions, flows=flows
            )

    def covers(self, other: Entry) -> bool:
        """Whether a finding's entry is this one, or a part of it."""
        return self.key == other.key and all(theirs <= mine for mine, theirs in self._pairs(other))

    def common(self, other: Entry) -> Entry | None:
        """What is left of this one where another is what is found today; None where that is nothing."""
        left = [mine & theirs for mine, theirs in self._pairs(other)]
        gone = any(mine and not shared for (mine, _), shared in zip(self._pairs(other), left, strict=True))
        if self.key != other.key or gone or (self.rule in _GROUPS and len(left[0]) < 2):
            return None
        return self._replace(references=left[0], environments=left[1], solutions=left[2], flows=left[3])

    def _pairs(self, other: Entry) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
        return (
            (self.references, other.references),
            (self.environments, other.environments),
            (self.solutions, other.solutions),
            (self.flows, other.flows),
        )


def _singly(names: frozenset[str], together: bool) -> list[frozenset[str]]:
    return [names] if together or not names else [frozenset({name}) for name in sorted(names)]


class Baseline:
    """A set of entries that findings are looked up in."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.entries = tuple(dict.fromkeys(entries))
        self._by_key: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.entries:
            self._by_key.setdefault(entry.key, []).append(entry)

    def _alike(self, wanted: Entry) -> list[Entry]:
        return self._by_key.get(wanted.key, [])

    def covers(self, wanted: Entry) -> bool:
        """Whether a finding was recorded, each part of it by whatever entry."""
        alike = self._alike(wanted)
        return bool(alike) and all(any(entry.covers(part) for entry in alike) for part in wanted.parts())

    def suppression(self, finding: Finding, locked: Collection[str] = ()) -> Suppression | None:
        """The suppression of a finding that the baseline holds, unless its rule takes none."""
        if not self.entries or finding.rule == ALWAYS_ERROR or finding.rule in locked:
            return None
        return Suppression("baseline", "recorded in the baseline") if self.covers(entry_of(finding)) else None

    def addition(self, finding: Finding) -> str:
        """What has come to a recorded group, as a sentence; "" where all of a finding is new."""
        if not self.entries:
            return ""
        wanted = entry_of(finding)
        recorded = [common for entry in self._alike(wanted) if (common := entry.common(wanted))]
        references, environments, solutions, flows = (
            theirs.difference(*mine)
            for theirs, *mine in zip(
                (wanted.references, wanted.environments, wanted.solutions, wanted.flows),
                *((item.references, item.environments, item.solutions, item.flows) for item in recorded),
                strict=True,
            )
        )
        new = [name for name in dict.fromkeys(_references(finding)) if name.lower() in references]
        new += [f"environment {name}" for name in sorted(environments)]
        new += [f"solution {name}" for name in sorted(solutions)]
        new += [f"flow {name}" for name in sorted(flows)]
        return f"New here: {', '.join(new)}. The rest was there before." if recorded and new else ""

    def stale(self, findings: Iterable[Finding]) -> tuple[Entry, ...]:
        """The entries that hold more than is found: what they recorded has been mended, or a part of it."""
        left = self._left(findings)
        return tuple(entry for entry in self.entries if left.get(entry) != entry)

    def trimmed(self, findings: Iterable[Finding]) -> Baseline:
        """This baseline without what has been mended: entries, references and environments go.

        Nothing is added, and nothing goes because a finding holds more than was recorded of it.
        """
        left = self._left(findings)
        return Baseline(left[entry] for entry in self.entries if entry in left)

    def _left(self, findings: Iterable[Finding]) -> dict[Entry, Entry]:
        left: dict[Entry, Entry] = {}
        for finding in findings:
            wanted = entry_of(finding)
            for entry in self._alike(wanted):
                if common := entry.common(wanted):
                    known = left.get(entry, common)
                    left[entry] = entry._replace(
                        references=known.references | common.references,
                        environments=known.environments | common.environments,
                        solutions=known.solutions | common.solutions,
                        flows=known.flows | common.flows,
                    )
        return left


def can_be_recorded(rule: str, locked: Collection[str]) -> bool:
    """Whether a rule's findings may be let through by a baseline at all."""
    return rule not in (ALWAYS_ERROR, "CR902") and rule not in locked


def entry_of(finding: Finding) -> Entry:
    """The entry that records a finding."""
    references = frozenset(name.lower() for name in _references(finding))
    environments = frozenset(finding.data.get("environments", ()))
    flows = frozenset(name.lower() for name in finding.data.get("flows", ()))
    group = (*references, *environments, *finding.among, *flows)
    shown = {**finding.data, "solution": finding.solution, "reference": ""}
    return Entry(
        finding.rule,
        fingerprint(finding._replace(identity=_scope(finding.identity, group))),
        references,
        environments,
        frozenset(finding.among),
        flows,
        tuple((key, shown[key]) for key in _SHOWN if isinstance(shown.get(key), str) and shown[key]),
    )


def _references(finding: Finding) -> Iterable[str]:
    references = finding.data.get("references")
    if isinstance(references, Mapping):
        return [name for names in references.values() for name in names]
    # A rule that can name several names one like this: the group is the same when one is left of it.
    return references or filter(None, [finding.data.get("reference")])


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
    return Baseline(_entry(item, path) for item in listed if item != _END)


def _entry(item: Any, path: str) -> Entry:
    if isinstance(item, dict):
        rule, found = item.get("rule"), item.get("fingerprint")
        named = [_names(item, key) for key in ("references", "environments", "solutions", "flows")]
        if isinstance(rule, str) and isinstance(found, str) and None not in named:
            references, environments, solutions, flows = (frozenset(names or ()) for names in named)
            about = tuple((key, item[key]) for key in _SHOWN if isinstance(item.get(key), str))
            lower = frozenset(name.lower() for name in references)
            return Entry(rule, found, lower, environments, solutions, flows, about)
    raise UsageError(f"{path}: an entry without a rule and a fingerprint: {json.dumps(item)[:80]}")


def _names(item: Mapping[str, Any], key: str) -> frozenset[str] | None:
    """A list of names in an entry; None for what is none."""
    names = item.get(key, [])
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return frozenset(names) if is_list else None


def render_baseline(baseline: Baseline) -> str:
    """The baseline's file."""
    lines = sorted({_line(entry) for entry in baseline.entries})
    shown = "".join(f"    {line},\n" for line in lines)
    return f'{{\n  "schema": "{SCHEMA}",\n  "findings": [\n{shown}    "{_END}"\n  ]\n}}\n'


def _line(entry: Entry) -> str:
    content: dict[str, Any] = {"rule": entry.rule, **dict(entry.about)}
    for key in ("references", "environments", "solutions", "flows"):
        if names := getattr(entry, key):
            content[key] = sorted(names)
    content["fingerprint"] = entry.fingerprint
    # ASCII alone: names may hold lone surrogates, which no encoding can write.
    return json.dumps(content)
