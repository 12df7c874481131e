"""`python -m tests.differential`: is the answer the same, whoever reads and from where?

Each case (see `quick.cases`) is a commit in a real repository. Compared are

- the hook, with the fast path and without; nothing is known here of how that works, only what keeps it out;
- a check of the working tree, the index, the commit, the folder and a zip of it, with orjson and without;
- what a push adds, told from what it can reach and by two whole checks;
- a replay's last commit, and a whole check of it.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.cli import main as crstandards
from crstandards.commands import hook
from crstandards.errors import FatalError
from crstandards.git.ranges import RangeGit
from crstandards.history.addition import Additions
from crstandards.history.blame import all_of
from crstandards.history.checks import Checks, Terms, config_in
from crstandards.history.log import read_range
from crstandards.history.walk import Walk
from crstandards.policy.configuration import Config
from crstandards.report.json_format import document
from crstandards.rules import RULES
from crstandards.snapshot import Folder, Index, Snapshot, Worktree, Zips
from crstandards.snapshot import Tree as ByTree
from crstandards.source import flow
from crstandards.source.facts import Facts
from tests.quick.cases import Case, case
from tests.quick.drafts import FILE, PROGRAM, SUBMODULE, Tree
from tests.support.builders import clean_environment
from tests.support.checks import AS_OF
from tests.support.everywhere import without_zip, zip_folder

_HOOK = ("hook", "pre-commit")
_BARE = Config(baseline="")
_FOLLOWED = tuple(rule for rule in RULES if rule.is_followed)
_WITHOUT = ("--select", "CR")
"""Keeps the fast path out and changes nothing else: all rules are selected."""
_TOGETHER = 500

PROVED = "proved clean by the fast path"
NOTHING = "nothing to check, as the fast path says"
LEFT_AND_CLEAN = "left to the whole check: clean"
_WHOLE = {
    0: LEFT_AND_CLEAN,
    1: "left to the whole check: violations",
    2: "left to the whole check: a wrong configuration",
    3: "left to the whole check: not verified",
}


class Ran(NamedTuple):
    """A run of the hook: its exit status, and what it printed on both streams."""

    status: int
    out: str
    err: str


class Difference(NamedTuple):
    """A case, by its seed, in which two of those who are asked the same give two answers."""

    seed: str
    asked: str
    first: object
    other: object

    def __str__(self) -> str:
        told = "\n  ".join(case(self.seed).told)
        return f"{self.seed}: {self.asked}\n  {told}\n{self.first}\n{self.other}"


class Outcome(NamedTuple):
    """How many cases ended how, and those that differ."""

    ended: Counter[str]
    differences: tuple[Difference, ...]


def compare(seeds: Sequence[str], folder: Path) -> Outcome:
    """Compare the answers to the cases of some seeds, in a new repository."""
    ended: Counter[str] = Counter()
    differences: list[Difference] = []
    # A process that checks once may keep from the garbage collector what it has read.
    with _repository(folder), patch.object(gc, "freeze"):
        cases = [case(seed) for seed in seeds]
        for seed, drawn, (before, after) in zip(seeds, cases, _staged(cases, folder), strict=True):
            fast, is_left = _run()
            whole, _ = _run(*_WITHOUT)
            ended[_WHOLE[fast.status] if is_left else PROVED if fast.out else NOTHING] += 1
            for asked, first, other in (("the hook", fast, whole), *_answers(drawn.after, before, after)):
                if first != other:
                    differences.append(Difference(seed, asked, first, other))
    return Outcome(ended, tuple(differences))


def _answers(tree: Tree, before: str, after: str) -> Iterator[tuple[str, object, object]]:
    """Pairs of answers that must be the same, for a tree that is staged and a commit of it."""
    with RangeGit(Path()) as git:
        for config in (_BARE, _or_error(lambda: config_in(git, after))):
            if not isinstance(config, Config):
                continue
            expected = _report(ByTree(git, after), config)
            yield "the index", _report(Index(git), config), expected
            with patch.object(flow, "orjson", None):
                yield "without orjson", _report(ByTree(git, after), config), expected
        expected = _report(ByTree(git, after), _BARE)
        _check_out()
        yield "the working tree", _report(Worktree(git), _BARE), expected
        if SUBMODULE not in {entry.mode for entry in tree.values()} and not any(map(_is_gits, tree)):
            yield "the folder", _report(Folder(Path()), _BARE), expected
        if {entry.mode for entry in tree.values()} <= {FILE, PROGRAM}:
            archive = zip_folder(Path(), Path("../x.zip"))
            yield "a zip", _report(Zips([(archive, "x.zip")]), _BARE), expected
        yield from _changes(git, before, after)


def _changes(git: RangeGit, before: str, after: str) -> Iterator[tuple[str, object, object]]:
    config = _or_error(lambda: config_in(git, before))
    if isinstance(config, Config):
        # Nobody reads a baseline before there is a finding that it may let through.
        config = config._replace(baseline="")
        terms = Terms(_FOLLOWED, config, as_of=AS_OF)
        yield (
            "what a push adds",
            _or_error(lambda: _named(Additions(git, terms, config, Facts()).added(after, before).findings)),
            _or_error(lambda: _named(Checks(git, terms, Facts()).new(after, before).findings)),
        )
        walk = Walk(git, terms, Facts())
        yield (
            "a replay",
            _or_error(lambda: _named(all_of(walk.to_head(read_range(git, before, after), _quiet).blamed))),
            _or_error(lambda: _named(Checks(git, terms, Facts()).report(after).findings)),
        )


def _or_error(answer: Callable[[], object]) -> object:
    try:
        return answer()
    except FatalError as error:
        return type(error), str(error)


def _report(snapshot: Snapshot, config: Config) -> object:
    def reported() -> object:
        session = Session(snapshot, config, RULES, AS_OF, whole=True)
        found = document(full_report(session))
        del found["source"]
        return without_zip(found)

    return _or_error(reported)


def _named(findings: Iterable[Any]) -> list[tuple[str, ...]]:
    return sorted((item.finding.rule, *map(str.lower, item.finding.identity)) for item in findings)


def _quiet(done: int, total: int) -> None:
    """No progress is shown."""


def _is_gits(path: str) -> bool:
    return path.rpartition("/")[2] in (".gitignore", ".gitattributes")


def _check_out() -> None:
    """Make the working tree what the index says."""
    for entry in Path().iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    subprocess.run(["git", "checkout-index", "--all", "--force", "--quiet"], check=False)


def _run(*options: str) -> tuple[Ran, bool]:
    """The hook in the current folder; and whether the whole check was asked."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        patch.object(hook, "run", wraps=hook.run) as whole,
    ):
        status = crstandards([*_HOOK, *options])
    out.seek(0)
    err.seek(0)
    return Ran(status, out.read(), err.read()), whole.called


@contextlib.contextmanager
def _repository(folder: Path) -> Iterator[None]:
    """A new repository as the current folder, in which git sees nobody's settings."""
    root = folder / "repository"
    with patch.dict(os.environ, clean_environment(folder / "home"), clear=True):
        subprocess.run(["git", "init", "--quiet", str(root)], check=True)
        with contextlib.chdir(root):
            yield


def _staged(cases: Sequence[Case], folder: Path) -> Iterator[tuple[str, str]]:
    """Each case in turn as HEAD and index of the current folder's repository, with the ids of its commits."""
    ids = _imported([tree for item in cases for tree in (item.before, item.after)], folder / "marks")
    for before, after in zip(ids[::2], ids[1::2], strict=True):
        Path(".git/HEAD").write_bytes(f"{before}\n".encode())
        subprocess.run(["git", "read-tree", after], check=True)
        yield before, after


def _imported(trees: Sequence[Tree], marks: Path) -> list[str]:
    """The ids of commits of these trees, which one process makes."""
    blobs: dict[bytes, int] = {}
    stream = io.BytesIO()
    for number, tree in enumerate(trees, 1):
        listed = b""
        for path, (mode, content) in tree.items():
            if mode != SUBMODULE and content not in blobs:
                blobs[content] = len(trees) + len(blobs) + 1
                stream.write(b"blob\nmark :%d\ndata %d\n%s\n" % (blobs[content], len(content), content))
            named = content if mode == SUBMODULE else b":%d" % blobs[content]
            listed += b"M %s %s %s\n" % (mode.encode(), named, path.encode())
        stream.write(b"commit refs/heads/cases\nmark :%d\ncommitter T <t@contoso.com> 0 +0000\n" % number)
        stream.write(b"data 0\ndeleteall\n%s\n" % listed)
    command = ["git", "fast-import", "--quiet", f"--export-marks={marks}"]
    subprocess.run(command, input=stream.getvalue(), check=True)
    ids = dict(line.split() for line in marks.read_text("ascii").splitlines())
    return [ids[f":{number}"] for number in range(1, len(trees) + 1)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as many cases as asked for, tell the figures, and return 1 where an answer differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args(arguments)
    seeds = [f"{options.seed}-{number}" for number in range(options.cases)]
    parts = [seeds[start : start + _TOGETHER] for start in range(0, len(seeds), _TOGETHER)]
    began = time.monotonic()
    ended: Counter[str] = Counter()
    differences = 0
    # A new process for each part: checks are not made to forget what they have read.
    with get_context("spawn").Pool(options.jobs, maxtasksperchild=1) as pool:
        for outcome in pool.imap_unordered(_part, parts):
            ended += outcome.ended
            differences += len(outcome.differences)
            print(*outcome.differences, sep="\n\n", end="\n\n" if outcome.differences else "", flush=True)
    print(f"{ended.total():,} cases in {time.monotonic() - began:,.0f} s")
    for name, number in ended.most_common():
        print(f"{number:9,}  {name}")
    print(f"{differences:9,}  differences")
    return int(differences > 0)


def _part(seeds: Sequence[str]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return compare(seeds, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
