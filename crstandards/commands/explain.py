"""Show a rule's page: what it finds, why, and how to mend it. Works offline."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from crstandards.errors import CLEAN, UsageError
from crstandards.findings import Rule
from crstandards.pages import page
from crstandards.report.rule_page import render_page
from crstandards.report.terminal import style_of, write
from crstandards.rules import RULES


def configure(parser: ArgumentParser) -> None:
    """Declare the options of `explain`."""
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="a rule's id or name: CR101, raw-connection; default: a list"
    )


def run(options: Namespace) -> int:
    """Print the page, or without a rule the list of rules, and return the exit status."""
    style = style_of(sys.stdout)
    if options.rule is None:
        lines = [f"{rule.id}  {rule.name}" for rule in RULES]
        text = "\n".join([*lines, "", "'crstandards explain CR101' shows a rule's page.", ""])
    else:
        text = render_page(page(_rule(options.rule).id), style)
    write(sys.stdout, text, style.encoding)
    return CLEAN


def _rule(asked: str) -> Rule:
    wanted = asked.strip().lower()
    names = {word: rule for rule in RULES for word in (rule.id.lower(), rule.name)}
    if wanted in names:
        return names[wanted]
    from difflib import get_close_matches

    near = get_close_matches(wanted, names, 1)
    hint = (
        f"did you mean {names[near[0]].id} ({names[near[0]].name})?"
        if near
        else "'crstandards rules' lists them"
    )
    raise UsageError(f"no rule is called {asked!r}; {hint}")
