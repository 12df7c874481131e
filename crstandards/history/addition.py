"""What one tree adds to another, told from as little of them as is enough: a push has to wait for it."""

from __future__ import annotations

from crstandards.check.reporting import report_of
from crstandards.check.session import Session, everything
from crstandards.environments import World
from crstandards.git.ranges import RangeGit
from crstandards.history.checks import Checks, Terms
from crstandards.history.compare import added
from crstandards.history.files import parts_of
from crstandards.history.tree_check import seen_by_others
from crstandards.model import Solution
from crstandards.policy.configuration import Config, severity_of
from crstandards.reported import Report
from crstandards.snapshot import Tree
from crstandards.source.facts import Facts


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
        """Whether no rule that could refuse needs more than solutions to decide by."""
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
        sessions = [self._session(commit, new) for commit in (old, new)]
        before, after = (set(session.candidates) for session in sessions)
        whole = {candidate.folder for candidate in before ^ after}
        while True:
            read = [session.read(whole.__contains__) for session in sessions]
            worlds = [session.world_of(found) for session, found in zip(sessions, read, strict=True)]
            reached = _reached(worlds[0], worlds[1], bool(self._config.environments))
            if reached is None:
                return None
            if reached <= whole:
                break
            whole |= reached
        earlier, later = (
            session.findings(everything, world, [item for item in world.solutions if item.folder in whole])
            for session, world in zip(sessions, worlds, strict=True)
        )
        sessions[1].compare_with(lambda: Tree(self._git, old))
        return report_of(sessions[1], added(later, earlier), worlds[1].solutions, world=worlds[1])

    def _session(self, commit: str, new: str) -> Session:
        return Session(
            Tree(self._git, commit),
            self._config,
            [rule for rule in self._terms.rules if rule.is_followed],
            self._checks.day(new),
            facts=self._facts,
            files=[part.file for part in parts_of(self._git, commit)],
            baseline=self._terms.baseline,
        )


def _reached(before: World, after: World, has_environments: bool) -> set[str] | None:
    """The folders of solutions whose findings may differ because another solution does; None for all."""
    if list(before.own_endpoint) != list(after.own_endpoint):
        return None

    def seen(solution: Solution | None) -> object:
        return solution and seen_by_others(solution, has_environments)

    old, new = ({(it.folder, it.layout): it for it in world.solutions} for world in (before, after))
    names = {
        solution.base_name
        for key in old.keys() | new.keys()
        if seen(old.get(key)) != seen(new.get(key))
        for solution in (old.get(key), new.get(key))
        if solution is not None
    }
    if "" in names and has_environments:
        # Nobody knows in which environments it is.
        return None
    if any(_calls(old.get(key)) != _calls(new.get(key)) for key in old.keys() | new.keys()):
        # Flows of any solution may run these, or be run by them.
        return None
    for world in (before, after):
        for environment in world.environments:
            members = {member.base_name for member in environment.solutions}
            if members & names:
                names |= members
    return {
        solution.folder
        for world in (before, after)
        for solution in world.solutions
        if solution.base_name in names
    }


def _calls(solution: Solution | None) -> set[object]:
    """The flows that run others, or that others cannot run, and which of those they run are beside them."""
    if solution is None or not solution.is_solution:
        return set()
    beside = {flow.guid for flow in solution.flows}
    return {
        (flow.guid, bool(flow.of_invoker()), frozenset((it.child, it.child in beside) for it in flow.calls))
        for flow in solution.flows
        if flow.calls or flow.of_invoker()
    }
