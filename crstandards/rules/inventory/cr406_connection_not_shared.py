"""CR406: a bound connection that the deploying accounts may not use."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import World
from crstandards.ownership import Connection
from crstandards.rules.bindings import bound_where, finding_of_bound
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR406",
    name="connection-not-shared",
    severity="warning",
    since="0.1.0",
    summary="a connection that a reference is bound to is not shared with the accounts that deploy",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    sees="inventory",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each connection of which the inventory knows with whom it is shared."""

    def lacking(connection: Connection) -> list[str]:
        shared = connection.shared_with
        return [] if shared is None else [name for name in world.ownership.deployers if name not in shared]

    for found in bound_where(world, RULE.id, lambda connection: bool(lacking(connection))):
        connection, _ = found.items[0]
        owner = connection.creator or connection.signed_in
        yield finding_of_bound(
            RULE.id,
            found,
            f"is not shared with {listed(lacking(connection))}.",
            [
                "Sign in to make.powerapps.com as the connection's owner, choose the environment, open "
                "Connections, select it, and Share it with the account: Can use.",
                "Many connections can be shared with a service principal only: let that deploy, or the "
                "owner.",
                "If it is shared with a group that the account belongs to, name the group's object id under "
                "deployers.",
            ],
            owner=world.ownership.shown(owner) if owner else "",
        )
