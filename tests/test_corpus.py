"""What the real solutions beside the repository must give, and what another reader finds in them."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.connector_id import connector_of
from crstandards.places import REACH
from crstandards.policy.configuration import Config
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.snapshot import Folder, Snapshot, Zips
from crstandards.source.facts import Facts
from crstandards.source.flow import read_flow
from crstandards.source.layout import find_candidates
from crstandards.source.repository import read_solutions
from tests.support.builders import Reference, write_solution
from tests.support.checks import AS_OF, check

# Each zip, and the folder in which the same solution lies unpacked.
UNPACKED = {
    "ContosoSchool": "contoso-school/sourcecode/src",
    "gym-management-app": "gym-management-app/sourcecode/src",
    "patch-tuesday": "patch-tuesday/sourcecode/src",
    "sharepoint-followsites": "sharepoint-followsites/sourcecode/src",
    "varify-bot": "varify-bot/sourcecode/VARify/src",
}
PAIRS = [
    *("1006FDEC-9D94-EA11-A811-000D3A31CB42", "11F2FF3D-0987-E911-A856-000D3A372932"),
    *("1D2EE56E-84BC-EA11-A812-000D3A31CB42", "2C42D11C-AFE6-E911-A860-000D3A372932"),
    *("40D87BF4-ABE3-E911-A860-000D3A372186", "5B1CED75-4EA7-EA11-A812-000D3A31CF04"),
    *("751183FC-DB68-EA11-A811-000D3A31CF04", "9437B2F2-ABE3-E911-A856-000D3A3627B3"),
    *("9737B2F2-ABE3-E911-A856-000D3A3627B3", "B043CBF3-ABE3-E911-A86D-000D3A372701"),
    *("BC9A9F1A-AFE6-E911-A86A-000D3A37207B", "C7A4D3F2-ABE3-E911-A860-000D3A372932"),
    *("D753F10F-F03E-EB11-A813-000D3A8F4AD6", "E05CFB27-740D-EB11-A814-000D3A1BB7BB"),
    *("F25CD8A5-F8A4-EA11-A812-000D3A31CF04",),
]
# Its later version has two references for shared_commondataservice: a duplicate, not a raw connection.
TWO_FOR_ONE = "11F2FF3D-0987-E911-A856-000D3A372932"


def inspect(snapshot: Snapshot) -> Report:
    return full_report(Session(snapshot, Config(), RULES, AS_OF, whole=True))


@pytest.fixture(scope="module")
def whole(corpus: Path) -> Report:
    return inspect(Folder(corpus))


def test_the_counts(whole: Report) -> None:
    summary = whole.summary
    assert (summary.solutions, summary.flows, summary.references) == (103, 189, 198)
    found = Counter(item.rule.id for item in whole.findings)
    assert found["CR101"] == 3
    assert found["CR201"] + found["CR205"] == 32
    assert [found[rule] for rule in ("CR104", "CR202", "CR501", "CR502", "CR503", "CR901")] == [0] * 6


def test_the_raw_connections_are_those_of_one_flow(whole: Report) -> None:
    items = [item for item in whole.findings if item.rule.id == "CR101"]
    (path,) = {item.span.path for item in items}
    assert path.endswith("AdminCompliancedetailrequestv2Teams-5B902817-229D-EB11-B1AC-000D3A1345FC.json")
    assert [(item.data["connector"], len(item.data["operations"])) for item in items] == [
        ("shared_commondataserviceforapps", 3),
        ("shared_office365users", 2),
        ("shared_office365", 9),
    ]


def test_each_listed_repository_has_its_solutions(corpus: Path) -> None:
    header, *rows = (line.split("\t") for line in (corpus / "INDEX.tsv").read_text("utf-8").splitlines())
    for row in rows:
        listed = dict(zip(header, row, strict=True))
        summary = inspect(Folder(corpus / listed["folder"])).summary
        assert [summary.solutions, summary.flows, summary.references] == [
            int(listed[key]) for key in ("solutions", "solution_flows", "connection_references")
        ], listed["folder"]


def test_every_place_is_where_its_word_stands(corpus: Path, whole: Report) -> None:
    for item in whole.findings:
        spans = [item.span, *(related.span for related in item.related)]
        for span in spans:
            if span.excerpt == "":
                continue
            text = decoded((corpus / span.path).read_bytes())
            line = text.split("\n")[span.line - 1].rstrip("\r")
            # A line can be a whole file.
            start = max(span.column - 1 - REACH, 0)
            assert span.excerpt == line[start : span.column - 1 + REACH]
            assert span.excerpt_column == start + 1
            marked = line[span.column - 1 : span.end_column - 1]
            assert re.fullmatch(r'"(?:[^"\\]|\\.)*"|<[^<>]*>', marked), (span, marked)
            if item.rule.id == "CR101" and span == item.span:
                assert json.loads(marked) == item.data["alias"]


# Another reader of the same flows: recursion over everything, without knowing what nests in what.


def decoded(content: bytes) -> str:
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def hosts(value: Any) -> Iterator[str]:
    """Every alias that an object with a `host` names, in document order."""
    if isinstance(value, dict):
        host = value.get("host")
        if isinstance(host, dict):
            named = host.get("connectionName")
            expression = str((host.get("connection") or {}).get("name", ""))
            found = re.search(r"\['\$connections'\]\['(.+?)'\]|\$connections'\)\['(.+?)'\]", expression)
            if isinstance(named, str):
                yield named
            elif found:
                yield found[1] or found[2]
        for item in value.values():
            yield from hosts(item)
    elif isinstance(value, list):
        for item in value:
            yield from hosts(item)


def test_another_reader_finds_the_same_in_every_flow(corpus: Path) -> None:
    flows = 0
    for path in sorted(corpus.rglob("*.json")):
        content = path.read_bytes()
        document = json.loads(decoded(content))
        facts = read_flow(content)
        properties = document.get("properties") if isinstance(document, dict) else None
        is_flow = isinstance(properties, dict) and isinstance(properties.get("definition"), dict)
        assert (facts is not None) == is_flow, path
        if facts is None:
            continue
        flows += 1
        entries = properties.get("connectionReferences") or {}
        assert {item.alias: item.reference for item in facts.entries} == {
            alias: (entry.get("connection") or {}).get("connectionReferenceLogicalName")
            or entry.get("connectionReferenceLogicalName")
            for alias, entry in entries.items()
        }
        assert Counter(item.alias for item in facts.operations) == Counter(hosts(properties["definition"]))
        assert not facts.repeated
    assert flows > 200


def test_a_copy_is_parsed_once(corpus: Path) -> None:
    snapshot = Folder(corpus)
    candidates = find_candidates(snapshot.files())
    facts = Facts(again=True)
    once = read_solutions(snapshot, candidates, facts)
    parsed = facts.parsed
    again = read_solutions(snapshot, candidates, facts)
    assert facts.parsed == parsed
    assert [item.unique_name for item in once] == [item.unique_name for item in again]
    contents = {(corpus / flow.path).read_bytes() for item in once for flow in item.flows}
    assert len(contents) <= sum(len(item.flows) for item in once)


# Zips


def plain(report: Report) -> list[tuple[str, str, str]]:
    """What is found, without where it lies."""
    return sorted(
        (item.rule.id, item.fingerprint, json.dumps(item.data, sort_keys=True)) for item in report.findings
    )


@pytest.mark.parametrize("name", UNPACKED)
def test_a_zip_what_is_extracted_and_its_unpacked_folder_give_the_same(
    name: str, corpus: Path, tmp_path: Path
) -> None:
    archive = corpus / f"zips/{name}.zip"
    in_zip = inspect(Zips([(archive, "x.zip")]))
    unpacked = inspect(Folder(corpus / "pnp+powerplatform-samples/samples" / UNPACKED[name]))
    assert plain(in_zip) == plain(unpacked)
    assert in_zip.summary == unpacked.summary
    assert (in_zip.summary.solutions, in_zip.summary.flows > 0) == (1, True)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    in_folder = inspect(Folder(tmp_path))
    assert plain(in_zip) == plain(in_folder)
    assert [item.span._replace(path=item.span.path.removeprefix("x.zip!/")) for item in in_zip.findings] == [
        item.span for item in in_folder.findings
    ]


# Flows before and after they got references


def entries_of(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decoded(path.read_bytes()))["properties"]["connectionReferences"]
    return found


def placed(source: Path, guid: str, folder: Path) -> Path:
    """A flow in a small solution that declares what its later version refers to."""
    declared: dict[str, Reference] = {}
    for entry in entries_of(source.with_name("referenced.json")).values():
        name = entry["connection"]["connectionReferenceLogicalName"]
        declared.setdefault(name.lower(), Reference(name, entry["api"]["name"]))
    write_solution(folder, "ContosoPair", declared.values(), {})
    target = folder / f"Workflows/Pair-{guid}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(source.read_bytes())
    return folder


def test_the_pairs_are_all_there(corpus: Path) -> None:
    folder = corpus / "raw-then-referenced"
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == PAIRS


@pytest.mark.parametrize("guid", PAIRS)
def test_every_raw_entry_is_reported_and_no_later_version(guid: str, corpus: Path, tmp_path: Path) -> None:
    source = corpus / f"raw-then-referenced/{guid}/raw.json"
    raw = [
        (alias, connector_of(entry["api"]["name"]))
        for alias, entry in entries_of(source).items()
        if not (entry.get("connection") or {}).get("connectionReferenceLogicalName")
    ]
    assert raw
    report = check(placed(source, guid, tmp_path / "raw"))
    found = [item for item in report.findings if item.severity == "error"]
    data = [item.data for item in found if item.rule.id == "CR101"]
    assert [(item["alias"], item["connector"]) for item in data] == raw
    assert {item.rule.id for item in found} - ({"CR201"} if guid == TWO_FOR_ONE else set()) == {"CR101"}
    later = check(placed(source.with_name("referenced.json"), guid, tmp_path / "later"))
    told = [item.rule.id for item in later.findings if item.severity in ("error", "warning")]
    assert told == (["CR201"] if guid == TWO_FOR_ONE else [])
    assert later.summary.flows == 1
