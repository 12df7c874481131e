"""Whole checks of single commits, and which of their findings are new."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from crstandards.check.changes import changes_between
from crstandards.check.reporting import found_by, report_of
from crstandards.check.session import Focus, Session
from crstandards.check.stale import RULE_ID as STALE
from crstandards.environments import World
from crstandards.errors import FatalError, NotVerified
from crstandards.findings import Finding, Rule
from crstandards.git.ranges import RangeGit
from crstandards.history.compare import added, grown, pair
from crstandards.history.log import day_of
from crstandards.model import Solution
from crstandards.policy import CONFIG_FILES
from crstandards.policy.baseline import Baseline, read_baseline
from crstandards.policy.configuration import Config, find_config
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.reported import Before, Changes, Report, Reported
from crstandards.rules.wording import names_of
from crstandards.snapshot import File, Tree
from crstandards.source.facts import Facts

CONFIG_LIMIT = 1024 * 1024
BASELINE_LIMIT = 64 * 1024 * 1024


class Unusable(NotVerified):
    """A file of the policy is there, and is no file that can be read: a link, say."""


class Terms(NamedTuple):
    """What commits are judged by. Without `config`, each is judged by its own.

    `baseline` goes with `config`. `as_of` stands in for the commits' days. `solutions` are patterns of the
    names that are reported on; none means all.
    """

    rules: tuple[Rule, ...]
    config: Config | None = None
    baseline: Baseline | None = None
    as_of: date | None = None
    solutions: tuple[str, ...] = ()

    def concerns(self, solution: str) -> bool:
        """Whether a solution of this unique name is reported on."""
        return not self.solutions or any(name_matches(pattern, solution) for pattern in self.solutions)


class Checks:
    """Checks commits whole, each as `check --rev` does, and reads each blob once for all of them."""

    def __init__(self, git: RangeGit, terms: Terms, facts: Facts) -> None:
        self._git = git
        self._terms = terms
        self._facts = facts
        self._reports: dict[tuple[str, str], Report] = {}
        self._earlier: list[tuple[str, Config, Sequence[Reported]]] = []
        self._worlds: dict[tuple[str, str], World] = {}

    def report(self, commit: str, base: str = "") -> Report:
        """The report on a commit, whose advice looks at what was there before, in an older one."""
        key = (commit, base)
        if key not in self._reports:
            session = self._session(commit, self.config(commit), self.day(commit), self._terms.rules)
            session.compare_with(lambda: Tree(self._git, base) if base else None)
            self._reports[key] = self._report(session)
            if not any(environment.inventory for environment in session.config.environments):
                self._worlds[commit, commit] = session.world
        return self._reports[key]

    def new(self, commit: str, old: str) -> Report:
        """The report on a commit without what an older one has already, both under one policy.

        What a new inventory alone tells is no fault of whoever brings it: it is a warning at most.
        """
        report, before = self.report(commit, old), [item.finding for item in self._before(commit, old)]
        kept = {id(item) for item in added([item.finding for item in report.findings], before)}
        found = [item for item in report.findings if id(item.finding) in kept]
        live = [
            item.finding for item in found if item.severity == "error" and _is_told_by_inventories(item.rule)
        ]
        told = self._told_by_inventories(commit, old, live) if live else ()
        return narrowed(
            report,
            [item._replace(severity="warning") if id(item.finding) in told else item for item in found],
        )

    def _told_by_inventories(self, commit: str, old: str, findings: Sequence[Finding]) -> set[int]:
        """Those of a commit's findings, by `id`, that the older tree has too, once it has its inventories."""
        config = self.config(commit)
        patterns = [pattern for environment in config.environments for pattern in environment.inventory]

        def is_inventory(file: File) -> bool:
            return any(path_matches(pattern, file.path) for pattern in patterns)

        theirs, ours = (Tree(self._git, tree).files() for tree in (old, commit))
        files = [*(one for one in theirs if not is_inventory(one)), *filter(is_inventory, ours)]
        if sorted(files) == sorted(theirs):
            return set()
        rules = list(filter(_is_told_by_inventories, self._terms.rules))
        try:
            session = self._session(old, config, self.day(commit), rules, files)
            known = session.findings(self._focus(session.solutions))
        except FatalError:
            return set()
        return {id(item) for item in findings} - {id(item) for item in added(findings, known)}

    def gone(self, commit: str, old: str) -> Iterator[Reported]:
        """What counts in an older commit, and is not there in this one, both under one policy."""
        before, later = (
            self._before(commit, old),
            [item.finding for item in self.report(commit, old).findings],
        )
        for index in pair(later, [item.finding for item in before]).gone:
            if before[index].suppressed is None and not grown(before[index].finding, later):
                yield before[index]

    def changes(self, commit: str, old: str) -> Changes:
        """What lies between an older commit and this one, both under one configuration."""
        return changes_between(self._world(old, commit), self._world(commit, commit), self._terms.concerns)

    def names(self, commit: str, findings: Iterable[Reported]) -> Mapping[str, Mapping[str, str]]:
        """What the portal shows for the references and connectors that findings in a commit are about."""
        return names_of(self._world(commit, commit), [item.finding for item in findings])

    def _world(self, tree: str, commit: str) -> World:
        """What a commit holds under the configuration of another one, whose inventories are not read."""
        key = (tree, commit)
        if key not in self._worlds:
            config = _without_inventories(self.config(commit))
            self._worlds[key] = self._session(tree, config, self.day(commit), ()).world
        return self._worlds[key]

    def config(self, commit: str) -> Config:
        """The configuration that a commit is judged by. Raises UsageError for its own where that is wrong."""
        if self._terms.config is not None:
            return self._terms.config
        return config_in(self._git, commit)

    def day(self, commit: str) -> date:
        """The day as of which a commit is judged."""
        return self._terms.as_of or day_of(self._git.commit(commit)[1])

    def _before(self, commit: str, old: str) -> Sequence[Reported]:
        """What an older commit has. Nothing wrong in it may stop the change that puts it right."""
        config, day = self.config(commit), self.day(commit)
        told = config._replace(content=b"")
        for there, under, found in self._earlier:
            if (there, under) == (old, told):
                return found
        try:
            report = self._report(self._session(old, config, day, self._terms.rules))
        except FatalError:
            bare = _without_inventories(config)._replace(baseline="")
            report = self._report(self._session(old, bare, day, self._terms.rules))
        self._earlier.append((old, told, report.findings))
        return report.findings

    def found(self, commit: str, rules: Collection[str]) -> list[Finding]:
        """What these rules, by id, find in a commit."""
        # What is stale only all rules together tell.
        chosen = [rule for rule in self._terms.rules if rule.id in rules or STALE in rules]
        session = self._session(commit, self.config(commit), self.day(commit), chosen)
        return [item for item in found_by(session, self._focus(session.solutions)) if item.rule in rules]

    def _report(self, session: Session) -> Report:
        focus = self._focus(session.solutions)
        # A baseline that is broken in one commit ends a replay only where a finding asks for it.
        return report_of(session, session.findings(focus), session.solutions, focus, world=session.world)

    def _focus(self, solutions: Iterable[Solution]) -> Focus:
        folders = {solution.folder for solution in solutions if self._terms.concerns(solution.unique_name)}
        return folders.__contains__

    def _session(
        self,
        commit: str,
        config: Config,
        day: date,
        rules: Sequence[Rule],
        files: Sequence[File] | None = None,
    ) -> Session:
        terms = self._terms
        return Session(
            Tree(self._git, commit),
            config,
            rules,
            day,
            facts=self._facts,
            files=files,
            baseline=terms.baseline,
            whole=not terms.solutions,
        )


def _is_told_by_inventories(rule: Rule) -> bool:
    return rule.is_live or rule.sees == "inventory"


def _without_inventories(config: Config) -> Config:
    bare = tuple(environment._replace(inventory=()) for environment in config.environments)
    return config._replace(environments=bare)


def config_in(git: RangeGit, commit: str) -> Config:
    """The configuration in a commit. Raises UsageError where it is wrong."""
    return config_of(git, config_files_in(git, commit))


def config_files_in(git: RangeGit, commit: str) -> dict[str, File]:
    """The files of a commit that may hold its configuration, by path."""
    found = (_file(git, commit, path) for path in CONFIG_FILES)
    return {file.path: file for file in found if file}


def config_of(git: RangeGit, config_files: Mapping[str, File]) -> Config:
    """The configuration that files of a commit hold. Raises UsageError where it is wrong."""
    return find_config(lambda path: _content(git, config_files.get(path), CONFIG_LIMIT))


def baseline_in(git: RangeGit, commit: str, config: Config) -> Baseline:
    """The baseline in a commit, where a configuration says that it is. Raises UsageError for what is none."""
    content = _content(git, _file(git, commit, config.baseline), BASELINE_LIMIT)
    return Baseline() if content is None else read_baseline(content, config.baseline)


def _file(git: RangeGit, commit: str, path: str) -> File | None:
    return Tree(git, commit).find(path) if path else None


def _content(git: RangeGit, file: File | None, limit: int) -> bytes | None:
    if file is None:
        return None
    [content] = Tree(git, "").read([file], limit)
    if content.problem:
        raise Unusable(f"{file.path}: {content.problem}")
    return content.data


def narrowed(report: Report, findings: Sequence[Reported]) -> Report:
    """A report with only some of its findings, counted again; the others were there before."""
    counted = [item.severity for item in findings if item.suppressed is None]
    summary = report.summary._replace(
        errors=counted.count("error"),
        warnings=counted.count("warning"),
        notes=counted.count("note"),
        suppressed=len(findings) - len(counted),
    )
    whole = report.summary
    before = Before(
        whole.errors - summary.errors, whole.warnings - summary.warnings, whole.notes - summary.notes
    )
    return report._replace(findings=tuple(findings), summary=summary, before=before)
