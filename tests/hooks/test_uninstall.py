"""Which hooks are ours, whichever release wrote them, and `hook uninstall`, which removes those."""

from __future__ import annotations

import os
import sys
from errno import EACCES
from hashlib import sha256
from pathlib import Path

import pytest

from crstandards import __version__
from crstandards.commands.hook_install import uninstall
from crstandards.errors import NotVerified
from tests.support.builders import Repo, raw_flow
from tests.support.commits import attempt, hooks_in, passed, stage, works, write_flow

NAMES = ["pre-commit", "pre-merge-commit"]
FOREIGN = "#!/bin/sh\nexec make lint\n"
OF_0_1_0 = """\
#!/bin/sh
# Written by 'crstandards hook install', which replaces it as long as nobody edits it.
if [ ! -f '/opt/my tools/python3' ]; then
    echo "crstandards: its Python is gone, so nothing is checked; run 'crstandards hook install' again" >&2
    exit 3
fi
exec '/opt/my tools/python3' -P -m crstandards hook pre-commit
"""


def marked(version: str, *others: str) -> str:
    """A script as a release may write it, with the mark in its second line."""
    digest = sha256("".join(f"{line}\n" for line in others).encode()).hexdigest()
    mark = f"# Mark: crstandards {version}, sha256 of the other lines {digest}"
    return "".join(f"{line}\n" for line in (others[0], mark, *others[1:]))


LATER = marked("2.0.0rc1", "#!/bin/sh", 'exec /opt/crstandards hook "$0" "$@"')


def uninstalled(repo: Repo, *options: str, cwd: Path | None = None) -> str:
    """Asserts that it says one line, and returns it."""
    ran = repo.crstandards("hook", "uninstall", *options, cwd=cwd)
    passed(ran)
    assert ran.err == ""
    (line,) = ran.out.splitlines()
    return line


def test_the_mark_names_the_release(solution: Repo) -> None:
    solution.crstandards("hook", "install")
    for name in NAMES:
        lines = (solution.root / ".git/hooks" / name).read_text("utf-8").splitlines(keepends=True)
        mark = lines.pop(2)
        digest = sha256("".join(lines).encode()).hexdigest()
        assert mark == f"# Mark: crstandards {__version__}, sha256 of the other lines {digest}\n"


@pytest.mark.parametrize("script", [OF_0_1_0, LATER], ids=["0.1.0", "a later release"])
def test_the_hooks_of_another_release_are_ours(solution: Repo, script: str) -> None:
    solution.write(".git/hooks/pre-commit", script)
    passed(solution.crstandards("hook", "install"))
    works(solution)
    solution.write(".git/hooks/pre-commit", script)
    uninstalled(solution)
    assert hooks_in(solution.root / ".git/hooks") == []


@pytest.mark.parametrize(
    "script",
    [
        FOREIGN,
        OF_0_1_0.replace("exec ", "make lint\nexec "),
        f"{OF_0_1_0}make lint\n",
        LATER.replace("exec ", "make lint\nexec "),
        f"{LATER}# ours now\n",
        LATER.replace("\n", "\r\n"),
        "",
    ],
)
def test_what_somebody_else_wrote_or_edited_stays(solution: Repo, script: str) -> None:
    hook = solution.write(".git/hooks/pre-commit", script)
    assert uninstalled(solution).endswith("; not ours, and left alone: pre-commit")
    assert solution.crstandards("hook", "install").status == 2
    assert hook.read_bytes() == script.encode()


def test_all_that_was_installed_is_removed_and_commits_go_through(solution: Repo) -> None:
    solution.crstandards("hook", "install")
    folder = solution.root / ".git/hooks"
    assert hooks_in(folder) == NAMES
    line = uninstalled(solution, cwd=solution.root / "src")
    assert line == f"removed pre-commit and pre-merge-commit from {folder}"
    assert hooks_in(folder) == []
    write_flow(solution, "src/HR", "New hire", raw_flow())
    stage(solution)
    passed(attempt(solution))


def test_only_what_is_ours_is_removed(solution: Repo) -> None:
    folder = solution.root / ".git/hooks"
    solution.crstandards("hook", "install")
    for name in ("pre-commit", "pre-push", "pre-merge-commit.legacy"):
        solution.write(f".git/hooks/{name}", FOREIGN)
    line = uninstalled(solution)
    assert line == f"removed pre-merge-commit from {folder}; not ours, and left alone: pre-commit"
    assert hooks_in(folder) == ["pre-commit", "pre-merge-commit.legacy", "pre-push"]
    assert (folder / "pre-commit").read_text("utf-8") == FOREIGN


def test_where_there_is_nothing(solution: Repo) -> None:
    assert uninstalled(solution) == f"nothing to remove from {solution.root / '.git/hooks'}"
    solution.git("config", "core.hooksPath", os.devnull)
    assert uninstalled(solution) == f"nothing to remove from {os.devnull}"
    solution.git("config", "core.hooksPath", "not/there")
    assert uninstalled(solution) == f"nothing to remove from {solution.root / 'not/there'}"


def test_what_was_written_into_a_folder_of_all_repositories_is_removed(
    solution: Repo, tmp_path: Path
) -> None:
    """0.1.0 installed there too."""
    own = Path(solution.environment["GIT_CONFIG_GLOBAL"]).read_text("utf-8")
    shared, config = tmp_path / "shared", tmp_path / "config"
    config.write_text(f"{own}[core]\n\thooksPath = {shared.as_posix()}\n", "utf-8")
    solution.environment["GIT_CONFIG_GLOBAL"] = str(config)
    shared.mkdir()
    (shared / "pre-commit").write_text(OF_0_1_0, "utf-8", newline="\n")
    (shared / "pre-merge-commit").write_text(FOREIGN, "utf-8", newline="\n")
    line = uninstalled(solution)
    assert line == f"removed pre-commit from {shared.as_posix()}; not ours, and left alone: pre-merge-commit"
    assert hooks_in(shared) == ["pre-merge-commit"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_to_one_of_ours_is_not_ours(solution: Repo, tmp_path: Path) -> None:
    (tmp_path / "ours").write_text(OF_0_1_0, "utf-8")
    (solution.root / ".git/hooks/pre-commit").symlink_to(tmp_path / "ours")
    assert uninstalled(solution).endswith("left alone: pre-commit")
    assert hooks_in(solution.root / ".git/hooks") == ["pre-commit"]
    assert (tmp_path / "ours").exists()


def test_on_a_server(repo: Repo, tmp_path: Path) -> None:
    bare = Repo.create(tmp_path / "bare.git", repo.environment, "--bare")
    repo.crstandards("hook", "install", "--pre-receive", str(bare.root))
    passed(repo.crstandards("hook", "install"))
    line = uninstalled(repo, "--pre-receive", str(bare.root))
    assert line == f"removed pre-receive from {bare.root / 'hooks'}"
    assert hooks_in(bare.root / "hooks") == []
    assert hooks_in(repo.root / ".git/hooks") == NAMES


def test_what_cannot_be_removed_is_said(solution: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(EACCES, "Permission denied", path)

    solution.crstandards("hook", "install")
    monkeypatch.setattr(os, "unlink", denied)
    with pytest.raises(NotVerified, match=r"pre-commit cannot be removed: permission denied"):
        uninstall(None, solution.root)
    assert hooks_in(solution.root / ".git/hooks") == NAMES


def test_the_hook_of_a_push_is_set_up_on_request_and_removed_with_the_others(
    solution: Repo, tmp_path: Path
) -> None:
    passed(solution.crstandards("hook", "install", "--pre-push"))
    remote = Repo.create(tmp_path / "remote.git", solution.environment, "--bare")
    write_flow(solution, "src/HR", "Raw", raw_flow())
    stage(solution)
    solution.git("commit", "--quiet", "--no-verify", "-m", "Past the hook")
    pushed = solution.run(["git", "push", str(remote.root), "HEAD:main"])
    assert pushed.status
    assert "CR101" in pushed.text
    removed = uninstalled(solution)
    assert "pre-push" in removed
    assert not (solution.root / ".git/hooks/pre-push").exists()
    ran = solution.crstandards("hook", "install", "--pre-push", "--pre-receive", str(remote.root))
    assert ran.status == 2
