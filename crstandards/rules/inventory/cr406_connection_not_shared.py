"""CR406: a bound connection that the deploying accounts may not use."""

from crstandards.findings import Findings, Rule, World
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
    decision="Who can share the connection?",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)


def overall(world: World) -> Findings:
    """One finding for each connection of which the inventory knows with whom it is shared."""

    def facts(bound: Bound) -> list[str]:
        apps, shared, editable = _apps(bound), bound[0].shared_with, bound[0].editable_by
        deployers = () if shared is None else world.ownership.deployers
        without = [name for name in deployers if name not in (shared or ())]
        can_view = [name for name in deployers if not (editable is None or name in (*editable, *without))]
        told = {
            f"is not shared with {listed(without)}": without,
            f"is shared with {listed(can_view)} for use only, and {listed(apps)} needs editing": (
                apps and can_view
            ),
        }
        return [fact for fact, accounts in told.items() if accounts]

    for found in bound_where(world, RULE.id, lambda bound: bool(facts(bound))):
        bound = found.items[0]
        owner = bound[0].creator or bound[0].signed_in
        yield finding_of_bound(
            RULE.id,
            found,
            f"{' and '.join(facts(bound))}.",
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
