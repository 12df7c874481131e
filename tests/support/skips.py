"""Where `CRSTANDARDS_CI=1` is set, a test that is skipped for want of something fails.

Otherwise a machine that lacks git, say, would pass everything.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

ALLOWED = (
    "needs Windows",
    "needs the corpus",
    "only root can give files away",
    "another user cannot start this Python",
)
"""How the reasons begin that no machine of a build can do anything about."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail") or os.environ.get("CRSTANDARDS_CI") != "1":
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith(ALLOWED):
        report.outcome = "failed"
        report.longrepr = f"skipped, and with CRSTANDARDS_CI=1 nothing may be: {reason}"
