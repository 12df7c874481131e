"""`python -m tests.quick.differential`: is the hook's answer the same with the fast path and without?

Each case (see `cases`) is staged in a real repository, and the hook is run on it twice, in this process.
Nothing is known here of how the fast path works: only what keeps it out, and where the whole check begins.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from crstandards.cli import main as crstandards
from crstandards.commands import hook
from tests.builders import clean_environment
from tests.quick.cases import Case, case
from tests.quick.drafts import SUBMODULE, Tree

_HOOK = ("hook", "pre-commit")
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
    """A case, by its seed, in which the hook gives two answers."""

    seed: str
    fast: Ran
    whole: Ran

    def __str__(self) -> str:
        told = "\n  ".join(case(self.seed).told)
        return f"{self.seed}\n  {told}\nwith the fast path: {self.fast}\nwithout: {self.whole}"


class Outcome(NamedTuple):
    """How many cases ended how, and those that differ."""

    ended: Counter[str]
    differences: tuple[Difference, ...]


def compare(seeds: Sequence[str], folder: Path) -> Outcome:
    """Run the hook with and without the fast path on the cases of some seeds, in a new repository."""
    ended: Counter[str] = Counter()
    differences: list[Difference] = []
    # A process that checks once may keep from the garbage collector what it has read.
    with _repository(folder), patch.object(gc, "freeze"):
        for seed, _ in zip(seeds, _staged([case(seed) for seed in seeds], folder), strict=True):
            fast, is_left = _run()
            whole, _ = _run(*_WITHOUT)
            if fast != whole:
                differences.append(Difference(seed, fast, whole))
            ended[_WHOLE[fast.status] if is_left else PROVED if fast.out else NOTHING] += 1
    return Outcome(ended, tuple(differences))


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


def _staged(cases: Sequence[Case], folder: Path) -> Iterator[None]:
    """Each case in turn as HEAD and index of the current folder's repository."""
    ids = _imported([tree for item in cases for tree in (item.before, item.after)], folder / "marks")
    for before, after in zip(ids[::2], ids[1::2], strict=True):
        Path(".git/HEAD").write_bytes(f"{before}\n".encode())
        subprocess.run(["git", "read-tree", after], check=True)
        yield


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
    parser = argparse.ArgumentParser(prog="python -m tests.quick.differential", description=__doc__)
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
