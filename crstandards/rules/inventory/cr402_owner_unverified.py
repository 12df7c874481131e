"""CR402: bound connections of which nothing tells the owner."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Related, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import Inventory
from crstandards.rules.bindings import (
    Binding,
    Held,
    bindings_of,
    data_of,
    finding_of,
    held_by,
    where_owners_matter,
)
from crstandards.rules.environments import grouped
from crstandards.rules.wording import count, listed, once, where

RULE = Rule(
    id="CR402",
    name="owner-unverified",
    severity="warning",
    since="0.1.0",
    summary="nothing tells who owns a connection that a reference is bound to",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
)

Gap = tuple[str, Binding]
"""Why the owner of a binding's connection isn't known, and the binding."""


def overall(world: World) -> Iterator[Finding]:
    """One finding for each environment for which it is configured who may own connections."""
    for environment in where_owners_matter(world).environments:
        if RULE.id in environment.off:
            continue
        inventory = environment.inventory()
        used = [binding for binding in bindings_of(environment) if not binding.held.is_runners]
        gaps = [(why, binding) for binding in used if (why := _why(binding, inventory))]
        if gaps:
            yield _finding(gaps, environment)
        is_told = environment.settings() or (inventory and inventory.bindings is not None)
        references = [held for held in held_by(environment) if not held.is_runners and not is_told]
        if references:
            yield _nothing_known(references, environment)


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


def _finding(gaps: list[Gap], environment: Environment) -> Finding:
    names = once(binding.held.name for _, binding in gaps)
    told = [
        f"{listed([_named(binding) for _, binding in found])}: {why}."
        for why, found in grouped(gaps, lambda gap: gap[0]).items()
    ]
    return finding_of(
        RULE.id,
        [binding for _, binding in gaps],
        [environment.name],
        f"Nothing tells who owns the connections of {count(len(names), 'connection reference')} in "
        f"{where([environment.name])}: {listed(names)}.",
        [
            *told,
            "Take the inventory anew as an administrator of the environment, of all connections, with their "
            "owners; where tokens stand, add an export of the connection references (docs/ownership.md).",
        ],
    )


def _named(binding: Binding) -> str:
    return f"{binding.held.name} ({binding.connection})" if binding.connection else binding.held.name


def _nothing_known(references: list[Held], environment: Environment) -> Finding:
    names = [held.name for held in references]
    inventory = environment.inventory()
    place = Place(inventory.files[0].path) if inventory and inventory.files else references[0].places[0]
    return Finding(
        rule=RULE.id,
        solution="",
        place=place,
        message=(
            f"Nothing tells to which connections the {count(len(names), 'connection reference')} in "
            f"{where([environment.name])} are bound, so their owners are not verified: {listed(names)}."
        ),
        help=(
            "Name the files under settings and inventory of the environment: deployment settings or an "
            "export of the connection references, and an export of the connections (docs/ownership.md). "
            "Where ownership doesn't matter, in a development environment, say: "
            'rules = { CR402 = "off" }.'
        ),
        identity=(environment.name,),
        data=data_of(names, [], "", [environment.name]),
        related=tuple(
            Related(held.places[0], f"{held.name} stands here")
            for held in references
            if held.places[0] != place
        ),
        involves=tuple(dict.fromkeys(at.folder for held in references for at in held.solutions)),
    )
