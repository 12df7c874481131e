"""Measure, print the table, and write it to docs/performance.md.

    python -m benchmarks                     everything: up to 10,000 flows and 1,000,000 files
    python -m benchmarks commit --runs 40    one part

Needs git, and in the same Python environment `crstandards[fast]`, pre-commit and pre-commit-hooks.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import write_table
from benchmarks.works import PARTS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts named, and return 0."""
    parser = ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    parser.add_argument("--runs", type=int, default=20, help="runs of each quick pair; default: 20")
    parser.add_argument(
        "--flows", type=int, default=1000, help="of the repository in the middle; default: 1000"
    )
    parser.add_argument("--folder", type=Path, help="where the repositories are kept; default: made anew")
    parser.add_argument("--write", action="store_true", help="write the table to docs/performance.md")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part is called {', '.join(sorted(unknown))}")
    lines = ["| work | command | against | ratio | goal | ours | theirs |", "|---|---|---|---|---|---|---|"]
    print("\n".join(lines))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for part in options.parts or PARTS:
            for row in PARTS[part](folder, options.flows, options.runs):
                lines.append(row.line())
                print(lines[-1], flush=True)
    if options.write:
        given = [f"--{name} {getattr(options, name)}" for name in ("flows", "runs")]
        write_table(PAGE, lines, " ".join(["python -m benchmarks", *options.parts, *given, "--write"]))
    return 0


sys.exit(main())
