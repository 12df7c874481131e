"""Records what users see of a checkout, and compares two records, byte for byte.

    python -m tests.recordings record /tmp/before --checkout ../released
    python -m tests.recordings record /tmp/after
    python -m tests.recordings compare /tmp/before /tmp/after

Each pair of `tests/support/pairs.py`, and each folder in the folders that CRSTANDARDS_RECORDED names
(separated as in PATH), becomes a git repository of two commits: of all but the flows, and of all. Every
command of COMMANDS runs there; what it prints, and its exit status, is one file of the record.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path

from tests.support.builders import clean_environment
from tests.support.pairs import write_pairs
from tests.support.program import run_forked

ROOT = Path(__file__).resolve().parents[1]
FORMATS = ("text", "json", "sarif", "github", "azure", "gitlab", "junit", "markdown", "html")
DAY = "2026-11-30"
COMMANDS = {
    **{f"check-{name}": f"check --as-of {DAY} --format {name}" for name in FORMATS},
    "check-verbose": f"check --as-of {DAY} --verbose",
    "check-statistics": f"check --as-of {DAY} --statistics",
    "check-rev": f"check --as-of {DAY} --rev HEAD~1 --format json",
    "check-all-errors": f"check --as-of {DAY} --fail-on note --select CR1,CR2,CR5 --quiet",
    "fix-diff": f"fix --as-of {DAY} --diff",
    "fix-unsafe-diff": f"fix --as-of {DAY} --unsafe --diff",
    "replay": f"replay --as-of {DAY}",
    "replay-json": f"replay --as-of {DAY} --format json",
    "replay-range": f"replay --as-of {DAY} HEAD~1..HEAD --new-only --format markdown",
    "graph-mermaid": f"graph --as-of {DAY}",
    "graph-dot": f"graph --as-of {DAY} --format dot",
    "graph-html": f"graph --as-of {DAY} --format html",
    "config": "config",
    "hook": "hook pre-commit",
}


def inputs(pairs: Path) -> Iterator[tuple[str, Path]]:
    """The folders to record, each with the name that it has in the record; pairs are written first."""
    yield from ((f"pairs.{name}", folder) for name, folder in write_pairs(pairs))
    for folder in filter(None, os.environ.get("CRSTANDARDS_RECORDED", "").split(os.pathsep)):
        for path in sorted(Path(folder).iterdir()):
            if path.is_dir():
                yield f"{Path(folder).name}.{path.name}", path


def record(checkout: Path, destination: Path, inputs_like: str = "*", commands_like: str = "*") -> None:
    """Run commands on inputs with one checkout's program; patterns of their names choose both."""
    commands = {key: command for key, command in COMMANDS.items() if fnmatch(key, commands_like)}
    destination.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        (work / "home").mkdir()
        chosen = [item for item in inputs(work / "pairs") if fnmatch(item[0], inputs_like)]
        environment = clean_environment(work / "home") | {
            "PYTHONPATH": str(checkout),
            "COLUMNS": "100",
            "CRSTANDARDS_COLUMNS": "100",
        }
        with ThreadPoolExecutor(2) as pool:
            for _ in pool.map(lambda item: _record(*item, commands, work, destination, environment), chosen):
                pass


def _record(
    name: str,
    source: Path,
    commands: dict[str, str],
    work: Path,
    destination: Path,
    environment: dict[str, str],
) -> None:
    repository = work / name / "repository"
    shutil.copytree(source, repository, symlinks=True, copy_function=_copy)
    _git(repository, environment, "init", "--quiet", "--initial-branch=main")
    _git(repository, environment, "add", "--all", "--", ".", ":(exclude,icase)*workflows/*.json")
    _git(repository, environment, "commit", "--quiet", "--allow-empty", "-m", "All but the flows")
    _git(repository, environment, "add", "--all")
    of_commit = {key: command for key, command in commands.items() if key == "hook"}
    _run(of_commit, repository, destination / name, environment)
    _git(repository, environment, "commit", "--quiet", "--allow-empty", "-m", "The flows")
    afterwards = {key: command for key, command in commands.items() if key != "hook"}
    _run(afterwards, repository, destination / name, environment)
    shutil.rmtree(work / name)


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)


def _git(repository: Path, environment: dict[str, str], *arguments: str) -> None:
    dates = {"GIT_AUTHOR_DATE": f"{DAY}T12:00:00Z", "GIT_COMMITTER_DATE": f"{DAY}T12:00:00Z"}
    subprocess.run(["git", *arguments], cwd=repository, env=environment | dates, check=True)


def _run(commands: dict[str, str], repository: Path, destination: Path, environment: dict[str, str]) -> None:
    destination.mkdir(exist_ok=True)
    for key, command in commands.items():
        status, out, err = run_forked(command.split(), str(repository), environment)
        said = b"%b%b\n[exit status %d]\n" % (out, err, status)
        # The temporary folder's name is nobody's business.
        (destination / key).write_bytes(said.replace(os.fsencode(repository), b"<repository>"))


def compare(before: Path, after: Path, shown: int) -> int:
    """Print where what the second record holds differs from the first; returns in how many files it does."""
    names = sorted(path.relative_to(after) for path in after.glob("*/*"))
    different = 0
    for name in names:
        old, new = (_content(folder / name) for folder in (before, after))
        if old == new:
            continue
        different += 1
        print(f"=== {name}")
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "after", lineterm="", n=1)
        for _, line in zip(range(shown), lines, strict=False):
            print(line[:400])
    print(f"{len(names)} outputs compared, {different} differ.")
    return different


def _content(path: Path) -> str:
    return path.read_text("utf-8", "backslashreplace") if path.exists() else "(there is none)"


def main() -> int:
    """Record or compare, as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.recordings", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    recorder = verbs.add_parser("record")
    recorder.add_argument("destination", type=Path)
    recorder.add_argument("--checkout", type=Path, default=ROOT)
    recorder.add_argument("--inputs", default="*", metavar="PATTERN", help="only inputs of these names")
    recorder.add_argument("--commands", default="*", metavar="PATTERN", help="only these commands")
    comparer = verbs.add_parser("compare")
    comparer.add_argument("before", type=Path)
    comparer.add_argument("after", type=Path)
    comparer.add_argument("--shown", type=int, default=12, help="lines shown of each difference")
    options = parser.parse_args()
    if options.verb == "record":
        record(options.checkout.resolve(), options.destination.resolve(), options.inputs, options.commands)
        return 0
    return 1 if compare(options.before, options.after, options.shown) else 0


if __name__ == "__main__":
    raise SystemExit(main())
