"""Check solutions against the connection reference standard."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from crstandards.check.session import Session
from crstandards.commands.arguments import add_ownership_options, add_report_options, add_rule_options
from crstandards.commands.options import chosen_rules, configuration, deliver, wanted_formats
from crstandards.commands.outside import outside_of
from crstandards.commands.target import Target, add_target_options, find_target, focused_folders, is_whole
from crstandards.errors import UsageError
from crstandards.findings import SEVERITIES, Rule, Severity
from crstandards.inventory.environments import Outside
from crstandards.policy.baseline import Baseline, entry_of
from crstandards.policy.config import Config
from crstandards.snapshot import Tree


def configure(parser: ArgumentParser) -> None:
    """Declare the options of `check`."""
    add_target_options(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--staged", action="store_true", help="check the git index")
    where.add_argument("--rev", metavar="REV", help="check a commit")
    parser.add_argument(
        "--new-since", metavar="REV", help="let through what stood in a commit already, as a baseline would"
    )
    add_ownership_options(parser)
    add_rule_options(parser)
    add_report_options(parser)


def run(options: Namespace) -> int:
    """Check, report, and return the exit status."""
    target = find_target(options)
    snapshot = target.snapshot
    files = snapshot.files()
    config = configuration(options, snapshot, {file.path: file for file in files})
    rules = chosen_rules(options)
    as_of = options.as_of or date.today()
    outside = outside_of(options, config)
    session = Session(
        snapshot,
        config,
        rules,
        as_of,
        files=files,
        baseline=_earlier(options, target, config, rules, as_of, outside),
        whole=is_whole(target, options.solutions),
        config_text=Path(options.config).read_bytes() if options.config else None,
        outside=outside,
    )
    if not session.candidates and not target.paths:
        print("No solution here: nothing to check.", file=sys.stderr)
    solutions = session.solutions()
    focus = focused_folders(target, solutions, options.solutions).__contains__
    wanted = wanted_formats(options)
    # Notes are counted, and nothing else of them is said.
    shown: tuple[Severity, ...] = (
        SEVERITIES if options.verbose or wanted != {"text"} else ("error", "warning")
    )
    report = session.report_of(session.findings(solutions, focus), solutions, focus, shown)
    if "html" in wanted:
        from crstandards.graph.build import links_of

        report = report._replace(links=links_of(session.world(solutions), report.findings, focus))
    if "sarif" in wanted and report.source != "zip":
        from crstandards.fixes.suggest import with_fixes

        report = with_fixes(report, session.world(solutions), snapshot)
    here = (target.root, target.git) if report.source in ("worktree", "index") else (None, None)
    return deliver(report, options, *here)


def _earlier(
    options: Namespace, target: Target, config: Config, rules: Sequence[Rule], as_of: date, outside: Outside
) -> Baseline | None:
    """What `--new-since` lets through: all that was found in that commit."""
    if not options.new_since:
        return None
    if target.git is None:
        raise UsageError("--new-since needs a git repository")
    snapshot = Tree(target.git, target.git.resolve(options.new_since))
    earlier = Session(
        snapshot, config, rules, as_of, whole=is_whole(target, options.solutions), outside=outside
    )
    return Baseline(entry_of(finding) for finding in earlier.findings(earlier.solutions()))
