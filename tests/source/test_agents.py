from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.source.agents import AgentUse, read_agent_data, read_mcs, read_reference_set, uses_from_path
from crstandards.source.locator import Locator
from crstandards.source.text import SourceError

SET = b"""<botcomponent_connectionreferenceset>\r
  <botcomponent_connectionreference botcomponentid.schemaname="con_agent.action.SendMail" \
connectionreferenceid.connectionreferencelogicalname="con_agent.shared_office365.shared-office365-1">\r
    <iscustomizable>1</iscustomizable>\r
  </botcomponent_connectionreference>\r
  <botcomponent_connectionreference botcomponentid.schemaname="con_agent.topic.Tool" \
connectionreferenceid.connectionreferencelogicalname="con_shared" />\r
</botcomponent_connectionreferenceset>"""

MCS = """﻿connectionReferences:
  - connectionReferenceLogicalName: con_2357.shared_x.shared-x-ed27f9d6-1f5c-41db-be76-f514f5bbf484
    connectorId: /providers/Microsoft.PowerApps/apis/shared_x
  - connectionReferenceLogicalName: con_sharedteams_c93cd
    connectorId: /providers/Microsoft.PowerApps/apis/shared_teams
"""

# A tool's data as exported, with Power Fx, a tab and prose in block scalars.
TOOL = """kind: TaskDialog\r
modelDisplayName: Get team information\r
modelDescription: |\r
  Retrieve details of teams. The maker sets\r
  connectionReference: con_prose\r
\tconnectionReference: con_tabbed\r
\r
  by hand.\r
inputs:\r
  - kind: ManualTaskInput\r
    propertyName: body\r
    value: =Concat(Global.Rows,\tText(ThisRecord.a) & ": " & "{connectionReference: con_fx}")\r
\r
action:\r
  kind: InvokeConnectorTaskAction\r
  connectionReference: con_agent.shared_x-5fef65ead3619d20b2.shared-x-531c3508-438e-415e-90c3-d0b7267b6cf0\r
  connectionProperties:\r
    mode: Invoker\r
\r
  operationId: getTeams\r
\r
outputMode: All"""
TOOL_REFERENCE = "con_agent.shared_x-5fef65ead3619d20b2.shared-x-531c3508-438e-415e-90c3-d0b7267b6cf0"


def names(text: str) -> list[str]:
    return [use.reference for use in read_agent_data(text.encode())]


def test_a_reference_set() -> None:
    first, second = read_reference_set(SET)
    assert (first.reference, first.agent) == (
        "con_agent.shared_office365.shared-office365-1",
        "con_agent.action.SendMail",
    )
    assert (second.reference, second.agent) == ("con_shared", "con_agent.topic.Tool")
    assert isinstance(second.at, int)
    assert SET[second.at :].startswith(b"<botcomponent_connectionreference ")
    assert Locator("set.xml", SET).locate(second.at).line == 5


@pytest.mark.parametrize(
    "data",
    [
        b"<botcomponent_connectionreferenceset/>",
        b'<x><botcomponent_connectionreference botcomponentid.schemaname="a"/></x>',
        b'<x><botcomponent_workflow botcomponentid.schemaname="a" workflowid.workflowid="b"/></x>',
    ],
)
def test_a_set_without_references(data: bytes) -> None:
    assert read_reference_set(data) == ()


def test_a_reference_may_stand_without_an_agent() -> None:
    name = "connectionreferenceid.connectionreferencelogicalname"
    data = f'<x><other {name}="a"/><botcomponent_connectionreference {name}="b"/></x>'.encode()
    assert read_reference_set(data) == (AgentUse("b", "", data.index(b"<botcomponent")),)
    assert uses_from_path(f"botcomponent_connectionreferenceset/{name}=b") == AgentUse("b", "", None)
    assert uses_from_path(f"botcomponent_connectionreferenceset/{name}=b=c") == AgentUse("b=c", "", None)


@pytest.mark.parametrize("data", [b"", b"<a>", b"<!DOCTYPE a><a/>", b"connectionReferences: []"])
def test_a_set_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(SourceError):
        read_reference_set(data)


def test_places_are_those_of_the_keys() -> None:
    text = "é: 1\r\n- connectionReference: con_X\r\nx: {y: 1, 'connectionReference': con_b}"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        data = text.encode(encoding)
        mark = len(data) - len(text.encode("utf-16-le" if encoding == "utf-16" else "utf-8"))
        places = [text.index("connection"), text.index("'connection")]
        codec = "utf-16-le" if encoding == "utf-16" else "utf-8"
        assert read_agent_data(data) == tuple(
            AgentUse(name, "", mark + len(text[:at].encode(codec)))
            for name, at in zip(("con_X", "con_b"), places, strict=True)
        )
        assert read_mcs(data) == read_agent_data(data)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_references_of_a_cloned_agent(end: str, encoding: str) -> None:
    text = MCS.replace("\n", end) if encoding == "utf-8" else MCS.removeprefix("﻿").replace("\n", end)
    data = text.encode(encoding)
    uses = read_mcs(data)
    assert [use.reference for use in uses] == [
        "con_2357.shared_x.shared-x-ed27f9d6-1f5c-41db-be76-f514f5bbf484",
        "con_sharedteams_c93cd",
    ]
    assert {use.agent for use in uses} == {""}
    span = Locator("connectionreferences.mcs.yml", data).locate(uses[1].at)
    assert (span.line, span.column) == (4, 5)
    assert span.excerpt == "  - connectionReferenceLogicalName: con_sharedteams_c93cd"


@pytest.mark.parametrize(
    "text",
    [
        "- connectionReferenceLogicalName: con_a\n  connectorId: x\n",
        "connectionReferences:\n- connectorId: x\n  connectionReferenceLogicalName: 'con_a'\n",
        'connectionReferences: [{connectionReferenceLogicalName: "con_a", connectorId: x}]\n',
        '{"connectionReferences": [{"connectionReferenceLogicalName": "con_a"}]}',
        '{\n  "connectionReferences": [\n    {\n      "connectionReferenceLogicalName": "con_a",\n    }]}',
    ],
)
def test_other_spellings_of_the_same(text: str) -> None:
    assert [use.reference for use in read_mcs(text.encode())] == ["con_a"]


@pytest.mark.parametrize(
    "data", [b"", b"\xef\xbb\xbf", b" \r\n", b"connectionReferences: []\n", b"connectionReferences:"]
)
def test_an_agent_without_references(data: bytes) -> None:
    assert read_mcs(data) == ()
    assert read_agent_data(data) == ()


@pytest.mark.parametrize("read", [read_mcs, read_agent_data])
@pytest.mark.parametrize(
    ("data", "at"),
    [(b"kind: \xff\n", 6), (b"version https://git-lfs.github.com/spec/v1\noid", None)],
)
def test_agents_that_cannot_be_read(read: object, data: bytes, at: int | None) -> None:
    with pytest.raises(SourceError) as caught:
        read(data)  # type: ignore[operator]
    assert caught.value.at == at


def test_a_tool_uses_one_reference() -> None:
    data = TOOL.encode()
    (use,) = read_agent_data(data)
    assert use == AgentUse(TOOL_REFERENCE, "", data.index(b"  connectionReference: con_agent") + 2)


@pytest.mark.parametrize(
    "text",
    [
        "connectionReference: con_a",
        "  connectionReference:   con_a   ",
        "\tconnectionReference: con_a",
        "- connectionReference: con_a",
        "actions:\n  - - connectionReference: con_a",
        "connectionReference: 'con_a'",
        'connectionReference: "con_a" # the shared mailbox',
        "connectionReference: con_a\t# note",
        '"connectionReference": "con_a",',
        "action: {kind: X, connectionReference: con_a}",
        "kind: McpTool\nauthMode: Maker\nconnectionReference: con_a\n",
        "a: >-\n  text\nconnectionReference: con_a",
        "a: |2-  # note\n    text\nb:\n  connectionReference: con_a",
        "list:\n  - text: |\n      prose\n    connectionReference: con_a",
        "list:\n- |\n  prose\n- connectionReference: con_a",
        "a: |\n\n\n  text\n\nconnectionReference: con_a",
        "a: x || y\nb: =a|\nconnectionReference: con_a",
        "connectionReference: con_a # {note}, [note]",
        "a: |\n  text\nX: {connectionReference: con_a}",
        "# a: |\n  connectionReference: con_a",
        "a: |\n  text\n   \n connectionReference: con_b\nconnectionReference: con_a".replace(
            "con_b", "con b"
        ),
        "a: 1|\n  connectionReference: con_a",
    ],
)
def test_references_that_are_found(text: str) -> None:
    assert names(text) == ["con_a"]
    assert names(text.replace("\n", "\r\n")) == ["con_a"]


@pytest.mark.parametrize(
    "text",
    [
        "connectionReference:",
        "connectionReference: # none yet",
        "connectionReference: =Env.con_reference",
        "connectionReference: {Global.Name}",
        "connectionReference: the one that is shared",
        "connectionReference: con_a, con_b",
        "connectionReference: con_a#b",
        "connectionReference: 'con_a",
        "connectionReferences: con_a",
        "connectionReferenceId: con_a",
        "myconnectionReference: con_a",
        "# connectionReference: con_a",
        "description: connectionReference: con_a",
        "a: |\n  connectionReference: con_a",
        "a: >\n    text\n  connectionReference: con_a",
        "- |\n  connectionReference: con_a",
        "list:\n  - text: |+\n      connectionReference: con_a\n\n      connectionReference: con_b",
        "list:\n  -   a: |\n        connectionReference: con_a\n",
        "a: !text |\n  connectionReference: con_a",
    ],
)
def test_what_is_left_alone(text: str) -> None:
    assert names(text) == []
    assert names(text.replace("\n", "\r\n")) == []


@given(st.text(alphabet="abc: |>-#{}[],'\"\t\n=connectionReference", max_size=200))
def test_any_text_is_read_and_places_hold(text: str) -> None:
    data = text.encode()
    for use in read_agent_data(data):
        assert isinstance(use.at, int)
        assert re.match(rb"""["']?connectionReference""", data[use.at :])


@pytest.mark.parametrize("piece", ["- ", "{", "a: ", "\t", "connectionReference: ", "a: |\n", ": |", '"'])
def test_a_long_line_is_gone_over_once(piece: str) -> None:
    # Were it gone over again from each of its letters, this would take hours.
    uses = read_agent_data((piece * 1_000_000).encode())
    assert len(uses) <= 1


LINK = (
    "botcomponentid.schemaname=con_agent.topic.Tool,"
    "connectionreferenceid.connectionreferencelogicalname=con_a"
)


@pytest.mark.parametrize(
    "path",
    [
        f"botcomponent_connectionreferenceset/{LINK}/botcomponent_connectionreference.yml",
        f"src/Repo/botcomponent_connectionreferenceset/{LINK}/botcomponent_connectionreference.yml",
        f"/BotComponent_ConnectionReferenceSet/{LINK}",
        "botcomponent_connectionreferenceset/connectionreferenceid.connectionreferencelogicalname=con_a,"
        "botcomponentid.schemaname=con_agent.topic.Tool/botcomponent_connectionreference.yml",
    ],
)
def test_a_link_in_the_yaml_layout(path: str) -> None:
    assert uses_from_path(path) == AgentUse("con_a", "con_agent.topic.Tool", None)


def test_blanks_in_a_link_mean_nothing() -> None:
    spaced = LINK.replace("=", " = ").replace(",", " , ")
    path = f"botcomponent_connectionreferenceset/{spaced}/botcomponent_connectionreference.yml"
    assert uses_from_path(path) == AgentUse("con_a", "con_agent.topic.Tool", None)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "botcomponent_connectionreferenceset",
        f"{LINK}/botcomponent_connectionreference.yml",
        f"botcomponent_connectionreferenceset/{LINK}/readme.md",
        f"botcomponent_connectionreferenceset/{LINK}/deeper/botcomponent_connectionreference.yml",
        "botcomponent_connectionreferenceset/botcomponentid.schemaname=a/botcomponent_connectionreference.yml",
        f"xbotcomponent_connectionreferenceset/{LINK}/botcomponent_connectionreference.yml",
        "Assets/botcomponent_connectionreferenceset.xml",
    ],
)
def test_other_paths_are_no_links(path: str) -> None:
    assert uses_from_path(path) is None


def test_the_corpus_is_read_whole(corpus: Path) -> None:
    sets = [
        read_reference_set(path.read_bytes())
        for path in corpus.rglob("botcomponent_connectionreferenceset.xml")
    ]
    assert sorted(map(len, sets)) == [2, 6]
    assert all(use.reference and use.agent for each in sets for use in each)

    data = 0
    found: list[AgentUse] = []
    for path in sorted(corpus.glob("zips/*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if re.fullmatch(r"botcomponents/[^/]+/data", name):
                    data += 1
                    found.extend(read_agent_data(archive.read(name)))
    assert data == 19
    # The two tools that the archive's own reference set lists.
    (two,) = (each for each in sets if len(each) == 2)
    assert sorted(use.reference for use in found) == sorted(use.reference for use in two)
