"""A plugin for pytest that tells coverage which test runs, in this process and those that it starts."""

from __future__ import annotations

import functools
import os
import subprocess
from typing import Any

import coverage
import pytest

_CONFIG = "COVERAGE_PROCESS_CONFIG"
_begin = subprocess.Popen.__init__
_running = [""]
"""The test that runs."""


def test_of(node_id: str) -> str:
    """The test a node belongs to, whatever its parameters are."""
    return node_id.split("[")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    measured = coverage.Coverage.current()
    if measured is not None:
        test = test_of(item.nodeid)
        measured.switch_context(test)
        _running[0] = test
        usual, measured.config.context = measured.config.context, test
        os.environ[_CONFIG] = measured.config.serialize()
        measured.config.context = usual


@functools.wraps(_begin)
def _begin_in_context(self: Any, *arguments: Any, env: Any = None, **more: Any) -> None:
    if env is not None and _CONFIG in env:
        # What a fixture made for many tests holds the name of the first.
        env = {**env, _CONFIG: os.environ[_CONFIG]}
    _begin(self, *arguments, env=env, **more)


def _go_on_in_context() -> None:
    """In a process that was forked, coverage has begun anew."""
    measured = coverage.Coverage.current()
    if measured is not None and _running[0]:
        measured.switch_context(_running[0])


def pytest_configure() -> None:
    subprocess.Popen.__init__ = _begin_in_context  # type: ignore[method-assign]
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_go_on_in_context)
