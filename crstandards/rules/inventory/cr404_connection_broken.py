"""CR404: a bound connection that is broken."""

from crstandards.findings import Findings, Rule, World
from crstandards.rules.bindings import bound_where, finding_of_bound, repointing

RULE = Rule(
    id="CR404",
    name="connection-broken",
    severity="error",
    since="0.1.0",
    stage="connection",
    summary="a connection that a reference is bound to is broken",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    mark="broken",
    sees="inventory",
    decision="Who can sign in to the connection again?",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)

# From Microsoft's list of sign-in errors (learn.microsoft.com/entra/identity-platform/reference-error-codes).
EXPLAINED = {
    "AADSTS50034": "The account does not exist in the directory, or no longer does.",
    "AADSTS50055": "The account's password has expired.",
    "AADSTS50057": "The account is disabled, mostly because its owner has left.",
    "AADSTS50076": "Multifactor authentication is now required, so somebody has to sign in again.",
    "AADSTS50173": "The sign-in was revoked, mostly by a new password: somebody has to sign in again.",
    "AADSTS135011": (
        "The device on which somebody signed in has been disabled, as a retired workstation is: sign in "
        "again on one that stays."
    ),
    "AADSTS500341": "The account was deleted from the directory, mostly because its owner has left.",
    "AADSTS700082": "The sign-in expired because the connection was not used for a long time.",
    "AADSTS7000222": "The service principal's secret has expired: give it a new one.",
}
_FIXING = [
    "Sign in to make.powerautomate.com as the account that owns it, choose the environment, open "
    "Connections, and choose Fix connection beside it.",
    "Don't edit the flows: once the connection works, they do. Look at their run history, and resubmit what "
    "failed.",
]
_GONE = ("AADSTS50034", "AADSTS50057", "AADSTS500341")
"""Codes of accounts that nobody can sign in as any more."""


def overall(world: World) -> Findings:
    """One finding for each broken connection."""
    for found in bound_where(world, RULE.id, lambda bound: bound[0].status == "broken"):
        connection, bindings = found.items[0]
        owner = connection.signed_in or connection.creator
        code = f" ({connection.error})" if connection.error else ""
        if owner and owner.is_service and connection.error not in _GONE:
            advice = _FIXING
        else:
            how = "Create it as a service account, rather than repair a person's."
            advice = repointing(bindings, found.names, how)
        yield finding_of_bound(
            RULE.id,
            found,
            f"is broken{code}.{_explanation(connection.error)}",
            [*advice, "Then take the inventory anew."],
            owner=world.shown(owner) if owner else "",
        )


def _explanation(error: str) -> str:
    """A further sentence on an error's code; codes that are not of a sign-in say enough by themselves."""
    code = error.removeprefix("AADSTS")
    page = f"https://login.microsoftonline.com/error?code={code} tells what that means."
    told = EXPLAINED.get(error, page if code != error else "")
    return told and f" {told}"
