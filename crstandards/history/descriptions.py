"""Which exceptions in references' descriptions count where a change is judged: those of before it.

A description lies in the source itself, so a change that brings one would otherwise excuse itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from crstandards.git_ranges import RangeGit
from crstandards.history.states import interest_of, parts_of
from crstandards.policy.configuration import Config
from crstandards.policy.exceptions import Described, described_exceptions
from crstandards.snapshot import Tree
from crstandards.source.facts import Facts
from crstandards.source.layout import find_candidates
from crstandards.source.repository import read_solutions


class Brought(NamedTuple):
    """An exception in a description that a change brings: for a rule, by its id, and a reference."""

    rule: str
    reference: str

    def __str__(self) -> str:
        return f"{self.reference} ({self.rule})"


def as_before(git: RangeGit, config: Config, commit: str | None, facts: Facts) -> Config:
    """The configuration, honouring only the descriptions that a commit holds; None: there is none."""
    if not config.description_exceptions:
        return config
    found = () if commit is None else _described(git, config._replace(described=None), commit, facts)
    return config._replace(described=frozenset(item.key for item in found))


def brought(git: RangeGit, config: Config, commit: str, facts: Facts) -> list[Brought]:
    """The exceptions in a commit's descriptions that a configuration does not honour yet, each once."""
    if not config.description_exceptions or config.described is None:
        return []
    found = _described(git, config._replace(described=None), commit, facts)
    fresh = (item for item in found if item.key not in config.described)
    return list(dict.fromkeys(Brought(item.rule, item.reference.logical_name) for item in fresh))


def _described(git: RangeGit, config: Config, commit: str, facts: Facts) -> Iterable[Described]:
    """All exceptions in a commit's descriptions. No flow is read for them."""
    lets_in = interest_of(config).lets_in
    files = [part.file for part in parts_of(git, commit) if part.kind != "flow" and lets_in(part.file.path)]
    return described_exceptions(read_solutions(Tree(git, commit), find_candidates(files), facts), config)
