"""CR402: bound connections of which nothing tells the owner."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Related, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import Inventory
from crstandards.rules.bindings import (
    Binding,
    Held,
    bindings_of,
    data_of,
    finding_of,
    gathered,
    held_by,
)
from crstandards.rules.environments import where
from crstandards.rules.wording import count, listed

RULE = Rule(
    id="CR402",
    name="owner-unverified",
    severity="warning",
    summary="nothing tells who owns a connection that a reference is bound to",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
)

Gap = tuple[str, Binding]
"""Why the owner of a binding's connection isn't known, and the binding."""


def overall(world: World) -> Iterator[Finding]:
    """One finding for each environment for which it is configured who may own connections."""
    for found in gathered(world, RULE.id, _gaps):
        environment, gaps = found[0]
        yield _finding(gaps, environment)
    for unknown in gathered(world, RULE.id, _unknown):
        environment, references = unknown[0]
        yield _nothing_known(references, environment)


def _gaps(environment: Environment) -> Iterator[tuple[Hashable, list[Gap]]]:
    if not environment.has_service_accounts:
        return
    inventory = environment.inventory()
    gaps = [
        (why, binding)
        for binding in bindings_of(environment)
        if not binding.held.is_runners and (why := _why(binding, inventory))
    ]
    if gaps:
        yield environment.name, gaps


def _why(binding: Binding, inventory: Inventory | None) -> str:
    """Why the owner is not known, as a clause; "" where it is."""
    connection = (inventory or Inventory()).connections.get(binding.id) if binding.id else None
    if connection is not None:
        if connection.verdict != "unverified":
            return ""
        return "the inventory contradicts itself" if connection.doubtful else "the inventory names no owner"
    if binding.owner is not None:
        return ""
    if binding.token:
        return f"the token {binding.token} does not tell which connection it will be"
    return "no inventory is there" if inventory is None else "the inventory does not list it"


def _finding(gaps: list[Gap], environment: Environment) -> Finding:
    names = list({binding.held.key: binding.held.name for _, binding in gaps}.values())
    because: dict[str, list[str]] = {}
    for why, binding in gaps:
        shown = f" ({binding.connection})" if binding.connection else ""
        because.setdefault(why, []).append(f"{binding.held.name}{shown}")
    return finding_of(
        RULE.id,
        [binding for _, binding in gaps],
        [environment.name],
        f"Nothing tells who owns the connections of {count(len(names), 'connection reference')} in "
        f"{where([environment.name])}: {listed(names)}.",
        [
            *(f"{listed(told)}: {why}." for why, told in because.items()),
            "Take the inventory anew as an administrator of the environment, of all connections, with their "
            "owners; where tokens stand, add an export of the connection references (docs/ownership.md).",
        ],
    )


def _unknown(environment: Environment) -> Iterator[tuple[Hashable, list[Held]]]:
    """The references of an environment of which nothing says what they are bound to."""
    if not environment.has_service_accounts or environment.settings():
        return
    inventory = environment.inventory()
    references = [held for held in held_by(environment) if not held.is_runners]
    if references and (inventory is None or inventory.bindings is None):
        yield environment.name, references


def _nothing_known(references: list[Held], environment: Environment) -> Finding:
    names = [held.name for held in references]
    folders = {solution.folder: solution for held in references for solution in held.solutions}
    inventory = environment.inventory()
    place = Place(inventory.files[0].path) if inventory and inventory.files else references[0].places[0]
    lacking = "deployment settings or an export of the connection references"
    return Finding(
        rule=RULE.id,
        solution="",
        place=place,
        message=(
            f"Nothing tells to which connections the {count(len(names), 'connection reference')} in "
            f"{where([environment.name])} are bound, so their owners are not verified: {listed(names)}."
        ),
        help=(
            f"Name the files under settings and inventory of the environment: {lacking}, and an export of "
            "the connections (docs/ownership.md). Where ownership doesn't matter, in a development "
            'environment, say: rules = { CR402 = "off" }.'
        ),
        identity=(environment.name,),
        data=data_of(names, [], "", [environment.name]),
        related=tuple(
            Related(held.places[0], f"{held.name} stands here")
            for held in references
            if held.places[0] != place
        ),
        involves=tuple(folders),
    )
