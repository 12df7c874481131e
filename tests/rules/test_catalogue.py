"""The rules, their pages, the list of rules, the schemas and the pairs say the same."""

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
from crstandards.policy.configuration import parse_config
from crstandards.report.json_format import document
from crstandards.rules import BY_ID, RULES
from tests.support.builders import write_files
from tests.support.checks import check
from tests.support.pairs import PAIRS

ROOT = Path(__file__).resolve().parents[2]

SECTIONS = [
    "What it finds",
    "Why",
    "Bad",
    "Good",
    "How to fix it",
    "When an exception is right",
    "Options",
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


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
        parse_config(block.encode(), f"{rule.id}.md")


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


def test_no_page_is_left_over() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("CR*.md")}
    assert pages == set(BY_ID)


def schema() -> dict[str, Any]:
    return load("report.schema.json")


def test_the_report_s_schema_names_each_rule_s_data() -> None:
    described: dict[str, set[str]] = {}
    for part in schema()["$defs"]["finding"]["allOf"]:
        condition = part["if"]["properties"]["rule"]
        rules = condition.get("enum") or [condition["const"]]
        described |= {rule: set(part["then"]["properties"]["data"]["properties"]) for rule in rules}
    assert described.keys() <= BY_ID.keys()
    # Where a rule may speak of several, the schema need not say so.
    more = {"references", "connections", "connection", "connector"}
    assert all(keys <= set(BY_ID[rule].data) <= keys | more for rule, keys in described.items())


@pytest.mark.parametrize("rule", PAIRS)
def test_it_finds_the_one_of_its_pair_and_its_report_fits_the_schema(rule: str, tmp_path: Path) -> None:
    pair = PAIRS[rule]
    write_files(tmp_path, pair.found)
    report = check(tmp_path)
    found = [item for item in report.counted() if item.rule.id == rule]
    assert set(found[0].data) <= set(BY_ID[rule].data)
    assert not list(Draft202012Validator(schema()).iter_errors(document(report)))
    # Most show one thing; what is wrong with one may well be wrong in another way.
    assert {item.rule.id for item in report.counted()} - {rule} <= {"CR504"}
    for item in found:
        assert bool(item.finding.steps) != bool(item.finding.decision)
        assert item.finding.message.endswith(".")
        assert item.finding.help
        assert item.finding.identity
    if pair.place:
        (item,) = report.findings
        assert item.span[:5] == pair.place
        content = pair.found[item.span.path]
        text = content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8-sig")
        assert item.span.excerpt == text.splitlines()[item.span.line - 1]


@pytest.mark.parametrize("rule", PAIRS)
def test_it_leaves_the_other_one_alone(rule: str, tmp_path: Path) -> None:
    write_files(tmp_path, PAIRS[rule].clean)
    report = check(tmp_path)
    assert report.summary.solutions
    assert not [item.finding.message for item in report.counted()]
    assert not PAIRS[rule].place or report.findings == ()


def test_each_endpoint_has_its_source() -> None:
    known = load("own_endpoint.json")
    assert {"shared_sql", "shared_keyvault", "shared_uiflow", "shared_onedriveforbusiness"} <= known.keys()
    everybodys = {"office365", "sharepointonline", "teams", "approvals", "commondataserviceforapps"}
    assert not {f"shared_{name}" for name in everybodys} & known.keys()
    for connector, endpoint in known.items():
        assert endpoint["carries"]
        name = connector.removeprefix("shared_")
        assert endpoint["source"] == f"https://learn.microsoft.com/connectors/{name}/"


WRITTEN = {
    "policy/__init__.py": ["CR901"],  # What cannot be read is always an error; the policy knows no rules.
    "policy/baseline.py": ["CR902"],  # Findings about the baseline itself are in none.
    "quick/configuration.py": ["CR901"],  # The same, on the path of a commit, which loads no policy for it.
    "quick/door.py": ["CR101,CR104,CR901", "CR201,CR202,CR901"],  # Two hooks of .pre-commit-hooks.yaml.
    "rules/__init__.py": ["CR102"],  # It had another name.
    "commands/settings.py": ["CR408"],  # A rule of inventories, so that these are read.
    "commands/demo.py": ["CR101", "CR201"],  # What the demo has to show.
}
"""Where the program names rules outside their own files, and why; examples in texts of help aside."""


def test_few_lines_name_a_rule_outside_its_own_file() -> None:
    package = ROOT / "crstandards"
    found = {
        path.relative_to(package).as_posix(): named
        for path in package.rglob("*.py")
        if path.stem != "index" and not re.match(r"cr\d{3}_", path.stem)
        if (named := re.findall(r'"((?:CR\d{3},?)+)"', path.read_text(encoding="utf-8")))
    }
    assert found == WRITTEN
    assert sum(map(len, found.values())) <= 10
