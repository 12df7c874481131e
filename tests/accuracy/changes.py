"""Changes of source that break nothing: after them, the same must be reported as before."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any

from crstandards.source.connector import read_connection_parameters
from tests.accuracy.formats import (
    Json,
    decode,
    encode,
    holders,
    operations,
    random_style,
    read_json,
    style_of,
    write_json,
    write_xml,
)
from tests.accuracy.yaml_layout import into_guid_folders, to_yaml
from tests.support.memory import Tree

Change = Callable[[dict[str, bytes], str, Random], dict[str, bytes]]
"""Makes the changed tree from a tree and the folder of its solution."""


def change(name: str, tree: Tree, folder: str, random: Random) -> dict[str, bytes]:
    """A tree after one of the changes."""
    return CHANGES[name](dict(tree), folder, random)


def _document(data: bytes) -> Any:
    """A JSON file's document, None for what is none."""
    try:
        return read_json(data)
    except (ValueError, RecursionError):
        return None


def _is_flow(path: str, document: Any) -> bool:
    return (
        "workflows/" in path.lower()
        and isinstance(document, dict)
        and isinstance(document.get("properties"), dict)
        and isinstance(document["properties"].get("definition"), dict)
    )


def _flows(tree: Tree) -> list[tuple[str, Json]]:
    """The flows that can be read, without those in which a key stands twice."""
    found = []
    for path, data in tree.items():
        document = _document(data) if path.lower().endswith(".json") else None
        if _is_flow(path, document) and "twice" not in path and not _repeats(data):
            found.append((path, document))
    return found


def _repeats(data: bytes) -> bool:
    import json

    repeated = False

    def note(pairs: list[tuple[str, Any]]) -> None:
        nonlocal repeated
        repeated |= len(dict(pairs)) < len(pairs)

    json.loads(decode(data), object_pairs_hook=note)
    return repeated


def _is_xml(path: str, data: bytes) -> bool:
    return path.lower().endswith((".xml", ".data.xml")) and b"DOCTYPE" not in data


def reformat(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    for path, document in _flows(tree):
        style = random_style(random)._replace(encoding=style_of(tree[path]).encoding)
        tree[path] = write_json(document, style)
        if random.random() < 0.3:
            tree[path] = encode(decode(tree[path]).replace("/", "\\/"), style.encoding)
    return tree


def encode_anew(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    for path, document in _flows(tree):
        tree[path] = write_json(document, random_style(random))
    for path, data in tree.items():
        if _is_xml(path, data) and data.strip():
            try:
                text = decode(data)
            except UnicodeDecodeError:
                continue
            tree[path] = write_xml(text.lstrip("\ufeff"), random_style(random))
    return tree


def reorder(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    def shuffled(value: Json) -> Json:
        items = list(value.items())
        random.shuffle(items)
        return dict(items)

    for path, document in _flows(tree):
        properties = document["properties"]
        for holder in holders(properties["definition"]):
            holder["actions"] = shuffled(holder["actions"])
        if isinstance(properties.get("connectionReferences"), dict):
            entries = properties["connectionReferences"]
            properties["connectionReferences"] = shuffled(
                {
                    alias: shuffled(entry) if isinstance(entry, dict) else entry
                    for alias, entry in entries.items()
                }
            )
        document["properties"] = shuffled(properties)
        tree[path] = write_json(document, style_of(tree[path]))
    for path, data in tree.items():
        if path.lower().endswith("customizations.xml"):
            tree[path] = _reordered_declarations(data, random)
    return tree


def _reordered_declarations(data: bytes, random: Random) -> bytes:
    try:
        text = decode(data)
    except UnicodeDecodeError:
        return data
    elements = re.findall(r"<connectionreference\s.*?</connectionreference>", text, re.DOTALL)
    shuffled = random.sample(elements, len(elements))
    if not elements or sorted(shuffled) != sorted(elements):
        return data
    parts = re.split(r"<connectionreference\s.*?</connectionreference>", text, flags=re.DOTALL)
    whole = "".join(part + element for part, element in zip(parts, [*shuffled, ""], strict=True))
    return encode(whole, style_of(data).encoding)


def rename_aliases(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    for path, document in _flows(tree):
        properties = document["properties"]
        entries = properties.get("connectionReferences")
        if not isinstance(entries, dict):
            continue
        names = {
            alias.lower(): f"renamed_{index}_{random.randrange(999)}" for index, alias in enumerate(entries)
        }
        properties["connectionReferences"] = {names[alias.lower()]: entry for alias, entry in entries.items()}
        for operation in operations(properties["definition"]):
            inputs = operation.get("inputs") if isinstance(operation, dict) else None
            host = inputs.get("host") if isinstance(inputs, dict) else None
            if isinstance(host, dict):
                _rename_in_host(host, names)
        tree[path] = write_json(document, style_of(tree[path]))
    return tree


def _rename_in_host(host: Json, names: dict[str, str]) -> None:
    for key in ("connectionName", "connectionReferenceName"):
        if isinstance(host.get(key), str):
            host[key] = names.get(host[key].lower(), host[key])
    connection = host.get("connection")
    if isinstance(connection, dict) and isinstance(connection.get("name"), str):
        connection["name"] = re.sub(
            r"(\$connections'\)?\]?\??\[')([^']+)('\])",
            lambda found: found[1] + names.get(found[2].lower(), found[2]) + found[3],
            connection["name"],
        )


def move_folder(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    to = random.choice(["moved/to here", "ä/b/c/d/e/f", "Moved"])
    inside = folder + "/" if folder else ""
    own = ("crstandards", ".github", "zz second", "second/", "Ä second")
    return {
        f"{to}/{path[len(inside) :]}" if path.startswith(inside) and not path.startswith(own) else path: data
        for path, data in tree.items()
    }


def rename_flow_files(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    def renamed(path: str) -> str:
        return re.sub(
            r"[^/]*?-([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\.json(?:\.data\.xml)?)$",
            r"Neu-\1",
            path,
        )

    def written(data: bytes) -> bytes:
        text = re.sub(r"(Workflows/)[^/<]*?-([0-9A-Fa-f-]{36}\.json<)", r"\1Neu-\2", decode(data))
        return encode(text, style_of(data).encoding)

    return {
        renamed(path): written(data) if b"JsonFileName" in data.replace(b"\0", b"") else data
        for path, data in tree.items()
    }


def change_letter_case(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    parts = "Other|Workflows|Solution.xml|Customizations.xml|CanvasApps|Assets|Connectors"
    change = random.choice([str.lower, str.upper])

    def changed(path: str) -> str:
        return re.sub(rf"(?:(?<=/)|^)(?:{parts})(?=/|$)", lambda found: change(found[0]), path)

    return {changed(path): data for path, data in tree.items()}


def to_flat_layout(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    names = {"Other/Solution.xml": "solution.xml", "Other/Customizations.xml": "customizations.xml"}
    inside = folder + "/" if folder else ""
    if not all(inside + name in tree for name in names):
        return tree
    known = {inside + old: inside + new for old, new in names.items()}
    return {known.get(path, path): data for path, data in tree.items() if not path.endswith(".json.data.xml")}


def add_a_copy(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    inside = folder + "/" if folder else ""
    if not folder:
        return tree
    for path, data in list(tree.items()):
        if path.startswith(inside):
            copied = f"Archive/old copy/{path[len(inside) :]}"
            if path.lower().endswith("/solution.xml") and b"Managed>0<" in data:
                data = data.replace(b"Managed>0<", b"Managed>1<")
            tree[copied] = data
    return tree


def export_from_elsewhere(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    """Custom connectors get another hash at the end of their ids in each environment."""
    for path, data in tree.items():
        if path.lower().endswith((".json", ".xml")) and b"-5f" in data.replace(b"\0", b""):
            new = f"{random.randrange(16**16):016x}"
            text = re.sub(r"-5f[0-9a-f]{16}(?![0-9a-f-])", f"-5f{new}", decode(data))
            tree[path] = encode(text, style_of(data).encoding)
    return tree


def add_what_is_no_source(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    inside = folder + "/" if folder else ""
    flow = b'{"properties": {"connectionReferences": {"a": {"connection": {}}}, "definition": {}}}'
    table = b"<Entity><connectionreferences /></Entity>"
    robot = b'{"schemaversion": "1", "targets": []}'
    extra = {
        ".github/workflows/build.json": flow,
        ".vscode/settings.json": b"{",
        f"{inside}Entities/admin_ConnectionReference/Entity.xml": table,
        f"{inside}Other/Relationships/Solution.xml": b"<EntityRelationships />",
        f"{inside}Workflows/Robot-11111111-2222-3333-4444-555555555555.json": robot,
        f"{inside}Workflows/settings.json": b'{"a": 1}',
        f"{inside}WebResources/x.js": b"// shared-mailbox",
        "package.json": b"{}",
        "logo.png": b"\x89PNG",
    }
    return {**extra, **tree}


def rewrite_xml(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    """Comments, other quotes, other blanks."""
    for path, data in tree.items():
        if path.lower().endswith("customizations.xml") and data.count(b"<connectionreference "):
            text = decode(data)
            text = re.sub(
                r'connectionreferencelogicalname="([^"\']+)"', r"connectionreferencelogicalname = '\1'", text
            )
            text = text.replace(
                "</connectionreferencedisplayname>", "</connectionreferencedisplayname><!-- a -->"
            )
            tree[path] = encode(text, style_of(data).encoding)
    return tree


def empty_parameters(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    """As Microsoft's own pipelines leave them; here of connectors that ask for no address."""
    for path in tree:
        if path.lower().endswith("_connectionparameters.json") and not read_connection_parameters(tree[path]):
            tree[path] = random.choice([b"", b"{}", b"\xef\xbb\xbf", b"null"])
    return tree


def add_an_older_version(tree: dict[str, bytes], folder: str, random: Random) -> dict[str, bytes]:
    """What is found in the copy has the fingerprints of what is found in the solution."""
    inside = folder + "/" if folder else ""
    for path, data in list(tree.items()) if folder else ():
        if path.startswith(inside):
            if path.lower().endswith(("/solution.xml", "/solution.yml")):
                text = re.sub(r"(<Version>|\n    Version: )[\d.]+", r"\g<1>0.0.0.1", decode(data))
                data = encode(text, style_of(data).encoding)
            tree[f"Archive/older/{path[len(inside) :]}"] = data
    return tree


CHANGES: dict[str, Change] = {
    "reformat": reformat,
    "encode anew": encode_anew,
    "reorder": reorder,
    "rename aliases": rename_aliases,
    "move the folder": move_folder,
    "rename flow files": rename_flow_files,
    "change letter case": change_letter_case,
    "unpacked to zip layout": to_flat_layout,
    "add a copy": add_a_copy,
    "export from elsewhere": export_from_elsewhere,
    "add what is no source": add_what_is_no_source,
    "rewrite XML": rewrite_xml,
    "empty the parameters of a connector that asks for no address": empty_parameters,
    "add a copy of an older version": add_an_older_version,
    "move a flow into a guid folder": into_guid_folders,
    "convert the solution from XML to YAML": to_yaml,
}
