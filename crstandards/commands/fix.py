"""Fix what fails the check, in the source of solutions: what you see in the diff is all there is."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from crstandards.commands.hook import occasion_of
from crstandards.errors import CLEAN, UsageError
from crstandards.git.repository import Git, find_root


def run(options: Namespace) -> int:
    """Fix, say what was done, and return the exit status."""
    if options.allow_unstaged and not options.staged:
        raise UsageError("--allow-unstaged belongs to --staged; without that, all files may be edited")
    if options.staged and options.paths:
        raise UsageError("--staged fixes the solutions with staged changes: name no PATH with it")
    touched = None
    if options.staged:
        from crstandards.source.names import is_source

        root = find_root(Path())
        if root is None:
            raise UsageError(f"{os.getcwd()} is not in a git repository")
        # The paths that this commit, or range, changes; None where everything is meant.
        occasion = occasion_of(Git(root), os.environ)
        changes = occasion.changes if occasion else ()
        touched = None if changes is None else [change.path for change in changes]
        if touched is not None and not any(map(is_source, touched)):
            return CLEAN
    # Most commits touch no solution: what a fix needs is imported where there is something to look at.
    from crstandards.commands.fixing import fix_source

    return fix_source(options, touched)
