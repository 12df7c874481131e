"""Accounts as exports write them, and whether they are service accounts or deployers.

An export gives an account as an object, as a plain name or id, or as PowerShell's short text for an
object that `ConvertTo-Json` found too deep: `@{id=…; displayName=…; type=User; tenantId=…}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from crstandards.ownership import Account, AccountKind
from crstandards.policy.patterns import name_matches

_MEMBER = re.compile(r"(\w+)=(.*?)(?=; \w+=|}\s*$)", re.DOTALL)


class Accounts(NamedTuple):
    """The configured accounts: patterns of sign-in names, and object ids."""

    service: tuple[str, ...] = ()
    deployers: tuple[str, ...] = ()

    def read(self, value: object) -> Account | None:
        """The account that an export's value names; None where it names none."""
        known = _identifiers(value)
        name = known.sign_in or known.display_name
        if not name and not known.object_id:
            return None
        return Account(
            name=name or known.object_id,
            object_id=known.object_id,
            mail="" if known.mail.lower() == name.lower() else known.mail,
            kind=_KINDS.get(known.type, ""),
            is_service=bool(_matching(self.service, known.all())),
        )

    def signed_in(self, name: object, creator: object) -> Account | None:
        """The account that a connection's `accountName` names, given the value for its creator.

        A display name stands there too; if that is the creator's, it is the creator.
        """
        if not isinstance(name, str) or not name.strip():
            return None
        known = _identifiers(creator)
        same = (*known.all(), known.display_name)
        return self.read(creator if name.strip().lower() in map(str.lower, same) else name)

    def sharing(self, principals: Iterable[Any]) -> frozenset[str]:
        """The configured deployers among the principals that a connection is shared with."""
        found: frozenset[str] = frozenset()
        for principal in principals:
            known = _identifiers(principal)
            if known.is_tenant:
                return frozenset(self.deployers)
            found |= self.as_deployer(principal)
        return found

    def as_deployer(self, value: object) -> frozenset[str]:
        """The configured deployers that an export's value for an account names."""
        return _matching(self.deployers, _identifiers(value).all())

    def matched(self, value: object) -> tuple[str, ...]:
        """The configured service accounts, as they are configured, that an export's value names."""
        found = _matching(self.service, _identifiers(value).all())
        return tuple(pattern for pattern in self.service if pattern in found)


_KINDS: Mapping[str, AccountKind] = {
    "user": "user",
    "serviceprincipal": "service principal",
    "application": "service principal",
}


class _Identifiers(NamedTuple):
    object_id: str = ""
    sign_in: str = ""
    mail: str = ""
    application_id: str = ""
    display_name: str = ""
    type: str = ""
    is_tenant: bool = False

    def all(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.object_id, self.sign_in, self.mail, self.application_id)))


def _identifiers(value: object) -> _Identifiers:
    if isinstance(value, str):
        text = value.strip()
        if not text.startswith("@{"):
            return _Identifiers(object_id=text) if _is_guid(text) else _Identifiers(sign_in=text)
        return _identifiers(powershell_members(text))
    if not isinstance(value, Mapping):
        return _Identifiers()
    mail = _text(value, "email") or _text(value, "internalemailaddress")
    sign_in = _text(value, "userPrincipalName") or _text(value, "domainname") or mail
    display_name = _text(value, "displayName") or _text(value, "fullname")
    if not sign_in and _is_sign_in_name(display_name):
        sign_in = display_name
    object_id = _text(value, "id") or _text(value, "azureactivedirectoryobjectid")
    application_id = _text(value, "applicationid")
    kind = _text(value, "type").lower() or ("application" if application_id else "")
    return _Identifiers(
        object_id=object_id,
        sign_in=sign_in,
        mail=mail,
        application_id=application_id,
        display_name=display_name,
        type=kind,
        # A share with everybody names the tenant itself, mostly without saying that it is one.
        is_tenant=kind == "tenant" or (bool(object_id) and object_id == _text(value, "tenantId")),
    )


def powershell_members(text: str) -> dict[str, str]:
    """The members of PowerShell's short text for an object.

    >>> powershell_members("@{status=Error; target=token}")
    {'status': 'Error', 'target': 'token'}
    """
    return {key: value.strip() for key, value in _MEMBER.findall(text.removeprefix("@{"))}


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return found.strip() if isinstance(found, str) else ""


def _is_sign_in_name(text: str) -> bool:
    return re.fullmatch(r"[^\s@]+@[^\s@]+", text) is not None


def _is_guid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None


def _matching(patterns: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    given = tuple(names)
    return frozenset(pattern for pattern in patterns if any(name_matches(pattern, name) for name in given))
