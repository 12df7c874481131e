"""Times whole processes, pair by pair: what disturbs the machine then disturbs both."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# An installed program has its byte code beside it; ours, run from a checkout, is to have it too.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Work(NamedTuple):
    """A process to time: its command, its folder, what it adds to the environment."""

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = {}
    statuses: tuple[int, ...] = (0,)


class Timing(NamedTuple):
    """What runs of one work took: median seconds, and the highest peak memory in MB."""

    seconds: float
    megabytes: float


class Pair(NamedTuple):
    """Two works side by side; `ratio` is the median of the ratios within each pair of runs."""

    ours: Timing
    peer: Timing
    ratio: float
    memory_ratio: float


def once(work: Work) -> Timing:
    """Run a work once. Raises RuntimeError where it ends in another status than it should."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        work.command,
        cwd=work.folder,
        env={**_ENVIRONMENT, **work.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in work.statuses:
        raise RuntimeError(f"{work.name} ended in {process.returncode}: {' '.join(work.command)[:200]}")
    return Timing(seconds, usage.ru_maxrss / 1024)


def side_by_side(ours: Work, peer: Work, runs: int) -> Pair:
    """Run both in turn, `runs` times after one warm-up."""
    once(ours), once(peer)
    pairs = [(once(ours), once(peer)) for _ in range(runs)]
    own, other = zip(*pairs, strict=True)
    own_timing, peer_timing = _timing(own), _timing(other)
    return Pair(
        own_timing,
        peer_timing,
        statistics.median(first.seconds / second.seconds for first, second in pairs),
        own_timing.megabytes / peer_timing.megabytes,
    )


def _timing(runs: Sequence[Timing]) -> Timing:
    return Timing(statistics.median(run.seconds for run in runs), max(run.megabytes for run in runs))
