from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crstandards.model import ConnectionReference, MissingDependency
from crstandards.places import Place
from crstandards.source.locator import Locator
from crstandards.source.solution import (
    ManifestFacts,
    Workflow,
    read_customizations,
    read_manifest,
    read_workflows,
)
from crstandards.source.text import SourceError
from tests.support import builders
from tests.support.builders import customizations, flow_guid, flow_metadata
from tests.support.written import BLANKS, ENCODINGS, Draw, encode, span


def manifest_of(text: str, encoding: str = "utf-8") -> ManifestFacts:
    found = read_manifest(encode(text, encoding))
    assert found is not None
    return found


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_manifest_says_who_it_is(encoding: str) -> None:
    text = builders.manifest("ContosoHR", version="1.2.0.30", managed=1, prefix="con")
    found = manifest_of(text.replace(' encoding="utf-8"', "").replace("\n", "\r\n"), encoding)
    assert found[:5] == ("ContosoHR", "1.2.0.30", True, "con", ())


@pytest.mark.parametrize(("managed", "is_managed"), [(0, False), (1, True), (2, False)])
def test_unpacked_from_both_is_not_the_managed_copy(managed: Literal[0, 1, 2], is_managed: bool) -> None:
    found = manifest_of(builders.manifest("A", managed=managed))
    assert found.managed is is_managed


def test_a_missing_reference_is_found_in_place() -> None:
    text = builders.manifest("A", missing=[builders.Missing("con_a", "Active"), builders.Missing("con_B")])
    found = manifest_of(text)
    starts = [at for at in range(len(text)) if text.startswith("<Required", at)]
    assert found.missing == (
        MissingDependency("con_a", "Active", Place("", starts[0])),
        MissingDependency("con_B", "ContosoBase (1.0.0.0)", Place("", starts[1])),
    )


@pytest.mark.parametrize(
    "required",
    [
        # The table of that name, a custom connector, anything else
        '<Required type="1" schemaName="connectionreference" solution="System (9.0)" />',
        '<Required type="372" schemaName="con_x" id.connectionreferencelogicalname="con_x" />',
        '<Required type="29" displayName="A flow" id="{1}" />',
        '<Required type="connectionreference" displayName="no name" />',
        '<Other type="connectionreference" id.connectionreferencelogicalname="con_x" />',
    ],
)
def test_other_missing_components_are_left_alone(required: str) -> None:
    text = builders.manifest("A").replace(
        "<MissingDependencies />",
        f"<MissingDependencies><MissingDependency>{required}"
        '<Dependent type="connectionreference" id.connectionreferencelogicalname="con_x" />'
        "</MissingDependency></MissingDependencies>",
    )
    found = manifest_of(text)
    assert found.missing == ()


@pytest.mark.parametrize(
    "text",
    [
        # `Other/Relationships/Solution.xml` is the relationships of the table Solution
        "<EntityRelationships><EntityRelationship Name='a'/></EntityRelationships>",
        "<ImportExportXml><Entities/></ImportExportXml>",
        "<SolutionManifest><UniqueName>A</UniqueName></SolutionManifest>",
        "<a><ImportExportXml><SolutionManifest/></ImportExportXml></a>",
        "<importexportxml><solutionmanifest/></importexportxml>",
    ],
)
def test_other_xml_is_no_manifest(text: str) -> None:
    assert read_manifest(text.encode()) is None


@pytest.mark.parametrize("text", ["", "<ImportExportXml><SolutionManifest>", "{}", "<!DOCTYPE a><a/>"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        read_manifest(text.encode())


def test_a_manifest_may_say_nothing() -> None:
    text = "<ImportExportXml><SolutionManifest><x/></SolutionManifest></ImportExportXml>"
    found = manifest_of(text)
    assert found[:5] == ("", "", False, "", ())
    required = (
        "<MissingDependencies><MissingDependency>"
        '<Required type="connectionreference" id.connectionreferencelogicalname="a"/>'
    )
    text = text.replace("<x/>", f"{required}</MissingDependency></MissingDependencies>")
    found = manifest_of(text)
    assert found.missing == (MissingDependency("a", "", Place("", text.index("<Required"))),)


def test_names_further_down_are_not_the_solutions() -> None:
    text = (
        "<ImportExportXml><UniqueName>no</UniqueName><SolutionManifest>"
        "<Publisher><UniqueName>pub</UniqueName><Addresses><UniqueName>no</UniqueName></Addresses></Publisher>"
        "<UniqueName><!-- x -->Contoso<![CDATA[HR]]> </UniqueName><Version>1.0</Version>"
        "</SolutionManifest></ImportExportXml>"
    )
    found = manifest_of(text)
    assert (found.unique_name, found.version, found.prefix) == ("ContosoHR", "1.0", "")


def test_a_tree_shows_the_same_of_real_files(corpus: Path) -> None:
    manifests = 0
    for path in corpus.rglob("*"):
        if path.name.lower() != "solution.xml":
            continue
        content = path.read_bytes()
        root = etree.fromstring(content)
        node = root.find("SolutionManifest") if root.tag == "ImportExportXml" else None
        found = read_manifest(content)
        assert (found is None) == (node is None), path
        if found is None or node is None:
            continue
        manifests += 1
        assert found.unique_name == node.findtext("UniqueName", "").strip()
        assert found.version == node.findtext("Version", "").strip()
        assert found.managed == (node.findtext("Managed") == "1")
        assert found.prefix == node.findtext("Publisher/CustomizationPrefix", "").strip()
        assert [item.logical_name for item in found.missing] == [
            item.get("id.connectionreferencelogicalname")
            for item in node.findall("MissingDependencies/MissingDependency/Required")
            if item.get("type") == "connectionreference"
        ]
    assert manifests == 103


API = "/providers/Microsoft.PowerApps/apis/shared_office365"
DECOY = (
    '<connectionreferences><connectionreference connectionreferencelogicalname="decoy">'
    f"<connectorid>{API}</connectorid></connectionreference></connectionreferences>"
)
NOISE = st.sampled_from(
    [
        "",
        "<!-- <connectionreferences><connectionreference connectionreferencelogicalname='decoy'> -->",
        f"<Entities><Entity>{DECOY}</Entity></Entities>",
        f"<Entities>{DECOY}<a/>{DECOY}</Entities>",
        f"<a><![CDATA[{DECOY}]]></a>",
        "<?pi <connectionreference ?>",
        "<connectionreferences/>",
        "<connectionreferences></connectionreferences>",
        "<ConnectionReferences>{}</ConnectionReferences>",
        "<CanvasApps><CanvasApp><ConnectionReferences>{&quot;a&quot;:{}}</ConnectionReferences></CanvasApp></CanvasApps>",
        '<connectionreference connectionreferencelogicalname="decoy"/>',
        '<x a="&lt;connectionreferences>"/>',
        "é😀",
    ]
)
TEXTS = st.sampled_from(
    ["", "a", "Contoso é😀", "a &amp; b", "&lt;b&gt;", "<![CDATA[<c>]]>", "&#233;<!-- x -->f"]
)
PLAIN = {
    "": "",
    "a": "a",
    "Contoso é😀": "Contoso é😀",
    "a &amp; b": "a & b",
    "&lt;b&gt;": "<b>",
    "<![CDATA[<c>]]>": "<c>",
    "&#233;<!-- x -->f": "éf",
}


class Document(NamedTuple):
    """A written document: what it declares, and where each declaration's start tag stands."""

    text: str
    names: list[str]
    displays: list[str]
    descriptions: list[str]
    customs: list[str]
    tags: list[tuple[int, int]]


def written(draw: Draw) -> Document:
    """A Customizations file with anything around, between and inside what it declares."""
    found = Document("", [], [], [], [], [])
    text = draw(st.sampled_from(["", '<?xml version="1.0"?>', "<!-- <connectionreferences> -->"]))
    text += f"{draw(BLANKS).lstrip()}<ImportExportXml{draw(BLANKS)}>"
    for _ in range(draw(st.integers(0, 2))):
        text += draw(NOISE) + draw(BLANKS)
    for _ in range(draw(st.integers(0, 2))):
        text += f"<connectionreferences{draw(BLANKS)}>{draw(BLANKS)}"
        for _ in range(draw(st.integers(0, 3))):
            # Other elements in the list are nothing to us, whatever they hold.
            text += draw(st.sampled_from(["", "<!-- x -->", "<other/>", f"<other>{DECOY}</other>"]))
            text += _reference(len(text), found, draw)
        text += f"</connectionreferences{draw(BLANKS)}>" + draw(NOISE)
    return found._replace(text=f"{text}</ImportExportXml>{draw(BLANKS)}<!-- <connectionreference -->")


def _reference(at: int, found: Document, draw: Draw) -> str:
    name = f"con_{len(found.names)}"
    attributes = [
        f'connectionreferencelogicalname="{name}"',
        f"b='{draw(st.sampled_from(['', '>', '&lt;']))}'",
    ]
    gap = draw(BLANKS) or " "
    tag = f"<connectionreference{gap}{gap.join(draw(st.permutations(attributes)))}{draw(BLANKS)}>"
    display, description = draw(TEXTS), draw(TEXTS)
    custom = draw(st.sampled_from(["", "{6F1A}"]))
    fields = [
        f"<connectionreferencedisplayname>{display}</connectionreferencedisplayname>",
        f"<connectorid>{draw(BLANKS)}{API}{draw(BLANKS)}</connectorid>",
        f"<description>{description}</description>",
        "<unknown><description>decoy</description><connectorid>decoy</connectorid></unknown>",
        DECOY,
    ]
    if custom:
        fields.append(f"<customconnectorid><connectorid>{custom}</connectorid></customconnectorid>")
    found.names.append(name)
    found.displays.append(PLAIN[display])
    found.descriptions.append(PLAIN[description])
    found.customs.append(custom)
    found.tags.append((at, at + len(tag)))
    return tag + draw(BLANKS).join(draw(st.permutations(fields))) + "</connectionreference>"


@given(st.data(), st.sampled_from(sorted(ENCODINGS)))
def test_exactly_what_is_declared_is_found_in_place(data: st.DataObject, encoding: str) -> None:
    document = written(data.draw)
    content = encode(document.text, encoding)
    found = read_customizations(content).references
    assert [item.logical_name for item in found] == document.names
    assert [item.display_name for item in found] == document.displays
    assert [item.description for item in found] == document.descriptions
    assert [item.custom_connector for item in found] == document.customs
    assert {item.connector_id for item in found} <= {API}
    assert {item.connector for item in found} <= {"shared_office365"}
    locator = Locator("c.xml", content)
    for item, (start, end) in zip(found, document.tags, strict=True):
        assert locator.locate(item.place.at) == span("c.xml", document.text, start, end)


def by_lxml(content: bytes) -> list[tuple[str, str, str, str, str]]:
    """The declared references as a tree shows them."""
    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))

    def text(node: Any, path: str) -> str:
        found = node.find(path)
        return "" if found is None else "".join(found.itertext()).strip()

    return [
        (
            node.get("connectionreferencelogicalname", ""),
            text(node, "connectionreferencedisplayname"),
            text(node, "connectorid"),
            text(node, "customconnectorid/connectorid"),
            text(node, "description"),
        )
        for node in root.findall("connectionreferences/connectionreference")
    ]


def by_us(content: bytes) -> list[tuple[str, str, str, str, str]]:
    return [
        (item.logical_name, item.display_name, item.connector_id, item.custom_connector, item.description)
        for item in read_customizations(content).references
    ]


@given(st.data(), st.sampled_from(["utf-8", "utf-8 with BOM", "utf-16-le with BOM", "utf-16-be with BOM"]))
def test_a_tree_shows_the_same(data: st.DataObject, encoding: str) -> None:
    content = encode(written(data.draw).text, encoding)
    assert by_us(content) == by_lxml(content)


def test_a_tree_shows_the_same_of_real_files_customizations(corpus: Path) -> None:
    found = 0
    for path in corpus.rglob("*"):
        if path.name.lower() == "customizations.xml":
            content = path.read_bytes()
            assert by_us(content) == by_lxml(content), path
            locator = Locator("c", content)
            for item in read_customizations(content).references:
                located = locator.locate(item.place.at)
                line = content.split(b"\n")[located.line - 1].decode("utf-8-sig")
                tag = f'<connectionreference connectionreferencelogicalname="{item.logical_name}">'
                assert line[located.column - 1 : located.end_column - 1] == tag
                found += 1
    assert found == 198


def test_a_reference_says_all_that_it_says() -> None:
    content = b"""<r><connectionreferences>
      <connectionreference b="2" connectionreferencelogicalname=" con_erp " a="1">
        <connectionreferencedisplayname> ERP &amp; more </connectionreferencedisplayname>
        <connectorid>/providers/Microsoft.PowerApps/apis/shared_con-5ferp-5f0123456789abcdef</connectorid>
        <customconnectorid><connectorid> {A} </connectorid><x><y/></x></customconnectorid>
        <description> crstandards: x </description>
        <description>another</description>
        <iscustomizable d="4" c="3"> 1 </iscustomizable>
      </connectionreference>
    </connectionreferences></r>"""
    (found,) = read_customizations(content).references
    assert found == ConnectionReference(
        logical_name="con_erp",
        display_name="ERP & more",
        connector="shared_con-5ferp",
        connector_id="/providers/Microsoft.PowerApps/apis/shared_con-5ferp-5f0123456789abcdef",
        custom_connector="{A}",
        description="crstandards: x",
        place=Place("", content.index(b"<connectionreference ")),
        content=(
            *("@a=1", "@b=2", "<connectionreferencedisplayname", "ERP & more", ">"),
            *("<connectorid", "/providers/Microsoft.PowerApps/apis/shared_con-5ferp-5f0123456789abcdef", ">"),
            *("<customconnectorid", "<connectorid", "{A}", ">", "<x", "<y", "", ">", "", ">", "", ">"),
            *("<description", "crstandards: x", ">", "<description", "another", ">"),
            *("<iscustomizable", "@c=3", "@d=4", "1", ">"),
        ),
    )


def test_a_reference_may_say_nothing_but_its_name() -> None:
    content = b'<r><connectionreferences><connectionreference connectionreferencelogicalname="a"/>'
    content += b"</connectionreferences></r>"
    assert read_customizations(content).references == (
        ConnectionReference("a", "", "", "", "", "", Place("", 25)),
    )


@pytest.mark.parametrize(
    "listed", ["", "<connectionreferences/>", "<connectionreferences>\r\n</connectionreferences>"]
)
def test_an_empty_list_declares_nothing(listed: str) -> None:
    content = f"<ImportExportXml><Entities />{listed}</ImportExportXml>"
    assert read_customizations(content.encode()).references == ()


@pytest.mark.parametrize(
    "content",
    [
        f"<ImportExportXml><Entities>{DECOY}</Entities></ImportExportXml>",
        f"<a><b><c>{DECOY}</c></b></a>",
        DECOY,
        '<ImportExportXml><connectionreference connectionreferencelogicalname="a"/></ImportExportXml>',
        f"<connectionreferences><a>{DECOY}</a></connectionreferences>",
        # A table of that name
        "<ImportExportXml><Entities><Entity><Name>admin_ConnectionReference</Name></Entity></Entities>"
        "</ImportExportXml>",
    ],
)
def test_only_the_list_under_the_root_declares(content: str) -> None:
    assert read_customizations(content.encode()).references == ()


@pytest.mark.parametrize(
    "attribute", ["", ' connectionreferencelogicalname=""', ' connectionreferencelogicalname=" "']
)
def test_a_reference_without_its_name_is_refused(attribute: str) -> None:
    content = f"<r>\n<connectionreferences>\n<connectionreference{attribute}/></connectionreferences></r>"
    with pytest.raises(SourceError) as raised:
        read_customizations(content.encode())
    assert raised.value.reason == "a <connectionreference> without its logical name"
    assert raised.value.at == content.index("<connectionreference" + (" " if attribute else "/"))


@pytest.mark.parametrize("layout", ["data.xml", "flat"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_flow_names_are_read_from_both_layouts(layout: str, encoding: str) -> None:
    name = 'Send "é😀" & more'
    text = customizations(workflows=[name]) if layout == "flat" else flow_metadata(name)
    text = text.replace(' encoding="utf-8"', "")
    (found,) = read_workflows(encode(text, encoding))
    assert (found.guid, found.name) == (flow_guid(name).lower(), name)


@pytest.mark.parametrize(
    ("text", "workflows"),
    [
        (
            '<Workflow\r\n\tWorkflowId="{AB-1}"\r\n\tName="A&#10;b"><x/></Workflow>',
            [Workflow("ab-1", "A\nb", "", "")],
        ),
        (
            '<r><Workflow WorkflowId="{XaX}"/><Workflow Name="b"/><Other WorkflowId="c" Name="d"/></r>',
            [Workflow("xax", "", "", "", 3), Workflow("", "b", "", "", 33)],
        ),
        (
            "<Workflow><JsonFileName>/Workflows/A.json</JsonFileName><Category>6</Category></Workflow>",
            [Workflow("", "", "Workflows/A.json", "6", 10)],
        ),
    ],
)
def test_what_is_recorded_of_flows(text: str, workflows: list[Workflow]) -> None:
    assert list(read_workflows(text.encode())) == workflows


LISTED = "<Workflow WorkflowId='{A}'><JsonFileName>/Workflows/a.json</JsonFileName></Workflow>"
DECLARED = (
    "<connectionreferences><connectionreference connectionreferencelogicalname='x'/></connectionreferences>"
)


@pytest.mark.parametrize(
    ("inside", "files"),
    [
        (f"<Workflows>{LISTED}</Workflows>{DECLARED}", ["Workflows/a.json"]),
        (f"{DECLARED}<Workflows>{LISTED}</Workflows>", ["Workflows/a.json"]),
        (f"<Workflows><Workflow WorkflowId='{{A}}'/></Workflows>{DECLARED}", []),
        (f"<Entity>{LISTED}</Entity>{DECLARED}", []),
    ],
)
def test_customizations_say_which_files_flows_are_in(inside: str, files: list[str]) -> None:
    found = read_customizations(f"<ImportExportXml>{inside}</ImportExportXml>".encode())
    assert [item.logical_name for item in found.references] == ["x"]
    assert [workflow.file for workflow in found.workflows] == files


@pytest.mark.parametrize(
    ("component", "processes"),
    [
        ('type="29" id="{AB}" behavior="0"', {"ab"}),
        ('type="29" schemaName="con_Flow"', {"con_flow"}),
        ('type="1" id="{AB}"', set()),
        ('type="29"', set()),
    ],
)
def test_a_manifest_lists_processes(component: str, processes: set[str]) -> None:
    text = builders.manifest("A").replace(
        "<RootComponents />", f"<RootComponents><RootComponent {component} /></RootComponents>"
    )
    found = manifest_of(text)
    assert found.processes == processes


def test_a_connector_that_stands_twice_is_none_that_anybody_knows() -> None:
    one = "<connectorid>/apis/shared_sql</connectorid>"
    text = customizations(["con_a"]).replace("</connectionreference>", f"{one}</connectionreference>")
    with pytest.raises(SourceError, match="a <connectorid> stands twice") as raised:
        read_customizations(text.encode())
    assert raised.value.at == text.index(one)
