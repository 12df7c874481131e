"""The rules, their pages, the list of rules, the schemas and the fixtures say the same."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crstandards.data import load
from crstandards.findings import Rule
from crstandards.pages import page
from crstandards.policy.config import parse_config
from crstandards.report.json_format import document
from crstandards.rules import BY_ID, RULES
from tests.rules.checks import check

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"

# What the standard asks for; a rule that is not listed here, or otherwise, is a mistake somewhere.
STANDARD = """
CR101 raw-connection error
CR102 raw-canvas-connection warning
CR103 flow-outside-solution warning
CR104 embedded-connection-id error
CR201 duplicate-connector error
CR202 duplicate-logical-name error
CR203 duplicate-alias note
CR204 dependency-beside-own note
CR205 several-endpoints warning
CR206 legacy-connector-beside-current note
CR301 duplicate-in-environment error
CR302 conflicting-declaration error
CR303 shared-in-set-per-solution error
CR304 reference-outside-reference-solution error
CR305 duplicate-in-repository note
CR401 owner-not-service-account error
CR402 owner-unverified warning
CR403 inventory-outdated warning
CR404 connection-broken error
CR405 service-account-not-admin warning
CR406 connection-not-shared warning
CR501 undefined-reference error
CR502 unknown-alias error
CR503 connector-mismatch error
CR504 unused-reference warning
CR505 reference-name off
CR506 dependency-not-provided warning
CR509 flow-file-missing error
CR601 settings-incomplete error
CR602 settings-unknown-reference warning
CR603 settings-unbound error
CR604 settings-mismatch error
CR605 settings-reused-connection error
CR901 unreadable-source error
CR902 stale-exception warning
"""

SECTIONS = [
    "What it finds",
    "Why",
    "Bad",
    "Good",
    "How to fix it",
    "When an exception is right",
    "Options",
]
DATA = {
    rule: set(names.split())
    for rules, names in {
        "CR101 CR502": "flow alias connector operations",
        "CR201 CR205": "connector references keep",
        "CR202 CR501": "reference",
        "CR301 CR305": "connector references environments",
        "CR302 CR303 CR304": "reference environments",
        "CR401 CR402 CR403 CR404 CR405 CR406": "reference connection owner environments",
        "CR503": "flow alias connector reference declared_connector",
        "CR504": "references",
        "CR509": "flows",
        "CR601 CR602 CR603 CR604 CR605": "reference environments",
    }.items()
    for rule in rules.split()
}
"""What programs may rely on."""

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def test_the_rules_are_those_of_the_standard() -> None:
    assert [f"{rule.id} {rule.name} {rule.severity}" for rule in RULES] == STANDARD.split("\n")[1:-1]
    assert list(BY_ID.values()) == list(RULES)


@each_rule
def test_a_rule_is_a_file_of_its_name(rule: Rule) -> None:
    file = f"{rule.id.lower()}_{rule.name.replace('-', '_')}.py"
    assert [path.parent.name for path in (ROOT / "crstandards/rules").rglob(file)] == [rule.needs]
    assert rule.see.startswith("https://learn.microsoft.com/")
    assert rule.summary
    assert rule.summary[0].islower()
    assert rule.summary[-1] != "."


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@each_rule
def test_a_page_has_all_its_parts(rule: Rule) -> None:
    text = page(rule.id)
    assert (ROOT / "docs" / "rules" / f"{rule.id}.md").read_text("utf-8") == text
    title, _, severity = text.split("\n")[:3]
    assert title == f"# {rule.id} {rule.name}"
    assert severity.startswith(f"Severity: {rule.severity}")
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == SECTIONS
    how = text.split("## How to fix it")[1].split("\n## ")[0]
    assert re.findall(r"^### (.*)", how, re.MULTILINE) == ["In the portal", "In the source"]
    for section in re.split(r"^##+ .*$", text, flags=re.MULTILINE)[1:]:
        assert section.strip() or "### In the portal" in text


@each_rule
def test_a_page_s_examples_are_valid(rule: Rule) -> None:
    text = page(rule.id)
    for block in blocks(text, "json"):
        json.loads(block)
    for block in blocks(text, "toml"):
        parse_config(block.encode(), f"{rule.id}.md", BY_ID)


@each_rule
def test_an_exception_on_a_page_is_one_from_its_rule(rule: Rule) -> None:
    section = page(rule.id).split("## When an exception is right")[1].split("\n## ")[0]
    for block in blocks(section, "toml"):
        for entry in tomllib.loads(block).get("exceptions", ()):
            assert entry["rule"] == rule.id


@each_rule
def test_a_page_s_options_are_in_the_schema(rule: Rule) -> None:
    options = page(rule.id).split("## Options")[1]
    known = json.dumps(load("config.schema.json"))
    for name in re.findall(r"^- `(?:\[+[a-z.]+\]+ )?([a-z][a-z-]*)`", options, re.MULTILINE):
        assert f'"{name}"' in known, name


def test_the_list_of_rules_has_them_all() -> None:
    text = (ROOT / "docs" / "rules" / "README.md").read_text("utf-8")
    rows = re.findall(
        r"^\| \[(CR\d+)\]\((CR\d+)\.md\) \| ([a-z-]+) \| ([a-z]+) \| .+ \|$", text, re.MULTILINE
    )
    assert rows == [(rule.id, rule.id, rule.name, rule.severity) for rule in RULES]


def test_no_page_is_left_over() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("CR*.md")}
    assert pages == set(BY_ID) == {path.name for path in FIXTURES.iterdir()}


def schema() -> dict[str, Any]:
    return load("report.schema.json")


def test_the_report_s_schema_names_each_rule_s_data() -> None:
    described: dict[str, set[str]] = {}
    for part in schema()["$defs"]["finding"]["allOf"]:
        condition = part["if"]["properties"]["rule"]
        rules = condition.get("enum") or [condition["const"]]
        described |= {rule: set(part["then"]["properties"]["data"]["properties"]) for rule in rules}
    assert described.keys() <= BY_ID.keys()
    assert {rule: described[rule] for rule in DATA} == DATA


@each_rule
def test_its_fixture_is_found_and_its_report_fits_the_schema(rule: Rule) -> None:
    report = check(FIXTURES / rule.id / "found")
    found = [item for item in report.counted() if item.rule.id == rule.id]
    assert found
    assert DATA.get(rule.id, set()) <= set(found[0].finding.data)
    assert not list(Draft202012Validator(schema()).iter_errors(document(report)))
    # Most show one thing; what is wrong with one may well be wrong in another way.
    assert {item.rule.id for item in report.counted()} - {rule.id} <= {"CR504"}
    for item in found:
        assert item.finding.message.endswith(".")
        assert item.finding.help
        assert item.finding.identity


@each_rule
def test_its_clean_fixture_is_clean(rule: Rule) -> None:
    assert not [item.finding.message for item in check(FIXTURES / rule.id / "clean").counted()]


def test_each_endpoint_has_its_source() -> None:
    known = load("own_endpoint.json")
    assert {"shared_sql", "shared_keyvault", "shared_uiflow", "shared_onedriveforbusiness"} <= known.keys()
    everybodys = {"office365", "sharepointonline", "teams", "approvals", "commondataserviceforapps"}
    assert not {f"shared_{name}" for name in everybodys} & known.keys()
    for connector, endpoint in known.items():
        assert endpoint["carries"]
        name = connector.removeprefix("shared_")
        assert endpoint["source"] == f"https://learn.microsoft.com/connectors/{name}/"
