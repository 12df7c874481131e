"""Show a rule's page: what it finds, why, and how to mend it. Works offline."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from crstandards.errors import CLEAN, UsageError
from crstandards.pages import page
from crstandards.report.rule_page import render_page
from crstandards.report.terminal import style_of, write
from crstandards.rules import names


def configure(parser: ArgumentParser) -> None:
    """Declare the options of `explain`."""
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="a rule's id or name: CR101, raw-connection; default: a list"
    )


def run(options: Namespace) -> int:
    """Print the page, or without a rule the list of rules, and return the exit status."""
    style = style_of(sys.stdout)
    if options.rule is None:
        lines = [f"{rule}  {name}" for rule, name in names().items()]
        text = "\n".join([*lines, "", "'crstandards explain CR101' shows a rule's page.", ""])
    else:
        text = render_page(page(_rule(options.rule)), style)
    write(sys.stdout, text, style.encoding)
    return CLEAN


def _rule(asked: str) -> str:
    wanted = asked.strip().lower()
    ids = {word: rule for rule, name in names().items() for word in (rule.lower(), name)}
    if wanted in ids:
        return ids[wanted]
    from difflib import get_close_matches

    near = [ids[word] for word in get_close_matches(wanted, ids, 1)]
    hint = f"did you mean {near[0]} ({names()[near[0]]})?" if near else "'crstandards rules' lists them"
    raise UsageError(f"no rule is called {asked!r}; {hint}")
