"""What may lie in a repository beside clean solutions, or in their place: each puts it into a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.quick.configurations import configure
from tests.quick.drafts import LINK, PROGRAM, SUBMODULE, UNKNOWN, Draft, within
from tests.support.builders import (
    APIS,
    OUTLOOK,
    customizations,
    flow,
    flow_file,
    flow_guid,
    manifest,
    raw_flow,
    solution_files,
    to_json,
)

_GUID = "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"
_OTHERS = ("environmentvariabledefinitions/con_url", "widgets/one", "entities/account", "connectors/con_erp")
_APP = {_GUID: {"id": f"{APIS}{OUTLOOK}".lower(), "xrmConnectionReferenceLogicalName": UNKNOWN}}


def _added(files: Mapping[str, str]) -> Callable[[Draft], None]:
    """Adds files in a folder around; of several, now and then not all."""

    def add(draft: Draft) -> None:
        folder = draft.around()
        for path, content in files.items():
            if len(files) == 1 or draft.random.random() < 0.85:
                draft.files[within(folder, path)] = content.encode()

    return add


def _yaml(draft: Draft) -> None:
    """A solution of the YAML layout, which lists flows that lie there and some of its own."""
    random, root = draft.random, draft.around()
    own = f"modernflows/{_GUID}/{flow_file('Own')}"
    there = [path.removeprefix(f"{draft.folder}/") for path in draft.own("Workflows/")]
    components = [
        f"  - '@path': {random.choice(['/', '', './'])}{path}\n"
        for path in (
            *(*there, own, f"modernflows/{_GUID}", "modernflows/gone", "connectionreferences/con_y"),
            *random.sample(_OTHERS, random.randint(0, 1)),
        )
        if random.random() < 0.6
    ]
    link = (
        f"botcomponentid.schemaname=con_agent,connectionreferenceid.connectionreferencelogicalname={UNKNOWN}"
    )
    files = {
        "solutions/Yaml/solution.yml": "ImportExportXml:\n  SolutionManifest:\n    UniqueName: ContosoYaml\n",
        "solutions/Yaml/solutioncomponents.yml": f"SolutionComponents:\n  Component:\n{''.join(components)}",
        "solutions/Yaml/missingdependencies.yml": "MissingDependencies: {}\n",
        "connectionreferences/con_y/connectionreference.yml": "connectionreference:\n"
        f"  '@connectionreferencelogicalname': con_y\n  connectorid: {APIS}{OUTLOOK}\n",
        "publishers/Contoso/publisher.yml": "Publisher:\n  CustomizationPrefix: con\n",
        own: to_json(flow({OUTLOOK: random.choice(["con_y", UNKNOWN])})),
        f"modernflows/{flow_file('Direct')}": to_json(flow({OUTLOOK: "con_y"})),
        f"botcomponent_connectionreferenceset/{link}/botcomponent_connectionreference.yml": "{}\n",
        f"{_OTHERS[0]}/environmentvariabledefinition.yml": "{}\n",
        f"{_OTHERS[1]}/widget.yml": "{}\n",
    }
    draft.files |= {
        within(root, path): content.encode()
        for path, content in files.items()
        if random.random() < (0.9 if path.startswith("solutions/") else 0.3)
    }


def _second_solution(draft: Draft) -> None:
    """Another solution, with a violation or without, in the first one or beside it."""
    random = draft.random
    below = [draft.inside(folder) for folder in ("sub", "solutions/Second", "solutions/a/b")]
    folder = random.choice([*below, f"{draft.folder} 2".strip(), draft.folder.rpartition("/")[0]])
    document = random.choice([flow(), flow(), raw_flow(), flow({OUTLOOK: UNKNOWN})])
    name = random.choice(["ContosoSecond", "ContosoHR", "ContosoHR_Patch_1"])
    layout = random.choice(["unpacked", "unpacked", "flat"])
    files = solution_files(name, ["con_outlook"], {"Second": document}, layout)
    draft.files = {within(folder, path): content for path, content in files.items()} | draft.files


def _flow_alone(draft: Draft) -> None:
    """A flow in a folder without a solution; some folders belong to tools."""
    folder = draft.random.choice([draft.inside("old"), "alone", ".github", draft.around()])
    name = draft.random.choice(["Workflows", "workflows", "modernflows"])
    draft.files.setdefault(within(folder, f"{name}/{flow_file('Alone')}"), to_json(raw_flow()).encode())


def _letter_case(draft: Draft) -> None:
    """A path, or all that lie in one folder, in other letters; or so once more."""
    random = draft.random
    path = random.choice([*draft.files])
    parts = path.split("/")
    index = random.randrange(len(parts))
    old = "/".join(parts[: index + 1])
    new = "/".join([*parts[:index], random.choice([str.lower, str.upper, str.swapcase])(parts[index])])
    moved = [path] if random.random() < 0.5 else [item for item in draft.files if item.startswith(old)]
    keep = random.random() < 0.3
    for item in moved:
        draft.files[new + item[len(old) :]] = draft.files[item] if keep else draft.files.pop(item)


def _no_file(draft: Draft) -> None:
    """A link, a submodule or a program where a file or a folder may be."""
    random = draft.random
    folders = [draft.inside(name) for name in ("Other", "OTHER", "Workflows", "modernflows", "CanvasApps")]
    places = [[*draft.files], draft.own("") or folders, folders, ["crstandards.toml", "pyproject.toml"]]
    path = random.choice(random.choice(places))
    # It may hold what a file would: only its mode tells.
    draft.files.setdefault(path, random.choice([b"elsewhere", manifest("ContosoHR").encode()]))
    draft.modes[path] = random.choice([LINK, LINK, LINK, SUBMODULE, PROGRAM])


def _file_for_a_folder(draft: Draft) -> None:
    """A file where a folder may be, perhaps with what should lie in it."""
    name = draft.random.choice(["Other", "other", "Workflows", "workflows", f"modernflows/{_GUID}"])
    content = draft.files.get(draft.inside("Other/Solution.xml"), b"#!/bin/sh\n")
    draft.files[draft.inside(name)] = to_json(flow({})).encode() if "flows" in name else content
    if draft.random.random() < 0.5:
        draft.files.pop(draft.inside("Other/Solution.xml"), None)


def _loss(draft: Draft) -> None:
    """Some file is not there: the manifest, say."""
    own = draft.own("Other/")
    if len(draft.files) > 1:
        del draft.files[draft.random.choice([*own, *own, *draft.files])]


_REPLACED: Mapping[str, str] = {
    "<UniqueName>": "<UniqueName> <!-- none -->",
    "ContosoHR": "",
    "connectorid>": "connectorId>",
    "<connectionreferences>": "<connectionreferences/><connectionreferences>",
    '"con_': '" con_',
    '"connectionName"': '"connectionReferenceName"',
    '"connectionName": "': '"connectionReferenceName": "lost", "x": "',
    '"connectionReferenceLogicalName"': '"name"',
    "shared_": "shared\\u005f",
    "_office365": "_office365/",
    '"actions": {': '"actions": {}, "actions": {',
    '"definition"': '"Definition"',
    '"connectionReferences"': '"ConnectionReferences"',
    '"parameters"': '"Parameters"',
    "\n": "\r\n",
}
_INSTEAD = (
    "",
    "{",
    "{}",
    "[]",
    "<x/>",
    "<ImportExportXml/>",
    "<ImportExportXml><SolutionManifest/></ImportExportXml>",
    '{"properties": {"definition": {"package": ""}}}',
    '{"schemaversion": "1", "targets": []}',
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
)


_BEFORE = (b"\xef\xbb\xbf", b"\xff", b"<<<<<<< ours\n", b"<!DOCTYPE x>")


def _damage(draft: Draft) -> None:
    """Some file holds what it should not, or is written in an unusual way."""
    random = draft.random
    path = random.choice([*draft.files])
    content = draft.files[path]
    text = content.decode("utf-8-sig", "replace")
    ways = [
        random.choice(_INSTEAD).encode(),
        random.choice(_BEFORE) + content,
        b"\xff\xfe" + text.replace("utf-8", "utf-16").encode("utf-16-le"),
    ]
    if fitting := [old for old in _REPLACED if old in text]:
        old = random.choice(fitting)
        ways += [text.replace(old, _REPLACED[old]).encode()] * 3
    draft.files[path] = random.choice(ways)


ODDITIES: Mapping[str, Callable[[Draft], None]] = {
    "a canvas app": _added(
        {
            "CanvasApps/con_app.meta.xml": "<CanvasApp><Name>con_app</Name><ConnectionReferences>"
            f"{to_json(_APP)}</ConnectionReferences></CanvasApp>"
        }
    ),
    "an unpacked app": _added(
        {
            "CanvasApps/src/con_app/Connections/Connections.json": to_json(
                {key: {"connectionRef": connection} for key, connection in _APP.items()}
            )
        }
    ),
    "an app in the YAML layout": _added(
        {"canvasapps/con_app.meta.yml": f"CanvasApp:\n  ConnectionReferences: '{to_json(_APP)}'\n"}
    ),
    "an agent": _added(
        {
            "Assets/botcomponent_connectionreferenceset.xml": "<x><botcomponent_connectionreference "
            f'connectionreferenceid.connectionreferencelogicalname="{UNKNOWN}"/></x>',
            "botcomponents/con_agent.topic.Tool/data": f"connectionReference: {UNKNOWN}\n",
            "bots/con_agent/bot.xml": "<bot />",
        }
    ),
    "an agent's clone": _added(
        {
            "agent/connectionreferences.mcs.yml": "connectionReferences:\n"
            f"  - connectionReferenceLogicalName: {UNKNOWN}\n",
            f"agent/workflows/Ask-{_GUID}/workflow.json": to_json(raw_flow()),
        }
    ),
    "an agent's knowledge": _added(
        {
            f"dvtablesearchs/{_GUID}/dvtablesearch.xml": "<dvtablesearch><connectionreference>"
            f"<connectionreferencelogicalname>{UNKNOWN}</connectionreferencelogicalname>"
            "</connectionreference></dvtablesearch>"
        }
    ),
    "a code app": _added({"app/power.config.json": to_json({"connectionReferences": _APP})}),
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
    "the same manifest in the other layout": _added({"solution.xml": manifest("ContosoHR")}),
    "other declarations": _added({"customizations.xml": customizations(["con_x"])}),
    "declarations that list flows": _added(
        {"Other/Customizations.xml": customizations(["con_0"], ["Send reminder", "Gone"])}
    ),
    "a manifest of something else": _added({"Other/Relationships/Solution.xml": "<EntityRelationships />"}),
    "metadata without a flow": _added(
        {f"Workflows/{flow_file('Gone')}.data.xml": f'<Workflow WorkflowId="{flow_guid("Gone")}" />'}
    ),
    "a flow further down": _added({f"Workflows/old/{flow_file('Stale')}": to_json(raw_flow())}),
    "no flow among flows": _added({"Workflows/readme.json": "[]"}),
    "a solution of the YAML layout": _yaml,
    "a second solution": _second_solution,
    "a flow without a solution": _flow_alone,
    "letter case": _letter_case,
    "no file": _no_file,
    "a file for a folder": _file_for_a_folder,
    "a loss": _loss,
    "a damage": _damage,
    "a configuration": configure,
}
VARIED = (
    "a solution of the YAML layout",
    "a second solution",
    "letter case",
    "no file",
    "a damage",
    "a configuration",
)
"""Those of which each is different, and which are drawn more often therefore."""
