"""CR406: a bound connection that the deploying accounts may not use."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import World
from crstandards.rules.bindings import Bound, bound_where, finding_of_bound
from crstandards.rules.usage import FlowUser
from crstandards.rules.wording import listed, once

RULE = Rule(
    id="CR406",
    name="connection-not-shared",
    severity="warning",
    since="0.1.0",
    stage="sharing",
    summary="a connection that a reference is bound to is not shared with the accounts that deploy",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    sees="inventory",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each connection of which the inventory knows with whom it is shared."""
    deployers = world.ownership.deployers

    def lacking(bound: Bound) -> list[str]:
        shared = bound[0].shared_with
        return [] if shared is None else [name for name in deployers if name not in shared]

    def too_little(bound: Bound) -> list[str]:
        """The accounts that may use the connection and not edit it, where an app needs that."""
        shared, editable = bound[0].shared_with or frozenset(), bound[0].editable_by
        if editable is None or not _apps(bound):
            return []
        return [name for name in deployers if name in shared and name not in editable]

    for found in bound_where(world, RULE.id, lambda bound: bool(lacking(bound) or too_little(bound))):
        bound = found.items[0]
        owner = bound[0].creator or bound[0].signed_in
        facts = []
        if names := lacking(bound):
            facts.append(f"is not shared with {listed(names)}")
        if names := too_little(bound):
            facts.append(
                f"is shared with {listed(names)} for use only, and {listed(_apps(bound))} needs editing"
            )
        yield finding_of_bound(
            RULE.id,
            found,
            f"{' and '.join(facts)}.",
            [
                "Sign in to make.powerapps.com as the connection's owner, choose the environment, open "
                "Connections, select it, and Share it with the account: "
                f"{'Can edit' if _apps(bound) else 'Can use'}.",
                "Many connections can be shared with a service principal only: let that deploy, or the "
                "owner.",
                "If it is shared with a group that the account belongs to, name the group's object id under "
                "deployers.",
            ],
            owner=world.shown(owner) if owner else "",
        )


def _apps(bound: Bound) -> list[str]:
    """The canvas apps that use a connection, as a sentence names them."""
    users = (user for binding in bound[1] for user in binding.held.users)
    return once(user.title() for user in users if not isinstance(user, FlowUser) and "app" in user.use.kind)
