from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import (
    OUTLOOK,
    TEAMS,
    action,
    customizations,
    flow,
    flow_component,
    flow_file,
    raw_flow,
    to_json,
    write_files,
    write_solution,
    yaml_files,
)
from tests.support.checks import check, found

PACKAGE = "InvoiceMail/Microsoft.Flow/flows/2f6d4c1b-8a3e-4f57-9c20-6b1e7d5a9f34/definition.json"


def test_a_legacy_package_is_found_once_and_its_connections_are_not_listed(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            PACKAGE: to_json(raw_flow()),
            PACKAGE.replace("2f6d", "3f6d"): to_json(raw_flow()),
            "InvoiceMail/manifest.json": "{}",
        },
    )
    (reported,) = check(tmp_path).findings
    assert (reported.rule.id, reported.severity, reported.span.path) == ("CR103", "warning", PACKAGE)
    assert "legacy flow package" in reported.finding.message
    assert reported.data == {"folder": "InvoiceMail"}


def test_each_folder_is_found_once_wherever_it_is(tmp_path: Path) -> None:
    for folder in ("old", "attic/old"):
        write_files(tmp_path / folder / "x", {"Workflows/Send.json": to_json(flow())})
        write_files(tmp_path / folder / "y", {f"Workflows/{flow_file('Send')}": to_json(flow())})
        write_files(tmp_path / folder, {PACKAGE: "{}"})
    prints = [item.fingerprint for item in found(tmp_path, "CR103")]
    assert (len(prints), len(set(prints))) == (6, 3)


def test_flows_without_a_solution_are_found_once_for_a_folder(tmp_path: Path) -> None:
    for name in ("Send reminder", "Clean up"):
        write_files(tmp_path, {f"old/Workflows/{flow_file(name)}": to_json(raw_flow())})
    report = check(tmp_path)
    assert sorted(item.rule.id for item in report.findings) == ["CR101", "CR101", "CR103"]
    (reported,) = found(tmp_path, "CR103")
    assert "2 flows stand in a Workflows folder" in reported.finding.message


def test_customizations_without_a_manifest_are_unreadable_and_nothing_more(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {"Other/Customizations.xml": customizations(), f"Workflows/{flow_file('Send')}": to_json(flow())},
    )
    assert [item.rule.id for item in check(tmp_path).findings] == ["CR901"]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (".github/workflows/build.json", to_json(flow())),
        ("Workflows/settings.json", '{"a": 1}'),
        ("Workflows/readme.md", "x"),
        ("Microsoft.Flow/flows/manifest.json", "{}"),
    ],
)
def test_left_alone(tmp_path: Path, path: str, content: str) -> None:
    write_files(tmp_path, {path: content})
    write_solution(tmp_path / "src", "ContosoHR", flows={"Send": flow()})
    assert found(tmp_path, "CR103") == []


def test_flows_that_no_solution_of_their_folder_lists(tmp_path: Path) -> None:
    listed, unlisted = flow_component("Send"), flow_component("Clean up")
    files = yaml_files("ContosoHR", flows={"Send": flow(), "Clean up": raw_flow()}, components=[f"/{listed}"])
    files |= {
        path.replace("ContosoHR", "ContosoIT"): text for path, text in yaml_files("ContosoIT", (), {}).items()
    }
    write_files(tmp_path / "org", files)
    (outside,) = found(tmp_path, "CR510")
    assert outside.span.path == f"org/{unlisted}/{flow_file('Clean up')}"
    assert outside.finding.message == (
        "1 flow file lies in the folder of solutions ContosoHR and ContosoIT, whose own lists do not name "
        "it: Clean up. In the portal, the solution has no such flow."
    )
    assert found(tmp_path, "CR103") == []
    (raw,) = found(tmp_path, "CR101")
    assert (raw.finding.solution, raw.data["flow"]) == ("", "Clean up")


def test_they_are_checked_for_lost_aliases_and_connection_ids_too(tmp_path: Path) -> None:
    lost = flow({}, {"Send": action()})
    bound = flow(triggers={"t": {"inputs": f"/apis/shared_teams/connections/{'0a' * 16}"}})
    write_files(
        tmp_path, yaml_files("ContosoHR", flows={"Lost": lost, "Bound": bound}, components=["/entities/a"])
    )
    assert {item.rule.id for item in check(tmp_path).findings} == {"CR103", "CR104", "CR502"}


def test_one_without_a_list_has_no_flows(tmp_path: Path) -> None:
    files = yaml_files("ContosoHR", flows={"Send": raw_flow()})
    del files["solutions/ContosoHR/solutioncomponents.yml"]
    write_files(tmp_path, files)
    assert sorted(item.rule.id for item in check(tmp_path).findings) == ["CR101", "CR103"]


CLONED = "agents/Health/workflows/Post-1c2684b6-0000-4000-8000-7c1e52278fc9"


def test_a_cloned_agent_is_found_once_and_its_flows_are_checked(tmp_path: Path) -> None:
    lost = flow({OUTLOOK: None}, {"Send": action(OUTLOOK), "Gone": action("shared_teams")})
    files: dict[str, str | bytes] = {
        f"{CLONED}/workflow.json": to_json(lost),
        f"{CLONED}/metadata.yml": "workflowId: 1c2684b6-0000-4000-8000-7c1e52278fc9\nname: Post\n",
        f"{CLONED.replace('Post-1', 'Other-2')}/workflow.json": to_json(flow({})),
        "agents/Health/connectionreferences.mcs.yml": "- connectionReferenceLogicalName: con_a\n",
    }
    write_files(tmp_path, files)
    found = check(tmp_path).findings
    assert sorted(item.rule.id for item in found) == ["CR101", "CR103", "CR502"]
    assert [item.data["flow"] for item in found if item.rule.id != "CR103"] == ["Post", "Post"]


def test_what_it_uses_is_not_called_unused(tmp_path: Path) -> None:
    write_solution(tmp_path / "src", "ContosoHR", ["con_a", "con_b", ("con_teams", TEAMS)], {})
    write_files(
        tmp_path,
        {
            "agents/Health/connectionreferences.mcs.yml": "- connectionReferenceLogicalName: con_teams\n",
            f"{CLONED}/workflow.json": to_json(flow({OUTLOOK: "con_b"})),
        },
    )
    found = {item.rule.id: item for item in check(tmp_path).findings}
    assert found.keys() == {"CR103", "CR201"}
    assert found["CR201"].data["keep"] == "con_b"
