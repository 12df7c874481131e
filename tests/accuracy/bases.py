"""Clean solutions to plant violations into: real ones, and made ones with every shape of the format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from crstandards.snapshot import Folder
from crstandards.source.layout import find_candidates
from tests.accuracy.editing import Editor, new_solution
from tests.accuracy.formats import random_style, read_json, write_json, write_xml
from tests.accuracy.yaml_layout import YamlEditor, new_yaml_solution
from tests.support.builders import CORPUS, DATAVERSE, OUTLOOK, SHAREPOINT, TEAMS
from tests.support.memory import Tree, check

_LARGEST = 400_000
_CONNECTORS = (
    OUTLOOK,
    TEAMS,
    SHAREPOINT,
    DATAVERSE,
    "shared_approvals",
    "shared_planner",
    "shared_office365users",
)


class Base(NamedTuple):
    """A clean solution: where it comes from, its tree, its folder in it (in YAML: the root)."""

    origin: str
    tree: Tree
    folder: str
    is_yaml: bool = False

    def editor(self, tree: dict[str, bytes], random: Random) -> Editor:
        """What changes a copy of the tree."""
        return (YamlEditor if self.is_yaml else Editor)(tree, self.folder, random)


def corpus_bases() -> list[Base]:
    """The solutions of the corpus in which no rule finds anything; none where there is no corpus."""
    return [base for base in _corpus() if not check(base.tree)]


def _corpus() -> Iterator[Base]:
    if not CORPUS.is_dir():
        return
    files = Folder(CORPUS).files()
    folders = {item.folder for item in find_candidates(files) if item.manifest}
    inside: dict[str, list[str]] = {folder: [] for folder in folders}
    for file in files:
        above = file.path
        while above:
            above = above.rpartition("/")[0]
            if above in folders:
                inside[above].append(file.path)
                break
    for folder in sorted(inside):
        paths = [path for path in inside[folder] if (CORPUS / path).stat().st_size < _LARGEST]
        tree = {path[len(folder) + 1 :]: (CORPUS / path).read_bytes() for path in paths}
        if any(path.lower().endswith("customizations.xml") for path in tree):
            yield Base(folder, {f"src/{path}": data for path, data in tree.items()}, "src")


def made_bases(random: Random, number: int) -> list[Base]:
    """Made solutions; each has some of the shapes that are right and look wrong."""
    return [_made(random, index) for index in range(number)]


def _made(random: Random, index: int) -> Base:
    folder = random.choice(["src/HR", "Lösungen/Contoso HR (neu)/src", "a/b/c/d/e/f", ""])
    tree: dict[str, bytes] = {}
    is_yaml = index % 6 == 5
    editor = (
        new_yaml_solution(tree, folder, f"ContosoMade{index}", random)
        if is_yaml
        else new_solution(tree, folder, f"ContosoMade{index}", random, flat=random.random() < 0.4)
    )
    for connector in random.sample(_CONNECTORS, random.randint(1, 5)):
        name = random.choice(
            [f"con_{connector[7:]}", f"con_{connector.replace('_', '')}_{random.randrange(16**5):05x}"]
        )
        editor.declare(name, connector)
        for _ in range(random.randint(1, 2)):
            path, alias = editor.referring(name, connector)
            for _ in range(random.randint(0, 2)):
                editor.use(path, alias, connector)
    if not is_yaml:
        _look_alikes(editor, random)
    for path in list(tree):
        style = random_style(random)
        if path.endswith(".json"):
            tree[path] = write_json(read_json(tree[path]), style)
        elif path.endswith(".xml"):
            tree[path] = write_xml(tree[path].decode(), style)
    return Base(f"made {index}", tree, folder, is_yaml)


def _look_alikes(editor: Editor, random: Random) -> None:
    """What is right and looks wrong."""
    path = editor.any_flow()

    def edit(properties: dict[str, object]) -> None:
        actions = properties["definition"]["actions"]  # type: ignore[index]
        actions["Call_child"] = {
            "type": "Workflow",
            "inputs": {"host": {"workflowReferenceName": "x"}, "body": {}},
        }
        actions["Http"] = {
            "type": "Http",
            "inputs": {"uri": "https://example.com/connections/new", "method": "GET"},
        }
        actions["Mail"] = {
            "type": "Compose",
            "inputs": [
                "shared-mailbox@contoso.com",
                "shared-folder-2024",
                "0123456789abcdef0123456789abcdef",
            ],
        }

    if random.random() < 0.7:
        editor.change(path, edit)
    if random.random() < 0.4:
        editor.tree[editor.path("Other", "Relationships", "Solution.xml")] = b"<EntityRelationships />"
    if random.random() < 0.4:
        editor.tree[editor.path("Workflows", "Robot-0B6F7C1E-5A0D-4A57-9F0C-3F1D2C4B5A69.json")] = (
            b'{"schemaversion": "2023", "targets": []}'
        )
    if random.random() < 0.4:
        key = {"api_key": {"type": "securestring", "uiDefinition": {"displayName": "API Key"}}}
        path = editor.path("Connectors", "con_5Fkey_connectionparameters.json")
        editor.tree[path] = json.dumps(key).encode()
    if random.random() < 0.4:
        editor.tree[".github/workflows/build.json"] = (
            b'{"properties": {"definition": {}, "connectionReferences": {}}}'
        )
