"""The policy that a change is checked by, and what the change does to the policy itself.

Of exceptions in references' descriptions those count that were there before: a description lies in the source
itself, so a change that brings one would otherwise excuse itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from crstandards.errors import UsageError
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import MalformedTree
from crstandards.history.checks import Terms, Unusable, baseline_in, config_in
from crstandards.history.files import Interest, parts_of
from crstandards.policy.baseline import Baseline
from crstandards.policy.configuration import Config
from crstandards.policy.exceptions import Described, described_exceptions
from crstandards.snapshot import Tree
from crstandards.source.facts import Facts
from crstandards.source.layout import find_candidates
from crstandards.source.repository import read_solutions


class Policy(NamedTuple):
    """A configuration with its baseline; `fault` says why it is only the defaults, where that is so."""

    config: Config
    baseline: Baseline
    fault: str = ""

    @classmethod
    def default(cls) -> Policy:
        """The policy where none is written down."""
        return cls(Config(), Baseline())

    def under(self, terms: Terms) -> Terms:
        """The terms with this policy."""
        return terms._replace(config=self.config, baseline=self.baseline)


def policy_of(git: RangeGit, commit: str) -> Policy:
    """The policy in a commit. Raises UsageError where it is wrong, Unusable where it is no file."""
    config = config_in(git, commit)
    return Policy(config, baseline_in(git, commit, config))


def policy_before(git: RangeGit, commit: str) -> Policy:
    """The policy in a commit that a change starts from; the defaults where it is wrong.

    It was wrong before, and a change that mends it must be able to pass.
    """
    try:
        return policy_of(git, commit)
    except (UsageError, Unusable, MalformedTree) as error:
        return Policy.default()._replace(fault=str(error))


def changes_policy(before: Policy, after: Policy) -> bool:
    """Whether the later policy is another one: a configuration, or more baseline.

    That entries go out of a baseline is what happens when findings are mended, and no change.
    """
    if before.fault or before.config.decided() != after.config.decided():
        return True
    return not all(map(before.baseline.covers, after.baseline.entries))


def is_same(one: Policy, other: Policy) -> bool:
    """Whether two policies let the same through."""
    return one is other or not (changes_policy(one, other) or changes_policy(other, one))


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
    lets_in = Interest.of(config).lets_in
    files = [part.file for part in parts_of(git, commit) if part.kind != "flow" and lets_in(part.file.path)]
    return described_exceptions(read_solutions(Tree(git, commit), find_candidates(files), facts), config)
