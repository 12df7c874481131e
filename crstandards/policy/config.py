"""The configuration: what a team has decided, read from `crstandards.toml` or `pyproject.toml`.

Reading it is on every commit's path: a heavy module is imported only where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from crstandards.findings import SEVERITIES, Severity
from crstandards.model import Route, connector_of
from crstandards.policy import BASELINE_FILE
from crstandards.policy import CONFIG_FILE as CONFIG_FILE
from crstandards.policy import CONFIG_FILES as CONFIG_FILES
from crstandards.policy import PYPROJECT_FILE as PYPROJECT_FILE
from crstandards.policy.patterns import path_matches

if TYPE_CHECKING:
    from datetime import date

    from crstandards.policy.problems import Problem

_PYPROJECT_TABLE: Final[Route] = ("tool", "crstandards")

ALWAYS_ERROR: Final = "CR901"
"""The rule for source that cannot be read: what can't be seen can't be judged, so it is never off."""

Sharing = Literal["one-set", "set-per-solution"]


class SourceOptions(NamedTuple):
    """Which source is checked: patterns of paths, and of the names of references from elsewhere."""

    exclude: tuple[str, ...] = ()
    vendored: tuple[str, ...] = ()
    external_references: tuple[str, ...] = ()


class ConnectorOptions(NamedTuple):
    """Connectors with an endpoint of their own, as changes to the built-in ones (`!` takes out)."""

    own_endpoint: tuple[str, ...] = ()

    def own_endpoints(self, built_in: Collection[str]) -> frozenset[str]:
        """The built-in connectors with the changes made, in their order."""
        connectors = set(built_in)
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
    service_accounts: tuple[str, ...] | None = None
    rules: Mapping[str, Severity] = {}


class OwnershipOptions(NamedTuple):
    """Who may own connections. `max_inventory_age` is in days."""

    service_accounts: tuple[str, ...] = ()
    deployers: tuple[str, ...] = ()
    required_role: str = "System Administrator"
    max_inventory_age: int = 30
    tokens: tuple[str, ...] = ("#{*}#", "#*#", "%*%", "$(*)", "__*__")


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


class Config(NamedTuple):
    """All that is configured. `path` is "" for the defaults, `root` the table the keys stand under.

    `described` is set where a change is judged: the exceptions in descriptions that were there before it,
    as rule, solution and reference; no others count then.
    """

    path: str = ""
    root: Route = ()
    locked: tuple[str, ...] = ()
    description_exceptions: bool = True
    baseline: str = BASELINE_FILE
    rules: Mapping[str, Severity] = {}
    source: SourceOptions = SourceOptions()
    connectors: ConnectorOptions = ConnectorOptions()
    names: NameOptions = NameOptions()
    environments: tuple[EnvironmentConfig, ...] = ()
    ownership: OwnershipOptions = OwnershipOptions()
    server: ServerOptions = ServerOptions()
    exceptions: tuple[ExceptionEntry, ...] = ()
    described: frozenset[tuple[str, str, str]] | None = None


NOT_WRITTEN = ("path", "root", "described")
"""The fields of a configuration that no file holds."""


def severity_of(
    rule_id: str, default: Severity, config: Config, environments: Iterable[str] = ()
) -> Severity:
    """The severity that a team has given a rule.

    For findings in environments, by name, the most serious that one of them asks for counts.
    """
    if rule_id == ALWAYS_ERROR or rule_id in config.locked:
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


def find_config(read: Callable[[str], bytes | None], known_rules: Collection[str]) -> Config:
    """The configuration at a repository's root, or the defaults where there is none.

    `read` gives a file's content by its path, or None where there is no such file. Raises UsageError
    for a configuration that is wrong, or that stands in both files.
    """
    own = read(CONFIG_FILE)
    pyproject = read(PYPROJECT_FILE)
    shared = None if pyproject is None else parse_pyproject(pyproject, PYPROJECT_FILE, known_rules)
    if own is None:
        return shared or Config()
    if pyproject is not None and shared is not None:
        from crstandards.policy.complaints import complaint
        from crstandards.policy.problems import Problem

        message = f"[tool.crstandards] stands here and {CONFIG_FILE} beside it: keep one of them"
        raise complaint([Problem((), message)], PYPROJECT_FILE, shared.root, pyproject.decode("utf-8-sig"))
    return parse_config(own, CONFIG_FILE, known_rules)


def parse_config(content: bytes, path: str, known_rules: Collection[str]) -> Config:
    """Read a `crstandards.toml`. Raises UsageError, one line, for anything wrong with it."""
    text, table = _toml(content, path)
    return _checked(table, path, (), text, known_rules)


def parse_pyproject(content: bytes, path: str, known_rules: Collection[str]) -> Config | None:
    """Read `[tool.crstandards]` of a `pyproject.toml`; None where there is no such table.

    Raises UsageError, one line, for anything wrong with it.
    """
    # Most such files are other tools' own: without the word, plain or escaped, the table isn't there.
    if not any(mark in content for mark in (b"crstandards", b"\\u", b"\\U", b"\\x")):
        return None
    text, document = _toml(content, path)
    tools = document.get("tool")
    if not isinstance(tools, dict) or "crstandards" not in tools:
        return None
    return _checked(tools["crstandards"], path, _PYPROJECT_TABLE, text, known_rules)


def config_schema() -> dict[str, Any]:
    """The JSON Schema of the whole configuration, as it is published."""
    import json
    from os.path import dirname, join

    with open(join(dirname(dirname(__file__)), "data", "config.schema.json"), encoding="utf-8") as file:
        schema: dict[str, Any] = json.load(file)
    return schema


def _toml(content: bytes, path: str) -> tuple[str, dict[str, Any]]:
    import tomllib

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        from crstandards.policy.complaints import undecodable

        raise undecodable(path, content, error) from None
    try:
        return text, tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        from crstandards.policy.complaints import unparsable

        raise unparsable(path, text, error) from None


def _checked(table: Any, path: str, root: Route, text: str, known_rules: Collection[str]) -> Config:
    from crstandards.policy.problems import problems_of
    from crstandards.policy.schema import fits

    schema = config_schema()
    value = _with_dates_as_text(table)
    problems: Sequence[Problem] = ()
    if not fits(schema, value):
        from crstandards.policy.complaints import schema_problems

        problems = schema_problems(schema, value, root, known_rules)
    problems = problems or list(problems_of(table, known_rules))
    if problems:
        from crstandards.policy.complaints import complaint

        raise complaint(problems, path, root, text)
    return _config(table, path, root)


def _with_dates_as_text(table: Any) -> Any:
    """The table as JSON sees it: of all values, only the date `expires` may be one that JSON lacks."""
    from datetime import date, datetime

    if not isinstance(table, dict) or not isinstance(table.get("exceptions"), list):
        return table
    entries = [
        {**entry, "expires": entry["expires"].isoformat()}
        if isinstance(entry, dict)
        and isinstance(entry.get("expires"), date)
        and not isinstance(entry["expires"], datetime)
        else entry
        for entry in table["exceptions"]
    ]
    return {**table, "exceptions": entries}


def _config(table: Mapping[str, Any], path: str, root: Route) -> Config:
    values = _fields(table)
    for name, record in _RECORDS.items():
        if name in values:
            values[name] = record(**_fields(values[name]))
    for name, record in _LISTED_RECORDS.items():
        values[name] = tuple(record(**_fields(item)) for item in table.get(name, ()))
    return Config(path=path, root=root, **values)


def _fields(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("-", "_"): _field(value) for key, value in table.items()}


def _field(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    # To JSON Schema, 30.0 is a whole number.
    return int(value) if isinstance(value, float) and value.is_integer() else value


_RECORDS: Final[Mapping[str, Callable[..., Any]]] = {
    "source": SourceOptions,
    "connectors": ConnectorOptions,
    "names": NameOptions,
    "ownership": OwnershipOptions,
    "server": ServerOptions,
}
_LISTED_RECORDS: Final[Mapping[str, Callable[..., Any]]] = {
    "environments": EnvironmentConfig,
    "exceptions": ExceptionEntry,
}
