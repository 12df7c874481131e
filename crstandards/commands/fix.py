"""Fix what fails the check, in the source of solutions: what you see in the diff is all there is."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crstandards.commands.hook import occasion_of
from crstandards.errors import CLEAN, NOT_VERIFIED, VIOLATIONS, NotVerified, UsageError
from crstandards.git.repository import Git, find_root

# Most commits touch no solution: what a fix needs is imported where there is something to look at.
if TYPE_CHECKING:
    from crstandards.check.session import Session
    from crstandards.commands.target import Target
    from crstandards.findings import Report, Rule, Severity
    from crstandards.fixes.changes import Plan, Refusal
    from crstandards.fixes.overlay import Overlay
    from crstandards.fixes.rounds import Checked, Fixed

_JOURNAL: Final = "crstandards-fix.json"
_MOST_TRIES: Final = 5


def run(options: Namespace) -> int:
    """Fix, say what was done, and return the exit status."""
    if options.allow_unstaged and not options.staged:
        raise UsageError("--allow-unstaged belongs to --staged; without that, all files may be edited")
    if options.staged and options.paths:
        raise UsageError("--staged fixes the solutions with staged changes: name no PATH with it")
    touched = None
    if options.staged:
        from crstandards.source.names import is_source

        touched = _changed()
        if touched is not None and not any(map(is_source, touched)):
            return CLEAN
    return _fix(options, touched)


def _changed() -> Collection[str] | None:
    """The paths that this commit (or range) changes; None where everything is meant."""
    root = find_root(Path())
    if root is None:
        raise UsageError(f"{os.getcwd()} is not in a git repository")
    occasion = occasion_of(Git(root), os.environ)
    if occasion is None:
        return ()
    return None if occasion.changes is None else [change.path for change in occasion.changes]


class _Work:
    """One run: what is fixed, where, and how it is checked. `touched` are the paths whose solutions are
    fixed, None for all.
    """

    def __init__(
        self, target: Target, rules: Sequence[Rule], options: Namespace, touched: Collection[str] | None
    ) -> None:
        from crstandards.commands.options import configuration
        from crstandards.commands.output import failing
        from crstandards.commands.target import focused_folders
        from crstandards.fixes.overlay import Overlay, Staged
        from crstandards.policy.patterns import path_matches
        from crstandards.rules import RULES
        from crstandards.source.facts import Facts

        self.target = target
        self.options = options
        self.left_alone: Collection[str] = ()
        self.chosen = {rule.id for rule in rules}
        self.failing = failing(options.fail_on)
        # The state of a live environment is not in the source.
        self.checking = [rule for rule in RULES if not rule.is_live]
        self.facts = Facts()
        snapshot = target.snapshot
        if options.staged and target.git:
            self.left_alone = () if options.allow_unstaged else target.git.unstaged()
            snapshot = Staged(target.git, self.left_alone)
        files = {file.path: file for file in snapshot.files()}
        self.config = configuration(snapshot, files, options.config, options.no_config)
        excluded = self.config.source.exclude
        kept = {
            path: file
            for path, file in files.items()
            if not any(path_matches(pattern, path) for pattern in excluded)
        }
        self.tree = Overlay(snapshot, kept)
        self.session = self.session_of(self.tree)
        self.focus = focused_folders(target, self.session.solutions, options.solutions)
        if touched is not None:
            self.focus &= self.session.owners(touched)

    def session_of(self, tree: Overlay) -> Session:
        """The check of a tree."""
        from crstandards.check.session import Session
        from crstandards.snapshot import Tree

        as_of, git = self.options.as_of or date.today(), self.target.git
        session = Session(tree, self.config, self.checking, as_of, self.facts, whole=True)
        if git:
            session.compare_with(lambda: Tree(git, git.head()))
        return session

    def checked(self, tree: Overlay) -> Checked:
        """What a check finds in a tree."""
        from crstandards.fixes.rounds import Checked

        session = self.session if tree is self.tree else self.session_of(tree)
        return Checked(session.report(), session.world)

    def fixed(self) -> Fixed:
        """The tree with all fixes in it that the options ask for."""
        from crstandards.fixes.rounds import Terms, fix
        from crstandards.policy.configuration import severity_of

        options = self.options
        unused = (
            rule.id
            for rule in self.checking
            if rule.cure == "remove"
            and self._is_chosen(rule, severity_of(rule.id, rule.severity, self.config))
        )
        terms = Terms(
            check=self.checked,
            chosen=self._is_chosen,
            wanted=lambda solution: solution.folder in self.focus,
            agree=_Asker().agree if options.interactive else lambda plan, _: plan.safe or options.unsafe,
            against_writing=cache(self._against_writing),
            with_baseline=options.baselined,
            unused=next(unused, ""),
            keep_declarations=options.keep_declarations,
        )
        return fix(self.tree, terms)

    def remaining(self, report: Report) -> Report:
        """What of a report the options are about."""
        findings = (item for item in report.findings if item.rule.id in self.chosen)
        return report._replace(
            findings=tuple(
                item
                for item in findings
                if not self.focus.isdisjoint(
                    item.finding.involves or self.session.owners([item.finding.place.path])
                )
            )
        )

    def _is_chosen(self, rule: Rule, severity: Severity) -> bool:
        """Whether findings of this severity are to be fixed: those that fail, unless rules are selected."""
        return rule.id in self.chosen and (bool(self.options.select) or severity in self.failing)

    def _against_writing(self, path: str) -> str:
        from crstandards.fixes.disk import unwritable
        from crstandards.policy.patterns import path_matches

        if path in self.left_alone:
            return "has unstaged changes (--allow-unstaged edits it all the same)"
        if any(path_matches(pattern, path) for pattern in self.config.source.vendored):
            return "is bought source (vendored)"
        return "" if self.options.diff else unwritable(self.target.root / path)


def _fix(options: Namespace, touched: Collection[str] | None) -> int:
    from crstandards.commands.options import chosen_rules
    from crstandards.commands.target import find_target
    from crstandards.fixes.disk import locked
    from crstandards.fixes.transaction import recover
    from crstandards.report.terminal import is_terminal

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
    journal = target.git.private_path(_JOURNAL) if target.git else target.root / f".{_JOURNAL}"
    if options.diff:
        if journal.exists():
            raise NotVerified("an earlier fix was interrupted; 'crstandards fix' puts that in order first")
        return _show(_Work(target, rules, options, touched).fixed())
    with locked(journal.with_suffix(".lock")):
        _say(recover(target.root, journal))
        work = _Work(target, rules, options, touched)
        return _finish(work, work.fixed(), journal)


def _show(fixed: Fixed) -> int:
    """Show the diff, and say of what it does not show."""
    from crstandards.fixes.edits import unified
    from crstandards.report.escape import sanitize
    from crstandards.report.terminal import style_of, write

    changed = fixed.tree.edited
    style = style_of(sys.stdout)
    for path in sorted(changed):
        diff = unified(path, *changed[path])
        if sys.stdout.isatty():
            lines = (sanitize(line, ascii_only=not style.unicode) for line in diff.split("\n"))
            write(sys.stdout, "\n".join(lines), style.encoding)
        else:
            # Bytes, for `git apply`: on Windows, text would get other line ends and characters.
            write(sys.stdout, diff, "utf-8")
    if fixed.waiting:
        fixes = "1 fix is" if len(fixed.waiting) == 1 else f"{len(fixed.waiting)} fixes are"
        _say(f"{fixes} not shown that needs your word; 'crstandards fix --unsafe --diff' shows all")
    if any(item.in_portal for item in fixed.refused):
        _say("some source is not for editing by hand; 'crstandards fix' shows the steps in the portal")
    return VIOLATIONS if changed else CLEAN


def _finish(work: _Work, fixed: Fixed, journal: Path) -> int:
    """Write the fixes, say what was done, and return the exit status."""
    from crstandards.commands.output import exit_status
    from crstandards.fixes.rounds import named_outside
    from crstandards.fixes.summary import Outcome, summary
    from crstandards.report.terminal import style_of, write

    options = work.options
    done, unwritten = _write(fixed, work.target.root, journal)
    tree, checked = fixed.tree, fixed.checked
    if unwritten:
        tree = work.tree.with_edits({path: tree.edited[path] for plan in done for path in plan.paths})
        checked = work.checked(tree)
    declared = {key for solution in checked.world.solutions for key in solution.declared()}
    gone = [name for plan in done for name in plan.removed if name.lower() not in declared]
    removed = frozenset(name.lower() for plan in done for name in plan.removed)
    about = {plan.finding.solution for plan in done if plan.removed}
    copies = (
        path
        for solution in checked.world.solutions
        if solution.unique_name in about
        for path in solution.mentions(removed).copies
    )
    mentions = dict(named_outside(tree, checked.world.solutions, gone))
    is_recorded = mentions.pop(work.config.baseline, None) is not None
    outcome = Outcome(
        done=tuple(done),
        refused=(*fixed.refused, *unwritten),
        waiting=fixed.waiting,
        remaining=work.remaining(checked.report),
        mentions=tuple(mentions.items()),
        copies=tuple(dict.fromkeys(copies)),
        is_recorded=is_recorded,
    )
    style = style_of(sys.stdout)._replace(quiet=options.quiet)
    if done or outcome.refused or outcome.waiting or not options.staged:
        write(sys.stdout, summary(outcome, style), style.encoding)
    if unwritten:
        return NOT_VERIFIED
    if options.staged:
        return VIOLATIONS if done else CLEAN
    return exit_status(outcome.remaining, options.fail_on)


def _write(fixed: Fixed, root: Path, journal: Path) -> tuple[Sequence[Plan], Sequence[Refusal]]:
    """Write the fixes. Returns those that were written, and why others were not.

    All at once, so that a run that is killed is finished as a whole. Where files cannot be written, or were
    saved meanwhile, what belongs together with them is left out, and the rest is written.
    """
    from crstandards.fixes.changes import Refusal
    from crstandards.fixes.rounds import groups
    from crstandards.fixes.transaction import NotWritten, write_all

    left = list(groups(fixed.done))
    refused: list[Refusal] = []
    for tries_left in reversed(range(_MOST_TRIES)):
        paths = sorted({path for group in left for plan in group for path in plan.paths})
        try:
            if paths:
                write_all(root, {path: fixed.tree.edited[path] for path in paths}, journal)
            break
        except NotWritten as error:
            reasons = error.reasons
        about_any = reasons.get("") or ("" if tries_left else next(iter(reasons.values())))
        together, left = left, []
        for group in together:
            own = (reasons[path] for plan in group for path in plan.paths if path in reasons)
            reason = next(own, about_any)
            if reason:
                refused += (Refusal(plan.finding, f"nothing was written: {reason}") for plan in group)
            else:
                left.append(group)
    return [plan for group in left for plan in group], refused


class _Asker:
    """Asks about fixes one by one, and remembers the answers, so that nothing is asked twice."""

    def __init__(self) -> None:
        self._answers: dict[tuple[object, ...], bool] = {}
        self._all: bool | None = None

    def agree(self, plan: Plan, tree: Overlay) -> bool:
        """Show a fix and ask for it; after "all" yes to all that follow, after "quit" no."""
        from crstandards.fixes.rounds import target_of

        # In another round the same finding may ask for another fix.
        key = (*target_of(plan.finding), plan.does)
        if key not in self._answers:
            self._answers[key] = self._ask(plan, tree) if self._all is None else self._all
        return self._answers[key]

    def _ask(self, plan: Plan, tree: Overlay) -> bool:
        from crstandards.fixes.changes import file_changes
        from crstandards.fixes.edits import excerpt, unified
        from crstandards.report.escape import display_path, sanitize
        from crstandards.report.terminal import style_of, write

        style = style_of(sys.stdout)
        lines = [f"\n{plan.finding.rule} {display_path(plan.finding.place.path)}", f"  {plan.does}."]
        lines += [f"  Then: {caution}." for caution in plan.cautions]
        for change in file_changes(plan.changes, tree):
            lines += excerpt(unified(change.path, change.before, change.after()))
        for line in "\n".join(lines).split("\n"):
            write(sys.stdout, sanitize(line, ascii_only=not style.unicode) + "\n", style.encoding)
        while True:
            write(sys.stdout, "Make this change? [y]es, [n]o, [a]ll, [q]uit: ", style.encoding)
            answer = sys.stdin.readline()
            word = answer.strip().lower()
            if word in ("a", "all"):
                self._all = True
            elif not answer or word in ("q", "quit"):
                self._all = False
            if self._all is not None:
                return self._all
            if word in ("y", "yes", "n", "no", ""):
                return word.startswith("y")


def _say(message: str) -> None:
    from crstandards.report.terminal import write

    if message:
        write(sys.stderr, f"crstandards: {message}\n")
