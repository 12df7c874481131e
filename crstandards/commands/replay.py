"""Check the tree of every commit of a range, and say who brought what and what remains."""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from crstandards.ci import NOTHING, Task, find_task
from crstandards.commands.delivery import deliver, exit_status
from crstandards.commands.options import chosen_rules, given_configuration
from crstandards.commands.progress import Progress
from crstandards.errors import CLEAN, VIOLATIONS, NotVerified, UsageError
from crstandards.git.ranges import RangeGit
from crstandards.history.checks import Terms
from crstandards.history.log import Range, hidden_parents, parents_of, read_range
from crstandards.history.policy import Arriving, as_before, brought, changes_policy, policy_before, policy_of
from crstandards.history.replay import Wish, compare, replay
from crstandards.policy import CONFIG_FILE
from crstandards.report.terminal import write
from crstandards.reported import Report
from crstandards.source.facts import Facts


class Commits(NamedTuple):
    """The commits to replay, by their ids; a base of None is the beginning of all.

    `deepen` says what to write where a CI service's clone lacks history; `is_told` that such a service
    told the base: it is what was there before, also where a forced push left it aside. `link` is where the
    service shows the head's lines. `judge` is the commit whose policy counts: the base, or the tip of the
    branch to which the base once belonged.
    """

    base: str | None
    head: str
    deepen: str = ""
    is_told: bool = False
    link: str = ""
    judge: str | None = None


def run(options: Namespace) -> int:
    """Replay, report, and return the exit status."""
    git = RangeGit(Path())
    rules = chosen_rules(options)
    task = None
    if options.ci and not (options.base and options.head):
        task = find_task(os.environ, lambda path: Path(path).read_bytes())
        if task is None:
            _say("A branch was deleted: nothing to check.")
            return CLEAN
    span = _ci_span(git, task, options) if options.ci else _span(git, options)
    terms = Terms(rules, as_of=options.as_of, solutions=tuple(options.solutions or ()))
    only_new = options.new_only
    arriving = Arriving()
    config = given_configuration(options.config, options.no_config)
    if config is not None:
        if options.ci:
            config = as_before(git, config, span.judge, Facts())
        terms = terms._replace(config=config)
    elif options.ci:
        terms, arriving = _policy(git, terms, span)
    if options.ci and span.base is not None:
        only_new = not (terms.config and terms.config.server.strict)
    report = arriving.named_in(_report(git, terms, span, only_new, options))
    if report.history:
        report = report._replace(history=report.history._replace(link=span.link))
    status = deliver(report, options)
    return VIOLATIONS if report.history and report.history.failed else status


def _report(git: RangeGit, terms: Terms, span: Commits, only_new: bool, options: Namespace) -> Report:
    commits = read_range(git, span.base, span.head)
    old = span.base if span.is_told else _old(git, commits)
    if hidden_parents(git, commits):
        if not options.ci:
            raise NotVerified(
                "this clone is shallow, and the range goes beyond it: run 'git fetch --unshallow' first"
            )
        if options.every_commit:
            raise NotVerified(f"every commit was asked for, and this clone is shallow: {span.deepen}")
        if span.base is not None:
            _say(
                "This clone is shallow: enough for a verdict, but not to name who did what; for that, "
                f"{span.deepen}."
            )
            return compare(git, span.base, span.head, terms, only_new)
    wish = Wish(
        only_new,
        old,
        (lambda report: exit_status(report, options.fail_on) == VIOLATIONS) if options.every_commit else None,
    )
    with Progress(sys.stderr, "commits") as progress:
        return replay(git, commits, terms, wish, progress)


def _old(git: RangeGit, commits: Range) -> str | None:
    """The commit whose tree tells what was there before: the base, or what the head has in common with it."""
    if commits.base is None:
        return None
    if commits.base in commits.before() or not commits.commits:
        return commits.base
    return git.merge_base(commits.base, commits.head) or commits.base


def _span(git: RangeGit, options: Namespace) -> Commits:
    base, head = options.base, options.head or "HEAD"
    if options.range:
        if options.base or options.head:
            raise UsageError("name the range as BASE..HEAD or with --base and --head, not both")
        if "..." in options.range:
            raise UsageError(f"{options.range}: two dots between the revisions, not three")
        before, dots, after = options.range.partition("..")
        base, head = (before or "HEAD", after or "HEAD") if dots else (None, before)
    return Commits(git.commit(base)[0] if base else None, git.commit(head)[0])


def _ci_span(git: RangeGit, task: Task | None, options: Namespace) -> Commits:
    if options.range:
        raise UsageError("--ci takes the range from the service; --base and --head override it")
    if task is None:
        span = Commits(git.commit(options.base)[0], git.commit(options.head)[0])
        _say(f"{span.head[:12]} against {str(span.base)[:12]} (--head and --base).")
        return span._replace(judge=span.base)
    head, judge = _here(git, options.head or task.head, task), None
    if options.base:
        base: str | None = _here(git, options.base, task)
    elif task.base == NOTHING:
        base = None
    elif task.is_merge and not options.head:
        parents = parents_of(git, head)
        if len(parents) < 2:
            raise NotVerified(
                f"{task.service}: {head[:12]} should be the merge of the {task.event}, and is none; "
                f"{task.deepen}"
            )
        base = _here(git, parents[0], task)
    else:
        base = _here(git, task.base, task)
        # Not told by every service, and not in every clone.
        with suppress(UsageError):
            judge = git.commit(task.target)[0] if task.target else base
        if task.with_common:
            common = git.merge_base(base, head)
            if common is None:
                raise NotVerified(
                    f"{task.service}: {task.base} and {task.head} have nothing in common here; {task.deepen}"
                )
            base = common
    against = base[:12] if base else "nothing, since it is the first push"
    given = " and ".join(f"--{name}" for name in ("base", "head") if getattr(options, name))
    reason = f"{task.reason}; {given} in place of it" if given else task.reason
    _say(f"{task.service}, {task.event}: {head[:12]} against {against} ({reason}).")
    link = task.link.replace("{commit}", head)
    return Commits(base, head, task.history or task.deepen, not options.base, link, judge or base)


def _here(git: RangeGit, revision: str, task: Task) -> str:
    try:
        found = git.commit(revision)[0]
    except UsageError:
        raise NotVerified(
            f"{task.service}, {task.event}: {revision[:60]} is not in this clone; {task.deepen}"
        ) from None
    # git takes a short id for the branch or tag of that name, if there is one; a service means a commit.
    is_short = len(revision) < len(found) and _ID.fullmatch(revision)
    if revision == task.base and is_short and not found.startswith(revision.lower()):
        raise NotVerified(
            f"{task.service}, {task.event}: a branch or a tag is called {revision}, like a commit; remove it"
        )
    return found


_ID = re.compile("[0-9A-Fa-f]{4,}")


def _policy(git: RangeGit, terms: Terms, span: Commits) -> tuple[Terms, Arriving]:
    """The terms with the policy from before the change, so that no change can exempt itself."""
    after = policy_of(git, span.head)
    if span.judge is None:
        _say("Nothing was there before: the policy is the one that comes with the push.")
        return after.under(terms), Arriving()
    before, facts = policy_before(git, span.judge), Facts()
    config = as_before(git, before.config, span.judge, facts)
    path, commit = config.path, span.judge[:12]
    source = f"{path} of {commit}" if path else f"the defaults: {commit} has none of its own"
    _say(f"The policy is {f'the defaults: {before.fault}' if before.fault else source}.")
    # The target's may have changed since, by another change.
    was = before if span.base in (None, span.judge) else policy_before(git, span.base)
    if changes_policy(was, after):
        _say("NOTE: this changes the policy itself; what it then says counts once it is merged.")
    fresh = tuple(brought(git, config, span.head, facts))
    if fresh:
        _say(
            "NOTE: an exception in a description does not count in the change that brings it: "
            f"{', '.join(map(str, fresh))}. "
            f"Where it is right, merge an exception in {path or CONFIG_FILE} first."
        )
    return before._replace(config=config).under(terms), Arriving(after.without(before), fresh)


def _say(line: str) -> None:
    write(sys.stderr, line + "\n")
