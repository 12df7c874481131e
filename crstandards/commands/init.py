"""Set a repository up: show what is there, then write the configuration, the hook and a baseline."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.check.world import pattern_of, why_copy
from crstandards.commands.baseline import recorded
from crstandards.commands.hook_install import instead_of_framework
from crstandards.commands.options import configuration
from crstandards.commands.target import find_target
from crstandards.commands.writing import content_of, inside, show, write_inside
from crstandards.environments import Environment, World
from crstandards.errors import CLEAN, UsageError
from crstandards.model import Solution
from crstandards.policy import CONFIG_FILE
from crstandards.policy.baseline import render_baseline
from crstandards.policy.configuration import parse_config
from crstandards.report.terminal import is_terminal, style_of, wrap
from crstandards.reported import Report
from crstandards.rules import RULES, names
from crstandards.rules.settings_files import files_of_solutions
from crstandards.rules.wording import count
from crstandards.setup import pipelines, precommit
from crstandards.setup.configuration import (
    environments_seen,
    may_be_settings,
    starter_config,
)
from crstandards.snapshot import File, Snapshot
from crstandards.source.facts import Facts
from crstandards.source.settings import SETTINGS
from crstandards.source.text import SourceError


class NewFile(NamedTuple):
    """A file that `init` would write, and what it is for; `old` is what stands in it today."""

    path: str
    content: str
    purpose: str
    old: str = ""


def run(options: Namespace) -> int:
    """Show, ask, write; return the exit status."""
    target = find_target()
    if target.git is None:
        raise UsageError("not in a git repository: run 'git init' first, or go to the repository's folder")
    files = {file.path: file for file in target.snapshot.files()}
    config = configuration(target.snapshot, files)
    facts = Facts()
    starter = None if config.path else _starter(target.snapshot, files, facts)
    if starter:
        config = parse_config(starter.encode(), CONFIG_FILE)
    listed = list(files.values())
    session = Session(target.snapshot, config, RULES, date.today(), facts, files=listed, whole=True)
    report = full_report(session)
    _say("\n".join(_overview(session.solutions, report)))
    planned = [NewFile(CONFIG_FILE, starter, "the configuration")] if starter else []
    if instead := instead_of_framework(target.root):
        _say(f"\n{instead}")
    else:
        planned += _hook(target.root)
    baseline, said = recorded(report, config)
    if baseline.entries and config.baseline not in files:
        purpose = f"lets through what is there today ({said}); what is new is blocked"
        planned.append(NewFile(config.baseline, render_baseline(baseline), purpose))
    remote = pipelines.remote_of(target.git)
    if options.ci is not None:
        planned += _pipeline(target.root, remote._replace(service=options.ci or remote.service))
    if not planned:
        print("\nAll is set up: nothing to write.")
        return CLEAN
    for new in planned:
        _say(f"\n{new.path}: {new.purpose}")
        show("".join(f"  | {line}\n" for line in _excerpt(new, style_of(sys.stdout).width - 4)))
    is_asked = not options.yes and is_terminal(sys.stdin, sys.stdout)
    answer = input("\nWrite these files? [y/N] ").strip().lower() if is_asked else ""
    if not options.yes and answer not in ("y", "yes"):
        print("\nNothing was written." + ("" if is_terminal(sys.stdin) else " --yes writes."))
        return CLEAN
    for new in planned:
        inside(target.root, new.path)
    for new in planned:
        write_inside(target.root, new.path, new.content.encode())
        print(f"wrote {new.path}")
    for step in _next_steps(planned, target.root, remote.service):
        # A command is copied as one line.
        print(step) if step.startswith("  git ") else _say(step)
    return CLEAN


def _starter(snapshot: Snapshot, files: Mapping[str, File], facts: Facts) -> str:
    """The first configuration: copies that are left out, and environments with the solutions in them."""
    read = facts.read(snapshot, [file for file in files.values() if may_be_settings(file.path)], SETTINGS)
    seen = environments_seen(
        path
        for path, found in read.items()
        if not isinstance(found, SourceError) and (found or "settings" in path.lower())
    )

    def world_of(text: str) -> World:
        config = parse_config(text.encode(), CONFIG_FILE)
        listed = list(files.values())
        return Session(snapshot, config, (), date.today(), facts, files=listed, whole=True).world

    everything = world_of("")
    copies = {
        pattern: why
        for solution in everything.solutions
        if (pattern := pattern_of(solution))
        and (why := why_copy(solution, everything.called(solution.base_name)))
    }
    world = world_of(starter_config(seen, copies=copies))
    named = {environment.name: _named_by(environment, world) for environment in world.environments}
    kept = {name: patterns for name, patterns in seen.items() if named.get(name)}
    return starter_config(kept, named, copies)


def _named_by(environment: Environment, world: World) -> list[str]:
    """The solutions that the settings of an environment name: by a reference, or by where a file lies."""
    keys = {entry.key for file in environment.settings() for entry in file.entries}
    owned = files_of_solutions(world, environment)
    return sorted(
        solution.shown_name
        for solution in environment.solutions
        if solution.base_name in owned or not keys.isdisjoint(solution.declared())
    )


def _overview(solutions: Sequence[Solution], report: Report) -> Iterator[str]:
    summary = report.summary
    layouts = Counter(solution.layout for solution in solutions if solution.is_solution)
    kinds = ", ".join(f"{number} {layout}" for layout, number in sorted(layouts.items()))
    yield (
        f"Found {count(summary.solutions, 'solution')}{f' ({kinds})' if kinds else ''}, "
        f"{count(summary.flows, 'flow')}, {count(summary.references, 'connection reference')}."
    )
    found = Counter((item.rule.id, item.severity) for item in report.counted())
    for (rule, severity), number in sorted(found.items()):
        yield f"  {number:5} {severity:<7} {rule} {names()[rule]}"
    if not found:
        yield "No violations."
    if summary.suppressed:
        what = "let through by the baseline or an exception (crstandards check --verbose)"
        yield f"  {summary.suppressed:5} {what}"


def _hook(root: Path) -> Iterator[NewFile]:
    try:
        old = (content_of(root / precommit.FILE) or b"").decode()
    except UnicodeDecodeError:
        raise UsageError(f"{precommit.FILE}: not UTF-8 text") from None
    new = precommit.with_hook(old)
    if new != old:
        yield NewFile(precommit.FILE, new, "runs the check on every commit, with pre-commit", old)
    elif missing := precommit.missing_stages(old):
        _say(
            f"\n{precommit.FILE}: add {' and '.join(missing)} to default_install_hook_types, "
            "or the check does not run there; merges are commits too."
        )


def _pipeline(root: Path, remote: pipelines.Remote) -> Iterator[NewFile]:
    if not remote.service:
        raise UsageError("--ci: the remote's service is not known; name it: --ci github, azure or gitlab")
    path, content = pipelines.PATHS[remote.service], pipelines.pipeline_for(*remote)
    old = content_of(root / path)
    if not old:
        yield NewFile(path, content, "checks what is pushed and what pull requests bring")
    elif old.splitlines() != content.encode().splitlines():
        _say(f"\n{path} is there and is left as it is. {pipelines.instead(remote.service)}")


def _excerpt(new: NewFile, width: int, most: int = 24) -> Iterator[str]:
    """What a new file holds, or what comes into one that is there; a comment is wrapped, all else is cut."""
    lines = new.content.splitlines()
    if new.old:
        lines = list(unified_diff(new.old.splitlines(), lines, n=2, lineterm=""))[2:]
    for line in lines[:most]:
        if line.startswith("#") or "  # " in line:
            yield from wrap(line, width, indent="# ")
        else:
            yield line if len(line) <= width else line[: width - 1] + "…"
    if len(lines) > most:
        yield f"… {count(len(lines) - most, 'more line')}"


def _say(text: str) -> None:
    """Print what people read, in the terminal's width."""
    width = style_of(sys.stdout).width
    show("".join(f"{line}\n" for part in text.split("\n") for line in wrap(part, width)))


def _next_steps(planned: Sequence[NewFile], root: Path, service: str) -> Iterator[str]:
    yield "\nNext:"
    written = [new.path for new in planned]
    for new in planned:
        if pipelines.BRANCHES in new.content:
            yield f"  In {new.path}: put your default branch where {pipelines.BRANCHES} stands."
    if precommit.FILE in written:
        yield "  pre-commit install          (pipx install pre-commit, if it isn't there)"
    # As they are called from here: git add takes paths from the folder that one is in.
    here = [os.path.relpath(os.path.realpath(root / path)).replace(os.sep, "/") for path in written]
    yield f"  git add {' '.join(map(shlex.quote, here))}"
    yield '  git commit -m "Enforce the connection reference standard"'
    for name, path in pipelines.PATHS.items():
        if path in written:
            yield f"  {pipelines.GATES[name]}"
        elif name == service and not (root / path).exists():
            yield f"  crstandards init --ci       (checks pull requests on {pipelines.NAMES[name]} too)"
