"""Browsers and other tools' parsers, for tests that ask those what they make of a report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Where npm has put @microsoft/sarif-multitool, mocha-junit-reporter and mermaid."""
    folder = Path(os.environ.get("CRSTANDARDS_NODE_MODULES") or "node_modules").absolute()
    for name in ("@microsoft/sarif-multitool", "mocha-junit-reporter", "mermaid"):
        if not (folder / name).is_dir():
            pytest.skip(f"needs {name} of npm in a folder that CRSTANDARDS_NODE_MODULES names")
    return folder


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, which checks that people of all kinds can use a page."""
    folder = Path(os.environ.get("CRSTANDARDS_NODE_MODULES") or "node_modules").absolute()
    script = folder / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip("needs axe-core of npm in a folder that CRSTANDARDS_NODE_MODULES names")
    return script.read_text("utf-8")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium, driven by playwright."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("needs chromium")
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with api.sync_playwright() as playwright:
        # The sandbox of a browser does not work for root.
        sandbox = [] if getattr(os, "geteuid", lambda: 1)() else ["--no-sandbox"]
        running = playwright.chromium.launch(executable_path=program, args=sandbox)
        yield running
        running.close()
