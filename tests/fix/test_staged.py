"""The files that the next commit will hold: which of them are read from where."""

from __future__ import annotations

from crstandards.fixes.edits import Staged
from crstandards.git.repository import Git
from tests.support.builders import Repo


def test_what_is_staged_is_read_from_where_it_will_be_edited(repo: Repo) -> None:
    for name in ("same", "staged", "unstaged", "gone"):
        repo.write(f"{name}.json", "committed")
    (repo.root / "link.json").symlink_to("same.json")
    repo.commit()
    for name in ("staged", "unstaged"):
        repo.write(f"{name}.json", "staged")
    repo.git("add", ".")
    repo.write("unstaged.json", "not staged")
    repo.write("untracked.json", "not staged")
    tree = Staged(Git(repo.root), {"unstaged.json"})
    assert tree.origin == "worktree"
    files = {file.path: file for file in tree.files()}
    assert list(files) == ["gone.json", "link.json", "same.json", "staged.json", "unstaged.json"]
    assert {path: file.kind for path, file in files.items() if file.kind != "file"} == {"link.json": "link"}
    # What has a key is read from git, and the rest from the disk.
    keys = {path: file.key for path, file in files.items() if file.key}
    assert keys == {
        path: "git:" + repo.git("rev-parse", f":{path}").strip() for path in ("link.json", "unstaged.json")
    }
    wanted = [files[path] for path in ("unstaged.json", "staged.json", "same.json")]
    assert [(content.file, content.data) for content in tree.read(wanted, 100)] == [
        (wanted[0], b"staged"),
        (wanted[1], b"staged"),
        (wanted[2], b"committed"),
    ]
    assert next(iter(tree.read(wanted[:1], 3))).problem
