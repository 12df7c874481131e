from __future__ import annotations

import subprocess
import sys
import tomllib
from typing import Any

import pytest

from crstandards.data import load
from crstandards.errors import UsageError
from crstandards.findings import Severity
from crstandards.policy.configuration import (
    NOT_WRITTEN,
    Config,
    ConnectorOptions,
    EnvironmentConfig,
    ExceptionEntry,
    find_config,
    parse_config,
    severity_of,
)

RULES = ("CR101", "CR201", "CR301", "CR401", "CR504", "CR901", "CR902")

WHOLE = """\
locked = ["CR101"]
description-exceptions = false
baseline = "known.json"

[rules]
CR504 = "error"

[source]
exclude = ["src-archived/**"]
vendored = ["vendor/**"]
external-references = ["msdyn_*"]

[connectors]
own-endpoint = ["shared_contosoerp", "!shared_sql"]

[names]
logical-name = "{prefix}_{connector}(_[a-z]+)?"
display-name = "{solution} - .+"

[[environments]]
name = "contoso-prod"
solutions = ["Contoso*"]
sharing = "one-set"
reference-solution = "ContosoConnections"
settings = ["config/prod/*.json"]
inventory = ["inventory/prod.json"]
inventory-complete = true
service-accounts = []
rules = { CR401 = "off" }

[[environments]]
name = "fabrikam"
sharing = "set-per-solution"

[ownership]
service-accounts = ["svc-power@contoso.com", "svc-*@contoso.com"]
deployers = ["00000000-0000-0000-0000-000000000001"]
required-role = "Environment Maker"
max-inventory-age = 7
tokens = ["<*>"]

[server]
enforce = ["refs/heads/main", "refs/heads/release/*"]
strict = true
deadline = 2.5

[[exceptions]]
rule = "CR201"
solution = "ContosoHR"
connector = "shared_office365"
references = ["con_outlook_hr", "con_outlook_payroll"]
flow = "Send payslips"
alias = "shared_office365_1"
path = "src/HR/**"
environment = "contoso-*"
connection = "shared-office365-*"
reason = "two shared mailboxes: hr@ and payroll@"
expires = 2027-06-30

[[exceptions]]
rule = "CR504"
reason = "used from outside"
"""


def parsed(text: str) -> Config:
    return parse_config(text.encode(), "crstandards.toml")


def test_an_empty_file_gives_the_defaults() -> None:
    assert parsed("") == Config("crstandards.toml")


def records() -> dict[str, Any]:
    """The record of each table of the configuration, with its defaults; "" is the root."""
    config = Config()
    sections = {
        name: getattr(config, name) for name in config._fields if hasattr(getattr(config, name), "_fields")
    }
    listed = {"environments": EnvironmentConfig("x"), "exceptions": ExceptionEntry("CR101", "x")}
    return {"": config} | sections | listed


def keys_of(table: str) -> dict[str, Any]:
    """What the schema says of a table's keys, each named like the record's field."""
    schema = load("config.schema.json")
    schema = schema["properties"][table] if table else schema
    return {key.replace("-", "_"): part for key, part in schema.get("items", schema)["properties"].items()}


@pytest.mark.parametrize("table", records())
def test_a_record_holds_every_key_of_the_schema_with_its_default(table: str) -> None:
    record, keys = records()[table], keys_of(table)
    assert keys.keys() == set(record._fields) - set(NOT_WRITTEN if not table else ())
    for key, part in keys.items():
        if "default" in part:
            value = getattr(record, key)
            assert (list(value) if isinstance(value, tuple) else value) == part["default"], key


def plain(value: Any) -> Any:
    """A record as TOML has it, without what isn't said."""
    if hasattr(value, "_asdict"):
        own = {name.replace("_", "-"): inner for name, inner in value._asdict().items()}
        defaults, skipped = type(value)._field_defaults, NOT_WRITTEN if isinstance(value, Config) else ()
        return {
            name: plain(inner)
            for name, inner in own.items()
            if name not in skipped and inner != defaults.get(name.replace("-", "_"), "")
        }
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def test_every_key_is_read() -> None:
    told = tomllib.loads(WHOLE)
    # What a default says is the same as nothing.
    told["environments"][0].pop("sharing")
    assert plain(parsed(WHOLE)) == told


def test_no_service_accounts_is_not_the_same_as_none_of_its_own() -> None:
    own, general = parsed(
        '[[environments]]\nname = "a"\nservice-accounts = []\n[[environments]]\nname = "b"'
    ).environments
    assert own.service_accounts == ()
    assert general.service_accounts is None


def test_a_whole_number_may_be_written_as_a_decimal() -> None:
    age = parsed("[ownership]\nmax-inventory-age = 30.0").ownership.max_inventory_age
    assert age == 30
    assert isinstance(age, int)


def test_a_byte_order_mark_and_crlf_are_accepted() -> None:
    content = b'\xef\xbb\xbf[rules]\r\nCR504 = "off"\r\n'
    assert parse_config(content, "crstandards.toml").rules == {"CR504": "off"}


def test_the_table_of_pyproject() -> None:
    content = WHOLE.replace("[[", "[[tool.crstandards.").replace("\n[", "\n[tool.crstandards.")
    content = content.replace("[tool.crstandards.[", "[[").replace("locked", "[tool.crstandards]\nlocked", 1)
    config = parse_config(content.encode(), "pyproject.toml")
    assert (config.path, config.root) == ("pyproject.toml", ("tool", "crstandards"))
    assert config.decided() == parsed(WHOLE).decided()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\nname = 'x'",
        "[project]\ndependencies = ['crstandards']",
        "[crstandards]\nlocked = 1",
        "tool = 'crstandards'",
        "[tool.ruff]\nselect = ['\\\\u']",
        "this is no TOML at all",
    ],
)
def test_a_pyproject_without_the_table(text: str) -> None:
    assert parse_config(text.encode(), "pyproject.toml") == Config()


@pytest.mark.parametrize("text", ["[tool.crstandards]", '[tool."cr\\u0073tandards"]'])
def test_an_empty_table_of_pyproject_is_a_configuration(text: str) -> None:
    config = parse_config(text.encode(), "pyproject.toml")
    assert config == Config("pyproject.toml", ("tool", "crstandards"), text.encode())


def found(**files: str) -> Config:
    contents = {f"{name}.toml": text.encode() for name, text in files.items()}
    return find_config(contents.get)


def test_the_one_file_is_found() -> None:
    assert found() == found(pyproject="[tool.ruff]") == Config()
    assert found(crstandards="baseline = 'a.json'", pyproject="[tool.ruff]").path == "crstandards.toml"
    assert found(pyproject="[tool.crstandards]\nbaseline = 'b.json'").path == "pyproject.toml"


def test_both_files_at_once_are_refused() -> None:
    with pytest.raises(UsageError) as caught:
        found(crstandards="", pyproject="[tool.ruff]\n\n[tool.crstandards]\nbaseline = 'b.json'")
    assert str(caught.value) == (
        "pyproject.toml:3: [tool.crstandards] stands here and crstandards.toml beside it: keep one of them"
    )


@pytest.mark.parametrize(
    ("rule", "environments", "severity"),
    [
        ("CR201", (), "warning"),
        ("CR101", (), "error"),
        ("CR504", (), "note"),
        ("CR901", (), "error"),
        ("CR401", (), "warning"),
        ("CR401", ("dev",), "off"),
        ("CR401", ("DEV",), "off"),
        ("CR401", ("dev", "test"), "note"),
        ("CR401", ("dev", "prod"), "warning"),
        ("CR401", ("elsewhere",), "warning"),
        ("CR101", ("dev",), "error"),
        ("CR504", ("dev",), "note"),
    ],
)
def test_the_severity_of_a_rule(rule: str, environments: tuple[str, ...], severity: Severity) -> None:
    config = Config(
        locked=("CR101",),
        rules={"CR504": "note"},
        environments=(
            EnvironmentConfig("dev", rules={"CR401": "off"}),
            EnvironmentConfig("test", rules={"CR401": "note"}),
            EnvironmentConfig("prod"),
        ),
    )
    assert severity_of(rule, "warning", config, environments) == severity


def test_changes_to_the_connectors_with_an_endpoint_of_their_own() -> None:
    options = ConnectorOptions(
        ("Shared_ContosoErp", "!shared_SQL", "shared_x-5f21dec655d73f3a8c", "!shared_y")
    )
    built_in = {*load("own_endpoint.json")}
    assert "shared_sql" in built_in
    assert ConnectorOptions().own_endpoints() == built_in
    assert options.own_endpoints(["shared_y", "shared_z"]) == {
        *(built_in - {"shared_sql"}),
        "shared_contosoerp",
        "shared_x",
        "shared_z",
    }


def imported_by(statement: str) -> set[str]:
    # What measures coverage, say, is there before.
    script = f"import sys\nbefore = set(sys.modules)\n{statement}\nprint(*sys.modules.keys() - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_good_configuration_imports_nothing_slow() -> None:
    slow = {"jsonschema", "difflib"}
    assert not imported_by("import crstandards.policy.configuration") & (slow | {"tomllib", "json"})
    assert not imported_by(
        "from crstandards.policy.configuration import find_config\n"
        f"find_config({{'crstandards.toml': {WHOLE.encode()!r}}}.get)"
    ) & (slow)
    assert "tomllib" not in imported_by(
        "from crstandards.policy.configuration import find_config\n"
        "find_config({'pyproject.toml': b'[tool.ruff]'}.get)"
    )
