"""How much is read at most: what docs/promises.md says."""

from __future__ import annotations

from crstandards.source import apps, flow, json, mentions, settings, xml, yaml, yaml_layout
from crstandards.source.connector import CONNECTORS, PARAMETERS
from crstandards.source.join import FLOW, WORKFLOWS
from crstandards.source.repository import CUSTOMIZATIONS, MANIFEST

MEGABYTE = 1024 * 1024


def test_bytes() -> None:
    assert (flow.MAX_BYTES, xml.MAX_BYTES) == (32 * MEGABYTE, 128 * MEGABYTE)
    assert (yaml.MAX_BYTES, settings.MAX_BYTES) == (8 * MEGABYTE, 16 * MEGABYTE)
    assert (mentions.MAX_FILE, mentions.MAX_SOLUTION) == (64 * MEGABYTE, 512 * MEGABYTE)


def test_levels() -> None:
    assert (json.MAX_DEPTH, xml.MAX_DEPTH, yaml.MAX_DEPTH) == (500, 1000, 100)


def test_each_kind_of_file_is_read_up_to_its_bound() -> None:
    of_agents = dict(apps.AGENTS)
    in_xml = [
        *(MANIFEST, CUSTOMIZATIONS, WORKFLOWS, CONNECTORS, apps.APP, apps.APPS),
        *(of_agents["_connectionreferenceset.xml"], of_agents["/dvtablesearch.xml"]),
    ]
    assert {reader.limit for reader in in_xml} == {xml.MAX_BYTES}
    others = [FLOW, PARAMETERS, apps.CONNECTIONS, of_agents[".mcs.yml"], of_agents["/data"]]
    assert {reader.limit for reader in others} == {flow.MAX_BYTES}
    in_yaml = [
        *(yaml_layout.MANIFEST, yaml_layout.COMPONENTS, yaml_layout.MISSING),
        *(yaml_layout.REFERENCE, yaml_layout.PUBLISHER, apps.YAML_APP, of_agents["/dvtablesearch.yml"]),
    ]
    assert {reader.limit for reader in in_yaml} == {yaml.MAX_BYTES}
    assert settings.SETTINGS.limit == settings.MAX_BYTES
