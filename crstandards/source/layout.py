"""Groups a snapshot's files into what look like solutions; their contents decide in the next step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from crstandards.snapshot import File
from crstandards.source.names import NESTED, is_hidden, part_of, yaml_root

if TYPE_CHECKING:
    from crstandards.model import Layout


class YamlParts(NamedTuple):
    """What the YAML layout has beside a solution's manifest.

    Component files lie under `root` and are shared by its solutions; `components` lists a solution's.
    `doubles` are called like one of its own files but for letter case.
    """

    root: str
    components: File | None = None
    missing: File | None = None
    publishers: tuple[File, ...] = ()
    references: tuple[File, ...] = ()
    doubles: tuple[File, ...] = ()


class Listing(NamedTuple):
    """A folder below another one that may be a solution of the YAML layout, sharing that one's flows.

    `components` says which of them are its own. Files whose names differ by letter case are several.
    """

    manifests: tuple[File, ...]
    components: tuple[File, ...]


class Candidate(NamedTuple):
    """A folder that looks like a solution (or holds flows without one), with the parts that are read.

    Where one folder holds two layouts, or names that differ by letter case, the files that are not
    read as the solution's own are `other_manifests` and `other_customizations`. Of flows around what may
    be solutions of the YAML layout, `listings` tell which are without one. `beside` is as in `Solution`.
    With `is_whole`, all files are at hand that lie in the folder, flows too.
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
    listings: tuple[Listing, ...] = ()
    beside: tuple[str, ...] = ()
    is_whole: bool = True

    def declaring(self) -> Candidate:
        """What is read of it where only its declarations matter."""
        return self._replace(flows=(), apps=(), agents=(), is_whole=False)


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


def find_candidates(files: Iterable[File]) -> list[Candidate]:
    """Group the files of a snapshot into candidates, sorted by folder."""
    parts: dict[str, _Parts] = {}
    nested: list[tuple[str, str, File]] = []
    for file in sorted(files):
        part = part_of(file.path)
        if file.kind == "file" and file.path.rpartition("/")[2].lower() == "other":
            continue
        if part is None:
            if file.kind == "closed":
                # Nobody can tell what lies in it.
                parts.setdefault(file.path, _Parts()).flows.append(file)
            continue
        kind, folder = part
        if kind in NESTED:
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
    below: dict[str, list[Listing]] = {}
    for folder, found in parts.items():
        if manifests := found.yaml.get("yaml:manifest"):
            listing = Listing(tuple(manifests), tuple(found.yaml.get("yaml:components", ())))
            below.setdefault(yaml_root(folder), []).append(listing)
    return [
        candidate
        for folder in sorted(parts)
        for candidate in (
            _yaml_candidate(folder, parts, nested)
            if "yaml:manifest" in parts[folder].yaml
            else _candidates(folder, parts[folder], tuple(below.get(folder, ())))
        )
    ]


def _yaml_candidate(
    folder: str, parts: dict[str, _Parts], nested: Iterable[tuple[str, str, File]]
) -> Iterable[Candidate]:
    root = yaml_root(folder)
    own, shared = parts[folder].yaml, parts.get(root, _Parts())
    yield Candidate(
        folder,
        "yaml",
        own["yaml:manifest"][0],
        other_manifests=tuple(own["yaml:manifest"][1:]),
        flows=tuple(shared.flows),
        flow_metadata=tuple(shared.metadata),
        agents=tuple(file for kind, place, file in nested if kind == "agent" and place == root),
        yaml=YamlParts(
            root,
            next(iter(own.get("yaml:components", ())), None),
            next(iter(own.get("yaml:missing", ())), None),
            tuple(shared.yaml.get("yaml:publisher", ())),
            tuple(shared.yaml.get("yaml:reference", ())),
            (*own.get("yaml:components", ())[1:], *own.get("yaml:missing", ())[1:]),
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


def _candidates(folder: str, parts: _Parts, listings: tuple[Listing, ...]) -> Iterable[Candidate]:
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
    elif parts.flows and not (is_hidden(folder) and _are_open(parts.flows)):
        yield candidate._replace(customizations=next(iter(customizations), None), listings=listings)
    if parts.packages:
        yield Candidate(folder, "package", flows=tuple(parts.packages))


def _are_open(files: Iterable[File]) -> bool:
    return all(file.kind != "closed" for file in files)
