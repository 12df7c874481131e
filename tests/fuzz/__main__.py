"""`python -m tests.fuzz [HARNESS…]`: fuzz for a while, in a process of its own for each harness.

`--runs` and `--seconds` are for each; what was found before lies in `--corpus` and is gone on from.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = (
    *("flow", "customizations", "yaml", "canvas", "agents", "settings", "settings-edit"),
    *("inventory", "zip", "configuration", "protocol", "comment"),
)
_RUNS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def main() -> int:
    """Run the harnesses one after the other; 1 when one of them found something."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "harnesses", nargs="*", choices=[*NAMES, []], metavar="HARNESS", help=", ".join(NAMES)
    )
    parser.add_argument("--runs", type=int, default=-1, help="how many inputs each harness gets")
    parser.add_argument("--seconds", type=int, default=0, help="how long each harness runs")
    parser.add_argument("--corpus", type=Path, help="a folder for what was found (default: a passing one)")
    options = parser.parse_args()
    if options.runs < 0 and options.seconds <= 0:
        parser.error("say how long: --runs or --seconds")
    failed = False
    with tempfile.TemporaryDirectory() as passing:
        for name in options.harnesses or NAMES:
            folder = (options.corpus or Path(passing)) / name
            folder.mkdir(parents=True, exist_ok=True)
            failed |= not _fuzz(name, folder, options.runs, options.seconds, passing)
    return int(failed)


def _fuzz(name: str, folder: Path, runs: int, seconds: int, passing: str) -> bool:
    command = [sys.executable, "-m", "tests.fuzz.worker", name, str(folder)]
    limits = [f"-runs={runs}", f"-max_total_time={seconds}", "-print_final_stats=1", "-max_len=20000"]
    limits += ["-rss_limit_mb=4096", "-timeout=60", f"-artifact_prefix={folder.parent}/{name}-"]
    done = subprocess.run(
        [*command, *limits],
        env=os.environ | {"TMPDIR": passing},
        capture_output=True,
        text=True,
        errors="replace",
    )
    said = done.stdout + done.stderr
    executed = _RUNS.search(said)
    print(
        f"{name}: {int(executed[1]) if executed else 0:,} inputs, exit status {done.returncode}", flush=True
    )
    if done.returncode:
        start = said.find(" === Uncaught Python exception")
        print(said[start if start >= 0 else -6000 :][:6000])
    return done.returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
