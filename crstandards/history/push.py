"""What a git server decides about a push: what is refused, and why.

No push can exempt itself: what counts is the policy of the branch before it (see `guards`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from crstandards.errors import FatalError, UsageError
from crstandards.findings import Rule
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import MalformedTree
from crstandards.history.addition import Additions
from crstandards.history.checks import Terms, Unusable, narrowed
from crstandards.history.files import parts_of
from crstandards.history.guards import Policies, Update
from crstandards.history.policy import (
    Brought,
    Policy,
    as_before,
    brought,
    changes_policy,
    is_same,
)
from crstandards.reported import Report
from crstandards.source.facts import Facts

_NAMED = 3


class Decision(NamedTuple):
    """What is decided about one guarded ref.

    `report` holds what is added, or with a strict policy all there is. `refusal` is another reason to
    refuse, `notes` what the pusher must know either way.
    """

    ref: str
    report: Report | None = None
    refusal: str = ""
    notes: tuple[str, ...] = ()
    strict: bool = False

    @property
    def is_refused(self) -> bool:
        """Whether the ref must not be updated."""
        return bool(self.refusal) or self.has_errors

    @property
    def has_errors(self) -> bool:
        """Whether violations are the reason."""
        return self.report is not None and any(item.severity == "error" for item in self.report.counted())


class Guard:
    """Decides about one push, the updates. `own` is the server's policy, where it has one."""

    def __init__(
        self,
        git: RangeGit,
        rules: tuple[Rule, ...],
        today: date,
        own: Policy | None,
        updates: Sequence[Update],
    ) -> None:
        self._git = git
        self._rules = rules
        self._today = today
        self._facts = Facts()
        self._decided: dict[tuple[str, int], tuple[Policy, Decision]] = {}
        self.policies = Policies(git, own, updates)

    def decisions(self) -> Iterator[Decision]:
        """The decisions about those refs that are guarded."""
        for update in self.policies.updates:
            decision = None
            policies, notes = self.policies.for_update(update)
            for policy in policies:
                decision = self._decide_once(update, policy)
                if decision.is_refused:
                    break
            if decision is not None:
                yield decision._replace(notes=(*notes, *decision.notes))

    def _decide_once(self, update: Update, policy: Policy) -> Decision:
        """As `_decide`: a commit that is pushed to many new branches is looked at once."""
        if update.ref in self.policies.refs or update.ref == self.policies.default:
            return self._decide(update, policy)
        key = (update.new, id(policy))
        if key not in self._decided:
            # With the policy, so that none of another content ever has the same id.
            self._decided[key] = policy, self._decide(update, policy)
        return self._decided[key][1]._replace(ref=update.ref)

    def _decide(self, update: Update, policy: Policy) -> Decision:
        ref, server = update.ref, policy.config.server
        if not update.new:
            if self.policies.own is None and self._holds_the_policy(ref):
                return Decision(
                    ref, refusal="it holds the policy of this repository, which would be gone with it"
                )
            return Decision(ref)
        try:
            new = self._git.commit(update.new)[0]
        except UsageError:
            return Decision(ref, refusal="it names no commit, and only commits can be checked")
        refusal, notes, after = self._policy_change(update, new)
        if refusal:
            return Decision(ref, refusal=refusal, notes=notes)
        before = next(self._known(update, policy), None)
        config = policy.config
        if before is not None or self.policies.own is not None or self.policies.branches:
            # Otherwise the policy comes with the push, and so do exceptions in descriptions.
            config = as_before(self._git, config, before, self._facts)
        fresh = brought(self._git, config, new, self._facts)
        if fresh and self._is_forbidden(update) and (before is not None or self.policies.is_astray):
            return Decision(ref, refusal=f"{_named(fresh)}, which this server forbids", notes=notes)
        terms = policy._replace(config=config).under(Terms(self._rules, as_of=self._today))
        additions = Additions(self._git, terms, config, self._facts)
        report = (
            additions.all(new) if server.strict else self._added(additions, new, self._known(update, policy))
        )
        notes += tuple(_on_descriptions(fresh, report, config.path))
        decision = Decision(ref, report, notes=notes, strict=server.strict)
        if after and not decision.is_refused:
            return decision._replace(refusal=self._outlook(ref, after, new))
        return decision

    def _holds_the_policy(self, ref: str) -> bool:
        """Whether the next push could bring a policy of its own if this ref were gone."""
        if self.policies.default in self.policies.refs or ref not in self.policies.refs:
            return ref == self.policies.default and ref in self.policies.refs
        policy = self.policies.at(ref)
        gone = {update.ref for update in self.policies.updates if not update.new}
        left = [branch for branch in self.policies.branches if branch not in gone]
        if not left or self.policies.enforces(policy, ref, explicitly=True):
            return True
        return _forbids(policy) and not any(is_same(policy, other) for other in self.policies.of(left))

    def _added(self, additions: Additions, new: str, known: Iterable[str]) -> Report:
        """What a commit has that none of the known ones has."""
        report: Report | None = None
        for old in known:
            found = additions.added(new, old)
            if report is not None:
                both = {(item.fingerprint, item.span.path) for item in found.findings}
                kept = [item for item in report.findings if (item.fingerprint, item.span.path) in both]
                found = narrowed(report, kept)
            report = found
            if not any(item.severity == "error" for item in report.counted()):
                break
        return additions.all(new) if report is None else report

    def _known(self, update: Update, policy: Policy) -> Iterator[str]:
        """The commits whose findings are no news to a ref: its own, or those of the guarded ones.

        Of a tree that nobody can look at, nobody knows what it has. What becomes the branch that HEAD names
        is compared with those that have the policy by which it is judged.
        """
        guarded = (
            held
            for ref, held in self.policies.guarded()
            if not self.policies.takes_over(update) or is_same(policy, self.policies.at(ref))
        )
        held = [update.old] if update.old else guarded
        seen: set[str] = set()
        for revision in held:
            try:
                commit = self._git.commit(revision)[0]
                if commit not in seen:
                    seen.add(commit)
                    parts_of(self._git, commit)
                    yield commit
            except (UsageError, MalformedTree):
                continue

    def _is_forbidden(self, update: Update) -> bool:
        """Whether a push to a ref may not change the policy."""
        return any(map(_forbids, [self.policies.own] if self.policies.own else self.policies.before(update)))

    def _policy_change(self, update: Update, new: str) -> tuple[str, tuple[str, ...], Policy | None]:
        """The reason to refuse what a push does to the policy, or ""; what to say of it, and the policy that
        counts from then on, where that is another one.
        """
        try:
            after = self.policies.policy(new)
        except (UsageError, Unusable) as error:
            return f"its configuration is wrong: {error}", (), None
        own, before = self.policies.own, self.policies.before(update)
        deciding = [own] if own else before
        takes_over = self.policies.takes_over(update)
        if takes_over and any(_forbids(item) and not item.config.server.enforce for item in deciding):
            return (
                "HEAD of the server's repository names it, so from then on it alone would be guarded, which "
                "this server forbids; ask whoever looks after it",
                (),
                None,
            )
        changed = [policy for policy in before if changes_policy(policy, after)]
        # A new branch that goes on with the policy of one of many others changes none.
        is_change = bool(changed) and (takes_over or len(changed) == len(before))
        is_forbidden = (
            is_change and _forbids(self.policies.own) if self.policies.own else any(map(_forbids, changed))
        )
        if is_forbidden:
            return "it changes the policy, which this server forbids; ask whoever looks after it", (), None
        if not is_change:
            return "", (), None
        said = "by the server's own policy" if own else "by the policy before it"
        note = (
            f"THIS PUSH CHANGES THE POLICY ({after.config.path or 'the baseline or the configuration'}). "
            f"It was judged {said}; what it changes counts from the next push on."
        )
        return "", (note,), None if own else after

    def _outlook(self, ref: str, after: Policy, new: str) -> str:
        """The reason why nobody could push anything by the policy that a push brings, or "".

        So the next push is judged already, one that changes nothing.
        """
        # The patterns are asked of each push, and it may be many that somebody pushes.
        self.policies.enforces(after, ref)
        additions = Additions(
            self._git, after.under(Terms(self._rules, as_of=self._today)), after.config, self._facts
        )
        try:
            report = additions.all(new) if after.config.server.strict else additions.added(new, new)
        except FatalError as error:
            return f"no later push could be judged by the policy that it brings: {error}"
        if any(item.severity == "error" for item in report.counted()):
            return "it brings a strict policy, by which its own tree has errors: mend these first"
        return ""


def _forbids(policy: Policy) -> bool:
    return policy.config.server.policy_changes == "forbid"


def _on_descriptions(fresh: Sequence[Brought], report: Report, path: str) -> Iterator[str]:
    if fresh:
        yield f"THIS PUSH CHANGES THE POLICY: {_named(fresh)}. What it changes counts from the next push on."
    refusing = {item.rule.id for item in report.counted() if item.severity == "error"}
    if any(item.rule in refusing for item in fresh):
        yield (
            f"Where such an exception is right at once, push one in {path or 'crstandards.toml'} first, "
            "as a push of its own."
        )


def _named(fresh: Sequence[Brought]) -> str:
    listed = ", ".join(map(str, fresh[:_NAMED])) + (", ..." if len(fresh) > _NAMED else "")
    return f"it adds exceptions in descriptions, of {listed}"
