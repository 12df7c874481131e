"""One tree of bytes as every kind of snapshot, and what a check of each reports."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.git.repository import Git
from crstandards.policy.configuration import Config
from crstandards.report.json_format import document
from crstandards.rules import RULES
from crstandards.snapshot import Folder, Index, Snapshot, Tree, Worktree, Zips
from tests.support.builders import Repo
from tests.support.checks import AS_OF

Json = dict[str, Any]


def zip_folder(folder: Path, archive: Path) -> Path:
    """A folder's files as a zip."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and ".git" not in path.relative_to(folder).parts:
                target.write(path, path.relative_to(folder).as_posix())
    return archive


def snapshots(repo: Repo, archive: Path) -> dict[str, Snapshot]:
    """The committed tree of a repository in every form; each of them holds the same bytes."""
    git = Git(repo.root)
    return {
        "worktree": Worktree(git),
        "folder": Folder(repo.root),
        "index": Index(git),
        "commit": Tree(git, git.resolve("HEAD")),
        "zip": Zips([(zip_folder(repo.root, archive), "x.zip")]),
    }


def report(snapshot: Snapshot) -> Json:
    """The report on a snapshot as JSON has it, the name of the zip and of the source left out."""
    found = document(full_report(Session(snapshot, Config(), RULES, AS_OF, whole=True)))
    del found["source"]
    return without_zip(found)  # type: ignore[no-any-return]


def without_zip(value: Any) -> Any:
    """A report in which a zip's places read like a folder's."""
    if isinstance(value, str):
        return value.replace("x.zip!/", "").replace("x.zip!", "")
    if isinstance(value, Mapping):
        # The name of what was read is part of these fingerprints.
        return {key: without_zip(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_zip(item) for item in value]
    return value


def reports(folder: Path, repo: Repo, scratch: Path) -> dict[str, Json]:
    """The reports on a folder's files, each of another kind of snapshot, by its name."""
    shutil.copytree(folder, repo.root, dirs_exist_ok=True, symlinks=True)
    repo.commit()
    return {name: report(found) for name, found in snapshots(repo, scratch / "x.zip").items()}
