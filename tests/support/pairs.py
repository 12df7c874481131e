"""For each rule a pair of small repositories: one in which it finds something, and one that is clean.

`python -m tests.support.pairs FOLDER` writes them into a folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.support.builders import (
    APIS,
    DATAVERSE,
    OUTLOOK,
    SHAREPOINT,
    SQL,
    TEAMS,
    Json,
    Missing,
    Reference,
    References,
    action,
    entry,
    flow,
    flow_component,
    flow_file,
    raw_flow,
    solution_files,
    to_json,
    write_files,
    yaml_files,
)
from tests.support.exports import (
    ADELE,
    ADELE_ID,
    DEPLOYER,
    OTHER_ID,
    OUTLOOK_ID,
    SVC,
    SVC_ID,
    THIRD_ID,
    broken,
    page,
    rest,
    settings,
    share,
    system_user,
    user,
)

Files = dict[str, bytes]
PLANNER = "shared_planner"


class Pair(NamedTuple):
    """The files of two repositories by their path, and where in the first one the finding is.

    `place` is a path, and lines and columns as counted by hand in the file's bytes.
    """

    found: Files
    clean: Files
    place: tuple[str, int, int, int, int] | None = None


def _put(folder: str, files: Mapping[str, bytes]) -> Files:
    return {f"{folder}/{path}": content for path, content in files.items()}


def _encode(files: Files, change: Callable[[str], bytes], kind: str = "") -> Files:
    return {path: change(data.decode()) if path.endswith(kind) else data for path, data in files.items()}


def _as_on_windows(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8-sig")


def _utf_16(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


def _workflow(title: str) -> str:
    return f"Workflows/{flow_file(title)}"


REMINDER = _workflow("Send reminder")


def _nested(outlook: str | None) -> Json:
    """A flow with a connection deep inside, and with a number at the end of an alias."""
    loop = {
        "type": "Foreach",
        "foreach": "@body('List')?['value']",
        "actions": {
            "Has_mail": {
                "type": "If",
                "expression": {"equals": ["@items('Each_new_hire')?['mail']", "x"]},
                "actions": {"Send_mail": action()},
                "else": {
                    "actions": {"Post": action("shared_teams_1", operation="PostMessageToConversation")}
                },
            }
        },
    }
    weekly = {"Recurrence": {"recurrence": {"frequency": "Week", "interval": 1}, "type": "Recurrence"}}
    return flow({OUTLOOK: outlook, "shared_teams_1": "con_teams"}, {"Each_new_hire": loop}, weekly)


def _raw_connection(outlook: str | None) -> Files:
    flows = {"Welcome new hires": _nested(outlook), "Send payslip": flow()}
    files = solution_files("ContosoHR", ["con_outlook", ("con_teams", TEAMS)], flows)
    return _encode(files, _as_on_windows)


def _app(reference: str) -> Files:
    app = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<CanvasApp xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
        "  <Name>con_rooms_1a2b3</Name>\n"
        "  <AppVersion>2026-03-18T09:29:39Z</AppVersion>\n"
        "  <DisplayName>Rooms</DisplayName>\n"
        '  <ConnectionReferences>{"0b6f7c1e-5a0d-4a57-9f0c-3f1d2c4b5a69": '
        '{"id": "/providers/microsoft.powerapps/apis/shared_sql", "displayName": "SQL Server", '
        f'"sharedConnectionId": "7f3e9a52-1c4d-4e8b-a6f0-2b9d8c7e6f51"{reference}}}}}'
        "</ConnectionReferences>\n"
        "</CanvasApp>\n"
    )
    flows = {"Sync rooms": flow({SQL: "con_rooms_sql"})}
    files = solution_files("ContosoRooms", [("con_rooms_sql", SQL)], flows)
    return files | {"CanvasApps/con_rooms_1a2b3.meta.xml": app.encode()}


def _package() -> Files:
    """A flow as the portal exports it alone: with its maker's connections, and without a solution."""
    path = "InvoiceMail/Microsoft.Flow/flows/2f6d4c1b-8a3e-4f57-9c20-6b1e7d5a9f34/definition.json"
    return {"InvoiceMail/manifest.json": b'{\n  "schema": "1.0"\n}\n', path: to_json(raw_flow()).encode()}


def _mailbox(connection: str) -> Files:
    read = {"runAfter": {}, "type": "Compose", "inputs": {"mailbox": connection}}
    flows = {"Send payslips": flow(actions={"Read_settings": read, "Send": action()})}
    return solution_files("ContosoHR", flows=flows, layout="flat")


def _two_mailboxes(payslip: str, *more: Reference) -> Files:
    flows = {
        "Send reminder": flow(),
        "Send payslip": flow({OUTLOOK: payslip}),
        "Post news": flow({TEAMS: "con_teams"}),
    }
    first = Reference("con_outlook", display_name="Contoso Outlook")
    files = solution_files("ContosoHR", [first, *more, ("con_teams", TEAMS)], flows)
    return _encode(files, _as_on_windows)


def _core(new_hire: str, *missing: Missing) -> Files:
    core = solution_files(
        "ContosoCore", ["con_core_outlook"], {"Core mail": flow({OUTLOOK: "con_core_outlook"})}
    )
    flows = {"New hire mail": flow({OUTLOOK: new_hire}), "Leave mail": flow()}
    hr = solution_files("ContosoHR", flows=flows, missing=missing)
    return _put("Core", core) | _put("HR", hr) | {"crstandards.toml": b'[rules]\nCR305 = "off"\n'}


def _environment(*lines: str) -> Files:
    text = '[[environments]]\nname = "contoso-prod"\nsolutions = ["Contoso*"]\n' + "".join(lines)
    return {"crstandards.toml": text.encode()}


def _two_solutions(finance: str, connector: str = OUTLOOK) -> Files:
    flows = {"Send invoice": flow({connector: finance})}
    of_finance = solution_files("ContosoFinance", [(finance, connector)], flows)
    return _put("Finance", of_finance) | _put("HR", solution_files("ContosoHR"))


def _shared_references(**others: Files) -> Files:
    connections = _put("Connections", solution_files("ContosoConnections", flows={}))
    files = connections | _environment('reference-solution = "ContosoConnections"\n')
    for folder, content in others.items():
        files |= _put(folder, content)
    return files


def _without_own(name: str, solution: str, title: str = "Mail") -> Files:
    """A solution whose one flow uses a reference that the solution lists as missing."""
    return solution_files(name, [], {title: flow()}, missing=[Missing("con_outlook", solution)])


BOUND = settings(("con_outlook", OUTLOOK_ID)).encode()
AGED = '[rules]\nCR403 = "off"\n\n'


def _owned(
    *connections: Json, old: str = AGED, deployers: str = "", more: Mapping[str, Json] | None = None
) -> Files:
    """A solution whose reference is bound in an environment, and what the inventory says of that."""
    text = (
        f'{old}[ownership]\nservice-accounts = ["svc-*@contoso.com"]\n{deployers}\n[[environments]]\n'
        'name = "contoso-prod"\nsettings = ["config/prod/*.json"]\ninventory = ["inventory/prod*.json"]\n'
    )
    inventory = {"prod": page(*connections), **(more or {})}
    return {
        **_put("src/HR", solution_files("ContosoHR")),
        "config/prod/hr.json": BOUND,
        "crstandards.toml": text.encode(),
        **{f"inventory/{name}.json": f"{to_json(value)}\n".encode() for name, value in inventory.items()},
    }


def _committed(taken: str) -> Files:
    """The same with an inventory of our own form, which holds no names."""
    text = (
        f'{{\n  "schema": "crstandards/inventory/1",\n  "taken": "{taken}",\n  "connections": [\n'
        f'    {{"id": "{OUTLOOK_ID}", "connector": "shared_office365", "signedInAs": "service account", '
        '"createdBy": "service account", "status": "connected"}\n  ]\n}\n'
    )
    return _owned(old="") | {"inventory/prod.json": text.encode()}


def _roles(role: str) -> Files:
    return _owned(rest(), more={"prod-users": page(system_user(SVC, role))})


def _deployed(by: Json) -> Files:
    return _owned(rest(permissions=[by]), deployers=f'deployers = ["{DEPLOYER}"]\n')


def _mails(references: Mapping[str, str]) -> Files:
    actions = {
        "Send_mail": {**action(), "type": "openapiconnection"},
        "Send_again": {
            "runAfter": {},
            "type": "ApiConnection",
            "inputs": {
                "host": {
                    "connection": {"name": "@parameters('$connections')['shared_office365']['connectionId']"}
                },
                "method": "post",
                "path": "/v2/Mail",
            },
        },
    }
    entries = {alias: entry(reference) for alias, reference in references.items()}
    flows = {"Send reminder": flow(entries, actions), "Send payslip": flow()}
    return _encode(solution_files("ContosoHR", flows=flows), _utf_16, ".json")


def _custom_connector() -> Files:
    """Of a custom connector each environment makes another id; an AI builder's operation has no connector."""
    erp = "shared_con-5ferp-5f"
    entries: dict[str, Json | str | None] = {
        DATAVERSE: "con_dataverse",
        f"{erp}983b8802de813283": {
            **entry("CON_ERP", f"{erp}21dec655d73f3a8c"),
            "api": {"name": f"{erp}21dec655d73f3a8c", "logicalName": "con_5Ferp"},
        },
    }
    predict = action(DATAVERSE, operation="aibuilderpredict_customprompt")
    predict["inputs"] = {
        "host": predict["inputs"]["host"]
        | {"apiId": "/providers/Microsoft.ProcessSimple/operationGroups/aibuilder"}
    }
    actions = {"Predict": predict, "Call": action(f"{erp}983b8802de813283", operation="Get")}
    declared: References = [
        ("con_dataverse", DATAVERSE),
        Reference("con_erp", f"{erp}0123456789abcdef", custom="{5d0f5d8c-3b0f-4c39-8a57-0d1f5c7e9b21}"),
    ]
    return solution_files("ContosoHR", declared, {"Read invoice": flow(entries, actions)})


def _unused(more: Mapping[str, bytes]) -> Files:
    return solution_files("ContosoHR", ["con_outlook", ("con_planner_old", PLANNER)]) | dict(more)


PLANNER_VARIABLE = b"""<environmentvariabledefinition schemaname="con_Planner">
  <connectionreferenceid>con_planner_old</connectionreferenceid>
</environmentvariabledefinition>
"""


def _named(reference: Reference, title: str) -> Files:
    rules = b'[rules]\nCR505 = "warning"\n\n[names]\ndisplay-name = "{solution} - .+"\n'
    flows = {title: flow({OUTLOOK: reference.name})}
    return {**solution_files("ContosoHR", [reference], flows), "crstandards.toml": rules}


def _without_its_file() -> Files:
    files = yaml_files("ContosoHR", flows={"New hire mail": flow()})
    del files[f"{flow_component('New hire mail')}/{flow_file('New hire mail')}"]
    return files


def _bound(*entries: tuple[str, str, str], test: bytes = b"") -> Files:
    """A solution with two references, and the deployment settings of one environment or two."""
    text = '[[environments]]\nname = "contoso-prod"\nsettings = ["config/prod/*.json"]\n'
    more = {"config/test/hr.json": test} if test else {}
    if test:
        text += '\n[[environments]]\nname = "contoso-test"\nsettings = ["config/test/*.json"]\n'
    flows = {"Mail": flow({OUTLOOK: "con_outlook", TEAMS: "con_teams"})}
    return {
        **_put("src/HR", solution_files("ContosoHR", ["con_outlook", ("con_teams", TEAMS)], flows)),
        "config/prod/hr.json": settings(*entries).encode(),
        "crstandards.toml": text.encode(),
        **more,
    }


MAIL_BOUND = ("con_outlook", OUTLOOK_ID, OUTLOOK)
TEAMS_BOUND = ("con_teams", OTHER_ID, TEAMS)
TEST_SHARED = settings(("con_outlook", "#{con_outlook}#"), ("con_teams", THIRD_ID, TEAMS)).encode()
TEST_OF_ITS_OWN = settings(MAIL_BOUND, ("con_teams", THIRD_ID, TEAMS)).encode()


def _conflict() -> Files:
    files = solution_files("ContosoHR")
    merged = (
        b'        "connection": {\n          "connectionReferenceLogicalName": "con_outlook"\n        },\n'
    )
    sides = b'<<<<<<< HEAD\n        "connection": {},\n=======\n' + merged + b">>>>>>> feature/mail\n"
    files[REMINDER] = files[REMINDER].replace(merged, sides)
    return _crlf(files)


def _twice() -> Files:
    """A key that stands twice where nothing hangs on it."""
    files = solution_files("ContosoHR")
    files[REMINDER] = files[REMINDER].replace(VERSION, VERSION + b"," + VERSION)
    return _crlf(files)


def _crlf(files: Files) -> Files:
    return {path: content.replace(b"\n", b"\r\n") for path, content in files.items()}


def _excused(*names: str) -> Files:
    text = (
        '[[exceptions]]\nrule = "CR201"\nsolution = "ContosoHR"\nreferences = ["con_hr", "con_payroll"]\n'
        'reason = "two shared mailboxes: hr@ and payroll@"\n'
    )
    flows = {title: flow({OUTLOOK: name}) for title, name in zip(("Mail", "Pay"), names, strict=False)}
    return {**solution_files("ContosoHR", names, flows), "crstandards.toml": text.encode()}


VERSION = b'\n  "schemaVersion": "1.0.0.0"'
PER_SOLUTION = _environment('sharing = "set-per-solution"\n')
OTHER_NAME = Reference("con_sharedoffice365_1a2b3", display_name="Office 365 Outlook ContosoHR-1a2b3")
NAMED = Reference("con_outlook", display_name="Contoso Outlook")
AS_EXPORTED = Reference("con_sharedoffice365_912a8", display_name="Office 365 Outlook HR-912a8")

PAIRS = {
    "CR101": Pair(
        _raw_connection(None), _raw_connection("con_outlook"), (_workflow("Welcome new hires"), 4, 7, 4, 25)
    ),
    "CR102": Pair(_app(""), _app(', "xrmConnectionReferenceLogicalName": "con_rooms_sql"')),
    "CR103": Pair(
        _package(),
        _put("src/ContosoFinance", solution_files("ContosoFinance", flows={"Invoice mail": flow()})),
    ),
    "CR104": Pair(
        _mailbox(f"{APIS}{OUTLOOK}/connections/3f2c1d0e9b8a47569d1c2b3a4f5e6d7c"),
        _mailbox("3f2c1d0e9b8a47569d1c2b3a4f5e6d7c"),
        (_workflow("Send payslips"), 37, 13, 37, 22),
    ),
    "CR201": Pair(
        _two_mailboxes("con_sharedoffice365_1a2b3", OTHER_NAME),
        _two_mailboxes("con_outlook"),
        ("Other/Customizations.xml", 15, 5, 15, 85),
    ),
    "CR202": Pair(
        solution_files("ContosoHR", [NAMED, Reference("Con_Outlook", display_name="Outlook")]),
        solution_files(
            "ContosoHR",
            [NAMED, ("con_outlook_teams", TEAMS)],
            {"Send reminder": flow({OUTLOOK: "con_outlook", TEAMS: "con_outlook_teams"})},
        ),
        ("Other/Customizations.xml", 15, 5, 15, 71),
    ),
    "CR203": Pair(
        solution_files(
            "ContosoHR",
            flows={"Send reminder": flow({OUTLOOK: "con_outlook", f"{OUTLOOK}_1": "con_outlook"})},
        ),
        solution_files(
            "ContosoHR", flows={"Send reminder": flow(actions={"One": action(), "Two": action()})}
        ),
    ),
    "CR204": Pair(
        _core("con_core_outlook", Missing("con_core_outlook", "ContosoCore (1.0.0.0)")), _core("con_outlook")
    ),
    "CR205": Pair(
        solution_files(
            "ContosoHR",
            [("con_sql_payroll", SQL), ("con_sql_time", SQL)],
            {"Copy hours": flow({SQL: "con_sql_time", f"{SQL}_1": "con_sql_payroll"})},
            "flat",
        ),
        solution_files(
            "ContosoHR",
            [("con_sql_payroll", SQL)],
            {"Copy hours": flow({SQL: "con_sql_payroll"})},
            "flat",
        ),
        ("customizations.xml", 17, 5, 17, 72),
    ),
    "CR206": Pair(
        solution_files(
            "ContosoHR",
            [("con_dataverse", DATAVERSE), ("con_dataverse_old", "shared_commondataservice")],
            {"Sync": flow({DATAVERSE: "con_dataverse", "shared_commondataservice": "con_dataverse_old"})},
        ),
        solution_files(
            "ContosoHR", [("con_dataverse", DATAVERSE)], {"Sync": flow({DATAVERSE: "con_dataverse"})}
        ),
    ),
    "CR301": Pair(
        _two_solutions("con_outlook_finance") | _environment(), _two_solutions("con_outlook") | _environment()
    ),
    "CR302": Pair(
        _two_solutions("con_outlook", SHAREPOINT) | _environment(),
        _two_solutions("con_sharepoint", SHAREPOINT) | _environment(),
    ),
    "CR303": Pair(
        _two_solutions("con_outlook") | PER_SOLUTION, _two_solutions("con_finance_outlook") | PER_SOLUTION
    ),
    "CR304": Pair(
        _shared_references(
            HR=solution_files(
                "ContosoHR", [("con_hr_teams", TEAMS)], {"Post": flow({TEAMS: "con_hr_teams"})}
            ),
            Ops=_without_own("ContosoOps", "ContosoConnections (1.0.0.0)"),
        ),
        _shared_references(HR=_without_own("ContosoHR", "ContosoConnections (1.0.0.0)")),
    ),
    "CR305": Pair(_two_solutions("con_outlook_finance"), _two_solutions("con_outlook")),
    "CR401": Pair(
        _owned(rest(signed_in=ADELE, creator=user(ADELE, ADELE_ID))),
        _owned(rest(creator=user(SVC, SVC_ID))),
    ),
    "CR402": Pair(_owned(), _owned(rest())),
    "CR403": Pair(_committed("2026-01-10"), _committed("2027-01-10")),
    "CR404": Pair(
        _owned(rest(statuses=broken("AADSTS700082: The refresh token has expired due to inactivity."))),
        _owned(rest()),
    ),
    "CR405": Pair(_roles("Basic User"), _roles("System Administrator")),
    "CR406": Pair(
        _deployed(share({"id": SVC_ID, "type": "User"}, "Owner")),
        _deployed(share({"id": DEPLOYER, "type": "User"})),
    ),
    "CR501": Pair(
        solution_files("ContosoHR", []), solution_files("ContosoHR", [NAMED]), (REMINDER, 4, 7, 4, 25)
    ),
    "CR502": Pair(_mails({}), _mails({"Shared_Office365": "con_outlook"}), (REMINDER, 23, 9, 23, 20)),
    "CR503": Pair(
        solution_files("ContosoHR", [("con_mail", TEAMS)], {"Send reminder": flow({OUTLOOK: "con_mail"})}),
        _custom_connector(),
        (REMINDER, 4, 7, 4, 25),
    ),
    "CR504": Pair(
        _unused({}),
        _unused(
            {"environmentvariabledefinitions/con_Planner/environmentvariabledefinition.xml": PLANNER_VARIABLE}
        ),
    ),
    "CR505": Pair(
        _named(AS_EXPORTED, "Mail"),
        _named(Reference("con_outlook", display_name="ContosoHR - Outlook"), "Send reminder"),
    ),
    "CR506": Pair(
        _put("HR", _without_own("ContosoHR", "Active", "Send reminder")),
        _put("Core", solution_files("ContosoCore", flows={}))
        | _put("HR", _without_own("ContosoHR", "Active")),
    ),
    "CR509": Pair(_without_its_file(), yaml_files("ContosoHR", flows={"New hire mail": flow()})),
    "CR601": Pair(_bound(MAIL_BOUND), _bound(MAIL_BOUND, TEAMS_BOUND)),
    "CR602": Pair(
        _bound(MAIL_BOUND, TEAMS_BOUND, ("con_planner", THIRD_ID, PLANNER)), _bound(MAIL_BOUND, TEAMS_BOUND)
    ),
    "CR603": Pair(
        _bound(MAIL_BOUND, ("con_teams", "", TEAMS)),
        _bound(MAIL_BOUND, ("con_teams", "#{con_teams}#", TEAMS)),
    ),
    "CR604": Pair(_bound(MAIL_BOUND, ("con_teams", OTHER_ID, PLANNER)), _bound(MAIL_BOUND, TEAMS_BOUND)),
    "CR605": Pair(
        _bound(MAIL_BOUND, TEAMS_BOUND, test=TEST_OF_ITS_OWN),
        _bound(MAIL_BOUND, TEAMS_BOUND, test=TEST_SHARED),
    ),
    "CR901": Pair(_conflict(), _twice(), (REMINDER, 6, 1, 6, 13)),
    "CR902": Pair(_excused("con_hr"), _excused("con_hr", "con_payroll")),
}


def write_pairs(folder: Path) -> Iterator[tuple[str, Path]]:
    """Write each of both into a folder of its own; yields a name for it, and that folder."""
    for rule, pair in PAIRS.items():
        for kind, files in (("found", pair.found), ("clean", pair.clean)):
            write_files(folder / rule / kind, files)
            yield f"{rule}.{kind}", folder / rule / kind


if __name__ == "__main__":
    for _ in write_pairs(Path(sys.argv[1])):
        pass
