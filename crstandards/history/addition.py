"""What one tree adds to another, told from as little of them as is enough: a push has to wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crstandards.engine import Inspector
from crstandards.findings import Finding, Report
from crstandards.git import RangeGit
from crstandards.history.checks import Checks, Terms
from crstandards.history.compare import added
from crstandards.history.judge import Judge, Verdict, declared, names_used
from crstandards.history.scope import SCOPES
from crstandards.history.states import Files, State, Step, reads, state_of
from crstandards.policy.config import Config, severity_of
from crstandards.snapshot import Tree
from crstandards.source.facts import Facts
from crstandards.source.names import is_flow


class Additions:
    """Compares trees under one policy, that of the terms."""

    def __init__(self, git: RangeGit, terms: Terms, config: Config, facts: Facts) -> None:
        self._git = git
        self._terms = terms
        self._config = config
        self._facts = facts
        self._checks = Checks(git, terms, facts)

    def all(self, new: str) -> Report:
        """The report on a commit."""
        return self._checks.report(new)

    def added(self, new: str, old: str) -> Report:
        """The report on a commit without what another one has already."""
        report = self._quickly(new, old) if self._can_be_quick() else None
        return report or self._checks.new(new, old)

    def _can_be_quick(self) -> bool:
        """Whether no rule that could refuse needs more than solutions to judge by."""
        if any(environment.settings or environment.inventory for environment in self._config.environments):
            return False
        return all(
            severity_of(rule.id, rule.severity, self._config) != "error"
            for rule in self._terms.rules
            if rule.id not in SCOPES and not rule.id.startswith(("CR4", "CR6"))
        )

    def _quickly(self, new: str, old: str) -> Report | None:
        """As `added`, from the solutions that differ and what the others declare; None where that won't do.

        What is the same in both trees has the same findings as long as no declaration differs, so
        those need not be known.
        """
        read = reads(self._config)
        later, earlier = (state_of(Tree(self._git, commit).files(), read) for commit in (new, old))
        same = {home for home, files in later.homes.items() if earlier.homes.get(home) == files}
        judge = Judge(Tree(self._git, new), self._config, self._terms.rules, self._facts)
        day = self._checks.day(new)
        before, after = (
            judge.judge(Step(_without_flows(state, same), None), day) for state in (earlier, later)
        )
        if _declares(before) != _declares(after) or (
            self._config.environments and _uses(before) != _uses(after)
        ):
            return None
        found = added(list(_findings(after)), list(_findings(before)))
        inspector = Inspector(
            Tree(self._git, new),
            self._config,
            self._terms.rules,
            day,
            facts=self._facts,
            baseline=self._terms.baseline,
            config_text=self._terms.config_text,
        )
        return inspector.report_of(found, tuple(after.solutions.values()))


def _without_flows(state: State, homes: Iterable[str]) -> State:
    """A state in which these homes have no flows."""
    bare: dict[str, Files] = {
        home: {path: file for path, file in state.homes[home].items() if not is_flow(path)} for home in homes
    }
    return state._replace(homes={**state.homes, **bare})


def _findings(verdict: Verdict) -> Iterable[Finding]:
    return (finding for found in verdict.findings.values() for finding in found)


def _declares(verdict: Verdict) -> Mapping[object, object]:
    return {key: declared(solution) for key, solution in verdict.solutions.items()}


def _uses(verdict: Verdict) -> Mapping[object, object]:
    return {key: names_used(solution) for key, solution in verdict.solutions.items()}
