"""The guard against skipped tests, in pytest runs of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(folder: Path, source: str, ci: str, *options: str) -> tuple[int, str]:
    """The exit status and pytest's closing line."""
    (folder / "test_it.py").write_text(f"import pytest\n{source}")
    environment = {**os.environ, "CRSTANDARDS_CI": ci, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "pytest", "-q", "-p", "tests.support.skips", "-c", os.devnull, *options)
    done = subprocess.run(
        (*command, str(folder)),
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.strip().splitlines()[-1].partition(" in ")[0]


SKIPPED = "def test_it():\n    pytest.skip('needs git')\n"
MARKED = "@pytest.mark.skipif(True, reason='needs git')\ndef test_it(): pass\n"
MODULE = "pytest.skip('needs git', allow_module_level=True)\n"
ALLOWED = "@pytest.mark.skipif(True, reason='needs Windows')\ndef test_it(): pass\n"
EXPECTED = "@pytest.mark.xfail\ndef test_it(): assert False\n"


@pytest.mark.parametrize(
    ("source", "options", "line"),
    [(SKIPPED, ("-n", "1"), "1 failed"), (MARKED, ("-p", "no:xdist"), "1 error")],
    ids=["inside", "marked"],
)
def test_a_skipped_test_fails_where_ci_is_set(
    tmp_path: Path, source: str, options: tuple[str, ...], line: str
) -> None:
    assert run(tmp_path, source, "1", *options) == (1, line)
    assert run(tmp_path, source, "", *options) == (0, "1 skipped")


def test_a_skipped_module_is_an_error_there(tmp_path: Path) -> None:
    status, line = run(tmp_path, MODULE, "1")
    assert status != 0
    assert "1 error" in line


@pytest.mark.parametrize(("source", "line"), [(ALLOWED, "1 skipped"), (EXPECTED, "1 xfailed")])
def test_some_reasons_are_good(tmp_path: Path, source: str, line: str) -> None:
    assert run(tmp_path, source, "1") == (0, line)
