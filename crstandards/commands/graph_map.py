"""Writes the map: of all that a check would look at, with what it would find."""

from __future__ import annotations

import sys
from argparse import Namespace

from crstandards.commands.options import Output, write_file
from crstandards.commands.target import find_target, focused_folders, is_whole, session_of
from crstandards.errors import CLEAN
from crstandards.graph.build import links_of
from crstandards.report import draw
from crstandards.report.terminal import write
from crstandards.rules import RULES


def write_map(options: Namespace) -> int:
    """Write the map where the options say, and return the exit status: what it shows fails nothing."""
    target = find_target(options.paths)
    session = session_of(
        target,
        RULES,
        is_whole(target, options.solutions),
        config=options.config,
        no_config=options.no_config,
        as_of=options.as_of,
        inventory=options.inventory,
        show_owners=options.show_owners,
    )
    if not session.candidates and not target.paths:
        print("No solution here: nothing to draw.", file=sys.stderr)
    focus = focused_folders(target, session.solutions, options.solutions).__contains__
    links = links_of(session.world, session.report(focus).findings, focus)
    text = draw(links, options.format or "mermaid")
    if options.output:
        write_file(Output(options.format or "mermaid", options.output), text)
    else:
        write(sys.stdout, text, "utf-8")
    return CLEAN
