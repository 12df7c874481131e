"""Solutions of the YAML layout, from files in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest

from crstandards.model import ConnectionReference, MissingDependency, MissingFlow, Solution, Unreadable, Use
from crstandards.places import Place
from crstandards.snapshot import Content, File, Kind
from crstandards.source.facts import Facts
from crstandards.source.layout import find_candidates
from crstandards.source.repository import read_solutions
from crstandards.source.yaml_layout import Component, Members
from tests.support.builders import APIS, flow, flow_file, flow_guid, flow_metadata, workflow_yml
from tests.support.memory import Memory
from tests.support.work import lines_run

SOLUTION = """\
ImportExportXml:
  SolutionManifest:
    UniqueName: ContosoHR
    Version: 1.2.3
    Managed: {managed}
    Publisher:
      CustomizationPrefix: {prefix}
    MissingDependencies:
      MissingDependency:
        Required:
          '@type': connectionreference
          '@solution': Core
          '@id.connectionreferencelogicalname': con_core
"""
MISSING = """\
MissingDependencies:
  MissingDependency:
    Required:
      '@type': connectionreference
      '@solution': Other
      '@id.connectionreferencelogicalname': con_other
"""
LINK = (
    "botcomponent_connectionreferenceset/botcomponentid.schemaname=con_bot.topic.Say,"
    "connectionreferenceid.connectionreferencelogicalname=con_linked/botcomponent_connectionreference.yml"
)
SENT, OTHER = (f"modernflows/{flow_file(name)}" for name in ("Send", "Other"))
COMPONENTS = (
    *("connectionreferences/con_a", SENT.replace("modern", "Modern").removesuffix(".json")),
    *("publishers/p", "botcomponent_connectionreferenceset"),
)


def reference(name: str) -> str:
    return (
        f"connectionreference:\n  '@connectionreferencelogicalname': {name}\n"
        f"  connectionreferencedisplayname: Shown\n  connectorid: {APIS}shared_sql\n  description: Said\n"
        "  customconnectorid: 6F1A\n"
    )


def publisher(prefix: str) -> str:
    return f"Publisher:\n  CustomizationPrefix: {prefix}\n"


def tree(root: str = "src/", managed: str = "1", prefix: str = "", **changes: str) -> dict[str, str]:
    """A solution's files; `changes` by the stem of a file of its own."""
    listed = "".join(f"- Path: /{path}\n" for path in COMPONENTS)
    own = {
        "solution": SOLUTION.format(managed=managed, prefix=prefix),
        "solutioncomponents": f"SolutionComponents:\n{listed}",
        "missingdependencies": MISSING,
        **changes,
    }
    shared = {
        "connectionreferences/con_a/connectionreference.yml": reference("con_a"),
        "connectionreferences/con_ab/connectionreference.yml": reference("con_ab"),
        "publishers/p/publisher.yml": publisher("pub"),
        SENT: json.dumps(flow({})),
        OTHER: json.dumps(flow({})),
        f"{SENT}.data.xml": flow_metadata("Send"),
        f"{OTHER}.data.xml": flow_metadata("Other"),
        LINK: "x: 1",
    }
    files = {f"solutions/HR/{name}.yml": text for name, text in own.items() if text}
    return {f"{root}{path}": text for path, text in {**files, **shared}.items()}


def read(files: dict[str, str]) -> list[Solution]:
    snapshot = Memory({path: text.encode() for path, text in files.items()})
    return list(read_solutions(snapshot, find_candidates(snapshot.files()), Facts()))


def only(files: dict[str, str]) -> Solution:
    (found,) = (solution for solution in read(files) if solution.is_solution)
    return found


@pytest.mark.parametrize("root", ["", "src/", "Src/a/"])
def test_all_that_a_solution_says(root: str) -> None:
    found = only(tree(root))
    manifest = f"{root}solutions/HR/solution.yml"
    path = f"{root}connectionreferences/con_a/connectionreference.yml"
    required = SOLUTION.format(managed=1, prefix="").index("'@type'")
    missing = f"{root}solutions/HR/missingdependencies.yml"
    assert found == Solution(
        folder=f"{root}solutions/HR",
        layout="yaml",
        unique_name="ContosoHR",
        version="1.2.3",
        managed=True,
        prefix="pub",
        manifest=manifest,
        references=(
            ConnectionReference(
                "con_a", "Shown", "shared_sql", f"{APIS}shared_sql", "6F1A", "Said", Place(path, 0)
            ),
        ),
        missing=(
            MissingDependency("con_core", "Core", Place(manifest, required)),
            MissingDependency("con_other", "Other", Place(missing, MISSING.index("'@type'"))),
        ),
        flows=found.flows,
        uses=(Use("con_linked", "agent", "con_bot.topic.Say", "", Place(f"{root}{LINK}")),),
        flow_names=found.flow_names,
        mentions=found.mentions,
    )
    (sent,) = found.flows
    assert (sent.path, sent.guid) == (f"{root}{SENT}", flow_guid("Send").lower())
    assert found.flow_names == {f"{root}{SENT}": "Send"}


def test_the_manifest_s_own_prefix_comes_first() -> None:
    assert only(tree(prefix="own", managed="0"))[4:6] == (False, "own")


@pytest.mark.parametrize(
    ("publishers", "prefix"), [((), ""), (("one",), "one"), (("",), ""), (("one", "two"), "")]
)
def test_of_several_publishers_none_is_the_solution_s(publishers: tuple[str, ...], prefix: str) -> None:
    files = {path: text for path, text in tree().items() if "publishers" not in path}
    files |= {f"src/publishers/{at}/publisher.yml": publisher(name) for at, name in enumerate(publishers)}
    assert only(files).prefix == prefix


@pytest.mark.parametrize(
    ("listed", "members"),
    [
        ("connectionreferences/con_a", ["con_a"]),
        ("/ConnectionReferences/Con_A/", ["con_a"]),
        ("connectionreferences/con_a/connectionreference", ["con_a"]),
        ("connectionreferences/con_a/connectionreference.yml", ["con_a"]),
        ("connectionreferences", ["con_a", "con_ab"]),
        ("connectionreferences/con", []),
        ("src/connectionreferences/con_a", []),
        ("con_a", []),
    ],
)
def test_which_references_are_a_solution_s(listed: str, members: list[str]) -> None:
    for root in ("src/", "Src/src/", ""):
        found = only(tree(root, solutioncomponents=f"- Path: {listed}\n"))
        assert [item.logical_name for item in found.references] == members
        # What is listed and not there is said, and what nobody understands.
        gone = [] if members else [f"{root}solutions/HR/solutioncomponents.yml"]
        assert [item.place.path for item in found.unreadable] == gone
        assert (found.flows, found.uses) == ((), ())
        # Of a reference that is not there, nobody knows what it declares.
        assert found.references_known == (listed != "connectionreferences/con")


def test_without_lists_there_is_nothing() -> None:
    found = only(tree(solutioncomponents="", missingdependencies=""))
    assert (found.references, found.flows, found.uses, len(found.missing)) == ((), (), (), 1)
    assert (found.unreadable, found.references_known) == ((), True)


@pytest.mark.parametrize("name", ["solution", "solutioncomponents", "missingdependencies"])
def test_a_file_of_its_own_that_cannot_be_read_is_said(name: str) -> None:
    found = only(tree(**{name: "a: ["}))
    path = f"src/solutions/HR/{name}.yml"
    assert found.unreadable == (Unreadable(Place(path, 4), "not YAML"),)
    assert found.references_known is False
    if name == "solution":
        assert found[2:7] == ("", "", False, "pub", path)
        assert [item.logical_name for item in found.missing] == ["con_other"]
    if name == "missingdependencies":
        assert [item.logical_name for item in found.missing] == ["con_core"]
    if name == "solutioncomponents":
        assert (found.references, found.flows) == ((), ())


@pytest.mark.parametrize(
    ("path", "is_known"),
    [
        ("connectionreferences/con_a/connectionreference.yml", False),
        ("publishers/p/publisher.yml", False),
        (SENT, True),
    ],
)
def test_a_component_that_cannot_be_read_is_said(path: str, is_known: bool) -> None:
    found = only({**tree(), f"src/{path}": "["})
    assert [item.place.path for item in found.unreadable] == [f"src/{path}"]
    assert found.references_known is is_known
    both = only({**tree(), f"src/{path}": "[", f"src/{SENT}": "["})
    assert both.references_known is is_known
    # Those of others are nobody's fault.
    assert only({**tree(), f"src/{OTHER}": "["}).unreadable == ()


def test_several_solutions_share_what_lies_around_them() -> None:
    other = {path.replace("/HR/", "/IT/"): text for path, text in tree().items() if "/HR/" in path}
    loose, first, second = read({**tree(), **other, "src/solutions/X/solution.yml": "jobs: 1\n"})
    assert (loose.folder, loose.beside) == ("src", ("ContosoHR", "ContosoHR"))
    assert (first.folder, second.folder) == ("src/solutions/HR", "src/solutions/IT")
    assert first.references == second.references
    assert first.flows == second.flows


FOLDER = f"modernflows/{flow_guid('Third').lower()}"
THIRD = f"{FOLDER}/{flow_file('Third')}"


def with_third(*listed: str, more: dict[str, str] | None = None) -> list[Solution]:
    """The solutions of a tree in which a third flow has a folder of its own; `listed` are components."""
    files = tree(solutioncomponents="".join(f"- '@path': /{path}\n" for path in (*COMPONENTS, *listed)))
    files |= {f"src/{THIRD}": json.dumps(flow({})), f"src/{FOLDER}/workflow.yml": workflow_yml("Third")}
    return read({**files, **(more or {})})


def test_a_flow_in_a_folder_of_its_own() -> None:
    loose, found = with_third(FOLDER)
    assert [item.path for item in found.flows] == [f"src/{SENT}", f"src/{THIRD}"]
    assert found.flow_names == {f"src/{SENT}": "Send", f"src/{THIRD}": "Third"}
    assert [item.path for item in loose.flows] == [f"src/{OTHER}"]
    assert loose.flow_names == {f"src/{OTHER}": "Other"}


def test_its_name_stands_beside_it_whatever_its_file_is_called() -> None:
    by_hand = {f"src/{FOLDER}/Mail.json": json.dumps(flow({})), f"src/{THIRD}": "[]"}
    (found,) = (item for item in with_third(FOLDER, more=by_hand) if item.is_solution)
    _, mail = found.flows
    assert (mail.path, mail.guid) == (f"src/{FOLDER}/Mail.json", flow_guid("Third").lower())
    assert found.title(mail) == "Third"


@pytest.mark.parametrize("text", ["Workflow: [", "Workflow: {}", "Workflow: {'@Name': }", "jobs: 1"])
def test_without_a_name_it_is_called_like_its_file(text: str) -> None:
    (found,) = (
        item for item in with_third(FOLDER, more={f"src/{FOLDER}/workflow.yml": text}) if item.is_solution
    )
    assert (found.title(found.flows[1]), found.unreadable) == (flow_file("Third"), ())


def test_flows_that_no_list_names_have_no_solution() -> None:
    loose, found = with_third()
    assert (loose.folder, loose.layout, loose.beside) == ("src", "loose", ("ContosoHR",))
    assert [item.path for item in loose.flows] == [f"src/{OTHER}", f"src/{THIRD}"]
    assert loose.flow_names == {f"src/{THIRD}": "Third", f"src/{OTHER}": "Other"}
    assert [item.path for item in found.flows] == [f"src/{SENT}"]


def test_one_list_is_enough() -> None:
    other = {path.replace("/HR/", "/IT/"): text for path, text in tree().items() if "/HR/" in path}
    other["src/solutions/IT/solutioncomponents.yml"] = f"- Path: {FOLDER}\n- Path: {OTHER}\n"
    assert [item.folder for item in with_third(more=other)] == ["src/solutions/HR", "src/solutions/IT"]
    other["src/solutions/IT/solution.yml"] = "jobs: 1\n"
    loose, _ = with_third(more=other)
    assert len(loose.flows) == 2


@pytest.mark.parametrize("text", ["a: [", ""])
def test_where_a_list_cannot_be_read_nobody_knows_which_flows_have_no_solution(text: str) -> None:
    (found,) = with_third(more={"src/solutions/HR/solutioncomponents.yml": text})
    assert [item.place.path for item in found.unreadable] == ["src/solutions/HR/solutioncomponents.yml"]


def test_of_two_lists_both_count() -> None:
    double = {"src/solutions/HR/SolutionComponents.yml": f"- Path: {FOLDER}\n- Path: {OTHER}\n"}
    (found,) = with_third(more=double)
    assert [item.place.path for item in found.unreadable] == ["src/solutions/HR/solutioncomponents.yml"]


def test_without_a_list_no_flow_has_a_solution() -> None:
    files = {path: text for path, text in tree().items() if "solutioncomponents" not in path}
    loose, found = read(files)
    assert [item.path for item in loose.flows] == [f"src/{OTHER}", f"src/{SENT}"]
    assert (found.flows, found.missing_flows) == ((), ())


def test_a_name_that_goes_on_after_a_dot_is_another_one() -> None:
    files = tree()
    files["src/connectionreferences/con_a.b/connectionreference.yml"] = reference("con_a.b")
    assert [item.logical_name for item in only(files).references] == ["con_a"]


@pytest.mark.parametrize("kind", ["link", "submodule", "closed"])
@pytest.mark.parametrize("place", ["src/modernflows", f"src/{FOLDER}"])
def test_what_stands_in_a_folder_s_place_is_said_once(kind: Kind, place: str) -> None:
    files = {path: text for path, text in tree().items() if "modernflows" not in path}
    files["src/solutions/HR/solutioncomponents.yml"] = f"- Path: {THIRD}\n"
    snapshot = Odd({path: text.encode() for path, text in files.items()}, File(place, kind))
    (found,) = read_solutions(snapshot, find_candidates(snapshot.files()), Facts())
    assert [item.place.path for item in found.unreadable] == [place]
    assert found.missing_flows == ()


class Odd(Memory):
    """A tree in which one path is no file that can be read."""

    def __init__(self, tree: dict[str, bytes], odd: File) -> None:
        super().__init__(tree)
        self._odd = odd

    def files(self) -> list[File]:
        return sorted([*super().files(), self._odd])

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        for file in files:
            if file == self._odd:
                yield Content(file, b"", "nobody can look")
            else:
                yield from super().read([file], limit)


def test_a_flow_that_is_listed_and_not_there() -> None:
    files = tree(
        solutioncomponents=f"SolutionComponents:\n- '@path': \\{FOLDER}\n- Path: {FOLDER.upper()}/\n"
    )
    files[f"src/{FOLDER}/workflow.yml"] = workflow_yml("Third")
    listing = "src/solutions/HR/solutioncomponents.yml"
    (missing,) = only(files).missing_flows
    guid = FOLDER.rpartition("/")[2]
    assert missing == MissingFlow(FOLDER, "Third", f"src/{THIRD}", Place(listing, 22))
    del files[f"src/{FOLDER}/workflow.yml"]
    (missing,) = only(files).missing_flows
    assert missing == MissingFlow(FOLDER, "", f"src/{FOLDER}/{guid}.json", Place(listing, 22))
    files[listing] = f"- Path: {THIRD}\n"
    (missing,) = only(files).missing_flows
    assert missing == MissingFlow(THIRD, "", f"src/{THIRD}", Place(listing, 2))


def test_a_file_that_is_listed_and_not_there_is_missing_though_another_stands_in_its_folder() -> None:
    files = tree(solutioncomponents=f"- Path: {FOLDER}/Old.json\n")
    files[f"src/{THIRD}"] = json.dumps(flow({}))
    found = only(files)
    assert [item.path for item in found.flows] == [f"src/{THIRD}"]
    assert [item.name for item in found.missing_flows] == [f"{FOLDER}/Old.json"]


def test_where_no_flow_was_looked_for_none_is_missing() -> None:
    files = tree(solutioncomponents=f"- Path: {FOLDER}\n")
    snapshot = Memory({path: text.encode() for path, text in files.items()})
    candidates = [item.declaring() for item in find_candidates(snapshot.files()) if item.manifest]
    (found,) = read_solutions(snapshot, candidates, Facts())
    assert found.missing_flows == ()


def test_twice_as_many_flows_take_twice_the_work() -> None:
    def work(flows: int) -> int:
        paths = [f"modernflows/{number:08x}-0000-4000-8000-000000000001" for number in range(flows)]
        members = Members("src", [Component(path, 0) for path in paths])
        files = [File(f"src/{path}/Mail.json") for path in paths[::2]]
        return lines_run(lambda: (members.of(files), list(members.without("modernflows", files))))

    assert work(400) < 2.1 * work(200)
