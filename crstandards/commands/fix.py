"""Mend what fails the check, in the source of solutions: what you see in the diff is all there is."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Collection
from pathlib import Path

from crstandards.commands.arguments import add_fail_on, add_rule_options
from crstandards.commands.hook import occasion_of
from crstandards.errors import CLEAN, UsageError
from crstandards.git import Git, find_root


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
    parser.add_argument(
        "--baselined", action="store_true", help="mend too what the baseline covers, which does not fail"
    )
    add_fail_on(parser)
    parser.add_argument("--quiet", action="store_true", help="only say how much was done")
    add_rule_options(parser)


def run(options: Namespace) -> int:
    """Mend, say what was done, and return the exit status."""
    if options.allow_unstaged and not options.staged:
        raise UsageError("--allow-unstaged belongs to --staged; without that, all files may be edited")
    if options.staged and options.paths:
        raise UsageError("--staged mends the solutions with staged changes: name no PATH with it")
    touched = None
    if options.staged:
        # Most commits touch no solution, and end here: the fixes are imported only afterwards.
        from crstandards.source.names import is_source

        changed = _changed()
        if changed is not None and not any(map(is_source, changed)):
            return CLEAN
        touched = changed
    from crstandards.commands.fix_run import fix

    return fix(options, touched)


def _changed() -> Collection[str] | None:
    """The paths that this commit (or range) changes; None where everything is meant."""
    root = find_root(Path())
    if root is None:
        raise UsageError(f"{os.getcwd()} is not in a git repository")
    occasion = occasion_of(Git(root), os.environ)
    if occasion is None:
        return ()
    return None if occasion.changes is None else [change.path for change in occasion.changes]
