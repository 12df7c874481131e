"""CR402: bound connections of which nothing tells the owner."""

from collections.abc import Hashable, Iterator, Sequence

from crstandards import PAGES
from crstandards.environments import Environment, Inventory, World
from crstandards.findings import Finding, Findings, Place, Related, Rule
from crstandards.rules.bindings import (
    Binding,
    Held,
    bindings_of,
    bound_subject,
    finding_of,
    held_by,
    where_owners_matter,
)
from crstandards.rules.declarations import Together, gathered, grouped
from crstandards.rules.wording import count, listed, once, where

RULE = Rule(
    id="CR402",
    name="owner-unverified",
    severity="warning",
    since="0.1.0",
    stage="unknown",
    summary="nothing tells who owns a connection that a reference is bound to",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    decision="Who can export the connections and their owners?",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)

_EXPORTS = f"{PAGES}ownership.md#make-the-exports"
_UNLISTED = (
    "the export of connection references does not list it: it is not there yet, or whoever took the export "
    "may not see it"
)
Gap = tuple[str, Binding]
"""Why the owner of a binding's connection isn't known, and the binding."""


def overall(world: World) -> Findings:
    """One finding for each environment in which it matters who owns connections; equal ones are one."""
    world = where_owners_matter(world)
    for found in gathered(world, RULE.id, _gaps, _key):
        yield _finding(found.items[0], found.names)
    for unknown in gathered(world, RULE.id, _unknown, lambda held: tuple(item.name.lower() for item in held)):
        yield _nothing_known(unknown)


def _key(gaps: Sequence[Gap]) -> Hashable:
    return tuple((why, binding.held.name.lower(), binding.id, binding.token) for why, binding in gaps)


def _gaps(environment: Environment) -> Iterator[tuple[Gap, ...]]:
    """What is not known of the connections, if anything."""
    inventory = environment.inventory()
    gaps = [(why, binding) for binding in bindings_of(environment) if (why := _why(binding, inventory))]
    bindings = inventory and inventory.bindings
    for held in held_by(environment) if bindings is not None else ():
        key = held.name.lower()
        is_bound = any(entry.connection for _, entry in environment.entries.get(key, ()))
        if key in environment.declared and key not in (bindings or {}) and not is_bound:
            gaps.append((_UNLISTED, Binding(held, "", "", "", None, held.places[0])))
    if used := tuple(gap for gap in gaps if not gap[1].held.is_runners):
        yield used


def _unknown(environment: Environment) -> Iterator[tuple[Held, ...]]:
    """The references, where nothing tells what any of them is bound to."""
    inventory = environment.inventory()
    is_told = environment.settings() or (inventory and inventory.bindings is not None)
    if used := tuple(held for held in held_by(environment) if not held.is_runners and not is_told):
        yield used


def _why(binding: Binding, inventory: Inventory | None) -> str:
    """Why the owner is not known, as a clause; "" where it is."""
    connection = (inventory or Inventory()).connections.get(binding.id)
    if connection and connection.verdict == "unverified":
        return "the inventory contradicts itself" if connection.doubtful else "the inventory names no owner"
    if connection or binding.owner:
        return ""
    if binding.token:
        return f"the token {binding.token} does not tell which connection it will be"
    return "no inventory is there" if inventory is None else "the inventory does not list it"


def _finding(gaps: Sequence[Gap], environments: Sequence[str]) -> Finding:
    names = once(binding.held.name for _, binding in gaps)
    shown = [
        (why, f"{one.held.shown}{f' (connection {one.connection})' if one.connection else ''}")
        for why, one in gaps
    ]
    told = [
        f"{listed([name for _, name in found])}: {why}."
        for why, found in grouped(shown, lambda gap: gap[0]).items()
    ]
    return finding_of(
        RULE.id,
        [binding for _, binding in gaps],
        environments,
        f"Nothing tells who owns the connections of {count(len(names), 'connection reference')} in "
        f"{where(environments)}: {listed(once(binding.held.shown for _, binding in gaps))}.",
        [
            *told,
            "Take the inventory anew as an administrator of the environment, of all connections, with their "
            f"owners; where tokens stand, add an export of the connection references: {_EXPORTS}",
        ],
    )


def _nothing_known(found: Together[tuple[Held, ...]]) -> Finding:
    references, environments = found.items[0], found.names
    names = [held.name for held in references]
    inventory = found.environments[0].inventory()
    place = Place(inventory.files[0].path) if inventory and inventory.files else references[0].places[0]
    return Finding(
        rule=RULE.id,
        solution="",
        place=place,
        message=(
            f"Nothing tells which connections the references in {where(environments)} have, so nobody can "
            f"verify who owns these: {listed([held.shown for held in references])}."
        ),
        help=(
            "Where ownership doesn't matter, in a development environment, say: "
            'rules = { CR402 = "off" }.\n'
            "Name the files under settings and inventory of the environment: deployment settings or an "
            f"export of the connection references, and an export of the connections: {_EXPORTS}"
        ),
        identity=tuple(environments),
        subject=bound_subject(names, [], "", environments),
        related=tuple(
            Related(held.places[0], f"{held.name} stands here")
            for held in references
            if held.places[0] != place
        ),
        involves=tuple(dict.fromkeys(at.folder for held in references for at in held.solutions)),
    )
