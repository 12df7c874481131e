"""Flows, solutions and repositories of every shape that exports have, for Hypothesis to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hypothesis import strategies as st

from tests.accuracy.formats import nested
from tests.support.builders import (
    APIS,
    Json,
    Missing,
    Reference,
    customizations,
    flow_file,
    flow_metadata,
    manifest,
    to_json,
)

CONNECTORS = ("shared_office365", "shared_teams", "shared_sql", "shared_con-5fx-5f0123456789abcdef")
LITERAL = "8d1f3b0c6a524b7e9f102c3d4e5f6a7b"
NAMES = ("con_a", "con_B", "con_mail.shared-x", "con_é")
ALIASES = ("shared_office365", "shared_office365_1", "shared_teams", "a b", "é")
# Nothing that JSON or XML must escape is missing here.
TITLES = st.text(st.sampled_from("ab Ü😀&<>\"'/\\-_."), min_size=1, max_size=8).map("Flow ".__add__)


class Drawn(NamedTuple):
    """A flow, and what a reader must find in it: operations by name, each with its alias."""

    document: Json
    operations: Mapping[str, str]


class Source(NamedTuple):
    """A solution before it is written: its flows by display name."""

    name: str
    folder: str
    flat: bool
    references: Sequence[Reference]
    flows: Mapping[str, Json]
    missing: Sequence[Missing]


def _entry(form: str, reference: str, connector: str) -> Json:
    api: Json = {"name": connector}
    bound = f"{APIS}{connector}/connections/{LITERAL}"
    named = {"connectionReferenceLogicalName": reference}
    forms: dict[str, Json] = {
        "reference": {"runtimeSource": "embedded", "connection": named, "api": api},
        "invoker": {"runtimeSource": "invoker", "connection": named, "api": api, "impersonation": {}},
        "hybrid": {**named, "connectionName": LITERAL, "source": "Embedded", "id": APIS + connector},
        "empty": {"runtimeSource": "embedded", "connection": {}, "api": api},
        "absent": {"runtimeSource": "embedded", "api": api},
        "name": {"connection": {"name": LITERAL}, "api": api},
        "id": {"connection": {"id": bound}},
        "designer": {"connectionName": LITERAL, "source": "Embedded", "id": APIS + connector},
    }
    return forms[form]


def _operation(form: str, alias: str, connector: str) -> Json:
    call: Json = {"connectionName": alias, "operationId": "Do", "apiId": APIS + connector}
    by_api: Json = {"connectionReferenceName": alias, "operationId": "Do", "apiId": APIS + connector}
    of_parameters = f"@parameters('$connections')['{alias}']['connectionId']"
    of_token = (
        "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))"
        f"['$connections']['{alias}']['connectionId']"
    )
    forms: dict[str, tuple[str, Json]] = {
        "call": ("OpenApiConnection", {"host": call, "parameters": {"x": "@body('a')"}}),
        "webhook": ("openApiConnectionWebhook", {"host": call}),
        "api": ("OpenApiConnection", {"host": by_api}),
        "parameters": ("ApiConnection", {"host": {"connection": {"name": of_parameters}}, "method": "get"}),
        "token": ("ApiConnection", {"host": {"connection": {"name": of_token}}}),
        "child": ("Workflow", {"host": {"workflowReferenceName": "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b"}}),
        "compose": ("Compose", {"text": f'{alias} \\ / " é'}),
        "http": ("Http", {"method": "GET", "uri": "https://contoso.com/"}),
    }
    kind, inputs = forms[form]
    return {"runAfter": {}, "type": kind, "inputs": inputs}


FORMS = (
    "reference",
    "reference",
    "reference",
    "invoker",
    "hybrid",
    "empty",
    "absent",
    "name",
    "id",
    "designer",
)
CALLS = ("call", "call", "webhook", "api", "parameters", "token", "child", "compose", "http")
NEEDS_NONE = ("child", "compose", "http")


@st.composite
def flows(draw: st.DrawFn, names: Sequence[str] = NAMES, forms: Sequence[str] = FORMS) -> Drawn:
    """Any flow of the shapes that exports have."""
    random = draw(st.randoms(use_true_random=False))
    entries = {
        alias: _entry(
            draw(st.sampled_from(forms)), draw(st.sampled_from(names)), draw(st.sampled_from(CONNECTORS))
        )
        for alias in draw(st.lists(st.sampled_from(ALIASES), unique=True, max_size=3))
    }
    actions: Json = {}
    triggers: Json = {}
    wanted: dict[str, str] = {}
    for number in range(draw(st.integers(0, 4))):
        form, alias = draw(st.sampled_from(CALLS)), draw(st.sampled_from(ALIASES))
        name, operation = f"Step {number} é", _operation(form, alias, draw(st.sampled_from(CONNECTORS)))
        if form not in NEEDS_NONE:
            wanted[name] = alias
        if number == 0 and draw(st.booleans()):
            triggers[name] = operation
            continue
        outer, action = nested(operation, name, draw(st.integers(0, 4)), random)
        actions[f"{number} {outer}" if outer != name else name] = action
    properties: Json = {
        "connectionReferences": entries,
        "definition": {
            "parameters": {"$connections": {"defaultValue": {}, "type": "Object"}},
            "triggers": triggers or {"manual": {"type": "Request", "kind": "Button", "inputs": {}}},
            "actions": actions,
        },
    }
    if not entries and draw(st.booleans()):
        del properties["connectionReferences"]
    return Drawn({"properties": properties, "schemaVersion": "1.0.0.0"}, wanted)


@st.composite
def references(draw: st.DrawFn, names: Sequence[str] = NAMES) -> list[Reference]:
    """What a solution declares."""
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=len(names)))
    return [
        Reference(
            name, draw(st.sampled_from(CONNECTORS)), draw(TITLES), draw(st.sampled_from(["", "x & <y>"]))
        )
        for name in chosen
    ]


@st.composite
def sources(
    draw: st.DrawFn, name: str = "ContosoHR", folder: str = "src/HR", names: Sequence[str] = NAMES
) -> Source:
    """Any solution with up to three flows."""
    titles = draw(st.lists(TITLES, unique_by=flow_file, max_size=3))
    return Source(
        name,
        folder,
        draw(st.booleans()),
        draw(references(names)),
        {title: draw(flows(names)).document for title in titles},
        [Missing(item) for item in draw(st.lists(st.sampled_from(names), unique=True, max_size=1))],
    )


def written(source: Source) -> dict[str, bytes]:
    """A solution's files as exports have them, by their path in the repository."""
    other = "" if source.flat else "Other/"
    case = str.lower if source.flat else str
    files = {
        f"{other}{case('Solution.xml')}": manifest(source.name, missing=source.missing),
        f"{other}{case('Customizations.xml')}": customizations(
            source.references, source.flows if source.flat else ()
        ),
    }
    for title, document in source.flows.items():
        path = f"Workflows/{flow_file(title)}"
        files[path] = to_json(document)
        if not source.flat:
            files[f"{path}.data.xml"] = flow_metadata(title)
    inside = source.folder + "/" if source.folder else ""
    return {inside + path: text.encode() for path, text in files.items()}


SOLUTIONS = (("ContosoHR", "src/HR"), ("ContosoFinance", "src/Finance"), ("ContosoIT", "Lösung 3"))


@st.composite
def repositories(draw: st.DrawFn, *, disjoint: bool = False) -> list[Source]:
    """One to three solutions side by side; `disjoint` ones share no reference's name."""
    found = []
    for number, (name, folder) in enumerate(SOLUTIONS[: draw(st.integers(1, 3))]):
        names = [f"{item}{number}" for item in NAMES] if disjoint else NAMES
        found.append(draw(sources(name, folder, names)))
    return found


def whole(repository: Sequence[Source]) -> dict[str, bytes]:
    """All files of a repository."""
    return {path: data for source in repository for path, data in written(source).items()}
