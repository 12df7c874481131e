"""Run as a git hook, under pre-commit or without a framework; or set the hooks up and remove them."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from crstandards.errors import CLEAN, VIOLATIONS, MissingObject, NotVerified, UsageError
from crstandards.git.repository import Change, Git, find_root
from crstandards.policy import CONFIG_FILES
from crstandards.snapshot import Index, Snapshot, Tree, Worktree

_FULL_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Occasion(NamedTuple):
    """What a hook checks: a snapshot, and the changes that choose what is reported (None: all).

    `base` is the commit that was there before, or "HEAD", or "" where none is known.
    """

    snapshot: Snapshot
    changes: Sequence[Change] | None
    base: str = ""


def run(options: Namespace) -> int:
    """Run the hook and return the exit status."""
    if options.hook in ("install", "uninstall"):
        from crstandards.commands.hook_install import install, uninstall

        if options.hook == "uninstall":
            return uninstall(options.pre_receive)
        return install(options.pre_receive, pre_push=options.pre_push)
    if options.hook == "pre-receive":
        from crstandards.commands.hook_server import pre_receive

        return pre_receive()
    if options.hook == "pre-push":
        return _pre_push(options)
    root = find_root(Path())
    if root is None:
        raise UsageError(f"'hook {options.hook}' runs inside a git repository, and {os.getcwd()} is in none")
    git = Git(root)
    occasion = occasion_of(git, os.environ)
    return CLEAN if occasion is None else check_occasion(occasion, _config_files(options, root), options, git)


def occasion_of(git: Git, environ: Mapping[str, str]) -> Occasion | None:
    """What this run is about; None where a branch is deleted, and nothing is left to check.

    pre-commit sets PRE_COMMIT always, the two refs for a range, and the branch's name on a push; git
    sets GIT_INDEX_FILE for a commit's hooks, which pre-commit passes on. Without pre-commit, what a ref is
    set to in the environment of a commit is not for us.
    """
    old = environ.get("PRE_COMMIT_FROM_REF", "")
    new = environ.get("PRE_COMMIT_TO_REF", "")
    by_framework = environ.get("PRE_COMMIT") == "1"
    if new and (by_framework or not environ.get("GIT_INDEX_FILE")):
        return _range(git, old, new)
    pushed = environ.get("PRE_COMMIT_LOCAL_BRANCH")
    if by_framework and pushed:
        return Occasion(Tree(git, git.resolve(pushed)), None)
    if by_framework and environ.get("PRE_COMMIT_REMOTE_NAME"):
        return Occasion(Tree(git, git.head()), None)
    if by_framework and not environ.get("GIT_INDEX_FILE"):
        return Occasion(Worktree(git, untracked=False), None, "HEAD")
    return Occasion(Index(git), git.staged_changes(), "HEAD")


def _range(git: Git, old: str, new: str) -> Occasion | None:
    # An id of zeros stands for a branch that is not there: before it is created, after it is deleted.
    if not new.strip("0"):
        return None
    commit = git.resolve(new)
    if not old.strip("0"):
        return Occasion(Tree(git, commit), None)
    try:
        earlier = git.resolve(old)
        start = git.merge_base(earlier, commit) or earlier
    except UsageError:
        if not _FULL_ID.fullmatch(old):
            raise
        raise NotVerified(
            f"the commit {old[:12]}, from which on to check, is not in this repository; "
            "fetch it first (in CI: a checkout with its whole history, fetch-depth: 0)"
        ) from None
    return Occasion(Tree(git, commit), git.changes(start, commit), start)


def _config_files(options: Namespace, root: Path) -> tuple[str, ...]:
    """The files whose change concerns every solution."""
    if options.no_config:
        return ()
    if options.config:
        named = Path(os.path.realpath(options.config))
        top = os.path.realpath(root)
        return (named.relative_to(top).as_posix(),) if named.is_relative_to(top) else ()
    return CONFIG_FILES


def check_occasion(occasion: Occasion, config_files: Sequence[str], options: Namespace, git: Git) -> int:
    """Check what a hook is about, report it, and return the exit status."""
    # Most commits touch no solution, and end here: the check itself is imported only now.
    from crstandards.source.names import is_source

    changes = occasion.changes
    concerns = changes is None or any(
        change.path in config_files or is_source(change.path) for change in changes
    )
    # Only the configuration tells whether a JSON file holds deployment settings.
    if not concerns and not any(change.path.lower().endswith(".json") for change in changes or ()):
        return CLEAN
    files = occasion.snapshot.files()
    from datetime import date

    from crstandards.check.reporting import full_report
    from crstandards.check.session import Session
    from crstandards.check.touched import check_alone, check_touched
    from crstandards.commands.delivery import deliver
    from crstandards.commands.options import blocking, chosen_rules, configuration
    from crstandards.policy.configuration import environments_set_by

    config = configuration(
        occasion.snapshot, {file.path: file for file in files}, options.config, options.no_config
    )
    if changes and any(change.path == config.baseline for change in changes):
        # What it let through may stand without it.
        changes, concerns = None, True
    if not concerns and not any(environments_set_by(config, change.path) for change in changes or ()):
        return CLEAN
    rules = blocking(chosen_rules(options), config)
    as_of = options.as_of or date.today()
    session = Session(occasion.snapshot, config, rules, as_of, files=files)
    base = occasion.base
    session.compare_with(lambda: Tree(git, git.head() if base == "HEAD" else base) if base else None)
    missing = None
    try:
        report = full_report(session) if changes is None else check_touched(session, changes, config_files)
    except MissingObject as error:
        own = [rule for rule in rules if rule.sees == "own"]
        report = check_alone(Session(occasion.snapshot, config, own, as_of, files=files), changes or ())
        if not report.summary.errors:
            raise
        missing = error
    status = deliver(report, options, git=None if missing or report.source == "commit" else git)
    if missing:
        print(f"crstandards: nothing beside what was changed was looked at: {missing}", file=sys.stderr)
    elif status == VIOLATIONS and report.source != "commit" and options.format in (None, "text"):
        from crstandards.commands.baseline import upgrade_hint

        if hint := upgrade_hint(session, report, git):
            print(hint)
    return status


def _pre_push(options: Namespace) -> int:
    """Check every ref that is pushed, from the objects, and return the exit status."""
    from crstandards.commands.hook_server import told

    git = Git(Path())
    status = CLEAN
    for name, new, old in dict.fromkeys(_pushed(told())):
        try:
            commit = git.resolve(new)
        except UsageError:
            if git.kind(new) == "commit":
                raise
            print(f"{name} names no commit: not checked", file=sys.stderr)
            continue
        try:
            before = git.resolve(old) if old else ""
            changes = git.changes(git.merge_base(before, commit) or before, commit) if old else None
        except UsageError:
            # What the remote has is not here: then all of the tree is checked.
            changes = None
        found = check_occasion(Occasion(Tree(git, commit), changes), CONFIG_FILES, options, git)
        if found:
            print(f"crstandards: that was {name}", file=sys.stderr)
        status = max(status, found)
    return status


def _pushed(content: bytes) -> Iterator[tuple[str, str, str]]:
    """The refs that are pushed: name, id here, and id there or ""; deletions are left out."""
    # A name can hold what ends a line in Unicode, and what was typed for a commit, blanks.
    for line in content.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if content else ():
        words = line.rsplit(" ", 3)
        if len(words) != 4:
            raise NotVerified("git gave the hook a line that is not '<ref> <id> <remote ref> <remote id>'")
        _, new, ref, old = words
        if new.strip("0"):
            yield ref, new, old if old.strip("0") else ""
