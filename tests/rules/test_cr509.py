"""Flows that a solution lists and that are not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from tests.support.builders import (
    OUTLOOK,
    customizations,
    flow,
    flow_component,
    flow_file,
    flow_metadata,
    manifest,
    solution_files,
    workflow_yml,
    write_files,
    yaml_files,
)
from tests.support.checks import check, data, found

HIRE, LEAVE = "New hire mail", "Leaver mail"
FOLDER = flow_component(HIRE)
FILE = f"{FOLDER}/{flow_file(HIRE)}"
DESCRIPTION = f"{FOLDER}/workflow.yml"
LIST = "solutions/ContosoHR/solutioncomponents.yml"


def two_flows(*gone: str) -> dict[str, bytes]:
    """A solution with two flows, without some of its files."""
    flows = {HIRE: flow(), LEAVE: flow()}
    return {path: text for path, text in yaml_files("ContosoHR", flows=flows).items() if path not in gone}


def put(root: Path, files: Mapping[str, bytes | str]) -> Path:
    write_files(root, files)
    return root


def test_a_listed_flow_that_is_not_there_is_found(tmp_path: Path) -> None:
    put(tmp_path / "org", {path: text for path, text in two_flows().items() if not path.endswith(".json")})
    (reported,) = found(tmp_path, "CR509")
    assert (reported.severity, reported.finding.solution) == ("error", "ContosoHR")
    assert reported.data == {"flows": [FOLDER, flow_component(LEAVE)]}
    assert [related.span.path for related in reported.related] == [f"org/{LIST}"]
    assert reported.span.path == f"org/{LIST}"
    assert reported.span.excerpt.strip() == f"- '@path': /{FOLDER}"
    assert f'"{HIRE}" ({FOLDER})' in reported.finding.message


@pytest.mark.parametrize(
    "files",
    [
        {},
        # Other names, and the two places in which the layout has flows
        {f"{FOLDER}/Mail.json": b'{"properties": {"definition": {}}}'},
        {f"modernflows/{flow_file(HIRE)}": b"{}", LIST: f"- Path: modernflows/{flow_file(HIRE)}\n"},
        {f"modernflows/{flow_file(HIRE)}": b"{}", LIST: f"- Path: /modernflows/{flow_file(HIRE)[:-5]}\n"},
        # What is no flow's component
        {LIST: "- Path: entities/account\n- Path: /workflows/x\n- Path: modernflows\n"},
        {LIST: "SolutionComponents:\n"},
        # A link that nobody follows is said in its own words, and so is an LFS pointer.
        {FILE: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"},
    ],
)
def test_left_alone(tmp_path: Path, files: Mapping[str, bytes | str]) -> None:
    put(tmp_path, {**two_flows(*([FILE] if f"{FOLDER}/Mail.json" in files else [])), **files})
    assert found(tmp_path, "CR509") == []


def test_desktop_flows_and_classic_workflows_do_not_count(tmp_path: Path) -> None:
    put(tmp_path, {**two_flows(FILE), DESCRIPTION: workflow_yml(HIRE, category=6)})
    assert found(tmp_path, "CR509") == []
    leaver = f"{flow_component(LEAVE)}/{flow_file(LEAVE)}"
    (tmp_path / leaver).unlink()
    (reported,) = found(tmp_path, "CR509")
    assert reported.data == {"flows": [flow_component(LEAVE)]}
    assert f'Not counted, as desktop flows are not read: "{HIRE}" ({FOLDER}).' in reported.finding.help
    put(tmp_path, {DESCRIPTION: workflow_yml(HIRE, category=3)})
    (reported,) = found(tmp_path, "CR509")
    assert "Not counted" not in reported.finding.help


def test_metadata_that_cannot_be_read_excuses_nothing(tmp_path: Path) -> None:
    put(tmp_path, {**two_flows(FILE), DESCRIPTION: "Workflow: ["})
    assert data(tmp_path, "CR509") == [{"flows": [FOLDER]}]


@pytest.mark.parametrize("pattern", [f"{FOLDER}/**", "modernflows/**", FILE, "**/Newhire*.json"])
def test_what_exclude_keeps_out_does_not_count(tmp_path: Path, pattern: str) -> None:
    put(tmp_path, two_flows())
    config = f'[source]\nexclude = ["{pattern}"]\n'
    assert found(tmp_path, "CR509", config) == []
    if pattern != "modernflows/**":
        (tmp_path / flow_component(LEAVE) / flow_file(LEAVE)).unlink()
        (reported,) = found(tmp_path, "CR509", config)
        assert reported.data == {"flows": [flow_component(LEAVE)]}
        assert "Not counted, as [source] exclude leaves it out: " in reported.finding.help


def test_nothing_is_called_unused_or_to_be_removed(tmp_path: Path) -> None:
    files = yaml_files("ContosoHR", ["con_a", "con_b", ("con_sql", "shared_sql")], {HIRE: flow({})})
    put(tmp_path, files)
    assert [item.rule.id for item in check(tmp_path).findings] == ["CR201", "CR504"]
    (tmp_path / FILE).unlink()
    duplicate, missing = check(tmp_path).findings
    assert (duplicate.rule.id, missing.rule.id) == ("CR201", "CR509")
    assert "Remove con" not in duplicate.finding.help
    assert duplicate.finding.help == f"Remove none of them yet: {duplicate.finding.decision}"


def test_what_is_used_is_not_to_be_removed_either(tmp_path: Path) -> None:
    flows = {HIRE: flow(), LEAVE: flow({OUTLOOK: "con_a"}), "Third": flow({OUTLOOK: "con_b"})}
    put(tmp_path, yaml_files("ContosoHR", ["con_a", "con_b"], flows))
    assert "then remove that" in found(tmp_path, "CR201")[0].finding.help
    (tmp_path / FILE).unlink()
    assert "then remove that" not in found(tmp_path, "CR201")[0].finding.help


def test_an_exception_covers_it_only_whole(tmp_path: Path) -> None:
    gone = [path for path in two_flows() if path.endswith(".json")]
    put(tmp_path, two_flows(*gone))

    def suppressed(*flows: str) -> bool:
        entries = [f'[[exceptions]]\nrule = "CR509"\nflow = "{flow}"\nreason = "later"\n' for flow in flows]
        return found(tmp_path, "CR509", "".join(entries))[0].suppressed is not None

    guid = FOLDER.rpartition("/")[2]
    assert not suppressed(guid)
    put(tmp_path, {path: text for path, text in two_flows().items() if path in gone[1:]})
    assert suppressed(guid)
    assert not suppressed(guid.replace(guid[0], "x"))


def xml_files(layout: Literal["unpacked", "flat"], *gone: str) -> dict[str, bytes]:
    """A solution of an XML layout with two flows, without some of its files."""
    files = solution_files("ContosoHR", flows={HIRE: flow(), LEAVE: flow()}, layout=layout)
    return {path: text for path, text in files.items() if path not in gone}


XML_FILE = f"Workflows/{flow_file(HIRE)}"
METADATA = f"{XML_FILE}.data.xml"


@pytest.mark.parametrize(("layout", "named_in"), [("unpacked", METADATA), ("flat", "customizations.xml")])
def test_in_an_xml_layout(tmp_path: Path, layout: Literal["unpacked", "flat"], named_in: str) -> None:
    put(tmp_path / "org", xml_files(layout, XML_FILE))
    (reported,) = found(tmp_path, "CR509")
    assert reported.data == {"flows": [XML_FILE]}
    assert reported.span.path == f"org/{named_in}"
    assert f'"{HIRE}" ({XML_FILE})' in reported.finding.message
    assert found(tmp_path, "CR509", f'[source]\nexclude = ["org/{XML_FILE}"]\n') == []


@pytest.mark.parametrize("layout", ["unpacked", "flat"])
def test_the_fingerprint_is_that_of_the_yaml_layout(
    tmp_path: Path, layout: Literal["unpacked", "flat"]
) -> None:
    put(tmp_path / "xml", xml_files(layout, XML_FILE))
    put(tmp_path / "yaml", two_flows(FILE))
    first, second = found(tmp_path, "CR509")
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize(("category", "found_there"), [("5", 1), ("", 1), ("6", 0), ("0", 0), ("2", 0)])
def test_what_the_metadata_of_a_missing_file_says_counts(
    tmp_path: Path, category: str, found_there: int
) -> None:
    text = flow_metadata(HIRE)
    assert "<Category>" in text
    put(tmp_path, {**xml_files("unpacked", XML_FILE), METADATA: re.sub(r"\d</Cat", f"{category}</Cat", text)})
    assert len(found(tmp_path, "CR509")) == found_there


@pytest.mark.parametrize(
    "files",
    [
        # A file of another name, in other letters
        {
            METADATA: flow_metadata(HIRE).replace(flow_file(HIRE), "OTHER.json"),
            "Workflows/Other.json": b"{}",
        },
        # No Customizations that say where a flow is
        {
            "Other/Customizations.xml": customizations(workflows=["New"]).replace("JsonFileName", "Name"),
            METADATA: b"",
        },
        # A bare component of the manifest proves nothing.
        {"Other/Solution.xml": manifest("ContosoHR", components=["Rule"]), XML_FILE: b"{}"},
        # What is no folder says so itself.
        {"Other/Customizations.xml": customizations(workflows=[HIRE]), XML_FILE.upper(): b"{}"},
    ],
)
def test_left_alone_in_an_xml_layout(tmp_path: Path, files: Mapping[str, bytes | str]) -> None:
    written = {**xml_files("unpacked", XML_FILE), **files}
    put(tmp_path, {path: text for path, text in written.items() if text})
    assert found(tmp_path, "CR509") == []


def test_a_flow_that_two_places_name_is_found_once(tmp_path: Path) -> None:
    files = {**xml_files("unpacked", XML_FILE), "Other/Customizations.xml": customizations([], [HIRE])}
    put(tmp_path, {**files, METADATA: b"<"})
    assert data(tmp_path, "CR509") == [{"flows": [XML_FILE]}]


DECOY = flow_file(HIRE)


@pytest.mark.parametrize("named", ["/Elsewhere/raw.json", "/Workflows/raw.txt", "/Workflows/sub/raw.json"])
def test_a_flow_beside_metadata_that_name_another_file_is_not_the_one_that_is_packed(
    tmp_path: Path, named: str
) -> None:
    files = solution_files("ContosoHR", flows={HIRE: flow(), LEAVE: flow()})
    text = flow_metadata(HIRE).replace(f"/Workflows/{DECOY}", named)
    put(tmp_path / "xml", {**files, f"Workflows/{DECOY}.data.xml": text, named[1:]: b"{}"})
    text = workflow_yml(HIRE).replace(f"/{FILE}", named)
    put(tmp_path / "yaml", {**two_flows(), DESCRIPTION: text, named[1:]: b"{}"})
    assert data(tmp_path, "CR509") == [{"flows": [named[1:]]}] * 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_metadata_that_name_the_file_beside_them_are_left_alone(tmp_path: Path, encoding: str) -> None:
    files = solution_files("ContosoHR", flows={HIRE: flow()})
    text = flow_metadata(HIRE).replace("utf-8", encoding).replace("/Workflows/", "/workflows/")
    named = f"Workflows/{DECOY}.data.xml"
    put(tmp_path / "xml", {**files, named: text.replace(">/work", "><!-- -->/work").encode(encoding)})
    text = workflow_yml(HIRE).replace("JsonFileName", '"\\x4asonfilename"')
    put(tmp_path / "yaml", {**two_flows(), DESCRIPTION: text})
    assert found(tmp_path, "CR509") == []
