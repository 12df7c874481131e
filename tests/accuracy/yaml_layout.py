"""The same edits in the YAML layout of Dataverse git integration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import yaml

from tests.accuracy.editing import Editor
from tests.accuracy.formats import Json
from tests.support.builders import APIS, flow, flow_component, flow_file

RULES = ("CR101", "CR102", "CR104", "CR201", "CR203", "CR206", "CR502", "CR503", "CR506", "CR507", "CR509")
"""The rules whose violations are planted here, too."""
ONLY = "move a flow into a guid folder"
CHANGES = (
    *("reformat", "reorder", "rename aliases", "move the folder", "add what is no source"),
    *("add a copy of an older version", ONLY),
)
"""The harmless changes that can be made here, too; one of them only here."""
CONVERTED = "convert the solution from XML to YAML"
UNCONVERTED = ("CR102", "CR202", "CR205", "CR207", "CR509")
"""The rules whose violations lie in files that the conversion knows nothing of, or that YAML cannot hold."""
_KNOWN = re.compile(r"(?i)(?:(?:Other/)?(?:Solution|Customizations)\.xml|Workflows/[^/]*|botcomponents/.+)")
_READ = re.compile(r"(?i)(?:^|/)(?:CanvasApps|Connections|Assets|dvtablesearchs|Connectors?)/")


class YamlEditor(Editor):
    """One solution of the YAML layout; `folder` is the root that its components share."""

    def __init__(self, tree: dict[str, bytes], folder: str, random: Random) -> None:
        super().__init__(tree, folder, random)
        head = self.path("solutions") + "/"
        self._solution = next(path for path in tree if path.startswith(head)).split("/")[head.count("/")]

    @property
    def customizations(self) -> str:
        """No one file declares references: any will do."""
        return ""

    @property
    def manifest(self) -> str:
        return self.path("solutions", self._solution, "solution.yml")

    @property
    def is_flat(self) -> bool:
        return True

    def list_component(self, component: str) -> None:
        path = self.path("solutions", self._solution, "solutioncomponents.yml")
        slash = self.random.choice(["/", ""])
        self.tree[path] += f"  - '@path': {slash}{component}\r\n".encode()

    def declared(self) -> list[tuple[str, str]]:
        found = []
        for path, data in self.tree.items():
            if path.endswith("/connectionreference.yml"):
                fields = dict(
                    line.strip().split(": ", 1) for line in data.decode().splitlines() if ": " in line
                )
                found.append(
                    (fields["'@connectionreferencelogicalname'"], fields["connectorid"].rpartition("/")[2])
                )
        return found

    def declare(
        self, name: str, connector: str, display: str = "", description: str = "", custom: str = ""
    ) -> None:
        text = (
            f"connectionreference:\r\n  '@connectionreferencelogicalname': {name}\r\n"
            f"  connectionreferencedisplayname: {display or name}\r\n  connectorid: {APIS}{connector}\r\n"
            "  iscustomizable: 1\r\n  statecode: 0\r\n  statuscode: 1\r\n"
        )
        self.tree[self.path("connectionreferences", name, "connectionreference.yml")] = text.encode()
        self.list_component(f"connectionreferences/{name}")

    def need(self, name: str, solution: str) -> str:
        path = self.path("solutions", self._solution, "missingdependencies.yml")
        self.tree[path] = (
            "MissingDependencies:\r\n  MissingDependency:\r\n  - Required:\r\n"
            f"      '@type': connectionreference\r\n      '@displayName': {name}\r\n"
            f"      '@solution': {solution}\r\n      '@id.connectionreferencelogicalname': {name}\r\n"
        ).encode()
        return path

    def flows(self) -> list[str]:
        head = self.path("modernflows") + "/"
        return sorted(path for path in self.tree if path.startswith(head) and path.endswith(".json"))

    def add_flow(self, entries: Json, actions: Json) -> str:
        name = self.fresh("Planted flow")
        file = flow_file(name)
        component = self.random.choice([flow_component(name), f"modernflows/{file}"])
        path = self.path(*component.split("/"), *([] if component.endswith(file) else [file]))
        self.tree[path] = json.dumps(flow(entries, actions), indent=2).encode()
        self.list_component(component)
        return path


def into_guid_folders(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    """Each flow that lies directly in `modernflows/` gets a folder of its own, as the service makes them."""
    direct = re.compile(r"(modernflows/)([^/\s]*-([0-9A-F-]{36})\.json)")
    moved = {path: direct.sub(r"\1\3/\2", path) for path in tree}
    text = {path: data for path, data in tree.items() if path.endswith("/solutioncomponents.yml")}
    listed = {path: direct.sub(r"\1\3", data.decode()).encode() for path, data in text.items()}
    return {moved[path]: listed.get(path, data) for path, data in tree.items()}


def can_convert(tree: Mapping[str, bytes]) -> bool:
    """Whether all that is read of a tree has its place in what `to_yaml` writes."""
    return not any(_READ.search(path) or path.endswith((".mcs.yml", "power.config.json")) for path in tree)


def to_yaml(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    """All solutions of a tree in the YAML layout, each around a root of its own."""
    if not can_convert(tree):
        return tree
    manifests = [path for path in tree if path.lower().endswith("solution.xml")]
    roots = {path: re.sub(r"(?i)(?:Other/)?Solution\.xml$", "", path) for path in manifests}
    for path, root in roots.items():
        manifest = ElementTree.fromstring(tree[path]).find("SolutionManifest")
        if manifest is not None:
            inside = {name: data for name, data in tree.items() if _KNOWN.fullmatch(name, len(root))}
            own = {name: data for name, data in inside.items() if name.startswith(root)}
            tree = {name: data for name, data in tree.items() if name not in own}
            relative = {name[len(root) :]: data for name, data in own.items()}
            tree |= {root + name: data for name, data in _in_yaml(manifest, relative).items()}
    return tree


def _in_yaml(manifest: Element, own: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of one solution."""
    head = f"solutions/{manifest.findtext('UniqueName')}"
    found = {f"{head}/solution.yml": _dumped("ImportExportXml", {"SolutionManifest": converted(manifest)})}
    for path, data in own.items():
        if path.lower().endswith("customizations.xml"):
            for item in ElementTree.fromstring(data).iterfind("connectionreferences/connectionreference"):
                name = item.get("connectionreferencelogicalname")
                file = f"connectionreferences/{name}/connectionreference.yml"
                found[file] = _dumped("connectionreference", converted(item))
        elif path.endswith(".json"):
            guid = re.findall(r"[0-9A-Fa-f-]{36}", path) or ["no-guid"]
            found[f"modernflows/{guid[-1].lower()}/{path.rpartition('/')[2]}"] = data
        elif path.startswith("botcomponents/"):
            found[path] = data
    listed = {path.rpartition("/")[0] for path in found if not path.startswith("solutions/")}
    components = {"Component": [{"@path": f"/{path}"} for path in sorted(listed)]}
    return {**found, f"{head}/solutioncomponents.yml": _dumped("SolutionComponents", components)}


def _dumped(name: str, value: Any) -> bytes:
    return yaml.dump({name: value}, sort_keys=False, allow_unicode=True).replace("\n", "\r\n").encode()


def converted(element: Element) -> Any:
    """XML as the service's YAML has it: attributes with `@`, repeated elements as a list."""
    found: dict[str, Any] = {f"@{key}": value for key, value in element.attrib.items()}
    for child in element:
        earlier = found.get(child.tag)
        one = converted(child)
        found[child.tag] = one if child.tag not in found else [*_listed(earlier), one]
    text = (element.text or "").strip()
    return ({**found, "#text": text} if text else found) if found else text or None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def new_yaml_solution(tree: dict[str, bytes], folder: str, name: str, random: Random) -> YamlEditor:
    """An empty solution of the YAML layout."""
    head = f"{folder}/solutions/{name}" if folder else f"solutions/{name}"
    tree[f"{head}/solution.yml"] = (
        f"ImportExportXml:\r\n  SolutionManifest:\r\n    UniqueName: {name}\r\n    Version: 1.0.0.10\r\n"
        "    Managed: 0\r\n    Publisher:\r\n      CustomizationPrefix: con\r\n"
    ).encode()
    tree[f"{head}/solutioncomponents.yml"] = b"SolutionComponents:\r\n  Component:\r\n"
    return YamlEditor(tree, folder, random)
