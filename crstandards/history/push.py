"""What a git server decides about a push: which refs are guarded, by whose policy, and what is refused.

No push can exempt itself: what counts is the policy of the branch before it. Only where the server
has no guarded branch yet, the policy that comes with the push counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from crstandards.errors import NotVerified, UsageError
from crstandards.findings import Report, Rule
from crstandards.git_ranges import RangeGit
from crstandards.history.addition import Additions
from crstandards.history.checks import Terms, Unusable, narrowed
from crstandards.history.descriptions import Brought, as_before, brought
from crstandards.history.policy import Policy, changes_policy, policy_before, policy_of
from crstandards.policy.patterns import path_matches
from crstandards.source.facts import Facts

_LINE = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs/[^\0\r\n]+)")
_BRANCHES = "refs/heads/"
_NAMED = 3


class Update(NamedTuple):
    """One ref that a push sets; an id of "" means that it is not there, before or after."""

    ref: str
    old: str
    new: str


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


def read_updates(content: bytes) -> list[Update]:
    """Read the lines that git gives a server's hook. Raises NotVerified for anything else."""
    found = []
    # Nothing but LF ends a line of git's.
    for line in content.removesuffix(b"\n").split(b"\n") if content else ():
        match = _LINE.fullmatch(line)
        if not match:
            raise NotVerified("git gave the hook a line that is not '<old id> <new id> <ref>'")
        old, new, ref = (part.decode("utf-8", "surrogateescape") for part in match.groups())
        found.append(Update(ref, old if old.strip("0") else "", new if new.strip("0") else ""))
    return found


class Guard:
    """Decides about one push. `own` is the server's policy, where it has one."""

    def __init__(self, git: RangeGit, rules: tuple[Rule, ...], today: date, own: Policy | None) -> None:
        self._git = git
        self._rules = rules
        self._today = today
        self._own = own
        self._facts = Facts()
        refs = git.refs()
        self._refs = {name: ref.held for name, ref in refs.items()}
        self._aliases = {name: ref.meant for name, ref in refs.items() if ref.meant}
        self._default = git.default_branch()
        self._before: dict[str, Policy] = {}
        self._governing = self._find_governing()
        self._law = self._find_law()

    @property
    def deadline(self) -> float | None:
        """The seconds that a push may take, where a policy says so."""
        policy = self._own or self._law
        return policy.config.server.deadline if policy else None

    def decisions(self, updates: Sequence[Update]) -> Iterator[Decision]:
        """The decisions about those refs that are guarded."""
        # What is pushed to a ref that stands for another one is what that gets.
        meant = [update._replace(ref=self._aliases.get(update.ref, update.ref)) for update in updates]
        for update in meant:
            policy, notes = self._policy_for(update, meant)
            if policy is not None:
                decision = self._decide(update, meant, policy)
                yield decision._replace(notes=(*notes, *decision.notes))

    def _find_governing(self) -> tuple[str, ...]:
        """The refs whose policies say which refs are guarded; none where no policy says so yet."""
        if self._default in self._refs:
            return (self._default,)
        if self._own is not None:
            return ()
        # The repository's HEAD may name a branch that nobody has; then those that name themselves count.
        return tuple(ref for ref in self._refs if self._enforces(self._policy_at(ref), ref, explicitly=True))

    def _find_law(self) -> Policy | None:
        """The branches' policy for what is new; None where there is no branch yet that could have one.

        Where several branches have a say, and not the same, nobody can choose the one that suits him.
        """
        policies = [self._policy_at(ref) for ref in self._governing]
        if policies and all(policy == policies[0] for policy in policies):
            return policies[0]
        return Policy.default() if policies or any(map(_is_branch, self._refs)) else None

    def _enforces(self, policy: Policy, ref: str, explicitly: bool = False) -> bool:
        patterns = policy.config.server.enforce
        if patterns or explicitly:
            return any(path_matches(pattern, ref) for pattern in patterns)
        if ref == self._default:
            return True
        # Without a default branch, every branch may be the one that matters.
        return self._default not in self._refs and _is_branch(ref)

    def _policy_at(self, ref: str) -> Policy:
        """The policy of a ref as it was before the push."""
        if ref not in self._before:
            try:
                commit = self._git.commit(self._refs[ref])[0]
            except UsageError:
                # A tag of something else than a commit.
                return Policy.default()
            self._before[ref] = policy_before(self._git, commit)
        return self._before[ref]

    def _policy_for(self, update: Update, updates: Sequence[Update]) -> tuple[Policy | None, tuple[str, ...]]:
        """The policy that an update is judged by, None where the ref is not guarded; and what to say."""
        if self._own is not None:
            return (self._own if self._enforces(self._own, update.ref) else None), ()
        # A branch's own policy before the push is the one it is judged by.
        policy = self._policy_at(update.ref) if update.ref in self._refs else self._law
        if policy is not None:
            guarded = any(self._enforces(guard, update.ref) for guard in self._guards(update.ref))
            return (policy, tuple(self._notes(update.ref, policy))) if guarded else (None, ())
        if not update.new:
            return None, ()
        # No guarded branch yet. One that the push itself brings is as good as being there already.
        brought = next((item for item in updates if item.ref == self._default and item.new), update)
        try:
            policy = policy_of(self._git, self._git.commit(brought.new)[0])
        except (UsageError, Unusable) as error:
            policy = Policy.default()._replace(fault=str(error))
        if brought is not update and not self._enforces(policy, update.ref, explicitly=True):
            return None, ()
        if not self._enforces(policy, update.ref):
            return None, ()
        return policy, (
            "There is no guarded branch here yet, so this push is judged by the policy that it brings"
            f"{f' ({policy.config.path})' if policy.config.path else ': the defaults'}.",
        )

    def _guards(self, ref: str) -> list[Policy]:
        """The branches' policies that may guard a ref: its own, and those that speak for all."""
        own = [self._policy_at(ref)] if ref in self._refs else []
        return own + self._general()

    def _general(self) -> list[Policy]:
        policies = [self._policy_at(ref) for ref in self._governing]
        return policies or ([self._law] if self._law else [])

    def _notes(self, ref: str, policy: Policy) -> Iterator[str]:
        if policy.fault:
            yield f"The policy before this push cannot be read, so the defaults count: {policy.fault}"
        follows = ""
        if not self._governing:
            follows = "every branch is guarded"
        elif ref not in self._refs and policy != self._policy_at(self._governing[0]):
            follows = "the defaults count for a new branch, as the policies of the others differ"
        if follows:
            named = f"names {self._default}, which is not there" if self._default else "names no branch"
            yield (
                f"HEAD of the server's repository {named}: {follows}. Whoever looks after the server can "
                "point it to the right one: git symbolic-ref HEAD refs/heads/BRANCH"
            )

    def _decide(self, update: Update, updates: Sequence[Update], policy: Policy) -> Decision:
        ref, server = update.ref, policy.config.server
        if not update.new:
            if self._own is None and self._holds_the_policy(ref, updates):
                return Decision(
                    ref, refusal="it holds the policy of this repository, which would be gone with it"
                )
            return Decision(ref)
        try:
            new = self._git.commit(update.new)[0]
        except UsageError:
            return Decision(ref, refusal="it names no commit, and only commits can be checked")
        refusal, notes = self._policy_change(update, new, server.policy_changes == "forbid")
        if refusal:
            return Decision(ref, refusal=refusal, notes=notes)
        before = next(self._known(update), None)
        config = policy.config
        if before is not None or self._own is not None:
            # Otherwise the policy comes with the push, and so do exceptions in descriptions.
            config = as_before(self._git, config, before, self._facts)
        fresh = brought(self._git, config, new, self._facts)
        if fresh and before is not None and server.policy_changes == "forbid":
            return Decision(ref, refusal=f"{_named(fresh)}, which this server forbids", notes=notes)
        terms = policy._replace(config=config).under(Terms(self._rules, as_of=self._today))
        report = self._report(Additions(self._git, terms, config, self._facts), update, new, server.strict)
        notes += tuple(_on_descriptions(fresh, report, config.path))
        return Decision(ref, report, notes=notes, strict=server.strict)

    def _holds_the_policy(self, ref: str, updates: Sequence[Update]) -> bool:
        """Whether the next push could bring a policy of its own if this ref were gone."""
        if self._governing:
            return ref in self._governing
        gone = {update.ref for update in updates if not update.new}
        return not any(_is_branch(other) and other not in gone for other in self._refs)

    def _report(self, additions: Additions, update: Update, new: str, strict: bool) -> Report:
        """What a ref gets that neither it nor, if it is new, any guarded one has had."""
        if strict:
            return additions.all(new)
        report: Report | None = None
        for old in self._known(update):
            found = additions.added(new, old)
            if report is not None:
                both = {(item.fingerprint, item.span.path) for item in found.findings}
                kept = [item for item in report.findings if (item.fingerprint, item.span.path) in both]
                found = narrowed(report, kept)
            report = found
            if not any(item.severity == "error" for item in report.counted()):
                break
        return additions.all(new) if report is None else report

    def _known(self, update: Update) -> Iterator[str]:
        """The commits whose findings are no news to a ref: its own, or those of the guarded ones."""
        refs: Iterable[str] = [update.ref]
        if not update.old:
            others = (ref for ref in self._refs if ref not in self._governing and self._is_guarded(ref))
            refs = (ref for group in (self._governing, others) for ref in group)
        seen: set[str] = set()
        for ref in refs:
            try:
                commit = self._git.commit(update.old if ref == update.ref else self._refs[ref])[0]
            except UsageError:
                continue
            if commit not in seen:
                seen.add(commit)
                yield commit

    def _is_guarded(self, ref: str) -> bool:
        """Whether a policy that speaks for all guards a ref. Of many branches, not each one's can be read."""
        policies = [self._own] if self._own else self._general()
        return any(self._enforces(policy, ref) for policy in policies)

    def _policy_change(self, update: Update, new: str, is_forbidden: bool) -> tuple[str, tuple[str, ...]]:
        """The reason to refuse what a push does to the policy, or ""; and what to say of it."""
        try:
            after = policy_of(self._git, new)
        except (UsageError, Unusable) as error:
            return f"its configuration is wrong: {error}", ()
        before = self._policy_at(update.ref) if update.ref in self._refs else self._law
        if before is None or not changes_policy(before, after):
            return "", ()
        if is_forbidden:
            return "it changes the policy, which this server forbids; ask whoever looks after it", ()
        said = "by the server's own policy" if self._own else "by the policy before it"
        return "", (
            f"THIS PUSH CHANGES THE POLICY ({after.config.path or 'the baseline or the configuration'}). "
            f"It was judged {said}; what it changes counts from the next push on.",
        )


def _is_branch(ref: str) -> bool:
    return ref.startswith(_BRANCHES)


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
