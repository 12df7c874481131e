"""What an inventory of a large tenant costs: a fifth of the size in every run, 500 MB where asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.builders import write_solution
from tests.support.configured import BOTH, put
from tests.support.exports import ADELE, rest, settings, user

MEGABYTES = int(os.environ.get("CRSTANDARDS_LARGE", "20"))
"""With 500, a check took 12 s on two very busy cores and 49 MB, where an empty inventory takes 46 MB."""


def write_page(path: Path, megabytes: int) -> list[str]:
    """A page of the REST interface of this size; returns the ids, 1 in 10,000."""
    sampled = []
    with path.open("w", encoding="utf-8") as file:
        file.write('{"value":[')
        first = 0
        while file.tell() < megabytes * 1_000_000:
            items = []
            for number in range(first, first + 1000):
                identifier = f"{number + 1:032x}"
                item = rest(identifier, signed_in=ADELE, creator=user(f"user{number}@contoso.com"))
                item["properties"]["permissions"] = [{"properties": {"principal": user()}}]
                items.append(json.dumps(item))
                if number % 10_000 == 0:
                    sampled.append(identifier)
            file.write(("," if first else "") + ",".join(items))
            first += 1000
        file.write("]}")
    return sampled


def peak_of(root: Path) -> tuple[float, float, str]:
    """The peak memory in MB and the seconds of a check of ownership, and what it printed."""
    program = (
        "import resource, sys; from crstandards.cli import main; status = main(sys.argv[1:]); "
        "sys.stdout.flush(); peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; "
        "print(peak, file=sys.stderr)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program, "check", "--select=CR401,CR402", "--quiet", "--as-of=2026-01-15"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - started
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return int(done.stderr.splitlines()[-1]) / unit, seconds, done.stdout


@pytest.mark.slow
def test_memory_does_not_grow_with_the_inventory(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="needs getrusage, which Windows lacks")
    write_solution(tmp_path / "src/HR", "ContosoHR", references=["con_a", "con_b"], flows={})
    put(tmp_path, {"crstandards.toml": BOTH, "inventory/prod.json": {"value": []}})
    small, _, _ = peak_of(tmp_path)
    ids = write_page(tmp_path / "inventory/prod.json", MEGABYTES)
    put(tmp_path, {"config/prod/hr.json": settings(("con_a", ids[0]), ("con_b", ids[-1]))})
    large, seconds, printed = peak_of(tmp_path)
    print(f"{MEGABYTES} MB: {seconds:.1f} s, peak {large:.0f} MB ({small:.0f} MB with an empty one)")
    assert printed.count("CR401") == 2
    assert large - small < 12
