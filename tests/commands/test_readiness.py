from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from crstandards.cli import main
from crstandards.report.readiness import STAGES
from crstandards.rules import RULES
from tests.support.builders import OUTLOOK, TEAMS, entry, flow, flow_guid, write_solution
from tests.support.configured import OWNERSHIP, PROD, TEST, put
from tests.support.documents import ROOT
from tests.support.exports import (
    ADELE,
    DEPLOYER,
    OUTLOOK_ID,
    broken,
    page,
    reference,
    rest,
    settings,
    share,
    user,
)

ONE = f'{OWNERSHIP}deployers = ["{DEPLOYER}"]\n{PROD}'
SHARED = [share({"id": DEPLOYER})]
GOOD = rest(permissions=SHARED)
SETTINGS = settings(("con_outlook", OUTLOOK_ID))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A solution with two flows, of which one uses a reference, and all that is known of it."""
    write_solution(tmp_path / "src/HR", "ContosoHR", flows={"Send": flow(), "Idle": flow({})})
    exports = page(GOOD), page(reference("con_outlook"))
    put(tmp_path, {"crstandards.toml": ONE, "config/prod/hr.json": SETTINGS})
    put(tmp_path, {"inventory/prod-c.json": exports[0], "inventory/prod-r.json": exports[1]})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        status = main(["readiness", "--as-of", "2026-01-15", *arguments])
    assert not err.getvalue()
    return status, out.getvalue()


def told(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("--format", "json", *arguments)[1])["environments"]
    return found


def test_nothing_would_go_wrong(root: Path) -> None:
    status, text = run()
    assert status == 0
    # An export never says when it was taken.
    assert "contoso-prod\nNothing would go wrong with 2 flows, as far as it is known.\n" in text
    assert run("--strict")[0] == 3
    inventory = {
        "schema": "crstandards/inventory/1",
        "taken": "2026-01-10",
        "connections": [{"id": OUTLOOK_ID, "signedInAs": "service account", "sharedWith": [DEPLOYER]}],
        "references": [{"logicalName": "con_outlook", "connection": OUTLOOK_ID}],
    }
    (root / "inventory/prod-r.json").unlink()
    put(root, {"inventory/prod-c.json": inventory})
    assert run("--strict") == (0, "contoso-prod\nNothing would go wrong with 2 flows.\n")


@pytest.mark.parametrize(
    ("files", "rule", "stage", "is_off"),
    [
        ({"config/prod/hr.json": settings(("con_outlook", ""))}, "CR603", "settings", True),
        ({"config/prod/hr.json": settings()}, "CR601", "settings", True),
        ({"inventory/prod-c.json": page(rest(statuses=broken("AADSTS50057")))}, "CR404", "connection", True),
        (
            {"config/prod/hr.json": "{}", "inventory/prod-r.json": page(reference("con_outlook", None))},
            "CR407",
            "connection",
            True,
        ),
        ({"inventory/prod-c.json": page(rest(permissions=[]))}, "CR406", "sharing", False),
        (
            {"inventory/prod-c.json": page(rest(permissions=SHARED, signed_in=ADELE, creator=user()))},
            "CR401",
            "owner",
            False,
        ),
    ],
)
def test_one_thing_is_wrong(root: Path, files: dict[str, Any], rule: str, stage: str, is_off: bool) -> None:
    put(root, files)
    (environment,) = told()
    (affected,) = environment["affected"]
    assert (affected["name"], affected["solution"], affected["off"]) == ("Send", "ContosoHR", is_off)
    assert environment["off"] == is_off
    assert (rule, stage) in [(item["rule"], item["stage"]) for item in environment["findings"]]
    assert run()[0] == 1


def test_what_is_wrong_in_the_source_is_wrong_in_each_environment_of_the_solution(root: Path) -> None:
    flows = {"Send": flow(), "Raw": flow({TEAMS: {"api": {"name": TEAMS}}}), "Lost": flow({OUTLOOK: "con_x"})}
    host = {"workflowReferenceName": flow_guid("Child")}
    flows["Child"] = flow({OUTLOOK: {**entry("con_outlook"), "runtimeSource": "invoker"}})
    flows["Parent"] = flow({}, {"Run": {"type": "Workflow", "inputs": {"host": host}}})
    write_solution(root / "src/HR", "ContosoHR", flows=flows)
    other = TEST + 'solutions = ["Fabrikam*"]\n'
    put(root, {"crstandards.toml": ONE + other})
    (prod, test) = told()
    assert {flow["name"] for flow in prod["affected"] if flow["off"]} == {"Raw", "Lost", "Parent"}
    assert (test["flows"], test["affected"], test["findings"]) == (0, [], [])
    assert [item["name"] for item in told("--environment", "contoso-test")] == ["contoso-test"]


def test_what_no_flow_uses_may_be_wrong_too(root: Path) -> None:
    write_solution(root / "src/HR", "ContosoHR", ["con_outlook", "con_spare"], flows={})
    put(root, {"config/prod/hr.json": settings(("con_outlook", OUTLOOK_ID), ("con_spare", ""))})
    status, text = run()
    assert status == 1
    assert "No flow will be off after the next import, but something is wrong." in text


def test_what_is_let_through_is_left_out(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(("con_outlook", ""))})
    put(root, {"crstandards.toml": ONE + '[[exceptions]]\nrule = "CR603"\nreason = "off there"\n'})
    assert run()[0] == 0


def test_where_no_environment_is_declared(root: Path) -> None:
    put(root, {"crstandards.toml": ""})
    (environment,) = told()
    assert (environment["name"], environment["flows"], environment["findings"]) == ("", 2, [])
    write_solution(root / "src/HR", "ContosoHR", flows={"Send": flow({OUTLOOK: entry("con_gone")})})
    assert [item["rule"] for item in told()[0]["findings"]] == ["CR501"]


def test_what_is_not_known_names_what_would_tell(root: Path) -> None:
    for path in ("config/prod/hr.json", "inventory/prod-c.json", "inventory/prod-r.json"):
        (root / path).unlink()
    remedies = " ".join(item["remedy"] for item in told()[0]["unknown"])
    for word in ("Deployment settings", "export of the connections", "connection references", "permissions"):
        assert word in remedies
    headings = re.findall(r"^#+ (.+)", (ROOT / "docs/ownership.md").read_text("utf-8"), re.MULTILINE)
    anchors = {heading.lower().replace(",", "").replace(" ", "-") for heading in headings}
    assert set(re.findall(r"ownership\.md#([\w-]+)", remedies)) <= anchors
    assert remedies.count("ownership.md#") == 4


@pytest.mark.parametrize("path", ["config/prod/hr.json", "src/HR/Other/Customizations.xml"])
def test_what_cannot_be_read_does_not_pass(root: Path, path: str) -> None:
    tokens = settings(("con_outlook", "#{con_outlook}#"))
    put(root, {"crstandards.toml": f"{ONE}{TEST}", "config/test/hr.json": tokens, path: "<"})
    status, text = run("--environment", "contoso-prod")
    assert status == 3
    assert f"- {Path(path).name} cannot be checked" in text
    # Settings belong to their environment alone, and a solution to each that holds it.
    status, text = run("--environment", "contoso-test")
    assert ("cannot be checked" in text, status) == (("src" in path), 3 if "src" in path else 0)


def test_each_format(root: Path) -> None:
    put(root, {"config/prod/hr.json": settings(("con_outlook", ""))})
    write_solution(root / "src/HR", "ContosoHR", flows={"<b>*Send": flow()})
    assert '- flow "\\<b\\>\\*Send"' in run("--format", "markdown")[1].replace("&lt;", "\\<").replace(
        "&gt;", "\\>"
    )
    assert "flow &quot;&lt;b&gt;*Send&quot; of ContosoHR: CR603" in run("--format", "html")[1]
    assert run("--output", "out.txt") == (1, "")
    assert 'flow "<b>*Send" of ContosoHR: CR603' in (root / "out.txt").read_text("utf-8")


def test_where_there_is_no_solution_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        assert main(["readiness"]) == 0
    assert "There are no flows here." in out.getvalue()
    assert err.getvalue() == "No solution here: nothing to tell.\n"


def test_each_rule_has_a_stage_that_there_is() -> None:
    assert {rule.stage for rule in RULES} == {"", "unknown", *STAGES}


@pytest.mark.parametrize(("members", "is_unknown"), [({}, True), ({"all": True}, False)])
def test_an_inventory_of_what_is_bound_does_not_tell_what_is_there(
    root: Path, members: dict[str, bool], is_unknown: bool
) -> None:
    (root / "inventory/prod-r.json").unlink()
    inventory = {
        "schema": "crstandards/inventory/1",
        "taken": "2026-01-10",
        "connections": [{"id": "other", "signedInAs": "service account", "sharedWith": [DEPLOYER]}],
        "references": [{"logicalName": "con_outlook", "connection": "other"}],
        **members,
    }
    put(root, {"inventory/prod-c.json": inventory})
    whats = [item["what"] for item in told()[0]["unknown"]]
    assert any("only those that references are bound to" in what for what in whats) == is_unknown
    assert ("CR408" in [item["rule"] for item in told()[0]["findings"]]) != is_unknown
