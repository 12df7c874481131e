"""What one CI job costs, as docs/at-scale.md tells it: time, memory and the size of the report.

    python -m benchmarks.job            100 and 1,000 flows
    python -m benchmarks.job --write    and write the table into the page

Seconds are those of the processor, of crstandards and the git that it starts together: what else a
machine does changes them little. Of several runs the least counts.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import generate
from benchmarks.measure import CRSTANDARDS, Work, once, peak, write_table

PAGE = Path(__file__).parents[1] / "docs" / "at-scale.md"
COMMITS = 100
_REPORT = "report.json"
_WORKS = (
    ("check, all solutions", ("check",)),
    ("check, a tenth of the solutions", ("check", "--solutions", "Contoso*7")),
    ("replay of a pull request of one commit", ("replay", "--ci", "--base", "HEAD~1", "--head", "HEAD")),
    (f"replay of {COMMITS} commits", ("replay", f"HEAD~{COMMITS}..HEAD")),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, and return 0."""
    parser = ArgumentParser(
        prog="python -m benchmarks.job", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--flows", type=int, nargs="+", default=[100, 1000], help="sizes to measure")
    parser.add_argument("--runs", type=int, default=5, help="runs of each work; default: 5")
    parser.add_argument("--write", action="store_true", help="write the table to docs/at-scale.md")
    options = parser.parse_args(arguments)
    lines = [
        "| flows | solutions | work | processor seconds | peak memory, MB | report, KB |",
        "|---|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for flows in options.flows:
            for line in _lines(Path(folder) / str(flows), flows, options.runs):
                lines.append(line)
                print(line, flush=True)
    if options.write:
        write_table(PAGE, lines, "python -m benchmarks.job --write")
    return 0


def _lines(root: Path, flows: int, runs: int) -> Iterator[str]:
    generate.repository(root, flows)
    generate.history(root, COMMITS)
    solutions = max(1, flows // generate.FLOWS_PER_SOLUTION)
    for name, arguments in _WORKS:
        command = (CRSTANDARDS, *arguments, "--output", f"json={_REPORT}")
        work = Work(command, root)
        seconds, memory = min(once(work).processor for _ in range(runs)), peak(work)
        report = (root / _REPORT).stat().st_size / 1024
        yield f"| {flows:,} | {solutions:,} | {name} | {seconds:.2f} | {memory:.0f} | {report:.0f} |"


if __name__ == "__main__":
    sys.exit(main())
