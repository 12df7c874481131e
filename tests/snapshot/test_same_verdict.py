"""The verdict is a function of bytes: from wherever they are read, the report is the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crstandards.git.repository import Git
from crstandards.snapshot import Folder, Index, Tree, Worktree
from tests.support.builders import Repo, flow, raw_flow, solution_files, write_files, write_solution
from tests.support.everywhere import Json, report, reports, without_zip, zip_folder
from tests.support.pairs import PAIRS

# A configuration's paths are those of a repository, not of a zip.
PAIRED = {
    f"{rule}-{kind}": files
    for rule, pair in PAIRS.items()
    for kind, files in (("found", pair.found), ("clean", pair.clean))
    if "crstandards.toml" not in files
}
SOLUTIONS = [
    "Grant-Archibald-MS+coe-starter-kit/CenterofExcellenceCoreComponentsTeams",
    "Grant-Archibald-MS+coe-starter-kit/PowerPlatformGitHubALM",
    "arbelatech+arganoArbelaCare/source",
    "microsoft+powercat-automation-kit/AutomationCoEMain",
    "aliyoussefi+DataverseMonitoringAgent/src",
    "pnp+powerautomate-samples",
]


def all_the_same(found: dict[str, Json]) -> Json:
    wanted = found["commit"]
    for name, document in found.items():
        assert document == wanted, name
    return wanted


@pytest.mark.parametrize("name", PAIRED)
def test_of_each_rule_s_pair(name: str, repo: Repo, tmp_path: Path) -> None:
    write_files(tmp_path / "source", PAIRED[name])
    all_the_same(reports(tmp_path / "source", repo, tmp_path))


@pytest.mark.parametrize("solution", SOLUTIONS)
def test_of_real_solutions(solution: str, corpus: Path, repo: Repo, tmp_path: Path) -> None:
    found = all_the_same(reports(corpus / solution, repo, tmp_path))
    assert found["summary"]["solutions"]


BAD: dict[str, bytes] = {
    "empty": b"",
    "only a BOM": b"\xef\xbb\xbf",
    "broken": b'{"properties": {',
    "Latin-1": '{"properties": {"é": 1}}'.encode("latin-1"),
    "half a UTF-16 character": b"\xff\xfe{\0}",
    "deep": b'{"a":' * 200_000,
    "NaN": b'{"properties": {"definition": NaN}}',
    "Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n",
    "twice": b'{"properties": {"definition": {"actions": {"A": {}, "A": {}}}, "connectionReferences": {}}}',
    "a list": b'{"properties": {"definition": {}, "connectionReferences": []}}',
    "surrogate": b'{"properties": {"definition": {}, "connectionReferences": {"\\ud800": 1}}}',
    "XML": b"<a/>",
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", BAD)
def test_of_flows_that_cannot_be_read(name: str, repo: Repo, tmp_path: Path) -> None:
    folder = write_solution(tmp_path / "source", "ContosoHR", flows={"Bad": BAD[name], "Good": flow()})
    (finding,) = all_the_same(reports(folder, repo, tmp_path))["findings"]
    assert (finding["rule"], finding["severity"], finding["solution"]) == ("CR901", "error", "ContosoHR")
    assert finding["path"].startswith("Workflows/Bad-")


BAD_XML: dict[str, bytes] = {
    "empty": b"",
    "broken": b"<ImportExportXml><connectionreferences>",
    "DOCTYPE": b'<!DOCTYPE a [<!ENTITY b "c">]><ImportExportXml>&b;</ImportExportXml>',
    "Latin-1": '<ImportExportXml a="é"/>'.encode("latin-1"),
    "deep": b"<a>" * 200_000 + b"</a>" * 200_000,
    "JSON": b"{}",
    "declared UTF-16": b'<?xml version="1.0" encoding="utf-16"?><ImportExportXml/>',
    "no name": b"<a><connectionreferences><connectionreference/></connectionreferences></a>",
}


@pytest.mark.parametrize(
    ("name", "file"),
    [*((name, "Customizations.xml") for name in BAD_XML), *((name, "Solution.xml") for name in BAD_XML)][:-1],
)
def test_of_xml_that_cannot_be_read(name: str, file: str, repo: Repo, tmp_path: Path) -> None:
    files = solution_files("ContosoHR", [], {"A": flow({"shared_sql": "con_gone"})})
    files[f"Other/{file}"] = BAD_XML[name]
    write_files(tmp_path / "source", files)
    (finding,) = all_the_same(reports(tmp_path / "source", repo, tmp_path))["findings"]
    assert (finding["rule"], finding["path"]) == ("CR901", f"Other/{file}")


def test_of_names_that_are_not_utf_8(repo: Repo, tmp_path: Path) -> None:
    files = solution_files("ContosoHR", [], {"A": raw_flow()})
    (path,) = (path for path in files if path.endswith(".json"))
    name = "Workflows/caf\udce9-ü-29555D48-C080-5918-9F69-0A53C2886F81.json"
    files[name] = files.pop(path)
    del files[f"{path}.data.xml"]
    try:
        write_files(repo.root / "b\udcff", files)
    except OSError:
        pytest.skip("needs a file system that takes any bytes")
    repo.commit()
    git = Git(repo.root)
    kinds = {
        "worktree": Worktree(git),
        "folder": Folder(repo.root),
        "index": Index(git),
        "commit": Tree(git, git.head()),
    }
    found = {name: report(kind) for name, kind in kinds.items()}
    (finding,) = all_the_same(found)["findings"]
    assert finding["rule"] == "CR101"
    assert finding["path"] == "b\\xff/Workflows/caf\\xe9-ü-29555D48-C080-5918-9F69-0A53C2886F81.json"


def test_from_the_command_line(repo: Repo, tmp_path: Path) -> None:
    write_solution(repo.root, "ContosoHR", ["con_a", "con_b"], {"A": raw_flow()})
    repo.commit()
    zip_folder(repo.root, tmp_path / "x.zip")
    found = {}
    for name, arguments in {
        "worktree": (),
        "index": ("--staged",),
        "commit": ("--rev", "HEAD"),
        "zip": ("x.zip",),
    }.items():
        ran = repo.crstandards(
            "check", "--format", "json", *arguments, cwd=tmp_path if name == "zip" else repo.root
        )
        assert (ran.status, ran.err) == (1, "")
        found[name] = json.loads(ran.out)
        assert found[name].pop("source") == name
        found[name] = without_zip(found[name])
    assert [finding["rule"] for finding in all_the_same(found)["findings"]] == ["CR201", "CR101"]
