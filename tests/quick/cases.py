"""Commits of every kind that the hook may meet, drawn by chance: mostly clean source, with odd things in it.

A case is a solution or two, up to three oddities, and which of all that the commit changes. What is odd is
often not what is changed: the check looks at a touched solution whole, and so must whatever is faster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import NamedTuple

from crstandards.rules import BY_ID
from tests.accuracy.bases import Base, made_bases
from tests.accuracy.planting import plant, rules
from tests.builders import (
    APIS,
    DATAVERSE,
    OUTLOOK,
    SHAREPOINT,
    SQL,
    TEAMS,
    Json,
    Missing,
    Reference,
    customizations,
    entry,
    flow,
    flow_file,
    flow_guid,
    manifest,
    raw_flow,
    solution_files,
    to_json,
)

FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
_COMMIT = b"5ca1ab1e" * 5
_CONNECTORS = (OUTLOOK, TEAMS, SHAREPOINT, DATAVERSE, SQL, "shared_con-5fx-5f0123456789abcdef")
_FOLDERS = ("", "src", "src/HR", "solutions/HR", "Lösung 3/[a]*")
_GUID = "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"
_UNKNOWN = "con_nowhere"


class Entry(NamedTuple):
    """What stands at a path: git's mode, and a file's content, a link's target or a submodule's commit."""

    mode: str
    content: bytes


Tree = dict[str, Entry]


class Case(NamedTuple):
    """A commit: the tree of HEAD and the one that is staged. `told` says how it came about."""

    before: Tree
    after: Tree
    told: tuple[str, ...]


class Draft:
    """The tree while it is drawn: `folder` is that of its first solution, `odd` what was changed since."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.folder = random.choice(_FOLDERS)
        self.files: dict[str, bytes] = {}
        self.modes: dict[str, str] = {}
        self.told: list[str] = []

    def inside(self, path: str, folder: str | None = None) -> str:
        """A path in the first solution, or in another folder."""
        return f"{self.folder if folder is None else folder}/{path}".removeprefix("/")

    def around(self) -> str:
        """A folder in the first solution, below it or above it."""
        below = self.random.choice(["sub", "solutions/Second", "modernflows", "Other", ".hidden", "a/b"])
        above = self.folder.rpartition("/")[0]
        return self.random.choice([self.folder, self.folder, self.inside(below), above])

    def entries(self) -> Tree:
        """The tree; where a link stands, nothing lies below it."""
        placed: Tree = {}
        for path in sorted(self.files):
            heads = [path[:end] for end, sign in enumerate(path) if sign == "/"]
            if placed.keys().isdisjoint(heads):
                mode = self.modes.get(path, FILE)
                placed[path] = Entry(mode, _COMMIT if mode == SUBMODULE else self.files[path])
        return placed


def case(seed: str) -> Case:
    """The case of a seed, always the same."""
    random = Random(seed)
    draft = Draft(random)
    _solution(draft)
    if random.random() < 0.2:
        rule = random.choice(rules())
        # It needs the solution as it is made, and so comes first.
        draft.files = dict(plant(rule, Base("made", draft.files, draft.folder), random).after)
        draft.told.append(f"a violation of {rule}")
    clean = draft.entries()
    for name in random.choices([*_ODDITIES, *_OFTEN * 3], k=random.choice([0, 1, 1, 1, 2, 3])):
        _ODDITIES[name](draft)
        draft.told.append(name)
    return _commit(draft, clean)


# What is there


def _solution(draft: Draft) -> None:
    """A clean solution: mostly a plain one, else one of those with all that is right and looks wrong."""
    random = draft.random
    if random.random() < 0.2:
        base = made_bases(random, 1)[0]
        draft.folder, draft.files = base.folder, dict(base.tree)
        return
    declared = [
        Reference(random.choice([f"con_{number}", f"CON_{number}", f"other_{number}_1a2b3"]), connector)
        for number, connector in enumerate(random.sample(_CONNECTORS, random.randint(1, 4)))
    ]
    flows = {
        title: _clean_flow(random, declared)
        for title in ("Send reminder", "Ask", "Tell")[: random.randint(0, 3)]
    }
    missing = [Missing(_UNKNOWN)] if random.random() < 0.1 else []
    files = solution_files("ContosoHR", declared, flows, managed=random.choice([0, 0, 1]), missing=missing)
    draft.files |= {draft.inside(path): data for path, data in files.items()}


def _clean_flow(random: Random, declared: list[Reference]) -> Json:
    """A flow that uses some of the references; now and then it calls another flow."""
    entries: dict[str, Json | str | None] = {}
    for name, connector, *_ in random.sample(declared, random.randint(0, len(declared))):
        spelled = entry(random.choice([name, name.lower()]), connector)
        spelled["runtimeSource"] = random.choice(["embedded", "embedded", "invoker"])
        entries[f"{connector}{random.choice(['', '_1'])}"] = spelled
    document = flow(entries)
    if random.random() < 0.2:
        child = {"workflowReferenceName": flow_guid("Ask").lower()}
        call = {"type": "Workflow", "inputs": {"host": child, "body": {}}}
        document["properties"]["definition"]["actions"]["Call"] = call
    return document


# What is odd


def _added(files: Mapping[str, str | bytes]) -> Callable[[Draft], None]:
    """Adds files in one of the folders around; now and then not all of them."""

    def add(draft: Draft) -> None:
        folder = draft.around()
        for path, content in files.items():
            if len(files) == 1 or draft.random.random() < 0.85:
                data = content.encode() if isinstance(content, str) else content
                draft.files[draft.inside(path, folder)] = data

    return add


def _yaml(draft: Draft) -> None:
    """A solution of the YAML layout, which lists flows that lie there and some of its own."""
    random, root = draft.random, draft.around()
    own = f"modernflows/{_GUID}/{flow_file('Own')}"
    in_root = [path for path in draft.files if path.startswith(draft.inside("Workflows/"))]
    listed = [path.removeprefix(f"{draft.folder}/") for path in in_root if random.random() < 0.7]
    listed += random.sample(
        [own, f"modernflows/{_GUID}", "modernflows/gone", "connectionreferences/con_y"], 2
    )
    files = {
        "solutions/Yaml/solution.yml": "ImportExportXml:\n  SolutionManifest:\n    UniqueName: ContosoYaml\n",
        "solutions/Yaml/solutioncomponents.yml": "SolutionComponents:\n  Component:\n"
        + "".join(f"  - '@path': {random.choice(['/', '', './'])}{path}\n" for path in listed),
        "solutions/Yaml/missingdependencies.yml": "MissingDependencies: {}\n",
        "connectionreferences/con_y/connectionreference.yml": "connectionreference:\n"
        f"  '@connectionreferencelogicalname': con_y\n  connectorid: {APIS}{OUTLOOK}\n",
        "publishers/Contoso/publisher.yml": "Publisher:\n  CustomizationPrefix: con\n",
        own: to_json(flow({OUTLOOK: random.choice(["con_y", _UNKNOWN])})),
        f"modernflows/{flow_file('Direct')}": to_json(flow({OUTLOOK: "con_y"})),
        "botcomponent_connectionreferenceset/botcomponentid.schemaname=con_agent,"
        f"connectionreferenceid.connectionreferencelogicalname={_UNKNOWN}"
        "/botcomponent_connectionreference.yml": "botcomponent_connectionreference: {}\n",
    }
    draft.files |= {
        draft.inside(path, root): content.encode()
        for path, content in files.items()
        if random.random() < (0.9 if path.startswith("solutions/") else 0.4)
    }


def _second(draft: Draft) -> None:
    """Another solution, with a violation or without, in the first one or around it."""
    random = draft.random
    below = [draft.inside(path) for path in ("sub", "solutions/Second", "a/b")]
    folder = random.choice([*below, f"{draft.folder} 2".strip(), draft.folder.rpartition("/")[0]])
    flows = {"Second": random.choice([flow(), flow(), raw_flow(), flow({OUTLOOK: _UNKNOWN})])}
    name = random.choice(["ContosoSecond", "ContosoHR", "ContosoHR_Patch_1"])
    files = solution_files(name, ["con_outlook"], flows, random.choice(["unpacked", "unpacked", "flat"]))
    draft.files = {draft.inside(path, folder): data for path, data in files.items()} | draft.files


def _loose(draft: Draft) -> None:
    """Flows in a folder without a solution; some folders belong to tools."""
    folder = draft.random.choice([draft.inside("old"), "loose", ".github", draft.around()])
    name = draft.random.choice(["Workflows", "workflows", "modernflows"])
    draft.files.setdefault(draft.inside(f"{name}/{flow_file('Loose')}", folder), to_json(raw_flow()).encode())


def _other_name(draft: Draft) -> None:
    """A path, or all that lie in one folder, in other letters."""
    path = draft.random.choice(list(draft.files))
    parts = path.split("/")
    index = draft.random.randrange(len(parts))
    old, respell = "/".join(parts[: index + 1]), draft.random.choice([str.lower, str.upper, str.swapcase])
    new = "/".join([*parts[:index], respell(parts[index])])
    moved = [path] if draft.random.random() < 0.5 else [item for item in draft.files if item.startswith(old)]
    keeps = draft.random.random() < 0.3
    for item in moved:
        data = draft.files[item] if keeps else draft.files.pop(item)
        draft.files[new + item[len(old) :]] = data


def _no_file(draft: Draft) -> None:
    """A link, a submodule or a program where a file or a folder may be."""
    names = ("Other", "other", "OTHER", "Workflows", "modernflows", "CanvasApps", "solutions")
    folders = [draft.inside(name) for name in names]
    configurations = ["crstandards.toml", "pyproject.toml"]
    path = draft.random.choice(draft.random.choice([[*draft.files], [*draft.files], folders, configurations]))
    mode = draft.random.choice([LINK, LINK, LINK, SUBMODULE, PROGRAM])
    # A link may hold what a file would: only its mode tells.
    target = draft.random.choice([b"elsewhere", manifest("ContosoHR").encode()])
    draft.files.setdefault(path, target)
    draft.modes[path] = mode


def _file_in_place_of_a_folder(draft: Draft) -> None:
    """A file where a folder may be, perhaps with what should lie in it."""
    name = draft.random.choice(["Other", "other", "Workflows", "workflows", f"modernflows/{_GUID}"])
    document = draft.files.get(draft.inside("Other/Solution.xml"), b"#!/bin/sh\n")
    if "flows" in name:
        document = to_json(flow({})).encode()
    draft.files[draft.inside(name)] = document
    if draft.random.random() < 0.5:
        draft.files.pop(draft.inside("Other/Solution.xml"), None)


def _lost(draft: Draft) -> None:
    """Some file is not there: the manifest, say."""
    own = [path for path in draft.files if path.startswith(draft.inside("Other/"))]
    del draft.files[draft.random.choice([*own, *own, *draft.files])]


def _damaged(draft: Draft) -> None:
    """Some file holds what it should not, or is written in an unusual way."""
    path = draft.random.choice([path for path in draft.files if path.endswith((".json", ".xml", ".yml"))])
    text = draft.files[path].decode("utf-8-sig", "replace")
    draft.files[path] = draft.random.choice(
        [
            b"",
            b"{",
            b"<x/>",
            b"<ImportExportXml/>",
            b"{}",
            b'{"properties": {"definition": {"package": ""}}}',
            b'{"schemaversion": "1", "targets": []}',
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            b"<<<<<<< ours\n" + draft.files[path],
            b"<!DOCTYPE x>" + draft.files[path],
            b"\xef\xbb\xbf" + text.encode(),
            b"\xff\xfe" + text.encode("utf-16-le"),
            text.replace("utf-8", "utf-16").encode("utf-16"),
            text.replace("\n", "\r\n").encode(),
            text.replace("<UniqueName>", "<UniqueName> <!-- none -->").encode(),
            text.replace("ContosoHR", "").encode(),
            text.replace('"connectionName"', '"connectionReferenceName"').encode(),
            text.replace('"connectionName": "', '"connectionReferenceName": "lost", "x": "').encode(),
            text.replace('"connectionReferenceLogicalName"', '"name"').encode(),
            text.replace("shared_", "shared\\u005f").encode(),
            text.replace('"actions": {', '"actions": {}, "actions": {').encode(),
            text.replace('"definition"', '"Definition"').encode(),
            text.replace("_office365", "_office365/").encode(),
            text.replace("connectorid>", "connectorId>").encode(),
            text.replace('"con_', '" con_').encode(),
            text.replace("<connectionreferences>", "<connectionreferences/><connectionreferences>").encode(),
        ]
    )


def _configured(draft: Draft) -> None:
    """A configuration at the root, in one of the two files or in both."""
    names = draft.random.choice(
        [["crstandards.toml"]] * 4 + [["pyproject.toml"], ["crstandards.toml", "pyproject.toml"]]
    )
    for name in names:
        # Another tool's alone is none of ours.
        tool = draft.random.choice(["tool.crstandards", "tool.crstandards", "tool.ruff"])
        text = _configuration(draft.random, "" if name == "crstandards.toml" else tool)
        draft.files[name] = draft.random.choice([text] * 9 + [f"\ufeff{text}", f"{text}\n["]).encode()
    if draft.random.random() < 0.3:
        recorded = draft.random.choice(['{"schema": "crstandards/baseline/1", "findings": []}', "{"])
        name = draft.random.choice(["crstandards-baseline.json", "known.json", "known.txt"])
        draft.files[name] = recorded.encode()
    if draft.random.random() < 0.3:
        settings = to_json({"EnvironmentVariables": [], "ConnectionReferences": []})
        draft.files["config/prod.json"] = draft.random.choice([settings, "{"]).encode()


def _configuration(random: Random, root: str) -> str:
    """A configuration of up to three tables, mostly valid."""

    def table(name: str, *lines: str) -> str:
        full = ".".join(filter(None, (root, name)))
        return "".join(f"{line}\n" for line in (f"[{full}]" if full else "", *lines))

    def severity() -> str:
        return f'{random.choice([*BY_ID])} = "{random.choice(["error", "error", "error", "warning", "off"])}"'

    environments = f"[[{root + '.' if root else ''}environments]]"
    tables = {
        "rules": lambda: table("rules", *{severity()[:5]: severity() for _ in range(2)}.values()),
        "locked": lambda: table("rules", 'CR505 = "error"'),
        "names": lambda: table("names", random.choice(["logical-name", "display-name"]) + ' = "zzz_.*"'),
        "external": lambda: table(
            "source", f'external-references = ["{random.choice([_UNKNOWN, "*", " "])}"]'
        ),
        "excluded": lambda: table("source", f'exclude = ["{random.choice(["**/Other/**", "x/**"])}"]'),
        "bought": lambda: table("source", f'vendored = ["{random.choice(["src/**", "x/**"])}"]'),
        "endpoints": lambda: table("connectors", f'own-endpoint = ["{random.choice(["", "!"])}{OUTLOOK}"]'),
        "ownership": lambda: table("ownership", 'service-accounts = ["svc@contoso.com"]'),
        "environment": lambda: "\n".join(
            [environments, 'name = "prod"', random.choice(["", 'settings = ["config/*.json"]']), ""]
        ),
        "inline": lambda: f"{'' if not root else f'[{root}]'}\nenvironments = [{{name = 'prod'}}]\n",
    }
    chosen = random.sample([*tables], random.randint(0, 3))
    top = random.sample(
        [
            'locked = ["CR101"]',
            f'locked = ["{random.choice([*BY_ID])}"]',
            "description-exceptions = false",
            'baseline = "known.json"',
            'baseline = "known.txt"',
            "# nothing",
        ],
        random.choice([0, 0, 1]),
    )
    return table("", *top) + "".join(
        tables[name]() for name in chosen if not (root and name == "inline" and top)
    )


_APP = {
    _GUID: {
        "id": f"{APIS}{OUTLOOK}".lower(),
        "xrmConnectionReferenceLogicalName": _UNKNOWN,
        "sharedConnectionId": "",
    }
}
_ODDITIES: dict[str, Callable[[Draft], None]] = {
    "a canvas app": _added(
        {
            "CanvasApps/con_app.meta.xml": "<CanvasApp><Name>con_app</Name><ConnectionReferences>"
            f"{to_json(_APP)}</ConnectionReferences></CanvasApp>"
        }
    ),
    "an unpacked app": _added(
        {
            "CanvasApps/src/con_app/Connections/Connections.json": to_json(
                {key: {"connectionRef": value} for key, value in _APP.items()}
            )
        }
    ),
    "an app in the YAML layout": _added(
        {"canvasapps/con_app.meta.yml": f"CanvasApp:\n  ConnectionReferences: '{to_json(_APP)}'\n"}
    ),
    "an agent": _added(
        {
            "Assets/botcomponent_connectionreferenceset.xml": "<x><botcomponent_connectionreference "
            f'connectionreferenceid.connectionreferencelogicalname="{_UNKNOWN}"/></x>',
            "botcomponents/con_agent.topic.Tool/data": f"connectionReference: {_UNKNOWN}\n",
            "bots/con_agent/bot.xml": "<bot />",
        }
    ),
    "an agent's clone": _added(
        {
            "agent/connectionreferences.mcs.yml": "connectionReferences:\n"
            f"  - connectionReferenceLogicalName: {_UNKNOWN}\n",
            f"agent/workflows/Ask-{_GUID}/workflow.json": to_json(raw_flow()),
        }
    ),
    "an agent's knowledge": _added(
        {
            f"dvtablesearchs/{_GUID}/dvtablesearch.xml": "<dvtablesearch><connectionreference>"
            f"<connectionreferencelogicalname>{_UNKNOWN}</connectionreferencelogicalname>"
            "</connectionreference></dvtablesearch>"
        }
    ),
    "a code app": _added({"power.config.json": to_json({"connectionReferences": _APP})}),
    "a custom connector": _added(
        {
            "Connectors/con_x.xml": "<Connector><name>con_x</name></Connector>",
            "Connectors/con_x_connectionparameters.json": "",
        }
    ),
    "a legacy package": _added(
        {f"Microsoft.Flow/flows/{_GUID}/definition.json": to_json({"properties": {}})}
    ),
    "another manifest": _added({"solution.xml": manifest("ContosoOther")}),
    "the same in both layouts": _added({"solution.xml": manifest("ContosoHR")}),
    "other declarations": _added({"customizations.xml": customizations(["con_x"])}),
    "a manifest of something else": _added({"Other/Relationships/Solution.xml": "<EntityRelationships />"}),
    "a process in Customizations.xml": _added(
        {"Other/Customizations.xml": customizations(["con_0"], ["Send reminder", "Gone"])}
    ),
    "metadata without a flow": _added(
        {f"Workflows/{flow_file('Gone')}.data.xml": f'<Workflow WorkflowId="{flow_guid("Gone")}" />'}
    ),
    "a flow further down": _added({f"Workflows/old/{flow_file('Stale')}": to_json(raw_flow())}),
    "no flow among flows": _added({"Workflows/readme.json": "[]"}),
    "a solution of the YAML layout": _yaml,
    "a second solution": _second,
    "flows without a solution": _loose,
    "letter case": _other_name,
    "no file": _no_file,
    "a file in place of a folder": _file_in_place_of_a_folder,
    "something lost": _lost,
    "something damaged": _damaged,
    "a configuration": _configured,
}
_OFTEN = (
    "a solution of the YAML layout",
    "a second solution",
    "no file",
    "a configuration",
    "something damaged",
)


# What the commit changes


def _commit(draft: Draft, clean: Tree) -> Case:
    """What is staged is what was drawn, or nearly: some of it is new, changed or deleted."""
    random = draft.random
    after = draft.entries()
    before = dict(after)
    paths = sorted(after)
    own = [path for path in paths if path.startswith(draft.inside("")) and path in clean] or paths
    odd = [path for path in paths if after[path] != clean.get(path)] or own
    chosen = random.choice([own, own, own, odd, paths])
    for path in random.sample(chosen, min(len(chosen), random.choice([1, 1, 1, 2, 4]))):
        change = random.choice(["new", "edited", "edited", "edited", "gone"])
        if change == "new":
            before.pop(path, None)
        elif change == "edited":
            before[path] = random.choice([Entry(FILE, b"before"), Entry(FILE, after[path].content + b"\n")])
        elif len(after) > 1:
            after.pop(path, None)
        draft.told.append(f"{change}: {path}")
    if random.random() < 0.1:
        before = {"README.md": Entry(FILE, b"Begin\n")}
        draft.told.append("all new")
    return Case(before, after, tuple(draft.told))
