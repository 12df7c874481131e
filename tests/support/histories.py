"""Random histories of small repositories, through `git fast-import`, and the slow way to judge them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from hashlib import sha1
from typing import NamedTuple

from hypothesis import strategies as st

from crstandards.check.session import Session
from crstandards.findings import Finding
from crstandards.git.objects import Make, Skips, T
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import Change, ListedFile
from crstandards.history.checks import config_in
from crstandards.history.log import Commit, Range
from crstandards.reported import Author
from crstandards.rules import RULES
from crstandards.snapshot import Tree
from tests.replay import evidence
from tests.support.builders import (
    OUTLOOK,
    TEAMS,
    Reference,
    Repo,
    action,
    customizations,
    flow,
    flow_file,
    flow_metadata,
    manifest,
    to_json,
)

FOLDERS = ("src/HR", "src/Sales", "src/Sales copy", "src/HR/nested", "")
CONNECTORS = (OUTLOOK, TEAMS)
TITLES = ("Send reminder", "Sync lists", "Ask for approval")
NAMES = ("con_a", "con_b", "con_c")
DESCRIPTIONS = ("crstandards: allow CR201 it is meant", "crstandards: allow CR504 for later", "Mail")
NAMES_OF_SOLUTIONS = ("ContosoHR", "ContosoSales", "ContosoHR_Patch_1")
KINDS = ("solution", "title", "delete", "move", "config", "other", "settings", "settings", "inventory")

Files = dict[str, bytes]


class Step(NamedTuple):
    """A commit: its parents (indexes of earlier ones) and the files that its tree holds."""

    parents: tuple[int, ...]
    files: Files


ENVIRONMENT = b'[[environments]]\nname = "prod"\n'
CONFIGS = (
    b"",
    ENVIRONMENT,
    ENVIRONMENT,
    ENVIRONMENT + b'sharing = "set-per-solution"\n',
    ENVIRONMENT + b'sharing = "set-per-solution"\n[rules]\nCR505 = "warning"\n',
    b'[source]\nexclude = ["src/Sales copy"]\nvendored = ["src/HR/nested"]\n' + ENVIRONMENT,
    b'[[exceptions]]\nrule = "CR201"\nreason = "soon"\nexpires = 2026-01-03\n' + ENVIRONMENT,
    *evidence.CONFIGS,
)
WRONG = b"[rules]\nCR101 = 3\n"


@st.composite
def flows(draw: st.DrawFn) -> bytes:
    """A flow that uses references, raw connections or aliases that it hasn't; at times no flow at all."""
    aliases = draw(st.lists(st.sampled_from(CONNECTORS), max_size=2, unique=True))
    entries = {alias: draw(st.sampled_from((*NAMES, None))) for alias in aliases}
    extra = {"Lost": action(draw(st.sampled_from(CONNECTORS)))} if draw(st.integers(0, 5)) == 0 else {}
    broken = draw(st.integers(0, 20))
    if broken == 0:
        return b'{"properties": {"connectionReferences": {'
    if broken == 1:
        return b'{"schemaversion": "ui/2.0", "targets": []}'
    used = {f"Use_{alias}": action(alias) for alias in aliases}
    return to_json(flow(entries, {**used, **extra})).encode()


@st.composite
def declarations(draw: st.DrawFn) -> bytes:
    """A Customizations file; at times a reference's description holds an exception."""
    names, connectors = st.sampled_from(NAMES), st.sampled_from(CONNECTORS)
    described = st.sampled_from(DESCRIPTIONS) if draw(st.integers(0, 2)) == 0 else st.just("")
    declared = st.builds(Reference, names, connectors, description=described)
    return customizations(draw(st.lists(declared, max_size=3))).encode()


@st.composite
def solutions(draw: st.DrawFn, folder: str, name: str) -> Files:
    """A solution with up to three flows."""
    start = f"{folder}/" if folder else ""
    files = {
        f"{start}Other/Solution.xml": manifest(name).encode(),
        f"{start}Other/Customizations.xml": draw(declarations()),
    }
    for title in draw(st.lists(st.sampled_from(TITLES), unique=True)):
        files[f"{start}Workflows/{flow_file(title)}"] = draw(flows())
    return files


@st.composite
def beginnings(draw: st.DrawFn) -> Files:
    """What the first commit holds: some solutions, and most often a configuration."""
    files: Files = {}
    folders = draw(st.lists(st.sampled_from(FOLDERS), min_size=2, max_size=3, unique=True))
    for folder, name in zip(folders, NAMES_OF_SOLUTIONS, strict=False):
        files |= draw(solutions(folder, name))
    config = draw(st.sampled_from(CONFIGS))
    if b"settings" in config:
        path = draw(st.sampled_from(evidence.SETTINGS))
        files[path] = draw(evidence.settings_files(NAMES))
    return _possible(files | ({"crstandards.toml": config} if config else {}))


@st.composite
def edits(draw: st.DrawFn, files: Files) -> Files:
    """The files after one or two edits, most often of what flows say."""
    files = dict(files)
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(("flow",) * 6 + ("declare",) * 4 + KINDS))
        folder = draw(st.sampled_from(sorted({_solution_of(path) for path in files} | {"lone"})))
        start = f"{folder}/" if folder else ""
        title = draw(st.sampled_from(TITLES))
        if kind == "flow":
            files[f"{start}Workflows/{flow_file(title)}"] = draw(flows())
        elif kind == "declare":
            files[f"{start}Other/Customizations.xml"] = draw(declarations())
        elif kind == "title":
            files[f"{start}Workflows/{flow_file(title)}.data.xml"] = flow_metadata(title).encode()
        elif kind == "solution":
            name = draw(st.sampled_from(NAMES_OF_SOLUTIONS))
            version = draw(st.sampled_from(("1.0.0.0", "1.1.0.0")))
            files[f"{start}Other/Solution.xml"] = manifest(name, version=version).encode()
        elif kind == "delete" and files:
            del files[draw(st.sampled_from(sorted(files)))]
        elif kind == "move":
            target = draw(st.sampled_from(FOLDERS))
            for path in [path for path in files if _solution_of(path) == folder and "/" in path]:
                content = files.pop(path)
                files[(f"{target}/" if target else "") + path.removeprefix(start)] = content
        elif kind == "settings":
            files[draw(st.sampled_from(evidence.SETTINGS))] = draw(evidence.settings_files(NAMES))
        elif kind == "inventory":
            files[draw(st.sampled_from(evidence.INVENTORIES))] = draw(evidence.inventories(NAMES))
        elif kind == "config":
            files["crstandards.toml"] = draw(st.sampled_from((*CONFIGS, WRONG)))
        else:
            files[f"{start}README.md"] = draw(st.binary(max_size=4))
    return _possible(files)


def _solution_of(path: str) -> str:
    folder = path.rpartition("/")[0]
    return folder.rpartition("/")[0] if folder.endswith(("Other", "Workflows")) else folder


def _possible(files: Files) -> Files:
    """Without paths that are both a file and a folder."""
    folders = {path.rsplit("/", depth)[0] for path in files for depth in range(1, path.count("/") + 1)}
    return {path: content for path, content in files.items() if path not in folders}


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[Step]:
    """Commits with branches and merges; a merge takes some files of each side, or new ones."""
    steps = [Step((), draw(beginnings()))]
    for number in range(1, draw(st.integers(3, most))):
        recent = st.integers(max(0, number - 3), number - 1)
        parents = [number - 1 if draw(st.integers(0, 3)) else draw(recent)]
        if draw(st.integers(0, 4)) == 0:
            parents = list(dict.fromkeys((*parents, draw(recent))))
        files = dict(steps[parents[0]].files)
        for parent in parents[1:]:
            others = steps[parent].files
            files = _possible(files | {path: others[path] for path in others if draw(st.booleans())})
        if len(parents) < 2 or draw(st.integers(0, 3)) == 0:
            files = draw(edits(files))
        steps.append(Step(tuple(parents), files))
    return steps


def write(repo: Repo, steps: list[Step]) -> list[str]:
    """Put the commits into a repository, the last one on `main`; returns their ids."""
    stream = []
    for number, step in enumerate(steps):
        who = f"Maker {number % 3} <maker@contoso.com> {_seconds(number)} +0100".encode()
        subject = f"Change {number}".encode()
        stream.append(
            b"commit refs/heads/c%d\nmark :%d\nauthor %s\ncommitter %s\n" % (number, number + 1, who, who)
        )
        stream.append(b"data %d\n%s\n" % (len(subject), subject))
        for word, parent in zip((b"from", b"merge"), step.parents, strict=False):
            stream.append(b"%s :%d\n" % (word, parent + 1))
        stream.append(b"deleteall\n")
        for path, content in step.files.items():
            stream.append(b'M 100644 inline "%s"\ndata %d\n%s\n' % (path.encode(), len(content), content))
    stream.append(b"reset refs/heads/main\nfrom :%d\n" % len(steps))
    repo.run(("git", "fast-import", "--quiet"), stdin=b"".join(stream), check=True)
    listed = repo.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads/c*")
    ids = dict(line.split(" ") for line in listed.splitlines())
    return [ids[f"c{number}"] for number in range(len(steps))]


class Memory(RangeGit):
    """Stands in for a repository of such commits, without any process; their ids are their numbers."""

    def __init__(self, steps: list[Step]) -> None:
        self._held = {_id(content): content for step in steps for content in step.files.values()}
        self._steps = {str(number): step for number, step in enumerate(steps)}

    def tree_as(self, revision: str, make: Make[T], skips: Skips = lambda folder, names: False) -> list[T]:
        files = self._steps[revision].files.items()
        made = (make(path, "100644", _id(held)) for path, held in files)
        return [item for item in made if item is not None]

    def find(self, revision: str, path: str) -> ListedFile | None:
        return next((file for file in self.tree_files(revision) if file.path == path), None)

    def blobs(self, ids: Iterable[str], limit: int) -> Iterator[bytes | None]:
        return (self._held[held] for held in ids)

    def commit(self, revision: str) -> tuple[str, bytes]:
        return revision, b"committer Maker <> %d +0100\n\n" % _seconds(int(revision))

    def range(self, base: int | None = None) -> Range:
        """The commits that lead to the last one, and not to the base."""
        left_out = self._reached(str(base)) if base is not None else set()
        wanted = self._reached(str(len(self._steps) - 1)) - left_out
        commits = tuple(self._as_commit(number) for number in self._steps if number in wanted)
        return Range(None if base is None else str(base), str(len(self._steps) - 1), commits)

    def _reached(self, tip: str) -> set[str]:
        found, pending = set(), [tip]
        while pending:
            number = pending.pop()
            if number not in found:
                found.add(number)
                pending += map(str, self._steps[number].parents)
        return found

    def _as_commit(self, number: str) -> Commit:
        step = self._steps[number]
        before = self._steps[str(step.parents[0])].files if step.parents else {}
        changes = tuple(
            Change(path, *_mode_and_id(before.get(path), step.files.get(path)))
            for path in sorted(before.keys() | step.files.keys())
            if before.get(path) != step.files.get(path)
        )
        when = day(int(number))
        author = Author(number, "Maker", f"Change {number}", when.isoformat())
        return Commit(number, tuple(map(str, step.parents)), when, author, changes)


def _id(content: bytes) -> str:
    return sha1(content).hexdigest()


def _mode_and_id(old: bytes | None, new: bytes | None) -> tuple[str, str, str, str]:
    modes = ("000000" if content is None else "100644" for content in (old, new))
    ids = ("0" * 40 if content is None else _id(content) for content in (old, new))
    return (*modes, *ids)  # type: ignore[return-value]


def _seconds(number: int) -> int:
    return 1767225600 + 43200 * number


def day(number: int) -> date:
    """The committer's day of a commit: they are half a day apart, in a zone an hour east."""
    return date(2026, 1, 1) + timedelta(days=(12 * number + 1) // 24)


def naive(git: RangeGit, commit: str, as_of: date) -> list[Finding]:
    """A whole check of one commit, with nothing kept from another. Raises FatalError as a check does."""
    session = Session(Tree(git, commit), config_in(git, commit), RULES, as_of, whole=True)
    return session.findings()


def identities(findings: list[Finding]) -> Counter[tuple[str, ...]]:
    """What makes findings the same ones, whatever their words are."""
    return Counter((item.rule, *(part.lower() for part in item.identity)) for item in findings)
