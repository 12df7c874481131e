"""Mend the source of solutions, and nothing else: what you see in the diff is all there is."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import NamedTuple

from crstandards.commands.arguments import add_rule_options
from crstandards.commands.fix_ask import Asker
from crstandards.commands.fix_text import Outcome, summary
from crstandards.commands.hook import occasion_of
from crstandards.commands.options import chosen_rules, configuration, exit_status
from crstandards.commands.target import Target, find_target, focused_folders
from crstandards.engine import Inspector
from crstandards.errors import CLEAN, NOT_VERIFIED, VIOLATIONS, NotVerified, UsageError
from crstandards.findings import Report, Rule
from crstandards.fixes.diff import unified
from crstandards.fixes.lock import locked
from crstandards.fixes.mend import PLANNERS, Judged, Mended, Terms, groups, mend
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import Plan, Refusal
from crstandards.fixes.staged import Staged
from crstandards.fixes.transaction import NotWritten, recover, unwritable, write_all
from crstandards.model import Solution
from crstandards.policy.config import Config
from crstandards.policy.patterns import path_matches
from crstandards.report.terminal import style_of, write
from crstandards.rules import RULES
from crstandards.source.facts import Facts
from crstandards.source.layout import owners

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


def configure(parser: ArgumentParser) -> None:
    """Declare the options of `fix`."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a folder or a file (its solution is mended); default: the repository",
    )
    parser.add_argument(
        "--solutions", action="append", metavar="PATTERN", help="only solutions of these names"
    )
    more = parser.add_mutually_exclusive_group()
    more.add_argument(
        "--unsafe", action="store_true", help="make the fixes too that need a second look: read the diff"
    )
    more.add_argument("--interactive", action="store_true", help="ask about each of those")
    parser.add_argument("--diff", action="store_true", help="change nothing, show what would be changed")
    parser.add_argument(
        "--staged",
        action="store_true",
        help="as a commit hook: only solutions with staged changes; exit 1 if something was changed",
    )
    parser.add_argument(
        "--allow-unstaged",
        action="store_true",
        help="with --staged: edit files too that have unstaged changes",
    )
    parser.add_argument("--quiet", action="store_true", help="only say how much was done")
    add_rule_options(parser)


def run(options: Namespace) -> int:
    """Mend, say what was done, and return the exit status."""
    rules = _mendable(options)
    work = _work(options)
    if work is None:
        return CLEAN
    root = work.target.root
    journal = work.target.git.private_path(_JOURNAL) if work.target.git else root / f".{_JOURNAL}"
    if options.diff:
        if journal.exists():
            raise NotVerified("an earlier fix was interrupted; 'crstandards fix' puts that in order first")
        return _show(_mended(work, rules, options)[0])
    with locked(journal.with_suffix(".lock")):
        _say(recover(root, journal))
        mended, inspect = _mended(work, rules, options)
        done, unwritten = _write(mended, root, journal)
        written = {path: mended.tree.edited[path] for plan in done for path in plan.paths}
        # What was refused for being hidden behind something unwritten is said by the next run.
        remaining = inspect(work.tree.with_edits(written))
    outcome = Outcome(done, (*mended.refused, *unwritten), mended.waiting, remaining)
    style = style_of(sys.stdout)._replace(quiet=options.quiet)
    if not (options.staged and not done and not unwritten):
        write(sys.stdout, summary(outcome, style), style.encoding)
    if unwritten:
        return NOT_VERIFIED
    if options.staged:
        return VIOLATIONS if done else CLEAN
    return exit_status(remaining, "error")


def _mendable(options: Namespace) -> tuple[Rule, ...]:
    """The chosen rules. Raises UsageError where none of them has a fix, or options don't fit."""
    rules = chosen_rules(options)
    if not any(rule.id in PLANNERS for rule in rules):
        raise UsageError(f"none of these rules has a fix; those that have are {', '.join(sorted(PLANNERS))}")
    if options.interactive and (options.diff or options.staged):
        raise UsageError("--interactive asks before it writes: not with --diff or --staged")
    if options.interactive and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("--interactive asks questions, which needs a terminal; see --diff and --unsafe")
    if options.allow_unstaged and not options.staged:
        raise UsageError("--allow-unstaged belongs to --staged; without that, all files may be edited")
    if options.staged and options.paths:
        raise UsageError("--staged mends the solutions with staged changes: name no PATH with it")
    return rules


def _work(options: Namespace) -> _Work | None:
    """What the options ask for; None where there is nothing to do."""
    staged = options.staged
    target = find_target(Namespace(paths=options.paths, solutions=options.solutions, staged=False, rev=None))
    if target.snapshot.origin == "zip":
        raise UsageError("a zip is not mended: unpack the solution, and mend the folder")
    left_alone: Collection[str] = ()
    touched = None
    snapshot = target.snapshot
    if staged:
        if target.git is None:
            raise UsageError(f"{Path().resolve()} is not in a git repository")
        occasion = occasion_of(target.git, os.environ)
        if occasion is None:
            return None
        if occasion.changes is not None:
            touched = [change.path for change in occasion.changes]
        left_alone = () if options.allow_unstaged else target.git.unstaged()
        snapshot = Staged(target.git, left_alone)
    files = {file.path: file for file in snapshot.files()}
    config = configuration(options, snapshot, files)
    kept = {
        path: file
        for path, file in files.items()
        if not any(path_matches(pattern, path) for pattern in config.source.exclude)
    }
    return _Work(target, config, Overlay(snapshot, kept), options.as_of or date.today(), left_alone, touched)


def _mended(
    work: _Work, rules: Collection[Rule], options: Namespace
) -> tuple[Mended, Callable[[Overlay], Report]]:
    """The mended tree; and what the chosen rules say of a tree, as far as it was to be mended."""
    facts = Facts()
    config = work.config
    inspector = Inspector(work.tree, config, (), work.as_of, facts, whole=True)
    solutions = inspector.solutions()
    focus = focused_folders(work.target, solutions, options.solutions)
    if work.touched is not None:
        folders = {candidate.folder for candidate in inspector.candidates}
        focus &= {folder for path in work.touched for folder in owners(path, folders)}
    unsafe = options.unsafe or options.interactive
    chosen = {rule.id for rule in rules}
    # The state of a live environment is not in the source; that nothing uses a name is slow to tell.
    judging = [
        rule
        for rule in RULES
        if not rule.id.startswith(("CR4", "CR902")) and (rule.id != "CR504" or (unsafe and "CR504" in chosen))
    ]

    def judge(tree: Overlay) -> Judged:
        inspector = Inspector(tree, config, judging, work.as_of, facts, whole=True)
        solutions = inspector.solutions()
        report = inspector.report_of(inspector.findings(solutions), solutions)
        return Judged(report, inspector.world(solutions))

    def inspect(tree: Overlay) -> Report:
        left = [rule for rule in rules if not rule.id.startswith("CR4")]
        inspector = Inspector(tree, config, left, work.as_of, facts, whole=True)
        solutions = inspector.solutions()
        return inspector.report_of(
            inspector.findings(solutions, focus.__contains__), solutions, focus.__contains__
        )

    def wanted(solution: Solution) -> bool:
        return solution.folder in focus

    def against_writing(path: str) -> str:
        if path in work.left_alone:
            return "has unstaged changes (--allow-unstaged edits it all the same)"
        if any(path_matches(pattern, path) for pattern in config.source.vendored):
            return "is bought source (vendored)"
        return unwritable(work.target.root / path)

    agree = Asker().agree if options.interactive else (lambda plan: bool(options.unsafe))
    terms = Terms(judge, chosen, wanted, agree, against_writing, with_baseline=not options.staged)
    return mend(work.tree, terms), inspect


def _show(mended: Mended) -> int:
    """Show the diff."""
    style = style_of(sys.stdout)
    changed = {path for plan in mended.done for path in plan.paths}
    for path in sorted(changed):
        write(sys.stdout, unified(path, *mended.tree.edited[path]), style.encoding)
    return VIOLATIONS if changed else CLEAN


def _write(mended: Mended, root: Path, journal: Path) -> tuple[tuple[Plan, ...], tuple[Refusal, ...]]:
    """Write the fixes, group by group. Returns those that were written, and why others were not."""
    done: list[Plan] = []
    failed: list[Refusal] = []
    for group in groups(mended.done):
        paths = sorted({path for plan in group for path in plan.paths})
        changes = {path: mended.tree.edited[path] for path in paths}
        try:
            write_all(root, changes, journal)
            done += group
        except NotWritten as error:
            failed += [Refusal(plan.finding, f"nothing was written: {error.reason}") for plan in group]
    return tuple(done), tuple(failed)


def _say(message: str) -> None:
    if message:
        write(sys.stderr, f"crstandards: {message}\n")
