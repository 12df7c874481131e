"""Which custom connectors carry their own endpoint, from files in memory."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crstandards.model import CustomConnector, Unreadable
from crstandards.places import Place
from crstandards.source.connector import (
    read_connection_parameters,
    read_connectors,
    read_endpoints,
    read_yaml_connectors,
)
from crstandards.source.facts import Facts, Reading
from crstandards.source.layout import find_candidates
from crstandards.source.text import SourceError
from crstandards.source.yaml_layout import with_members
from tests.support.memory import Memory

POINTER = "a Git LFS pointer stands here instead of the file; fetch it with 'git lfs pull'"
NO_OBJECT = "the connection parameters are not an object"


def parameter(shown: str = "", kind: str = "string", **constraints: object) -> dict[str, Any]:
    definition: dict[str, Any] = {"type": kind}
    if shown:
        definition["uiDefinition"] = {
            "displayName": shown,
            "description": "The host URL of the server for this api",
            "tooltip": "Provide the domain of your site",
            "constraints": {"tabIndex": 2, "clearText": True, "required": "true", **constraints},
        }
    return definition


def reads(**parameters: Any) -> bool | None:
    return read_connection_parameters(json.dumps(parameters).encode())


API_KEY = parameter("API Key", "securestring")
OAUTH = {
    "type": "oauthSetting",
    "oAuthSettings": {
        "identityProvider": "oauth2",
        "clientId": "x",
        "redirectMode": "Global",
        "redirectUrl": "https://global.consent.azure-apim.net/redirect",
        "customParameters": {
            "authorizationUrl": {"value": "https://login.contoso.com"},
            "resourceUri": {"value": "https://api.contoso.com"},
        },
    },
    "uiDefinition": {"displayName": "Login with OAuth 2.0 server"},
}


# Names and labels of connectors in Microsoft's public repository.
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("host", "Host"),
        ("hostUrl", "Host ASMS"),
        ("hostName", "ActiveCampaign REST Endpoint Hostname"),
        ("instanceUrl", "Alemba Service Management URL"),
        ("agilepointServerUrl", "AgilePoint NX Server URL (REST)"),
        ("aem_url", "AEM Server"),
        ("subdomain", "Subdomain"),
        ("contentgate-DnsName", "Content Gate Environment (DNS Subdomain)"),
        ("azureOpenAIServiceName", "Instance name"),
        ("storageAccountName", "Storage Account Name"),
        ("vaultName", "Key Vault name"),
        ("region", "Region"),
        ("envId", ""),
        ("HostUrl", ""),
        ("DocumentTranslatorResourceName", ""),
        ("siteurl", ""),
        ("baseURI", "Contoso"),
        ("x", "Sites"),
        ("tenant", "Tenant name"),
        ("sql", "Connection string"),
        ("smtp", "Mail server"),
        ("email_server", "E-mail host"),
        ("database", "Database"),
        ("username", "Domain"),
        ("api_key", "Instance"),
    ],
)
def test_endpoints(name: str, shown: str) -> None:
    assert reads(**{name: parameter(shown), "secret": API_KEY})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("api_key", "API Key"),
        ("apiKey", "KEY"),
        ("api_key", "Authorization token"),
        ("api_key", "Authorization"),
        ("username", "username"),
        ("username", "Username (domain\\username)"),
        ("username", "Akeyless Access ID"),
        ("username", "x-access-key"),
        ("password", "Server password"),
        ("password", ""),
        ("client_id", "Client ID (clientId)"),
        ("client_secret", "Client Secret (clientSecret)"),
        ("private_key", "Private Key (privateKey)"),
        ("metascopes", "Meta Scopes (metascopes)"),
        ("org_id", "Organization ID (org)"),
        ("tenantId", "Tenant ID"),
        ("tokenUrl", "Token URL"),
        ("authorizationUrl", "Authorization endpoint"),
        ("redirect", "Redirect URL"),
        ("email", "E-mail address"),
        ("host", "API key"),
        ("x", "Curly ghosts observe a domination of insights"),
        ("Ocp-Apim-Subscription-Key", ""),
    ],
)
def test_credentials_and_other_words(name: str, shown: str) -> None:
    assert not reads(**{name: parameter(shown)})


@pytest.mark.parametrize(
    "parameters",
    [
        {"api_key": API_KEY},
        {"token": OAUTH},
        {
            "token": OAUTH,
            "token:TenantId": parameter("", "string"),
            "token:ResourceUri": parameter("Resource URL"),
        },
        {"host": parameter("Host", hidden="true")},
        {"host": parameter("Host", hidden=True)},
        {"host": {"type": "oauthSetting"}},
        {"x": {}},
        {"x": {"type": None, "uiDefinition": None}},
        {"x": {"uiDefinition": {"displayName": None, "constraints": []}}},
        {"hostname": {"type": "OAuthSetting"}},
        {"x:Host": parameter()},
        {"host": parameter("Host", hidden="True")},
    ],
)
def test_connectors_of_one_service(parameters: dict[str, Any]) -> None:
    assert reads(**parameters) is False


@pytest.mark.parametrize(
    "parameter",
    [
        parameter("Host", hidden="false"),
        parameter("Host", hidden=None),
        {"uiDefinition": {"displayName": "Host", "constraints": ["true"]}},
        {"type": None},
        {"uiDefinition": {"displayName": ""}},
        {"uiDefinition": {"displayName": ["Please choose"]}},
        {"uiDefinition": "Host"},
    ],
)
def test_what_is_not_hidden_is_asked_for(parameter: dict[str, Any]) -> None:
    assert reads(host=parameter)


def test_a_gateway_is_chosen_with_each_connection() -> None:
    assert reads(gateway={"type": "gatewaySetting", "gatewaySettings": {"dataSourceType": "CustomConnector"}})


def test_several_ways_to_sign_in() -> None:
    def choices(**parameters: Any) -> dict[str, Any]:
        return {
            "uiDefinition": {"displayName": "Authentication type"},
            "values": [
                {"name": "a", "parameters": {"api_key": API_KEY}},
                {"name": "b", "parameters": parameters},
            ],
        }

    assert reads(**choices(host=parameter("Host")))
    assert reads(**choices(token=OAUTH)) is False
    assert reads(values=[{"name": "a"}, None]) is None


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"\r\n\t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\xff\xfe", b"\xff\xfe\r\0\n\0"),
        *(b"null", b"{}", b" { }\r\n", b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b'{"values": []}'),
    ],
)
def test_of_what_holds_nothing_nothing_is_known(data: bytes) -> None:
    assert read_connection_parameters(data) is None


@pytest.mark.parametrize(
    ("data", "reason", "at"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", POINTER, None),
        (b"{", "not JSON: it breaks off", 1),
        (b"[]", NO_OBJECT, None),
        (b'"host"', NO_OBJECT, None),
        (b'{"hostUrl": {}, "x": "y"}', "the connection parameter 'x' is not an object", ("x",)),
        (b'{"host": {}, "host": {"type": "oauthSetting"}}', "the key 'host' stands twice", ("host",)),
        (b'{"values": ["x"]}', NO_OBJECT, None),
        (b"{\xff}", "not UTF-8 text: invalid start byte", 1),
    ],
)
def test_what_cannot_be_read(data: bytes, reason: str, at: object) -> None:
    with pytest.raises(SourceError) as caught:
        read_connection_parameters(data)
    assert (caught.value.reason, caught.value.at) == (reason, at)


def test_the_corpus_is_read_whole(corpus: Path) -> None:
    assert not list(corpus.rglob("*_connectionparameters.json"))
    found: dict[str, bool | None] = {}
    for path in sorted(corpus.glob("zips/*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith("_connectionparameters.json"):
                    found[f"{path.name}!/{name}"] = read_connection_parameters(archive.read(name))
    assert found == {"varify-bot.zip!/Connector/ba_api-2dfootball_connectionparameters.json": False}


HOST = json.dumps({"hostUrl": {"type": "string"}})
KEY = json.dumps({"api_key": {"type": "securestring"}})
ASKED = json.dumps({"values": [{"parameters": {"hostUrl": {"type": "string"}}}]})


class Endpoints(NamedTuple):
    """What `read_endpoints` finds, and what it notes."""

    connectors: frozenset[str]
    unreadable: tuple[Unreadable, ...]


NOTHING = Endpoints(frozenset(), ())


def described(name: str, identifier: str = "", more: str = "") -> str:
    field = f"<connectorid> {identifier} </connectorid>" if identifier else ""
    return f"<Connector>{field}<name> {name} </name>{more}</Connector>"


def endpoints(manifest: str, files: dict[str, str]) -> Endpoints:
    snapshot = Memory({path: text.encode() for path, text in {**files, manifest: ""}.items()})
    (candidate,) = find_candidates(snapshot.files())
    reading = Reading(snapshot, Facts())
    return Endpoints(read_endpoints(reading, candidate), tuple(reading.unreadable))


def test_connectors_by_their_files_stem() -> None:
    text = (
        "<ImportExportXml><name>no</name><Connectors>"
        + described("con_A", "{ABC}")
        + described("con_b", "DEF-1", "<other><name>no</name></other>")
        + described("con_c")
        + "<Connector><connectorid>{1}</connectorid></Connector><Connector/>"
        + described("con_d", "{X2X}")
        + "</Connectors><name>no</name></ImportExportXml>"
    )
    found = read_connectors(text.encode())
    guids = {name: connector.guid for name, connector in found.items()}
    assert guids == {"con_a": "abc", "con_b": "def-1", "con_c": "", "con_d": "x2x"}
    assert read_connectors(described("con_A", "{ABC}").encode()).keys() == {"con_a"}
    assert read_connectors(b"<ImportExportXml><name>no</name></ImportExportXml>") == {}


@pytest.mark.parametrize(
    ("name", "internal", "connector"),
    [
        ("con_5Ferp-20pay", "", "shared_con-5ferp-20pay"),
        ("con_erp-20pay", "", "shared_con-5ferp-20pay"),
        ("con_5Fx", "shared_api-2df-5f21dec655d73f3a8c", "shared_api-2df"),
    ],
)
def test_what_connectors_are_called(name: str, internal: str, connector: str) -> None:
    inside = {"connectorinternalid": internal, "displayname": "ERP"}
    more = "".join(f"<{key}>{value}</{key}>" for key, value in inside.items() if value)
    expected = {name.lower(): CustomConnector("ab", connector, "ERP")}
    assert read_connectors(described(name, "{AB}", more).encode()) == expected
    lines = "".join(f"  {key}: {value}\n" for key, value in {**inside, "connectorid": "AB"}.items())
    assert read_yaml_connectors(f"Connector:\n  name: {name}\n{lines}".encode()) == expected


def test_those_that_ask_for_an_address() -> None:
    found = endpoints(
        "HR/Other/Solution.xml",
        {
            "HR/Connectors/Con_A_connectionparameters.json": HOST,
            "HR/Connectors/con_b_ConnectionParameterSets.JSON": ASKED,
            "HR/Connectors/con_c_connectionparameters.json": KEY,
            "HR/Connectors/con_d_connectionparameters.json": HOST,
            # Of one of the two files, something is known; of the other connectors nothing.
            "HR/Connectors/con_f_connectionparameters.json": KEY,
            "HR/Connectors/con_f_connectionparametersets.json": "",
            "HR/Connectors/con_g_connectionparameters.json": "",
            "HR/Connectors/con_h_connectionparameters.json": "{}",
            "HR/Connectors/con_h_connectionparametersets.json": "{}",
            "HR/Connectors/con_f.xml": described("con_f", "{6}"),
            "HR/Connectors/con_g.xml": described("con_g", "{7}"),
            "HR/Connectors/con_h.xml": described("con_h", "{8}"),
            "HR/Connectors/con_a.xml": described("con_a", "{1}"),
            "HR/Connectors/con_b.XML": described("con_B", "{2}"),
            "HR/Connectors/con_c.xml": described("con_c", "{3}"),
            "HR/Connectors/con_e.xml": described("con_e", "{4}"),
            # Only the flat layout keeps connectors in here.
            "HR/Other/Customizations.xml": described("con_d", "{5}"),
        },
    )
    assert found == Endpoints(frozenset({"1", "2", "7", "8"}), ())


def test_those_of_a_flat_solution_stand_in_its_customizations() -> None:
    files = {"Connector/con_d_connectionparameters.json": HOST, "customizations.xml": described("con_d", "5")}
    assert endpoints("solution.xml", files) == Endpoints(frozenset({"5"}), ())
    del files["customizations.xml"]
    assert endpoints("solution.xml", files) == NOTHING


def test_one_without_an_id_is_none() -> None:
    files = {"Connectors/con_a_connectionparameters.json": HOST, "Connectors/con_a.xml": described("con_a")}
    assert endpoints("Other/Solution.xml", files) == NOTHING


def test_nothing_is_read_where_none_has_parameters() -> None:
    assert endpoints("Other/Solution.xml", {"Connectors/con_a.xml": "<Connector>"}) == NOTHING
    assert endpoints("Other/Solution.xml", {}) == NOTHING


@pytest.mark.parametrize("layout", ["unpacked", "flat"])
def test_what_cannot_be_read_is_said(layout: str) -> None:
    manifest, customizations = {
        "unpacked": ("Other/Solution.xml", "Other/Customizations.xml"),
        "flat": ("solution.xml", "customizations.xml"),
    }[layout]
    files = {
        "Connector/con_a_connectionparameters.json": "{",
        "Connector/con_a.xml": "<Connector>",
        "Connector/con_b_connectionparameters.json": HOST,
        "Connector/con_b.xml": described("con_b", "2"),
    }
    expected = Endpoints(
        frozenset({"2"}),
        (
            Unreadable(Place("Connector/con_a_connectionparameters.json", 1), "not JSON: it breaks off"),
            Unreadable(Place("Connector/con_a.xml", 11), "not XML: no element found"),
        ),
    )
    assert endpoints(manifest, files) == expected
    found = endpoints(manifest, {**files, customizations: "<ImportExportXml>"})
    assert found.connectors == expected.connectors
    # It is said in the words of whoever reads it for its references, and so but once.
    own = Unreadable(Place(customizations, 17), "not XML: no element found")
    assert found.unreadable in (expected.unreadable, (*expected.unreadable, own))


@pytest.mark.parametrize(
    "path",
    ["connectors/con_5Fx/con_5Fx_connectionparameters.json", "connectors/con_5Fx_connectionparameters.json"],
)
def test_a_custom_connector_of_the_yaml_layout(path: str) -> None:
    manifest = "src/solutions/HR/solution.yml"
    files = {
        "src/solutions/HR/solutioncomponents.yml": "- Path: /connectors/con_5Fx\n",
        f"src/{path}": HOST,
        "src/connectors/con_5Fx/connector.yml": "Connector:\n  name: con_5Fx\n  connectorid: '{1F}'\n",
        "src/connectors/con_other/con_other_connectionparameters.json": HOST,
        "src/connectors/con_other/connector.yml": "Connector:\n  name: con_other\n  connectorid: 2\n",
    }
    snapshot = Memory({path: text.encode() for path, text in {**files, manifest: ""}.items()})
    (candidate,) = find_candidates(snapshot.files())
    reading = Reading(snapshot, Facts())
    own = with_members(reading, candidate)
    assert (read_endpoints(reading, own), reading.unreadable) == ({"1f"}, [])
