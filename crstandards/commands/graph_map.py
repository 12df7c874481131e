"""Writes the map: of all that a check would look at, with what it would find."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import date
from pathlib import Path

from crstandards.check.session import Session
from crstandards.commands.options import Output, configuration, write_file
from crstandards.commands.outside import outside_of
from crstandards.commands.target import find_target, focused_folders, is_whole
from crstandards.errors import CLEAN
from crstandards.graph.build import links_of
from crstandards.report import draw
from crstandards.report.terminal import write
from crstandards.rules import RULES


def write_map(options: Namespace) -> int:
    """Write the map where the options say, and return the exit status: what it shows fails nothing."""
    target = find_target(options)
    files = target.snapshot.files()
    config = configuration(options, target.snapshot, {file.path: file for file in files})
    session = Session(
        target.snapshot,
        config,
        RULES,
        options.as_of or date.today(),
        files=files,
        whole=is_whole(target, options.solutions),
        config_text=Path(options.config).read_bytes() if options.config else None,
        outside=outside_of(options, config),
    )
    if not session.candidates and not target.paths:
        print("No solution here: nothing to draw.", file=sys.stderr)
    solutions = session.solutions()
    focus = focused_folders(target, solutions, options.solutions).__contains__
    report = session.report_of(session.findings(solutions, focus), solutions, focus)
    links = links_of(session.world(solutions), report.findings, focus)
    text = draw(links, options.format or "mermaid")
    if options.output:
        write_file(Output(options.format or "mermaid", options.output), text)
    else:
        write(sys.stdout, text, "utf-8")
    return CLEAN
