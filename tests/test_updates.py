"""Runs of pytest that write what is said now into the project's files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import UPDATES

ROOT = Path(__file__).resolve().parents[1]


def collect(update: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Start a run that goes no further than to collect this file's tests."""
    return subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "--collect-only", "tests/test_updates.py", *options),
        cwd=ROOT,
        env={**os.environ, **dict.fromkeys(UPDATES, ""), **({update: "1"} if update else {})},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("update", "options"),
    [("UPDATE_SAID", ("-n", "2")), ("UPDATE_DOCS", ("--dist", "load", "--tx", "2*popen"))],
)
def test_several_processes_are_refused(update: str, options: tuple[str, ...]) -> None:
    done = collect(update, *options)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == (
        f"ERROR: {update} writes files of the project: run it in one process, without -n"
    )


@pytest.mark.parametrize(("update", "options"), [("UPDATE_SAID", ("-n", "0")), ("", ("-n", "2"))])
def test_one_process_and_several_that_write_nothing_are_not(update: str, options: tuple[str, ...]) -> None:
    assert collect(update, *options).returncode == pytest.ExitCode.OK


def test_every_variable_that_makes_tests_write_is_known() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py")]
    assert {name for text in sources for name in re.findall(r'environ\.get\("(UPDATE_\w+)"', text)} == set(
        UPDATES
    )
