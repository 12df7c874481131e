"""Carries out the steps of a report on files, to the letter, and knows nothing of the package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

Files = Mapping[str, bytes]
Step = Mapping[str, Any]

_ORDER = ("use", "move", "rename", "add", "drop", "remove", "bind", "delete-file")
_KEPT = "connectionReferenceLogicalName"
_DECLARED = re.compile(
    r"""\s*<connectionreference\b[^>]*?connectionreferencelogicalname\s*=\s*(["'])(.*?)\1.*?</connectionreference>""",
    re.DOTALL | re.IGNORECASE,
)
_DEPENDENCY = re.compile(r"\s*<MissingDependency>.*?</MissingDependency>", re.DOTALL)
_REQUIRED = re.compile(r"""id\.connectionreferencelogicalname\s*=\s*(["'])(.*?)\1""")


def carried_out(files: Files, steps: Iterable[Step]) -> dict[str, bytes]:
    """The files after all steps, each of which is done once."""
    left = dict(files)
    settings: dict[str, list[Step]] = {}
    each = {json.dumps(step, sort_keys=True): step for step in steps}.values()
    for step in sorted(each, key=lambda step: _ORDER.index(step["do"])):
        if "flow" in step:
            _in_flow(left, step)
        elif step["do"] == "delete-file":
            del left[step["path"]]
        elif step["path"].lower().endswith(".json"):
            settings.setdefault(step["path"], []).append(step)
        elif step["path"].lower().endswith(".yml"):
            _in_yaml(left, step)
        else:
            _in_xml(left, step)
    for path, steps in settings.items():
        _in_settings(left, path, steps)
    return left


def _text(data: bytes) -> tuple[str, str]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding), encoding
    return data.decode(), "utf-8"


def _in_flow(files: dict[str, bytes], step: Step) -> None:
    text, encoding = _text(files[step["flow"]])
    document = json.loads(text)
    entries = document["properties"].setdefault("connectionReferences", {})
    alias = next((name for name in entries if name.lower() == step["alias"].lower()), step["alias"])
    if step["do"] == "use":
        entry = entries.setdefault(
            alias, {"runtimeSource": "embedded", "api": {"name": step["connector"].rpartition("/")[2]}}
        )
        for key in ("connectionName", "connectionId"):
            entry.pop(key, None)
        entry["connection"] = {_KEPT: step["to"]}
    elif step["do"] == "move":
        for holder in (entries[alias].get("connection"), entries[alias]):
            if isinstance(holder, dict) and str(holder.get(_KEPT, "")).lower() == step["from"].lower():
                holder[_KEPT] = step["to"]
    elif step["do"] == "rename":
        written = json.dumps(document["properties"]["definition"])
        written = written.replace(f'Name": {json.dumps(alias)}', f'Name": {json.dumps(step["to"])}')
        document["properties"]["definition"] = json.loads(
            written.replace(f"['{alias}']", f"['{step['to']}']")
        )
    else:
        del entries[alias]
    files[step["flow"]] = json.dumps(document).encode(encoding)


def _in_settings(files: dict[str, bytes], path: str, steps: Iterable[Step]) -> None:
    text, encoding = _text(files[path])
    document = json.loads(text)
    before = document["ConnectionReferences"]
    named: dict[str, list[Any]] = {}
    for item in before:
        named.setdefault(item["LogicalName"].lower(), []).append(item)
    after = list(before)
    for step in steps:
        name = step.get("from") or step["reference"]
        alike = named.get(name.lower(), [])
        chosen = [alike[step["number"] - 1]] if "number" in step else alike
        if step["do"] == "rename":
            chosen[0]["LogicalName"] = step["to"]
        elif step["do"] == "drop":
            after = [item for item in after if not any(item is one for one in chosen)]
        else:
            new = {"LogicalName": name, "ConnectionId": f"#{{{name}}}#", "ConnectorId": step["connector"]}
            after.append(new)
    document["ConnectionReferences"] = after
    files[path] = json.dumps(document).encode(encoding)


def _in_xml(files: dict[str, bytes], step: Step) -> None:
    text, encoding = _text(files[step["path"]])
    if step["do"] == "add":
        declared = (
            found[0]
            for path, data in files.items()
            if path.lower().endswith("customizations.xml")
            for found in _DECLARED.finditer(_text(data)[0])
            if found[2].lower() == step["to"].lower()
        )
        text = re.sub(r"(?=\s*</connectionreferences>)", lambda _: next(declared), text, count=1)
    else:
        name = step["reference"].lower()
        declared_here = [found for found in _DECLARED.finditer(text) if found[2].lower() == name]
        gone = declared_here[-1:] if "number" in step else declared_here
        for found in reversed(gone):
            text = text[: found.start()] + text[found.end() :]
        text = _without_dependency(text, name)
        manifest = re.sub(r"(?i)customizations\.xml$", "Solution.xml", step["path"])
        if step["do"] == "remove" and manifest in files:
            listed, how = _text(files[manifest])
            files[manifest] = _without_dependency(listed, name).encode(how)
    files[step["path"]] = text.encode(encoding)


def _without_dependency(text: str, name: str) -> str:
    def kept(found: re.Match[str]) -> str:
        named = _REQUIRED.search(found[0])
        return "" if named and named[2].lower() == name else found[0]

    return _DEPENDENCY.sub(kept, text)


def _in_yaml(files: dict[str, bytes], step: Step) -> None:
    """The declaration's file goes, and every line of the solutions' lists that names it."""
    component = step["path"].rpartition("/")[0]
    name = component.rpartition("/")[2]
    for path in [path for path in files if path.startswith(f"{component}/")]:
        del files[path]
    for path, data in files.items():
        if path.endswith("solutioncomponents.yml"):
            files[path] = re.sub(rb"(?m)^.*/" + re.escape(name.encode()) + rb"\r?\n", b"", data)
