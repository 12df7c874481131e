"""CR405: a service account without the required role."""

from crstandards.environments import Account, Environment, World
from crstandards.findings import Finding, Findings, Place, Rule
from crstandards.rules.bindings import bound_connections, bound_subject
from crstandards.rules.declarations import all_folders, gathered
from crstandards.rules.wording import where

RULE = Rule(
    id="CR405",
    name="service-account-not-admin",
    severity="warning",
    since="0.1.0",
    stage="owner",
    summary="a service account lacks the required role in an environment",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    sees="inventory",
    decision="Who can give the account its role?",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)


Lack = tuple[Account, bool, str]
"""An account, whether it is a user of the environment, and the file that tells."""


def overall(world: World) -> Findings:
    """One finding for each service account that an export of users and roles shows to lack the role."""
    for found in gathered(world, RULE.id, _lacking):
        (account, is_user, path), environments = found.items[0], found.names
        role, shown = world.ownership.required_role, world.shown(account)
        lack = f"lacks the role {role}" if is_user else "owns connections and is no user"
        yield Finding(
            rule=RULE.id,
            solution="",
            place=Place(path),
            message=f"The service account {shown} {lack} in {where(environments)}.",
            help=(
                "In the Power Platform admin center open the environment, Settings > Users + permissions > "
                f"Users (Application users for a service principal), and give the account the role {role}.\n"
                "Then take the export of users and roles anew."
            ),
            identity=("", account.label, *environments),
            subject=bound_subject([], [], shown, environments),
            involves=all_folders(found.environments),
        )


def _lacking(environment: Environment) -> list[Lack]:
    inventory = environment.inventory()
    if inventory is None or inventory.roles is None:
        return []
    path, users = inventory.files[0].path, inventory.roles
    owners = {bound.signed_in or bound.creator for bound, _ in bound_connections(environment)}
    # A committed inventory names nobody, so there nothing can be told.
    named = sorted(owner for owner in owners if owner and owner.is_service and owner.known_as)
    strangers = [owner for owner in named if not any(map(owner.matches, users))]
    return [
        *((account, True, path) for account, has_role in users.items() if not has_role),
        *((account, False, path) for account in strangers),
    ]
