"""Where solutions and their parts lie, told from paths alone; contents decide in the next step.

Folder and file names are compared without letter case.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from crstandards.snapshot import File

if TYPE_CHECKING:
    from crstandards.model import Layout

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FLOW_FOLDERS = ("workflows", "modernflows")
_NESTED = ("app", "agent", "connector")
_YAML_SOLUTION = {
    "solution.yml": "yaml:manifest",
    "solutioncomponents.yml": "yaml:components",
    "missingdependencies.yml": "yaml:missing",
}
_YAML_COMPONENTS = ("yaml:reference", "yaml:publisher")
_CONNECTOR_FILES = ("_connectionparameters.json", "_connectionparametersets.json", ".xml")
_AGENT_FILES = ("botcomponent_connectionreferenceset.xml", "connectionreferences.mcs.yml")


class YamlParts(NamedTuple):
    """What the YAML layout has beside a solution's manifest.

    Component files lie under `root` and are shared by its solutions; `components` lists a solution's.
    """

    root: str
    components: File | None = None
    missing: File | None = None
    publishers: tuple[File, ...] = ()
    references: tuple[File, ...] = ()


class Candidate(NamedTuple):
    """A folder that looks like a solution (or holds flows without one), with the parts that are read.

    Where one folder holds two layouts, or names that differ by letter case, the files that are not
    read as the solution's own are `other_manifests` and `other_customizations`.
    """

    folder: str
    layout: Layout
    manifest: File | None = None
    customizations: File | None = None
    other_manifests: tuple[File, ...] = ()
    other_customizations: tuple[File, ...] = ()
    flows: tuple[File, ...] = ()
    flow_metadata: tuple[File, ...] = ()
    apps: tuple[File, ...] = ()
    agents: tuple[File, ...] = ()
    connectors: tuple[File, ...] = ()
    yaml: YamlParts | None = None


class _Parts:
    """A folder's parts while they are being gathered."""

    def __init__(self) -> None:
        self.unpacked: dict[str, list[File]] = {}
        self.flat: dict[str, list[File]] = {}
        self.flows: list[File] = []
        self.metadata: list[File] = []
        self.apps: list[File] = []
        self.agents: list[File] = []
        self.connectors: list[File] = []
        self.packages: list[File] = []
        self.yaml: dict[str, list[File]] = {}


def flow_guid(path: str) -> str:
    """The GUID that names a flow: the last one in its file name, lower case; "" where there is none."""
    found = _GUID.findall(path.rpartition("/")[2])
    return found[-1].lower() if found else ""


def is_source(path: str) -> bool:
    """Whether a file of this name may be read for a check, wherever it stands."""
    return _part(path) is not None


def owners(path: str, folders: Collection[str]) -> tuple[str, ...]:
    """The folders of the solutions that a path belongs to, among those known; none for other files.

    Only in the YAML layout can there be several. A part that lies directly in its solution names its
    folder even where that is not known (any more).
    """
    part = _part(path)
    if part is None:
        return ()
    kind, folder = part
    below = f"{folder}/solutions/" if folder else "solutions/"
    sharing = tuple(known for known in folders if known.startswith(below))
    if sharing and kind in ("flow", "metadata", "agent", *_YAML_COMPONENTS):
        return sharing
    if kind not in _NESTED:
        return (folder,)
    while folder not in folders:
        if not folder:
            return ()
        folder = folder.rpartition("/")[0]
    return (folder,)


def is_flow(path: str) -> bool:
    """Whether a file of this name may hold a flow of a solution."""
    part = _part(path)
    return part is not None and part[0] == "flow"


def manifest_home(path: str) -> str | None:
    """The folder in which all hangs together because a manifest lies at this path; None for other files."""
    part = _part(path)
    if part and part[0] == "yaml:manifest":
        return _yaml_root(part[1])
    return part[1] if part and part[0].endswith(":solution.xml") else None


def home(path: str, manifest_homes: Collection[str]) -> str | None:
    """The outermost folder around a file in which a manifest makes all hang together, else its own.

    What lies in different homes never makes one candidate. None for files that are not read.
    """
    part = _part(path)
    if part is None:
        return None
    folder = found = part[1]
    while True:
        if folder in manifest_homes:
            found = folder
        if not folder:
            return found
        folder = folder.rpartition("/")[0]


def _part(path: str) -> tuple[str, str] | None:
    """What part of a solution a file is, and the folder of the solution that it would belong to."""
    folder, _, name = path.rpartition("/")
    lower = name.lower()
    above, _, parent = folder.rpartition("/")
    parent = parent.lower()
    if lower in ("solution.xml", "customizations.xml"):
        return ("unpacked:" + lower, above) if parent == "other" else ("flat:" + lower, folder)
    if parent in _FLOW_FOLDERS:
        if lower.endswith(".json"):
            return "flow", above
        if lower.endswith(".json.data.xml"):
            return "metadata", above
    if lower.endswith(".yml"):
        return _yaml_part(lower, folder, above)
    if parent == "canvasapps" and lower.endswith(".meta.xml"):
        return "app", above
    if lower in _AGENT_FILES:
        return "agent", above if parent == "assets" else folder
    if lower == "connections.json" and parent == "connections":
        return "app", above
    if lower == "data" and above.lower().endswith("botcomponents"):
        return "agent", above.rpartition("/")[0]
    if parent in ("connectors", "connector") and lower.endswith(_CONNECTOR_FILES):
        return "connector", above
    if lower == "definition.json":
        package = re.search(r"(?:^|/)microsoft\.flow/flows/[^/]+$", folder, re.IGNORECASE)
        if package:
            return "package", folder[: package.start()]
    # Not a folder, or it would not be listed: a link, say.
    if lower in _FLOW_FOLDERS:
        return "flow", folder
    return ("unpacked:solution.xml", folder) if lower == "other" else None


def _yaml_part(name: str, folder: str, above: str) -> tuple[str, str] | None:
    """As `_part`, for the YAML layout; its components' folder is the root that they share."""
    root, _, collection = above.rpartition("/")
    collection = collection.lower()
    if collection == "solutions" and name in _YAML_SOLUTION:
        return _YAML_SOLUTION[name], folder
    if collection == "connectionreferences" and name == "connectionreference.yml":
        return "yaml:reference", root
    if collection == "publishers" and name == "publisher.yml":
        return "yaml:publisher", root
    if name == "botcomponent_connectionreference.yml":
        return "agent", root
    return ("agent", folder) if name in _AGENT_FILES else None


def find_candidates(files: Iterable[File]) -> list[Candidate]:
    """Group the files of a snapshot into candidates, sorted by folder."""
    parts: dict[str, _Parts] = {}
    nested: list[tuple[str, str, File]] = []
    for file in sorted(files):
        part = _part(file.path)
        if file.kind == "file" and file.path.rpartition("/")[2].lower() == "other":
            continue
        if part is None:
            if file.kind == "closed":
                # Nobody can tell what lies in it.
                parts.setdefault(file.path, _Parts()).flows.append(file)
            continue
        kind, folder = part
        if kind in _NESTED:
            nested.append((kind, folder, file))
            continue
        place = parts.setdefault(folder, _Parts())
        if kind == "flow":
            place.flows.append(file)
        elif kind == "metadata":
            place.metadata.append(file)
        elif kind == "package":
            place.packages.append(file)
        elif kind.startswith("yaml:"):
            place.yaml.setdefault(kind, []).append(file)
        else:
            layout, _, name = kind.partition(":")
            (place.unpacked if layout == "unpacked" else place.flat).setdefault(name, []).append(file)
    for kind, folder, file in nested:
        owner = _nearest(folder, parts)
        if owner is not None:
            {"app": owner.apps, "agent": owner.agents, "connector": owner.connectors}[kind].append(file)
    roots = {_yaml_root(folder) for folder, found in parts.items() if "yaml:manifest" in found.yaml}
    return [
        candidate
        for folder in sorted(parts)
        for candidate in (
            _yaml_candidate(folder, parts, nested)
            if "yaml:manifest" in parts[folder].yaml
            else _candidates(folder, parts[folder], folder in roots)
        )
    ]


def _yaml_root(folder: str) -> str:
    """The root of the YAML layout in which `<root>/solutions/<Name>` lies."""
    return folder.rpartition("/")[0].rpartition("/")[0]


def _yaml_candidate(
    folder: str, parts: dict[str, _Parts], nested: Iterable[tuple[str, str, File]]
) -> Iterable[Candidate]:
    root = _yaml_root(folder)
    own, shared = parts[folder].yaml, parts.get(root, _Parts())
    yield Candidate(
        folder,
        "yaml",
        own["yaml:manifest"][0],
        flows=tuple(shared.flows),
        flow_metadata=tuple(shared.metadata),
        agents=tuple(file for kind, place, file in nested if kind == "agent" and place == root),
        yaml=YamlParts(
            root,
            next(iter(own.get("yaml:components", ())), None),
            next(iter(own.get("yaml:missing", ())), None),
            tuple(shared.yaml.get("yaml:publisher", ())),
            tuple(shared.yaml.get("yaml:reference", ())),
        ),
    )


def _nearest(folder: str, parts: dict[str, _Parts]) -> _Parts | None:
    """The parts of the nearest folder upwards that has a manifest."""
    while True:
        found = parts.get(folder)
        if found and ("solution.xml" in found.unpacked or "solution.xml" in found.flat):
            return found
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _candidates(folder: str, parts: _Parts, is_yaml_root: bool) -> Iterable[Candidate]:
    candidate = Candidate(folder, "loose", flows=tuple(parts.flows), flow_metadata=tuple(parts.metadata))
    with_users = candidate._replace(
        apps=tuple(parts.apps), agents=tuple(parts.agents), connectors=tuple(parts.connectors)
    )
    layouts: list[tuple[Layout, dict[str, list[File]]]] = [
        ("unpacked", parts.unpacked),
        ("flat", parts.flat),
    ]
    if "solution.xml" in parts.flat and "solution.xml" not in parts.unpacked:
        layouts.reverse()
    manifests, customizations = (
        [file for _, files in layouts for file in files.get(name, ())]
        for name in ("solution.xml", "customizations.xml")
    )
    if manifests:
        yield with_users._replace(
            layout=layouts[0][0],
            manifest=manifests[0],
            customizations=next(iter(customizations), None),
            other_manifests=tuple(manifests[1:]),
            other_customizations=tuple(customizations[1:]),
        )
    elif parts.flows and not is_yaml_root and not (_is_hidden(folder) and _are_open(parts.flows)):
        yield candidate._replace(customizations=next(iter(customizations), None))
    if parts.packages:
        yield Candidate(folder, "package", flows=tuple(parts.packages))


def _are_open(files: Iterable[File]) -> bool:
    return all(file.kind != "closed" for file in files)


def _is_hidden(folder: str) -> bool:
    """Whether a folder belongs to a tool (`.github/workflows` and the like)."""
    return any(part.startswith(".") for part in folder.split("/"))


def covers(folders: Sequence[str], path: str) -> bool:
    """Whether a path lies in one of the folders; "" is the whole tree."""
    return any(not folder or path == folder or path.startswith(folder + "/") for folder in folders)
