"""Files of tens of megabytes: read up to the limit, refused beyond it, and never for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crstandards.snapshot import Folder
from crstandards.source import json, xml
from crstandards.source.flow import read_flow
from crstandards.source.solution import read_customizations, read_manifest
from tests.support.builders import Repo, flow, flow_file, raw_flow, to_json, write_solution
from tests.support.checks import check

MEGABYTE = 1024 * 1024
FLOW = f"Workflows/{flow_file('Send reminder')}"


@contextmanager
def within(seconds: float) -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < seconds


def test_a_flow_of_50_mb_is_refused_everywhere(repo: Repo) -> None:
    text = to_json(raw_flow()).replace('"triggers"', f'"big": "{"x" * (50 * MEGABYTE)}", "triggers"')
    write_solution(repo.root, "ContosoHR", [], {"Send reminder": text})
    (item,) = check(repo.root).findings
    assert (item.rule.id, item.span.path, item.span.line) == ("CR901", FLOW, 1)
    assert "larger than the 32 MB that such a file may have" in item.finding.message
    repo.git("-c", "core.compression=0", "add", "--all")
    ran = repo.crstandards("check", "--staged", "--format", "json")
    assert ran.status == 1
    assert "larger than the 32 MB" in ran.out


def test_customizations_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [], {})
    with (tmp_path / "Other/Customizations.xml").open("r+b") as file:
        file.truncate(xml.MAX_BYTES + 1)
    (item,) = check(tmp_path).findings
    assert "larger than the 128 MB" in item.finding.message


def test_a_large_flow_is_read_in_full(tmp_path: Path) -> None:
    actions = {f"Compose_{n}": {"type": "Compose", "inputs": "x" * 500} for n in range(10_000)}
    document = flow({"shared_office365": None})
    document["properties"]["definition"]["actions"] |= actions
    with within(5):
        write_solution(tmp_path, "ContosoHR", [], {"Send reminder": document})
        assert (tmp_path / FLOW).stat().st_size > 5 * MEGABYTE
        assert [item.rule.id for item in check(tmp_path).findings] == ["CR101"]


@pytest.mark.parametrize(
    "text",
    [
        # Deep, broad, and both; with and without what is looked for
        '{"a":' * 490 + "[" + '"shared-",' * 100_000 + '"/connections/"]' + "}" * 490,
        '{"x":[' + "[[[[[[[[]]]]]]]]," * 100_000 + '"shared-x"]}',
        '{"x":"' + "shared-a-" * 200_000 + '"}',
        '{"x":"' + "/apis/a/connections/" * 100_000 + '"}',
        '{"x":"' + "8d1f3b0c-6a52-4b7e-9f10-2c3d4e5f6a7b-" * 50_000 + '"}',
        '{"x":"' + "shared-" + "a-" * 500_000 + '"}',
    ],
    ids=["deep and broad", "broad", "names", "paths", "GUIDs", "one endless name"],
)
def test_no_flow_takes_forever(text: str) -> None:
    document = f'{{"properties": {{"connectionReferences": {{}}, "definition": {text}}}}}'
    with within(10):
        found = read_flow(document.encode())
    assert found is not None


def test_no_expression_takes_forever() -> None:
    host = {"connection": {"name": "@json(x-ms-apim-tokens" + "['$connections']" * 50_000}}
    with within(10):
        found = read_flow(to_json(flow({}, {"A": {"inputs": {"host": host}}})).encode())
    assert found is not None


@pytest.mark.parametrize(
    "text",
    [
        "<a>" * 900 + "<b/>" * 200_000 + "</a>" * 900,
        "<ImportExportXml><connectionreferences><connectionreference connectionreferencelogicalname='a'>"
        + "<x>" * 900 + "<y></y>" * 100_000 + "</x>" * 900
        + "</connectionreference></connectionreferences></ImportExportXml>",
        f"<a><{'n' * 200_000}>" + "<b/>" * 100_000 + f"</{'n' * 200_000}></a>",
        "<a>" + "&lt;" * 500_000 + "</a>",
    ],
    ids=["deep", "deep inside a reference", "a long name", "entities"],
)  # fmt: skip
def test_no_xml_takes_forever(text: str) -> None:
    with within(10):
        read_customizations(text.encode())
        assert read_manifest(text.encode()) is None


def test_a_place_far_down_is_found_quickly() -> None:
    text = '{"a": [' + '{"b": {"c": [1, 2, 3]}},' * 200_000 + '{"z": 1}]}'
    with within(5):
        assert json.Places(text).find(("a", "200000", "z")) is not None


def test_many_raw_connections_are_placed_quickly(tmp_path: Path) -> None:
    count = 2000
    entries = {f"shared_x_{number}": None for number in range(count)}
    write_solution(tmp_path, "ContosoHR", [], {"Send reminder": flow(entries)})  # type: ignore[arg-type]
    with within(10):
        items = check(tmp_path).findings
    assert len(items) == count
    assert len({item.span.line for item in items}) == count
    assert all(len(item.related) == 1 and item.related[0].span.line > item.span.line for item in items)


def test_many_declarations_are_placed_quickly(tmp_path: Path) -> None:
    count = 1500
    write_solution(tmp_path, "ContosoHR", [f"con_{number}" for number in range(count)], {})
    with within(10):
        (item,) = (item for item in check(tmp_path).findings if item.rule.id == "CR201")
    assert len({related.span.line for related in item.related} | {item.span.line}) == count


def test_many_files_are_listed_and_told_apart_quickly(tmp_path: Path) -> None:
    for number in range(60):
        write_solution(tmp_path / f"s{number}", f"S{number}", ["con_a"], {"A": flow({})})
    with within(10):
        assert check(tmp_path).summary.solutions == 60
    assert len(Folder(tmp_path).files()) == 240
