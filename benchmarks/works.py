"""What is measured, beside what: each comparison sets its repository up and times both sides."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import generate
from benchmarks.measure import Pair, Work, once, side_by_side

ROOT = Path(__file__).parents[1]
PYTHON = sys.executable
CRSTANDARDS = str(Path(sys.executable).with_name("crstandards"))
CHECK_JSON = str(Path(sys.executable).with_name("check-json"))
CHECK_XML = str(Path(sys.executable).with_name("check-xml"))
PRE_COMMIT = str(Path(sys.executable).with_name("pre-commit"))

WITHOUT_ORJSON = (
    "import sys; sys.modules['orjson'] = None; from crstandards.cli import main; sys.exit(main(['check']))"
)
SCHEMA = '{"type": "object", "required": ["properties"]}'
LOCAL_HOOK = """\
repos:
- repo: local
  hooks:
  - {id: check-json, name: check-json, entry: "%s", language: system, files: '\\.json$'}
"""


class Row(NamedTuple):
    """One line of the table: a ratio, and the goal it is held against."""

    work: str
    peer: str
    ratio: float
    goal: float | None
    ours: str
    theirs: str


def fresh(folder: Path, flows: int, commits: int = 0) -> Path:
    """A generated repository, made once for a folder."""
    target = folder / f"flows-{flows}-commits-{commits}"
    if not target.exists():
        generate.repository(target, flows, customizations_bytes=12_000_000 if flows >= 1000 else 0)
        if commits:
            generate.history(target, commits)
    return target


def commit_rows(folder: Path, runs: int) -> Iterator[Row]:
    """The commit's path: nothing relevant staged; three flows of 20 KB staged, with and without settings."""
    root = fresh(folder, 1000)
    generate.git(root, "reset", "--quiet", "--hard")
    (root / "notes.txt").write_text("x")
    generate.git(root, "add", "notes.txt")
    hook = Work("hook pre-commit", (CRSTANDARDS, "hook", "pre-commit"), root)
    yield _row(
        "commit, nothing relevant staged",
        "python -c pass",
        side_by_side(hook, Work("python", (PYTHON, "-c", "pass"), root), runs),
        2.8,
    )
    flows = _three_flows(root)
    generate.git(root, "add", "--all")
    peer = Work("check-json", (CHECK_JSON, *flows), root)
    pair = side_by_side(hook, peer, runs)
    yield _row(
        "commit, 3 flows of 20 KB in 1,000, no configuration", "check-json on the same files", pair, 1.2
    )
    yield _memory_row("the same, peak memory", "check-json", pair, 1.5)
    configured = root / "crstandards.toml"
    configured.write_text('[rules]\nCR504 = "error"\n\n[source]\nexternal-references = ["msdyn_*"]\n')
    generate.git(root, "add", "--all")
    generate.git(root, "commit", "--quiet", "--message", "Configure")
    for path in flows:
        (root / path).write_bytes((root / path).read_bytes() + b"\n")
    generate.git(root, "add", "--all")
    yield _row("the same, with a configuration file", "check-json", side_by_side(hook, peer, runs), 1.5)
    generate.git(root, "reset", "--quiet", "--hard", "HEAD~1")


def whole_rows(folder: Path, flows: int, runs: int) -> Iterator[Row]:
    """The whole repository, beside check-json as pre-commit runs it and beside barer readers."""
    root = fresh(folder, flows)
    generate.git(root, "reset", "--quiet", "--hard")
    settings = folder / "check-json.yaml"
    settings.write_text(LOCAL_HOOK % CHECK_JSON)
    listed = folder / "flows.txt"
    listed.write_text("\n".join(map(str, sorted(root.rglob("*.json")))))
    check = Work("check", (CRSTANDARDS, "check"), root)
    by_framework = Work(
        "check-json", (PRE_COMMIT, "run", "--config", str(settings), "--all-files", "check-json"), root
    )
    pair = side_by_side(check, by_framework, runs)
    yield _row(f"all files, {flows:,} flows", "check-json, as pre-commit runs it", pair, 0.35)
    bare = Work("check without orjson", (PYTHON, "-c", WITHOUT_ORJSON), root)
    yield _row("the same, without orjson", "with it", side_by_side(bare, check, max(runs // 2, 1)), None)
    one_by_one = Work("check-json", ("xargs", "-d", "\\n", "-a", str(listed), CHECK_JSON), root)
    alone = side_by_side(check, one_by_one, max(runs // 2, 1))
    yield _memory_row("the same, peak memory", "check-json", alone, 3)
    schema = folder / "schema.json"
    schema.write_text(SCHEMA)
    for name, command in _readers(listed, schema):
        if shutil.which(command[0]):
            yield _row(
                "the same", name, side_by_side(check, Work(name, command, root), max(runs // 2, 1)), None
            )


def replay_rows(folder: Path, flows: int, commits: int, runs: int) -> Iterator[Row]:
    """A history, beside git's own log and beside a full check of each commit."""
    root = fresh(folder, flows, commits)
    large = fresh(folder, flows * 10, commits)
    replay = Work("replay", (CRSTANDARDS, "replay", f"HEAD~{commits}..HEAD"), root)
    log = Work("git log", ("git", "log", "--raw", "-z", "--no-renames", f"HEAD~{commits}..HEAD"), root)
    pair = side_by_side(replay, log, runs)
    yield _row(f"replay, {commits:,} commits, {flows:,} flows", "git log --raw", pair, 10)
    naive = [
        once(Work("check --rev", (CRSTANDARDS, "check", "--rev", f"HEAD~{number}"), root)).seconds
        for number in range(0, commits, max(commits // 5, 1))
    ]
    full = commits * sum(naive) / len(naive)
    ratio = pair.ours.seconds / full
    yield Row(
        "the same",
        "a full check of each commit (5 measured)",
        ratio,
        1 / 300,
        _time(pair.ours.seconds),
        _time(full),
    )
    yield _row(
        f"replay on {flows * 10:,} flows",
        f"replay on {flows:,} flows",
        side_by_side(replay._replace(folder=large), replay, runs),
        1.4,
    )


def report_rows(folder: Path, findings: int, runs: int) -> Iterator[Row]:
    """The report of many findings, beside the check that found them."""
    root = folder / f"broken-{findings}"
    if not root.exists():
        generate.broken(root, findings)
    command = [PYTHON, "-m", "benchmarks.reporting", str(root)]
    told = [json.loads(subprocess.check_output(command, cwd=ROOT)) for _ in range(runs)]
    assert all(item["findings"] >= findings for item in told)
    check = statistics.median(item["check"] for item in told)
    for name, work in (("text", f"report of {findings:,} findings, text"), ("sarif", "the same, SARIF")):
        ratio = statistics.median(item[name] / item["check"] for item in told)
        yield Row(
            work,
            "the check itself",
            ratio,
            0.5,
            _time(statistics.median(item[name] for item in told)),
            _time(check),
        )


COMPARISONS: dict[str, Callable[[Path, int, int, int], Iterator[Row]]] = {
    "commit": lambda folder, flows, commits, runs: commit_rows(folder, runs),
    "whole": lambda folder, flows, commits, runs: whole_rows(folder, flows * 10, max(runs // 4, 2)),
    "report": lambda folder, flows, commits, runs: report_rows(folder, flows * 10, max(runs // 4, 2)),
    "replay": lambda folder, flows, commits, runs: replay_rows(folder, flows, commits, max(runs // 2, 2)),
}


def _three_flows(root: Path) -> list[str]:
    """Three flows of about 20 KB, in three solutions, each changed by a line end."""
    chosen: dict[Path, Path] = {}
    for path in sorted(root.rglob("*.json")):
        if path.parent not in chosen and 18_000 < path.stat().st_size < 22_000:
            chosen[path.parent] = path
    flows = list(chosen.values())[:3]
    for path in flows:
        path.write_bytes(path.read_bytes() + b"\n")
    return [path.relative_to(root).as_posix() for path in flows]


def _readers(listed: Path, schema: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    loop = "import sys, {0} as reader\nfor path in open(sys.argv[1]):\n"
    loop += "    data = open(path.strip(), 'rb').read()\n    "
    yield (
        "a bare json.loads loop",
        (PYTHON, "-c", loop.format("json") + "reader.loads(data.decode('utf-8-sig'))", str(listed)),
    )
    yield (
        "a bare orjson loop",
        (
            PYTHON,
            "-c",
            loop.format("orjson") + "reader.loads(data.removeprefix(b'\\xef\\xbb\\xbf'))",
            str(listed),
        ),
    )
    # Not everybody takes a byte order mark.
    plain = listed.with_name("plain.txt")
    plain.write_text("\n".join(path for path in listed.read_text().split("\n") if not _has_mark(path)))
    yield "jq empty, on those without a BOM", ("xargs", "-d", "\\n", "-a", str(plain), "jq", "empty")
    manifests = listed.with_name("manifests.txt")
    folders = {path.parents[1] for path in map(Path, listed.read_text().split("\n"))}
    manifests.write_text("\n".join(str(xml) for folder in sorted(folders) for xml in folder.rglob("*.xml")))
    yield "check-xml, on the solutions' XML", ("xargs", "-d", "\\n", "-a", str(manifests), CHECK_XML)
    check_schema = str(Path(PYTHON).with_name("check-jsonschema"))
    yield (
        "check-jsonschema with a small schema, on those without a BOM",
        ("xargs", "-d", "\\n", "-a", str(plain), check_schema, "--schemafile", str(schema)),
    )


def _has_mark(path: str) -> bool:
    with open(path, "rb") as stream:
        return stream.read(3) == b"\xef\xbb\xbf"


def _row(work: str, peer: str, pair: Pair, goal: float | None) -> Row:
    return Row(work, peer, pair.ratio, goal, _time(pair.ours.seconds), _time(pair.peer.seconds))


def _memory_row(work: str, peer: str, pair: Pair, goal: float) -> Row:
    return Row(
        work, peer, pair.memory_ratio, goal, f"{pair.ours.megabytes:.0f} MB", f"{pair.peer.megabytes:.0f} MB"
    )


def _time(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:,.0f} s"
