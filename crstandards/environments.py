"""Environments: the solutions that meet in one, its settings, its connections and who owns them.

The world, all that rules look at, is made of these; all are plain immutable records.

Ids, names and mails are compared without letter case, which is what the `key` properties are for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from crstandards.model import ConnectionReference, Solution, sorted_out
from crstandards.places import Route

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
    route: Route
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
    at: Route | int | None = None
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


class _Environment(NamedTuple):
    name: str
    solutions: Sequence[Solution]
    sharing: Literal["one-set", "set-per-solution"] = "one-set"
    reference_solution: str = ""
    settings: Callable[[], tuple[SettingsFile, ...]] = tuple
    inventory: Callable[..., Inventory | None] = lambda connectors=frozenset(): None
    has_service_accounts: bool = False
    off: frozenset[str] = frozenset()
    is_inventory_complete: bool = False


class Environment(_Environment):
    """An environment as the configuration declares it, with the solutions that meet there.

    `solutions` holds one folder for each unique name: of copies, the unmanaged one of the highest
    version. `settings` and `inventory` read those files when they are first asked; an inventory is
    None where none is configured, and large ones take seconds; asked with connectors, it holds also those of
    their connections that nothing is bound to. `has_service_accounts` says that it is
    configured who may own connections here; `off` holds the rules that are switched off here. With
    `is_inventory_complete`, the team says that it holds all connections, taken by an administrator.
    """

    def holds(self, solution: Solution) -> bool:
        """Whether a solution's unique name, or that of the one that it patches, is a member."""
        return solution.base_name in self._base_names

    @cached_property
    def declared(self) -> Mapping[str, ConnectionReference]:
        """What its solutions declare together, by `key`; of a name declared twice, the first."""
        found: dict[str, ConnectionReference] = {}
        for solution in reversed(self.solutions):
            found |= solution.declared()
        return found

    @cached_property
    def declaring(self) -> Mapping[str, Sequence[str]]:
        """The folders of its solutions that declare a name, by `key`."""
        return sorted_out(
            (key, solution.folder) for solution in self.solutions for key in solution.declared()
        )

    @cached_property
    def entries(self) -> Mapping[str, Sequence[tuple[SettingsFile, SettingsEntry]]]:
        """The entries of its settings, each with its file, by the `key` of the reference."""
        return sorted_out((entry.key, (file, entry)) for file in self.settings() for entry in file.entries)

    @cached_property
    def is_known(self) -> bool:
        """Whether it is known of each of its solutions what it declares."""
        return all(solution.references_known for solution in self.solutions)

    @cached_property
    def _base_names(self) -> frozenset[str]:
        return frozenset(solution.base_name for solution in self.solutions)


class Survey(NamedTuple):
    """What one look at all solutions tells.

    `wanted` says which solutions, by unique name in lower case, use each name or list it as missing.
    `folders` counts those that are solutions, of which `unreadable` hold source that cannot be read.
    `declaring` says which of them declare each name; `borrowing` which use one that they don't declare, as
    positions among `borrowers`: the world's representatives, and what has no solution.
    """

    wanted: Mapping[str, frozenset[str]]
    folders: int
    unreadable: tuple[Solution, ...]
    declaring: Mapping[str, Sequence[Solution]] = MappingProxyType({})
    borrowing: Mapping[str, Sequence[int]] = MappingProxyType({})
    borrowers: Sequence[Solution] = ()


class World(NamedTuple):
    """All that rules may look at: the solutions of one snapshot and what the team has configured.

    `representatives` holds one folder for each unique name, as `Environment.solutions` does.
    `own_endpoint` holds the connectors whose connections may each lead to another service;
    `is_external` tells whether a reference is provided from outside the repository, `is_excluded` whether
    a path is kept out of the check, `is_excepted` whether an exception from a rule covers a declared
    reference. `logical_name` and `display_name` are the team's patterns for names ("": none); `name_fits`
    compares one with a name of a declared reference. `whole` says that everything was read and is reported
    on: only then can it be said that nothing uses a name. `near` are the solutions that are reported on,
    where others should not be read whole. `is_live` says that rules about the source may look into
    inventories too: at a commit, a live environment must not stop anybody. `as_of` is the day on which
    ages are judged. `by_base_name` sorts the solutions, so that each need not look at all; `survey`, worked
    out when it is first asked, is what one look at all of them tells. `duplicates`, likewise, holds for each
    environment with one set the references, by `key`, of connectors for which several solutions bring some.
    `shown` is an account's name as a report may show it: masked, unless owners are to be shown in full.
    """

    solutions: Sequence[Solution]
    as_of: date
    environments: tuple[Environment, ...] = ()
    representatives: Sequence[Solution] = ()
    own_endpoint: Collection[str] = frozenset()
    is_external: Callable[[str], bool] = lambda name: False
    is_excluded: Callable[[str], bool] = lambda path: False
    is_excepted: Callable[[str, Solution, ConnectionReference], bool] = lambda rule, solution, reference: (
        False
    )
    logical_name: str = ""
    display_name: str = ""
    name_fits: Callable[[str, str, ConnectionReference, Solution], bool] = lambda *_: True
    whole: bool = False
    near: Sequence[Solution] | None = None
    is_live: bool = True
    ownership: Ownership = Ownership()
    shown: Callable[[Account], str] = lambda account: masked(account.label)
    by_base_name: Callable[[], Mapping[str, Sequence[Solution]]] = dict
    survey: Callable[[], Survey] = lambda: Survey({}, 0, ())
    duplicates: Callable[[], Mapping[str, Collection[str]]] = lambda: {}

    def called(self, base_name: str) -> Sequence[Solution]:
        """The folders whose solutions have a base name; "" is that of flows without a solution, too."""
        return self.by_base_name().get(base_name, ())

    def environments_of(self, solution: Solution) -> tuple[Environment, ...]:
        """The environments in which a solution's unique name is a member."""
        return tuple(environment for environment in self.environments if environment.holds(solution))
