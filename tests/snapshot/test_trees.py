"""Working trees and folders whose files are not what, or not where, they should be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crstandards.check.reporting import full_report, report_of
from crstandards.check.session import Session
from crstandards.errors import NotVerified
from crstandards.git.repository import Git
from crstandards.policy.configuration import Config, parse_config
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.snapshot import Folder, Index, Snapshot, Tree, Worktree, of_any_length
from tests.support.builders import (
    Repo,
    flow,
    flow_file,
    raw_flow,
    solution_files,
    to_json,
    write_files,
    write_solution,
)
from tests.support.checks import AS_OF

FLOW = f"HR/Workflows/{flow_file('Send reminder')}"


def session(snapshot: Snapshot, config: str = "") -> Session:
    settings = parse_config(config.encode(), "crstandards.toml") if config else Config()
    return Session(snapshot, settings, RULES, AS_OF)


def found(report: Report) -> list[tuple[str, str]]:
    return [(item.rule.id, item.span.path) for item in report.findings]


def told(report: Report) -> str:
    (item,) = report.findings
    assert (item.rule.id, item.severity, item.suppressed) == ("CR901", "error", None)
    return item.finding.message


Given = tuple[Path, Callable[[], Snapshot]]


@pytest.fixture(params=["worktree", "folder"])
def tree(request: pytest.FixtureRequest, repo: Repo) -> Given:
    """A clean solution in `HR`, as a committed working tree and as a folder outside git."""
    write_solution(repo.root / "HR", "ContosoHR", [], {"Send reminder": flow({})})
    if request.param == "worktree":
        repo.commit()
        return repo.root, lambda: Worktree(Git(repo.root))
    shutil.rmtree(repo.root / ".git")
    return repo.root, lambda: Folder(repo.root)


def test_a_clean_tree_is_clean(tree: Given) -> None:
    assert found(full_report(session(tree[1]()))) == []


@pytest.mark.parametrize("target", ["elsewhere.json", "/etc/passwd", "../../outside", "missing", FLOW])
def test_a_link_in_place_of_a_flow_is_not_followed(tree: Given, target: str) -> None:
    root, snapshot = tree
    write_files(root, {"HR/Workflows/elsewhere.json": "{}"})
    (root / FLOW).unlink()
    (root / FLOW).symlink_to(target)
    assert "a symbolic link stands here, and links are not followed" in told(full_report(session(snapshot())))


@pytest.mark.parametrize("folder", ["HR/Workflows", "HR/Other"])
def test_a_link_in_place_of_a_folder_is_not_followed(tree: Given, folder: str, tmp_path: Path) -> None:
    root, snapshot = tree
    (root / folder).rename(tmp_path / "outside")
    (root / folder).symlink_to(tmp_path / "outside")
    if folder.endswith("Workflows"):
        write_files(
            tmp_path / "outside", {"Raw-29555D48-C080-5918-9F69-0A53C2886F81.json": to_json(raw_flow())}
        )
    report = full_report(session(snapshot()))
    assert found(report) == [("CR901", folder)]
    assert "a symbolic link stands here" in told(report)


def test_a_link_to_a_solution_elsewhere_is_no_solution_here(tree: Given, tmp_path: Path) -> None:
    root, snapshot = tree
    write_solution(tmp_path / "outside", "Other", [], {"A": raw_flow()})
    (root / "Linked").symlink_to(tmp_path / "outside")
    assert found(full_report(session(snapshot()))) == []


@pytest.mark.parametrize("path", [FLOW, "HR/Other/Solution.xml", "HR/Other/Customizations.xml", "HR"])
def test_what_vanishes_in_the_middle_is_not_clean(tree: Given, path: str) -> None:
    root, snapshot = tree
    asked = session(snapshot())
    if (root / path).is_dir():
        shutil.rmtree(root / path)
    else:
        (root / path).unlink()
    report = full_report(asked)
    assert {rule for rule, _ in found(report)} == {"CR901"}
    assert all("no such file or directory" in item.finding.message for item in report.findings)


def test_a_flow_that_changes_before_its_operations_are_asked_for_is_not_clean(tree: Given) -> None:
    """Of a plain flow no more is read at first than what it connects to."""
    root, snapshot = tree
    write_files(root, {FLOW: to_json(flow())})
    (found,) = session(snapshot()).solutions
    (root / FLOW).write_bytes(b"{")
    with pytest.raises(NotVerified, match="was changed while it was checked"):
        list(found.flows[0].operations)


def test_what_vanishes_before_its_place_is_worked_out_is_still_reported(tree: Given) -> None:
    root, snapshot = tree
    write_files(root, {FLOW: to_json(raw_flow())})
    asked = session(snapshot())
    findings = asked.findings()
    (root / FLOW).unlink()
    assert found(report_of(asked, findings, asked.solutions)) == [("CR101", FLOW)]


def test_what_becomes_a_folder_in_the_middle_is_not_clean(tree: Given) -> None:
    root, snapshot = tree
    asked = session(snapshot())
    (root / FLOW).unlink()
    (root / FLOW).mkdir()
    assert "cannot be read" in told(full_report(asked))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs Windows to have pipes among files")
def test_nobody_waits_for_a_pipe(tree: Given) -> None:
    root, snapshot = tree
    os.mkfifo(root / "HR/Workflows/pipe.json")
    # To git a pipe is no file: its trees don't hold it.
    expected = [("CR901", "HR/Workflows/pipe.json")] if isinstance(snapshot(), Folder) else []
    assert found(full_report(session(snapshot()))) == expected


@pytest.mark.skipif(os.name == "nt", reason="needs Windows to bound the length of a name")
def test_a_name_that_is_too_long_for_the_disk_is_not_clean(repo: Repo) -> None:
    write_solution(repo.root / "HR", "ContosoHR", [], {"Send reminder": flow({})})
    repo.commit()
    blob = repo.git("rev-parse", f"HEAD:{FLOW}")
    path = FLOW.replace("reminder", "r" * 300)
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    assert "it cannot be read: file name too long" in told(full_report(session(Worktree(Git(repo.root)))))


@pytest.mark.parametrize("folder", ["HR/Workflows", "HR/Other", "HR/CanvasApps", "HR", "data", ".cache", ""])
def test_a_folder_that_cannot_be_opened_is_not_clean(
    folder: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_solution(repo.root / "HR", "ContosoHR", [], {"Send reminder": flow({})})
    write_files(repo.root, {"HR/CanvasApps/x.meta.xml": "<CanvasApp/>", "data/x": "", ".cache/x": ""})
    scandir = os.scandir

    def closed(path: Any) -> Any:
        if os.path.realpath(os.fsdecode(path)) == os.path.realpath(repo.root / folder):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    report = full_report(session(Folder(repo.root)))
    assert found(report) == [("CR901", folder or ".")]
    assert "permission denied" in told(report)


def test_a_closed_folder_can_be_left_out(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(repo.root, {"data/pg/x": ""})
    scandir = os.scandir

    def closed(path: Any) -> Any:
        if os.fsdecode(path).endswith("data"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    assert found(full_report(session(Folder(repo.root)))) == [("CR901", "data")]
    assert found(full_report(session(Folder(repo.root), '[source]\nexclude = ["data"]\n'))) == []
    assert found(full_report(session(Folder(repo.root), '[source]\nexclude = ["data/**"]\n'))) == []


def test_a_file_that_cannot_be_opened_is_not_clean(tree: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    _, snapshot = tree
    opened = builtins.open

    def closed(path: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(path, str | bytes | Path) and os.fsdecode(path).endswith(FLOW):
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **named)

    asked = session(snapshot())
    monkeypatch.setattr(builtins, "open", closed)
    assert "it cannot be read: permission denied" in told(full_report(asked))


def test_ignored_files_are_not_the_trees(repo: Repo) -> None:
    write_solution(repo.root / "HR", "ContosoHR", [], {"A": raw_flow()})
    write_solution(repo.root / "out/HR", "ContosoHR", [], {"A": raw_flow()})
    repo.write(".gitignore", "out/\n")
    assert {path.partition("/")[0] for _, path in found(full_report(session(Worktree(Git(repo.root)))))} == {
        "HR"
    }
    assert found(full_report(session(Worktree(Git(repo.root), untracked=False)))) == []


def test_what_is_deleted_is_not_in_the_tree_but_in_the_index(repo: Repo) -> None:
    write_files(repo.root / "HR", solution_files("ContosoHR", [], {"Send reminder": raw_flow()}))
    repo.commit()
    for file in (FLOW, f"{FLOW}.data.xml"):
        (repo.root / file).unlink()
    git = Git(repo.root)
    assert found(full_report(session(Worktree(git)))) == []
    assert found(full_report(session(Index(git)))) == [("CR101", FLOW)]
    repo.git("add", "--all")
    assert found(full_report(session(Index(git)))) == []
    assert found(full_report(session(Tree(git, git.head())))) == [("CR101", FLOW)]


@pytest.mark.parametrize("kind", [Index, lambda git: Tree(git, git.head())], ids=["index", "commit"])
def test_a_missing_object_is_never_clean(kind: Callable[[Git], Snapshot], repo: Repo) -> None:
    write_solution(repo.root / "HR", "ContosoHR")
    repo.commit()
    name = repo.git("rev-parse", f"HEAD:{FLOW}")
    (repo.root / ".git/objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(NotVerified, match="git has no object"):
        full_report(session(kind(Git(repo.root))))
    for arguments in (("--staged",), ("--rev", "HEAD")):
        ran = repo.crstandards("check", *arguments)
        assert (ran.status, ran.out, len(ran.err.splitlines())) == (3, "", 1)


def test_a_submodule_in_place_of_the_flows_is_not_looked_into(repo: Repo) -> None:
    write_solution(repo.root / "HR", "ContosoHR", [], {})
    repo.commit()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},HR/Workflows")
    assert "a submodule stands here" in told(full_report(session(Index(Git(repo.root)))))


@pytest.mark.parametrize(
    ("path", "long"),
    [
        ("C:\\work\\flow.json", "\\\\?\\C:\\work\\flow.json"),
        ("\\\\server\\share\\flow.json", "\\\\?\\UNC\\server\\share\\flow.json"),
        ("\\\\?\\C:\\work", "\\\\?\\C:\\work"),
    ],
)
def test_windows_paths_of_any_length(path: str, long: str) -> None:
    assert of_any_length(path) == long


def test_a_submodule_is_none_of_our_files(
    repo: Repo, tmp_path: Path, git_environment: dict[str, str]
) -> None:
    inner = Repo.create(tmp_path / "inner", git_environment)
    write_solution(inner.root / "HR", "ContosoHR", ["con_a", "con_b"], {})
    inner.commit()
    write_solution(repo.root / "Sales", "ContosoSales")
    repo.git("submodule", "--quiet", "add", str(inner.root), "vendor")
    repo.commit()
    for snapshot in (Worktree(Git(repo.root)), Tree(Git(repo.root), repo.git("rev-parse", "HEAD"))):
        kinds = {file.path: file.kind for file in snapshot.files()}
        assert kinds["vendor"] == "submodule"
        assert not any(path.startswith("vendor/") for path in kinds)
        report = full_report(Session(snapshot, Config(), RULES, AS_OF, whole=True))
        assert report.summary.solutions == 1
