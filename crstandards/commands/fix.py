"""Mend what fails the check, in the source of solutions: what you see in the diff is all there is."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Collection
from pathlib import Path

from crstandards.commands.hook import occasion_of
from crstandards.errors import CLEAN, UsageError
from crstandards.git import Git, find_root


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
