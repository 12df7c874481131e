"""CR405: a service account without the required role."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import Account, Inventory
from crstandards.rules.bindings import bound_connections, data_of, gathered, names_of
from crstandards.rules.environments import where

RULE = Rule(
    id="CR405",
    name="service-account-not-admin",
    severity="warning",
    summary="a service account lacks the required role in an environment",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each service account that an export of users and roles shows to lack the role."""
    for found in gathered(world, RULE.id, _lacking):
        account, is_user, path = found[0][1]
        folders = {solution.folder for environment, _ in found for solution in environment.solutions}
        yield _finding(account, is_user, path, names_of(found), world, sorted(folders))


def _lacking(environment: Environment) -> Iterator[tuple[Hashable, tuple[Account, bool, str]]]:
    inventory = environment.inventory()
    if inventory is None or inventory.roles is None:
        return
    path = inventory.files[0].path
    for account, has_role in inventory.roles.items():
        if not has_role:
            yield (account, True, path), (account, True, path)
    for account in _owners(environment, inventory):
        yield (account, False, path), (account, False, path)


def _owners(environment: Environment, inventory: Inventory) -> Iterator[Account]:
    """The service accounts that own bound connections and are no users of the environment at all."""
    found = {
        bound.connection.signed_in or bound.connection.creator for bound in bound_connections(environment)
    }
    for account in sorted(filter(None, found)):
        known = any(map(account.matches, inventory.roles or ()))
        # A committed inventory names nobody, so there nothing can be told.
        if account.is_service and (account.name or account.object_id) and not known:
            yield account


def _finding(
    account: Account, is_user: bool, path: str, environments: list[str], world: World, folders: list[str]
) -> Finding:
    role = world.ownership.required_role
    shown = world.ownership.shown(account)
    lack = f"lacks the role {role}" if is_user else "owns connections and is no user"
    return Finding(
        rule=RULE.id,
        solution="",
        place=Place(path),
        message=f"The service account {shown} {lack} in {where(environments)}.",
        help=(
            "In the Power Platform admin center open the environment, Settings > Users + permissions > Users "
            f"(Application users for a service principal), and give the account the role {role}.\n"
            "Then take the export of users and roles anew."
        ),
        identity=("", account.name or account.object_id, *environments),
        data=data_of([], [], shown, environments),
        involves=tuple(folders),
    )
