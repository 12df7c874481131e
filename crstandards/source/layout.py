"""Groups a snapshot's files into what look like solutions; their contents decide in the next step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from crstandards.snapshot import File
from crstandards.source.names import NESTED, holder, is_doubtful, is_hidden, part_of, yaml_root

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
    roots: File | None = None
    variables: tuple[File, ...] = ()


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
    be solutions of the YAML layout, `listings` tell which are without one. `beside` is as in `Solution`; what
    `is_left_over` lies beside flows that one of those lists.
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
    is_left_over: bool = False
    is_whole: bool = True

    def declaring(self) -> Candidate:
        """What is read of it where only its declarations matter."""
        return self._replace(flows=(), apps=(), agents=(), is_whole=False)


_Parts = dict[str, list[File]]
"""A folder's files by what part of a solution they are, as `part_of` calls it."""
_MANIFESTS = {"unpacked": "unpacked:solution.xml", "flat": "flat:solution.xml"}


def find_candidates(files: Iterable[File]) -> list[Candidate]:
    """Group the files of a snapshot into candidates, sorted by folder."""
    parts: dict[str, _Parts] = {}
    nested: list[tuple[str, str, File]] = []
    code_apps: list[tuple[str, File]] = []
    for file in sorted(files):
        if file.kind == "file" and file.path.rpartition("/")[2].lower() == "other":
            continue
        if is_doubtful(file.path):
            file = file._replace(kind="doubtful")
        # Of what is closed, nobody can tell what lies in it.
        part = part_of(file.path) or (("flow", file.path) if file.kind == "closed" else None)
        if part and part[0] == "code app":
            code_apps.append((part[1], file))
        elif part and part[0] in NESTED:
            nested.append((*part, file))
        elif part:
            parts.setdefault(part[1], {}).setdefault(part[0], []).append(file)
    for kind, folder, file in nested:
        owner = _nearest(folder, parts)
        if owner is None and file.path.lower().endswith(".mcs.yml"):
            owner = parts.setdefault(folder, {})
            kind = "clone:agent"
        if owner is not None:
            owner.setdefault(kind, []).append(file)
    below: dict[str, list[Listing]] = {}
    for folder, found in parts.items():
        if "yaml:manifest" in found:
            listing = Listing(tuple(found["yaml:manifest"]), _files(found, "yaml:components"))
            below.setdefault(yaml_root(folder), []).append(listing)
    candidates = [
        candidate
        for folder in sorted(parts)
        for candidate in (
            [_yaml_candidate(folder, parts, nested)]
            if "yaml:manifest" in parts[folder]
            else _candidates(folder, parts[folder], tuple(below.get(folder, ())))
        )
    ]
    return _with_code_apps(candidates, code_apps) if code_apps else candidates


def holders(candidates: Iterable[Candidate]) -> list[str]:
    """The folders to whose solutions code apps may belong: a manifest alone may well be something else."""
    return [
        candidate.folder
        for candidate in candidates
        if candidate.manifest and (candidate.customizations or candidate.flows or candidate.yaml)
    ]


def _with_code_apps(candidates: list[Candidate], code_apps: Iterable[tuple[str, File]]) -> list[Candidate]:
    """Give each code app to the solution that it belongs to; of others, each is a candidate of its own."""
    manifests = holders(candidates)
    held: dict[str | None, list[tuple[str, File]]] = {}
    for folder, file in code_apps:
        held.setdefault(holder(folder, manifests), []).append((folder, file))
    given = [
        candidate._replace(apps=(*candidate.apps, *(file for _, file in held.get(candidate.folder, ()))))
        if candidate.manifest
        else candidate
        for candidate in candidates
    ]
    alone = [Candidate(folder, "code app", apps=(file,)) for folder, file in held.get(None, ())]
    return sorted([*given, *alone], key=lambda candidate: candidate.folder)


def _files(parts: _Parts, *kinds: str) -> tuple[File, ...]:
    return tuple(file for kind in kinds for file in parts.get(kind, ()))


def _yaml_candidate(
    folder: str, parts: dict[str, _Parts], nested: Iterable[tuple[str, str, File]]
) -> Candidate:
    root = yaml_root(folder)
    own, shared = parts[folder], parts.get(root, {})
    manifest, *others = own["yaml:manifest"]
    components, missing = _files(own, "yaml:components"), _files(own, "yaml:missing")
    return Candidate(
        folder,
        "yaml",
        manifest,
        other_manifests=tuple(others),
        flows=_files(shared, "flow"),
        flow_metadata=_files(shared, "metadata"),
        apps=_files(shared, "yaml:app"),
        agents=tuple(file for kind, place, file in nested if kind == "agent" and place == root),
        connectors=(
            *_files(shared, "yaml:connector"),
            *(file for kind, place, file in nested if kind == "connector" and place == root),
        ),
        yaml=YamlParts(
            root,
            next(iter(components), None),
            next(iter(missing), None),
            _files(shared, "yaml:publisher"),
            _files(shared, "yaml:reference"),
            (*components[1:], *missing[1:]),
            next(iter(_files(own, "yaml:roots")), None),
            _files(shared, "yaml:variable"),
        ),
    )


def _nearest(folder: str, parts: dict[str, _Parts]) -> _Parts | None:
    """The parts of the nearest folder upwards that has a manifest."""
    while True:
        found = parts.get(folder, {})
        if not found.keys().isdisjoint(_MANIFESTS.values()):
            return found
        if not folder:
            return None
        folder = folder.rpartition("/")[0]


def _candidates(folder: str, parts: _Parts, listings: tuple[Listing, ...]) -> Iterable[Candidate]:
    flows, metadata = _files(parts, "flow"), _files(parts, "metadata")
    layouts: list[Layout] = ["unpacked", "flat"]
    if _MANIFESTS["flat"] in parts and _MANIFESTS["unpacked"] not in parts:
        layouts.reverse()
    manifests = _files(parts, *(f"{layout}:solution.xml" for layout in layouts))
    customizations = _files(parts, *(f"{layout}:customizations.xml" for layout in layouts))
    first = next(iter(customizations), None)
    if manifests:
        yield Candidate(
            folder,
            layouts[0],
            manifests[0],
            first,
            manifests[1:],
            customizations[1:],
            flows,
            metadata,
            apps=_files(parts, "app"),
            agents=_files(parts, "agent"),
            connectors=_files(parts, "connector"),
        )
    elif first or (flows and not (is_hidden(folder) and all(file.kind != "closed" for file in flows))):
        yield Candidate(folder, "loose", None, first, (), (), flows, metadata, listings=listings)
    if "clone" in parts or "clone:agent" in parts:
        yield Candidate(
            folder,
            "clone",
            flows=_files(parts, "clone"),
            flow_metadata=_files(parts, "clone:metadata"),
            agents=_files(parts, "clone:agent"),
        )
    if "package" in parts:
        yield Candidate(folder, "package", flows=_files(parts, "package"))
