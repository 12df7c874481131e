"""What a git server decides about a push: which refs are guarded, by whose policy, and what is refused.

No push can exempt itself: what counts is the policy of the branch before it. Only where the server
has no guarded branch yet, the policy that comes with the push counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property
from typing import NamedTuple

from crstandards.errors import NotVerified, UsageError
from crstandards.findings import Report, Rule
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import ListedFile, MalformedTree, Ref
from crstandards.git.trees import root_of
from crstandards.history.addition import Additions
from crstandards.history.checks import Terms, Unusable, config_in, narrowed
from crstandards.history.files import parts_of
from crstandards.history.policy import (
    Brought,
    Policy,
    as_before,
    brought,
    changes_policy,
    is_same,
    policy_before,
    policy_of,
)
from crstandards.policy import CONFIG_FILES
from crstandards.policy.configuration import ServerOptions
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
    """Decides about one push. `own` is the server's policy, where it has one.

    Where HEAD of the server's repository names a branch that is there, that one's policy counts for what
    is new. Where it names one that is not, every branch has a say in that.
    """

    def __init__(self, git: RangeGit, rules: tuple[Rule, ...], today: date, own: Policy | None) -> None:
        self._git = git
        self._rules = rules
        self._today = today
        self._own = own
        self._facts = Facts()
        self._default = git.default_branch()
        self._baselines: dict[tuple[ListedFile | None, ...], str] = {}
        self._policies: dict[tuple[ListedFile | None, ...], Policy] = {}

    def deadline(self, updates: Sequence[Update]) -> float:
        """The seconds that a push may take: told by as little as possible of what it is judged by."""
        if self._own is not None:
            return self._own.config.server.deadline
        try:
            return config_in(self._git, self._deciding(updates)).server.deadline
        except (UsageError, Unusable, MalformedTree):
            return ServerOptions().deadline

    def _deciding(self, updates: Sequence[Update]) -> str:
        """The commit in whose policy the deadline stands. Raises UsageError where there is none.

        It is what the push brings only where no branch is there before it.
        """
        try:
            return self._git.commit(self._default)[0]
        except UsageError:
            held = [self._refs[update.ref] for update in updates if update.ref in self._refs]
            brought = [] if self._branches else [self._first(update, updates).new for update in updates]
            return self._git.commit(next(filter(None, (*held, *brought)), ""))[0]

    def decisions(self, updates: Sequence[Update]) -> Iterator[Decision]:
        """The decisions about those refs that are guarded."""
        # What is pushed to a ref that stands for another one is what that gets.
        meant = [update._replace(ref=self._aliases.get(update.ref, update.ref)) for update in updates]
        for update in meant:
            decision = None
            policies, notes = self._policies_for(update, meant)
            for policy in policies:
                decision = self._decide(update, meant, policy)
                if decision.is_refused:
                    break
            if decision is not None:
                yield decision._replace(notes=(*notes, *decision.notes))

    @cached_property
    def _listed(self) -> dict[str, Ref]:
        return self._git.refs()

    @cached_property
    def _refs(self) -> dict[str, str]:
        """What each ref held before the push."""
        return {name: ref.held for name, ref in self._listed.items()}

    @cached_property
    def _aliases(self) -> dict[str, str]:
        return {name: ref.meant for name, ref in self._listed.items() if ref.meant}

    @cached_property
    def _branches(self) -> list[str]:
        """The branches before the push, without other names for them."""
        return [ref for ref in self._refs if ref.startswith(_BRANCHES) and ref not in self._aliases]

    @property
    def _is_astray(self) -> bool:
        """Whether there are branches, and none of them is the one that HEAD names."""
        return bool(self._branches) and self._default not in self._refs

    def _takes_over(self, update: Update) -> bool:
        """Whether a push makes the branch that HEAD names, and that will decide about the others."""
        return self._is_astray and update.ref == self._default

    def _enforces(self, policy: Policy, ref: str, explicitly: bool = False) -> bool:
        patterns = policy.config.server.enforce
        if patterns or explicitly:
            return any(path_matches(pattern, ref) for pattern in patterns)
        if ref == self._default:
            return True
        # Without a default branch, every branch may be the one that matters.
        return self._default not in self._refs and ref.startswith(_BRANCHES)

    def _policy_at(self, ref: str) -> Policy:
        """The policy of a ref as it was before the push."""
        try:
            return self._policy_in(self._git.commit(self._refs[ref])[0])
        except UsageError:
            # A tag of something else than a commit.
            return Policy.default()

    def _policy_in(self, commit: str) -> Policy:
        """The policy in a commit. The same files are read once, however many commits hold them."""
        try:
            files = tuple(self._git.find(commit, path) for path in CONFIG_FILES)
            if files not in self._baselines:
                self._baselines[files] = policy_before(self._git, commit).config.baseline
            files = (*files, self._git.find(commit, self._baselines[files]))
        except MalformedTree as error:
            return Policy.default()._replace(fault=str(error))
        if files not in self._policies:
            self._policies[files] = policy_before(self._git, commit)
        return self._policies[files]

    def _policies_of(self, branches: Sequence[str]) -> list[Policy]:
        """The policies of branches before the push, each once."""
        commits = [self._refs[branch] for branch in branches]
        self._git.read_trees(map(root_of, commits))
        found: list[Policy] = []
        for policy in {id(policy): policy for policy in map(self._policy_in, commits)}.values():
            if not any(is_same(policy, known) for known in found):
                found.append(policy)
        return found

    @cached_property
    def _every_policy(self) -> list[Policy]:
        """The policies of all branches before the push. Only where HEAD is astray anybody asks for them."""
        return self._policies_of(self._branches)

    def _policies_for(
        self, update: Update, updates: Sequence[Update]
    ) -> tuple[Sequence[Policy], tuple[str, ...]]:
        """The policies that an update is judged by, none where the ref is not guarded; and what to say.

        A ref's own policy before the push is the one it is judged by.
        """
        ref = update.ref
        if self._own is not None:
            return ([self._own] if self._enforces(self._own, ref) else []), ()
        if self._default in self._refs:
            general = self._policy_at(self._default)
            policy = self._policy_at(ref) if ref in self._refs else general
            is_guarded = self._enforces(policy, ref) or self._enforces(general, ref)
            return ([policy] if is_guarded else []), _on_fault(policy)
        if ref in self._refs:
            policy = self._policy_at(ref)
            # Where its own says that it is guarded, nobody has to read those of all others.
            speaking = [policy] if self._enforces(policy, ref) else self._every_policy
            is_guarded = any(self._enforces(guard, ref) for guard in speaking)
            return ([policy] if is_guarded else []), (*_on_fault(policy), *self._on_head(ref, policy))
        return self._policies_for_new(ref) if self._branches else self._policies_brought(update, updates)

    def _policies_for_new(self, ref: str) -> tuple[Sequence[Policy], tuple[str, ...]]:
        """As `_policies_for`, of a ref that is new where HEAD is astray: no policy is above the others.

        What becomes the branch that HEAD names decides about all others from then on, so it is judged by
        each policy. For anything else the defaults count where the policies differ.
        """
        policies = self._every_policy
        if ref == self._default:
            return policies, tuple(self._on_head(ref, policies[0]))
        if not any(self._enforces(policy, ref) for policy in policies):
            return (), ()
        policy = policies[0] if len(policies) == 1 else Policy.default()
        return [policy], (*_on_fault(policy), *self._on_head(ref, policy))

    def _policies_brought(
        self, update: Update, updates: Sequence[Update]
    ) -> tuple[Sequence[Policy], tuple[str, ...]]:
        """As `_policies_for`, of a ref that is new where no branch is there yet."""
        if not update.new:
            return (), ()
        first = self._first(update, updates)
        try:
            policy = policy_of(self._git, self._git.commit(first.new)[0])
        except (UsageError, Unusable, MalformedTree) as error:
            policy = Policy.default()._replace(fault=str(error))
        if first is not update and not self._enforces(policy, update.ref, explicitly=True):
            return (), ()
        if not self._enforces(policy, update.ref):
            return (), ()
        return [policy], (
            "There is no guarded branch here yet, so this push is judged by the policy that it brings"
            f"{f' ({policy.config.path})' if policy.config.path else ': the defaults'}.",
        )

    def _first(self, update: Update, updates: Sequence[Update]) -> Update:
        """The update whose policy counts where no branch is there yet.

        A default branch that the push itself brings is as good as being there already.
        """
        return next((item for item in updates if item.ref == self._default and item.new), update)

    def _on_head(self, ref: str, policy: Policy) -> Iterator[str]:
        """What must be known where HEAD is astray, unless the policy names the ref."""
        follows = ""
        if ref == self._default:
            follows = "what becomes that branch is judged by the policy of each other one"
        elif ref not in self._refs and len(self._every_policy) > 1:
            follows = "the defaults count for a new branch, as the policies of the others differ"
        elif not self._enforces(policy, ref, explicitly=True):
            follows = "every branch is guarded"
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
        refusal, notes = self._policy_change(update, new)
        if refusal:
            return Decision(ref, refusal=refusal, notes=notes)
        before = next(self._known(update, policy), None)
        config = policy.config
        if before is not None or self._own is not None or self._branches:
            # Otherwise the policy comes with the push, and so do exceptions in descriptions.
            config = as_before(self._git, config, before, self._facts)
        fresh = brought(self._git, config, new, self._facts)
        if fresh and self._is_forbidden(update) and (before is not None or self._is_astray):
            return Decision(ref, refusal=f"{_named(fresh)}, which this server forbids", notes=notes)
        terms = policy._replace(config=config).under(Terms(self._rules, as_of=self._today))
        additions = Additions(self._git, terms, config, self._facts)
        report = (
            additions.all(new) if server.strict else self._added(additions, new, self._known(update, policy))
        )
        notes += tuple(_on_descriptions(fresh, report, config.path))
        return Decision(ref, report, notes=notes, strict=server.strict)

    def _holds_the_policy(self, ref: str, updates: Sequence[Update]) -> bool:
        """Whether the next push could bring a policy of its own if this ref were gone."""
        if self._default in self._refs or ref not in self._refs:
            return ref == self._default and ref in self._refs
        policy = self._policy_at(ref)
        gone = {update.ref for update in updates if not update.new}
        left = [branch for branch in self._branches if branch not in gone]
        if not left or self._enforces(policy, ref, explicitly=True):
            return True
        return _forbids(policy) and not any(is_same(policy, other) for other in self._policies_of(left))

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
            ref
            for ref in self._guarded()
            if not self._takes_over(update) or is_same(policy, self._policy_at(ref))
        )
        held = [update.old] if update.old else (self._refs[ref] for ref in guarded)
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

    def _guarded(self) -> Iterator[str]:
        """The refs that are guarded already, the default branch first.

        Of many branches not each one's policy can be read. Where HEAD is astray, every policy must guard a
        ref: nobody knows which of them had a say when it was pushed.
        """
        if self._own is not None:
            speaking: Sequence[Policy] = [self._own]
        elif self._default in self._refs:
            speaking = [self._policy_at(self._default)]
        else:
            speaking = self._every_policy
        for ref in sorted(self._refs, key=lambda ref: ref != self._default):
            if speaking and all(self._enforces(policy, ref) for policy in speaking):
                yield ref

    def _policies_before(self, update: Update) -> Sequence[Policy]:
        """The policies that a push to a ref may change: its own, or those that count for what is new."""
        if update.ref in self._refs:
            return [self._policy_at(update.ref)]
        return [self._policy_at(self._default)] if self._default in self._refs else self._every_policy

    def _is_forbidden(self, update: Update) -> bool:
        """Whether a push to a ref may not change the policy."""
        return any(map(_forbids, [self._own] if self._own else self._policies_before(update)))

    def _policy_change(self, update: Update, new: str) -> tuple[str, tuple[str, ...]]:
        """The reason to refuse what a push does to the policy, or ""; and what to say of it."""
        try:
            after = policy_of(self._git, new)
        except (UsageError, Unusable) as error:
            return f"its configuration is wrong: {error}", ()
        before = self._policies_before(update)
        deciding = [self._own] if self._own else before
        takes_over = self._takes_over(update)
        if takes_over and any(_forbids(item) and not item.config.server.enforce for item in deciding):
            return (
                "HEAD of the server's repository names it, so from then on it alone would be guarded, which "
                "this server forbids; ask whoever looks after it",
                (),
            )
        changed = [policy for policy in before if changes_policy(policy, after)]
        # A new branch that goes on with the policy of one of many others changes none.
        is_change = bool(changed) and (takes_over or len(changed) == len(before))
        is_forbidden = is_change and _forbids(self._own) if self._own else any(map(_forbids, changed))
        if is_forbidden:
            return "it changes the policy, which this server forbids; ask whoever looks after it", ()
        if not is_change:
            return "", ()
        said = "by the server's own policy" if self._own else "by the policy before it"
        return "", (
            f"THIS PUSH CHANGES THE POLICY ({after.config.path or 'the baseline or the configuration'}). "
            f"It was judged {said}; what it changes counts from the next push on.",
        )


def _forbids(policy: Policy) -> bool:
    return policy.config.server.policy_changes == "forbid"


def _on_fault(policy: Policy) -> tuple[str, ...]:
    if not policy.fault:
        return ()
    return (f"The policy before this push cannot be read, so the defaults count: {policy.fault}",)


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
