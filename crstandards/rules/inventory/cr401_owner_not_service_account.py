"""CR401: a bound connection that is no service account's."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, World
from crstandards.ownership import Account, Inventory
from crstandards.rules.bindings import (
    Binding,
    Bound,
    bindings_of,
    bound_connections,
    finding_of,
    gathered,
    names_of,
    repointing,
)
from crstandards.rules.environments import where
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR401",
    name="owner-not-service-account",
    severity="error",
    summary="a connection that a reference is bound to belongs to no service account",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    mark="person",
)

_HOW = (
    "Sign in to make.powerautomate.com as a service account, choose the environment, and create one under "
    "Connections > New connection."
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each connection; where no inventory knows it, for what the settings say of it."""
    for found in gathered(world, RULE.id, _owned_by_others):
        yield _finding(found[0][1], names_of(found), world)
    for told in gathered(world, RULE.id, _said_to_be_others):
        yield _finding_by_settings(told[0][1], names_of(told), world)


def _owned_by_others(environment: Environment) -> Iterator[tuple[Hashable, Bound]]:
    if environment.has_service_accounts:
        for bound in bound_connections(environment):
            if bound.connection.verdict in ("other", "creator"):
                yield bound.key, bound


def _said_to_be_others(environment: Environment) -> Iterator[tuple[Hashable, Binding]]:
    if not environment.has_service_accounts:
        return
    inventory = environment.inventory() or Inventory()
    for binding in bindings_of(environment):
        if binding.id in inventory.connections or binding.held.is_runners:
            continue
        if binding.owner is not None and not binding.owner.is_service:
            yield (binding.held.key, binding.id, binding.owner), binding


def _finding(bound: Bound, environments: list[str], world: World) -> Finding:
    connection = bound.connection
    only_creator = connection.verdict == "creator"
    is_creator = only_creator or connection.signed_in is None
    account = connection.creator if is_creator else connection.signed_in
    assert account is not None
    did = "was created by" if is_creator else "is signed in as"
    message = (
        f"The connection {connection.id} ({connection.connector}), to which {listed(bound.names)} "
        f"{'is' if len(bound.names) == 1 else 'are'} bound in {where(environments)}, {did} "
        f"{_who(account, world)}, which is no service account"
        + (" (the account that it is signed in as is one)." if only_creator else ".")
    )
    return finding_of(
        RULE.id,
        bound.bindings,
        environments,
        message,
        [*repointing(bound.bindings, environments, _HOW), *_listing(account), _AGAIN],
        owner=world.ownership.shown(account),
        severity="warning" if only_creator else None,
    )


def _finding_by_settings(binding: Binding, environments: list[str], world: World) -> Finding:
    assert binding.owner is not None
    message = (
        f"{binding.settings} gives {_who(binding.owner, world)} as the owner of the connection for "
        f"{binding.held.name} in {where(environments)}, which is no service account."
    )
    return finding_of(
        RULE.id,
        [binding],
        environments,
        message,
        [*repointing([binding], environments, _HOW), *_listing(binding.owner)],
        owner=world.ownership.shown(binding.owner),
    )


def _who(account: Account, world: World) -> str:
    shown = world.ownership.shown(account)
    if account.kind == "service principal":
        return f"the service principal {shown}".rstrip()
    return shown or (f"a {account.kind}" if account.kind else "an account")


def _listing(account: Account) -> list[str]:
    if account.kind != "service principal":
        return []
    return ["If it is one of yours, add its object id to service-accounts under [ownership]."]


_AGAIN = "Take the inventory anew afterwards."
