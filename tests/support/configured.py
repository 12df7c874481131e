"""Checks of small folders with environments, settings and inventories."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.inventory.environments import Outside
from crstandards.policy.configuration import parse_config
from crstandards.reported import Report, Reported
from crstandards.rules import RULES
from crstandards.snapshot import Folder
from tests.support.builders import write_files
from tests.support.said import hold_to_its_word

AS_OF = date(2026, 1, 15)
OWNERSHIP = """
[ownership]
service-accounts = ["svc-*@contoso.com"]
"""
PROD = """
[[environments]]
name = "contoso-prod"
settings = ["config/prod/*.json"]
inventory = ["inventory/prod*"]
"""
TEST = PROD.replace("prod", "test")
BOTH = OWNERSHIP + PROD + TEST


def put(root: Path, files: Mapping[str, Any]) -> None:
    """Write files: texts, bytes, or what becomes JSON."""
    write_files(
        root,
        {
            path: content if isinstance(content, str | bytes) else json.dumps(content)
            for path, content in files.items()
        },
    )


def check(
    root: Path,
    config: str = BOTH,
    *,
    as_of: date = AS_OF,
    outside: Outside | None = None,
    focus: str | None = None,
) -> Report:
    """Check a folder with all rules."""
    settings = parse_config(config.encode(), "crstandards.toml")
    session = Session(Folder(root), settings, RULES, as_of, outside=outside)
    report = full_report(session) if focus is None else full_report(session, lambda folder: folder == focus)
    return hold_to_its_word(report)


def found(root: Path, rule: str, config: str = BOTH, **how: Any) -> list[Reported]:
    """What one rule finds, suppressed or not."""
    return [item for item in check(root, config, **how).findings if item.rule.id == rule]


def rules_found(root: Path, family: str, config: str = BOTH, **how: Any) -> list[str]:
    """The rules of a family that find something, once for each finding."""
    return [item.rule.id for item in check(root, config, **how).findings if item.rule.id.startswith(family)]
