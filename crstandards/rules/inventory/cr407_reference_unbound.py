"""CR407: a declared reference that an environment has, and that is bound to no connection there."""

from collections.abc import Iterator

from crstandards.environments import Environment, Inventory, World
from crstandards.findings import Finding, Findings, Rule
from crstandards.rules.bindings import Binding, finding_of, held_by
from crstandards.rules.declarations import gathered
from crstandards.rules.usage import used_here
from crstandards.rules.wording import shown_connector, where

RULE = Rule(
    id="CR407",
    name="reference-unbound",
    severity="error",
    since="0.1.0",
    stage="connection",
    summary="a connection reference is bound to no connection in an environment",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="unbound",
    sees="inventory",
    decision="Which connection is the reference to have?",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)


def overall(world: World) -> Findings:
    """One finding for each reference; a note where settings bind it with the next import."""
    for found in gathered(world, RULE.id, _unbound, lambda item: (item.held.name.lower(), item.settings)):
        yield _finding(found.items[0], found.names)


def _unbound(environment: Environment) -> Iterator[Binding]:
    inventory = environment.inventory() or Inventory()
    for held in held_by(environment):
        key = held.name.lower()
        if key in environment.declared and (inventory.bindings or {}).get(key) == "":
            bound = [file.path for file, entry in environment.entries.get(key, ()) if entry.connection]
            if key not in inventory.inactive:
                yield Binding(held, "", "", "".join(bound[:1]), None, held.places[0])


def _finding(binding: Binding, environments: list[str]) -> Finding:
    held, users = binding.held, binding.held.users
    effect = "Flows that use it cannot be turned on."
    advice = (
        "In make.powerautomate.com choose the environment, open Solutions > Default solution > Connection "
        f"references > {held.shown} > Edit, choose a service account's connection, save, and turn on the "
        "flows.\nThen put the connection's id into the deployment settings, so that each import binds it."
    )
    if binding.settings:
        effect = f"The next import binds it, as {binding.settings} says."
        advice = "Import with these settings, then take the export of the references anew."
    found = finding_of(
        RULE.id,
        [binding],
        environments,
        f"The connection reference {held.shown} for {shown_connector(held.connector, *held.solutions)} is "
        f"bound to no connection in {where(environments)}. {effect}",
        [advice],
        severity="note" if binding.settings else None,
    )
    return found._replace(related=(*found.related, *map(used_here, users)))
