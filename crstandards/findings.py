"""Rules as they declare themselves, and what they find: all that the file of a rule is written with.

A solution, the world around it and a place are read about where they are made, and offered here, too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from crstandards.environments import World as World
from crstandards.model import Solution as Solution
from crstandards.places import Place as Place

Severity = Literal["error", "warning", "note", "off"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note", "off")
"""Most serious first."""


class Related(NamedTuple):
    """Another place that belongs to a finding, and what stands there."""

    place: Place
    message: str


Do = Literal["use", "move", "add", "remove", "drop", "rename", "bind", "delete-file"]


class Step(NamedTuple):
    """One thing to do, so exact that a program can do it; what it doesn't need is "".

    `use`: a flow's raw entry goes through the reference `to`. `move`: what went through `from_` does.
    `add`: a solution declares the reference `to` as well. `remove`: a solution declares a reference no
    more, nor lists it as a dependency. `drop`: an entry of settings, a repeated declaration, a dependency
    or an alias goes. `rename`: an entry of settings is for `to`, or what used an alias uses that one.
    `bind`: settings get an entry for a reference, with its connector's id. `path` is the file in which it is
    done, `flow` that of a flow, `folder` that of the solution. `after` is what has to be done first.
    `number`, from 1, tells which of several of one name in a file it is.
    """

    do: Do
    solution: str = ""
    flow: str = ""
    path: str = ""
    alias: str = ""
    actions: tuple[str, ...] = ()
    reference: str = ""
    from_: str = ""
    to: str = ""
    connector: str = ""
    environment: str = ""
    after: str = ""
    number: int = 0
    folder: str = ""


class Subject(NamedTuple):
    """What a finding is about, typed; None, or empty, where it is about no such thing.

    `reference` is the logical name of the one that it is about, `references` those of a group, and
    `by_solution` these by solution where several declare them. `connector`, `connection` and the like are
    ids; a connection that isn't known is "". `flow` is a flow's display name, `flows` are paths. `keep` is
    the reference of a group that is to be kept, which the plan tells.
    """

    reference: str | None = None
    references: Sequence[str] | None = None
    by_solution: Mapping[str, Sequence[str]] | None = None
    keep: str | None = None
    connector: str | None = None
    declared_connector: str | None = None
    flow: str | None = None
    flows: Sequence[str] = ()
    alias: str | None = None
    aliases: Sequence[str] = ()
    operations: Sequence[str] = ()
    callers: Sequence[str] = ()
    app: str | None = None
    environments: Sequence[str] = ()
    connection: str | None = None
    connections: Sequence[str] | None = None
    owner: str | None = None
    folder: str | None = None
    setting: str | None = None

    @property
    def names(self) -> Sequence[str]:
        """The logical names of all references that it is about."""
        if self.by_solution:
            return [name for names in self.by_solution.values() for name in names]
        return self.references or ([self.reference] if self.reference else [])

    def data(self, keys: Iterable[str]) -> dict[str, Any]:
        """What a report shows of it under these names, those of a rule's `data`."""
        shown = {key: getattr(self, key) for key in keys}
        if self.by_solution is not None:
            shown["references"] = self.by_solution
        return {key: value for key, value in shown.items() if value is not None}


class Finding(NamedTuple):
    """One violation, as a rule states it: what is wrong, and where; with what to do, from the plan.

    `identity` holds what makes the finding the same one after reformatting, moving or renaming; the
    fingerprint is made of it. `subject` is what it is about. `severity` is set only
    where a finding differs from its rule's severity. `involves` names the solution folders that a
    finding between solutions concerns; `among` names the solutions themselves where the
    finding stays the same one with some of them less. `content` names the bytes that nobody could read:
    what stands in others, nobody knows either, so with them it is another finding wherever two trees are
    compared.

    `members` are the places of what a finding is about, where that is several things; `together` says of what
    it holds a group, which a baseline records as one. `steps` carried out to
    the letter put it right; where somebody has to decide first, or the cure lies outside the source,
    `decision` is the question, and there are none.
    """

    rule: str
    solution: str
    place: Place
    message: str
    help: str = ""
    identity: tuple[str, ...] = ()
    subject: Subject = Subject()
    related: tuple[Related, ...] = ()
    fixable: bool = False
    severity: Severity | None = None
    involves: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    content: str = ""
    members: tuple[Related, ...] = ()
    together: Literal["", "references", "solutions"] = ""
    steps: tuple[Step, ...] = ()
    decision: str = ""


Findings = Iterator[Finding]
"""What a rule's functions yield."""


class Rule(NamedTuple):
    """A rule declares itself with one of these: all that others need to know of it.

    `see` is the vendor's page on what the rule is about, `since` the version that brought the rule. `stage`
    says what its findings hold up at an import (see `crstandards.report.readiness.STAGES`), or is "unknown"
    where they say that something isn't known. `mark` is the word for its findings on the map (see
    `crstandards.reported.MARKS`). A rule that `is_fixed` is always an error, and nothing excuses it. One
    that `is_proved` is kept by every solution that a commit's fast path takes for clean. `cure` says how its
    findings are put right, so that their advice comes from the plan (see `crstandards.check.advice`); where a
    rule `is_fixable`, `crstandards fix` does that. `decision` is the question that is left to a person by
    findings without steps. `data` names the parts of a finding's subject that a report shows, in their order.

    `sees` says what its findings depend on, so that a replay asks it again only where a commit can change its
    answer. This is about which findings there are, not about their words. `sees`: nothing but
    the solution itself; also what all solutions declare; beside that, which names all use; or beside it, what
    deployment settings say. "inventory": nothing at all, where neither inventories nor settings are
    configured. "calls": which flows run which, and which of them go through the connections of whoever runs
    them. A rule that says one of the last two, or nothing, is never followed from commit to commit: who
    introduced one of its findings is searched for. A finding of one `in_flow` stands in
    one flow, and depends on no other; of what flows say, those of a followed rule that is not `in_flow`
    depend on nothing but which references are used, and for which connectors.

    `needs`, `per_solution` and `overall` are filled in when it is loaded: its folder, and its functions.
    `per_solution` is asked for every solution on its own; `overall` once, for what lies between solutions.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    see: str = ""
    since: str = ""
    stage: str = ""
    mark: str = ""
    is_fixed: bool = False
    is_proved: bool = False
    cure: Literal["", "use", "replace", "merge", "repetition", "aliases", "remove", "bind", "unbind"] = ""
    is_fixable: bool = False
    decision: str = ""
    data: tuple[str, ...] = ()
    sees: Literal["", "own", "declared", "used", "settings", "inventory", "calls"] = ""
    in_flow: bool = False
    needs: str = ""
    per_solution: Callable[[Solution, World], Iterable[Finding]] | None = None
    overall: Callable[[World], Iterable[Finding]] | None = None

    @property
    def is_followed(self) -> bool:
        """Whether a replay follows its findings from commit to commit."""
        return self.sees not in ("", "inventory", "calls")

    @property
    def is_live(self) -> bool:
        """Whether it is about the connections of an environment, which are no part of the source."""
        return self.needs == "inventory"


def fingerprint(finding: Finding) -> str:
    """A stable name for a finding, 32 hexadecimal digits of a SHA-256 over its rule and identity."""
    from hashlib import sha256

    text = "\0".join((finding.rule, *finding.identity)).lower()
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
