"""CR404: a bound connection that is broken."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, World
from crstandards.rules.bindings import Bound, bound_connections, finding_of, gathered, names_of, repointing
from crstandards.rules.environments import where
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR404",
    name="connection-broken",
    severity="error",
    summary="a connection that a reference is bound to is broken",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    mark="broken",
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
_GONE = ("AADSTS50034", "AADSTS50057", "AADSTS500341")
"""Codes of accounts that nobody can sign in as any more."""


def overall(world: World) -> Iterator[Finding]:
    """One finding for each broken connection."""

    def in_one(environment: Environment) -> Iterator[tuple[Hashable, Bound]]:
        for bound in bound_connections(environment):
            if bound.connection.status == "broken":
                yield bound.key, bound

    for found in gathered(world, RULE.id, in_one):
        yield _finding(found[0][1], names_of(found), world)


def _finding(bound: Bound, environments: list[str], world: World) -> Finding:
    connection = bound.connection
    owner = connection.signed_in or connection.creator
    is_services = owner is not None and owner.is_service
    return finding_of(
        RULE.id,
        bound.bindings,
        environments,
        f"The connection {connection.id} ({connection.connector}), to which {listed(bound.names)} "
        f"{'is' if len(bound.names) == 1 else 'are'} bound in {where(environments)}, is broken"
        + (f" ({connection.error})." if connection.error else ".")
        + _explanation(connection.error),
        [*_advice(bound, environments, is_services), "Then take the inventory anew."],
        owner=world.ownership.shown(owner) if owner else "",
    )


def _explanation(error: str) -> str:
    """A further sentence on an error's code; codes that are not of a sign-in say enough by themselves."""
    if error in EXPLAINED:
        return f" {EXPLAINED[error]}"
    if error.startswith("AADSTS"):
        code = error.removeprefix("AADSTS")
        return f" https://login.microsoftonline.com/error?code={code} tells what that means."
    return ""


def _advice(bound: Bound, environments: list[str], is_services: bool) -> list[str]:
    if is_services and bound.connection.error not in _GONE:
        return [
            "Sign in to make.powerautomate.com as the account that owns it, choose the environment, open "
            "Connections, and choose Fix connection beside it.",
            "Don't edit the flows: once the connection works, they do. Look at their run history, and "
            "resubmit what failed.",
        ]
    return repointing(
        bound.bindings, environments, "Create it as a service account, rather than repair a person's."
    )
