"""One name for one thing, and no circle of imports: what a newcomer may rely on when following a name."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import crstandards

PACKAGE = Path(crstandards.__file__).parent

MIRRORED = {
    "baseline",
    "check",
    "configuration",
    "environments",
    "history",
    "inventory",
    "policy",
    "readiness",
    "replay",
    "repository",
    "rules",
    "settings",
    "solution",
    "text",
}
"""What two rooms may both have a module for: a command is called like the room that it drives, and `source`,
`git`, `rules`, `policy`, `report`, `setup` and `inventory` each have their side of one subject."""


def modules() -> Mapping[str, ast.Module]:
    """The package's modules by their dotted names."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_text("utf-8"))
    return found


def imported(tree: ast.Module, known: Mapping[str, ast.Module]) -> Iterator[str]:
    """The package's modules that a module imports, at any place in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in known else node.module


def test_no_class_name_twice() -> None:
    names = Counter(
        node.name for tree in modules().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in names.items() if times > 1] == []


def test_no_module_name_twice_but_where_rooms_mirror_each_other() -> None:
    names = Counter(name.rpartition(".")[2] for name in modules())
    assert {name for name, times in names.items() if times > 1} <= MIRRORED


def test_no_circle_of_imports() -> None:
    """Imports inside functions count as well."""
    known = modules()
    # A room is not the module that it stands in: `crstandards.report` may know its formats.
    graph = {name: set(imported(tree, known)) & known.keys() - {name} for name, tree in known.items()}
    try:
        TopologicalSorter(graph).prepare()
        circle: list[str] = []
    except CycleError as error:
        circle = error.args[1]
    assert circle == []
