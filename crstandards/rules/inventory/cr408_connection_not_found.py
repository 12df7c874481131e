"""CR408: settings bind a reference to a connection that the environment's inventory doesn't hold."""

from collections.abc import Iterator

from crstandards.environments import Environment, World
from crstandards.findings import Finding, Findings, Rule, Subject
from crstandards.rules.bindings import DeclaredEntry, entries_of, finding_of_entries, flaw_of
from crstandards.rules.declarations import Together, gathered
from crstandards.rules.wording import listed, once, verb, where

RULE = Rule(
    id="CR408",
    name="connection-not-found",
    severity="warning",
    since="0.1.0",
    stage="connection",
    summary="settings bind a connection reference to a connection that the environment's inventory lacks",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    mark="unbound",
    sees="inventory",
    decision="Which connection of the environment is meant?",
    data=("reference", "environments", "references", "connection"),
)


Unlisted = tuple[DeclaredEntry, bool]
"""An entry whose connection the inventory lacks, and whether the inventory is known to be complete."""


def overall(world: World) -> Findings:
    """One finding for each id. An outdated inventory tells nothing: CR403 says that it is."""

    def unlisted(environment: Environment) -> Iterator[Unlisted]:
        inventory = environment.inventory()
        most = world.ownership.max_inventory_age
        if inventory is None or not inventory.is_of_all or inventory.is_too_old(world.as_of, most):
            return
        known = {*inventory.connections, *(inventory.bindings or {}).values()}
        for item in entries_of(environment):
            if item.declared and item.entry.id and not flaw_of(item.entry) and item.entry.id not in known:
                yield item, environment.is_inventory_complete

    for found in gathered(world, RULE.id, unlisted, lambda one: (one[0].entry.id, one[1])):
        yield _finding(found)


def _finding(found: Together[Unlisted]) -> Finding:
    items, is_certain = [item for item, _ in found.items], found.items[0][1]
    entry = items[0].entry
    names = once(item.entry.name for item in items)
    files = list(dict.fromkeys(item.file.path for item in items))
    advice = [
        "The id may be wrong, or another environment's. In make.powerautomate.com choose the environment, "
        "open Connections and the right connection: its id stands in the address, after the connector's "
        f"name. Put that into {listed(files)}.",
        "If there is no such connection, the import fails, or leaves the reference unbound.",
    ]
    if not is_certain:
        advice.append(
            "Exports don't tell whether they are complete. The connection may be newer than the inventory, "
            "or its taker could not see it or had filtered it out: then take the inventory anew, as an "
            "administrator, of all connections. If it holds all: inventory-complete = true (environment)."
        )
    return finding_of_entries(
        RULE.id,
        found,
        names,
        [item.place("ConnectionId") for item in items],
        [item.declared[0] for item in items],
        f"{verb(files, 'binds', 'bind')} {listed(names)} to the connection {entry.connection}, which the "
        f"inventory of {where(found.names)} does not list.",
        "\n".join(advice),
        Subject(connection=entry.connection),
        severity="error" if is_certain else None,
    )
