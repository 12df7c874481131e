"""What is measured, beside what: each comparison sets its repository up and times both sides."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import floors, generate, push
from benchmarks.measure import CRSTANDARDS, PYTHON, Timing, Work, once, peak, side_by_side

ROOT = Path(__file__).parents[1]
CHECK_JSON, PRE_COMMIT = (str(Path(PYTHON).with_name(name)) for name in ("check-json", "pre-commit"))
_DEADLINE = 4  # seconds; docs/configuration.md
DEFAULT = (
    PYTHON,
    "-c",
    "import sys; sys.modules['orjson'] = None; from crstandards.cli import main; sys.exit(main())",
)
"""crstandards as it is without the extra `fast`, which most who commit don't have."""
HOOK = ("hook", "pre-commit")
_COMMITS = 1000
_BARE = Work((PYTHON, "-c", "pass"), ROOT)
_CONFIGURED = """\
repos:
- repo: local
  hooks:
  - {id: check-json, name: check-json, entry: "%s", language: system, files: '\\.json$'}
"""
# Each solution has references of its own, which is a duplicate where a connector has one endpoint.
_ENVIRONMENTS = f"""\
[[environments]]
name = "prod"

[connectors]
own-endpoint = {list(generate.CONNECTORS)}
"""


class Row(NamedTuple):
    """One line of the table: the command measured, its peer, the ratios, and the most that they should be."""

    work: str
    command: str
    peer: str
    ratio: tuple[float, ...]
    goal: tuple[float, ...]
    ours: str
    theirs: str

    def line(self) -> str:
        """The row as Markdown: what counts is the first ratio, and where there are two goals both."""
        ratio = " (".join(f"{one:.2f}" for one in self.ratio) + ")" * (len(self.ratio) - 1)
        goal = " (".join(f"{one:g}" for one in self.goal) + ")" * (len(self.goal) - 1)
        missed = any(one > most for one, most in zip(self.ratio, self.goal, strict=False))
        cells = (
            self.work,
            self.command and f"`{self.command}`",
            self.peer,
            ratio,
            goal + ", missed" * missed,
        )
        return f"| {' | '.join((*cells, self.ours, self.theirs))} |"


def commit_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """Commits that are proved clean."""
    root = fresh(folder, flows)
    hook = Work((*DEFAULT, *HOOK), root)
    with staged(root, {"notes.txt": b"x"}):
        yield _row("commit, nothing relevant staged", hook, "`python -c pass`", _BARE, runs, 1.8)
    same, files = "`check-json` on the same files", three_flows(root)
    peer = Work((CHECK_JSON, *files), root)
    with staged(root, {path: content + b"\n" for path, content in files.items()}):
        yield _row(f"commit, 3 flows of 20 KB in {flows:,}", hook, same, peer, runs, 0.95)
    in_yaml = folder / f"yaml-{flows}"
    if not in_yaml.exists():
        generate.yaml_repository(in_yaml, flows, 0)
    files = three_flows(in_yaml)
    peer = Work((CHECK_JSON, *files), in_yaml)
    with staged(in_yaml, {path: content + b"\n" for path, content in files.items()}):
        work = f"commit, 3 flows in a YAML solution of {flows:,}"
        yield _row(work, hook._replace(folder=in_yaml), same, peer, runs, 1.2)
    files = three_flows(root)
    peer = Work((CHECK_JSON, *files), root)
    changed = {path: content + b"\n" for path, content in files.items()}
    with committed(root, {"crstandards.toml": _ENVIRONMENTS.encode()}), staged(root, changed):
        work = f"clean commit with environments declared, {flows // 5:,} solutions"
        yield _row(work, hook, same, peer, runs // 2, 6)


def stopped_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """Commits that are stopped: of three flows, two have a raw connection."""
    for count, goal in ((20, 2.5), (flows, 3), (flows * 10, 5)):
        root = fresh(folder, count)
        with stopped(root) as files:
            hook, peer = Work((*DEFAULT, *HOOK), root, status=1), Work((CHECK_JSON, *files), root)
            work = f"stopped commit, 2 findings, {count:,} flows"
            yield _row(work, hook, "`check-json` on the same files", peer, runs, goal)


def check_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """A small check, its reports, and the map beside it."""
    check = Work((*DEFAULT, "check"), fresh(folder, 20))
    yield _row("check, 20 flows", check, "`python -c pass`", _BARE, runs, 5.5)
    many = folder / "broken"
    if not many.exists():
        files = generate.files(300)
        generate.write(
            many, ((path, generate.broken(it) if path.endswith(".json") else it) for path, it in files)
        )
    sarif, text = (
        Work((CRSTANDARDS, "check", "--format", form), many, status=1) for form in ("sarif", "text")
    )
    yield _row("check of 300 flows with findings, SARIF", sarif, "`--format text`", text, runs // 2, 1.3)
    root = fresh(folder, flows * 5)
    graph, check = (Work((CRSTANDARDS, verb), root) for verb in ("graph", "check"))
    work = f"map of {flows * 5:,} flows, whole process"
    yield _row(work, graph, "`crstandards check`", check, runs // 4, 1.15)


def whole_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """The whole repository, beside check-json as pre-commit runs it and beside a bare reader."""
    flows *= 10
    root = fresh(folder, flows)
    settings, listed = folder / "check-json.yaml", folder / "flows.txt"
    settings.write_text(_CONFIGURED % CHECK_JSON)
    listed.write_text("\n".join(map(str, sorted(root.rglob("*.json")))))
    peer = Work((PRE_COMMIT, "run", "--config", str(settings), "--all-files", "check-json"), root)
    framework, check = "`check-json` as pre-commit runs it", Work((CRSTANDARDS, "check"), root)
    yield _row(
        f"all files, {flows:,} flows, default install",
        Work((*DEFAULT, "check"), root),
        framework,
        peer,
        runs // 6,
        2,
        2,
    )
    yield _row("the same, with orjson", check, framework, peer, runs // 4, 1.1, 1.1)
    bare = Work((PYTHON, "-m", "benchmarks.floors", "json", str(listed)), root, _OURS)
    yield _row("the same, with orjson", check, "a bare orjson loop over the files", bare, runs // 4, 2.3, 3.5)
    ours = peak(check)
    theirs = peak(Work(("xargs", "-d", "\\n", "-a", str(listed), CHECK_JSON), root))
    sizes = f"{ours:.0f} MB", f"{theirs:.0f} MB"
    yield Row("the same, peak memory", "crstandards check", "`check-json`", (ours / theirs,), (2,), *sizes)


def replay_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """A history, beside git and a parser alone."""
    span = f"HEAD~{_COMMITS}..HEAD"
    for count, goal in ((flows, 2.2), (flows * 10, 2.8)):
        root, listed = fresh(folder, count, _COMMITS), folder / f"objects-{count}"
        listed.write_text("\n".join((span, *floors.objects(root, span), "")))
        replay = Work((CRSTANDARDS, "replay", span), root)
        floor = Work((PYTHON, "-m", "benchmarks.floors", "history", str(listed)), root, _OURS)
        peer = "`git log --raw`, `git cat-file --batch` of the same blobs, orjson or expat"
        yield _row(f"replay, {_COMMITS:,} commits, {count:,} flows", replay, peer, floor, runs // 4, goal)
    command = (PYTHON, "-m", "benchmarks.floors", "steps", span)

    def step(count: int) -> float:
        environment = {**os.environ, **_OURS}
        return float(subprocess.check_output(command, cwd=fresh(folder, count, _COMMITS), env=environment))

    pairs = [(step(flows), step(flows * 10)) for _ in range(max(runs // 6, 2))]
    small, large = map(statistics.median, zip(*pairs, strict=True))
    ratio = statistics.median(two / one for one, two in pairs)
    times = f"{large * 1000:.2f} ms", f"{small * 1000:.2f} ms"
    work, peer = f"a step of the replay without its reading, {flows * 10:,} flows", f"in {flows:,} flows"
    yield Row(work, "", peer, (ratio,), (1.5,), *times)


def push_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """A server's hook, beside git's own list of the tree."""
    for files, count in ((flows * 100, runs // 2), (flows * 1000, 3)):
        hook = push.served(folder / f"server-{files}", push.Server("", files))
        work = f"pre-receive, one flow changed, {files:,} files"
        listing = Work(("git", "ls-tree", "-r", "-z", "next"), hook.folder)
        row = _row(work, hook, "`git ls-tree -r -z` of the tree", listing, count, 12)
        yield row
    seconds = once(hook).seconds
    yield row._replace(
        peer="the default deadline",
        ratio=(seconds / _DEADLINE,),
        goal=(1,),
        ours=f"{seconds:.1f} s",
        theirs=f"{_DEADLINE:g} s",
    )


def yaml_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """A solution of the YAML layout with a long list of components."""
    root = folder / "yaml-listed"
    if not root.exists():
        generate.yaml_repository(root, 1, 755_000)
    listed = max(root.rglob("*.yml"), key=lambda path: path.stat().st_size)
    check = Work((*DEFAULT, "check"), root)
    events = Work((PYTHON, "-m", "benchmarks.floors", "yaml", str(listed)), root, _OURS)
    yield _row("a YAML solution of 755 KB", check, "one pass of `CSafeLoader`'s events", events, runs // 2, 3)


PARTS: dict[str, Callable[[Path, int, int], Iterator[Row]]] = {
    "commit": commit_rows,
    "stopped": stopped_rows,
    "check": check_rows,
    "whole": whole_rows,
    "replay": replay_rows,
    "push": push_rows,
    "yaml": yaml_rows,
}
"""What can be measured; each takes a folder for its repositories, a number of flows, and one of runs."""
_OURS = {"PYTHONPATH": str(ROOT)}


def fresh(folder: Path, flows: int, commits: int = 0) -> Path:
    """A generated repository, perhaps with a history, made once for a folder."""
    target = folder / f"flows-{flows}-commits-{commits}"
    if not target.exists() and commits:
        shutil.copytree(fresh(folder, flows), target)
        generate.history(target, commits)
    elif not target.exists():
        generate.repository(target, flows, customizations_bytes=12_000_000 if flows >= 1000 else 0)
    return target


@contextmanager
def staged(root: Path, files: dict[str, bytes]) -> Iterator[None]:
    """Have files in the index, and undo that."""
    generate.write(root, files.items())
    generate.git(root, "add", "--all")
    try:
        yield
    finally:
        generate.git(root, "reset", "--quiet", "--hard")


@contextmanager
def committed(root: Path, files: dict[str, bytes]) -> Iterator[None]:
    """Have files in a commit, and undo that."""
    with staged(root, files):
        generate.git(root, "commit", "--quiet", "--message", "Configure")
    try:
        yield
    finally:
        generate.git(root, "reset", "--quiet", "--hard", "HEAD~1")


@contextmanager
def stopped(root: Path) -> Iterator[list[str]]:
    """Have three flows in the index of which two have a raw connection; gives their paths."""
    first, *others = three_flows(root).items()
    edits = {path: generate.broken(content) for path, content in others}
    with staged(root, {first[0]: first[1] + b"\n", **edits}):
        yield [first[0], *edits]


def three_flows(root: Path) -> dict[str, bytes]:
    """Three flows of about 20 KB, in as many solutions as there are."""
    found: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*.json"), key=lambda path: abs(path.stat().st_size - 20_000))[:50]:
        found.setdefault(path.relative_to(root).parts[1], []).append(path)
    chosen = [paths.pop(0) for paths in found.values()] + [path for paths in found.values() for path in paths]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in chosen[:3]}


def _row(work: str, ours: Work, what: str, peer: Work, runs: int, *goal: float) -> Row:
    pair = side_by_side(ours, peer, max(runs, 2))
    verb = [word for word in ours.command if not word.startswith(("/", "-c", "import"))]
    command = " ".join(["crstandards", *verb])
    ratio = pair.ratio.seconds, pair.ratio.processor
    return Row(work, command, what, ratio, goal, _times(pair.ours), _times(pair.peer))


def _times(timing: Timing) -> str:
    return f"{timing.seconds * 1000:,.0f} ({timing.processor * 1000:,.0f}) ms"
