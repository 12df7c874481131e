"""What one tree adds to another, told from as little of them as is enough: a push has to wait for it."""

from __future__ import annotations

from collections.abc import Iterable

from crstandards.check.session import Session
from crstandards.findings import Finding, Report
from crstandards.git_ranges import RangeGit
from crstandards.history.checks import Checks, Terms
from crstandards.history.compare import added
from crstandards.history.judge import Judge, Verdict, declared, names_used
from crstandards.history.states import Files, Step, interest_of, parts_of, state_of_parts
from crstandards.policy.configuration import Config, severity_of
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
        environments = self._config.environments
        if any(environment.settings or environment.inventory for environment in environments):
            return False
        names = [(), *((environment.name,) for environment in environments)]
        return all(
            severity_of(rule.id, rule.severity, self._config, given) != "error"
            for rule in self._terms.rules
            if not rule.sees
            for given in names
        )

    def _quickly(self, new: str, old: str) -> Report | None:
        """As `added`, from the solutions that a difference can reach; None where that may be any.

        Of what is the same in both trees and cannot be reached, no flows are read: its findings are
        the same too, and need not be known.
        """
        interest = interest_of(self._config)
        later, earlier = (state_of_parts(parts_of(self._git, commit), interest) for commit in (new, old))
        bare = {
            home: _without_flows(files)
            for home, files in later.homes.items()
            if earlier.homes.get(home) == files
        }
        judge = Judge(Tree(self._git, new), self._config, self._terms.rules, self._facts)
        day = self._checks.day(new)
        while True:
            before, after = (
                judge.judge(Step(state._replace(homes={**state.homes, **bare}), None), day)
                for state in (earlier, later)
            )
            reached = _reached(before, after, bool(self._config.environments))
            if reached is None:
                return None
            if not bare.keys() & reached:
                break
            bare = {home: files for home, files in bare.items() if home not in reached}
        found = added(list(_findings(after)), list(_findings(before)))
        session = Session(
            Tree(self._git, new),
            self._config,
            self._terms.rules,
            day,
            facts=self._facts,
            files=list(after.state.files()),
            baseline=self._terms.baseline,
        )
        return session.report_of(found, tuple(after.solutions.values()), world=after.world)


def _reached(before: Verdict, after: Verdict, has_environments: bool) -> set[str] | None:
    """The homes of solutions whose findings may differ because another solution does; None for all."""
    if list(before.world.own_endpoint) != list(after.world.own_endpoint):
        return None
    names = {
        solution.base_name
        for key in before.solutions.keys() | after.solutions.keys()
        for pair in ((before.solutions.get(key), after.solutions.get(key)),)
        if declared(pair[0]) != declared(pair[1])
        or (has_environments and names_used(pair[0]) != names_used(pair[1]))
        for solution in pair
        if solution is not None
    }
    if "" in names and has_environments:
        # Nobody knows in which environments it is.
        return None
    for verdict in (before, after):
        for environment in verdict.world.environments:
            members = {member.base_name for member in environment.solutions}
            if members & names:
                names |= members
    return {
        home
        for verdict in (before, after)
        for home, territory in verdict.territories.items()
        if any(solution.base_name in names for solution in territory.solutions)
    }


def _without_flows(files: Files) -> Files:
    return {path: file for path, file in files.items() if not is_flow(path)}


def _findings(verdict: Verdict) -> Iterable[Finding]:
    return (finding for found in verdict.findings.values() for finding in found)
