"""One run of `fix`: what is fixed, by which check, what is asked, and what is said of it."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Collection
from datetime import date
from functools import cache
from typing import Final

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.commands.delivery import exit_status, failing
from crstandards.commands.options import chosen_rules, configuration
from crstandards.commands.progress import Progress
from crstandards.commands.target import Target, find_target, focused_folders
from crstandards.commands.writing import say, show_diff
from crstandards.errors import CLEAN, VIOLATIONS, NotVerified, UsageError
from crstandards.findings import Rule, Severity
from crstandards.fixes.disk import locked, unwritable
from crstandards.fixes.edits import Overlay, Staged, unified
from crstandards.fixes.plans import FixPlan
from crstandards.fixes.rounds import Fixed, Limits, Outcome, fix, target_of
from crstandards.fixes.steps import file_changes
from crstandards.fixes.summary import summary
from crstandards.fixes.transaction import recover, write_all
from crstandards.policy.configuration import severity_of
from crstandards.policy.patterns import path_matches
from crstandards.report.escape import display_path, sanitize
from crstandards.report.terminal import is_terminal, style_of, write
from crstandards.reported import Reported
from crstandards.rules import RULES
from crstandards.snapshot import Tree
from crstandards.source.facts import Facts

_JOURNAL: Final = "crstandards-fix.json"
_HEIGHT, _WIDTH = 40, 160
"""How much of a diff is shown at a question."""


def fix_source(options: Namespace, touched: Collection[str] | None) -> int:
    """Fix the solutions that own the `touched` paths, all with None; return the exit status."""
    rules = chosen_rules(options)
    if not any(rule.is_fixable for rule in rules):
        raise UsageError("none of these rules has a fix; 'crstandards rules' tells which have one")
    if options.interactive and (options.diff or options.staged):
        raise UsageError("--interactive asks before it writes: not with --diff or --staged")
    if options.interactive and not is_terminal(sys.stdin, sys.stdout):
        raise UsageError("--interactive asks questions, which needs a terminal; see --diff and --unsafe")
    target = find_target(options.paths)
    if target.snapshot.origin == "zip":
        raise UsageError("a zip is not fixed: unpack the solution, and fix the folder")
    chosen = {rule.id for rule in rules}
    journal = target.git.private_path(_JOURNAL) if target.git else target.root / f".{_JOURNAL}"
    if options.diff:
        if journal.exists():
            raise NotVerified("an earlier fix was interrupted; 'crstandards fix' puts that in order first")
        return _show(_Work(target, chosen, options, touched).fixed())
    with locked(journal.with_suffix(".lock")):
        if done := recover(target.root, journal):
            say(done)
        work = _Work(target, chosen, options, touched)
        fixed = work.fixed()
        if fixed.tree.edited:
            write_all(target.root, fixed.tree.edited, journal)
        return work.told(fixed)


class _Work:
    """One run. `chosen` are the rules that the options name, by id."""

    def __init__(
        self, target: Target, chosen: Collection[str], options: Namespace, touched: Collection[str] | None
    ) -> None:
        self._target = target
        self._chosen = chosen
        self._options = options
        self._left_alone: Collection[str] = ()
        # The state of a live environment is not in the source.
        self._rules = [rule for rule in RULES if not rule.is_live]
        self._facts = Facts(again=True)
        snapshot = target.snapshot
        if options.staged and target.git:
            self._left_alone = () if options.allow_unstaged else target.git.unstaged()
            snapshot = Staged(target.git, self._left_alone)
        files = {file.path: file for file in snapshot.files()}
        self._config = configuration(snapshot, files, options.config, options.no_config)
        self._tree = Overlay(snapshot, files)
        self._session = self._session_of(self._tree)
        with Progress(sys.stderr, "files") as progress:
            # With --staged, it runs as a hook: no bar there.
            if not options.staged:
                self._facts.watch = progress.over
            self._focus = focused_folders(target, self._session.solutions, options.solutions)
        if touched is not None:
            self._focus &= self._session.owners(touched)

    def _session_of(self, tree: Overlay) -> Session:
        as_of, git = self._options.as_of or date.today(), self._target.git
        session = Session(tree, self._config, self._rules, as_of, self._facts, whole=True)
        if git:
            session.compare_with(lambda: Tree(git, git.head()))
        return session

    def _checked(self, tree: Overlay) -> Outcome:
        session = self._session if tree is self._tree else self._session_of(tree)
        return Outcome(full_report(session), session.world)

    def fixed(self) -> Fixed:
        """The tree with all fixes in it that the options ask for."""
        options = self._options
        unused = next(rule for rule in self._rules if rule.cure == "remove")
        is_next = self._is_chosen(unused, severity_of(unused.id, unused.severity, self._config))
        terms = Limits(
            check=self._checked,
            wanted=self._is_wanted,
            agree=_asking() if options.interactive else lambda plan, _: plan.safe or options.unsafe,
            against_writing=cache(self._against_writing),
            unused=unused.id if is_next else "",
            keep_declarations=options.keep_declarations,
        )
        return fix(self._tree, terms)

    def _is_about(self, item: Reported) -> bool:
        """Whether a finding is of the rules and solutions that the options name."""
        # Settings may belong to several solutions, or to none.
        folders = item.finding.involves or self._session.owners([item.finding.place.path]) or self._focus
        return item.rule.id in self._chosen and not self._focus.isdisjoint(folders)

    def _is_wanted(self, item: Reported) -> bool:
        """Whether a finding is to be fixed: what an exception lets through stays as it is."""
        by = item.suppressed.by if item.suppressed else ""
        is_in_force = not by or (by == "baseline" and self._options.baselined)
        return is_in_force and self._is_chosen(item.rule, item.severity) and self._is_about(item)

    def _is_chosen(self, rule: Rule, severity: Severity) -> bool:
        """Whether findings of this severity are to be fixed: those that fail, unless rules are selected."""
        is_asked_for = self._options.select or severity in failing(self._options.fail_on)
        return rule.id in self._chosen and bool(is_asked_for)

    def _against_writing(self, path: str) -> str:
        if path in self._left_alone:
            return "has unstaged changes (--allow-unstaged edits it all the same)"
        if any(path_matches(pattern, path) for pattern in self._config.source.vendored):
            return "is bought source (vendored)"
        return "" if self._options.diff else unwritable(self._target.root / path)

    def told(self, fixed: Fixed) -> int:
        """Say what was done, and return the exit status."""
        options, report = self._options, fixed.checked.report
        left = report._replace(findings=tuple(filter(self._is_about, report.findings)))
        if fixed.done or fixed.refused or fixed.waiting or not options.staged:
            style = style_of(sys.stdout)._replace(quiet=options.quiet)
            write(sys.stdout, summary(fixed, left, options.baselined, style), style.encoding)
        if options.staged:
            return VIOLATIONS if fixed.done else CLEAN
        return exit_status(left, options.fail_on)


def _show(fixed: Fixed) -> int:
    """Show the diff, and say of what it does not show."""
    for path, versions in sorted(fixed.tree.edited.items()):
        show_diff(unified(path, *versions))
    if fixed.waiting:
        fixes = "1 fix needs" if len(fixed.waiting) == 1 else f"{len(fixed.waiting)} fixes need"
        say(f"{fixes} your decision, not shown here; 'crstandards fix --unsafe --diff' shows all")
    if any(item.in_portal for item in fixed.refused):
        say("some source is not for editing by hand; 'crstandards fix' shows the steps in the portal")
    return VIOLATIONS if fixed.tree.edited else CLEAN


def _asking() -> Callable[[FixPlan, Overlay], bool]:
    """What asks about fixes one by one, and remembers the answers, so that nothing is asked twice.

    After "all" the answer is yes to all that follow, after "quit" no.
    """
    answers: dict[object, bool] = {}

    def agree(plan: FixPlan, tree: Overlay) -> bool:
        # In another round the same finding may ask for another fix.
        key = (*target_of(plan.finding), plan.does)
        if "all" in answers or key in answers:
            return answers.get(key, answers.get("all", False))
        word = _answer(plan, tree)
        if not word or word in ("a", "all", "q", "quit"):
            answers["all"] = word.startswith("a")
        answers[key] = word.startswith(("a", "y"))
        return answers[key]

    return agree


def _answer(plan: FixPlan, tree: Overlay) -> str:
    """Show a fix and ask for it; "" at the end of what is typed."""
    style = style_of(sys.stdout)
    lines = [f"\n{plan.finding.rule} {display_path(plan.finding.place.path)}", f"  {plan.does}."]
    for path, versions in file_changes(plan.changes, tree).items():
        shown = unified(path, *versions).splitlines()
        lines += (line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..." for line in shown[:_HEIGHT])
        lines += [f"({len(shown) - _HEIGHT} more lines)"] if shown[_HEIGHT:] else []
    for line in "\n".join(lines).split("\n"):
        write(sys.stdout, sanitize(line, ascii_only=not style.unicode) + "\n", style.encoding)
    while True:
        write(sys.stdout, "Make this change? [y]es, [n]o, [a]ll, [q]uit: ", style.encoding)
        answer = sys.stdin.readline()
        word = answer.strip().lower() or "no" * bool(answer)
        if word in ("", "a", "all", "q", "quit", "y", "yes", "n", "no"):
            return word
