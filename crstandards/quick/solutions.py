"""Proves that the touched solutions are clean: lists their files, reads each content once, and compares
what the flows use with what is declared.
"""

from __future__ import annotations

from crstandards.connector_id import connector_of, is_possible
from crstandards.git.process import converse, decode_path, finish, start
from crstandards.policy import CONFIG_FILES
from crstandards.quick import CUSTOMIZATIONS, MANIFEST, PLAIN
from crstandards.quick.configuration import is_harmless
from crstandards.source.names import is_doubtful, part_of
from crstandards.source.plain import REFERENCE, Doubt, plain_flow
from crstandards.source.text import SourceError
from crstandards.source.xml import elements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from typing import Any, TypeVar

    from crstandards.git.process import Process

    T = TypeVar("T")
    FlowFacts = tuple[frozenset[tuple[str, str]], bool, bool]

_BIGGEST = 32 * 1024 * 1024
_FILES = ("100644", "100755")
# So many folders' names still fit a command line, on Windows too.
_MOST_NAMED = 50

_NAME = "connectionreferencelogicalname"
_METADATA = ".data.xml"
# A code app may lie anywhere, and use what a solution declares.
_CODE_APPS = ":(top,icase)*power.config.json"

Parts = dict[str, list[str]]
"""The ids of a solution's contents, by the part of it that they are."""


def prove(
    changed: Collection[str], folders: Collection[str], before: Sequence[tuple[str, str]] = ()
) -> str | None:
    """What the hook says of solutions that are proved clean: nothing ("") of none; None with any doubt.

    `changed` are the paths that a commit changes, `folders` those of the solutions that it touches, `before`
    the ids of the Customizations that it changes, as they were, each with its folder.
    Raises NotVerified where git cannot read an object.
    """
    # Both at once: git is ready to read objects when it is known which.
    objects = start("cat-file", "--batch")
    try:
        configurations, solutions, described = _listed(folders)
        contents = list(_read(objects, list(configurations.values())))
        if not is_harmless(dict(zip(configurations, contents, strict=True)), changed):
            return None
        beside = {(path.rpartition("/")[2], blob) for path, blob in described.items() if path in changed}
        for (name, _), data in zip(beside, _read(objects, [blob for _, blob in beside]), strict=True):
            _describe_what_is_there(name, data)
        return _say(solutions, objects, before)
    except (Doubt, SourceError):
        return None
    except KeyboardInterrupt:
        objects.kill()
        raise
    finally:
        finish(objects)


def _listed(folders: Collection[str]) -> tuple[dict[str, str], dict[str, Parts], dict[str, str]]:
    """The configuration files' ids by path, the parts of the solutions in these folders, and the ids by path
    of what describes their flows.
    """
    named = [*CONFIG_FILES, *folders]
    paths = (
        [*(f":(top,literal){path}" for path in named), _CODE_APPS]
        if all(named) and len(named) <= _MOST_NAMED
        else [":/"]
    )
    listed = finish(start("ls-files", "-z", "--stage", "--full-name", "--", *paths))
    if listed is None:
        raise Doubt
    configurations: dict[str, str] = {}
    solutions: dict[str, Parts] = {folder: {kind: [] for kind in PLAIN} for folder in folders}
    flows: set[str] = set()
    described: dict[str, str] = {}
    for record in listed.split(b"\0")[:-1]:
        head, _, name = record.partition(b"\t")
        path = decode_path(name)
        kind, folder = part_of(path) or ("", "")
        if not kind and path not in CONFIG_FILES:
            continue
        mode, blob, stage = head.decode("ascii").split(" ")
        # A name without a dot is that of a folder, in whose place something else stands.
        if (
            mode not in _FILES
            or stage != "0"
            or "." not in path.rpartition("/")[2]
            or (not path.isascii() and is_doubtful(path))
        ):
            raise Doubt
        if not kind:
            configurations[path] = blob
        elif kind not in PLAIN:
            # Apps and agents use references of the solution around them, and the YAML layout's solutions
            # share the flows of the folder around theirs.
            raise Doubt
        elif folder in solutions:
            solutions[folder][kind].append(blob)
            if kind == "flow":
                flows.add(path.lower())
            elif kind == "metadata":
                described[path] = blob
    # Of a flow that is described and not there, the whole check says so.
    if not {path.lower().removesuffix(_METADATA) for path in described} <= flows:
        raise Doubt
    return configurations, solutions, described


def _describe_what_is_there(name: str, data: bytes) -> None:
    """Doubt where a file of this name, which describes a flow, names another file than the one beside it."""
    name = name.lower().removesuffix(_METADATA)
    folded = data.lower()
    if (
        folded.count(b"jsonfilename") != 2
        or f">/workflows/{name}<".encode("utf-8", "surrogateescape") not in folded
    ):
        raise Doubt


def _say(solutions: Mapping[str, Parts], objects: Process, before: Sequence[tuple[str, str]]) -> str:
    if not solutions:
        return ""
    for parts in solutions.values():
        if len(parts[MANIFEST]) != 1 or len(parts[CUSTOMIZATIONS]) != 1:
            raise Doubt
    _facts(objects, solutions, MANIFEST, unique_name)
    declared = _facts(objects, solutions, CUSTOMIZATIONS, declared_references)
    used = _facts(objects, solutions, "flow", flow_facts)
    # A child flow whose connections are the invoker's may lie in another solution than what runs it.
    if any(is_invoked for _, is_invoked, _ in used.values()) and any(calls for _, _, calls in used.values()):
        raise Doubt
    flows = references = 0
    own = {folder: declared[parts[CUSTOMIZATIONS][0]] for folder, parts in solutions.items()}
    for folder, parts in solutions.items():
        if not all(used[blob][0] <= own[folder].items() for blob in parts["flow"]):
            raise Doubt
        flows += len(parts["flow"])
        references += len(own[folder])
    _forgo_nothing(objects, own, before)
    contents = f"{_count(flows, 'flow')}, {_count(references, 'connection reference')}"
    return f"No violations: {_count(len(solutions), 'solution')}, {contents}."


def _forgo_nothing(
    objects: Process, own: Mapping[str, Mapping[str, str]], before: Sequence[tuple[str, str]]
) -> None:
    """Doubt where a solution declares a reference no more: another one may expect it from there."""
    changed = [(folder, blob) for folder, blob in before if blob.strip("0")]
    for (folder, _), data in zip(changed, _read(objects, [blob for _, blob in changed]), strict=True):
        if not declared_references(data).keys() <= own[folder].keys():
            raise Doubt


def _facts(
    objects: Process, solutions: Mapping[str, Parts], kind: str, reader: Callable[[bytes], T]
) -> dict[str, T]:
    """What the files of one kind say, by the id of their content: each content is read once."""
    blobs = list({blob: None for parts in solutions.values() for blob in parts[kind]})
    return dict(zip(blobs, map(reader, _read(objects, blobs)), strict=True))


def _read(objects: Process, blobs: Sequence[str]) -> Iterator[bytes]:
    for data in converse(objects, iter(blobs), _BIGGEST):
        if data is None:
            raise Doubt
        yield data


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def flow_facts(data: bytes) -> FlowFacts:
    """The references that a flow goes through, by logical name in lower case, with the connector of each;
    whether some are the connections of whoever runs it, and whether it runs other flows.

    Raises Doubt where the flow could break a rule by itself.
    """
    entries, calls = plain_flow(data)
    is_invoked = any(entry.get("runtimeSource", "embedded") != "embedded" for entry in entries.values())
    return frozenset(map(_reference, entries.values())), is_invoked, calls


def _reference(entry: Any) -> tuple[str, str]:
    try:
        reference, connector = entry["connection"][REFERENCE].lower(), connector_of(entry["api"]["name"])
    except (KeyError, TypeError, AttributeError):
        raise Doubt from None
    if not reference.strip() or not connector:
        raise Doubt
    return reference, connector


def unique_name(data: bytes) -> str:
    """The unique name in a solution's manifest. Raises Doubt where there is none; SourceError as `scan`."""
    for root in elements(data, "ImportExportXml"):
        name = root.text_at("SolutionManifest", "UniqueName")
        if name and not root.depth:
            return name
    raise Doubt


def declared_references(data: bytes) -> dict[str, str]:
    """The connectors of declared references by logical name in lower case: each of another connector.

    Raises Doubt where the file could break a rule by itself; SourceError as `scan`.
    """
    declared: dict[str, str] = {}
    listed = elements(data, ("connectionreferences", "JsonFileName"), "<connectionreference", "<JsonFileName")
    # Which names a flow's file, that may not be there.
    if any(item.name == "JsonFileName" for item in listed):
        raise Doubt
    for node in (node for item in listed if item.depth == 1 for node in item.called("connectionreference")):
        name = node.attribute(_NAME).strip().lower()
        connectors = [connector_of(text) for text, _ in node.texts("connectorid")]
        # Of an element that stands twice, the first one would count.
        if len(connectors) != 1 or not is_possible(connectors[0]) or connectors[0] in declared.values():
            raise Doubt
        if not name or name in declared:
            raise Doubt
        declared[name] = connectors[0]
    return declared
