"""The policy that a change is judged by, and what the change does to the policy itself."""

from __future__ import annotations

from typing import NamedTuple

from crstandards.errors import UsageError
from crstandards.git import MalformedTree
from crstandards.git_ranges import RangeGit
from crstandards.history.checks import Terms, Unusable, baseline_in, config_in
from crstandards.policy.baseline import Baseline
from crstandards.policy.configuration import Config


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
