"""Show a rule's page: what it finds, why, and how to fix it. Works offline."""

from __future__ import annotations

import sys
from argparse import Namespace

from crstandards.commands.writing import show
from crstandards.errors import CLEAN
from crstandards.pages import page
from crstandards.report.rule_page import render_page
from crstandards.report.terminal import style_of
from crstandards.rules import names, rule_named


def run(options: Namespace) -> int:
    """Print the page, or without a rule the list of rules, and return the exit status."""
    if options.rule is None:
        lines = [f"{rule}  {name}" for rule, name in names().items()]
        text = "\n".join([*lines, "", "'crstandards explain CR101' shows a rule's page.", ""])
    else:
        head, *sections = page(rule_named(options.rule)).split("\n## ")
        # Whoever asks has the finding at hand.
        sections.sort(key=lambda section: not section.startswith("How to fix it"))
        text = render_page("\n## ".join([head, *sections]), style_of(sys.stdout))
    show(text)
    return CLEAN
