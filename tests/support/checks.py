"""Checks of small folders, for tests of single rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.configuration import Config, parse_config
from crstandards.reported import Report, Reported
from crstandards.rules import RULES
from crstandards.snapshot import Folder
from tests.support.builders import write_files
from tests.support.said import hold_to_its_word

AS_OF = date(2027, 1, 15)


def check(
    root: Path,
    config: str | None = None,
    *,
    whole: bool = True,
    focus: str | None = None,
    as_of: date = AS_OF,
) -> Report:
    """Check a folder with all rules.

    `config` is a `crstandards.toml`, written first; `focus` a solution's folder.
    """
    if config is not None:
        write_files(root, {"crstandards.toml": config})
    file = root / "crstandards.toml"
    settings = parse_config(file.read_bytes(), "crstandards.toml") if file.exists() else Config()
    session = Session(Folder(root), settings, RULES, as_of, whole=whole and focus is None)
    if focus is None:
        return hold_to_its_word(full_report(session))
    return hold_to_its_word(full_report(session, lambda folder: folder == focus))


def found(root: Path, rule: str, config: str | None = None, **how: Any) -> list[Reported]:
    """What one rule finds, suppressed or not."""
    return [item for item in check(root, config, **how).findings if item.rule.id == rule]


def data(root: Path, rule: str, config: str | None = None, **how: Any) -> list[Mapping[str, Any]]:
    """The data of what one rule finds."""
    return [dict(item.data) for item in found(root, rule, config, **how)]


def counted(root: Path, rule: str, config: str | None = None, **how: Any) -> list[Reported]:
    """What one rule finds and nothing suppresses."""
    return [item for item in found(root, rule, config, **how) if item.suppressed is None]
