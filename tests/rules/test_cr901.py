from __future__ import annotations

from pathlib import Path

import pytest

from crstandards.errors import UsageError
from tests.support.builders import (
    OUTLOOK,
    Json,
    customizations,
    entry,
    flow,
    flow_file,
    raw_entry,
    solution_files,
    to_json,
    write_files,
    write_solution,
    yaml_files,
)
from tests.support.checks import check, found

FLOW = f"Workflows/{flow_file('Send reminder')}"


def with_flow(tmp_path: Path, text: str | bytes) -> Path:
    return write_solution(tmp_path, "ContosoHR", [], {"Send reminder": text})


@pytest.mark.parametrize(
    ("text", "reason", "line", "column"),
    [
        ("", "the file is empty", 1, 1),
        ('{\r\n  "properties": {\r\n', "not JSON: it breaks off", 3, 1),
        ('{\n  "a": 1,\n}', "not JSON: a comma stands before the end of an object or a list", 2, 9),
        ('{\n  "é😀": "\xe9" x}', "not JSON: expecting ',' delimiter", 2, 13),
        (b'\xef\xbb\xbf{\n "a": "\xe9"}', "not UTF-8 text: invalid continuation byte", 2, 8),
        ('{\r\n"é": 1 2}'.encode("utf-16"), "not JSON: expecting ',' delimiter", 2, 8),
        ('{\r\n"é": 1 2}'.encode("utf-16-be"), "not JSON: expecting ',' delimiter", 2, 8),
        ("[" * 200_000, "nested too deep to be read: more than 500 levels", 1, 1),
        ('{"a":\n NaN}', "not JSON: NaN is no JSON value", 2, 2),
    ],
)
def test_a_flow_that_cannot_be_read_is_reported_in_place(
    text: str | bytes, reason: str, line: int, column: int, tmp_path: Path
) -> None:
    (item,) = check(with_flow(tmp_path, text)).findings
    assert (item.rule.id, item.severity, item.finding.solution) == ("CR901", "error", "ContosoHR")
    assert item.finding.message == f"{FLOW.rpartition('/')[2]} cannot be checked: {reason}."
    assert (item.span.path, item.span.line, item.span.column) == (FLOW, line, column)


def twice(text: str, key: str) -> str:
    return text.replace(key, f"{key} {{}}, {key}", 1)


@pytest.mark.parametrize(
    "key", [f'"{OUTLOOK}":', '"connection":', '"connectionReferences":', '"definition":', '"host":']
)
def test_a_key_that_stands_twice_and_hides_one_is_reported(key: str, tmp_path: Path) -> None:
    text = twice(to_json(flow({OUTLOOK: entry("con_outlook")})), key)
    write_solution(tmp_path, "ContosoHR", flows={"Send reminder": text})
    (item,) = check(tmp_path).findings
    assert item.rule.id == "CR901"
    assert (
        f"the key {key[1:-2]!r} stands twice in one object, and the first one is lost" in item.finding.message
    )
    # The last one counts, and is where it is reported.
    assert item.span.column > text.split("\n")[item.span.line - 1].index(key) + 1


def test_the_rest_of_such_a_flow_is_checked(tmp_path: Path) -> None:
    text = twice(to_json(flow({OUTLOOK: raw_entry()})), '"api":')
    assert [item.rule.id for item in check(with_flow(tmp_path, text)).findings] == ["CR101", "CR901"]


@pytest.mark.parametrize(
    "path", ["CanvasApps/con_app.meta.xml", "Assets/botcomponent_connectionreferenceset.xml"]
)
def test_an_app_or_agent_that_cannot_be_read_is_reported(path: str, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR")
    write_files(tmp_path, {path: "<a><b>"})
    (item,) = found(tmp_path, "CR901")
    assert item.span.path == path


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"definition": {}, "connectionReferences": {}}'])
def test_what_a_solution_calls_a_cloud_flow_and_is_none_is_reported(text: str, tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR", flows={"Ask": text})
    write_solution(tmp_path / "Zip", "ContosoZip", flows={"Ask": text}, layout="flat")
    assert [item.finding.place.path for item in found(tmp_path, "CR901")] == [
        f"{folder}/Workflows/{flow_file('Ask')}" for folder in ("HR", "Zip")
    ]
    described = tmp_path / f"HR/Workflows/{flow_file('Ask')}.data.xml"
    described.write_text(described.read_text().replace("<Category>5<", "<Category>6<"))
    assert [item.finding.solution for item in found(tmp_path, "CR901")] == ["ContosoZip"]


@pytest.mark.parametrize("path", ["Other/Customizations.xml", "Other/Solution.xml"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("\n<a>\n  <b></a>", "not XML: mismatched tag"),
        ("\n<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>&b;</a>", "a DOCTYPE stands in it"),
        ("<<<<<<< HEAD", "not XML: the marks of a merge conflict"),
        ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer stands here"),
        ("<a>" * 200_000 + "</a>" * 200_000, "nested too deep to be read"),
    ],
)
def test_xml_that_cannot_be_read_is_reported(path: str, text: str, reason: str, tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", flows={"A": flow()})
    write_files(tmp_path, {path: text})
    (item,) = check(tmp_path).findings
    assert (item.rule.id, item.span.path) == ("CR901", path)
    assert f"cannot be checked: {reason}" in item.finding.message


def test_other_rules_speak_of_what_can_be_read(tmp_path: Path) -> None:
    files = solution_files("ContosoHR", ["con_a", "con_b"], {"Bad": "{", "Raw": flow({OUTLOOK: None})})
    write_files(tmp_path, files)
    assert sorted(item.rule.id for item in check(tmp_path).findings) == ["CR101", "CR201", "CR901"]


def test_customizations_with_flows_need_a_manifest(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR")
    (tmp_path / "Other/Solution.xml").unlink()
    (item,) = found(tmp_path, "CR901")
    assert item.span.path == "Other/Customizations.xml"
    assert "no Solution.xml says which solution they are" in item.finding.message


@pytest.mark.parametrize("folder", ["src/hr", "src/Bu\u0308ro", ".src/hr", "other"])
def test_declarations_without_a_manifest_may_be_those_of_another_folder_on_some_disks(
    tmp_path: Path, folder: str
) -> None:
    for own in ("src/HR", "src/B\u00fcro"):
        write_solution(tmp_path / own, own[-2:])
    write_files(tmp_path / folder, {"Other/Customizations.xml": customizations()})
    assert found(tmp_path, "CR901") == []
    write_files(tmp_path / folder, {"Other/Customizations.xml": customizations(["con_a", "con_b"])})
    (item,) = found(tmp_path, "CR901")
    assert item.span.path == f"{folder}/Other/Customizations.xml"


@pytest.mark.parametrize(
    "config",
    [
        '[[exceptions]]\nrule = "CR901"\nreason = "please"\n',
        '[rules]\nCR901 = "warning"\n',
        '[rules]\nCR901 = "off"\n',
    ],
)
def test_it_can_be_neither_excepted_nor_softened(config: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CR901"):
        check(with_flow(tmp_path, "{"), config)


@pytest.mark.parametrize(
    "files",
    [
        {"Workflows/Desktop-8D1F3B0C-6A52-4B7E-9F10-2C3D4E5F6A7B.json": '{"targets": []}'},
        {"WebResources/broken.json": "{", "Entities/x/Entity.xml": "<a>", "Workflows/x.xaml": "<"},
        {"Other/Relationships/Solution.xml": "<a>", "Other/Relationships.xml": "<"},
        {".github/workflows/x-8D1F3B0C-6A52-4B7E-9F10-2C3D4E5F6A7B.json": "{"},
        {"Workflows/old/x-8D1F3B0C-6A52-4B7E-9F10-2C3D4E5F6A7B.json": "{"},
    ],
)
def test_files_that_are_not_read_are_left_alone(files: dict[str, str], tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [], {"A": flow({})})
    write_files(tmp_path, files)
    assert check(tmp_path).findings == ()


@pytest.mark.parametrize("value", [None, 5, "x", []])
def test_an_entry_that_is_no_object_is_reported(value: Json, tmp_path: Path) -> None:
    document = flow({}, {})
    document["properties"]["connectionReferences"] = {"shared_x": value}
    (item,) = check(with_flow(tmp_path, to_json(document))).findings
    assert item.finding.message.endswith("the connection reference 'shared_x' is not an object.")
    assert item.span.excerpt.strip().startswith('"shared_x":')


CONNECTOR = "Connectors/con_5Fx_connectionparameters.json"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        *((CONNECTOR, text) for text in ("", "{}", "null", "\ufeff", '{"values": []}')),
        (CONNECTOR.replace("parameters", "parametersets"), ""),
        ("Connectors/con_5Fx_policytemplateinstances.json", "null"),
        ("CanvasApps/src/con_app/Connections/Connections.json", "{}"),
        ("CanvasApps/con_app.meta.xml", "<CanvasApp><ConnectionReferences/></CanvasApp>"),
        ("environmentvariabledefinitions/con_x/environmentvariablevalues.json", ""),
        ("deploymentSettings.json", "{}"),
        ("customDeploymentSettings.json", ""),
        ("power.config.json", '{"connectionReferences": null}'),
    ],
)
def test_what_is_empty_on_purpose_is_no_unreadable_source(tmp_path: Path, path: str, text: str) -> None:
    """Pipelines of Microsoft's own wipe what another environment must not get; exports leave out much."""
    write_files(write_solution(tmp_path, "ContosoHR"), {path: text})
    assert found(tmp_path, "CR901") == []


def test_a_reference_that_a_yaml_list_names_and_that_is_not_there(tmp_path: Path) -> None:
    files = yaml_files(
        "ContosoHR", flows={}, components=["/connectionreferences/con_lost", "/entities/account"]
    )
    write_files(tmp_path, files)
    (item,) = found(tmp_path, "CR901")
    assert item.finding.message == (
        "solutioncomponents.yml cannot be checked: it lists connectionreferences/con_lost, but its "
        "connectionreference.yml is not there; packing leaves it out without an error."
    )
    assert (item.span.line, item.span.excerpt) == (3, "  - '@path': /connectionreferences/con_lost")


APP, KNOWLEDGE = "canvasapps/con_orders", "dvtablesearchs/1"
HELD = {
    f"{APP}/canvasapp.yml": f"CanvasApp:\n  ConnectionReferences: '{to_json({})}'\n",
    f"{KNOWLEDGE}/dvtablesearch.yml": "dvtablesearch:\n  name: Site\n",
}


def listing(root: Path, *components: str, files: dict[str, str] | None = None) -> Path:
    """A solution of the YAML layout that lists a reference which no flow uses, and some components."""
    own = yaml_files("ContosoHR", flows={}, components=("/connectionreferences/con_outlook", *components))
    write_files(root, own | (files or {}))
    return root


@pytest.mark.parametrize("component", [APP, KNOWLEDGE])
def test_an_app_that_a_yaml_list_names_and_of_which_nothing_is_there_to_read(
    component: str, tmp_path: Path
) -> None:
    packed = {f"{component}/con_orders.msapp": "PK"}
    report = check(listing(tmp_path, f"/{component}", files=packed))
    # What it uses is not known: nothing is called unused.
    (item,) = report.findings
    name = "canvasapp.yml" if component == APP else "dvtablesearch.yml"
    assert item.rule.id == "CR901"
    assert item.finding.message == (
        f"solutioncomponents.yml cannot be checked: it lists {component}, but its {name} is not there, so "
        "nobody can tell which references it uses."
    )
    assert (item.span.line, item.span.excerpt) == (4, f"  - '@path': /{component}")
    assert item.finding.help.startswith("Correct the path, bring the file back, or commit the solution in ")


@pytest.mark.parametrize(
    "components",
    [
        (),
        (f"/{APP}",),
        (f"{APP}/canvasapp.yml",),
        (f"/{KNOWLEDGE}",),
        ("/canvasapps", "/dvtablesearchs"),
        # Nothing in them uses a reference: the tools' own folders, as a whole too, and a publisher's table.
        ("/entities/account", "/WebResources/con_logo", "entityrelationships", "con_orders/1", "msdyn_x/1"),
    ],
)
def test_what_a_yaml_list_names_and_that_is_there_or_uses_no_reference(
    components: tuple[str, ...], tmp_path: Path
) -> None:
    report = check(listing(tmp_path, *components, files=HELD))
    assert [item.rule.id for item in report.findings] == ["CR504"]


@pytest.mark.parametrize(
    "component", ["widgets/one", "modernflow/1", "modern_flows/1", "src/modernflows/1", "Send mail.json"]
)
def test_what_a_yaml_list_names_and_nobody_understands(component: str, tmp_path: Path) -> None:
    # It may hold flows: nothing is called unused.
    (item,) = check(listing(tmp_path, f"/{component}", files={f"{component}/widget.yml": "x: y\n"})).findings
    kind = component.split("/")[0]
    # Nor where nobody is to look into it.
    assert check(tmp_path, f'[source]\nexclude = ["{kind}"]\n').findings == ()
    assert item.finding.message == (
        f"solutioncomponents.yml cannot be checked: it lists {component}, and nobody knows what {kind!r} "
        "holds: it may be flows, or what else uses references."
    )
    assert (item.span.line, item.span.excerpt) == (4, f"  - '@path': /{component}")
    assert f'exclude = ["{kind}"]' in item.finding.help


PARTS = {
    "botcomponents/con_agent.topic.Hi": "botcomponent.yml",
    "environmentvariabledefinitions/con_url": "environmentvariabledefinition.yml",
    "botcomponent_connectionreferenceset/botcomponentid.schemaname=con_agent.topic.Hi": (
        "botcomponent_connectionreference.yml"
    ),
    "connectors/con_erp": "connector.yml",
}


@pytest.mark.parametrize("component", PARTS)
def test_other_components_of_which_something_is_read(component: str, tmp_path: Path) -> None:
    file = PARTS[component]
    (item,) = check(listing(tmp_path / "lost", f"/{component}")).findings
    assert f"it lists {component}, but its {file} is not there" in item.finding.message
    held = listing(tmp_path / "held", f"/{component}", files={f"{component}/{file}": "x: y\n"})
    assert found(held, "CR901") == []


def test_a_custom_connector_directly_in_its_folder(tmp_path: Path) -> None:
    held = listing(tmp_path, "/connectors/con_erp", files={"connectors/con_erp.yml": "Connector: {}\n"})
    assert found(held, "CR901") == []


@pytest.mark.parametrize("component", [APP, "connectionreferences/con_lost"])
def test_what_a_yaml_list_names_and_that_is_excluded(component: str, tmp_path: Path) -> None:
    listing(tmp_path, f"/{component}", files=HELD)
    assert check(tmp_path, f'[source]\nexclude = ["{component}/**"]\n').findings == ()
