"""From folders on disk to the lines of the map."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

from crstandards.check.links import links_of
from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.baseline import Baseline, entry_of
from crstandards.policy.configuration import parse_config
from crstandards.report.map import picture_of
from crstandards.reported import MARKS, Link
from crstandards.rules import RULES
from crstandards.snapshot import Folder
from tests.rules.test_cr507 import calling
from tests.support.builders import (
    OUTLOOK,
    SHAREPOINT,
    SQL,
    TEAMS,
    Reference,
    action,
    flow,
    raw_entry,
    write_files,
    write_solution,
)

ONE_SET = '[[environments]]\nname = "prod"\n'
SETTINGS = ONE_SET + 'settings = ["config/*.json"]\n'
TEAMS_PAIR = ("con_teams", TEAMS)


def links(
    root: Path,
    config: str = "",
    focus: Callable[[str], bool] = lambda folder: True,
    is_baselined: bool = False,
) -> tuple[Link, ...]:
    """The map of a folder, as the command makes it."""
    settings = parse_config(config.encode(), "crstandards.toml")
    session = Session(Folder(root), settings, RULES, date(2027, 1, 15), whole=True)
    if is_baselined:
        session.let_through(Baseline(map(entry_of, session.findings())))
    return links_of(session.world, full_report(session, focus).findings, focus)


def told(lines: tuple[Link, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    """The user, the reference and the marks of each line."""
    return [(line.user, line.reference, line.marks) for line in lines]


def test_a_flow_with_a_reference(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR")
    (line,) = links(tmp_path)
    assert line._replace(path="") == Link(
        kind="flow",
        user="Send reminder",
        path="",
        solution="ContosoHR",
        alias=OUTLOOK,
        reference="con_outlook",
        connector=OUTLOOK,
        shown=("con_outlook", "Office 365 Outlook"),
    )
    assert line.path.startswith("Workflows/Sendreminder-")


def test_boxes_have_the_names_that_the_portal_shows(tmp_path: Path) -> None:
    named = [("con_outlook", OUTLOOK, "Mail"), ("con_a", TEAMS, "Teams"), ("con_b", TEAMS, "Teams")]
    write_solution(tmp_path, "ContosoHR", [Reference(*reference) for reference in named])
    texts = {box.text for box in picture_of(links(tmp_path)).boxes.values() if box.column != "user"}
    teams = {"Teams (con_a) (duplicate)", "Teams (con_b) (duplicate)", "Microsoft Teams"}
    assert texts == {"Mail", "Office 365 Outlook", *teams}


def test_a_raw_connection_and_a_lost_one(tmp_path: Path) -> None:
    lost = flow({OUTLOOK: "con_outlook"}, {"Send": action(), "Post": action(TEAMS), "Again": action(TEAMS)})
    flows = {"Lost": lost, "Raw": flow({OUTLOOK: None})}
    write_solution(tmp_path, "ContosoHR", flows=flows)
    assert told(links(tmp_path)) == [
        ("Lost", "con_outlook", ()),
        ("Lost", "", ("lost",)),
        ("Raw", "", ("raw",)),
    ]


def test_duplicates_and_what_nothing_uses(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", "con_outlook_2", TEAMS_PAIR])
    assert told(links(tmp_path)) == [
        ("Send reminder", "con_outlook", ("duplicate",)),
        ("", "con_outlook_2", ("duplicate",)),
        ("", "con_teams", ("unused",)),
    ]


def test_servers_of_their_own_are_no_duplicates(tmp_path: Path) -> None:
    references = [("con_sql", SQL), ("con_sql_2", SQL)]
    flows = {"A": flow({SQL: "con_sql"}), "B": flow({SQL: "con_sql_2"})}
    write_solution(tmp_path, "ContosoHR", references, flows)
    assert {marks for _, _, marks in told(links(tmp_path))} == {("several",)}


def test_what_an_exception_covers_is_allowed(tmp_path: Path) -> None:
    flows = {"A": flow({OUTLOOK: "con_a"}), "B": flow({OUTLOOK: "con_b"}), "C": flow({TEAMS: None})}
    write_solution(tmp_path, "ContosoHR", ["con_a", "con_b"], flows)
    excepted = (
        '[[exceptions]]\nrule = "CR201"\nreason = "two mailboxes"\n'
        '[[exceptions]]\nrule = "CR101"\nreason = "until May"\n'
    )
    assert told(links(tmp_path, excepted)) == [
        ("A", "con_a", ("duplicate", "allowed")),
        ("B", "con_b", ("duplicate", "allowed")),
        ("C", "", ("raw", "allowed")),
    ]


def test_what_the_baseline_holds_is_known_and_as_wrong_as_before(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook"], {"C": flow({TEAMS: None})})
    assert ("C", "", ("raw", "known")) in told(links(tmp_path, is_baselined=True))


def test_what_a_rule_does_not_say_is_no_mark(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", "con_outlook_2"])
    off = '[rules]\nCR201 = "off"\nCR504 = "off"\n'
    assert {marks for _, _, marks in told(links(tmp_path, off))} == {()}


def test_a_name_that_nobody_declares(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR", [])
    write_solution(tmp_path / "Sales", "ContosoSales")
    assert [(line.solution, line.marks) for line in links(tmp_path)] == [
        ("ContosoHR", ("undeclared",)),
        ("ContosoSales", ()),
    ]


def test_another_connector_than_the_reference_has(tmp_path: Path) -> None:
    entry = {**raw_entry(TEAMS), "connection": {"connectionReferenceLogicalName": "con_outlook"}}
    flows = {"A": flow({OUTLOOK: "con_outlook", TEAMS: entry})}
    write_solution(tmp_path, "ContosoHR", flows=flows)
    assert told(links(tmp_path)) == [("A", "con_outlook", ()), ("A", "con_outlook", ("mismatch",))]


def test_environments(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR")
    write_solution(tmp_path / "Sales", "ContosoSales", ["con_sales"], {"Bill": flow({OUTLOOK: "con_sales"})})
    config = ONE_SET + '[[environments]]\nname = "test"\nsolutions = ["ContosoHR"]\n'
    assert [(line.user, line.environments, line.marks) for line in links(tmp_path, config)] == [
        ("Send reminder", ("prod", "test"), ("duplicate",)),
        ("Bill", ("prod",), ("duplicate",)),
    ]


def test_unbound_references(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", TEAMS_PAIR], {
        "A": flow({OUTLOOK: "con_outlook"}), "B": flow({TEAMS: "con_teams"})
    })  # fmt: skip
    bound = {"LogicalName": "con_outlook", "ConnectionId": "a1", "ConnectorId": f"/x/{OUTLOOK}"}
    empty = {"LogicalName": "con_teams", "ConnectionId": "", "ConnectorId": f"/x/{TEAMS}"}
    settings = {"EnvironmentVariables": [], "ConnectionReferences": [bound, empty]}
    write_files(tmp_path, {"config/prod.json": json.dumps(settings)})
    assert [(line.user, line.marks, line.unbound) for line in links(tmp_path, SETTINGS)] == [
        ("A", (), ()),
        ("B", ("unbound",), ("prod",)),
    ]


def test_apps_and_agents(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_outlook", ("con_sp", SHAREPOINT)], {})
    api = "/providers/microsoft.powerapps/apis/"
    connections = {
        "a": {"id": api + SHAREPOINT, "xrmConnectionReferenceLogicalName": "con_sp"},
        "b": {"id": api + OUTLOOK},
        "c": {"id": api + SQL, "sharedConnectionId": "7f3e"},
    }
    app = (
        '<?xml version="1.0" encoding="utf-8"?>\n<CanvasApp>\n  <Name>con_board</Name>\n'
        "  <DisplayName>Board</DisplayName>\n"
        f"  <ConnectionReferences>{json.dumps(connections)}</ConnectionReferences>\n</CanvasApp>\n"
    )
    agent = (
        "<botcomponent_connectionreferences><botcomponent_connectionreference "
        'botcomponentid.schemaname="con_agent.topic" '
        'connectionreferenceid.connectionreferencelogicalname="con_outlook" />'
        "</botcomponent_connectionreferences>"
    )
    write_files(tmp_path, {
        "CanvasApps/con_board.meta.xml": app,
        "Assets/botcomponent_connectionreferenceset.xml": agent,
    })  # fmt: skip
    assert [
        (line.kind, line.user, line.reference, line.connector, line.marks) for line in links(tmp_path)
    ] == [
        ("canvas app", "Board", "", OUTLOOK, ("own",)),
        ("canvas app", "Board", "", SQL, ("raw",)),
        ("canvas app", "Board", "con_sp", SHAREPOINT, ()),
        ("agent", "con_agent.topic", "con_outlook", OUTLOOK, ()),
    ]


def test_of_copies_one_is_drawn(tmp_path: Path) -> None:
    write_solution(tmp_path / "managed", "ContosoHR", managed=1)
    write_solution(tmp_path / "unmanaged", "ContosoHR")
    assert [line.path.partition("/")[0] for line in links(tmp_path)] == ["unmanaged"]
    only = links(tmp_path, focus=lambda folder: folder == "managed")
    assert [line.path.partition("/")[0] for line in only] == ["managed"]


def test_only_the_focus_is_drawn(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR")
    write_solution(tmp_path / "Sales", "ContosoSales", ["con_sales"], {"Bill": flow({OUTLOOK: "con_sales"})})
    assert [line.user for line in links(tmp_path, focus=lambda folder: folder == "Sales")] == ["Bill"]


def test_flows_without_a_solution(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", flows={"Raw": flow({OUTLOOK: None})})
    (tmp_path / "Other" / "Solution.xml").unlink()
    (tmp_path / "Other" / "Customizations.xml").unlink()
    assert [(line.solution, line.marks) for line in links(tmp_path)] == [("", ("raw",))]


def test_the_marks_that_are_set_are_known() -> None:
    assert {rule.mark for rule in RULES if rule.mark} <= MARKS.keys()


def test_which_flow_runs_which(tmp_path: Path) -> None:
    flows = {"Child": flow(), "Parent": calling("Child"), "Alone": flow({})}
    write_solution(tmp_path / "src/HR", "ContosoHR", flows=flows)
    write_solution(tmp_path / "src/Fin", "ContosoFin", flows={"Sibling": calling("Child")})
    lines = {line.user: line for line in links(tmp_path)}
    child = lines["Child"].path
    assert {name: line.calls for name, line in lines.items()} == {
        "Child": (),
        "Parent": (child,),
        "Sibling": (child,),
    }
    assert [name for name, line in lines.items() if line.is_bare] == ["Sibling", "Parent"]
    picture = picture_of(lines.values())
    arrows = {(picture.boxes[start].text, picture.boxes[end].text) for start, end in picture.arrows}
    assert {("Parent", "Child"), ("Sibling", "Child"), ("Child", "con_outlook")} <= arrows
    assert not [end for start, end in arrows if start == "Parent" and end != "Child"]
