"""List the rules, each with the severity that it has here."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from crstandards.commands.options import configuration_here
from crstandards.commands.writing import show, write_file
from crstandards.errors import CLEAN
from crstandards.findings import Rule
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.configuration import Config, severity_of
from crstandards.report.json_format import json_text
from crstandards.report.terminal import style_of, wrap
from crstandards.reported import Style
from crstandards.rules import RULES


def run(options: Namespace) -> int:
    """Print the list and return the exit status."""
    config = configuration_here(options.config, options.no_config)
    rules = [_told(rule, config) for rule in RULES]
    if options.format == "json":
        write_file("-", json_text({"schema": "crstandards/rules/1", "rules": rules}))
    else:
        lines = [line for told in rules for line in _lines(told, style_of(sys.stdout))]
        show("\n".join([*lines, "", "'crstandards explain CR101' shows a rule's page.", ""]))
    return CLEAN


def _told(rule: Rule, config: Config) -> dict[str, Any]:
    """What is said of a rule: its severity here and where that comes from, also in single environments."""
    severity = severity_of(rule.id, rule.severity, config)
    names = [environment.name for environment in config.environments]
    special = {name: severity_of(rule.id, rule.severity, config, [name]) for name in names}
    if rule.id == ALWAYS_ERROR:
        origin = "fixed"
    elif rule.id in config.locked:
        origin = "locked"
    else:
        origin = config.path if rule.id in config.rules else "default"
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": severity,
        "from": origin,
        "default": rule.severity,
        "environments": {name: asked for name, asked in special.items() if asked != severity},
        "summary": rule.summary,
        "since": rule.since,
    }


def _lines(told: Mapping[str, Any], style: Style) -> list[str]:
    where = {"default": "", "fixed": " (always)", "locked": " (locked)"}
    origin = where.get(told["from"], f" ({told['from']}; default: {told['default']})")
    special = [f"{severity} in {name}" for name, severity in told["environments"].items()]
    head = f"{told['id']} {told['name']}"
    start = f"\x1b[1m{head}\x1b[0m" if style.color else head
    severities = ", ".join([told["severity"] + origin, *special])
    first, *more = wrap(severities, style.width, len(head) + 2, indent="      ")
    return [f"{start}: {first}", *more, *wrap("      " + told["summary"], style.width)]
