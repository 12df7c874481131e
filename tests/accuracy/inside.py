"""Violations inside one solution."""

from __future__ import annotations

import json
import re
from random import Random

from tests.accuracy.editing import Editor
from tests.accuracy.formats import Json, decode, encode, nested, style_of
from tests.accuracy.planting import Planted, Planter
from tests.accuracy.yaml_layout import YamlEditor
from tests.support.builders import APIS, DATAVERSE, OUTLOOK, SQL

GUID = "7f3e9a52-1c4d-4e8b-a6f0-2b9d8c7e6f51"
HEX = GUID.replace("-", "")
UNKNOWN = "shared_plantedservice"
_OWN_ENDPOINT = (SQL, "shared_keyvault", "shared_azureblob", "shared_uiflow", "shared_sftpwithssh")

_RAW: dict[str, Json] = {
    "connection: {}": {"connection": {}},
    "no connection": {},
    "connection: null": {"connection": None},
    "connection.name": {"connection": {"name": HEX}},
    "connection.id": {"connection": {"id": f"{APIS}{UNKNOWN}/connections/{HEX}"}},
    "connectionName": {"connectionName": f"shared-plantedservice-{GUID}"},
    "an empty reference": {"connection": {"connectionReferenceLogicalName": ""}},
    "a blank reference": {"connection": {"connectionReferenceLogicalName": "  "}},
    "a designer's entry": {
        "connection": {"id": f"{APIS}{UNKNOWN}/connections/{HEX}"},
        "id": f"{APIS}{UNKNOWN}",
    },
}


def raw_connection(editor: Editor, random: Random) -> Planted:
    form = random.choice(list(_RAW))
    path = editor.any_flow()
    source = random.choice(["embedded", "invoker"])
    entry = {"runtimeSource": "embedded" if editor.is_child(path) else source, **_RAW[form]}
    if form != "a designer's entry":
        entry["api"] = random.choice(
            [{"name": UNKNOWN}, {"name": f"{UNKNOWN}-5f21dec655d73f3a8c", "logicalName": "x"}]
        )
    alias = editor.add_entry(path, entry)
    for _ in range(random.choice([0, 1, 1, 3])):
        editor.use(path, alias, UNKNOWN)
    return Planted(form, path, alias)


def shared_canvas_connection(editor: Editor, random: Random) -> Planted:
    connection = {
        "id": f"/providers/microsoft.powerapps/apis/{UNKNOWN}",
        "sharedConnectionId": HEX,
        "dataSources": [],
    }
    own = {"id": f"/providers/microsoft.powerapps/apis/{UNKNOWN}"}
    entries = {GUID: connection}
    if random.random() < 0.5:
        entries = {GUID[:-1] + "2": own, **entries}
    name = editor.fresh("con_app")
    forms = [
        ".meta.xml",
        "Connections.json",
        "a code app",
        *(["customizations.xml"] if editor.is_flat else []),
    ]
    form = random.choice(forms if editor.customizations else ["canvasapp.yml", ".meta.yml"])
    if form.endswith(".yml"):
        component = f"canvasapps/{name}"
        path = editor.path(f"{component}/{form}" if form == "canvasapp.yml" else f"{component}{form}")
        held = json.dumps(entries)
        text = f"CanvasApp:\n  Name: {name}\n  DisplayName: Rooms\n  ConnectionReferences: '{held}'\n"
        editor.tree[path] = text.replace("\n", "\r\n").encode()
        editor.list_component(component)
        return Planted(form, path, UNKNOWN)
    if form == "a code app":
        path = f"{random.choice(['apps/x', 'code', 'a/b'])}/power.config.json"
        app = {"appDisplayName": name, "connectionReferences": entries}
        editor.tree[path] = json.dumps(app, indent=2).encode()
        return Planted(form, path, UNKNOWN)
    if form == "Connections.json":
        path = editor.path("CanvasApps", "src", name, "Connections", "Connections.json")
        wrapped = {key: {"connectionRef": value} for key, value in entries.items()}
        editor.tree[path] = json.dumps(wrapped, indent=2).encode()
        return Planted(form, path, UNKNOWN)
    escaped = json.dumps(entries).replace("&", "&amp;").replace("<", "&lt;")
    app = (
        f"<CanvasApp><Name>{name}</Name><DisplayName>Rooms</DisplayName>"
        f"<ConnectionReferences>{escaped}</ConnectionReferences></CanvasApp>"
    )
    if form == ".meta.xml":
        path = editor.path("CanvasApps", f"{name}.meta.xml")
        editor.tree[path] = encode(f'<?xml version="1.0" encoding="utf-8"?>\n{app}', "utf-8-sig")
        return Planted(form, path, UNKNOWN)
    path = editor.customizations
    text = decode(editor.tree[path])
    end = text.rindex("</ImportExportXml>")
    text = f"{text[:end]}<CanvasApps>{app}</CanvasApps>{text[end:]}"
    editor.tree[path] = encode(text, style_of(editor.tree[path]).encoding)
    return Planted(form, path, UNKNOWN)


def flow_outside(editor: Editor, random: Random) -> Planted:
    form = random.choice(["legacy package", "loose Workflows", "a cloned agent"])
    above = "/".join([*random.sample(["flows", "Alte Flows", "x", "export"], random.randint(0, 3)), "Mail"])
    if form == "legacy package":
        path = f"{above}/Microsoft.Flow/flows/{GUID}/definition.json"
        editor.tree[path] = b'{"properties": {"connectionReferences": {"a": {"connection": {}}}}}'
    elif form == "a cloned agent":
        path = f"{above}/workflows/Mail-{GUID}/workflow.json"
        editor.tree[path] = b'{"properties": {"definition": {"actions": {}}}}'
        editor.tree[f"{above}/connectionreferences.mcs.yml"] = b"connectionReferences: []\n"
    else:
        path = f"{above}/{random.choice(['Workflows', 'workflows'])}/Mail-{GUID.upper()}.json"
        editor.tree[path] = b'{"properties": {"definition": {"actions": {}}}}'
    return Planted(form, path, "")


_LITERALS = {
    "/connections/ and an id": f"{APIS}{UNKNOWN}/connections/{HEX}",
    "/connections/ and a name": f"{APIS}{UNKNOWN}/connections/shared-plantedservice-{GUID}",
    "a name": f"shared-plantedservice-{GUID}",
    "a name in a sentence": f"see shared-planted-service-{GUID}-1a2b for it",
    "short": f"/connections/{HEX}",
    "short, a GUID": f"/connections/{GUID}",
}


def embedded_id(editor: Editor, random: Random) -> Planted:
    path = editor.any_flow()
    form = random.choice([*_LITERALS, "$connections"])
    name = editor.fresh("Planted")

    def edit(properties: Json) -> None:
        definition = properties["definition"]
        if form == "$connections":
            definition.setdefault("parameters", {})["$connections"] = {
                "type": "Object",
                "defaultValue": {name: {"connectionId": f"{APIS}{UNKNOWN}/connections/{HEX}"}},
            }
            return
        value: object = _LITERALS[form]
        for wrap in random.choices(
            [lambda item: {"a": item}, lambda item: [1, item], lambda item: item], k=3
        ):
            value = wrap(value)
        action = {"type": "Compose", "runAfter": {}, "inputs": value}
        outer, container = nested(action, name, random.choice([0, 1, 4, 8]), random)
        definition.setdefault("actions", {})[outer] = container

    editor.change(path, edit)
    return Planted(form, path, "")


def duplicate_connector(editor: Editor, random: Random) -> Planted:
    form = random.choice(
        ["beside one that is there", "two new ones", "a custom connector's hashes", "letter case"]
    )
    declared = editor.shareable()
    word = ""
    if form == "beside one that is there" and declared:
        connector = random.choice(declared)[1]
    else:
        form = form if form != "beside one that is there" else "two new ones"
        connector = "shared_con-5fplanted-5f21dec655d73f3a8c" if "hash" in form else UNKNOWN
        editor.declare(editor.fresh(), connector)
    if "hash" in form:
        connector = "shared_con-5fplanted-5f983b8802de813283"
    if form == "letter case":
        connector = connector.upper().replace("SHARED", "shared")
    second = editor.fresh(random.choice(["con_planted", "con_sharedplanted_1a2b3"]))
    editor.declare(second, connector)
    if random.random() < 0.6:
        editor.referring(second, connector, used=random.random() < 0.8)
    return Planted(form, editor.customizations, word)


def duplicate_name(editor: Editor, random: Random) -> Planted:
    form = random.choice(["equal", "letter case", "another display name", "three times"])
    name = editor.fresh()
    editor.declare(name, UNKNOWN, "Planted")
    editor.referring(name, UNKNOWN)
    again = name.upper() if form == "letter case" else name
    for _ in range(2 if form == "three times" else 1):
        editor.declare(again, UNKNOWN, "Other" if form == "another display name" else "Planted")
    return Planted(form, editor.customizations, "")


def duplicate_alias(editor: Editor, random: Random) -> Planted:
    form = random.choice(["equal", "letter case", "another runtimeSource", "unused"])
    name = editor.fresh()
    editor.declare(name, UNKNOWN)
    path, _ = editor.referring(name, UNKNOWN)
    entry: Json = {
        "runtimeSource": "invoker" if form == "another runtimeSource" else "embedded",
        "connection": {"connectionReferenceLogicalName": name.upper() if form == "letter case" else name},
        "api": {"name": UNKNOWN},
    }
    alias = editor.add_entry(path, entry)
    if form != "unused":
        editor.use(path, alias, UNKNOWN)
    return Planted(form, path, "", ("CR507",) if editor.is_child(path) else ())


def several_endpoints(editor: Editor, random: Random) -> Planted:
    form = random.choice(["built in", "a custom connector with a host"])
    connector = random.choice(_OWN_ENDPOINT)
    custom = ""
    if form != "built in":
        connector, custom = "shared_con-5fhost-5f21dec655d73f3a8c", "{" + GUID + "}"
        folder = "Connector" if editor.is_flat else "Connectors"
        parameters = {"hostUrl": {"type": "string", "uiDefinition": {"displayName": "Host URL"}}}
        editor.tree[editor.path(folder, "con_host_connectionparameters.json")] = json.dumps(
            parameters
        ).encode()
        editor.tree[editor.path(folder, "con_host.xml")] = (
            f"<Connector><connectorid>{custom}</connectorid><name>con_host</name></Connector>".encode()
        )
    for _ in range(2):
        name = editor.fresh()
        editor.declare(name, connector, custom=custom.strip("{}"))
        editor.referring(name, connector)
    return Planted(form, editor.customizations, "", ("CR207",))


def legacy_beside_current(editor: Editor, random: Random) -> Planted:
    present = {connector.lower() for _, connector in editor.declared()}
    for connector in ("shared_commondataservice", DATAVERSE):
        if connector not in present:
            name = editor.fresh()
            editor.declare(name, connector)
            editor.referring(name, connector)
    return Planted("both", editor.customizations, "")


def undefined_reference(editor: Editor, random: Random) -> Planted:
    form = random.choice(
        [
            *("a flow", "a flow's own level", "an agent's set", "an agent's data", "mcs.yml", "an app"),
            *("a source of knowledge", "a code app", "what an app depends on"),
        ]
    )
    name = editor.fresh()
    if form == "a flow":
        path, _ = editor.referring(name, UNKNOWN, used=random.random() < 0.8)
    elif form == "a flow's own level":
        path = editor.any_flow()
        editor.add_entry(path, {"connectionReferenceLogicalName": name, "api": {"name": UNKNOWN}})
    elif form == "an agent's set":
        path = editor.path("Assets", "botcomponent_connectionreferenceset.xml")
        editor.tree[path] = (
            "<botcomponent_connectionreferenceset><botcomponent_connectionreference "
            'botcomponentid.schemaname="con_bot.topic.Mail" '
            f'connectionreferenceid.connectionreferencelogicalname="{name}" />'
            "</botcomponent_connectionreferenceset>"
        ).encode()
    elif form == "an agent's data":
        path = editor.path("botcomponents", "con_bot.action.Mail", "data")
        editor.tree[path] = (
            f"kind: TaskDialog\naction:\n  connectionReference: {name}\n  mode: Maker\n".encode()
        )
    elif form == "mcs.yml":
        path = editor.path("agents", "bot", "connectionreferences.mcs.yml")
        text = (
            f"connectionReferences:\n  - connectionReferenceLogicalName: {name}\n"
            f"    connectorId: {APIS}{UNKNOWN}\n"
        )
        editor.tree[path] = encode(text, "utf-8-sig")
    elif form == "a source of knowledge":
        path = editor.path("dvtablesearchs", GUID, "dvtablesearch.xml")
        inside = f"<connectionreferencelogicalname>{name}</connectionreferencelogicalname>"
        editor.tree[path] = (
            f"<dvtablesearch><connectionreference>{inside}</connectionreference></dvtablesearch>".encode()
        )
    elif form == "a code app":
        path = "code/app/power.config.json"
        entries = {GUID: {"id": f"{APIS}{UNKNOWN}", "xrmConnectionReferenceLogicalName": name}}
        editor.tree[path] = json.dumps({"connectionReferences": entries}).encode()
    elif form == "what an app depends on":
        path = editor.path("CanvasApps", f"{editor.fresh('con_app')}.meta.xml")
        needed = [{"logicalname": name, "componenttypeplatformname": "ConnectionReference"}]
        text = json.dumps({"cdsdependencies": needed})
        editor.tree[path] = f"<CanvasApp><CdsDependencies>{text}</CdsDependencies></CanvasApp>".encode()
    else:
        path = editor.path("CanvasApps", "con_rooms.meta.xml")
        entry = {
            "id": APIS.lower() + UNKNOWN,
            "xrmConnectionReferenceLogicalName": name,
            "sharedConnectionId": HEX,
        }
        escaped = json.dumps({GUID: entry}).replace("&", "&amp;")
        editor.tree[path] = (
            f"<CanvasApp><Name>con_rooms</Name><ConnectionReferences>{escaped}</ConnectionReferences></CanvasApp>"
        ).encode()
    return Planted(form, path, name)


def unknown_alias(editor: Editor, random: Random) -> Planted:
    form = random.choice(["an operation too many", "a wiped map", "no map at all"])
    if form == "an operation too many":
        path = editor.any_flow()
        alias = editor.fresh(random.choice(["shared_lost", "lost'alias"]))
        editor.use(path, alias, UNKNOWN)
        return Planted(form, path, "")
    name = editor.fresh()
    path = editor.add_flow({}, {})
    editor.use(path, name, UNKNOWN)

    def edit(properties: Json) -> None:
        if form == "a wiped map":
            properties["connectionReferences"] = {}
        else:
            properties.pop("connectionReferences", None)

    editor.change(path, edit)
    return Planted(form, path, "")


def connector_mismatch(editor: Editor, random: Random) -> Planted:
    name = editor.fresh()
    editor.declare(name, UNKNOWN)
    path, _ = editor.referring(name, random.choice([OUTLOOK, "shared_plantedservice2", "shared_planted"]))
    return Planted("another connector", path, "")


def unused_reference(editor: Editor, random: Random) -> Planted:
    form = random.choice(["one", "part of another name", "in a comment of its own", "in deployment settings"])
    name = editor.fresh()
    description = f"{name} was for the old app" if form == "in a comment of its own" else ""
    editor.declare(name, UNKNOWN, description=description)
    if form == "part of another name":
        longer = f"{name}-more"
        editor.declare(longer, "shared_plantedmore")
        editor.referring(longer, "shared_plantedmore")
    if form == "in deployment settings":
        entry = {"LogicalName": name, "ConnectionId": "#{x}#", "ConnectorId": f"{APIS}{UNKNOWN}"}
        settings = {"EnvironmentVariables": [], "ConnectionReferences": [entry]}
        editor.tree[editor.path("deploymentSettings.json")] = json.dumps(settings, indent=2).encode()
    return Planted(form, editor.customizations, name)


def dependency_not_provided(editor: Editor, random: Random) -> Planted:
    name = editor.fresh()
    form = random.choice(["Active", "active", "ContosoElsewhere (1.0.0.0)"])
    path = editor.need(name, form)
    if random.random() < 0.7:
        editor.referring(name, UNKNOWN)
    return Planted(form, path, name)


def connector_beside_reference(editor: Editor, random: Random) -> Planted:
    form = random.choice(["braces", "none"])
    name, connector = editor.fresh(), "shared_con-5fplanted-5f21dec655d73f3a8c"
    editor.tree[editor.path("Connector" if editor.is_flat else "Connectors", "con_planted.xml")] = (
        f"<Connector><connectorid>{GUID}</connectorid><name>con_planted</name></Connector>".encode()
    )
    editor.declare(name, connector, custom=f"{{{GUID}}}" if form == "braces" else GUID.upper())
    editor.referring(name, connector)
    return Planted(form, editor.customizations, name)


def invoker_child(editor: Editor, random: Random) -> Planted:
    form = random.choice(["invoker", "Invoker"])
    name = editor.fresh()
    editor.declare(name, UNKNOWN)
    entry = {
        "runtimeSource": form,
        "connection": {"connectionReferenceLogicalName": name},
        "api": {"name": UNKNOWN},
    }
    path = editor.add_flow({"a": entry}, {})
    guid = path.removesuffix(".json")[-36:]
    host = {"workflowReferenceName": random.choice([guid, guid.lower(), f"{{{guid}}}"])}
    call: Json = {"type": "Workflow", "inputs": {"host": host}}
    outer, container = nested(call, "Run", random.choice([0, 1, 3]), random)
    editor.add_flow({}, {outer: container} if outer != "Run" else {"Run": call})
    return Planted(form, path, "")


def without_connector(editor: Editor, random: Random) -> Planted:
    form = random.choice(["", "shared_", "shared sql"])
    name = editor.fresh()
    editor.declare(name, form)
    return Planted(form or "none", editor.customizations, name, ("CR504",))


def missing_flow(editor: Editor, random: Random) -> Planted:
    """A flow of which only the metadata, or the list's entry, is left."""
    if editor.is_flat and not isinstance(editor, YamlEditor):
        form, name = "customizations.xml", editor.fresh("Gone")
        text = decode(editor.tree[editor.customizations])
        workflow = f"<JsonFileName>/Workflows/{name}-{GUID}.json</JsonFileName><Category>5</Category>"
        listed = f"<Workflows><Workflow WorkflowId='{{{GUID}}}'>{workflow}</Workflow></Workflows>"
        whole = text.replace("</ImportExportXml>", f"{listed}</ImportExportXml>")
        editor.tree[editor.customizations] = encode(
            whole, style_of(editor.tree[editor.customizations]).encoding
        )
        return Planted(form, editor.customizations, name)
    path = editor.add_flow({}, {})
    del editor.tree[path]
    return Planted("a flow's file", "", "")


def left_over_flow(editor: Editor, random: Random) -> Planted:
    path = editor.add_flow({}, {})
    head, _, file = path.rpartition("/")
    editor.tree[f"{head}/Renamed-{file[-41:]}"] = editor.tree[path]
    return Planted("two files of one flow", "", file[-41:-5])


_BROKEN = {
    "cut": lambda data: data[: len(data) // 2] or b"{",
    "empty": lambda data: b"",
    "blank": lambda data: b" \r\n",
    "an LFS pointer": lambda data: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "not UTF-8": lambda data: b'{"properties": {"definition": {"\xff\xfe": 1}}}',
    "NaN": lambda data: b'{"properties": {"definition": {"x": NaN}}}',
    "too deep": lambda data: b'{"properties": {"definition": ' + b"[" * 200_000,
    "a key twice": lambda data: (
        b'{"properties": {"connectionReferences": {"a": {"connection": {}}, "a": {"connection": '
        b'{"connectionReferenceLogicalName": "x"}, "api": {"name": "x"}}}, "definition": {"actions": {}}}}'
    ),
    "a key twice on the way": lambda data: (
        b'{"properties": {"definition": {"actions": {"A": {"inputs": {"host": {"connectionName": "lost"}}, '
        b'"inputs": {}}}}}}'
    ),
}
_BROKEN_XML = {
    "cut": lambda text: text[: len(text) // 2],
    "a DOCTYPE": lambda text: '<!DOCTYPE x [<!ENTITY a "b">]>\n' + re.sub(r"^<\?xml[^>]*\?>", "", text),
    "an open tag": lambda text: text.replace("</ImportExportXml>", "<x></ImportExportXml>"),
    "empty": lambda text: "",
}


def unreadable(editor: Editor, random: Random) -> Planted:
    form = random.choice([*_BROKEN, *(f"XML: {name}" for name in _BROKEN_XML)])
    also = ("CR501", "CR504")
    if form in _BROKEN:
        path = editor.add_flow({}, {})
        editor.tree[path] = _BROKEN[form](editor.tree[path])
        return Planted(form, path, "", ("CR101", "CR501") if "twice" in form else ())
    path = random.choice([editor.customizations, editor.manifest])
    text = _BROKEN_XML[form.removeprefix("XML: ")](decode(editor.tree[path]))
    editor.tree[path] = encode(text, "utf-8")
    return Planted(form, path, "", also)


PLANTERS: dict[str, Planter] = {
    "CR101": raw_connection,
    "CR102": shared_canvas_connection,
    "CR103": flow_outside,
    "CR104": embedded_id,
    "CR201": duplicate_connector,
    "CR202": duplicate_name,
    "CR203": duplicate_alias,
    "CR205": several_endpoints,
    "CR206": legacy_beside_current,
    "CR207": connector_beside_reference,
    "CR501": undefined_reference,
    "CR502": unknown_alias,
    "CR503": connector_mismatch,
    "CR504": unused_reference,
    "CR506": dependency_not_provided,
    "CR507": invoker_child,
    "CR508": without_connector,
    "CR509": missing_flow,
    "CR510": left_over_flow,
    "CR901": unreadable,
}
