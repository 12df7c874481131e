"""A custom connector and a reference to it in one solution."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.builders import Reference, flow, solution_files, write_files, yaml_files
from tests.support.checks import data, found

ID = "8e3f7c60-1111-4222-8333-444455556666"
PAYROLL = "shared_con-5fpayroll-5f1234567890abcdef"
REFERENCES = [Reference("con_pay", PAYROLL, custom=ID.upper()), "con_outlook"]
CONNECTOR = f"<Connector><connectorid>{{{ID}}}</connectorid><name>con_5Fpayroll</name></Connector>"
COMPONENT = f'<RootComponents><RootComponent type="372" id="{{{ID}}}" /></RootComponents>'


def put(root: Path, layout: str, change: Mapping[str, str]) -> Path:
    """A solution with two references, one to a custom connector; `change` adds files, or text to files."""
    files = dict(
        yaml_files("Pay", REFERENCES, {})
        if layout == "yaml"
        else solution_files("Pay", REFERENCES, {"One": flow()}, "flat" if layout == "flat" else "unpacked")
    )
    for path, text in change.items():
        known = files.get(path, b"@@").decode()
        at = next(mark for mark in ("<RootComponents />", "<Roles />", "@@") if mark in known)
        files[path] = known.replace(at, text).encode()
    write_files(root, files)
    return root


@pytest.mark.parametrize(
    ("layout", "change"),
    [
        ("unpacked", {"Connectors/con_5Fpayroll.xml": CONNECTOR}),
        ("unpacked", {"Other/Solution.xml": COMPONENT}),
        ("flat", {"customizations.xml": f"<Connectors>{CONNECTOR}</Connectors>"}),
        (
            "yaml",
            {
                "solutions/Pay/rootcomponents.yml": "RootComponents:\n  RootComponent:\n  - '@type': 372\n"
                f"    '@id': '{{{ID}}}'\n  - '@type': 29\n    '@id': x\n"
            },
        ),
    ],
)
def test_found(tmp_path: Path, layout: str, change: Mapping[str, str]) -> None:
    (reported,) = found(put(tmp_path, layout, change), "CR207")
    assert reported.severity == "note"
    assert reported.data["references"] == ["con_pay"]


@pytest.mark.parametrize(
    ("layout", "change"),
    [
        ("unpacked", {}),
        ("flat", {}),
        ("yaml", {}),
        ("unpacked", {"Connectors/con_5Fpayroll.xml": CONNECTOR.replace(ID, ID.replace("8e", "9e"))}),
        ("unpacked", {"Other/Solution.xml": COMPONENT.replace("372", "371")}),
        # In a solution of its own
        (
            "unpacked",
            {"connectors/Other/Solution.xml": "", "connectors/Connectors/con_5Fpayroll.xml": CONNECTOR},
        ),
    ],
)
def test_left_alone(tmp_path: Path, layout: str, change: Mapping[str, str]) -> None:
    assert data(put(tmp_path, layout, change), "CR207") == []
