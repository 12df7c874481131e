"""From a snapshot to findings: read its solutions, build the world, run the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, TypeVar

from crstandards.check.world import build_world, refuse_contradiction
from crstandards.environments import World
from crstandards.errors import FatalError, NotVerified
from crstandards.findings import Finding, Rule, Severity
from crstandards.model import Deferred, Mentions, Solution
from crstandards.policy.baseline import Baseline, read_baseline
from crstandards.policy.configuration import Config, severity_of
from crstandards.policy.patterns import path_matches
from crstandards.snapshot import File, Snapshot
from crstandards.source.facts import Facts, Reader
from crstandards.source.layout import find_candidates, holders
from crstandards.source.names import owners
from crstandards.source.repository import read_solutions
from crstandards.source.text import SourceError

if TYPE_CHECKING:
    from datetime import date

    from crstandards.git.repository import Change
    from crstandards.inventory.environments import EnvironmentFiles, Outside
    from crstandards.source.mentions import Searcher

T = TypeVar("T")

_SMALL = 64 * 1024 * 1024

Focus = Callable[[str], bool]
"""Asked with a solution's folder: is it reported on?"""


def everything(folder: str) -> bool:
    """The focus on all solutions."""
    return True


class Session:
    """What is being checked: one snapshot under one configuration, by some rules, as of a day.

    Each file is read once, however often something is asked.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        config: Config,
        rules: Sequence[Rule],
        as_of: date,
        facts: Facts | None = None,
        files: Sequence[File] | None = None,
        baseline: Baseline | None = None,
        whole: bool = False,
        outside: Outside | None = None,
    ) -> None:
        """`whole` says that everything will be reported on, so that what nothing uses can be told.

        Without a `baseline`, the snapshot's own counts.
        """
        self.config = config
        self.snapshot = snapshot
        self.rules = {rule.id: rule for rule in rules}
        self.as_of = as_of
        self._facts = facts or Facts()
        self._baseline = baseline
        self._outside = outside
        self._base: Callable[[], Snapshot | None] = lambda: None
        self._earlier: dict[str, Collection[str] | None] = {}
        self.is_recorded = baseline is None
        self.is_whole = whole
        self.listed = snapshot.files() if files is None else files
        self._files = {file.path: file for file in self.listed if not self.is_excluded(_reach(file))}
        self.paths: Collection[str] = self._files.keys()
        self.candidates = tuple(find_candidates(self._files.values()))

    def of(self, snapshot: Snapshot) -> Session:
        """The same check of another snapshot, without a baseline."""
        return Session(
            snapshot,
            self.config,
            tuple(self.rules.values()),
            self.as_of,
            facts=self._facts,
            baseline=Baseline(),
            whole=self.is_whole,
            outside=self._outside,
        )

    def compare_with(self, base: Callable[[], Snapshot | None]) -> None:
        """Advise with a view to what was there before, when that is asked for: what is new goes first.

        This changes what is said of findings, never which there are.
        """
        self._base = base

    def was_declared(self, solution: Solution, key: str) -> bool:
        """Whether a solution declared a reference before, as far as that is known."""
        if key in self._recorded_members:
            return True
        if solution.folder not in self._earlier:
            self._earlier[solution.folder] = self._declared_before(solution)
        before = self._earlier[solution.folder]
        return not self._recorded_members if before is None else key in before

    def _declared_before(self, solution: Solution) -> Collection[str] | None:
        if self._compared is None:
            return None
        try:
            for declared in (solution.folder.__eq__, everything):
                found = self._compared.read(lambda _: False, declared)
                earlier = [item for item in found if item.base_name == solution.base_name]
                if earlier:
                    break
        except FatalError:
            # No verdict hangs on it: what is there now was read.
            return None
        return {key for item in earlier for key in item.declared()}

    @cached_property
    def _compared(self) -> Session | None:
        try:
            base = self._base()
            return self.of(base) if base else None
        except FatalError:
            return None

    @cached_property
    def _recorded_members(self) -> Collection[str]:
        """The references of groups that the baseline holds."""
        groups = (entry.of("references") for entry in self.recorded().entries)
        return {name for names in groups if len(names) > 1 for name in names}

    def let_through(self, baseline: Baseline) -> None:
        """Let these findings through, in place of the snapshot's own baseline."""
        self._baseline, self.is_recorded = baseline, False

    @cached_property
    def solutions(self) -> tuple[Solution, ...]:
        """All solutions, and flows without one."""
        return self.read()

    @cached_property
    def world(self) -> World:
        """What rules look at."""
        return self.world_of(self.solutions)

    def read(self, whole: Focus = everything, declared: Focus = everything) -> tuple[Solution, ...]:
        """The solutions read: some whole, of others only what they declare, the rest not at all."""
        chosen = [
            candidate if whole(candidate.folder) else candidate.declaring()
            for candidate in self.candidates
            if whole(candidate.folder) or (declared(candidate.folder) and candidate.manifest)
        ]
        found = read_solutions(self.snapshot, chosen, self._facts, self._is_vendored)
        # At a server, nobody waits for a search through all files.
        if not self.is_whole and self.snapshot.origin not in ("worktree", "index"):
            return found

        # Files that are part of the check itself name references without using them.
        own = (self.config.path, self.config.baseline)

        @cache
        def searcher() -> Searcher:
            from crstandards.source.mentions import Searcher

            return Searcher(self.snapshot, self._files.values(), found, own.__contains__, self._facts)

        def search(solution: Solution, names: frozenset[str]) -> Mentions:
            return searcher().search(solution, names)

        return tuple(solution._replace(mentions=partial(search, solution)) for solution in found)

    def around(self, near: Sequence[Solution]) -> World:
        """What rules look at where some solutions are in focus, which were read whole.

        What the others declare is read when a rule asks for it; into their flows and apps all are looked at
        once, when a rule asks for any of them.
        """
        known = {solution.folder: solution for solution in near}

        def others() -> Sequence[Solution]:
            read = self.read(known.__contains__, everything)
            return [solution if solution.folder in known else self._unread(solution) for solution in read]

        return self.world_of(Deferred(others))

    def _unread(self, solution: Solution) -> Solution:
        """A solution of which only the declarations were read, and the rest is when somebody looks."""

        def whole() -> Solution:
            return self._by_folder[solution.folder]

        return solution._replace(
            flows=Deferred(lambda: whole().flows),
            uses=Deferred(lambda: whole().uses),
            flow_names=_DeferredNames(whole),
        )

    @cached_property
    def _by_folder(self) -> dict[str, Solution]:
        return {solution.folder: solution for solution in self.solutions}

    def recorded(self) -> Baseline:
        """The baseline given, or else the snapshot's own, read when it is first needed."""
        if self._baseline is None:
            path = self.config.baseline
            self._baseline = Baseline()
            for content in self.snapshot.read([self._files[path]] if path in self._files else [], _SMALL):
                if content.problem:
                    raise NotVerified(f"{path}: {content.problem}")
                self._baseline = read_baseline(content.data, path)
        return self._baseline

    def is_excluded(self, path: str) -> bool:
        """Whether the configuration keeps a file out of the check."""
        return any(path_matches(pattern, path) for pattern in self.config.source.exclude)

    def owners(self, paths: Iterable[str]) -> set[str]:
        """The folders of solutions, and of flows without one, that changed paths concern."""
        folders = {candidate.folder for candidate in self.candidates}
        in_yaml = {candidate.folder for candidate in self.candidates if candidate.yaml}
        loose = {candidate.folder for candidate in self.candidates if candidate.layout == "loose"}
        manifests = holders(self.candidates)
        return {folder for path in paths for folder in owners(path, folders, in_yaml, loose, manifests)}

    def facts_of(self, change: Change, reader: Reader[T]) -> tuple[T | SourceError | None, ...]:
        """What a changed file said before and says after, None where it is not there."""
        return tuple(
            self._facts.read(self.snapshot, [File(change.path, "file", "git:" + blob)], reader)[change.path]
            if blob.strip("0")
            else None
            for blob in (change.old_blob, change.new_blob)
        )

    def world_of(self, solutions: Sequence[Solution]) -> World:
        """What rules look at where these solutions are all."""
        has_connectors = any(candidate.connectors for candidate in self.candidates)
        world = build_world(solutions, self.config, self.as_of, has_connectors)
        is_live = any(rule.is_live for rule in self.rules.values())
        world = world._replace(whole=self.is_whole, is_live=is_live)
        return self._environment_files.attach(world) if self.config.environments else world

    def passed_over(self) -> Mapping[str, Sequence[str]]:
        """The files that match an environment's patterns under `settings`, and hold none, by its name."""
        return {one.name: self._environment_files.passed_over(one) for one in self.config.environments}

    def _is_vendored(self, path: str) -> bool:
        return any(path_matches(pattern, path) for pattern in self.config.source.vendored)

    @cached_property
    def _environment_files(self) -> EnvironmentFiles:
        from crstandards.inventory.environments import EnvironmentFiles

        return EnvironmentFiles(self.snapshot, self._files, self.config, self._facts, self._outside)

    def findings(
        self,
        focus: Focus = everything,
        world: World | None = None,
        near: Sequence[Solution] | None = None,
        between: bool = True,
    ) -> list[Finding]:
        """What the rules find in the solutions, and `between` them, as far as it lies in the focus.

        `near` are the solutions in the focus, where the `world` should not be asked for them.
        """
        world = (world or self.world)._replace(near=near)
        near = world.solutions if near is None else near
        if len(world.environments) > 1:
            refuse_contradiction(world, self.config)
        return [
            finding
            for rule in self.active
            for finding in _run(rule, world, focus, near, between)
            if severity_under(self.config, rule, finding) != "off"
        ]

    @cached_property
    def active(self) -> tuple[Rule, ...]:
        """The rules that the configuration does not switch off everywhere."""
        return tuple(filter(self.is_on, self.rules.values()))

    def is_on(self, rule: Rule) -> bool:
        """Whether the configuration leaves a rule on, at least in one environment."""
        environments = [[environment.name] for environment in self.config.environments]
        asked = [severity_of(rule.id, rule.severity, self.config, names) for names in ([], *environments)]
        return any(severity != "off" for severity in asked)


class _DeferredNames(Mapping[str, str]):
    """The names of a solution's flows, read when somebody asks for one."""

    def __init__(self, whole: Callable[[], Solution]) -> None:
        self.is_whole = whole

    def __getitem__(self, path: str) -> str:
        return self.is_whole().flow_names[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self.is_whole().flow_names)

    def __len__(self) -> int:
        return len(self.is_whole().flow_names)


def _reach(file: File) -> str:
    """The path that a pattern has to match: of a closed folder, that of what lies in it."""
    return f"{file.path}/*" if file.kind == "closed" else file.path


def severity_under(config: Config, rule: Rule, finding: Finding) -> Severity:
    """The severity of a finding under a configuration."""
    configured = severity_of(rule.id, rule.severity, config, finding.subject.environments)
    # A finding milder than its rule stays so, unless the team has set a severity of its own.
    if finding.severity and configured == rule.severity:
        return finding.severity
    return configured


def _run(
    rule: Rule, world: World, focus: Focus, near: Sequence[Solution], between: bool
) -> Iterator[Finding]:
    if rule.per_solution:
        for solution in near:
            if focus(solution.folder) and not solution.vendored:
                yield from rule.per_solution(solution, world)
    if rule.overall and between:
        yield from (found for found in rule.overall(world) if any(map(focus, found.involves)))
