"""Which refs of a server are guarded, and by whose policy: as it was before a push.

Only where the server has no guarded branch yet, the policy that comes with the push counts. Where HEAD of the
server's repository names a branch that is there, that one's policy counts for what is new. Where it names one
that is not, every branch has a say in that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

from crstandards.errors import FatalError, NotVerified, UsageError
from crstandards.git.objects import root_of
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import ListedFile, MalformedTree, Ref
from crstandards.history.checks import Unusable, baseline_in, config_in
from crstandards.history.policy import Policy, is_same
from crstandards.policy import CONFIG_FILES
from crstandards.policy.configuration import Config, ServerOptions
from crstandards.policy.patterns import path_matches

_LINE = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs/[^\0\r\n]+)")
_BRANCHES = "refs/heads/"
T = TypeVar("T", Config, Policy)
# So many names fit a command line, on Windows too.
_MOST_NAMED = 50


class Update(NamedTuple):
    """One ref that a push sets; an id of "" means that it is not there, before or after."""

    ref: str
    old: str
    new: str


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


class Policies:
    """The refs before one push, and their policies. `own` is the server's, which beats all others."""

    def __init__(self, git: RangeGit, own: Policy | None, pushed: Sequence[Update]) -> None:
        self._git = git
        self.own = own
        self.default = git.default_branch()
        self._pushed = pushed
        self._read: dict[tuple[ListedFile | str | None, ...], Config | Policy | FatalError] = {}

    @cached_property
    def _all(self) -> dict[str, Ref]:
        return self._git.refs()

    @cached_property
    def _listed(self) -> dict[str, Ref]:
        """The refs that the push is about, where HEAD names a branch that is there; otherwise all.

        Of others, somebody may have pushed more than can be listed in time, and every push had to wait.
        """
        names = {self.default, *(update.ref for update in self._pushed)} - {""}
        if len(names) <= _MOST_NAMED and "".join(names).isascii():
            found = self._git.refs(*sorted(names))
            if self.default in found and all(ref.meant in ("", *found) for ref in found.values()):
                return found
        return self._all

    @cached_property
    def updates(self) -> list[Update]:
        """The push. What is pushed to a ref that stands for another one is what that gets."""
        meant = {name: ref.meant for name, ref in self._listed.items() if ref.meant}
        return [update._replace(ref=meant.get(update.ref, update.ref)) for update in self._pushed]

    @cached_property
    def refs(self) -> dict[str, str]:
        """What each ref held before the push, of those at least that it is about."""
        return {name: ref.held for name, ref in self._listed.items()}

    @cached_property
    def branches(self) -> list[str]:
        """The branches before the push, without other names for them."""
        return [name for name, ref in self._all.items() if name.startswith(_BRANCHES) and not ref.meant]

    @property
    def is_astray(self) -> bool:
        """Whether there are branches, and none of them is the one that HEAD names."""
        return self.default not in self.refs and bool(self.branches)

    def takes_over(self, update: Update) -> bool:
        """Whether a push makes the branch that HEAD names, and that will decide about the others."""
        return self.is_astray and update.ref == self.default

    def enforces(self, policy: Policy, ref: str, explicitly: bool = False) -> bool:
        patterns = policy.config.server.enforce
        if patterns or explicitly:
            return any(path_matches(pattern, ref) for pattern in patterns)
        if ref == self.default:
            return True
        # Without a default branch, every branch may be the one that matters.
        return self.default not in self.refs and ref.startswith(_BRANCHES)

    def at(self, ref: str) -> Policy:
        """The policy of a ref as it was before the push."""
        try:
            return self._policy_in(self._git.commit(self.refs[ref])[0])
        except UsageError:
            # A tag of something else than a commit.
            return Policy.default()

    def config(self, commit: str) -> Config:
        """The configuration in a commit; raises as `config_in`.

        The same files are read once, however many commits hold them: what is pushed once is there before and
        after each later push.
        """
        files = tuple(self._git.find(commit, path) for path in CONFIG_FILES)
        return self._once(files, lambda: config_in(self._git, commit))

    def policy(self, commit: str) -> Policy:
        """The policy in a commit; raises as `policy_of`, and reads as `config`."""
        config = self.config(commit)
        key = (*(self._git.find(commit, path) for path in (*CONFIG_FILES, config.baseline)), "baseline")
        return self._once(key, lambda: Policy(config, baseline_in(self._git, commit, config)))

    def _once(self, key: tuple[ListedFile | str | None, ...], make: Callable[[], T]) -> T:
        if key not in self._read:
            try:
                self._read[key] = make()
            except (UsageError, Unusable) as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, FatalError):
            raise found
        return found  # type: ignore[return-value]  # the key tells what is made

    def _policy_in(self, commit: str) -> Policy:
        """The policy in a commit that was there before; the defaults where it is wrong."""
        try:
            return self.policy(commit)
        except (UsageError, Unusable, MalformedTree) as error:
            fault = str(error)
            return self._once((fault, "fault"), lambda: Policy.default()._replace(fault=fault))

    def of(self, branches: Sequence[str]) -> list[Policy]:
        """The policies of branches before the push, each once."""
        commits = [self.refs[branch] for branch in branches]
        self._git.read_trees(map(root_of, commits))
        found: list[Policy] = []
        for policy in {id(policy): policy for policy in map(self._policy_in, commits)}.values():
            if not any(is_same(policy, known) for known in found):
                found.append(policy)
        return found

    @cached_property
    def _every_policy(self) -> list[Policy]:
        """The policies of all branches before the push. Only where HEAD is astray anybody asks for them."""
        return self.of(self.branches)

    def for_update(self, update: Update) -> tuple[Sequence[Policy], tuple[str, ...]]:
        """The policies that an update is judged by, none where the ref is not guarded; and what to say.

        A ref's own policy before the push is the one it is judged by.
        """
        ref = update.ref
        if self.own is not None:
            return ([self.own] if self.enforces(self.own, ref) else []), ()
        if self.default in self.refs:
            general = self.at(self.default)
            policy = self.at(ref) if ref in self.refs else general
            is_guarded = self.enforces(policy, ref) or self.enforces(general, ref)
            return ([policy] if is_guarded else []), _on_fault(policy)
        if ref in self.refs:
            policy = self.at(ref)
            # Where its own says that it is guarded, nobody has to read those of all others.
            speaking = [policy] if self.enforces(policy, ref) else self._every_policy
            is_guarded = any(self.enforces(guard, ref) for guard in speaking)
            return ([policy] if is_guarded else []), (*_on_fault(policy), *self._on_head(ref, policy))
        return self._policies_for_new(ref) if self.branches else self._policies_brought(update)

    def _policies_for_new(self, ref: str) -> tuple[Sequence[Policy], tuple[str, ...]]:
        """As `_policies_for`, of a ref that is new where HEAD is astray: no policy is above the others.

        What becomes the branch that HEAD names decides about all others from then on, so it is judged by
        each policy. For anything else the defaults count where the policies differ.
        """
        policies = self._every_policy
        if ref == self.default:
            return policies, tuple(self._on_head(ref, policies[0]))
        if not any(self.enforces(policy, ref) for policy in policies):
            return (), ()
        policy = policies[0] if len(policies) == 1 else Policy.default()
        return [policy], (*_on_fault(policy), *self._on_head(ref, policy))

    def _policies_brought(self, update: Update) -> tuple[Sequence[Policy], tuple[str, ...]]:
        """As `_policies_for`, of a ref that is new where no branch is there yet."""
        if not update.new:
            return (), ()
        first = self._first(update)
        try:
            policy = self.policy(self._git.commit(first.new)[0])
        except (UsageError, Unusable, MalformedTree) as error:
            policy = Policy.default()._replace(fault=str(error))
        if first is not update and not self.enforces(policy, update.ref, explicitly=True):
            return (), ()
        if not self.enforces(policy, update.ref):
            return (), ()
        return [policy], (
            "There is no guarded branch here yet, so this push is judged by the policy that it brings"
            f"{f' ({policy.config.path})' if policy.config.path else ': the defaults'}.",
        )

    def _first(self, update: Update) -> Update:
        """The update whose policy counts where no branch is there yet.

        A default branch that the push itself brings is as good as being there already.
        """
        return next((item for item in self.updates if item.ref == self.default and item.new), update)

    def _on_head(self, ref: str, policy: Policy) -> Iterator[str]:
        """What must be known where HEAD is astray, unless the policy names the ref."""
        follows = ""
        if ref == self.default:
            follows = "what becomes that branch is judged by the policy of each other one"
        elif ref not in self.refs and len(self._every_policy) > 1:
            follows = "the defaults count for a new branch, as the policies of the others differ"
        elif not self.enforces(policy, ref, explicitly=True):
            follows = "every branch is guarded"
        if follows:
            named = f"names {self.default}, which is not there" if self.default else "names no branch"
            yield (
                f"HEAD of the server's repository {named}: {follows}. Whoever looks after the server can "
                "point it to the right one: git symbolic-ref HEAD refs/heads/BRANCH"
            )

    def guarded(self) -> Iterator[tuple[str, str]]:
        """The refs that are guarded already, with what they hold, the default branch first.

        Of many branches not each one's policy can be read. Where HEAD is astray, every policy must guard a
        ref: nobody knows which of them had a say when it was pushed.
        """
        if self.own is not None:
            speaking: Sequence[Policy] = [self.own]
        elif self.default in self.refs:
            speaking = [self.at(self.default)]
        else:
            speaking = self._every_policy

        def is_guarded(ref: str) -> bool:
            return bool(speaking) and all(self.enforces(policy, ref) for policy in speaking)

        if self.default in self.refs and is_guarded(self.default):
            yield self.default, self.refs[self.default]
        # Whoever goes on from here is not content with that one, and all others are listed.
        yield from (
            (name, ref.held) for name, ref in self._all.items() if name != self.default and is_guarded(name)
        )

    def before(self, update: Update) -> Sequence[Policy]:
        """The policies that a push to a ref may change: its own, or those that count for what is new."""
        if update.ref in self.refs:
            return [self.at(update.ref)]
        return [self.at(self.default)] if self.default in self.refs else self._every_policy

    def _deciding(self) -> str:
        """The commit in whose policy the deadline stands; "" where there is none.

        It is what the push brings only where no branch is there before it.
        """
        try:
            return self._git.commit(self.default)[0]
        except UsageError:
            held = [self.refs[update.ref] for update in self.updates if update.ref in self.refs]
            brought = [] if self.branches else [self._first(update).new for update in self.updates]
            return next(filter(None, (*held, *brought)), "")

    def deadline(self) -> float:
        """The seconds that a push may take: told by as little as possible of what it is judged by.

        What makes them fewer has no more of them itself: nobody could take back what leaves too few.
        """
        if self.own is not None:
            return self.own.config.server.deadline
        deciding = [self.default] if self.default in self.refs else self.refs
        now = self._deadline(self._deciding(), ServerOptions().deadline)
        brought = [update.new for update in self.updates if update.new and update.ref in deciding]
        return min([now, *(self._deadline(new, now) for new in brought)])

    def _deadline(self, revision: str, otherwise: float) -> float:
        try:
            return self.config(self._git.commit(revision)[0]).server.deadline
        except (UsageError, Unusable, MalformedTree):
            return otherwise


def _on_fault(policy: Policy) -> tuple[str, ...]:
    if not policy.fault:
        return ()
    return (f"The policy before this push cannot be read, so the defaults count: {policy.fault}",)
