"""The same edits in the YAML layout of Dataverse git integration."""

from __future__ import annotations

import json
from random import Random

from tests.accuracy.editing import Editor
from tests.accuracy.formats import Json
from tests.builders import APIS, flow, flow_component, flow_file

RULES = ("CR101", "CR104", "CR201", "CR203", "CR206", "CR502", "CR503", "CR506", "CR507", "CR509")
"""The rules whose violations are planted here, too."""
CHANGES = ("reformat", "reorder", "rename aliases", "move the folder", "add what is no source")
"""The harmless changes that can be made here, too."""


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

    def _list(self, component: str) -> None:
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
        self._list(f"connectionreferences/{name}")

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
        self._list(component)
        return path


def new_yaml_solution(tree: dict[str, bytes], folder: str, name: str, random: Random) -> YamlEditor:
    """An empty solution of the YAML layout."""
    head = f"{folder}/solutions/{name}" if folder else f"solutions/{name}"
    tree[f"{head}/solution.yml"] = (
        f"ImportExportXml:\r\n  SolutionManifest:\r\n    UniqueName: {name}\r\n    Version: 1.0.0.10\r\n"
        "    Managed: 0\r\n    Publisher:\r\n      CustomizationPrefix: con\r\n"
    ).encode()
    tree[f"{head}/solutioncomponents.yml"] = b"SolutionComponents:\r\n  Component:\r\n"
    return YamlEditor(tree, folder, random)
