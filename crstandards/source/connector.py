"""Custom connectors: whether each connection carries its own endpoint, and which of a solution do.

`Connectors/<name>_connectionparameters.json` (in a zip, the folder is `Connector`) maps a parameter's
name to its type and to what is shown when a connection is made: `{"api_key": {"type": "securestring",
"uiDefinition": {"displayName": "API Key", …}}}`. Where a connector offers several ways to sign in,
`values` is a list of such maps, each under `parameters`. Pipelines of Microsoft's own empty the file, or
leave `{}` in it: then it says nothing, neither that there are parameters nor that there are none.

Nothing in it says what a parameter is for, so its label tells by its words, or where they say nothing,
its name. The words are those of the connectors in Microsoft's public PowerPlatformConnectors repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from crstandards.connector_id import connector_of
from crstandards.model import CustomConnector
from crstandards.source import xml
from crstandards.source.facts import Reader, Reading
from crstandards.source.flow import MAX_BYTES
from crstandards.source.json import Repeating, read
from crstandards.source.layout import Candidate
from crstandards.source.text import MAX_YAML_BYTES, SourceError, is_empty
from crstandards.source.xml import Node, elements

_CREDENTIAL = re.compile(
    r"\b(?:passwords?|passphrase|secret|tokens?|users?|user ?name|e ?mail(?! server| host)|(?:meta)?scopes?"
    r"|certificate|thumbprint|(?:client|app|application|principal) ?id|grant|redirect|callback|o?auth\w*"
    r"|api ?key|keys?(?! vault))\b"
)
_ENDPOINT = re.compile(
    r"\b(?:\w*(?:url|uri|hostname)|host|servers?|server ?name|end ?point|instance|instance ?name|sites?"
    r"|site ?name|(?:sub)?domain|dns|fqdn|environment|env|workspace|vault|cluster|database|db|region"
    r"|data ?cent(?:er|re)|tenant(?! id| guid)|storage account|connection ?string"
    r"|(?:resource|service) name|(?:ip|web|base) address)\b"
)
# "hostUrl", "host_url", "AEMServer2" and "Host URL" are all the same two words.
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W\d_]+")
# The second where a connector offers several ways to sign in.
_FILES = re.compile(r"_connectionparameters(?:ets)?\.json$", re.IGNORECASE)


def read_connection_parameters(data: bytes) -> bool | None:
    """Whether making a connection asks for an address: a host, a site, an instance and the like.

    None where the file holds nothing. Keys, names and passwords don't count, nor the settings of OAuth,
    nor what is hidden. Raises SourceError for what is no map of parameters.
    """
    if is_empty(data):
        return None
    _, document = read(data)
    parameters = list(_parameters(document))
    if not parameters:
        return None
    return any(_is_endpoint(name, parameter) for name, parameter in parameters)


def _parameters(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if document is None:
        return
    if not isinstance(document, dict):
        raise SourceError("the connection parameters are not an object")
    if isinstance(document, Repeating):
        raise SourceError(f"the key {document.repeated[0]!r} stands twice", (document.repeated[0],))
    sets = document.get("values")
    if isinstance(sets, list):
        for choice in sets:
            yield from _parameters(choice.get("parameters") if isinstance(choice, dict) else choice)
        return
    for name, parameter in document.items():
        if not isinstance(parameter, dict):
            raise SourceError(f"the connection parameter {name!r} is not an object", (name,))
        yield name, parameter


def _is_endpoint(name: str, parameter: dict[str, Any]) -> bool:
    kind = str(parameter.get("type")).lower()
    if kind == "gatewaysetting":
        # The gateway that is chosen decides which network the same host name is looked up in.
        return True
    # "token:TenantId" and the like belong to the sign-in parameter "token".
    if kind == "oauthsetting" or ":" in name:
        return False
    shown = parameter.get("uiDefinition")
    shown = shown if isinstance(shown, dict) else {}
    constraints = shown.get("constraints")
    if isinstance(constraints, dict) and str(constraints.get("hidden")).lower() == "true":
        return False
    for label in (shown.get("displayName"), name):
        words = _words(str(label))
        if _CREDENTIAL.search(words):
            return False
        if _ENDPOINT.search(words):
            return True
    return False


def _words(name: str) -> str:
    return _CAMEL.sub(" ", name).lower()


def read_connectors(data: bytes) -> dict[str, CustomConnector]:
    """Custom connectors by their file's stem, in lower case.

    Read from a `Connectors/<name>.xml`, or from a flat layout's `customizations.xml`.
    """
    return _by_name(elements(data, "Connector", "<Connector"))


def read_yaml_connectors(data: bytes) -> dict[str, CustomConnector]:
    """As `read_connectors`, from the YAML layout's `connectors/<name>/connector.yml`."""
    # Imported here: most repositories hold no YAML source.
    from crstandards.source.yaml import parse

    return _by_name(parse(data).called("Connector"))


def _by_name(nodes: Iterable[Node]) -> dict[str, CustomConnector]:
    return {
        name: CustomConnector(
            node.text_at("connectorid").strip("{}").lower(),
            # Many have no id beside their name, which is that id but for some signs.
            connector_of(
                node.text_at("connectorinternalid")
                or f"shared_{name.replace('_5f', '-5f').replace('_', '-5f')}"
            ),
            node.text_at("displayname"),
        )
        for node in nodes
        if (name := node.text_at("name").lower())
    }


CONNECTORS = Reader(read_connectors, xml.MAX_BYTES)
YAML_CONNECTORS = Reader(read_yaml_connectors, MAX_YAML_BYTES)
PARAMETERS = Reader(read_connection_parameters, MAX_BYTES)


def read_endpoints(reading: Reading, candidate: Candidate) -> frozenset[str]:
    """The ids (GUIDs, lower case) of a solution's custom connectors whose connections may carry an address.

    Most solutions have none, and nothing is read.
    """
    parameters = [file for file in candidate.connectors if _FILES.search(file.path)]
    if not parameters:
        return frozenset()
    told: dict[str, set[bool | None]] = {}
    for path, asks in reading.each(parameters, PARAMETERS):
        told.setdefault(_FILES.sub("", path.rpartition("/")[2]).lower(), set()).add(asks)
    # Where none of a connector's files says anything, it may lead anywhere.
    asking = {name for name, answers in told.items() if True in answers or answers == {None}}
    described = _described(reading, candidate)
    return frozenset(found[name].guid for found in described for name in asking & found.keys()) - {""}


def own_connectors(reading: Reading, candidate: Candidate) -> list[CustomConnector]:
    """The custom connectors that lie in a solution."""
    return [connector for found in _described(reading, candidate) for connector in found.values()]


def _described(reading: Reading, candidate: Candidate) -> Iterator[dict[str, CustomConnector]]:
    """What the files say that tell which custom connectors there are."""
    for ending, reader in ((".xml", CONNECTORS), (".yml", YAML_CONNECTORS)):
        found = [file for file in candidate.connectors if file.path.lower().endswith(ending)]
        if ending == ".xml" and candidate.layout == "flat" and candidate.customizations:
            found.append(candidate.customizations)
        yield from (connectors for _, connectors in reading.each(found, reader))
