"""Measure, print the table, and write it to docs/performance.md.

    python -m benchmarks                     everything: 1,000 and 10,000 flows, 1,000 commits
    python -m benchmarks commit --runs 40    one part

Needs git, and in the same Python environment pre-commit, pre-commit-hooks, orjson and
check-jsonschema; jq where it is installed.
"""

from __future__ import annotations

import platform
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.works import COMPARISONS, Row

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparisons named, and return 0."""
    parser = ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(COMPARISONS)}; default: all")
    parser.add_argument("--runs", type=int, default=20, help="runs of each quick pair; default: 20")
    parser.add_argument("--flows", type=int, default=1000, help="of the smaller repository; default: 1000")
    parser.add_argument("--commits", type=int, default=1000, help="of the history; default: 1000")
    parser.add_argument("--folder", type=Path, help="where the repositories are kept; default: made anew")
    parser.add_argument("--write", action="store_true", help="write the table to docs/performance.md")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(COMPARISONS)
    if unknown:
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        rows: list[Row] = []
        for part in options.parts or COMPARISONS:
            for row in COMPARISONS[part](folder, options.flows, options.commits, options.runs):
                rows.append(row)
                print(_line(row), flush=True)
    if options.write:
        given = [f"--{name} {getattr(options, name)}" for name in ("flows", "commits", "runs")]
        _write(rows, " ".join(["python -m benchmarks", *options.parts, *given, "--write"]))
    return 0


def _line(row: Row) -> str:
    goal = "" if row.goal is None else f"{_ratio(row.goal)}{'' if row.ratio <= row.goal else ' (missed)'}"
    return f"| {row.work} | {row.peer} | {_ratio(row.ratio)} | {goal} | {row.ours} | {row.theirs} |"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.02 else f"1/{1 / ratio:,.0f}"


def _write(rows: Sequence[Row], command: str) -> None:
    head = "| work | against | ratio | goal | ours | theirs |\n|---|---|---|---|---|---|\n"
    machine = f"{platform.system()}, {platform.machine()}, CPython {platform.python_version()}"
    table = head + "\n".join(map(_line, rows)) + f"\n\nMeasured on {machine}, by `{command}`.\n"
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table}{END}{rest.partition(END)[2]}", "utf-8")


sys.exit(main())
