"""What is reported of findings: the report, and all that stands in it, as plain immutable records."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

from crstandards.findings import Finding, Rule, Severity
from crstandards.places import Span


class Suppression(NamedTuple):
    """Why a finding does not count."""

    by: Literal["exception", "description", "baseline"]
    reason: str


class LocatedRelated(NamedTuple):
    """A related place, worked out."""

    span: Span
    message: str


class Replacement(NamedTuple):
    """A part of a file that a fix replaces, and what stands there afterwards."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A safe way to mend a finding: what it does, in words and in replacements."""

    description: str
    replacements: tuple[Replacement, ...]


class Author(NamedTuple):
    """Who made a commit: its id, the author's name, its subject, and the committer's day."""

    commit: str
    name: str
    subject: str
    day: str


class Reported(NamedTuple):
    """A finding with everything that a report shows of it. `fix` is worked out only when asked for.

    `introduced` is the commit that brought it, where the report is about a history that tells; `repository`
    the one in which it is, where the report is about several.
    """

    rule: Rule
    finding: Finding
    severity: Severity
    span: Span
    related: tuple[LocatedRelated, ...]
    fingerprint: str
    suppressed: Suppression | None = None
    fix: Fix | None = None
    introduced: Author | None = None
    repository: str = ""

    @property
    def data(self) -> Mapping[str, Any]:
        """The rule's part of a report for programs."""
        return self.finding.subject.data(self.rule.data)


class Summary(NamedTuple):
    """What was looked at and found. `solutions` counts folders; suppressed findings count once, there."""

    solutions: int
    flows: int
    references: int
    errors: int
    warnings: int
    notes: int
    suppressed: int


class Before(NamedTuple):
    """How many findings a report leaves out because they were there before the change that it is about."""

    errors: int
    warnings: int
    notes: int


class Mark(NamedTuple):
    """What a mark means: how it is shown beside a name, in a sentence, and how grave it is (3: most)."""

    label: str
    meaning: str
    weight: int


MARKS: Final[dict[str, Mark]] = {
    "raw": Mark("raw connection", "a connection is used directly, not through a reference", 3),
    "lost": Mark("lost", "operations name an alias that their flow does not have", 3),
    "undeclared": Mark("not declared", "the reference is declared nowhere", 3),
    "mismatch": Mark("other connector", "who uses the reference expects another connector", 3),
    "unbound": Mark("unbound", "deployment settings give the reference no connection", 3),
    "broken": Mark("broken", "the connection behind the reference has an error", 3),
    "duplicate": Mark("duplicate", "there are several references for the connector", 2),
    "person": Mark("a person's own", "no service account owns the connection", 2),
    "unused": Mark("unused", "nothing uses the reference", 1),
    "several": Mark("one of several", "several references for the connector, which may be right", 0),
    "known": Mark("known", "the baseline holds it: it was there before", 0),
    "allowed": Mark("allowed", "the configuration lets it be", 0),
    "own": Mark("the user's own", "each user of the app brings a connection", 0),
}
"""The marks of lines, the gravest first."""


class Link(NamedTuple):
    """One line of the map: what uses which reference, to which connector, and where.

    `user` is "" for a reference that nothing uses, `reference` where a connection is used directly.
    `path` is where the user, or else the reference, stands; `calls` are the paths of the flows that it runs,
    which may be all that it does: then it `is_bare`. `marks` are words for what is wrong with
    the line (see `MARKS`); `unbound` names environments in which the reference has
    no connection, `shown` is what the portal calls the reference and the connector, "" where nothing tells.
    """

    kind: Literal["flow", "canvas app", "code app", "agent", ""]
    user: str
    path: str
    solution: str
    alias: str
    reference: str
    connector: str
    environments: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    unbound: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    shown: tuple[str, str] = ("", "")

    @property
    def is_bare(self) -> bool:
        """Whether it is about a flow without a connection."""
        return not (self.reference or self.connector or self.marks)


class Mended(NamedTuple):
    """A finding that is there no more: who brought it (None: it was there before), who took it away.

    Where two trees alone were compared, nobody is named.
    """

    rule: Rule
    finding: Finding
    severity: Severity
    introduced: Author | None = None
    mended: Author | None = None


class Used(NamedTuple):
    """What a flow goes through: a reference by its logical name ("": a raw connection), to a connector."""

    reference: str
    connector: str

    def __str__(self) -> str:
        return self.reference or f"raw:{self.connector}"


FlowKind = Literal["added", "removed", "changed"]


class FlowChange(NamedTuple):
    """A flow that is new, gone, or goes through other references: those that it did not or does no more."""

    path: str
    name: str
    solution: str
    change: FlowKind
    added: tuple[Used, ...]
    removed: tuple[Used, ...]


class Rebound(NamedTuple):
    """A reference to which an environment's deployment settings give another connection than before."""

    reference: str
    environment: str
    before: str
    after: str


class Changes(NamedTuple):
    """What a change does to the connections of a repository.

    References and connectors are those that no solution had before, or that none has any more. `shown` is
    what the portal calls them, by name and id.
    """

    flows: tuple[FlowChange, ...] = ()
    added_references: tuple[Used, ...] = ()
    removed_references: tuple[Used, ...] = ()
    added_connectors: tuple[str, ...] = ()
    removed_connectors: tuple[str, ...] = ()
    rebound: tuple[Rebound, ...] = ()
    shown: Mapping[str, str] = MappingProxyType({})

    def named(self, name: str) -> str:
        """A reference or a connector as the portal calls it, as far as that is known."""
        return self.shown.get(name.lower(), name)


class History(NamedTuple):
    """The commits behind a report on the last of them, from after `base` ("": the first) to `head`.

    `tells` says that it is known who introduced what: a finding without such a commit was there
    before. `only_new` says that those are left out. `failed` are commits that failed on the way,
    where that was asked for; `notes` is what else must be known of them. `changes` is None where there is
    no base. `link` is the address at which a CI service shows a line of the head's tree, with `{path}` and
    `{line}` in it; "" where none is known.
    """

    base: str
    head: str
    commits: int
    tells: bool = True
    only_new: bool = False
    mended: tuple[Mended, ...] = ()
    failed: tuple[Author, ...] = ()
    notes: tuple[str, ...] = ()
    changes: Changes | None = None
    link: str = ""


Source = Literal["worktree", "index", "commit", "zip", "several"]


class Report(NamedTuple):
    """The result of one check: the same for the same bytes, wherever they were read from.

    `rules` are those that ran, `checked` the solutions reported on. `links`, the map, and `names`, what the
    portal shows for ids in the findings, by "references" and "connectors", are worked out only when asked
    for. `history` is there when commits were replayed, `before` where the findings are only those that a
    change adds. One on several repositories has their own documents, by name, as `parts`.
    """

    source: Source
    findings: tuple[Reported, ...]
    summary: Summary
    rules: tuple[Rule, ...] = ()
    checked: tuple[str, ...] = ()
    links: tuple[Link, ...] | None = None
    history: History | None = None
    before: Before | None = None
    parts: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    names: Mapping[str, Mapping[str, str]] | None = None

    def counted(self) -> Iterator[Reported]:
        """The findings that count: those that nothing suppresses."""
        return (reported for reported in self.findings if reported.suppressed is None)


PROGRAM: Final = "crstandards"


class Style(NamedTuple):
    """How a report is to look; the defaults suit a file. Formats for programs take no notice of it.

    `encoding` is what `write` is to be given for this stream: None for the stream's own. `root` is the
    URI, ending in `/`, of the folder in which places are linked; "" where nothing is linked.
    `statistics` asks for counts in place of findings; `fail_on` is the mildest severity that fails; `about`
    names what was checked, such as `contoso at 1f2e3d4c5b6a`. With `links`, a rule's id leads to its page.
    `program` is how the reader starts crstandards.
    """

    color: bool = False
    unicode: bool = True
    width: int = 80
    encoding: str | None = "utf-8"
    verbose: bool = False
    quiet: bool = False
    root: str = ""
    statistics: bool = False
    fail_on: str = "error"
    about: str = ""
    links: bool = False
    program: str = PROGRAM
