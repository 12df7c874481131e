"""CR406: a bound connection that the deploying accounts may not use."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, World
from crstandards.rules.bindings import Bound, bound_connections, finding_of, gathered, names_of
from crstandards.rules.environments import where
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR406",
    name="connection-not-shared",
    severity="warning",
    summary="a connection that a reference is bound to is not shared with the accounts that deploy",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each connection of which the inventory knows with whom it is shared."""
    deployers = world.ownership.deployers
    if not deployers:
        return

    def in_one(environment: Environment) -> Iterator[tuple[Hashable, Bound]]:
        for bound in bound_connections(environment):
            shared = bound.connection.shared_with
            if shared is not None and not shared.issuperset(deployers):
                yield bound.key, bound

    for found in gathered(world, RULE.id, in_one):
        yield _finding(found[0][1], names_of(found), world)


def _finding(bound: Bound, environments: list[str], world: World) -> Finding:
    connection = bound.connection
    shared = connection.shared_with or frozenset()
    lacking = [account for account in world.ownership.deployers if account not in shared]
    owner = connection.creator or connection.signed_in
    return finding_of(
        RULE.id,
        bound.bindings,
        environments,
        f"The connection {connection.id} ({connection.connector}), to which {listed(bound.names)} "
        f"{'is' if len(bound.names) == 1 else 'are'} bound in {where(environments)}, is not shared with "
        f"{listed(lacking)}.",
        [
            "Sign in to make.powerapps.com as the connection's owner, choose the environment, open "
            "Connections, select it, and Share it with the account: Can use.",
            "Many connections can be shared with a service principal only: let that deploy, or the owner.",
            "If it is shared with a group that the account belongs to, name the group's object id under "
            "deployers.",
        ],
        owner=world.ownership.shown(owner) if owner else "",
    )
