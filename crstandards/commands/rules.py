"""List the rules, each with the severity that it has here."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import NamedTuple

from crstandards.commands.options import configuration_here
from crstandards.errors import CLEAN
from crstandards.findings import Rule, Severity
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.configuration import Config, severity_of
from crstandards.report.json_format import json_text
from crstandards.report.layout import wrap
from crstandards.report.terminal import Style, style_of, write
from crstandards.rules import RULES


class Setting(NamedTuple):
    """A rule's severity here. `origin` is `default`, `fixed`, `locked` or the configuration's file.

    `environments` holds the severity in each environment that has one of its own.
    """

    rule: Rule
    severity: Severity
    origin: str
    environments: Mapping[str, Severity]


def run(options: Namespace) -> int:
    """Print the list and return the exit status."""
    config = configuration_here(options.config, options.no_config)
    settings = [_setting(rule, config) for rule in RULES]
    style = style_of(sys.stdout)
    if options.format == "json":
        write(sys.stdout, json_text(_document(settings)), "utf-8")
    else:
        write(sys.stdout, _text(settings, style), style.encoding)
    return CLEAN


def _setting(rule: Rule, config: Config) -> Setting:
    severity = severity_of(rule.id, rule.severity, config)
    if rule.id == ALWAYS_ERROR:
        origin = "fixed"
    elif rule.id in config.locked:
        origin = "locked"
    else:
        origin = config.path if rule.id in config.rules else "default"
    special = {
        environment.name: severity_of(rule.id, rule.severity, config, [environment.name])
        for environment in config.environments
    }
    differing = {name: asked for name, asked in special.items() if asked != severity}
    return Setting(rule, severity, origin, differing)


def _document(settings: list[Setting]) -> object:
    return {
        "schema": "crstandards/rules/1",
        "rules": [
            {
                "id": setting.rule.id,
                "name": setting.rule.name,
                "severity": setting.severity,
                "from": setting.origin,
                "default": setting.rule.severity,
                "environments": setting.environments,
                "summary": setting.rule.summary,
                "since": setting.rule.since,
            }
            for setting in settings
        ],
    }


def _text(settings: list[Setting], style: Style) -> str:
    lines = [line for setting in settings for line in _lines(setting, style)]
    return "\n".join([*lines, "", "'crstandards explain CR101' shows a rule's page.", ""])


def _lines(setting: Setting, style: Style) -> list[str]:
    rule = setting.rule
    where = {"default": "", "fixed": " (always)", "locked": " (locked)"}
    origin = where.get(setting.origin, f" ({setting.origin}; default: {rule.severity})")
    special = [f"{severity} in {name}" for name, severity in setting.environments.items()]
    severities = ", ".join([setting.severity + origin, *special])
    head = f"{rule.id} {rule.name}"
    start = f"\x1b[1m{head}\x1b[0m" if style.color else head
    first, *more = wrap(severities, style.width, len(head) + 2, indent="      ")
    return [f"{start}: {first}", *more, *wrap("      " + rule.summary, style.width)]
