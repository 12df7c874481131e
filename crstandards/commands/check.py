"""Check solutions against the connection reference standard."""

from __future__ import annotations

import sys
from argparse import Namespace

from crstandards.check.session import Session
from crstandards.commands.options import chosen_rules
from crstandards.commands.output import deliver, outputs_of
from crstandards.commands.progress import Progress
from crstandards.commands.target import Target, find_target, focused_folders, is_whole, session_of, title_of
from crstandards.errors import UsageError
from crstandards.findings import SEVERITIES, Severity
from crstandards.policy.baseline import Baseline, entry_of
from crstandards.report.escape import display_path, sanitize
from crstandards.snapshot import Tree


def run(options: Namespace) -> int:
    """Check, report, and return the exit status."""
    outputs = outputs_of(options)
    wanted = {name for name, _ in outputs}
    target = find_target(options.paths, options.staged, options.rev)
    # Notes are counted, and nothing else of them is said.
    shown: tuple[Severity, ...] = (
        SEVERITIES if options.verbose or wanted != {"text"} else ("error", "warning")
    )
    whole = is_whole(target, options.solutions)
    with Progress(sys.stderr, "files") as progress:
        session = session_of(target, chosen_rules(options), whole, options, progress)
        if options.new_since:
            session.let_through(_found_in(options.new_since, target, session))
        focus = focused_folders(target, session.solutions, options.solutions).__contains__
        report = session.report(focus, shown)
    if not session.candidates and not target.paths:
        # The text report says so itself.
        if ("text", "-") not in outputs:
            print("No solution here: nothing to check.", file=sys.stderr)
        for file in target.snapshot.files():
            if file.kind == "submodule":
                name = sanitize(display_path(file.path))
                print(f"{name} is a submodule, which is not read: run the check in it.", file=sys.stderr)
    if "html" in wanted:
        from crstandards.report.map.build import links_of

        report = report._replace(links=links_of(session.world, report.findings, focus))
    if "sarif" in wanted and report.source != "zip":
        from crstandards.fixes.suggest import with_fixes

        report = with_fixes(report, session.world, target.snapshot)
    root, git = (target.root, target.git) if report.source in ("worktree", "index") else (None, None)
    about = title_of(target, options.rev) if "html" in wanted else ""
    return deliver(report, options, root, git, about)


def _found_in(revision: str, target: Target, session: Session) -> Baseline:
    """What `--new-since` lets through: all that is found in that commit."""
    if target.git is None:
        raise UsageError("--new-since needs a git repository")
    tree = Tree(target.git, target.git.resolve(revision))
    session.compare_with(lambda: tree)
    earlier = session.of(tree)
    return Baseline(map(entry_of, earlier.findings()))
