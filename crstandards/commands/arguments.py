"""The options that several verbs share. Only declared here: a hook that has nothing to do must not
pay for what they mean.
"""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date


def add_rule_options(parser: ArgumentParser) -> None:
    """Options that choose the rules, the configuration and the date."""
    parser.add_argument("--select", action="append", metavar="RULES", help="only these rules: CR101,CR2")
    parser.add_argument("--ignore", action="append", metavar="RULES", help="all rules but these")
    parser.add_argument("--config", metavar="FILE", help="use this configuration, not the repository's")
    parser.add_argument("--no-config", action="store_true", help="use no configuration")
    parser.add_argument(
        "--as-of",
        type=date_argument,
        metavar="DATE",
        help="the date on which exceptions are judged; default: today",
    )


def add_ownership_options(parser: ArgumentParser) -> None:
    """Options about inventories from outside the tree, and the names in them."""
    parser.add_argument(
        "--inventory",
        action="append",
        default=[],
        metavar="ENV=FILE",
        help="an export or inventory for an environment, from outside the tree; may be repeated",
    )
    parser.add_argument(
        "--show-owners",
        action="store_true",
        help="show the owners' names and mails in full, not s…c@contoso.com",
    )


def add_report_options(parser: ArgumentParser) -> None:
    """Options that choose how the result is shown and when it fails."""
    parser.add_argument(
        "--format",
        default="text",
        help="text (the default), json, sarif, github, azure, gitlab, junit, markdown or html",
    )
    parser.add_argument(
        "--output",
        action="append",
        default=[],
        metavar="[FORMAT=]FILE",
        help="write a report to a file as well, in a format of its own; may be repeated",
    )
    add_fail_on(parser)
    parser.add_argument("--verbose", action="store_true", help="show notes and suppressed findings")
    parser.add_argument("--quiet", action="store_true", help="one line for each finding, no summary")
    parser.add_argument(
        "--statistics", action="store_true", help="counts by rule and by solution in place of the findings"
    )


def add_fail_on(parser: ArgumentParser) -> None:
    """The option that tells what fails."""
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "note", "never"),
        default="error",
        help="the mildest severity that fails; default: error",
    )


def date_argument(text: str) -> date:
    """A date as an option has it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date like 2027-06-30") from None
