"""What a change does to connections: found, and left alone."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crstandards.history.checks import Checks, Terms
from crstandards.report.history import changes_as_json
from crstandards.rules import RULES
from crstandards.source.facts import Facts
from tests.support.builders import OUTLOOK, TEAMS, Reference, flow, flow_file, raw_flow, solution_files
from tests.support.exports import settings
from tests.support.histories import Files, Memory, Step

PLANNER = "shared_planner"
DECLARED = ["con_outlook", ("con_teams", TEAMS), ("con_planner", PLANNER)]
HR = {"Send": flow()}
PROD = b'[[environments]]\nname = "prod"\nsettings = ["prod.json"]\n'
BOUND = {"crstandards.toml": PROD, "prod.json": settings(("con_outlook", "a1")).encode()}


def tree(
    flows: Any = HR, references: Any = DECLARED, folder: str = "src/HR", name: str = "ContosoHR"
) -> Files:
    return {f"{folder}/{path}": held for path, held in solution_files(name, references, flows).items()}


def changes(before: Files, after: Files) -> dict[str, Any]:
    """What is not empty of the changes; flows as `[change, name, +reference, -reference]`."""
    git = Memory([Step((), before), Step((0,), after)])
    told = changes_as_json(Checks(git, Terms(RULES), Facts()).changes("1", "0"))
    flows = [
        [item["change"], item["name"]]
        + [f"+{name}" for name in item["references"]["added"]]
        + [f"-{name}" for name in item["references"]["removed"]]
        for item in told["flows"]
    ]
    found = {
        f"{what}.{key}": value for what in ("connectors", "references") for key, value in told[what].items()
    }
    return {key: value for key, value in {"flows": flows, **found}.items() if value}


FLOW_OF_HR = f"src/HR/Workflows/{flow_file('Send')}"
FOUND: dict[str, tuple[Files, Files, dict[str, Any]]] = {
    "a new flow": (
        tree(),
        tree({**HR, "New": raw_flow(TEAMS)}),
        {"flows": [["added", "New", "+raw:shared_teams"]]},
    ),
    "a flow that is gone": (
        tree({**HR, "Old": flow()}),
        tree(),
        {"flows": [["removed", "Old", "-con_outlook"]]},
    ),
    "a flow with other references": (
        tree(),
        tree({"Send": flow({TEAMS: "con_teams"})}),
        {"flows": [["changed", "Send", "+con_teams", "-con_outlook"]]},
    ),
    "a raw connection that became a reference": (
        tree({"Send": raw_flow()}),
        tree(),
        {"flows": [["changed", "Send", "+con_outlook", "-raw:shared_office365"]]},
    ),
    "a connector and its reference": (
        tree(references=["con_outlook"]),
        tree(references=["con_outlook", ("con_planner", PLANNER)]),
        {"connectors.added": [PLANNER], "references.added": ["con_planner"]},
    ),
    "a connector and its reference that are gone": (
        tree(references=["con_outlook", ("con_planner", PLANNER)]),
        tree(references=["con_outlook"]),
        {"connectors.removed": [PLANNER], "references.removed": ["con_planner"]},
    ),
    "settings that bind another connection": (
        tree() | BOUND,
        tree() | BOUND | {"prod.json": settings(("con_outlook", "b2")).encode()},
        {
            "references.rebound": [
                {"reference": "con_outlook", "environment": "prod", "from": "a1", "to": "b2"},
            ]
        },
    ),
}
LEFT_ALONE: dict[str, tuple[Files, Files]] = {
    "nothing": (tree(), tree()),
    "what a flow does with its connections": (
        tree({"Send": flow({OUTLOOK: "con_outlook"}, {})}),
        tree(),
    ),
    "another folder": (tree(), tree(folder="solutions/HR")),
    "another alias and other letters": (
        tree(),
        {path: held.replace(b'"con_outlook"', b'"CON_Outlook"') for path, held in tree().items()},
    ),
    "a flow that cannot be read any more": (tree(), tree() | {FLOW_OF_HR: b"{"}),
    "a flow that could not be read": (tree() | {FLOW_OF_HR: b"{"}, tree()),
    "declarations that cannot be read any more": (
        tree(),
        tree() | {"src/HR/Other/Customizations.xml": b"<ImportExportXml>"},
    ),
    "another solution's reference, which is in the repository already": (
        tree() | tree({}, folder="src/B", name="B"),
        tree(references=["con_outlook"]) | tree({}, folder="src/B", name="B"),
    ),
    "settings of a reference that had none": (
        tree() | BOUND | {"prod.json": settings().encode()},
        tree() | BOUND,
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_found(case: str) -> None:
    before, after, expected = FOUND[case]
    assert changes(before, after) == expected


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_left_alone(case: str) -> None:
    assert changes(*LEFT_ALONE[case]) == {}


def test_both_trees_tell_what_the_portal_shows() -> None:
    before = tree(references=[*DECLARED, Reference("con_old", TEAMS, "Old Teams")])
    after = tree(references=[*DECLARED, Reference("con_new", TEAMS, "New Teams")])
    git = Memory([Step((), before), Step((0,), after)])
    found = Checks(git, Terms(RULES), Facts()).changes("1", "0")
    assert [found.named(name) for name in ("con_new", "con_old", TEAMS, "con_other")] == [
        '"New Teams" (con_new)',
        '"Old Teams" (con_old)',
        "Microsoft Teams (shared_teams)",
        "con_other",
    ]


def test_both_trees_are_looked_at_under_the_later_ones_configuration() -> None:
    rebound = changes(
        tree() | {"prod.json": BOUND["prod.json"]},
        tree() | BOUND | {"prod.json": settings(("con_outlook", "b2")).encode()},
    )
    assert re.findall(r"'(?:from|to)': '(\w+)'", str(rebound)) == ["a1", "b2"]
