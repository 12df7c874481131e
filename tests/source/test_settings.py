from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crstandards.environments import Account, SettingsEntry
from crstandards.source.settings import NoSettings, is_called_settings, read_settings
from crstandards.source.text import SourceError
from tests.support.builders import APIS, OUTLOOK
from tests.support.exports import OUTLOOK_ID, settings


def read(content: str | bytes | Any) -> tuple[SettingsEntry, ...]:
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    return read_settings(content.encode() if isinstance(content, str) else content)


def test_entries() -> None:
    owner = {
        "LogicalName": "con_b",
        "ConnectionId": None,
        "ConnectorId": APIS + OUTLOOK,
        "ConnectionOwner": "#{owner}#",
        "Comment": "ours",
    }
    assert read(settings(("con_a", f" {OUTLOOK_ID} "), owner)) == (
        SettingsEntry("con_a", f" {OUTLOOK_ID} ", APIS + OUTLOOK, None, ("ConnectionReferences", "0")),
        SettingsEntry("con_b", "", APIS + OUTLOOK, Account("#{owner}#"), ("ConnectionReferences", "1")),
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    found = read(settings(("con_a", "x"), CopilotAgents=[]).encode(encoding))
    assert found[0].name == "con_a"


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        ({"EnvironmentVariables": [], "ConnectionReferences": []}, ()),
        ({"EnvironmentVariables": [{"SchemaName": "con_x", "Value": ""}]}, ()),
        ({"ConnectionReferences": []}, ()),
        ({"ConnectionReferences": None}, ()),
        ({}, ()),
    ],
)
def test_no_entries(content: Any, entries: tuple[()]) -> None:
    assert read(content) == entries


@pytest.mark.parametrize(
    "content",
    [
        [],
        "3",
        {"Other": 1},
        {"ActivateFlowConfiguration": [], "ConnectionReferences": [["con_a", "#{token}#"]]},
        {"ConnectionReferences": "none"},
        {"ConnectionReferences": {"con_a": "x"}},
        {"ConnectionReferences": [{"LogicalName": "a"}, "b"]},
        {"ConnectionReferences": ["b", {"LogicalName": "a"}]},
    ],
)
def test_something_else(content: Any) -> None:
    with pytest.raises(NoSettings):
        read(content)


@pytest.mark.parametrize(
    ("path", "is_called_so"),
    [
        ("deploymentSettings.json", True),
        ("config/Test/deploymentSettings.json", True),
        ("a/test.deploymentsettings.json", True),
        ("deployment-settings/test.json", True),
        ("config/customDeploymentSettings.json", False),
        ("deployment-settings/customDeploymentSettings_Test.json", False),
        ("HR/CanvasApps/x_src/DataSources/DeploymentSettings.json", False),
        ("config/test.json", False),
    ],
)
def test_what_is_called_settings(path: str, is_called_so: bool) -> None:
    assert is_called_settings(path) == is_called_so


@pytest.mark.parametrize(
    ("content", "said", "at"),
    [
        ("{", "not JSON: it breaks off", 1),
        (
            '{"ConnectionReferences": [], "ConnectionReferences": []}',
            "the key 'ConnectionReferences' stands twice, and the first one is lost",
            ("ConnectionReferences",),
        ),
        (
            {"ConnectionReferences": [{}, 3]},
            "an entry of ConnectionReferences has no LogicalName",
            ("ConnectionReferences", "0"),
        ),
        (
            {"ConnectionReferences": [3]},
            "an entry of ConnectionReferences is not an object",
            ("ConnectionReferences", "0"),
        ),
        (
            '{"ConnectionReferences": [{"LogicalName": "a", "LogicalName": "b"}]}',
            "the key 'LogicalName' stands twice in one entry",
            ("ConnectionReferences", "0"),
        ),
        (
            {"ConnectionReferences": [{"LogicalName": "a", "ConnectionId": 3}]},
            "ConnectionId is not a text",
            ("ConnectionReferences", "0", "ConnectionId"),
        ),
        ("", "the file is empty", None),
    ],
)
def test_what_cannot_be_read(content: Any, said: str, at: Any) -> None:
    with pytest.raises(SourceError) as caught:
        read(content)
    assert (caught.value.reason, caught.value.at) == (said, at)


def test_real_settings_are_read_without_complaint(corpus: Path) -> None:
    files = [path for path in corpus.rglob("*.json") if path.name.lower().endswith("deploymentsettings.json")]
    found = {path: read_settings(path.read_bytes()) for path in files}
    assert len(found) == 42
    assert sum(map(len, found.values())) == 156
