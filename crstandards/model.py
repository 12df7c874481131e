"""What the source says, as plain immutable records: the words that rules speak in.

Nothing here knows how a file is read. Names and connectors are compared without letter case
(Dataverse does so), which is what the `key` properties are for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar

from crstandards.places import Place, Route

K = TypeVar("K")
T = TypeVar("T")


class Deferred(Sequence[T]):
    """A sequence that is read when somebody first looks into it."""

    def __init__(self, read: Callable[[], Iterable[T]]) -> None:
        self._read = read

    @cached_property
    def _items(self) -> tuple[T, ...]:
        return tuple(self._read())

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._items[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._items == tuple(other)

    def __hash__(self) -> int:
        return hash(self._items)


class ConnectionEntry(NamedTuple):
    """One entry of a flow's `connectionReferences`: an alias and what stands behind it.

    `reference` is the logical name it refers to, or None where the entry is a raw connection. `plain`
    says that it has the shape that exports have, and holds nothing beyond what stands here.
    """

    alias: str
    connector: str
    reference: str | None
    runtime_source: str
    impersonation: str
    route: Route
    plain: bool = False

    @property
    def key(self) -> str | None:
        """The reference's name for comparing."""
        return self.reference.lower() if self.reference else None


HostForm = Literal["name", "reference", "parameters", "token"]
"""How an operation names its alias: `connectionName`, `connectionReferenceName` (the flow API's form), or
in `connection.name` as `@parameters('$connections')…` or the `X-MS-APIM-Tokens` header of the trigger's
caller."""

ALIAS_KEYS: Mapping[HostForm, str] = {"name": "connectionName", "reference": "connectionReferenceName"}
"""The keys of a host whose value is an alias as it stands."""


class Operation(NamedTuple):
    """A trigger or an action that needs a connection. `connector` is what it says of it, or "".

    One whose host names several aliases is there once for each.
    """

    name: str
    kind: Literal["trigger", "action"]
    alias: str
    connector: str
    form: HostForm
    route: Route

    @property
    def alias_route(self) -> Route:
        """Where it names its alias."""
        key = ALIAS_KEYS.get(self.form)
        return (*self.route, "inputs", "host", *((key,) if key else ("connection", "name")))

    @property
    def is_by_expression(self) -> bool:
        """Whether an expression names the alias."""
        return self.form not in ALIAS_KEYS


class EmbeddedConnection(NamedTuple):
    """A literal connection id inside a flow's definition."""

    connection: str
    route: Route


class Call(NamedTuple):
    """An operation that runs another flow of a solution; `child` is that one's GUID, lower case."""

    name: str
    child: str
    route: Route


def sorted_out(items: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    """What there is of each name, in order."""
    found: dict[K, list[T]] = {}
    for name, item in items:
        found.setdefault(name, []).append(item)
    return found


# Records with a base are those of which something is looked up again and again: that is kept with them.


class _Flow(NamedTuple):
    path: str
    guid: str
    entries: tuple[ConnectionEntry, ...]
    operations: Sequence[Operation]
    embedded: tuple[EmbeddedConnection, ...]
    named_elsewhere: Collection[str] = frozenset()
    by_expression: bool = False
    is_plain: bool = False
    calls: Sequence[Call] = ()


class Flow(_Flow):
    """A cloud flow of a solution. `guid` is the last GUID of its file name, lower case, or "".

    Of further files with the same GUID (or the same name, in another folder), a number tells them apart.
    `named_elsewhere` holds the aliases, in lower case, that the definition names beside its operations'
    hosts; "" among them stands for all. `by_expression` says that some expression reaches a connection
    of the flow, `calls` which other flows it runs. With `is_plain`, all operations use aliases that are among
    the entries: there is no need to look at `operations`, which would then be read from the file.
    """

    def users(self, alias: str) -> Sequence[Operation]:
        """The operations that use an alias, in document order."""
        return self._by_alias.get(alias.lower(), ())

    def called(self, alias: str) -> Sequence[ConnectionEntry]:
        """The entries of an alias, of which there are several where they differ in letter case alone."""
        return self._entries.get(alias.lower(), ())

    def of_invoker(self) -> list[ConnectionEntry]:
        """The entries whose connection is brought by whoever runs the flow."""
        return [entry for entry in self.entries if entry.runtime_source.lower() == "invoker"]

    def through(self, key: str) -> Sequence[ConnectionEntry]:
        """The entries that go through a reference, by its `key`."""
        return self._by_reference.get(key, ())

    @cached_property
    def _by_reference(self) -> Mapping[str, Sequence[ConnectionEntry]]:
        return sorted_out((entry.key, entry) for entry in self.entries if entry.key)

    @cached_property
    def _entries(self) -> Mapping[str, Sequence[ConnectionEntry]]:
        return sorted_out((entry.alias.lower(), entry) for entry in self.entries)

    @cached_property
    def _by_alias(self) -> Mapping[str, Sequence[Operation]]:
        return sorted_out((operation.alias.lower(), operation) for operation in self.operations)


class ConnectionReference(NamedTuple):
    """A connection reference that a solution declares.

    `content` is all that its element says beside the name, for comparing two of one name.
    """

    logical_name: str
    display_name: str
    connector: str
    connector_id: str
    custom_connector: str
    description: str
    place: Place
    content: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name for comparing."""
        return self.logical_name.lower()


class MissingDependency(NamedTuple):
    """A reference that the manifest lists as required from another solution (`Active`: unmanaged)."""

    logical_name: str
    solution: str
    place: Place

    @property
    def key(self) -> str:
        """The name for comparing."""
        return self.logical_name.lower()


class Use(NamedTuple):
    """A connection of an app or agent, and the reference behind it ("" where there is none).

    A canvas app's connection without a reference is each user's own, unless it is `shared`. `custom`
    says that the connector is a custom one, `shown` what the app calls it.
    """

    reference: str
    kind: Literal["canvas app", "code app", "agent"]
    name: str
    connector: str
    place: Place
    shared: bool = False
    custom: bool = False
    shown: str = ""

    @property
    def key(self) -> str:
        """The reference's name for comparing."""
        return self.reference.lower()


class MissingFlow(NamedTuple):
    """A flow that a solution names and whose file is not there.

    `name` is how the solution names it: a path, without the root. `title` is its display name, "" where
    that is not known. `path` is where its file would be, as far as that is known.
    """

    name: str
    title: str
    path: str
    place: Place
    is_desktop: bool = False


def known_as(path: str) -> str:
    """What a flow is known as wherever it lies and however a solution names it: the last GUID in its path, or
    else the file's name; in lower case.
    """
    import re

    found = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", path.lower())
    return found[-1] if found else path.rpartition("/")[2].lower()


class Mentions(NamedTuple):
    """Which names stand in a solution's files, beside their declarations.

    `files` counts those that were searched, `unread` those that could not be. `copies` are packed copies of
    the solution itself, which declare what it declares: they are left out. `places` are the files in which
    each name stands.
    """

    names: frozenset[str] = frozenset()
    files: int = 0
    unread: int = 0
    copies: tuple[str, ...] = ()
    places: Mapping[str, Sequence[str]] = MappingProxyType({})


class Unreadable(NamedTuple):
    """Source that could not be read as what it is. `content` names the file's bytes, as `File.key` does.

    Where it is a list that names what nobody can look into, `absent` is the path of that.
    """

    place: Place
    reason: str
    content: str = ""
    absent: str = ""


class CustomConnector(NamedTuple):
    """A custom connector that lies in the source: its ids, both in lower case, and what it is called.

    `guid` is Dataverse's, which references name; `connector` the one that flows name, without its hash.
    """

    guid: str
    connector: str
    shown: str


Layout = Literal["unpacked", "flat", "yaml", "loose", "package", "clone", "code app"]
"""`unpacked`: `Other/Solution.xml`; `flat`: an extracted or packed zip; `yaml`: Dataverse git
integration; `loose`: flows in a `Workflows` folder without a manifest; `package`: the legacy
`Microsoft.Flow` export, which cannot hold references; `clone`: an agent as Copilot Studio clones it, with
its flows; `code app`: a `power.config.json` that belongs to no one solution."""


class _Solution(NamedTuple):
    folder: str
    layout: Layout
    unique_name: str = ""
    version: str = ""
    managed: bool = False
    prefix: str = ""
    manifest: str = ""
    customizations: str = ""
    references: tuple[ConnectionReference, ...] = ()
    missing: tuple[MissingDependency, ...] = ()
    flows: Sequence[Flow] = ()
    missing_flows: tuple[MissingFlow, ...] = ()
    left_over: Sequence[str] = ()
    own_connectors: Sequence[str] = ()
    custom_connectors: Sequence[CustomConnector] = ()
    beside: tuple[str, ...] = ()
    uses: Sequence[Use] = ()
    unreadable: tuple[Unreadable, ...] = ()
    references_known: bool = True
    flow_names: Mapping[str, str] = {}
    own_endpoint: frozenset[str] = frozenset()
    vendored: bool = False
    mentions: Callable[[frozenset[str]], Mentions] = lambda names: Mentions()


class Solution(_Solution):
    """A solution folder, read and joined; or, with another layout, flows or an app without one.

    `missing_flows` are named by the solution and not there; `left_over` holds the paths of flows that are
    there and that it does not list, `own_connectors` the ids (GUIDs, lower case) of the custom connectors in
    it, `custom_connectors` what is said of all that were read; these are worked out when somebody asks.
    `beside` names the solutions around flows that none of them lists, although they share the folder.
    `own_endpoint` holds the custom connectors whose connections may carry an endpoint of their own.
    `mentions`, asked with names for comparing, searches the solution's files for them; that is slow.
    """

    @property
    def is_solution(self) -> bool:
        """False for flows that have no solution around them."""
        return self.layout in ("unpacked", "flat", "yaml")

    @property
    def home(self) -> str:
        """The folder in which its files lie: in the YAML layout one that several solutions may share."""
        return self.folder.rpartition("/")[0].rpartition("/")[0] if self.layout == "yaml" else self.folder

    @property
    def base_name(self) -> str:
        """The unique name for comparing; a patch (`X_Patch_…`) speaks for X."""
        return self.unique_name.lower().partition("_patch_")[0]

    @property
    def shown_name(self) -> str:
        """The unique name as people know it; for a patch, that of the solution it speaks for."""
        return self.unique_name[: len(self.base_name)]

    def title(self, flow: Flow) -> str:
        """A flow's name as its maker knows it, or its file's name where none is recorded."""
        return self.flow_names.get(flow.path) or flow.path.rpartition("/")[2]

    def declared(self) -> Mapping[str, ConnectionReference]:
        """The declared references by `key`; of a name declared twice, the first."""
        return self._declared

    def for_connector(self, connector: str) -> Sequence[ConnectionReference]:
        """The references that are declared for a connector, each name once; none for one that isn't known."""
        return self._by_connector.get(connector, ())

    def declarations(self, key: str) -> Sequence[ConnectionReference]:
        """The declarations of one name, of which there should be one."""
        return self._by_key.get(key, ())

    def unreadable_among(self, *paths: str, anywhere: bool = False) -> Unreadable | None:
        """The first part that cannot be read in one of these files, or in any."""
        if anywhere:
            return next(iter(self.unreadable), None)
        found = [self._unreadable_at[path] for path in paths if path in self._unreadable_at]
        return min(found)[1] if found else None

    @cached_property
    def _unreadable_at(self) -> Mapping[str, tuple[int, Unreadable]]:
        numbered = reversed(tuple(enumerate(self.unreadable)))
        return {item.place.path: (number, item) for number, item in numbered}

    @cached_property
    def _by_key(self) -> Mapping[str, Sequence[ConnectionReference]]:
        return sorted_out((reference.key, reference) for reference in self.references)

    @cached_property
    def _declared(self) -> Mapping[str, ConnectionReference]:
        return {key: references[0] for key, references in self._by_key.items()}

    @cached_property
    def _by_connector(self) -> Mapping[str, Sequence[ConnectionReference]]:
        return sorted_out(
            (reference.connector, reference) for reference in self._declared.values() if reference.connector
        )
