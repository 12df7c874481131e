from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from lxml import etree

from crstandards.source.manifest import Missing, read_manifest
from crstandards.source.text import SourceError
from tests import builders
from tests.source.written import ENCODINGS, encode


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_manifest_says_who_it_is(encoding: str) -> None:
    text = builders.manifest("ContosoHR", version="1.2.0.30", managed=1, prefix="con")
    found = read_manifest(encode(text.replace(' encoding="utf-8"', "").replace("\n", "\r\n"), encoding))
    assert found is not None
    assert found == ("ContosoHR", "1.2.0.30", True, "con", ())


@pytest.mark.parametrize(("managed", "is_managed"), [(0, False), (1, True), (2, False)])
def test_unpacked_from_both_is_not_the_managed_copy(managed: Literal[0, 1, 2], is_managed: bool) -> None:
    found = read_manifest(builders.manifest("A", managed=managed).encode())
    assert found is not None
    assert found.managed is is_managed


def test_a_missing_reference_is_found_in_place() -> None:
    text = builders.manifest("A", missing=[builders.Missing("con_a", "Active"), builders.Missing("con_B")])
    found = read_manifest(text.encode())
    assert found is not None
    starts = [at for at in range(len(text)) if text.startswith("<Required", at)]
    assert found.missing == (
        Missing("con_a", "Active", starts[0]),
        Missing("con_B", "ContosoBase (1.0.0.0)", starts[1]),
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
    found = read_manifest(text.encode())
    assert found is not None
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
    assert read_manifest(text.encode()) == ("", "", False, "", ())
    required = (
        '<MissingDependency><Required type="connectionreference" id.connectionreferencelogicalname="a"/>'
    )
    found = read_manifest(text.replace("<x/>", f"{required}</MissingDependency>").encode())
    assert found is not None
    assert found.missing == (Missing("a", "", text.index("<x/>") + len("<MissingDependency>")),)


def test_names_further_down_are_not_the_solutions() -> None:
    text = (
        "<ImportExportXml><UniqueName>no</UniqueName><SolutionManifest>"
        "<Publisher><UniqueName>pub</UniqueName><Addresses><UniqueName>no</UniqueName></Addresses></Publisher>"
        "<UniqueName><!-- x -->Contoso<![CDATA[HR]]> </UniqueName><Version>1.0</Version>"
        "</SolutionManifest></ImportExportXml>"
    )
    found = read_manifest(text.encode())
    assert found is not None
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
