"""Edits of one solution in a tree, in the style that each of its files has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from crstandards.connector_id import connector_of
from crstandards.data import load
from tests.accuracy.formats import (
    Json,
    decode,
    encode,
    nested,
    operations,
    read_json,
    style_of,
    write_json,
)
from tests.support.builders import APIS, flow, flow_file, flow_guid, flow_metadata, manifest

_BLOCK = re.compile(r"<connectionreferences(?:\s*/>|\s*>.*?</connectionreferences>)", re.DOTALL)
_ELEMENT = re.compile(r"<connectionreference\s.*?</connectionreference>\s*", re.DOTALL)
_NAME = re.compile(r'connectionreferencelogicalname="([^"]+)"')
_CONNECTOR = re.compile(r"<connectorid>[^<]*/([^</]+)</connectorid>")


class Editor:
    """One solution of a tree, and how to change it. `tree` is changed in place."""

    def __init__(self, tree: dict[str, bytes], folder: str, random: Random) -> None:
        self.tree = tree
        self.folder = folder
        self.random = random
        self._used = 0

    def path(self, *names: str) -> str:
        """A path inside the solution."""
        return "/".join((*([self.folder] if self.folder else []), *names))

    def list_component(self, component: str) -> None:
        """Name one more component where a solution lists them all: in the YAML layout alone."""

    def _find(self, *endings: str) -> str:
        inside = [path for path in self.tree if path.startswith(self.path("") if self.folder else "")]
        for ending in endings:
            for path in inside:
                if path.lower() == self.path(ending).lower():
                    return path
        raise LookupError(endings)

    @property
    def customizations(self) -> str:
        """The path of the file that declares references."""
        return self._find("Other/Customizations.xml", "customizations.xml")

    @property
    def manifest(self) -> str:
        """The path of the manifest."""
        return self._find("Other/Solution.xml", "solution.xml")

    @property
    def is_flat(self) -> bool:
        """Whether this is the layout of an extracted zip."""
        return "/other/" not in f"/{self.manifest.lower()}"

    @property
    def unique_name(self) -> str:
        """The solution's name."""
        found = re.search(r"<UniqueName>([^<]*)</UniqueName>", decode(self.tree[self.manifest]))
        assert found
        return found[1]

    @property
    def prefix(self) -> str:
        """The publisher's prefix."""
        found = re.search(r"<CustomizationPrefix>([^<]*)</", decode(self.tree[self.manifest]))
        return found[1] if found else "con"

    def fresh(self, prefix: str = "con_planted") -> str:
        """A name that nothing has yet."""
        self._used += 1
        return f"{prefix}_{self.random.randrange(36**4):06x}q{self._used}"

    # Declarations

    def declared(self) -> list[tuple[str, str]]:
        """The declared references: name and connector as they are written."""
        block = _BLOCK.search(decode(self.tree[self.customizations]))
        elements = _ELEMENT.findall(block[0]) if block else []
        return [(_NAME.search(item)[1], _CONNECTOR.search(item)[1]) for item in elements]  # type: ignore[index]

    def shareable(self) -> list[tuple[str, str]]:
        """Those for connectors of which one reference is enough."""
        apart = load("own_endpoint.json")
        return [item for item in self.declared() if connector_of(item[1]) not in apart]

    def declare(
        self, name: str, connector: str, display: str = "", description: str = "", custom: str = ""
    ) -> None:
        """Declare a reference, anywhere among those that are there."""
        optional = f"<description>{escape(description)}</description>" if description else ""
        if custom:
            optional += f"<customconnectorid><connectorid>{custom}</connectorid></customconnectorid>"
        self.add_declaration(
            f"<connectionreference connectionreferencelogicalname={quoteattr(name)}>"
            f"<connectionreferencedisplayname>{escape(display or name)}</connectionreferencedisplayname>"
            f"<connectorid>{APIS}{connector}</connectorid>{optional}<iscustomizable>1</iscustomizable>"
            "<statecode>0</statecode><statuscode>1</statuscode></connectionreference>\n"
        )

    def add_declaration(self, element: str) -> None:
        """Insert an element at a random place of the list."""
        data = self.tree[self.customizations]
        text = decode(data)
        block = _BLOCK.search(text)
        if block is None:
            end = text.rindex("</ImportExportXml>")
            text = f"{text[:end]}<connectionreferences>\n{element}</connectionreferences>\n{text[end:]}"
        else:
            elements = _ELEMENT.findall(block[0])
            elements.insert(self.random.randint(0, len(elements)), element)
            whole = f"<connectionreferences>\n{''.join(elements)}</connectionreferences>"
            text = text[: block.start()] + whole + text[block.end() :]
        self.tree[self.customizations] = encode(text, style_of(data).encoding)

    def element(self, name: str) -> str:
        """The element that declares a name."""
        text = decode(self.tree[self.customizations])
        return next(item for item in _ELEMENT.findall(text) if _NAME.search(item)[1] == name)  # type: ignore[index]

    def need(self, name: str, solution: str) -> str:
        """List a missing dependency; returns the path of the file that does."""
        data = self.tree[self.manifest]
        text = decode(data)
        required = (
            f'<MissingDependency><Required type="connectionreference" displayName={quoteattr(name)} '
            f"solution={quoteattr(solution)} id.connectionreferencelogicalname={quoteattr(name)} />"
            '<Dependent type="29" displayName="A flow" /></MissingDependency>'
        )
        if re.search(r"<MissingDependencies\s*/>", text):
            whole = f"<MissingDependencies>{required}</MissingDependencies>"
            text = re.sub(r"<MissingDependencies\s*/>", lambda _: whole, text, count=1)
        elif "</MissingDependencies>" in text:
            text = text.replace("</MissingDependencies>", required + "</MissingDependencies>", 1)
        else:
            whole = f"<MissingDependencies>{required}</MissingDependencies></SolutionManifest>"
            text = text.replace("</SolutionManifest>", whole, 1)
        self.tree[self.manifest] = encode(text, style_of(data).encoding)
        return self.manifest

    # Flows

    def flows(self) -> list[str]:
        """The paths of the solution's cloud flows."""
        found = []
        for path, data in self.tree.items():
            head, _, name = path.rpartition("/")
            if head.lower() == self.path("workflows").lower() and name.lower().endswith(".json"):
                document = read_json(data)
                if isinstance(document, dict) and "definition" in document.get("properties", {}):
                    found.append(path)
        return sorted(found)

    def document(self, path: str) -> Any:
        """A flow's document."""
        return read_json(self.tree[path])

    def change(self, path: str, edit: Callable[[Json], None]) -> None:
        """Change a flow's `properties`; the file keeps its encoding and its line ends."""
        document = self.document(path)
        edit(document["properties"])
        self.tree[path] = write_json(document, style_of(self.tree[path]))

    def any_flow(self) -> str:
        """One of the flows; where there is none, a new one without connections."""
        flows = self.flows()
        return self.random.choice(flows) if flows else self.add_flow({}, {})

    def add_flow(self, entries: Json, actions: Json) -> str:
        """Add a flow with entries and actions as they are given; returns its path."""
        name = self.fresh("Planted flow")
        path = self.path("Workflows", flow_file(name))
        self.tree[path] = json.dumps(flow(entries, actions), indent=2).encode()
        if not self.is_flat:
            self.tree[f"{path}.data.xml"] = flow_metadata(name).encode()
        self._list_flow(name)
        return path

    def _list_flow(self, name: str) -> None:
        """Name a flow in the manifest, where that lists flows."""
        data = self.tree[self.manifest]
        component = f'<RootComponent type="29" id="{{{flow_guid(name).lower()}}}" behavior="0" />'
        text = decode(data)
        if 'type="29"' in text.partition("</RootComponents>")[0]:
            listed = text.replace("</RootComponents>", f"{component}</RootComponents>", 1)
            self.tree[self.manifest] = encode(listed, style_of(data).encoding)

    def add_entry(self, path: str, entry: Json, alias: str = "") -> str:
        """Add an entry to a flow's map, anywhere in it; returns its alias."""
        alias = alias or self.fresh("shared_alias")

        def edit(properties: Json) -> None:
            entries = list((properties.get("connectionReferences") or {}).items())
            entries.insert(self.random.randint(0, len(entries)), (alias, entry))
            properties["connectionReferences"] = dict(entries)

        self.change(path, edit)
        return alias

    def use(self, path: str, alias: str, connector: str) -> str:
        """Add an operation that uses an alias: in any form, at any depth; returns its name."""
        name = self.fresh("Planted")
        operation = self.host(alias, connector)
        depth = self.random.choice([0, 0, 1, 2, 3, 5, 8])

        def edit(properties: Json) -> None:
            definition = properties["definition"]
            if depth == 0 and self.random.random() < 0.3:
                definition.setdefault("triggers", {})[name] = operation
                return
            outer, container = nested(operation, name, depth, self.random)
            places = [
                definition,
                *(item for item in operations(definition) if isinstance(item.get("actions"), dict)),
            ]
            self.random.choice(places).setdefault("actions", {})[outer] = container

        self.change(path, edit)
        return name

    def host(self, alias: str, connector: str) -> Json:
        """An operation that finds its connection in one of the three ways."""
        api = APIS + connector
        quoted = alias.replace("'", "''")
        form = self.random.choice(["name", "name", "parameters", "token"])
        if form == "name":
            kind = self.random.choice(
                [
                    "OpenApiConnection",
                    "OpenApiConnectionWebhook",
                    "OpenApiConnectionNotification",
                    "openapiconnection",
                ]
            )
            host: Json = {"connectionName": alias, "operationId": "Do", "apiId": api}
            return {"runAfter": {}, "type": kind, "inputs": {"host": host, "parameters": {}}}
        expression = (
            f"@parameters('$connections')['{quoted}']['connectionId']"
            if form == "parameters"
            else "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))"
            f"['$connections']['{quoted}']['connectionId']"
        )
        kind = self.random.choice(["ApiConnection", "ApiConnectionWebhook", "Request"])
        return {
            "type": kind,
            "inputs": {"host": {"connection": {"name": expression}, "api": {"runtimeUrl": api}}},
        }

    def is_child(self, path: str) -> bool:
        """Whether another flow runs a flow, which then must bring its own connections."""
        guid = path.removesuffix(".json")[-36:].lower()
        return any(guid in decode(self.tree[other]).lower() for other in self.flows() if other != path)

    def referring(self, reference: str, connector: str, used: bool = True) -> tuple[str, str]:
        """A flow that uses a reference: one of those that are there or a new one; returns path and alias."""
        path = self.any_flow()
        if self.random.random() < 0.3 or reference.lower() in decode(self.tree[path]).lower():
            # Two aliases of one flow for one reference would be a finding of its own.
            path = self.add_flow({}, {})
        source = self.random.choice(["embedded", "embedded", "invoker"])
        entry = {
            "runtimeSource": "embedded" if self.is_child(path) else source,
            "connection": {"connectionReferenceLogicalName": reference},
            "api": {"name": connector},
        }
        alias = self.add_entry(path, entry)
        if used:
            self.use(path, alias, connector)
        return path, alias


def new_solution(
    tree: dict[str, bytes], folder: str, name: str, random: Random, flat: bool = False
) -> Editor:
    """An empty solution beside those that a tree holds."""
    empty = '<?xml version="1.0" encoding="utf-8"?>\n<ImportExportXml>\n  <Workflows />\n</ImportExportXml>\n'
    head = folder + "/" if folder else ""
    other = "" if flat else "Other/"
    tree[f"{head}{other}{'solution' if flat else 'Solution'}.xml"] = manifest(name).encode()
    tree[f"{head}{other}{'customizations' if flat else 'Customizations'}.xml"] = empty.encode()
    return Editor(tree, folder, random)
