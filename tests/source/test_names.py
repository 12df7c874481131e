"""What a path alone tells."""

from __future__ import annotations

import pytest

from crstandards.source.names import (
    covers,
    holds_no_part,
    home,
    is_flow,
    is_hidden,
    is_source,
    owners,
    part_of,
    yaml_root,
)

GUID = "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"
PARTS = {
    "solution.xml": ("flat:solution.xml", ""),
    "a/b/Solution.xml": ("flat:solution.xml", "a/b"),
    "a/customizations.xml": ("flat:customizations.xml", "a"),
    "a/b/Other/Solution.xml": ("unpacked:solution.xml", "a/b"),
    "OTHER/CUSTOMIZATIONS.XML": ("unpacked:customizations.xml", ""),
    "a/other": ("unpacked:solution.xml", "a"),
    "Workflows/A.json": ("flow", ""),
    "a/b/ModernFlows/A.JSON": ("flow", "a/b"),
    f"modernflows/{GUID}/A.json": ("flow", ""),
    f"a/ModernFlows/{GUID}/A-{GUID}.JSON": ("flow", "a"),
    "a/modernflows/by hand/A.json": ("flow", "a"),
    f"a/modernflows/{GUID}/Workflow.yml": ("metadata", "a"),
    # Not a folder, or it would not be listed
    f"a/modernflows/{GUID.upper()}": ("flow", "a"),
    # Solutions that lie in a folder of that name
    "modernflows/Connectors/x.xml": ("connector", "modernflows"),
    "modernflows/Workflows/A.json": ("flow", "modernflows"),
    "modernflows/Other/Solution.xml": ("unpacked:solution.xml", "modernflows"),
    "a/workflows": ("flow", "a"),
    "modernflows": ("flow", ""),
    "a/Workflows/A.json.data.xml": ("metadata", "a"),
    "a/CanvasApps/x.meta.xml": ("app", "a"),
    "CANVASAPPS/X.META.XML": ("app", ""),
    "a/x_DocumentUri_msapp_src/Connections/Connections.json": ("app", "a/x_DocumentUri_msapp_src"),
    "connections/connections.json": ("app", ""),
    "a/Assets/botcomponent_connectionreferenceset.xml": ("agent", "a"),
    "a/b/botcomponent_connectionreferenceset.xml": ("agent", "a/b"),
    "a/agent/connectionreferences.mcs.yml": ("agent", "a/agent"),
    "ConnectionReferences.MCS.yml": ("agent", ""),
    "a/b/botcomponents/con_x.topic.Y/data": ("agent", "a/b"),
    "BotComponents/con_x/DATA": ("agent", ""),
    "a/Connectors/x.xml": ("connector", "a"),
    "a/Connector/x_connectionparameters.json": ("connector", "a"),
    "connectors/X_ConnectionParameterSets.json": ("connector", ""),
    "Microsoft.Flow/flows/1/definition.json": ("package", ""),
    "a/BOX/MICROSOFT.FLOW/Flows/1/Definition.json": ("package", "a/BOX"),
    "solutions/HR/solution.yml": ("yaml:manifest", "solutions/HR"),
    "a/b/Solutions/HR/Solution.yml": ("yaml:manifest", "a/b/Solutions/HR"),
    "a/solutions/HR/solutioncomponents.yml": ("yaml:components", "a/solutions/HR"),
    "a/solutions/HR/missingdependencies.yml": ("yaml:missing", "a/solutions/HR"),
    "connectionreferences/con_a/connectionreference.yml": ("yaml:reference", ""),
    "a/b/ConnectionReferences/con_a/ConnectionReference.yml": ("yaml:reference", "a/b"),
    "a/publishers/p/publisher.yml": ("yaml:publisher", "a"),
    "a/b/botcomponent_connectionreferenceset/x/botcomponent_connectionreference.yml": ("agent", "a/b"),
}
NO_PARTS = [
    "",
    "a",
    "a/solution.xmlx",
    "Other/Solution.yml",
    "a/Workflows/A.xaml",
    "a/Workflows/A.data.xml",
    "a/Flows/A.json",
    "a/CanvasApps/x.msapp",
    "a/Apps/x.meta.xml",
    "a/Connection/connections.json",
    "a/Connections/connection.json",
    "a/Assets/botcomponent_workflowset.xml",
    "a/topics/x/data",
    "a/botcomponents/x/botcomponent.xml",
    "a/botcomponents/data",
    "a/Connectors/x_openapidefinition.json",
    "a/Connectors2/x.xml",
    "a/xMicrosoft.Flow/flows/1/definition.json",
    "a/Microsoft.Flow/flows/1/apisMap.json",
    "a/Microsoft.Flow/flows/definition.json",
    "a/solution.yml",
    "a/solutions/solution.yml",
    "a/solution/HR/solution.yml",
    "a/solutions/HR/other.yml",
    "a/connectionreferences/con_a/publisher.yml",
    "a/references/con_a/connectionreference.yml",
    "a/publishers/p/connectionreference.yml",
    "a/publisher/p/publisher.yml",
    ".github/workflows/ci.yml",
    f"a/modernflows/{GUID}/x/A.json",
    f"a/workflows/{GUID}/A.json",
    f"a/workflows/{GUID}/workflow.yml",
    f"a/modernflows/{GUID}/flow.yml",
    f"a/modernflows/{GUID}/A.xaml",
    f"a/modernflows/A-{GUID}",
    "a/modernflows/workflow.yml",
    f"a/{GUID}",
]


@pytest.mark.parametrize("path", PARTS)
def test_a_path_says_which_part_of_which_solution_a_file_is(path: str) -> None:
    assert part_of(path) == PARTS[path]
    folder, _, name = path.rpartition("/")
    assert not holds_no_part(f"{folder}/", f"\0a.json\0{name.lower()}\0")
    assert is_source(path) is True
    assert is_flow(path) is (PARTS[path][0] == "flow")


@pytest.mark.parametrize("folder", ["", "docs/a/", "src/HR/", "Flows/"])
def test_of_most_folders_it_is_plain_that_they_hold_none(folder: str) -> None:
    assert holds_no_part(folder, "\0a.json\0readme.md\0x.xml\0workflow.json\0")
    # What folds to other letters may be anything.
    assert not holds_no_part(folder, "\0\u017folution.xml\0")
    assert not holds_no_part(f"{folder}\u017f/", "\0a.json\0")


@pytest.mark.parametrize("path", NO_PARTS)
def test_what_is_no_part_of_a_solution(path: str) -> None:
    assert part_of(path) is None
    assert is_source(path) is False
    assert is_flow(path) is False
    assert owners(path, ("", "a"), ()) == ()


@pytest.mark.parametrize(
    ("path", "homes", "expected"),
    [
        ("a/b/c/Workflows/A.json", (), "a/b/c"),
        ("a/b/c/Workflows/A.json", ("a/b/c",), "a/b/c"),
        ("a/b/c/Workflows/A.json", ("a/b",), "a/b"),
        ("a/b/c/Workflows/A.json", ("a/b", "a"), "a"),
        ("a/b/c/Workflows/A.json", ("", "a/b"), ""),
        ("a/b/c/Workflows/A.json", ("b", "c", "a/b/c/Workflows", "d"), "a/b/c"),
        ("Workflows/A.json", ("a",), ""),
        ("a/CanvasApps/x.meta.xml", ("a/b",), "a"),
    ],
)
def test_the_outermost_manifest_around_a_file_holds_it(
    path: str, homes: tuple[str, ...], expected: str
) -> None:
    part = part_of(path)
    assert part is not None
    assert home(part[1], homes) == expected


SHARED = ("a/solutions/HR", "a/solutions/IT", "solutions/X", "b/a/solutions/Y", "a/solution")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/workflows/A.json", SHARED[:2]),
        ("a/workflows/A.json.data.xml", SHARED[:2]),
        ("a/botcomponent_connectionreferenceset/x/botcomponent_connectionreference.yml", SHARED[:2]),
        ("a/connectionreferences/con_a/connectionreference.yml", SHARED[:2]),
        ("a/publishers/p/publisher.yml", SHARED[:2]),
        ("publishers/p/publisher.yml", ("solutions/X",)),
        ("b/a/workflows/A.json", ("b/a/solutions/Y",)),
        ("a/solutions/HR/solutioncomponents.yml", ("a/solutions/HR",)),
        # Of the XML layout, whatever lies beside it
        ("a/Other/Solution.xml", ("a",)),
        ("a/Microsoft.Flow/flows/1/definition.json", ("a",)),
        ("a/solution/CanvasApps/x.meta.xml", ("a/solution",)),
        ("a/solution/b/c/Connectors/x.xml", ("a/solution",)),
        ("a/solution/Assets/botcomponent_connectionreferenceset.xml", ("a/solution",)),
        ("a/CanvasApps/x.meta.xml", ()),
        ("a/CanvasApps/x/x.meta.yml", ("a/solutions/HR", "a/solutions/IT")),
        ("a/canvasapps/x/canvasapp.yml", ("a/solutions/HR", "a/solutions/IT")),
        ("c/publishers/p/publisher.yml", ("c",)),
    ],
)
def test_whose_a_file_is(path: str, expected: tuple[str, ...]) -> None:
    assert owners(path, SHARED, SHARED) == expected


def test_only_solutions_of_the_yaml_layout_share_what_lies_around_them() -> None:
    path = "a/workflows/A.json"
    assert owners(path, (*SHARED, "a"), SHARED[:1]) == ("a/solutions/HR", "a")
    assert owners(path, (*SHARED, "a"), ()) == ("a",)


@pytest.mark.parametrize("name", ["solution.yml", "solutioncomponents.yml"])
def test_lists_tell_which_flows_beside_them_have_no_solution(name: str) -> None:
    path = f"a/solutions/HR/{name}"
    assert owners(path, (*SHARED, "a"), SHARED, ("a",)) == ("a/solutions/HR", "a")
    assert owners(path, (*SHARED, "a"), SHARED, ("b",)) == ("a/solutions/HR",)
    assert owners(path, (), (), ("a",)) == ("a/solutions/HR", "a")
    assert owners("a/solutions/HR/missingdependencies.yml", SHARED, SHARED, ("a",)) == ("a/solutions/HR",)


def test_what_lies_in_no_other_solution_is_the_outermost_ones() -> None:
    assert owners("a/b/CanvasApps/x.meta.xml", ("", "a/c"), ()) == ("",)


def test_a_folder_covers_what_lies_in_it() -> None:
    assert covers(["a/b"], "a/b")
    assert covers(["x", "a/b"], "a/b/c/d")
    assert covers(["a/b", "x"], "a/b/c")
    assert covers([""], "a")
    assert not covers([], "a")
    assert not covers(["a/b"], "a/bc")
    assert not covers(["a/b"], "a")
    assert not covers(["b"], "a/b/")


def test_folders_of_tools_are_hidden() -> None:
    assert [is_hidden(folder) for folder in (".github", "a/.x/b", "a/b", "", "a.b/c.")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_the_root_that_solutions_of_the_yaml_layout_share() -> None:
    assert [yaml_root(folder) for folder in ("a/b/solutions/HR", "a/solutions/HR", "solutions/HR")] == [
        *("a/b", "a", "")
    ]
