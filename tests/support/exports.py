"""Exports in the shapes that Microsoft's tools write, and environments for rules to look at."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

from crstandards.environments import Inventory, Ownership
from crstandards.inventory.reader import Asked, Source, read_inventory
from tests.support.builders import APIS, OUTLOOK, Json

SVC = "svc-power@contoso.com"
SVC_ID = "0f4a1c2e-1111-4222-8333-444455556666"
ADELE = "adele@contoso.com"
ADELE_ID = "7b1d9f00-aaaa-4bbb-8ccc-ddddeeeeffff"
DEPLOYER = "9a3f6b1e-7c20-4d58-8e41-5b0c2d7f9e13"
ENVIRONMENT = "8f14e45f-ceea-467f-a9d2-3b1c5e7d9a20"
OUTLOOK_ID = "shared-office365-c3b8a1d0-92f4-4e67-b05a-1e6d7f8c2a39"
OTHER_ID = "5e7f1a20b6c94d83a1f27d0c9b3e4856"
THIRD_ID = "1f0d9b7e3a5c4826b4d07e92c6a8f513"

CONNECTED: list[Json] = [{"status": "Connected"}]


def user(name: str = ADELE, object_id: str = ADELE_ID, kind: str = "User") -> Json:
    """An account as REST and PowerShell write it."""
    return {
        "id": object_id,
        "displayName": name.partition("@")[0].title(),
        "email": name,
        "type": kind,
        "tenantId": "11111111-1111-4111-8111-111111111111",
        "userPrincipalName": name,
    }


def broken(message: str) -> list[Json]:
    """Statuses of a connection that is broken."""
    return [{"status": "Error", "target": "token", "error": {"code": "Unauthorized", "message": message}}]


def share(principal: Json, role: str = "CanView") -> Json:
    """A permission of a connection."""
    return {"name": principal.get("id"), "properties": {"roleName": role, "principal": principal}}


def rest(
    identifier: str = OUTLOOK_ID,
    signed_in: str | None = SVC,
    creator: Json | None = None,
    connector: str = OUTLOOK,
    **properties: Any,
) -> Json:
    """A connection of the REST interfaces."""
    known: Json = {
        "apiId": APIS + connector,
        "displayName": "Somebody's mail",
        "statuses": CONNECTED,
        "connectionParameters": {"token:clientSecret": "NEVER-SHOWN", "sku": "Enterprise"},
        "createdTime": "2026-01-02T03:04:05.678Z",
        "environment": {"id": f"/providers/Microsoft.PowerApps/environments/{ENVIRONMENT}"},
    }
    if signed_in is not None:
        known["accountName"] = signed_in
    if creator is not None:
        known["createdBy"] = creator
    return {
        "name": identifier,
        "id": f"{APIS}{connector}/connections/{identifier}",
        "type": "Microsoft.PowerApps/apis/connections",
        "properties": {**known, **properties},
    }


def powershell(identifier: str = OUTLOOK_ID, **members: Any) -> Json:
    """A connection as `Get-AdminPowerAppConnection | ConvertTo-Json -Depth 10` writes it."""
    known: Json = {
        "ConnectionName": identifier,
        "ConnectionId": f"{APIS}{OUTLOOK}/connections/{identifier}",
        "FullConnectorName": APIS + OUTLOOK,
        "ConnectorName": OUTLOOK,
        "DisplayName": "Somebody's mail",
        "CreatedTime": "2026-01-02T03:04:05.678Z",
        "CreatedBy": user(),
        "LastModifiedTime": "2026-01-03T03:04:05.678Z",
        "EnvironmentName": ENVIRONMENT,
        "Statuses": CONNECTED,
        "Internal": {"properties": {"accountName": ADELE}},
    }
    return {**known, **members}


def page(*items: Json, **members: Any) -> Json:
    """A page of an export."""
    return {"value": list(items), **members}


def reference(name: str, connection: str | None = OUTLOOK_ID, connector: str = OUTLOOK) -> Json:
    """A connection reference of Dataverse."""
    return {
        "@odata.etag": 'W/"1"',
        "connectionreferencelogicalname": name,
        "connectorid": APIS + connector,
        "connectionid": connection,
        "statecode": 0,
        "_ownerid_value": "22222222-2222-4222-8222-222222222222",
    }


def system_user(name: str, *roles: str, object_id: str = "", **members: Any) -> Json:
    """A user of Dataverse with roles."""
    return {
        "systemuserid": "33333333-3333-4333-8333-333333333333",
        "domainname": name,
        "internalemailaddress": name,
        "azureactivedirectoryobjectid": object_id or None,
        "systemuserroles_association": [{"name": role} for role in roles],
        **members,
    }


PAC_TABLE = f"""Connected as adele@contoso.com

Id                                                     Name                API Id                                              Status
{OUTLOOK_ID}  Somebody's mail     {APIS}{OUTLOOK}  Connected
{OTHER_ID}                       A very long name of a connection {APIS}shared_teams Error
"""  # noqa: E501


def encoded(document: Any, encoding: str = "utf-8") -> bytes:
    """A document as a file's bytes."""
    return json.dumps(document).encode(encoding)


def source(path: str, content: bytes | str | Any) -> Source:
    """A file of an inventory: bytes, text, or what becomes JSON."""
    data = content if isinstance(content, bytes) else None
    if data is None:
        data = content.encode() if isinstance(content, str) else encoded(content)
    return Source(path, lambda: io.BytesIO(data))


OWNERSHIP = Ownership(service_accounts=("svc-*@contoso.com", SVC_ID), deployers=(DEPLOYER,))
EVERYTHING = Asked(OWNERSHIP, keep_all=True)


def read(*contents: Any, asked: Asked = EVERYTHING) -> Inventory:
    """The inventory that files of these contents make."""
    return read_inventory([source(f"{number}.json", item) for number, item in enumerate(contents)], asked)


def settings(*entries: tuple[str, str] | tuple[str, str, str] | Mapping[str, Any], **members: Any) -> str:
    """A file of deployment settings; an entry is a name, a connection and its connector, or its JSON."""
    written = [
        dict(entry)
        if isinstance(entry, Mapping)
        else {
            "LogicalName": entry[0],
            "ConnectionId": entry[1],
            "ConnectorId": APIS + (entry[2] if len(entry) > 2 else OUTLOOK),  # type: ignore[misc]
        }
        for entry in entries
    ]
    return json.dumps({"EnvironmentVariables": [], "ConnectionReferences": written, **members}, indent=2)
