"""CR401: a bound connection that is no service account's."""

from collections.abc import Sequence

from crstandards.environments import Account, Environment, Inventory, World
from crstandards.findings import Finding, Findings, Rule
from crstandards.rules.bindings import (
    Binding,
    Bound,
    bindings_of,
    bound_where,
    finding_of,
    finding_of_bound,
    repointing,
    where_owners_matter,
)
from crstandards.rules.declarations import Together, gathered
from crstandards.rules.wording import where

RULE = Rule(
    id="CR401",
    name="owner-not-service-account",
    severity="error",
    since="0.1.0",
    stage="owner",
    summary="a connection that a reference is bound to belongs to no service account",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    mark="person",
    sees="inventory",
    decision="Which service account is to own the connection?",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)

_HOW = (
    "Sign in to make.powerautomate.com as a service account, choose the environment, and create one under "
    "Connections > New connection."
)


def overall(world: World) -> Findings:
    """One finding for each connection; where no inventory knows it, for what the settings say of it."""
    world = where_owners_matter(world)
    for found in bound_where(world, RULE.id, lambda bound: bound[0].verdict in ("other", "creator")):
        yield _finding(found, world)
    for told in gathered(
        world, RULE.id, _said_to_be_others, lambda one: (one.held.name.lower(), one.id, one.owner)
    ):
        yield _finding_by_settings(told.items[0], told.names, world)


def _said_to_be_others(environment: Environment) -> list[Binding]:
    inventory = environment.inventory() or Inventory()
    return [
        binding
        for binding in bindings_of(environment)
        if binding.id not in inventory.connections and not binding.held.is_runners
        if binding.owner and not binding.owner.is_service
    ]


def _finding(found: Together[Bound], world: World) -> Finding:
    connection, bindings = found.items[0]
    is_only_creator = connection.verdict == "creator"
    is_creator = is_only_creator or connection.signed_in is None
    account = (connection.creator if is_creator else connection.signed_in) or Account()
    did = "was created by" if is_creator else "is signed in as"
    beside = " (the account that it is signed in as is one)" if is_only_creator else ""
    return finding_of_bound(
        RULE.id,
        found,
        f"{did} {_who(account, world)}, which is no service account{beside}.",
        [*_advice(bindings, found.names, account), "Take the inventory anew afterwards."],
        owner=world.shown(account),
        severity="warning" if is_only_creator else None,
    )


def _finding_by_settings(binding: Binding, environments: Sequence[str], world: World) -> Finding:
    account = binding.owner or Account()
    return finding_of(
        RULE.id,
        [binding],
        environments,
        f"{binding.settings} gives {_who(account, world)} as the owner of the connection for "
        f"{binding.held.shown} in {where(environments)}, which is no service account.",
        _advice([binding], environments, account),
        owner=world.shown(account),
    )


def _who(account: Account, world: World) -> str:
    shown = world.shown(account)
    if account.kind == "service principal":
        return f"the service principal {shown}".rstrip()
    return shown or (f"a {account.kind}" if account.kind else "an account")


def _advice(bindings: Sequence[Binding], environments: Sequence[str], account: Account) -> list[str]:
    listing = "If it is one of yours, add its object id to service-accounts under [ownership]."
    is_app = account.kind == "service principal"
    return [*repointing(bindings, environments, _HOW), *([listing] if is_app else [])]
