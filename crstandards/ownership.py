"""Who owns connections and what an environment binds references to, as plain immutable records.

Ids, names and mails are compared without letter case, which is what the `key` properties are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import date


AccountKind = Literal["user", "service principal", ""]


class Account(NamedTuple):
    """An account as far as an export tells; `name` is its sign-in name, or else its display name or id.

    `mail` is set where it differs from the name. `is_service` says that it is one of the configured
    service accounts. In a committed inventory nothing but that and the kind is known.
    """

    name: str = ""
    object_id: str = ""
    mail: str = ""
    kind: AccountKind = ""
    is_service: bool = False

    @property
    def label(self) -> str:
        """What it is called."""
        return self.name or self.object_id

    @property
    def known_as(self) -> tuple[str, ...]:
        """Its name, id and mail, as far as they are known."""
        return tuple(filter(None, (self.name, self.object_id, self.mail)))

    def matches(self, other: Account) -> bool:
        """Whether both are known to be the same account."""
        return not {name.lower() for name in self.known_as}.isdisjoint(map(str.lower, other.known_as))


Verdict = Literal["service account", "creator", "other", "unverified"]
"""Whose a connection is: a service account's; signed in as one, but created by somebody else; somebody
else's; or not known."""


class Connection(NamedTuple):
    """A connection of an inventory.

    `signed_in` is the account it works as, `creator` the one that made it; None where the inventory
    doesn't say. `error` is an AADSTS code or the service's own word for a broken one. `shared_with`
    holds the configured deployers that may use it, `editable_by` those that may edit it; None where that
    isn't known. `doubtful` says that the inventory contradicts itself about its owner.
    """

    id: str
    connector: str = ""
    signed_in: Account | None = None
    creator: Account | None = None
    status: Literal["connected", "broken", ""] = ""
    error: str = ""
    shared_with: frozenset[str] | None = None
    doubtful: bool = False
    editable_by: frozenset[str] | None = None

    @property
    def verdict(self) -> Verdict:
        """Whose it is, as far as the inventory tells."""
        owners = [owner for owner in (self.signed_in, self.creator) if owner]
        if self.doubtful or not owners:
            return "unverified"
        if all(owner.is_service for owner in owners):
            return "service account"
        return "creator" if self.signed_in and self.signed_in.is_service else "other"


class InventoryFile(NamedTuple):
    """A file of an inventory, and the day on which it was taken or after which it must have been.

    `is_exact` says that the file itself names the day.
    """

    path: str
    taken: date | None = None
    is_exact: bool = False


class Inventory(NamedTuple):
    """What exports of an environment say, reduced to what rules ask.

    `connections` are by id, `bindings` by a reference's name (the id it is bound to, "" for none), both
    in lower case; `inactive` are the references that are switched off. `roles` says of service accounts that
    are users whether they have the required role. `bindings` and `roles` are None where no export speaks of
    them. `is_of_all` says that connections were listed, and none was left out because nothing is bound to it:
    only then an id that is not there may be no connection's.
    """

    files: tuple[InventoryFile, ...] = ()
    connections: Mapping[str, Connection] = {}
    bindings: Mapping[str, str] | None = None
    roles: Mapping[Account, bool] | None = None
    inactive: frozenset[str] = frozenset()
    is_of_all: bool = False

    def is_too_old(self, today: date, most: int) -> bool:
        """Whether one of its files is known to be older than so many days."""
        # In days, since there is no date before the year 1.
        return any(file.taken and file.is_exact and (today - file.taken).days > most for file in self.files)


class SettingsEntry(NamedTuple):
    """An entry of deployment settings: the connection for a reference.

    `connection` is "" where none is given, be it that a `placeholder` such as "TODO" stands there;
    `is_token` says that a pipeline fills it in. `connector` is None where the entry names none, and "" where
    it names a token. `owner` is set where a literal `ConnectionOwner` stands. Before it is known what tokens
    and placeholders are, `connection`, `connector` and the owner's name are the texts that stand there.
    """

    name: str
    connection: str
    connector: str | None
    owner: Account | None
    route: tuple[str, ...]
    is_token: bool = False
    placeholder: str = ""

    @property
    def key(self) -> str:
        """The reference's name for comparing."""
        return self.name.lower()

    @property
    def id(self) -> str:
        """The literal connection id for comparing; "" for a token and for none."""
        return "" if self.is_token else self.connection.lower()


class SettingsFile(NamedTuple):
    """Deployment settings of an environment; `unreadable` says why they cannot be read, `at` where.

    `content` then names their bytes, as `File.key` does.
    """

    path: str
    entries: tuple[SettingsEntry, ...] = ()
    unreadable: str = ""
    at: tuple[str, ...] | int | None = None
    content: str = ""

    @property
    def is_called_template(self) -> bool:
        """Whether its name says that it is only a template."""
        name = self.path.rpartition("/")[2].lower()
        words = name.replace("_", ".").replace("-", ".").split(".")
        return "base" in words or any(word in name for word in ("template", "sample", "example"))

    @property
    def is_unfilled(self) -> bool:
        """Whether it has entries, and not one of them is bound."""
        return bool(self.entries) and not any(entry.connection for entry in self.entries)


class Ownership(NamedTuple):
    """What a team has decided about ownership. `max_inventory_age` is in days.

    `service_accounts` and `deployers` are patterns of sign-in names, and object ids; `tokens` are patterns of
    what a pipeline fills in.
    """

    service_accounts: tuple[str, ...] = ()
    deployers: tuple[str, ...] = ()
    required_role: str = "System Administrator"
    max_inventory_age: int = 30
    tokens: tuple[str, ...] = ("#{*}#", "#*#", "%*%", "$(*)", "__*__", "{{*}}", "${*}", "@{*}")


def masked(name: str) -> str:
    """A name or mail of which only the first and the last letter are left, and the mail's domain.

    An object id names nobody and stays.

    >>> masked("svc@contoso.com")
    's…c@contoso.com'
    """
    local, at, domain = name.partition("@")
    if is_guid(name):
        return name
    return (local[:1] + "…" + (local[-1] if len(local) > 2 else "") if local else "") + at + domain


def is_guid(text: str) -> bool:
    """Whether a text is an id as Entra and Power Platform write them, in letters of any case.

    >>> is_guid("7b1d9f00-aaaa-4bbb-8ccc-ddddeeeeffff")
    True
    """
    parts = text.split("-")
    digits = "".join(parts)
    return [*map(len, parts)] == [8, 4, 4, 4, 12] and all(
        digit in "0123456789abcdefABCDEF" for digit in digits
    )
