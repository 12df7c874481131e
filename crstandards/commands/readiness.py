"""Tell what would go wrong at the next import: which flows will be off, why, and who can help."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath

from crstandards.commands.options import environment_named
from crstandards.commands.output import write_file
from crstandards.commands.target import find_target, session_of
from crstandards.errors import CLEAN, NOT_VERIFIED, VIOLATIONS
from crstandards.findings import Finding, Reported
from crstandards.model import Environment, Flow, Solution, World
from crstandards.ownership import Inventory
from crstandards.report import readiness
from crstandards.report.readiness import STAGES, Affected, Readiness, Unknown
from crstandards.report.terminal import style_of, write
from crstandards.rules import RULES

_HARMLESS = "owner"
"""The stage whose findings switch no flow off by themselves."""
_BY_SUFFIX = {".md": "markdown", ".json": "json", ".html": "html"}


def run(options: Namespace) -> int:
    """Write the report and return the exit status."""
    session = session_of(find_target(), RULES, True, options)
    environments = session.world.environments or (_everywhere(session.world),)
    if options.environment:
        name = environment_named(options.environment, session.config).name
        environments = tuple(one for one in environments if one.name == name)
    counted = list(session.report().counted())
    found = [readiness_of(environment, counted, session.world) for environment in environments]
    _write(found, options)
    if any(one.findings for one in found):
        return VIOLATIONS
    return NOT_VERIFIED if options.strict and any(one.unknown for one in found) else CLEAN


def _write(found: Sequence[Readiness], options: Namespace) -> None:
    style = style_of(sys.stdout)
    suffix = PurePath(options.output or "").suffix.lower()
    name = options.format or _BY_SUFFIX.get(suffix, "text")
    if name == "text":
        text = readiness.as_text(found, 100 if options.output else style.width, not style.unicode)
    else:
        text = getattr(readiness, f"as_{name}")(found)
    if options.output:
        write_file(options.output, text)
    else:
        write(sys.stdout, text, style.encoding if name == "text" else "utf-8")


def _everywhere(world: World) -> Environment:
    """What stands for an environment where none is declared."""
    return Environment("", world.representatives)


def readiness_of(environment: Environment, counted: Sequence[Reported], world: World) -> Readiness:
    """What would go wrong in one environment, from the findings that count."""
    mine = [item for item in counted if item.rule.stage and _concerns(environment, item.finding)]
    order = list(STAGES)
    wrong = sorted(
        (item for item in mine if item.rule.stage in STAGES and item.severity != "note"),
        key=lambda item: order.index(item.rule.stage),
    )
    flows = {flow.path: (solution, flow) for solution in environment.solutions for flow in solution.flows}
    using: dict[str, list[str]] = {}
    for path, (_, flow) in flows.items():
        for key in {entry.key for entry in flow.entries if entry.key}:
            using.setdefault(key, []).append(path)
    reasons: dict[str, list[Reported]] = {}
    for item in wrong:
        for path in _affected(item.finding, flows, using):
            reasons.setdefault(path, []).append(item)
    return Readiness(
        environment.name,
        len(flows),
        tuple(_flow(path, *flows[path], reasons[path]) for path in flows if path in reasons),
        tuple(wrong),
        tuple(_unknown(environment, mine, world)),
    )


def _concerns(environment: Environment, finding: Finding) -> bool:
    named = finding.subject.environments
    if named:
        return environment.name in named
    folders = {solution.folder for solution in environment.solutions}
    names = {solution.unique_name for solution in environment.solutions}
    return finding.solution in names or bool(folders.intersection(finding.involves))


def _affected(finding: Finding, flows: Mapping[str, object], using: Mapping[str, Sequence[str]]) -> list[str]:
    """The flows that a finding is about: it names them, stands in them, or they use its references."""
    if finding.subject.callers:
        # The child works by itself; those that run it don't.
        return [item.place.path for item in finding.related if item.place.path in flows]
    if finding.place.path in flows:
        return [finding.place.path]
    return [path for name in finding.subject.names for path in using.get(name.lower(), ())]


def _flow(path: str, solution: Solution, flow: Flow, reasons: Sequence[Reported]) -> Affected:
    is_off = any(item.severity == "error" and item.rule.stage != _HARMLESS for item in reasons)
    once = tuple({item.fingerprint: item for item in reasons}.values())
    return Affected(path, solution.title(flow), solution.unique_name, is_off, once)


def _unknown(environment: Environment, mine: Sequence[Reported], world: World) -> Iterator[Unknown]:
    """What nothing tells of an environment, and which file or export would."""
    inventory = environment.inventory()
    for item in mine:
        if item.rule.stage == "unknown":
            yield Unknown(item.finding.message, item.finding.help.rpartition("\n")[2])
        elif item.rule.stage == "connector" and item.severity == "note" and not _is_bound(item, inventory):
            yield Unknown(item.finding.message, item.finding.help.partition("\n")[0])
    if not environment.settings():
        yield Unknown(
            "What the import binds.", "Deployment settings, named under settings of the environment."
        )
    if inventory is None or not (inventory.connections or inventory.is_of_all):
        yield Unknown(
            "Which connections there are, and whose they are.",
            "An export of the connections (docs/ownership.md, connections and their owners).",
        )
    elif not inventory.is_of_all and not _ids(environment) <= _known(inventory):
        yield Unknown(
            "Whether all connections of the settings are there: the inventory holds only those that "
            "references are bound to now.",
            "An export of the connections, or an inventory that 'crstandards inventory --all' makes of it.",
        )
    if inventory is None or inventory.bindings is None:
        yield Unknown(
            "What the references are bound to now.",
            "An export of the connection references (docs/ownership.md, what the references are bound to).",
        )
    shared = inventory and any(item.shared_with is not None for item in inventory.connections.values())
    if world.ownership.deployers and not shared:
        yield Unknown(
            "With whom the connections are shared.",
            "Exports of their permissions (docs/ownership.md, with whom connections are shared).",
        )


def _is_bound(item: Reported, inventory: Inventory | None) -> bool:
    """Whether all references of a finding are bound already, so that no first import is to come."""
    bindings = (inventory and inventory.bindings) or {}
    names = item.finding.subject.names
    return bool(names) and all(bindings.get(name.lower()) for name in names)


def _ids(environment: Environment) -> set[str]:
    """The literal connection ids in an environment's settings."""
    return {entry.id for file in environment.settings() for entry in file.entries if entry.id}


def _known(inventory: Inventory) -> set[str]:
    return {*inventory.connections, *(inventory.bindings or {}).values()}
