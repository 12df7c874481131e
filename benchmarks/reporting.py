"""`python -m benchmarks.reporting FOLDER`: what writing a report costs beside the check, in one process."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.fixes.suggest import with_fixes
from crstandards.policy.configuration import Config
from crstandards.report import render
from crstandards.report.terminal import Style
from crstandards.rules import RULES
from crstandards.snapshot import Folder

T = TypeVar("T")


def main(root: Path) -> None:
    """Print the seconds of the check, of the text and of SARIF, and how many findings there are."""
    session = Session(Folder(root), Config(baseline=""), RULES, date(2026, 1, 1))
    check, report = _timed(lambda: full_report(session))
    text, _ = _timed(lambda: render(report, "text", Style()))
    sarif, _ = _timed(lambda: render(with_fixes(report, session.world, Folder(root)), "sarif", Style()))
    print(json.dumps({"check": check, "text": text, "sarif": sarif, "findings": len(report.findings)}))


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    done = work()
    return time.perf_counter() - begun, done


if __name__ == "__main__":
    main(Path(sys.argv[1]))
