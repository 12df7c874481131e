"""Tell what would go wrong at the next import: which flows will be off, why, and who can help."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from crstandards import PAGES
from crstandards.check.reporting import full_report
from crstandards.commands.delivery import output_of
from crstandards.commands.options import environment_named
from crstandards.commands.target import find_target, session_of
from crstandards.commands.writing import show, write_file
from crstandards.environments import Environment, Inventory, World
from crstandards.errors import CLEAN, NOT_VERIFIED, VIOLATIONS
from crstandards.findings import Finding
from crstandards.report import readiness
from crstandards.report.escape import display_path, encodable
from crstandards.report.terminal import style_of
from crstandards.reported import Reported
from crstandards.rules import RULES
from crstandards.rules.declarations import grouped

_EXPORTS = f"{PAGES}ownership.md#"
_SUFFIXES = {".md": ("markdown",), ".json": ("json",), ".html": ("html",), ".txt": ("text",)}


def run(options: Namespace) -> int:
    """Write the report and return the exit status."""
    form, path = output_of(options, _SUFFIXES, "text")
    session = session_of(find_target(), RULES, True, options)
    if not session.candidates:
        print("No solution here: nothing to tell.", file=sys.stderr)
    # Where none is declared, one without a name stands for everywhere.
    environments = session.world.environments or (Environment("", session.world.representatives),)
    if options.environment:
        name = environment_named(options.environment, session.config).name
        environments = tuple(one for one in environments if one.name == name)
    counted = [item for item in full_report(session).counted() if item.rule.stage]
    found = [readiness_of(environment, counted, session.world) for environment in environments]
    style = style_of(sys.stdout)
    if form != "text":
        write_file(path, getattr(readiness, f"as_{form}")(found))
    elif path != "-":
        write_file(path, readiness.as_text(found, 100, False))
    else:
        show(readiness.as_text(found, style.width, not style.unicode))
    if any(one["findings"] for one in found):
        return VIOLATIONS
    # What cannot be read never passes; what is only not known does, unless that is asked for.
    is_unread = any(
        item.rule.stage == "unknown" and item.severity == "error" and _concerns(one, item.finding)
        for one in environments
        for item in counted
    )
    is_unknown = options.strict and any(one["unknown"] for one in found)
    return NOT_VERIFIED if is_unread or is_unknown else CLEAN


def readiness_of(
    environment: Environment, counted: Sequence[Reported], world: World
) -> readiness.Environment:
    """What would go wrong in one environment, from the findings that count."""
    mine = [item for item in counted if _concerns(environment, item.finding)]
    order = list(readiness.STAGES)
    wrong = [item for item in mine if item.rule.stage in order and item.severity != "note"]
    wrong.sort(key=lambda item: order.index(item.rule.stage))
    flows = {flow.path: (solution, flow) for solution in environment.solutions for flow in solution.flows}
    using = grouped(
        ((entry.key, path) for path, (_, flow) in flows.items() for entry in flow.entries if entry.key),
        lambda pair: pair[0],
    )
    reasons: dict[str, dict[str, Reported]] = {}
    for item in wrong:
        for path in _affected(item.finding, flows, using):
            reasons.setdefault(path, {})[item.fingerprint] = item
    affected = [
        {
            "path": display_path(path),
            "name": encodable(solution.title(flow)),
            "solution": encodable(solution.unique_name),
            # Whose a connection is switches nothing off by itself.
            "off": any(
                item.severity == "error" and item.rule.stage != "owner" for item in reasons[path].values()
            ),
            "reasons": list(reasons[path]),
        }
        for path, (solution, flow) in flows.items()
        if path in reasons
    ]
    return {
        "name": environment.name,
        "flows": len(flows),
        "off": sum(flow["off"] is True for flow in affected),
        "affected": affected,
        "findings": list(map(_finding, wrong)),
        "unknown": [
            {"what": encodable(what), "remedy": remedy} for what, remedy in _unknown(environment, mine, world)
        ],
    }


def _finding(item: Reported) -> dict[str, Any]:
    return {
        "rule": item.rule.id,
        "stage": item.rule.stage,
        "who": readiness.STAGES[item.rule.stage][1],
        "severity": item.severity,
        "path": display_path(item.span.path),
        "line": item.span.line,
        "message": encodable(item.finding.message),
        "help": encodable(item.finding.help),
        "fingerprint": item.fingerprint,
    }


def _concerns(environment: Environment, finding: Finding) -> bool:
    named = finding.subject.environments
    if named:
        return environment.name in named
    folders = {solution.folder for solution in environment.solutions}
    names = {solution.unique_name for solution in environment.solutions}
    return finding.solution in names or bool(folders.intersection(finding.involves))


def _affected(
    finding: Finding, flows: Collection[str], using: Mapping[str, Sequence[tuple[str, str]]]
) -> list[str]:
    """The flows that a finding is about: it names them, stands in them, or they use its references."""
    if finding.subject.callers:
        # The child works by itself; those that run it don't.
        return [item.place.path for item in finding.related if item.place.path in flows]
    if finding.place.path in flows:
        return [finding.place.path]
    return [path for name in finding.subject.names for _, path in using.get(name.lower(), ())]


def _unknown(environment: Environment, mine: Sequence[Reported], world: World) -> Iterator[tuple[str, str]]:
    """What nothing tells of an environment, and which file or export would."""
    inventory = environment.inventory() or Inventory()
    for item in mine:
        if item.rule.stage == "unknown":
            yield item.finding.message, item.finding.help.rpartition("\n")[2]
        elif item.rule.stage == "connector" and item.severity == "note":
            # Where all its references are bound already, no first import is to come.
            names = item.finding.subject.names
            if not names or not all((inventory.bindings or {}).get(name.lower()) for name in names):
                yield item.finding.message, item.finding.help.partition("\n")[0]
    entries = [entry for file in environment.settings() for entry in file.entries]
    known = {*inventory.connections, *(inventory.bindings or {}).values(), ""}
    shared = [item for item in inventory.connections.values() if item.shared_with is not None]
    if not environment.settings():
        yield "What the import binds.", "Deployment settings, named under settings of the environment."
    if not (inventory.connections or inventory.is_of_all):
        yield (
            "Which connections there are, and whose they are.",
            f"An export of the connections: {_EXPORTS}connections-and-their-owners",
        )
    elif not inventory.is_of_all and any(entry.id not in known for entry in entries):
        yield (
            "Whether all connections of the settings are there: the inventory holds only those that "
            "references are bound to now.",
            "An export of the connections, or an inventory that 'crstandards inventory --all' makes of it.",
        )
    if inventory.bindings is None:
        yield (
            "What the references are bound to now.",
            f"An export of the connection references: {_EXPORTS}what-the-references-are-bound-to",
        )
    if world.ownership.deployers and not shared:
        yield (
            "With whom the connections are shared.",
            f"Exports of their permissions: {_EXPORTS}with-whom-connections-are-shared",
        )
