"""Which files of the YAML layout are a solution's: those of the components that it lists.

A component is a folder (`/modernflows/<guid>`), as the service writes it, or a file, with or without its
ending. Letter case doesn't matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crstandards.snapshot import File
from crstandards.source.dataverse_yaml import Component
from crstandards.source.names import YAML_FLOWS, flow_folder

_ENDINGS = (".json", ".data.xml", ".json.data.xml", ".yml")
_METADATA = "workflow.yml"


class Members:
    """The components of a solution. Their files lie below a root, which several solutions may share."""

    def __init__(self, root: str, components: Iterable[Component]) -> None:
        self._prefix = f"{root}/".lower() if root else ""
        self._components = tuple(components)
        self._listed = {unit(component.path.lower()) for component in self._components}
        self._above = {folder for path in self._listed for folder in _folders_above(path)}

    def of(self, files: Iterable[File]) -> tuple[File, ...]:
        """Those of the files that are, or lie in, a component."""
        return tuple(file for file in files if self._has(self._inner(file)))

    def without_flow(self, flows: Iterable[File]) -> Iterator[Component]:
        """The components in the flows' folder of which no file is among these flows, each once."""
        paths = {self._inner(file) for file in flows}
        there = {name for path in paths for name in _names(path)}
        for component in self._components:
            named = _without_metadata(component.path)
            path = named.lower()
            is_flow = path.startswith(f"{YAML_FLOWS}/")
            if is_flow and path not in there and paths.isdisjoint(_folders_above(path)):
                there.add(path)
                yield component._replace(path=named)

    def _has(self, path: str) -> bool:
        # What is no folder although components are listed below it is a link, say, and stands for them.
        return path in self._above or not self._listed.isdisjoint(_names(path))

    def _inner(self, file: File) -> str:
        return file.path.lower().removeprefix(self._prefix)


def _names(path: str) -> Iterator[str]:
    """What a component may be called that a file is, or lies in."""
    yield path
    yield from (path.removesuffix(ending) for ending in _ENDINGS)
    yield from _folders_above(path)


def _folders_above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def unit(path: str) -> str:
    """The component of which a path from the root is a part: a flow's folder is that flow's alone."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == YAML_FLOWS else path


def _without_metadata(path: str) -> str:
    """The flow's folder, where a component is called by the file that describes the flow."""
    folder, _, name = path.rpartition("/")
    is_metadata = flow_folder(path) and name.lower() in (_METADATA, _METADATA.removesuffix(".yml"))
    return folder if is_metadata else path
