from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crstandards.model import ConnectionReference, MissingDependency, Solution, Unreadable
from crstandards.places import Place
from crstandards.snapshot import Content, File, Folder
from crstandards.source.facts import Facts
from crstandards.source.layout import find_candidates
from crstandards.source.repository import read_solutions
from tests.support.builders import (
    SQL,
    Missing,
    Reference,
    customizations,
    flow,
    flow_file,
    flow_guid,
    manifest,
    raw_flow,
    solution_files,
    to_json,
    write_files,
    write_solution,
)

BROKEN = "<ImportExportXml>"
YAML = "ImportExportXml:\n  SolutionManifest:\n    UniqueName: ContosoHR\n    Managed: 0\n"
FLOW = flow_file("Send reminder")


def read(root: Path, facts: Facts | None = None) -> dict[str, Solution]:
    snapshot = Folder(root)
    found = read_solutions(snapshot, find_candidates(snapshot.files()), facts or Facts())
    return {solution.folder: solution for solution in found}


def only(root: Path, files: Mapping[str, str | bytes]) -> Solution:
    write_files(root, files)
    (found,) = read(root).values()
    return found


def reasons(solution: Solution) -> dict[str, str]:
    return {item.place.path: item.reason for item in solution.unreadable}


@pytest.mark.parametrize(
    ("layout", "manifest_path", "path"),
    [
        ("unpacked", "Other/Solution.xml", "Other/Customizations.xml"),
        ("flat", "solution.xml", "customizations.xml"),
    ],
)
def test_all_that_a_solution_says(layout: str, manifest_path: str, path: str, tmp_path: Path) -> None:
    custom = Reference("con_X", "shared_con-5fx-5f0123456789abcdef", "Shown", "Said", "{AB-1}")
    files = {
        f"HR/{name}": text
        for name, text in solution_files(
            "ContosoHR",
            [custom],
            {"Send reminder": flow()},
            layout,  # type: ignore[arg-type]
            version="1.2.3.4",
            managed=1,
            prefix="con",
            missing=[Missing("core_sql", "Core (1.0)")],
        ).items()
    }
    found = only(tmp_path, files)
    declared, listed = ((tmp_path / "HR" / name).read_bytes() for name in (path, manifest_path))
    place = Place(f"HR/{manifest_path}", listed.index(b"<Required"))
    (reference,) = found.references
    assert reference == ConnectionReference(
        "con_X",
        "Shown",
        "shared_con-5fx",
        "/providers/Microsoft.PowerApps/apis/shared_con-5fx-5f0123456789abcdef",
        "{AB-1}",
        "Said",
        Place(f"HR/{path}", declared.index(b"<connectionreference ")),
        reference.content,
    )
    assert "<iscustomizable" in reference.content
    assert found == Solution(
        folder="HR",
        layout=layout,  # type: ignore[arg-type]
        unique_name="ContosoHR",
        version="1.2.3.4",
        managed=True,
        prefix="con",
        manifest=f"HR/{manifest_path}",
        customizations=f"HR/{path}",
        references=(reference,),
        missing=(MissingDependency("core_sql", "Core (1.0)", place),),
        flows=found.flows,
        flow_names=found.flow_names,
        mentions=found.mentions,
    )
    (only_flow,) = found.flows
    assert only_flow[:2] == (f"HR/Workflows/{FLOW}", flow_guid("Send reminder").lower())
    assert found.flow_names == {f"HR/Workflows/{FLOW}": "Send reminder"}


def test_what_a_broken_manifest_leaves_of_a_solution(tmp_path: Path) -> None:
    found = only(tmp_path, {"a/Other/Solution.xml": BROKEN})
    assert found == Solution(
        "a",
        "unpacked",
        manifest="a/Other/Solution.xml",
        unreadable=(Unreadable(Place("a/Other/Solution.xml", 17), "not XML: no element found"),),
        references_known=False,
        flow_names=found.flow_names,
        mentions=found.mentions,
    )


def test_loose_flows_whole(tmp_path: Path) -> None:
    files = {f"a/Workflows/{FLOW}": to_json(flow({})), "a/customizations.xml": customizations(["con_a"])}
    found = only(tmp_path, files)
    reason = "customizations and flows stand here, but no Solution.xml says which solution they are"
    assert found == Solution(
        "a",
        "loose",
        flows=found.flows,
        unreadable=(Unreadable(Place("a/customizations.xml"), reason),),
        flow_names=found.flow_names,
        mentions=found.mentions,
    )
    assert [item.path for item in found.flows] == [f"a/Workflows/{FLOW}"]
    # Without flows, those that declare nothing are nobody's.
    (tmp_path / f"a/Workflows/{FLOW}").write_text("[]")
    assert read(tmp_path)["a"].unreadable[0].reason == reason.replace("flows", "connection references")
    (tmp_path / "a/customizations.xml").write_text(customizations())
    assert read(tmp_path) == {}


def test_a_package_whole(tmp_path: Path) -> None:
    path = "a/Microsoft.Flow/flows/1/definition.json"
    found = only(tmp_path, {path: "{", "a/Microsoft.Flow/flows/2/definition.json": "{"})
    assert found == Solution("a", "package", manifest=path, mentions=found.mentions)
    assert not found.is_solution


def test_solutions_come_by_their_folders_and_may_be_vendored(tmp_path: Path) -> None:
    for folder in ("c", "a", "b"):
        write_solution(tmp_path / folder, folder.upper(), [], {})
    write_files(tmp_path, {"aa/solutions/Y/solution.yml": YAML})
    snapshot = Folder(tmp_path)
    candidates = find_candidates(snapshot.files())[::-1]
    found = read_solutions(snapshot, candidates, Facts(), lambda folder: folder == "b")
    assert [(item.folder, item.vendored) for item in found] == [
        ("a", False),
        ("aa/solutions/Y", False),
        ("b", True),
        ("c", False),
    ]


HASH = "-5f0123456789abcdef"


def test_the_endpoints_of_all_solutions_tell_of_each_ones_references(tmp_path: Path) -> None:
    parameters = json.dumps({"host": {"type": "string"}})
    for name in ("one", "two"):
        described = f"<Connector><connectorid>{{{name}}}</connectorid><name>{name}</name></Connector>"
        write_solution(tmp_path / name, name, [], {})
        write_files(tmp_path / name, {f"Connectors/{name}.xml": described})
        write_files(tmp_path / name, {f"Connectors/{name}_connectionparameters.json": parameters})
    references = [
        Reference("a", f"shared_one{HASH}", custom="{ONE}"),
        Reference("b", f"shared_two{HASH}", custom="two"),
        Reference("c", f"shared_three{HASH}", custom="{three}"),
        Reference("d", "shared_four"),
    ]
    write_solution(tmp_path / "z", "z", references, {})
    assert read(tmp_path)["z"].own_endpoint == {"shared_one", "shared_two"}


def test_a_fault_that_two_readers_find_is_said_once(tmp_path: Path) -> None:
    found = only(tmp_path, {**solution_files("A", [], {}, "flat"), "customizations.xml": BROKEN})
    assert found.unreadable == (Unreadable(Place("customizations.xml", 17), "not XML: no element found"),)


def test_a_flow_without_metadata_is_called_by_its_file(tmp_path: Path) -> None:
    files = {path: text for path, text in solution_files("A").items() if not path.endswith(".data.xml")}
    found = only(tmp_path, files)
    assert found.title(found.flows[0]) == FLOW


def test_flows_of_one_guid_or_name_are_told_apart(tmp_path: Path) -> None:
    guid = flow_guid("Send reminder")
    text = to_json(flow())
    flows = [
        f"Workflows/Ask-{guid}.json",
        f"Workflows/Tell-{guid}.json",
        "Workflows/x.json",
        "modernflows/x.json",
    ]
    found = only(tmp_path, {**solution_files("A", flows={}), **dict.fromkeys(flows, text)})
    assert {item.path: item.guid for item in found.flows} == {
        flows[0]: guid.lower(),
        flows[1]: f"{guid.lower()} 2",
        flows[2]: "",
        flows[3]: "x.json 2",
    }


def test_names_are_those_of_the_flows_that_are_there(tmp_path: Path) -> None:
    files = solution_files("A", [], {"One": flow({}), "Two": flow({})})
    del files[f"Workflows/{flow_file('Two')}"]
    found = only(tmp_path, files)
    assert (dict(found.flow_names), len(found.flow_names)) == ({f"Workflows/{flow_file('One')}": "One"}, 1)


def test_names_of_flows_survive_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    files = solution_files("A", [], {"One": flow({}), "Two": flow({})})
    files[f"Workflows/{flow_file('One')}.data.xml"] = b"<Workflow"
    found = only(tmp_path, files)
    assert [found.title(item) for item in found.flows] == [flow_file("One"), "Two"]


def test_what_is_no_cloud_flow_is_left_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = dict(solution_files("A", [], {}))
    files["Workflows/Desktop-8D1F3B0C-6A52-4B7E-9F10-2C3D4E5F6A7B.json"] = (
        '{"schemaversion": "2", "targets": []}'
    )
    files["Workflows/Rule-8D1F3B0C-6A52-4B7E-9F10-2C3D4E5F6A7C.xaml"] = "<Activity/>"
    found = only(tmp_path, files)
    assert (found.flows, found.unreadable) == ((), ())


def test_nested_solutions_copies_and_leftovers(tmp_path: Path) -> None:
    write_solution(tmp_path, "Outer", [], {"A": flow({})})
    write_solution(tmp_path / "inner/Größe x", "Inner", [], {"B": flow({})}, "flat")
    write_solution(tmp_path / "Managed", "Outer", [], {"A": flow({})}, managed=1)
    write_files(tmp_path, {f"old/Workflows/{FLOW}": to_json(raw_flow())})
    write_files(tmp_path, {"Other/Relationships/Solution.xml": "<EntityRelationships/>"})
    found = read(tmp_path)
    assert {folder: (item.unique_name, item.layout, len(item.flows)) for folder, item in found.items()} == {
        "": ("Outer", "unpacked", 1),
        "Managed": ("Outer", "unpacked", 1),
        "inner/Größe x": ("Inner", "flat", 1),
        "old": ("", "loose", 1),
    }
    assert not found["old"].is_solution


# Manifests


@pytest.mark.parametrize("text", [BROKEN, "", "<!DOCTYPE a><ImportExportXml/>"])
@pytest.mark.parametrize("folder", ["Other/", ""])
@pytest.mark.parametrize("has_flow", [True, False])
def test_a_manifest_that_cannot_be_read_does_not_hide_the_solution(
    folder: str, has_flow: bool, text: str, tmp_path: Path
) -> None:
    path = f"{folder}Solution.xml"
    flows = {f"Workflows/{FLOW}": to_json(raw_flow())} if has_flow else {}
    found = only(tmp_path, {path: text, f"{folder}Customizations.xml": customizations(), **flows})
    assert list(reasons(found)) == [path]
    assert found.is_solution
    assert (len(found.flows), found.references_known) == (int(has_flow), False)


def test_flows_under_another_solution_xml_are_loose(tmp_path: Path) -> None:
    found = only(tmp_path, {"Other/Solution.xml": "<a/>", f"Workflows/{FLOW}": to_json(raw_flow())})
    assert (found.layout, found.unreadable, len(found.flows)) == ("loose", (), 1)


def test_another_solution_xml_alone_is_nothing(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"a/Other/Solution.xml": "<a/>", "b/solution.xml": "<a/>", "c/solution.xml": BROKEN}
    )
    assert read(tmp_path) == {}


def test_a_link_called_other_counts_only_beside_a_solutions_parts(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    try:
        (tmp_path / "docs/other").symlink_to(tmp_path)
    except OSError:
        pytest.skip("needs links")
    assert read(tmp_path) == {}
    found = only(tmp_path, {f"docs/Workflows/{FLOW}": to_json(flow({}))})
    assert list(reasons(found)) == ["docs/other"]


class Closed(Folder):
    """A folder of which no file can be opened."""

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        return (Content(file, b"", f"it is a {file.kind}") for file in files)


def test_a_closed_folder_called_other_is_no_stray(tmp_path: Path) -> None:
    for kind, expected in (("closed", ["a"]), ("link", [])):
        candidates = find_candidates([File("a/Other", kind)])  # type: ignore[arg-type]
        found = read_solutions(Closed(tmp_path), candidates, Facts())
        assert [item.folder for item in found] == expected
        assert [reasons(item) for item in found] == [{"a/Other": "it is a closed"} for _ in expected]
    named = find_candidates([File("a/Other/SOLUTION.xml", "link")])
    assert [reasons(item) for item in read_solutions(Closed(tmp_path), named, Facts())] == [
        {"a/Other/SOLUTION.xml": "it is a link"}
    ]


def test_loose_flows_that_cannot_be_read_count_where_nobody_can_look(tmp_path: Path) -> None:
    for file, expected in (
        (File("a/Workflows", "closed"), [{"a/Workflows": "it is a closed"}]),
        (File("a/Workflows", "link"), []),
        (File("a/Workflows/x.json"), []),
    ):
        found = read_solutions(Closed(tmp_path), find_candidates([file]), Facts())
        assert [reasons(item) for item in found] == expected


def test_a_manifest_without_a_name_is_said(tmp_path: Path) -> None:
    found = only(tmp_path, {"Other/Solution.xml": manifest("")})
    assert reasons(found) == {"Other/Solution.xml": "the manifest has no UniqueName"}


def test_customizations_with_flows_need_a_manifest(tmp_path: Path) -> None:
    files = solution_files("A")
    del files["Other/Solution.xml"]
    found = only(tmp_path, files)
    assert list(reasons(found)) == ["Other/Customizations.xml"]
    assert found.layout == "loose"


@pytest.mark.parametrize("name", ["Send.json", "package.json"])
def test_loose_files_that_cannot_be_read_count_only_with_a_flows_name(name: str, tmp_path: Path) -> None:
    write_files(tmp_path, {f"workflows/{name}": "{"})
    assert read(tmp_path) == {}
    found = only(tmp_path, {f"workflows/{FLOW}": "{"})
    assert list(reasons(found)) == [f"workflows/{FLOW}"]


# Two layouts in one folder


def both(name: str = "A", references: tuple[str, ...] = ("con_a",)) -> dict[str, str | bytes]:
    return {
        **solution_files("A", ["con_a"], {"Send reminder": flow({})}),
        "solution.xml": manifest(name),
        "customizations.xml": customizations(references),
    }


def test_two_layouts_that_agree_are_one_solution(tmp_path: Path) -> None:
    found = only(tmp_path, both("a", ("CON_A",)))
    assert (found.layout, found.customizations, found.unreadable) == (
        "unpacked",
        "Other/Customizations.xml",
        (),
    )


def test_two_layouts_that_declare_otherwise_are_said(tmp_path: Path) -> None:
    found = only(tmp_path / "x", both(references=("con_a", "con_b")))
    write_files(tmp_path / "y/src", both(references=("con_a", "con_b")))
    (other,) = read(tmp_path / "y").values()
    reason = "it declares other connection references than Other/Customizations.xml, which is read"
    assert reasons(found) == {"customizations.xml": reason}
    # The same words wherever the solution lies
    assert reasons(other) == {"src/customizations.xml": reason}


def test_two_layouts_of_two_solutions_are_said(tmp_path: Path) -> None:
    found = only(tmp_path, both("B"))
    assert found.unique_name == "A"
    reason = "it is the manifest of another solution than Other/Solution.xml, which is read"
    assert reasons(found) == {"solution.xml": reason}
    write_files(
        tmp_path, {"Other/Solution.xml": manifest("b"), "customizations.xml": customizations(["CON_A"])}
    )
    assert reasons(read(tmp_path)[""]) == {}


def needs_letter_case(folder: Path) -> None:
    """Skips where the disk takes `A` for `a`, as those of Windows do."""
    (folder / "A").touch()
    if (folder / "a").exists():
        pytest.skip("needs a file system that tells letter case")
    (folder / "A").unlink()


def test_of_three_manifests_each_is_compared_with_the_first(tmp_path: Path) -> None:
    needs_letter_case(tmp_path)
    files = {"solution.xml": manifest("A"), "Solution.xml": manifest("B"), "SOLUTION.xml": manifest("b")}
    found = only(tmp_path, {**files, "customizations.xml": customizations(["con_b", "con_a"])})
    assert (found.manifest, found.unique_name) == ("SOLUTION.xml", "b")
    reason = "it is the manifest of another solution than SOLUTION.xml, which is read"
    assert reasons(found) == {"solution.xml": reason}
    # What is none is passed over, however many there are.
    write_files(tmp_path, {"SOLUTION.xml": "<a/>"})
    found = read(tmp_path)[""]
    assert (found.manifest, found.unique_name) == ("Solution.xml", "B")
    assert reasons(found) == {"solution.xml": reason.replace("SOLUTION", "Solution")}
    write_files(tmp_path, {"Solution.xml": "<a/>", "Customizations.xml": customizations(["con_a", "con_b"])})
    found = read(tmp_path)[""]
    assert (found.manifest, found.customizations, reasons(found)) == (
        "solution.xml",
        "Customizations.xml",
        {},
    )


OURS, THEIRS = "Other/Customizations.xml", "customizations.xml"


@pytest.mark.parametrize("broken", [[OURS, THEIRS], [OURS], [THEIRS], ["solution.xml"]])
def test_what_cannot_be_read_of_two_layouts_is_said(broken: list[str], tmp_path: Path) -> None:
    found = only(tmp_path, {**both(), **dict.fromkeys(broken, BROKEN)})
    assert reasons(found) == dict.fromkeys(broken, "not XML: no element found")
    assert (bool(found.references), found.references_known) == ((OURS not in broken,) * 2)


def test_the_manifest_is_the_one_that_is_one(tmp_path: Path) -> None:
    found = only(tmp_path, {**both(), "Other/Solution.xml": "<a/>"})
    assert (found.unique_name, found.manifest) == ("A", "solution.xml")


def test_names_that_differ_by_letter_case_are_compared(tmp_path: Path) -> None:
    needs_letter_case(tmp_path)
    files = solution_files("A", ["con_a"], {})
    found = only(tmp_path, {**files, "Other/customizations.xml": customizations(["con_a", "con_b"])})
    assert list(reasons(found)) == ["Other/customizations.xml"]


@pytest.mark.parametrize(
    ("manifest_path", "path"),
    [("Other/Solution.xml", "customizations.xml"), ("solution.xml", "Other/Customizations.xml")],
)
def test_layouts_that_are_mixed_hide_nothing(manifest_path: str, path: str, tmp_path: Path) -> None:
    found = only(tmp_path, {manifest_path: manifest("A"), path: customizations(["con_a"])})
    assert [item.logical_name for item in found.references] == ["con_a"]


# Facts


def test_copies_are_parsed_once(tmp_path: Path) -> None:
    for folder in ("one", "two", "three"):
        write_solution(tmp_path / folder, "A", ["con_a"], {"A": flow({}), "B": flow({})})
    facts = Facts(again=True)
    read(tmp_path, facts)
    # A manifest, Customizations, one flow (the two are alike), and two files that say which file it is in.
    assert facts.parsed == 5
    read(tmp_path, facts)
    assert facts.parsed == 5


def test_names_of_flows_are_read_only_when_asked_for(tmp_path: Path) -> None:
    write_solution(tmp_path, "A", [], {"A": flow({})})
    facts = Facts()
    found = read(tmp_path, facts)[""]
    before = facts.parsed
    assert found.title(found.flows[0]) == "A"
    assert facts.parsed == before + 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.randoms())
def test_the_order_of_the_files_does_not_matter(tmp_path: Path, random: object) -> None:
    if not (tmp_path / "Other").exists():
        write_files(tmp_path, both("B", ("con_x",)))
        write_solution(tmp_path / "inner", "Inner", ["a", ("b", SQL)], {"1": flow(), "2": raw_flow()})
    snapshot = Folder(tmp_path)
    files = list(snapshot.files())
    random.shuffle(files)  # type: ignore[attr-defined]

    def plain(found: tuple[Solution, ...]) -> list[Solution]:
        return [solution._replace(flow_names={}) for solution in found]

    shuffled = read_solutions(snapshot, find_candidates(files), Facts())
    assert plain(shuffled) == plain(read_solutions(snapshot, find_candidates(snapshot.files()), Facts()))


def test_a_solution_yml_that_is_something_else_makes_no_solution(tmp_path: Path) -> None:
    write_files(tmp_path, {"solutions/HR/solution.yml": "jobs:\n  build: 1\n"})
    assert read(tmp_path) == {}
    path = f"Workflows/{FLOW}"
    write_files(tmp_path, {path: to_json(raw_flow())})
    (found,) = read(tmp_path).values()
    assert (found.layout, [flow.path for flow in found.flows]) == ("loose", [path])


@pytest.mark.parametrize(
    ("text", "reasons"), [("ImportExportXml: {SolutionManifest: {UniqueName: A}}", 0), ("- {", 1)]
)
def test_flows_around_a_solution_of_the_yaml_layout_that_lists_none_have_no_solution(
    text: str, reasons: int, tmp_path: Path
) -> None:
    write_files(tmp_path, {"solutions/HR/solution.yml": text, f"Workflows/{FLOW}": to_json(raw_flow())})
    loose, found = read(tmp_path).values()
    assert (found.folder, found.layout, found.flows) == ("solutions/HR", "yaml", ())
    assert len(found.unreadable) == reasons
    assert (loose.folder, loose.layout, loose.beside) == ("", "loose", ("HR" if reasons else "A",))
    assert [flow.path for flow in loose.flows] == [f"Workflows/{FLOW}"]


YAML_SOLUTION = {
    "solutions/HR/solution.yml": "ImportExportXml:\n  SolutionManifest:\n    UniqueName: ContosoHR\n",
    "solutions/HR/solutioncomponents.yml": "SolutionComponents:\n  Component:\n  - '@path': /modernflows\n",
    "solutions/HR/missingdependencies.yml": "MissingDependencies: {}\n",
    f"modernflows/{FLOW}": to_json(raw_flow()),
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Solution.yml", YAML_SOLUTION["solutions/HR/solution.yml"]),
        ("SOLUTION.YML", "- {"),
        ("SolutionComponents.yml", "SolutionComponents: {}\n"),
        ("MissingDependencies.yml", "MissingDependencies: {}\n"),
    ],
)
def test_of_names_in_the_yaml_layout_that_differ_by_letter_case_one_is_said(
    name: str, content: str, tmp_path: Path
) -> None:
    """Which of them counts, only whoever imports the solution knows: here a flow would go missing."""
    needs_letter_case(tmp_path)
    write_files(tmp_path, {**YAML_SOLUTION, f"solutions/HR/{name}": content})
    (found,) = read(tmp_path).values()
    assert {item.place.path.lower() for item in found.unreadable} >= {f"solutions/hr/{name.lower()}"}
    assert any("but for letter case" in item.reason for item in found.unreadable)
    assert not found.references_known


def test_a_file_called_like_a_manifest_but_for_letter_case_hides_no_solution(tmp_path: Path) -> None:
    needs_letter_case(tmp_path)
    write_files(tmp_path, YAML_SOLUTION)
    before = read(tmp_path)
    write_files(tmp_path, {"solutions/HR/Solution.yml": "jobs:\n  build: 1\n"})
    (found,) = read(tmp_path).values()
    assert (found.unique_name, found.unreadable) == ("ContosoHR", ())
    assert [item.entries for item in found.flows] == [item.entries for item in before["solutions/HR"].flows]
    assert found.flows
