"""Flow files that their solution doesn't list, and two files of one flow."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import (
    OUTLOOK,
    Json,
    customizations,
    flow,
    flow_file,
    manifest,
    raw_flow,
    solution_files,
    write_files,
)
from tests.support.checks import check, data, found

LIVE, GONE = "New hire mail", "Leaver mail"
FILE = f"Workflows/{flow_file(GONE)}"
MANIFEST, CUSTOMIZATIONS = "Other/Solution.xml", "Other/Customizations.xml"


BY_NAME = f'<RootComponents><RootComponent type="29" schemaName="{flow_file(GONE)[:-5]}" />'


def put(root: Path, gone: Json, listed: tuple[str, ...] = (LIVE,), **changes: str | None) -> Path:
    """A solution with two flows, of which its manifest lists some; `changes` by the names of other files."""
    files: dict[str, str | bytes] = dict(
        solution_files("ContosoHR", ["con_outlook"], {LIVE: flow(), GONE: gone}, components=listed)
    )
    write_files(root, files | {f"Other/{name}.xml": text for name, text in changes.items() if text})
    return root


def test_a_flow_that_is_not_listed_is_found(tmp_path: Path) -> None:
    (reported,) = found(put(tmp_path, flow()), "CR510")
    assert (reported.severity, reported.span.path) == ("warning", FILE)
    assert reported.data == {"flows": [FILE]}
    assert f": {GONE}." in reported.finding.message


def test_what_is_found_in_it_says_so_first(tmp_path: Path) -> None:
    (reported,) = found(put(tmp_path, raw_flow()), "CR101")
    assert reported.finding.help.startswith("The solution does not list this flow")
    (reported,) = found(put(tmp_path, raw_flow(), (LIVE, GONE)), "CR101")
    assert reported.finding.help.startswith("In Power Automate")


def test_what_it_uses_is_not_called_unused(tmp_path: Path) -> None:
    files = solution_files("ContosoHR", ["con_outlook"], {LIVE: flow({}), GONE: flow()}, components=[LIVE])
    write_files(tmp_path, files)
    assert [item.rule.id for item in check(tmp_path).findings] == ["CR510"]


@pytest.mark.parametrize(
    ("listed", "changes"),
    [
        ((LIVE, GONE), {}),
        # A manifest that lists no flow at all was written by hand, perhaps.
        ((), {}),
        (("Another flow",), {}),
        ((LIVE,), {"Customizations": customizations(["con_outlook"], [GONE])}),
        # Its file alone ties it, too.
        ((LIVE,), {"Customizations": customizations([], [GONE]).replace("WorkflowId=", "Id=")}),
        ((LIVE,), {"Solution": manifest("ContosoHR_Patch_1a2b3c", components=[LIVE])}),
        (
            (LIVE,),
            {"Solution": manifest("ContosoHR", components=[LIVE]).replace("<RootComponents>", BY_NAME)},
        ),
    ],
)
def test_left_alone(tmp_path: Path, listed: tuple[str, ...], changes: dict[str, str]) -> None:
    assert found(put(tmp_path, flow(), listed, **changes), "CR510") == []


def test_two_files_of_one_flow_are_found(tmp_path: Path) -> None:
    renamed = f"Workflows/Renamed-{flow_file(LIVE).partition('-')[2]}"
    put(tmp_path, flow(), (LIVE, GONE))
    write_files(tmp_path, {renamed: (tmp_path / f"Workflows/{flow_file(LIVE)}").read_bytes()})
    (reported,) = found(tmp_path, "CR510")
    assert reported.data == {"flows": [f"Workflows/{flow_file(LIVE)}", renamed]}
    assert [item.span.path for item in reported.related] == [renamed]


def test_files_without_a_guid_are_no_doubles(tmp_path: Path) -> None:
    put(tmp_path, flow(), (LIVE, GONE))
    text = (tmp_path / FILE).read_bytes()
    write_files(tmp_path, {"Workflows/x.json": text, "modernflows/x.json": text, "Workflows/y 2.json": text})
    assert [item["flows"] for item in data(tmp_path, "CR510")] == [
        ["Workflows/x.json", "Workflows/y 2.json", "modernflows/x.json"]
    ]


def test_several_are_one_finding_and_moving_keeps_its_fingerprint(tmp_path: Path) -> None:
    files = solution_files("A", [], {name: flow({}) for name in (LIVE, GONE, "Third")}, components=[LIVE])
    write_files(tmp_path / "a", files)
    write_files(tmp_path / "b/c", files)
    first, second = found(tmp_path, "CR510")
    assert first.fingerprint == second.fingerprint
    assert len(first.data["flows"]) == 2
    assert OUTLOOK not in first.finding.message
