"""What `fix` does once there is something to look at."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import NamedTuple

from crstandards.check.session import Session
from crstandards.commands.fix_ask import Asker
from crstandards.commands.fix_text import Outcome, summary
from crstandards.commands.options import chosen_rules, configuration
from crstandards.commands.output import exit_status, failing
from crstandards.commands.target import Target, find_target, focused_folders
from crstandards.errors import CLEAN, NOT_VERIFIED, VIOLATIONS, NotVerified, UsageError
from crstandards.findings import Report, Rule, Severity
from crstandards.fixes.diff import unified
from crstandards.fixes.judgement import Judged
from crstandards.fixes.lock import locked
from crstandards.fixes.mend import PLANNERS, Mended, Terms, groups, mend
from crstandards.fixes.mentions import outside
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import Plan, Refusal
from crstandards.fixes.staged import Staged
from crstandards.fixes.transaction import NotWritten, recover, unwritable, write_all
from crstandards.model import Solution
from crstandards.policy.configuration import Config, severity_of
from crstandards.policy.patterns import path_matches
from crstandards.report.escape import sanitize
from crstandards.report.terminal import is_terminal, style_of, write
from crstandards.rules import RULES
from crstandards.source.facts import Facts

_JOURNAL = "crstandards-fix.json"


class _Work(NamedTuple):
    """What is to be mended, and where.

    `left_alone` holds the files with unstaged changes that must not be edited; `touched` the paths
    whose solutions are mended, None for all.
    """

    target: Target
    config: Config
    tree: Overlay
    as_of: date
    left_alone: Collection[str]
    touched: Collection[str] | None


def fix(options: Namespace, touched: Collection[str] | None) -> int:
    """Mend, say what was done, and return the exit status; `touched` as in `_Work`."""
    rules = _mendable(options)
    target = _target(options)
    journal = target.git.private_path(_JOURNAL) if target.git else target.root / f".{_JOURNAL}"
    if options.diff:
        if journal.exists():
            raise NotVerified("an earlier fix was interrupted; 'crstandards fix' puts that in order first")
        return _show(_mended(_work(target, options, touched), rules, options)[0])
    with locked(journal.with_suffix(".lock")):
        _say(recover(target.root, journal))
        work = _work(target, options, touched)
        mended, inspect = _mended(work, rules, options)
        done, unwritten = _write(mended, target.root, journal)
        tree = work.tree.with_edits({path: mended.tree.edited[path] for plan in done for path in plan.paths})
        refused = (*mended.refused, *unwritten)
        mentions = dict(_mentions(done, mended))
        is_recorded = mentions.pop(work.config.baseline, None) is not None
        outcome = Outcome(
            done, refused, mended.waiting, inspect(tree), tuple(mentions.items()), is_recorded=is_recorded
        )
    style = style_of(sys.stdout)._replace(quiet=options.quiet)
    if done or unwritten or not options.staged:
        write(sys.stdout, summary(outcome, style), style.encoding)
    if unwritten:
        return NOT_VERIFIED
    if options.staged:
        return VIOLATIONS if done else CLEAN
    return exit_status(outcome.remaining, options.fail_on)


def _mendable(options: Namespace) -> tuple[Rule, ...]:
    """The chosen rules. Raises UsageError where none of them has a fix, or options don't fit."""
    rules = chosen_rules(options)
    if not any(rule.id in PLANNERS for rule in rules):
        raise UsageError(f"none of these rules has a fix; those that have are {', '.join(sorted(PLANNERS))}")
    if options.interactive and (options.diff or options.staged):
        raise UsageError("--interactive asks before it writes: not with --diff or --staged")
    if options.interactive and not is_terminal(sys.stdin, sys.stdout):
        raise UsageError("--interactive asks questions, which needs a terminal; see --diff and --unsafe")
    return rules


def _target(options: Namespace) -> Target:
    target = find_target(options.paths)
    if target.snapshot.origin == "zip":
        raise UsageError("a zip is not mended: unpack the solution, and mend the folder")
    return target


def _work(target: Target, options: Namespace, touched: Collection[str] | None) -> _Work:
    """What the options ask for."""
    left_alone: Collection[str] = ()
    snapshot = target.snapshot
    if options.staged and target.git:
        left_alone = () if options.allow_unstaged else target.git.unstaged()
        snapshot = Staged(target.git, left_alone)
    files = {file.path: file for file in snapshot.files()}
    config = configuration(snapshot, files, options.config, options.no_config)
    kept = {
        path: file
        for path, file in files.items()
        if not any(path_matches(pattern, path) for pattern in config.source.exclude)
    }
    tree = Overlay(snapshot, kept)
    return _Work(target, config, tree, options.as_of or date.today(), left_alone, touched)


def _mended(
    work: _Work, rules: Collection[Rule], options: Namespace
) -> tuple[Mended, Callable[[Overlay], Report]]:
    """The mended tree; and what the chosen rules say of a tree, as far as it was to be mended."""
    facts = Facts()
    config = work.config
    session = Session(work.tree, config, (), work.as_of, facts, whole=True)
    focus = focused_folders(work.target, session.solutions, options.solutions)
    if work.touched is not None:
        focus &= session.owners(work.touched)
    is_failing = failing(options.fail_on)
    chosen = {rule.id for rule in rules}

    def is_chosen(rule: Rule, severity: Severity) -> bool:
        """Whether findings of this severity are to be mended: those that fail, unless rules are selected."""
        return rule.id in chosen and (bool(options.select) or severity in is_failing)

    def is_judged(rule: Rule) -> bool:
        """The state of a live environment is not in the source; that nothing uses a name is slow to tell."""
        if rule.needs != "whole":
            return not rule.is_live
        return rule.id in PLANNERS and is_chosen(rule, severity_of(rule.id, rule.severity, config))

    judging = [rule for rule in RULES if is_judged(rule)]

    def judge(tree: Overlay) -> Judged:
        session = Session(tree, config, judging, work.as_of, facts, whole=True)
        return Judged(session.report(), session.world)

    def inspect(tree: Overlay) -> Report:
        left = [rule for rule in rules if not rule.is_live]
        session = Session(tree, config, left, work.as_of, facts, whole=True)
        return session.report(focus.__contains__)

    def wanted(solution: Solution) -> bool:
        return solution.folder in focus

    def against_writing(path: str) -> str:
        if path in work.left_alone:
            return "has unstaged changes (--allow-unstaged edits it all the same)"
        if any(path_matches(pattern, path) for pattern in config.source.vendored):
            return "is bought source (vendored)"
        return "" if options.diff else unwritable(work.target.root / path)

    agree = Asker().agree if options.interactive else (lambda plan: bool(options.unsafe))
    terms = Terms(judge, is_chosen, wanted, agree, against_writing, with_baseline=options.baselined)
    return mend(work.tree, terms), inspect


def _show(mended: Mended) -> int:
    """Show the diff, and say of what it does not show."""
    changed = {path for plan in mended.done for path in plan.paths}
    style = style_of(sys.stdout)
    for path in sorted(changed):
        diff = unified(path, *mended.tree.edited[path])
        if sys.stdout.isatty():
            lines = (sanitize(line, ascii_only=not style.unicode) for line in diff.split("\n"))
            write(sys.stdout, "\n".join(lines), style.encoding)
        else:
            # Bytes, for `git apply`: on Windows, text would get other line ends and characters.
            write(sys.stdout, diff, "utf-8")
    if mended.waiting:
        fixes = "1 fix is" if len(mended.waiting) == 1 else f"{len(mended.waiting)} fixes are"
        _say(f"{fixes} not shown for want of your word; 'crstandards fix --unsafe --diff' shows all")
    if any(item.in_portal for item in mended.refused):
        _say("some source is not for editing by hand; 'crstandards fix' shows the steps in the portal")
    return VIOLATIONS if changed else CLEAN


def _write(mended: Mended, root: Path, journal: Path) -> tuple[tuple[Plan, ...], tuple[Refusal, ...]]:
    """Write the fixes. Returns those that were written, and why others were not.

    All at once, so that a run that is killed is finished as a whole; where that fails, group by group.
    """
    each = list(groups(mended.done))
    if len(each) > 1 and not _unwritten(mended.done, mended, root, journal):
        return mended.done, ()
    reasons = [(group, _unwritten(group, mended, root, journal)) for group in each]
    return (
        tuple(plan for group, reason in reasons if not reason for plan in group),
        tuple(
            Refusal(plan.finding, f"nothing was written: {reason}")
            for group, reason in reasons
            if reason
            for plan in group
        ),
    )


def _unwritten(plans: Collection[Plan], mended: Mended, root: Path, journal: Path) -> str:
    """Write some fixes; returns why nothing was written, "" where all is."""
    paths = sorted({path for plan in plans for path in plan.paths})
    try:
        write_all(root, {path: mended.tree.edited[path] for path in paths}, journal)
    except NotWritten as error:
        return error.reason
    return ""


def _mentions(done: Collection[Plan], mended: Mended) -> tuple[tuple[str, list[str]], ...]:
    """Files outside the solutions that name references which no solution declares any more."""
    solutions = mended.judged.world.solutions
    declared = {key for solution in solutions for key in solution.declared()}
    gone = [name for plan in done for name in plan.removed if name.lower() not in declared]
    return tuple(outside(mended.tree, solutions, gone))


def _say(message: str) -> None:
    if message:
        write(sys.stderr, f"crstandards: {message}\n")
