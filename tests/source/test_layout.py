from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.snapshot import File
from crstandards.source.layout import Candidate, Listing, YamlParts, find_candidates
from crstandards.source.names import flow_guid, is_source, manifest_home, owners, part_of

GUID = "8D1F3B0C-6A52-4B7E-9F10-2C3D4E5F6A7B"
FLOW = f"Send-{GUID}.json"


def candidates(*paths: str | File) -> list[Candidate]:
    return find_candidates(File(path) if isinstance(path, str) else path for path in paths)


def only(*paths: str | File) -> Candidate:
    (found,) = candidates(*paths)
    return found


def names(files: tuple[File, ...]) -> list[str]:
    return [file.path for file in files]


@pytest.mark.parametrize(
    "folder", ["", "src/HR/", "a/b/c/d/e/My Größe/", ".hidden/HR/", "Workflows/", "Other/"]
)
def test_an_unpacked_solution(folder: str) -> None:
    found = only(
        f"{folder}Other/Customizations.xml",
        f"{folder}Other/Solution.xml",
        f"{folder}Workflows/{FLOW}",
        f"{folder}Workflows/{FLOW}.data.xml",
        f"{folder}CanvasApps/con_app.meta.xml",
        f"{folder}Connectors/con_x_connectionparameters.json",
        f"{folder}Connectors/con_x.xml",
        f"{folder}README.md",
    )
    assert (found.folder, found.layout) == (folder.rstrip("/"), "unpacked")
    assert found.manifest == File(f"{folder}Other/Solution.xml")
    assert found.customizations == File(f"{folder}Other/Customizations.xml")
    assert names(found.flows) == [f"{folder}Workflows/{FLOW}"]
    assert names(found.flow_metadata) == [f"{folder}Workflows/{FLOW}.data.xml"]
    assert names(found.apps) == [f"{folder}CanvasApps/con_app.meta.xml"]
    assert names(found.connectors) == [
        f"{folder}Connectors/con_x.xml",
        f"{folder}Connectors/con_x_connectionparameters.json",
    ]


@pytest.mark.parametrize("folder", ["", "src/HR/", "hr.zip!/"])
def test_a_flat_solution(folder: str) -> None:
    found = only(
        f"{folder}[Content_Types].xml",
        f"{folder}solution.xml",
        f"{folder}customizations.xml",
        f"{folder}Workflows/{FLOW}",
        f"{folder}Connector/con_x_connectionparameters.json",
    )
    assert (found.folder, found.layout) == (folder.rstrip("/"), "flat")
    assert found.manifest == File(f"{folder}solution.xml")
    assert found.customizations == File(f"{folder}customizations.xml")
    assert names(found.flows) == [f"{folder}Workflows/{FLOW}"]
    assert names(found.connectors) == [f"{folder}Connector/con_x_connectionparameters.json"]


@pytest.mark.parametrize(
    "paths",
    [
        ("other/solution.xml", "other/customizations.xml", f"workflows/{FLOW.lower()}"),
        ("OTHER/SOLUTION.XML", "OTHER/CUSTOMIZATIONS.XML", f"WORKFLOWS/{FLOW.upper()}"),
        ("Other/solution.xml", "other/Customizations.xml", f"modernFlows/{FLOW}"),
    ],
)
def test_letter_case_does_not_matter(paths: tuple[str, ...]) -> None:
    found = only(*paths)
    assert found.layout == "unpacked"
    assert [found.manifest, found.customizations, *found.flows] == [File(path) for path in paths]


def test_only_flows_directly_in_the_folder_are_the_solutions() -> None:
    found = only(
        "Other/Solution.xml",
        f"Workflows/{FLOW}",
        f"Workflows/old/{FLOW}",
        f"WorkflowsOld/{FLOW}",
        "Workflows/Send.xaml",
        "Workflows/Send.json.bak",
    )
    assert names(found.flows) == [f"Workflows/{FLOW}"]


def test_solutions_nest_and_stay_apart() -> None:
    found = candidates(
        "Other/Solution.xml",
        f"Workflows/A-{GUID}.json",
        "inner/solution.xml",
        f"inner/Workflows/B-{GUID}.json",
        "Other/Relationships/Solution.xml",
        f"deep/down/Workflows/C-{GUID}.json",
        "deep/down/CanvasApps/x.meta.xml",
    )
    assert [(item.folder, item.layout, names(item.flows)) for item in found] == [
        ("", "unpacked", [f"Workflows/A-{GUID}.json"]),
        ("Other/Relationships", "flat", []),
        ("deep/down", "loose", [f"deep/down/Workflows/C-{GUID}.json"]),
        ("inner", "flat", [f"inner/Workflows/B-{GUID}.json"]),
    ]
    assert names(found[0].apps) == ["deep/down/CanvasApps/x.meta.xml"]


def test_of_two_layouts_in_one_folder_other_is_read() -> None:
    found = only("Other/Solution.xml", "Other/Customizations.xml", "solution.xml", "customizations.xml")
    assert found.layout == "unpacked"
    assert (found.manifest, found.customizations) == (
        File("Other/Solution.xml"),
        File("Other/Customizations.xml"),
    )
    assert names(found.other_manifests) == ["solution.xml"]
    assert names(found.other_customizations) == ["customizations.xml"]


def test_names_that_differ_by_letter_case_are_both_seen() -> None:
    found = only(
        "Other/Solution.xml", "Other/Customizations.xml", "other/customizations.xml", "other/solution.xml"
    )
    assert (found.manifest, found.customizations) == (
        File("Other/Solution.xml"),
        File("Other/Customizations.xml"),
    )
    assert names(found.other_manifests) == ["other/solution.xml"]
    assert names(found.other_customizations) == ["other/customizations.xml"]


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".github/workflows/data.json",
        ".specify/workflows/plan.json",
        "src/.tool/workflows/plan.json",
        f"flows/{FLOW}",
        "docs/solution.md",
        "Entities/admin_ConnectionReference/Entity.xml",
        "CanvasApps/x.meta.xml",
        "definition.json",
        "Microsoft.Flow/flows/manifest.json",
        "src/other",
        f"Workflows/{FLOW}.data.xml",
    ],
)
def test_what_is_no_candidate(path: str) -> None:
    assert candidates(path) == []


def test_flows_without_a_solution_are_loose() -> None:
    found = only(f"export/Workflows/{FLOW}", "export/customizations.xml")
    assert (found.folder, found.layout, found.manifest) == ("export", "loose", None)
    assert found.customizations == File("export/customizations.xml")


def test_a_legacy_package_is_one_candidate() -> None:
    found = only(
        "pack/manifest.json",
        "pack/Microsoft.Flow/flows/manifest.json",
        "pack/Microsoft.Flow/flows/a/definition.json",
        "pack/microsoft.flow/Flows/b/Definition.json",
        "pack/Microsoft.Flow/flows/a/apisMap.json",
    )
    assert (found.folder, found.layout, len(found.flows)) == ("pack", "package", 2)


@pytest.mark.parametrize("kind", ["link", "submodule", "closed"])
@pytest.mark.parametrize("name", ["Workflows", "Other", "workflows", "OTHER"])
def test_what_stands_in_a_folders_place_is_seen(kind: str, name: str) -> None:
    stand_in = File(f"HR/{name}", kind)  # type: ignore[arg-type]
    rest = ["HR/Other/Solution.xml"] if name.lower() == "workflows" else [f"HR/Workflows/{FLOW}"]
    found = only(stand_in, *rest)
    assert found.layout == "unpacked"
    assert stand_in in (found.manifest, *found.flows)


def test_a_file_called_other_is_nothing() -> None:
    assert candidates("usr/share/other", "Other") == []
    assert only("Other/Solution.xml", "other").other_manifests == ()


def test_a_file_called_other_hides_nothing_that_comes_after_it() -> None:
    assert [item.folder for item in candidates("a/other", "b/Other/Solution.xml")] == ["b"]
    assert [item.folder for item in candidates("a/OTHER", "a/Z/Other/Solution.xml")] == ["a/Z"]


def test_apps_and_agents_of_the_yaml_layout_are_those_below_its_root() -> None:
    link = "botcomponent_connectionreferenceset/x/botcomponent_connectionreference.yml"
    found = candidates(
        "a/solutions/HR/solution.yml",
        "a/solutions/IT/solution.yml",
        f"a/{link}",
        f"b/{link}",
        "a/CanvasApps/x.meta.xml",
        "a/CanvasApps/x.meta.yml",
        "b/CanvasApps/x.meta.yml",
        "a/Connectors/x.xml",
        "a/agent/connectionreferences.mcs.yml",
    )
    clone, *found = sorted(found, key=lambda item: item.layout)
    assert names(clone.agents) == ["a/agent/connectionreferences.mcs.yml"]
    assert [(item.folder, names(item.agents)) for item in found] == [
        ("a/solutions/HR", [f"a/{link}"]),
        ("a/solutions/IT", [f"a/{link}"]),
    ]
    own = (["a/CanvasApps/x.meta.yml"], ["a/Connectors/x.xml"])
    assert [(names(item.apps), names(item.connectors)) for item in found] == [own] * 2


def test_a_yaml_solution_whole() -> None:
    files = [
        "a/modernflows/x.json",
        "a/modernflows/x.json.data.xml",
        f"a/modernflows/{GUID}/x.json",
        f"a/modernflows/{GUID}/workflow.yml",
        "a/publishers/p/publisher.yml",
        "a/publishers/q/publisher.yml",
        "a/connectionreferences/c/connectionreference.yml",
        "a/connectionreferences/d/connectionreference.yml",
    ]
    own = [f"a/solutions/HR/{name}.yml" for name in ("solution", "solutioncomponents", "missingdependencies")]
    first, data, second, described, *others = map(File, files)
    flows, metadata = (second, first), (described, data)
    loose, solution = candidates(*files, *own)
    assert solution == Candidate(
        "a/solutions/HR",
        "yaml",
        manifest=File(own[0]),
        flows=flows,
        flow_metadata=metadata,
        yaml=YamlParts("a", File(own[1]), File(own[2]), tuple(others[:2]), tuple(others[2:])),
    )
    # Loose ones they are if that manifest is none, or lists them not.
    listing = Listing((File(own[0]),), (File(own[1]),))
    assert loose == Candidate("a", "loose", flows=flows, flow_metadata=metadata, listings=(listing,))
    assert only(own[0]) == Candidate("a/solutions/HR", "yaml", File(own[0]), yaml=YamlParts("a"))


def test_the_nearest_manifest_upwards_has_the_apps() -> None:
    found = candidates(
        "Other/Solution.xml",
        "a/b/solution.xml",
        "a/b/c/d/CanvasApps/x.meta.xml",
        "a/b/Connectors/x.xml",
        "a/c/Assets/botcomponent_connectionreferenceset.xml",
        # None of these has a manifest.
        "a/b/c/Workflows/x.json",
        "a/b/c/d/Other/Customizations.xml",
    )
    users = {item.folder: names((*item.apps, *item.agents, *item.connectors)) for item in found}
    assert users == {
        "": ["a/c/Assets/botcomponent_connectionreferenceset.xml"],
        "a/b": ["a/b/c/d/CanvasApps/x.meta.xml", "a/b/Connectors/x.xml"],
        "a/b/c": [],
        "a/b/c/d": [],
    }


def test_flows_of_a_tool_are_loose_where_nobody_can_look() -> None:
    assert candidates(".x/workflows/a.json") == []
    closed = File(".x/workflows", "closed")
    assert names(only(closed).flows) == [".x/workflows"]
    assert names(only(closed, File(".x/workflows/a.json")).flows) == [".x/workflows", ".x/workflows/a.json"]
    assert [item.layout for item in candidates("x/.y/workflows/a.json", "z/workflows/b.json")] == ["loose"]


def test_a_package_beside_a_solution_is_one_of_its_own() -> None:
    package = "Microsoft.Flow/flows/a/definition.json"
    assert [(item.layout, names(item.flows)) for item in candidates("solution.xml", package)] == [
        ("flat", []),
        ("package", [package]),
    ]


def test_of_several_manifests_all_are_listed() -> None:
    paths = ["Other/Solution.xml", "Other/solution.xml", "other/solution.xml", "Solution.xml", "solution.xml"]
    found = only(*paths)
    assert [found.manifest, *found.other_manifests] == [File(path) for path in paths]
    found = only("Other/customizations.xml", "SOLUTION.xml", "solution.xml")
    assert (found.layout, found.manifest, names(found.other_manifests)) == (
        "flat",
        File("SOLUTION.xml"),
        ["solution.xml"],
    )


@pytest.mark.parametrize("path", ["src", ".", "data/pg", ".cache", "HR/WebResources"])
def test_a_closed_folder_is_a_candidate_wherever_it_lies(path: str) -> None:
    found = candidates(File(path, "closed"), "HR/Other/Solution.xml")
    (closed,) = [item for item in found if item.folder == path]
    assert names(closed.flows) == [path]


def test_a_link_of_any_other_name_is_nothing() -> None:
    assert candidates(File("src/HR", "link"), File("README.md", "link"), File("lib", "submodule")) == []


@pytest.mark.parametrize(
    ("name", "guid"),
    [
        (FLOW, GUID.lower()),
        (f"Copy of {GUID}-{GUID[:-1]}C.json", f"{GUID[:-1]}C".lower()),
        ("Send.json", ""),
        (f"{GUID}/Send.json", ""),
        (f"modernflows/{GUID}/Send.json", GUID.lower()),
        (f"ModernFlows/{GUID}/{FLOW.replace('8D1F', '9D1F')}", GUID.replace("8D1F", "9D1F").lower()),
        (f"modernflows/{GUID}/x/Send.json", ""),
        ("modernflows/Send/Send.json", ""),
        (GUID.replace("-", ""), ""),
    ],
)
def test_a_flow_is_known_by_the_last_guid_of_its_name(name: str, guid: str) -> None:
    assert flow_guid(f"a/{name}") == guid


PATHS = [
    "HR/Other/Solution.xml", "HR/Other/Customizations.xml", "HR/other/customizations.xml", "HR/solution.xml",
    f"HR/Workflows/A-{GUID}.json", f"HR/workflows/B-{GUID}.json", f"HR/Workflows/A-{GUID}.json.data.xml",
    "HR/CanvasApps/a.meta.xml", "HR/CanvasApps/b.meta.xml",
    "HR/Assets/botcomponent_connectionreferenceset.xml",
    "solution.xml", "solutions/A/solution.yml", "solutions/B/solution.yml", "publishers/P/publisher.yml",
    "connectionreferences/a/connectionreference.yml", f"modernflows/C-{GUID}.json", "x/Workflows/d.json",
]  # fmt: skip


@given(st.permutations(PATHS))
def test_the_order_of_the_files_does_not_matter(paths: list[str]) -> None:
    assert candidates(*paths) == candidates(*PATHS)


def test_what_is_read_is_source() -> None:
    assert all(map(is_source, [*PATHS, f"Microsoft.Flow/flows/{GUID}/definition.json"]))
    others = ("README.md", "src/a.py", "Entities/x/Entity.xml", "config/prod/settings.json")
    assert not any(map(is_source, others))


def owners_of(path: str, folders: Sequence[str]) -> tuple[str, ...]:
    """The owners among solutions of which those below a folder `solutions` are of the YAML layout."""
    return owners(path, folders, [folder for folder in folders if "solutions/" in folder])


def test_a_part_belongs_to_its_solution_even_when_that_is_gone() -> None:
    assert owners_of("HR/Other/Solution.xml", ()) == ("HR",)
    assert owners_of(f"HR/Workflows/{FLOW}", ()) == ("HR",)
    assert owners_of("HR/CanvasApps/a.meta.xml", ("", "HR")) == ("HR",)
    assert owners_of("HR/sub/CanvasApps/a.meta.xml", ("HR",)) == ("HR",)
    assert owners_of("HR/CanvasApps/a.meta.xml", ("Sales",)) == ()
    assert owners_of("README.md", ("",)) == ()


def test_components_of_the_yaml_layout_belong_to_all_its_solutions() -> None:
    folders = ["org/solutions/HR", "org/solutions/Sales", "other/solutions/Ops"]
    component = "org/connectionreferences/con_a/connectionreference.yml"
    assert owners_of(component, folders) == ("org/solutions/HR", "org/solutions/Sales")
    assert owners_of("org/solutions/HR/solution.yml", folders) == ("org/solutions/HR",)
    link = (
        "org/botcomponents/con_bot/botcomponent_connectionreferences/x/botcomponent_connectionreference.yml"
    )
    assert (part_of(link) or ("",))[0] == "agent"


def test_a_solution_of_another_layout_keeps_its_parts_where_yaml_lies_below_it() -> None:
    folders = ["org", "org/solutions/HR"]
    assert owners_of(f"org/Workflows/{FLOW}", folders) == ("org/solutions/HR", "org")
    assert owners_of("org/botcomponents/x/data", folders) == ("org/solutions/HR", "org")
    assert owners_of("org/Other/Customizations.xml", folders) == ("org",)
    assert owners_of("org/solutions/HR/solution.yml", folders) == ("org/solutions/HR",)
    assert owners_of(f"Workflows/{FLOW}", ["", "solutions/HR"]) == ("solutions/HR", "")


def test_at_the_root_of_a_repository_too() -> None:
    folders = ["solutions/HR", "solutions/Sales", "HR"]
    assert owners_of("connectionreferences/con_a/connectionreference.yml", folders) == tuple(folders[:2])


@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("src/HR/Other/Solution.xml", "src/HR"),
        ("src/HR/solution.xml", "src/HR"),
        ("org/solutions/HR/solution.yml", "org"),
        ("src/HR/Other/Customizations.xml", None),
        ("README.md", None),
    ],
)
def test_where_all_hangs_together_around_a_manifest(path: str, home: str | None) -> None:
    assert manifest_home(path) == home


@pytest.mark.parametrize(
    ("manifests", "app", "homes"),
    [
        (["src/Other/Solution.xml"], "app", {"src": 1}),
        (["a/solution.xml", "b/solution.xml"], "a/app", {"a": 1, "b": 0}),
        (["a/x/solution.xml", "b/solution.xml"], "a/app", {"a/x": 1, "b": 0}),
        (["a/solution.xml", "b/solution.xml"], "app", {"a": 0, "app": 1, "b": 0}),
        ([], "app", {"app": 1}),
        ([], "", {"": 1}),
    ],
)
def test_a_code_app_is_given_to_one_solution(manifests: list[str], app: str, homes: dict[str, int]) -> None:
    own = [re.sub("(?i)solution(?=.xml)", "customizations", path) for path in manifests]
    # What is called like a manifest and stands alone may be anything.
    found = candidates(*manifests, *own, "z/solution.xml", f"{app}/power.config.json".lstrip("/"))
    found = [item for item in found if item.folder != "z"]
    assert {item.folder: len(item.apps) for item in found} == homes
    assert {item.layout for item in found} <= {"flat", "unpacked", "code app"}


def test_a_cloned_agent() -> None:
    guid = "1c2684b6-0000-4000-8000-7c1e52278fc9"
    folder = f"agents/Health/workflows/Post-{guid}"
    (found,) = candidates(
        f"{folder}/workflow.json",
        f"{folder}/metadata.yml",
        "agents/Health/connectionreferences.mcs.yml",
        "agents/Health/workflows/Post/workflow.json",
        "agents/Health/botcomponents/x/data",
    )
    assert (found.folder, found.layout) == ("agents/Health", "clone")
    assert names(found.flows) == [f"{folder}/workflow.json"]
    assert names(found.flow_metadata) == [f"{folder}/metadata.yml"]
    assert names(found.agents) == ["agents/Health/connectionreferences.mcs.yml"]
    (alone,) = candidates("a/connectionreferences.mcs.yml")
    assert (alone.folder, alone.layout, alone.flows) == ("a", "clone", ())


@pytest.mark.parametrize(
    "path",
    [
        *(
            "HR/Work\ufb02ows/a.json",
            "HR/Workflow\u017f/a.json",
            "HR/\u017folution.xml",
            "HR/WORKFL~1/a.json",
        ),
        *("HR/Work\u200cflows/a.json", "HR/Workflows/a.js\ufeffon", "HR/Other/Solu\u200dtion.xml"),
    ],
)
def test_a_path_that_is_source_on_some_disks_only_is_doubtful(path: str) -> None:
    for own in ("HR/Other/Solution.xml", "HR/Workflows/b.json"):
        found = candidates(own, path)
        files = [
            file for item in found for file in (*item.flows, item.manifest, *item.other_manifests) if file
        ]
        assert [file.kind for file in files if file.path == path] == ["doubtful"]
        assert {item.folder for item in found} == {"HR"}
    (plain,) = candidates("Stra\u00dfe~1/Other/Solution.xml", "Stra\u00dfe~1/Workflows/Gru\u00df~2.json")
    assert (plain.folder, [file.kind for file in plain.flows]) == ("Stra\u00dfe~1", ["file"])
