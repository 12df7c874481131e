"""The YAML source of Dataverse git integration and of `pac solution clone`. Experimental.

YAML is read as text: plain values with the bytes at which they begin, never objects. The parser's events
are read one by one, and nothing else of PyYAML is used: no tag is resolved, an alias is refused (they can
multiply without bound), nesting is bounded, and a key that stands twice is noticed. Every scalar stays the
text that it is written as, so that a version `9.10` keeps its zero.

Known from Microsoft's page "Solution YAML source control format reference" and from few public
examples, which differ from it; so shapes are read tolerantly. It is the XML layout's data, an
attribute being a key with `@` before it:

- `connectionreferences/<name>/connectionreference.yml`: one reference, `connectionreference: {…}`;
- `solutions/<Name>/solution.yml`: `ImportExportXml: SolutionManifest: {…}`;
- `solutions/<Name>/solutioncomponents.yml`: `SolutionComponents: Component: [{'@path': …}]` (the
  page: a list of `Path: …`);
- `solutions/<Name>/rootcomponents.yml`: `RootComponents: RootComponent: [{'@type': 29, '@id': …}]`;
- `solutions/<Name>/missingdependencies.yml`: `MissingDependencies: MissingDependency: […]`;
- `publishers/<Name>/publisher.yml`: `Publisher: {…}`, which holds the prefix;
- `modernflows/<guid>/workflow.yml`: what is known of the flow beside it, `Workflow: {'@Name': …}`;
- `canvasapps/<name>.meta.yml` and `dvtablesearchs/<guid>/dvtablesearch.yml`: see `apps`.

The `@` may be missing and letter case may differ. A list of one element may be that element alone,
and an empty list `{}` or nothing. Whatever else a file holds raises SourceError with its byte offset:
nothing is silently read as empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from crstandards.model import connector_of
from crstandards.source.names import plain_path
from crstandards.source.solution import Declared, ManifestFacts, Missing, Workflow
from crstandards.source.text import (
    CONFLICT,
    MAX_YAML_BYTES,
    Offsets,
    SourceError,
    conflict_at,
    decode,
    is_empty,
)

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

    from crstandards.source.xml import Texts

MAX_BYTES = MAX_YAML_BYTES
MAX_DEPTH = 100

# As a plain string: it takes longer to compile than most files to read, and is for faults only.
_REFUSED = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


class Yaml(NamedTuple):
    """A value (text, a mapping or a list) and the byte at which it begins.

    A mapping begins with its first key. Nothing at all, `~` and `null` are the empty text.
    """

    value: str | Mapping[str, Yaml] | tuple[Yaml, ...]
    offset: int


def parse(data: bytes) -> Yaml:
    """Read one YAML document. Raises SourceError, with the byte offset of what is wrong."""
    # Imported here: most repositories hold no YAML source, and the import costs more than their check.
    import yaml

    text = decode(data)
    offsets = Offsets(data, text)
    try:
        # Never the C parser, where there is one: the two disagree on malformed corners, and a verdict
        # must not depend on how PyYAML was built.
        return _build(yaml.parse(text, Loader=yaml.SafeLoader), offsets)
    except yaml.reader.ReaderError:
        refused = re.search(_REFUSED, text)
        at = offsets.at(refused.start()) if refused else None
        raise SourceError("not YAML: a control character stands in it", at) from None
    except (yaml.YAMLError, ValueError) as error:
        # The first mark may read as a plain text, and what comes behind it is refused.
        conflict = conflict_at(text, max(text.find("<<<<<<<"), 0))
        if conflict is not None:
            raise SourceError(f"not YAML: {CONFLICT}", offsets.at(conflict)) from None
        mark = getattr(error, "problem_mark", None)
        raise SourceError("not YAML", offsets.at(mark.index) if mark else None) from None


class _Open:
    """A list or a mapping that has not ended yet."""

    def __init__(self, offset: int, is_mapping: bool) -> None:
        self.offset = offset
        self.is_mapping = is_mapping
        self.members: dict[str, Yaml] = {}
        self.elements: list[Yaml] = []
        self.key: str | None = None

    def add(self, item: Yaml) -> None:
        if not self.is_mapping:
            self.elements.append(item)
        elif self.key is not None:
            self.members[self.key] = item
            self.key = None
        elif not isinstance(item.value, str):
            raise SourceError("a key is not plain text", item.offset)
        elif item.value in self.members:
            raise SourceError(f"the key {item.value!r} stands twice", item.offset)
        else:
            self.key = item.value

    def close(self) -> Yaml:
        return Yaml(self.members if self.is_mapping else tuple(self.elements), self.offset)


def _build(events: Iterator[Event], offsets: Offsets) -> Yaml:
    import yaml

    root: Yaml | None = None
    # A stack in place of recursion, which is what deep nesting would break.
    pending: list[_Open] = []
    for event in events:
        assert event.start_mark is not None
        offset = offsets.at(event.start_mark.index)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(pending) == MAX_DEPTH:
                raise SourceError("nested too deep to be read", offset)
            pending.append(_Open(offset, isinstance(event, yaml.MappingStartEvent)))
            continue
        if isinstance(event, yaml.ScalarEvent):
            item = Yaml(_scalar(event), offset)
        elif isinstance(event, yaml.CollectionEndEvent):
            item = pending.pop().close()
        elif isinstance(event, yaml.AliasEvent):
            raise SourceError("a YAML alias, which solution source never has", offset)
        elif isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise SourceError("more than one YAML document", offset)
        else:
            continue
        if pending:
            pending[-1].add(item)
        else:
            root = item
    return root or Yaml("", 0)


def _scalar(event: ScalarEvent) -> str:
    value: str = event.value
    if not event.style and value in ("~", "null", "Null", "NULL"):
        return ""
    if not value.isascii():
        # Raises for a lone surrogate, which an escape can spell; only the C library does so itself.
        value.encode()
    return value


class Component(NamedTuple):
    """A component that a solution lists: a folder or a file, as a path from the root that all share."""

    path: str
    offset: int


def texts(data: bytes, name: str) -> Texts:
    """What the members of a document's one element say: a function that is asked with a path of names.

    Raises SourceError where the document is another element.
    """
    root = parse(data)
    element = _member(root, name)
    if element is None:
        raise SourceError(f"no {name} in it", root.offset)

    def at(*path: str) -> list[tuple[str, int]]:
        member: Yaml | None = element
        for part in path:
            member = _member(member, part)
        return [(_text(item), item.offset) for item in _elements(member)]

    return at


def read_reference(data: bytes) -> Declared:
    """Read the one connection reference of a `connectionreference.yml`."""
    root = parse(data)
    found = _elements(_member(root, "connectionreference"))
    if len(found) != 1:
        raise SourceError("not one connection reference", root.offset)
    reference = found[0]
    name = _text(_member(reference, "connectionreferencelogicalname"))
    if not name:
        raise SourceError("a connection reference without its logical name", reference.offset)
    connector_id = _text(_member(reference, "connectorid"))
    custom = _member(reference, "customconnectorid")
    return Declared(
        logical_name=name,
        display_name=_text(_member(reference, "connectionreferencedisplayname")),
        connector=connector_of(connector_id),
        connector_id=connector_id,
        custom_connector=_text(_member(custom, "connectorid") or custom),
        description=_text(_member(reference, "description")),
        offset=root.offset,
    )


def read_solution(data: bytes) -> ManifestFacts | None:
    """Read a `solution.yml`; None for YAML that is something else, whatever its file is called.

    `prefix` is empty where it stands in the publisher's own file, `missing` where the dependencies do.
    """
    manifest = _member(_member(parse(data), "ImportExportXml"), "SolutionManifest")
    if manifest is None or isinstance(manifest.value, (str, tuple)):
        return None
    missing = _member(manifest, "MissingDependencies")
    return ManifestFacts(
        unique_name=_text(_member(manifest, "UniqueName")),
        version=_text(_member(manifest, "Version")),
        managed=_text(_member(manifest, "Managed")).lower() in ("1", "true"),
        prefix=_text(_member(_member(manifest, "Publisher"), "CustomizationPrefix")),
        missing=_missing(missing) if missing else (),
    )


def read_publisher(data: bytes) -> str:
    """Read the customization prefix from a `publisher.yml`; "" where there is none."""
    return _text(_member(_member(parse(data), "Publisher"), "CustomizationPrefix"))


def read_workflow(data: bytes) -> Workflow:
    """Read a flow's `workflow.yml`, or the `metadata.yml` of a cloned agent's flow, which says it at once."""
    root = parse(data)
    workflow = _member(root, "Workflow") or root
    return Workflow(
        guid=_text(_member(workflow, "WorkflowId")).strip("{}").lower(),
        name=_text(_member(workflow, "Name")),
        file=plain_path(_text(_member(workflow, "JsonFileName"))),
        category=_text(_member(workflow, "Category")),
    )


def read_components(data: bytes) -> tuple[Component, ...]:
    """Read a solution's components."""
    root = parse(data)
    listed = _member(root, "SolutionComponents")
    if listed is not None:
        listed = _member(listed, "Component") or listed
    elif isinstance(root.value, tuple) or _is_nothing(root):
        listed = root
    else:
        raise SourceError("no SolutionComponents in it", root.offset)
    return tuple(Component(_path(component), component.offset) for component in _elements(listed))


def read_own_connectors(data: bytes) -> tuple[str, ...]:
    """Read the ids of custom connectors from a `rootcomponents.yml`."""
    listed = _elements(_member(_member(parse(data), "RootComponents"), "RootComponent"))
    connectors = [item for item in listed if _text(_member(item, "type")) == "372"]
    return tuple(_text(_member(item, "id")).strip("{}").lower() for item in connectors)


def read_missing(data: bytes) -> tuple[Missing, ...]:
    """Read the connection references that a `missingdependencies.yml` lists as required.

    Nothing may stand in it: where none are missing, the file may be left out as well.
    """
    if is_empty(data):
        return ()
    root = parse(data)
    listed = _member(root, "MissingDependencies")
    if listed is None and not _is_nothing(root):
        raise SourceError("no MissingDependencies in it", root.offset)
    return _missing(listed) if listed else ()


def _missing(listed: Yaml) -> tuple[Missing, ...]:
    if not _is_nothing(listed) and _member(listed, "MissingDependency") is None:
        raise SourceError("no MissingDependency in it", listed.offset)
    found: list[Missing] = []
    for dependency in _elements(_member(listed, "MissingDependency")):
        for required in _elements(_member(dependency, "Required")):
            name = _text(_member(required, "id.connectionreferencelogicalname"))
            # Type 1 with the schema name connectionreference is the *table* of that name.
            if name and _text(_member(required, "type")) == "connectionreference":
                found.append(Missing(name, _text(_member(required, "solution")), required.offset))
    return tuple(found)


def _path(component: Yaml) -> str:
    path = plain_path(_text(component if isinstance(component.value, str) else _member(component, "path")))
    if not path:
        raise SourceError("a component without a path", component.offset)
    return path


def _member(node: Yaml | None, name: str) -> Yaml | None:
    """A mapping's member, with or without `@` and in any letter case: one of them at most."""
    if node is None or isinstance(node.value, (str, tuple)):
        return None
    keys = [key for key in node.value if key.removeprefix("@").lower() == name.lower()]
    if len(keys) > 1:
        reason = (
            f"the keys {keys[0]!r} and {keys[1]!r} stand in one object, and nobody knows which of them counts"
        )
        raise SourceError(reason, node.value[keys[1]].offset)
    return node.value[keys[0]] if keys else None


def _elements(node: Yaml | None) -> tuple[Yaml, ...]:
    """A list's elements; a single element may stand without a list."""
    if node is None or _is_nothing(node):
        return ()
    return node.value if isinstance(node.value, tuple) else (node,)


def _is_nothing(node: Yaml) -> bool:
    """Whether this is an empty value; XML's `xsi:nil` is one, and comes as a mapping."""
    if isinstance(node.value, (str, tuple)):
        return not node.value
    return all(key.startswith(("@xsi:", "@xmlns:")) for key in node.value)


def _text(node: Yaml | None) -> str:
    """A value's text; that of an element with attributes stands under `#text`."""
    if node is None or isinstance(node.value, tuple):
        return ""
    return node.value.strip() if isinstance(node.value, str) else _text(node.value.get("#text"))
