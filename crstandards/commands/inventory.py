"""Make the inventory that may be committed, from exports of an environment.

Exports hold names and mails; this prints what the rules need of them, and nobody's name:
crstandards inventory --environment contoso-prod connections.json references.json > inventory/prod.json
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from crstandards.commands.arguments import date_argument
from crstandards.commands.options import configuration
from crstandards.commands.outside import environment_named
from crstandards.commands.target import configured_folder
from crstandards.errors import CLEAN, UsageError
from crstandards.inventory.committed import committed
from crstandards.inventory.environments import accounts_of, asked_for, from_disk
from crstandards.inventory.reader import read_inventory
from crstandards.report.terminal import write


def configure(parser: ArgumentParser) -> None:
    """Declare the options of `inventory`."""
    parser.add_argument(
        "exports",
        nargs="*",
        metavar="EXPORT",
        help="exports of connections, references, users with roles; several pages are several files",
    )
    parser.add_argument("--environment", metavar="ENV", help="the environment's name in the configuration")
    parser.add_argument(
        "--environment-id", default="", metavar="ID", help="leave out the connections of other environments"
    )
    parser.add_argument(
        "--taken",
        type=date_argument,
        metavar="DATE",
        help="the day on which the exports were taken; default: the day of the oldest file",
    )
    parser.add_argument("--config", metavar="FILE", help="use this configuration, not the repository's")


def run(options: Namespace) -> int:
    """Print the inventory and return the exit status."""
    snapshot, files = configured_folder()
    config = configuration(snapshot, files, options.config)
    environment = environment_named(options.environment, config) if options.environment else None
    accounts = accounts_of(config, environment)
    if not options.exports:
        raise UsageError("name the exports: crstandards inventory --environment ENV connections.json ...")
    for path in options.exports:
        if not Path(path).is_file():
            raise UsageError(f"there is no file {path}")
    asked = asked_for(config, environment)
    inventory = read_inventory(
        [from_disk(path) for path in options.exports],
        asked._replace(
            environment_id=options.environment_id or asked.environment_id, keep_all=True, nameless=True
        ),
    )
    if not accounts.service:
        _say("no service-accounts are configured, so every owner counts as somebody else")
    taken = options.taken or _oldest(options.exports)
    name = environment.name if environment else ""
    for line in committed(inventory, taken, name, accounts.service):
        write(sys.stdout, line, "utf-8")
    return CLEAN


def _oldest(paths: Sequence[str]) -> date:
    """The day of the oldest file: an export is not younger than its file."""
    return min(datetime.fromtimestamp(Path(path).stat().st_mtime, UTC).date() for path in paths)


def _say(message: str) -> None:
    write(sys.stderr, f"crstandards: {message}\n")
