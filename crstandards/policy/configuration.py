"""The configuration: what a team has decided, read from `crstandards.toml` or `pyproject.toml`.

Reading it is on every commit's path: a heavy module is imported only where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from os.path import basename
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from crstandards.connector_id import connector_of
from crstandards.environments import Ownership
from crstandards.findings import SEVERITIES, Severity
from crstandards.places import Route
from crstandards.policy import ALWAYS_ERROR, BASELINE_FILE, CONFIG_FILE, PYPROJECT_FILE
from crstandards.policy.patterns import path_matches

if TYPE_CHECKING:
    from datetime import date

_PYPROJECT_TABLE: Final[Route] = ("tool", "crstandards")

Sharing = Literal["one-set", "set-per-solution"]


class SourceOptions(NamedTuple):
    """Which source is checked: patterns of paths, and of the names of references from elsewhere."""

    exclude: tuple[str, ...] = ()
    vendored: tuple[str, ...] = ()
    external_references: tuple[str, ...] = ()


class ConnectorOptions(NamedTuple):
    """Connectors with an endpoint of their own, as changes to the built-in ones (`!` takes out)."""

    own_endpoint: tuple[str, ...] = ()

    def own_endpoints(self, custom: Iterable[str] = ()) -> frozenset[str]:
        """The built-in connectors and a repository's custom ones, with the changes made in their order."""
        from crstandards.data import load

        connectors = {*load("own_endpoint.json"), *custom}
        for change in self.own_endpoint:
            if change.startswith("!"):
                connectors.discard(connector_of(change[1:]))
            else:
                connectors.add(connector_of(change))
        return frozenset(connectors)


class NameOptions(NamedTuple):
    """Regular expressions for whole names, with placeholders; "" where anything goes."""

    logical_name: str = ""
    display_name: str = ""


class EnvironmentConfig(NamedTuple):
    """An environment as declared. `service_accounts` is None where the general ones apply."""

    name: str
    solutions: tuple[str, ...] = ("*",)
    sharing: Sharing = "one-set"
    reference_solution: str = ""
    settings: tuple[str, ...] = ()
    inventory: tuple[str, ...] = ()
    inventory_complete: bool = False
    service_accounts: tuple[str, ...] | None = None
    rules: Mapping[str, Severity] = {}


class ServerOptions(NamedTuple):
    """How a git server's hook decides. An empty `enforce` means the default branch."""

    enforce: tuple[str, ...] = ()
    strict: bool = False
    deadline: float = 4
    policy_changes: Literal["allow", "forbid"] = "allow"


class ExceptionEntry(NamedTuple):
    """A decision that findings are right as they are. Selectors are patterns; "" and () select all."""

    rule: str
    reason: str
    solution: str = ""
    connector: str = ""
    references: tuple[str, ...] = ()
    flow: str = ""
    alias: str = ""
    path: str = ""
    environment: str = ""
    connection: str = ""
    expires: date | None = None

    def selectors(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The selectors that are given, each with its patterns."""
        for name in SELECTORS:
            if value := getattr(self, name):
                yield name, (value,) if isinstance(value, str) else value

    def is_over(self, as_of: date) -> bool:
        """Whether its last day has passed."""
        return self.expires is not None and self.expires < as_of


SELECTORS: Final = ExceptionEntry._fields[2:-1]
"""By what an exception chooses findings of its rule."""


class Config(NamedTuple):
    """All that is configured. `path` is "" for the defaults, `root` the table the keys stand under.

    `content` is the file that says it. `described` is set where a change is judged: the exceptions in
    descriptions that were there before it, as rule, solution and reference; no others count then.
    """

    path: str = ""
    root: Route = ()
    content: bytes = b""
    locked: tuple[str, ...] = ()
    description_exceptions: bool = True
    baseline: str = BASELINE_FILE
    rules: Mapping[str, Severity] = {}
    source: SourceOptions = SourceOptions()
    connectors: ConnectorOptions = ConnectorOptions()
    names: NameOptions = NameOptions()
    environments: tuple[EnvironmentConfig, ...] = ()
    ownership: Ownership = Ownership()
    server: ServerOptions = ServerOptions()
    exceptions: tuple[ExceptionEntry, ...] = ()
    described: frozenset[tuple[str, str, str]] | None = None

    def ownership_in(self, environment: EnvironmentConfig | None) -> Ownership:
        """What is decided about ownership in an environment, or in general."""
        own = environment.service_accounts if environment else None
        return self.ownership if own is None else self.ownership._replace(service_accounts=own)

    def decided(self) -> Config:
        """What is configured, wherever and however it is written."""
        return self._replace(path="", root=(), content=b"", described=None)

    def is_fixed(self, rule_id: str) -> bool:
        """Whether a rule is always an error: nothing lets its findings through."""
        return rule_id == ALWAYS_ERROR or rule_id in self.locked


NOT_WRITTEN = ("path", "root", "content", "described")
"""The fields of a configuration that no key sets."""


def severity_of(
    rule_id: str, default: Severity, config: Config, environments: Iterable[str] = ()
) -> Severity:
    """The severity that a team has given a rule.

    For findings in environments, by name, the most serious that one of them asks for counts.
    """
    if config.is_fixed(rule_id):
        return "error"
    general = config.rules.get(rule_id, default)
    special = {environment.name.lower(): environment.rules for environment in config.environments}
    asked = [special.get(name.lower(), {}).get(rule_id, general) for name in environments]
    return min(asked, key=SEVERITIES.index, default=general)


def environments_set_by(config: Config, path: str) -> frozenset[str]:
    """The environments, by name, of whose deployment settings a path is one."""
    return frozenset(
        environment.name
        for environment in config.environments
        if any(path_matches(pattern, path) for pattern in environment.settings)
    )


def find_config(read: Callable[[str], bytes | None]) -> Config:
    """The configuration at a repository's root, or the defaults where there is none.

    `read` gives a file's content by its path, or None where there is no such file. Raises UsageError
    for a configuration that is wrong, or that stands in both files.
    """
    own, pyproject = read(CONFIG_FILE), read(PYPROJECT_FILE)
    shared = Config() if pyproject is None else parse_config(pyproject, PYPROJECT_FILE)
    if own is None:
        return shared
    if shared.path:
        from crstandards.policy.problems import error_of

        message = f"[tool.crstandards] stands here and {CONFIG_FILE} beside it: keep one of them"
        raise error_of([((), message)], shared.path, shared.root, shared.content)
    return parse_config(own, CONFIG_FILE)


def parse_config(content: bytes, path: str) -> Config:
    """Read a `crstandards.toml`, or `[tool.crstandards]` of a file that is called `pyproject.toml`.

    Where that has no such table, the defaults apply. Raises UsageError, one line, for anything wrong.
    """
    root = _PYPROJECT_TABLE if basename(path) == PYPROJECT_FILE else ()
    # Most such files are other tools' own: without the word, plain or escaped, the table isn't there.
    if root and not any(mark in content for mark in (b"crstandards", b"\\u", b"\\U", b"\\x")):
        return Config()
    import tomllib

    try:
        table: Any = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        from crstandards.policy.problems import unreadable

        raise unreadable(path, content, error) from None
    for name in root:
        if not isinstance(table, dict) or name not in table:
            return Config()
        table = table[name]
    from crstandards.policy.problems import error_of, problems_of

    if problems := problems_of(table, root):
        raise error_of(problems, path, root, content)
    config: Config = _value(table, partial(Config, path=path, root=root, content=content))
    return config


def _value(value: Any, record: Callable[..., Any] | None = None) -> Any:
    """A value of the file as the configuration holds it; a table as the record that is given for it."""
    if isinstance(value, list):
        return tuple(_value(item, record) for item in value)
    if isinstance(value, dict) and record:
        return record(
            **{key.replace("-", "_"): _value(inner, _RECORDS.get(key)) for key, inner in value.items()}
        )
    # To JSON Schema, 30.0 is a whole number.
    return int(value) if isinstance(value, float) and value.is_integer() else value


_RECORDS: Final[Mapping[str, Callable[..., Any]]] = {
    "source": SourceOptions,
    "connectors": ConnectorOptions,
    "names": NameOptions,
    "environments": EnvironmentConfig,
    "ownership": Ownership,
    "server": ServerOptions,
    "exceptions": ExceptionEntry,
}
