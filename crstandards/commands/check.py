"""Check solutions against the connection reference standard."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from crstandards.check.reporting import full_report
from crstandards.commands.delivery import deliver, outputs_of
from crstandards.commands.options import chosen_rules
from crstandards.commands.target import find_target, repositories_of, session_on, title_of
from crstandards.errors import FatalError, UsageError
from crstandards.findings import SEVERITIES, Severity
from crstandards.policy import CONFIG_FILE
from crstandards.policy.baseline import Baseline, entry_of
from crstandards.report.escape import display_path, sanitize
from crstandards.reported import Report
from crstandards.rules import BY_ID
from crstandards.rules.wording import names_of
from crstandards.snapshot import Tree


def run(options: Namespace) -> int:
    """Check, report, and return the exit status."""
    repositories = repositories_of(options.paths)
    if len(repositories) > 1 or any(isinstance(found, Mapping) for found in repositories.values()):
        return _check_several(repositories, options)
    outputs = outputs_of(options)
    wanted = {name for name, _ in outputs}
    target = find_target(options.paths, options.staged, options.rev)
    with session_on(target, chosen_rules(options), options) as (session, focus):
        if options.new_since:
            if target.git is None:
                raise UsageError("--new-since needs a git repository")
            earlier = Tree(target.git, target.git.resolve(options.new_since))
            session.compare_with(lambda: earlier)
            session.let_through(Baseline(map(entry_of, session.of(earlier).findings())))
        report = full_report(session, focus, _shown(options))
    if not session.candidates and not target.paths:
        # The text report says so itself.
        if ("text", "-") not in outputs:
            print("No solution here: nothing to check.", file=sys.stderr)
        for file in target.snapshot.files():
            if file.kind == "submodule":
                name = sanitize(display_path(file.path))
                print(f"{name} is a submodule, which is not read: run the check in it.", file=sys.stderr)
    if not session.config.path and not options.no_config:
        for file in target.snapshot.files():
            if file.path.endswith(f"/{CONFIG_FILE}"):
                name = sanitize(display_path(file.path))
                print(f"{name} is not read: a configuration stands at the root.", file=sys.stderr)
                break
    if "html" in wanted:
        from crstandards.check.links import links_of

        report = report._replace(links=links_of(session.world, report.findings, focus))
    if "json" in wanted:
        report = report._replace(names=names_of(session.world, [item.finding for item in report.findings]))
    if "sarif" in wanted and report.source != "zip":
        from crstandards.fixes.rounds import with_fixes

        report = with_fixes(report, session.world, target.snapshot)
    root, git = (target.root, target.git) if report.source in ("worktree", "index") else (None, None)
    about = title_of(target, options.rev) if "html" in wanted else ""
    return deliver(report, options, root, git, about)


def _check_several(repositories: Mapping[str, Sequence[str] | Mapping[str, Any]], options: Namespace) -> int:
    """Check each repository under its own configuration, and report on all of them together."""
    from crstandards.report.several import together

    if options.staged or options.rev or options.new_since:
        raise UsageError("--staged, --rev and --new-since look into one repository: name one")
    reports: dict[str, Report | Mapping[str, Any]] = {}
    for name, found in repositories.items():
        if isinstance(found, Mapping):
            reports[name] = found
            continue
        try:
            one = find_target(found)
            with session_on(one, chosen_rules(options), options, required=False) as (session, focus):
                reports[name] = full_report(session, focus, _shown(options))
        except FatalError as error:
            raise type(error)(f"{name}: {error}") from None
    return deliver(together(reports, BY_ID), options, about=f"{len(reports)} repositories")


def _shown(options: Namespace) -> Sequence[Severity]:
    """The severities of which places are worked out; in a text, notes are counted, and no more is said."""
    is_text = {name for name, _ in outputs_of(options)} == {"text"}
    return ("error", "warning") if is_text and not options.verbose else SEVERITIES
