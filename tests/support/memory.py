"""Solutions as trees in memory, and the check of such a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy import CONFIG_FILE
from crstandards.policy.configuration import Config, parse_config
from crstandards.reported import Reported
from crstandards.rules import RULES
from crstandards.snapshot import Content, File, Origin
from crstandards.source.facts import Facts

AS_OF = date(2027, 1, 15)

Tree = Mapping[str, bytes]


class Memory:
    """A snapshot of a tree in memory."""

    origin: Origin = "worktree"

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def files(self) -> Sequence[File]:
        return [File(path) for path in sorted(self._tree)]

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        for file in files:
            data = self._tree[file.path]
            yield Content(file, b"", "it is too large") if len(data) > limit else Content(file, data)


class Seen(NamedTuple):
    """What is compared of a finding: the rule, what survives harmless changes, and where it stands."""

    rule: str
    severity: str
    fingerprint: str
    path: str
    line: str
    message: str

    @property
    def identity(self) -> tuple[str, str, str]:
        """What a harmless change keeps."""
        return self.rule, self.severity, self.fingerprint


def check(tree: Tree) -> list[Seen]:
    """All that the rules find in a tree; its configuration lies in it."""
    return list(_check(tuple(sorted(tree.items()))))


@lru_cache(maxsize=64)
def _check(items: tuple[tuple[str, bytes], ...]) -> tuple[Seen, ...]:
    tree = dict(items)
    text = tree.get(CONFIG_FILE)
    config = parse_config(text, CONFIG_FILE) if text else Config()
    report = full_report(Session(Memory(tree), config, RULES, AS_OF, Facts(), whole=True))
    return tuple(map(_seen, report.findings))


def _seen(reported: Reported) -> Seen:
    finding = reported.finding
    return Seen(
        reported.rule.id,
        reported.severity,
        reported.fingerprint,
        reported.span.path,
        reported.span.excerpt,
        finding.message,
    )
