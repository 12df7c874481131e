"""Times whole processes, pair by pair: what disturbs the machine then disturbs both."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

PYTHON = sys.executable
CRSTANDARDS = str(Path(PYTHON).with_name("crstandards"))
_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[2:], stdin=open(sys.argv[1]), stdout=-3, stderr=-3)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
# An installed program has its byte code beside it; ours, run from a checkout, is to have it too.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Work(NamedTuple):
    """A process to time: its command, its folder, what it adds to the environment, and how it ends."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = {}
    status: int = 0
    stdin: Path | str = os.devnull


class Timing(NamedTuple):
    """What a work took: seconds, and those of the processor with all that it started."""

    seconds: float
    processor: float


class Pair(NamedTuple):
    """Two works side by side: the medians of both, and the medians of the ratios within each pair of runs."""

    ours: Timing
    peer: Timing
    ratio: Timing


def once(work: Work) -> Timing:
    """Run a work once. Raises RuntimeError where it ends in another status than it should."""
    begun = time.perf_counter()
    with open(work.stdin, "rb") as stdin:
        process = subprocess.Popen(
            work.command,
            cwd=work.folder,
            env={**_ENVIRONMENT, **work.environment},
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != work.status:
        raise RuntimeError(f"ended in {process.returncode}: {' '.join(work.command)[:200]}")
    return Timing(seconds, usage.ru_utime + usage.ru_stime)


def side_by_side(ours: Work, peer: Work, runs: int) -> Pair:
    """Run both in turn, `runs` times after one warm-up."""
    once(ours), once(peer)
    pairs = [(once(ours), once(peer)) for _ in range(runs)]
    own, other = zip(*pairs, strict=True)
    ratios = [Timing(*(one / two for one, two in zip(*pair, strict=True))) for pair in pairs]
    return Pair(median(own), median(other), median(ratios))


def peak(work: Work) -> float:
    """The peak memory of a work in MB. A small process starts it: what its starter holds would count, too."""
    command = (PYTHON, "-c", _PEAK, str(work.stdin), *work.command)
    environment = {**_ENVIRONMENT, **work.environment}
    return int(subprocess.check_output(command, cwd=work.folder, env=environment)) / 1024


def median(timings: Sequence[Timing]) -> Timing:
    """The median of each figure."""
    return Timing(*map(statistics.median, zip(*timings, strict=True)))


def write_table(page: Path, lines: Sequence[str], command: str = "", name: str = "table") -> None:
    """Put a table into a page, between its marks, with the machine and the command that measured it."""
    machine = f"{platform.system()}, {platform.machine()}, CPython {platform.python_version()}"
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    table = "\n".join([*lines, *([f"\nMeasured on {machine}, by `{command}`."] if command else []), ""])
    before, _, rest = page.read_text("utf-8").partition(begin)
    page.write_text(f"{before}{begin}{table}{end}{rest.partition(end)[2]}", "utf-8")
