"""Record what is found today, so that only what is new stops a commit; or trim that record."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection, Sequence

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.commands.options import chosen_rules
from crstandards.commands.target import find_target, session_of
from crstandards.commands.writing import content_of, inside, write_inside
from crstandards.errors import CLEAN, NotVerified, UsageError
from crstandards.findings import Finding, Rule
from crstandards.git.repository import Git
from crstandards.history.compare import added
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.baseline import Baseline, can_be_recorded, entry_of, read_baseline, render_baseline
from crstandards.policy.configuration import Config
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.rules.wording import count
from crstandards.snapshot import Tree


def run(options: Namespace) -> int:
    """Write the baseline of the working tree, or trim it, and return the exit status."""
    target = find_target()
    chosen = chosen_rules(options)
    # What can't be read hides what the other rules would find.
    rules = RULES if options.update else chosen
    session = session_of(target, rules, True, options)
    config = session.config
    if not config.baseline:
        raise UsageError("without a configuration there is no place for a baseline: leave out --no-config")
    path = inside(target.root, config.baseline)
    content = content_of(path)
    old = None if content is None else read_baseline(content, path.name)
    is_changed = options.update or options.upgrade
    if old and not is_changed and not options.force:
        raise UsageError(
            f"{config.baseline} is there already; --update trims it, --upgrade adds what a newer crstandards "
            "finds in HEAD, --force writes it anew"
        )
    if old is None and is_changed:
        raise UsageError(f"there is no {config.baseline} to update; 'crstandards baseline' makes one")
    session.let_through(Baseline())
    if options.upgrade and old:
        new, said = _upgraded(old, session, target.git)
    elif options.update and old:
        new, said = _trimmed(old, session.findings(), chosen, config.locked)
    else:
        new, said = recorded(full_report(session), config)
        if not new.entries and old is None:
            print(f"{config.baseline}: nothing is written: {said}.")
            return CLEAN
    write_inside(target.root, config.baseline, render_baseline(new).encode("ascii"))
    print(f"{config.baseline}: {said}. Commit it.")
    return CLEAN


def _upgraded(old: Baseline, session: Session, git: Git | None) -> tuple[Baseline, str]:
    """A baseline with what is found in HEAD too, and nothing of what is not committed yet."""
    if git is None:
        raise UsageError("--upgrade looks at HEAD, and this is no git repository")
    before = session.of(Tree(git, git.head()))
    before.let_through(old)
    fresh, said = recorded(full_report(before), session.config)
    return Baseline([*old.entries, *fresh.entries]), f"{said}, {len(old.entries)} there before"


def upgrade_hint(session: Session, report: Report, git: Git) -> str:
    """What lets through those blocking findings that HEAD has already; "" where there is no baseline or none.

    After an update of crstandards they are what the new version finds.
    """
    if not session.recorded().content or not git.head():
        return ""
    blocking = [item.finding for item in report.counted() if item.severity == "error"]
    known = session.of(Tree(git, git.head())).findings()
    old = len(blocking) - len(added(blocking, known))
    return (
        f"{count(old, 'error')} of these stood in HEAD already. If they came with an update of crstandards, "
        "'crstandards baseline --upgrade' lets through what HEAD has, and nothing of this commit."
        if old
        else ""
    )


def recorded(report: Report, config: Config) -> tuple[Baseline, str]:
    """What a report finds, as a baseline, and in words how much that is. Notes stop nothing and stay out."""
    found = [item.finding for item in report.counted() if item.severity != "note"]
    able = [finding for finding in found if can_be_recorded(finding.rule, config)]
    said = f"{count(len(able), 'finding')} recorded"
    if left := len(found) - len(able):
        said += f"; {left} cannot be: their rules are locked, or they cannot be read"
    return Baseline(map(entry_of, able)), said


def _trimmed(
    old: Baseline, findings: Sequence[Finding], rules: Sequence[Rule], locked: Collection[str]
) -> tuple[Baseline, str]:
    """What is left of a baseline. Entries of other rules stay as they are, whatever is found."""
    unread = next((finding.place.path for finding in findings if finding.rule == ALWAYS_ERROR), None)
    if unread is not None:
        raise NotVerified(f"{unread} cannot be read, so what has been fixed is not known; correct that first")
    chosen = {rule.id for rule in rules}
    barred = [entry for entry in old.entries if entry.rule in chosen and entry.rule in locked]
    left = Baseline(entry for entry in old.entries if entry not in barred).trimmed(findings)
    mine = [entry for entry in left.entries if entry.rule in chosen]
    new = Baseline([*(entry for entry in old.entries if entry.rule not in chosen), *mine])
    gone = len(old.entries) - len(barred) - len(new.entries)
    partly = sum(entry not in old.entries for entry in new.entries)
    return new, "".join(
        (
            f"{gone} fixed and taken out, ",
            f"{len(barred)} of locked rules taken out, " if barred else "",
            f"{len(new.entries)} left",
            f", {partly} of them fixed in part" if partly else "",
        )
    )
