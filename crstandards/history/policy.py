"""The policy that a change is checked by, and what the change does to the policy itself.

Of exceptions in references' descriptions those count that were there before: a description lies in the source
itself, so a change that brings one would otherwise excuse itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from crstandards.errors import UsageError
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import MalformedTree
from crstandards.history.checks import Terms, Unusable, baseline_in, config_in
from crstandards.history.files import Interest, parts_of
from crstandards.policy import CONFIG_FILE
from crstandards.policy.baseline import Baseline
from crstandards.policy.configuration import Config
from crstandards.policy.exceptions import Described, Exceptions, described_exceptions
from crstandards.reported import Report
from crstandards.rules.wording import listed
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

    def without(self, before: Policy) -> Policy:
        """The policy, of its exceptions those alone that an earlier one has not."""
        fresh = tuple(entry for entry in self.config.exceptions if entry not in before.config.exceptions)
        return self._replace(config=self.config._replace(exceptions=fresh))

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


class Arriving(NamedTuple):
    """The exceptions that come with a change, which no finding of that change is excused by."""

    policy: Policy | None = None
    described: tuple[Brought, ...] = ()

    def named_in(self, report: Report) -> Report:
        """The report, whose findings first name the exception or the record that would let them through."""
        if self.policy is None:
            return report
        config, baseline = self.policy.config, self.policy.baseline
        # Whether one is over depends on the day, and one that has just been written is not.
        excepted = Exceptions(config, date.min).apply((item.finding for item in report.findings), ())
        findings = []
        for item, excused in zip(report.findings, excepted.suppressions, strict=True):
            finding, path = item.finding, config.path or CONFIG_FILE
            named = {name.lower() for name in finding.subject.names}
            described = [
                one.reference
                for one in self.described
                if one.rule == finding.rule and one.reference.lower() in named
            ]
            told = ""
            if excused:
                told = f'The exception in {path} ("{excused.reason}") comes with this change. {_FIRST}'
            elif baseline.suppression(finding, config):
                told = f"The record in the baseline comes with this change. {_FIRST}"
            elif described:
                told = (
                    f"The exception in the description of {listed(described)} comes with this change, and no "
                    f"change can excuse itself. Write it into {path}, and merge that first."
                )
            if told and item.suppressed is None:
                item = item._replace(finding=finding._replace(help=f"{told}\n{finding.help}".rstrip()))
            findings.append(item)
        return report._replace(findings=tuple(findings))


_FIRST = "No change can excuse itself: merge it first, as a change of its own."


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
