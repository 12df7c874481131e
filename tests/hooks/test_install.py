"""`crstandards hook install`, and the hooks for core.hooksPath."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from crstandards.commands.hook_install import install
from tests.hooks.conftest import PROJECT, Guard
from tests.support.builders import Repo, flow, raw_flow
from tests.support.commits import attempt, blocked, hooks_in, passed, stage, works, write_flow

NAMES = ("pre-commit", "pre-merge-commit")
OURS = "Written by 'crstandards hook install'"


def test_into_the_usual_folder(solution: Repo) -> None:
    folder = solution.root / ".git/hooks"
    shutil.rmtree(folder)
    ran = solution.crstandards("hook", "install")
    passed(ran)
    assert hooks_in(folder) == list(NAMES)
    assert [line.split(" ", 1)[0] for line in ran.out.splitlines()] == ["installed", "installed"]
    # Again changes nothing.
    before = {name: (folder / name).read_bytes() for name in NAMES}
    passed(solution.crstandards("hook", "install"))
    assert {name: (folder / name).read_bytes() for name in NAMES} == before
    assert hooks_in(folder) == list(NAMES)
    works(solution)
    merges_are_judged(solution)


def merges_are_judged(repo: Repo) -> None:
    """Asserts that a branch with a raw connection isn't merged."""
    repo.git("switch", "--quiet", "--create", "raw")
    write_flow(repo, "src/HR", "Raw", raw_flow())
    repo.commit("Past the hook")
    repo.git("switch", "--quiet", "main")
    repo.write("README.md", "Changed\n")
    repo.commit()
    blocked(repo.try_git("merge", "--no-edit", "raw"), "CR101")


@pytest.mark.parametrize(
    "path", ["{elsewhere}/hooks", ".githooks", "tools/git hooks", "~/hooks", "./~root/hooks"]
)
def test_into_the_folder_that_git_is_told_of(solution: Repo, path: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(solution.environment["HOME"], home)
    solution.environment |= {"HOME": str(home), "USERPROFILE": str(home)}
    solution.git("config", "core.hooksPath", path.format(elsewhere=tmp_path / "else where"))
    passed(solution.crstandards("hook", "install", cwd=solution.root / "src"))
    expected = {
        "{elsewhere}/hooks": tmp_path / "else where/hooks",
        "~/hooks": home / "hooks",
    }.get(path, solution.root / path)
    assert hooks_in(expected) == list(NAMES)
    assert not (solution.root / ".git/hooks/pre-commit").exists()
    works(solution)


def test_in_a_linked_worktree(solution: Repo) -> None:
    solution.git("worktree", "add", "--quiet", "../linked")
    linked = Repo(solution.root.parent / "linked", solution.environment)
    passed(linked.crstandards("hook", "install"))
    assert hooks_in(solution.root / ".git/hooks") == list(NAMES)
    works(linked)


def test_in_a_submodule(solution: Repo) -> None:
    above = Repo.create(solution.root.parent / "above", solution.environment)
    above.git("submodule", "add", "--quiet", str(solution.root), "below")
    inside = Repo(above.root / "below", solution.environment)
    passed(inside.crstandards("hook", "install"))
    assert hooks_in(above.root / ".git/modules/below/hooks") == list(NAMES)
    works(inside)


def test_again_with_another_python(solution: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", "/old/python")
        install(None, solution.root)
    hook = solution.root / ".git/hooks/pre-commit"
    assert "/old/python" in hook.read_text("utf-8")
    passed(solution.crstandards("hook", "install"))
    assert "/old/python" not in hook.read_text("utf-8")


FOREIGN = "#!/bin/sh\nexec make lint\n"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("content", [FOREIGN, "", "\xff\xfe", "# crstandards hook\n"])
def test_a_foreign_hook_is_left_alone_and_nothing_is_written(solution: Repo, name: str, content: str) -> None:
    folder = solution.root / ".git/hooks"
    (folder / name).write_text(content, "latin-1")
    ran = solution.crstandards("hook", "install")
    assert ran.status == 2
    assert len(ran.err.splitlines()) == 1
    assert f"-m crstandards hook {name} || exit" in ran.err
    assert hooks_in(folder) == [name]
    assert (folder / name).read_text("latin-1") == content


def test_the_advice_for_a_foreign_hook_works(solution: Repo) -> None:
    hook = solution.root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho checked by us\n", "utf-8")
    os.chmod(hook, 0o755)
    said = solution.crstandards("hook", "install").err
    line = said.partition("with the line ")[2]
    hook.write_text(f"#!/bin/sh\n{line}echo checked by us\n", "utf-8")
    works(solution)


def test_a_foreign_hook_that_is_a_link_is_left_alone(solution: Repo) -> None:
    for target, content in (("ours", f"#!/bin/sh\n# {OURS}\n"), ("theirs", FOREIGN), ("gone", "")):
        linked = solution.root.parent / target
        if content:
            linked.write_text(content, "utf-8")
        hook = solution.root / ".git/hooks/pre-merge-commit"
        hook.unlink(missing_ok=True)
        hook.symlink_to(linked)
        assert solution.crstandards("hook", "install").status == 2
        assert hooks_in(solution.root / ".git/hooks") == ["pre-merge-commit"]
        assert linked.exists() == bool(content)
        assert not content or linked.read_text("utf-8") == content


def test_what_is_no_file_is_left_alone(solution: Repo) -> None:
    hook = solution.root / ".git/hooks/pre-merge-commit"
    hook.mkdir()
    assert solution.crstandards("hook", "install").status == 2
    hook.rmdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(hook)
        assert solution.crstandards("hook", "install").status == 2
        assert stat.S_ISFIFO(hook.lstat().st_mode)
    assert hooks_in(solution.root / ".git/hooks") == ["pre-merge-commit"]


@pytest.mark.parametrize("framework", ["pre-commit", "prek"])
def test_a_frameworks_hook_is_named_as_such(guard: Guard, framework: str) -> None:
    ran = guard(framework).crstandards("hook", "install")
    assert ran.status == 2
    assert f"{framework} writes git's hooks here" in ran.err
    assert ".pre-commit-config.yaml" in ran.err


def test_where_hooks_are_switched_off(solution: Repo) -> None:
    solution.git("config", "core.hooksPath", os.devnull)
    ran = solution.crstandards("hook", "install")
    assert ran.status == 3
    assert len(ran.err.splitlines()) == 1
    assert os.devnull in ran.err


def test_a_folder_that_leads_to_itself(solution: Repo) -> None:
    (solution.root / "loop").symlink_to("loop")
    solution.git("config", "core.hooksPath", "loop")
    ran = solution.crstandards("hook", "install")
    assert ran.status == 3
    assert len(ran.err.splitlines()) == 1
    assert "loop/pre-commit cannot be read: " in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_python_with_spaces_in_its_path(solution: Repo, tmp_path: Path) -> None:
    folder = tmp_path / "Program Files/it's $HOME"
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    site = next((folder / "lib").glob("python3*")) / "site-packages/ours.pth"
    site.write_text(f"{packages}\n{PROJECT}\n", "utf-8")
    passed(solution.run([python, "-m", "crstandards", "hook", "install"]))
    assert "Program Files" in (solution.root / ".git/hooks/pre-commit").read_text("utf-8")
    works(solution)
    shutil.rmtree(folder)
    write_flow(solution, "src/HR", "New hire", flow({}))
    stage(solution)
    ran = attempt(solution)
    assert ran.status != 0
    assert "'crstandards hook install' again" in ran.err


def test_modules_of_the_repository_are_not_run(solution: Repo) -> None:
    for module in ("crstandards", "json", "argparse", "subprocess"):
        solution.write(f"{module}.py", "raise SystemExit(0)\n")
    solution.crstandards("hook", "install", cwd=solution.root / "src")
    works(solution)


def test_where_no_virtual_environment_is_active(solution: Repo) -> None:
    solution.crstandards("hook", "install")
    without_programs(solution)
    works(solution)


def test_on_a_server_with_a_bare_repository(repo: Repo, tmp_path: Path) -> None:
    bare = Repo.create(tmp_path / "bare.git", repo.environment, "--bare")
    ran = repo.crstandards("hook", "install", "--pre-receive", str(bare.root))
    passed(ran)
    script = (bare.root / "hooks/pre-receive").read_text("utf-8")
    assert script.rstrip().endswith("-P -m crstandards hook pre-receive")
    assert os.access(bare.root / "hooks/pre-receive", os.X_OK)
    assert hooks_in(bare.root / "hooks") == ["pre-receive"]
    named = {"GIT_DIR": str(repo.root / ".git")}
    passed(repo.crstandards("hook", "install", "--pre-receive", str(bare.root), env=named))
    assert repo.crstandards("hook", "install", cwd=bare.root).status == 2
    assert hooks_in(bare.root / "hooks") == ["pre-receive"]
    (bare.root / "hooks/pre-receive").write_text(FOREIGN, "utf-8")
    assert repo.crstandards("hook", "install", "--pre-receive", str(bare.root)).status == 2
    assert (bare.root / "hooks/pre-receive").read_text("utf-8") == FOREIGN
    assert "git init" in repo.crstandards("hook", "install", cwd=tmp_path).err
    passed(repo.crstandards("hook", "install", "--pre-receive", ".", cwd=repo.root))
    assert hooks_in(repo.root / ".git/hooks") == ["pre-receive"]


def test_on_a_server_that_keeps_hooks_elsewhere(repo: Repo, tmp_path: Path) -> None:
    bare = Repo.create(tmp_path / "bare.git", repo.environment, "--bare")
    for path, expected in (
        (str(tmp_path / "all hooks"), tmp_path / "all hooks"),
        ("ours", bare.root / "ours"),
    ):
        bare.git("config", "core.hooksPath", path)
        passed(repo.crstandards("hook", "install", "--pre-receive", str(bare.root)))
        assert hooks_in(expected) == ["pre-receive"]
    with_tree = repo.root / ".git"
    repo.git("config", "core.hooksPath", "ours")
    passed(repo.crstandards("hook", "install", "--pre-receive", str(repo.root)))
    assert hooks_in(with_tree / "ours") == ["pre-receive"]


@pytest.mark.parametrize("folder", ["src", "nowhere", "README.md"])
def test_a_server_folder_must_be_a_repository_itself(solution: Repo, folder: str) -> None:
    solution.write("README.md", "Contoso\n")
    ran = solution.crstandards("hook", "install", "--pre-receive", folder)
    assert ran.status == 2
    assert folder in ran.err
    assert hooks_in(solution.root / ".git/hooks") == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_servers_repository_may_belong_to_another_user(repo: Repo, tmp_path: Path) -> None:
    bare = Repo.create(tmp_path / "bare.git", repo.environment, "--bare")
    subprocess.run(["chown", "-R", "1234:1234", bare.root], check=True)
    passed(repo.crstandards("hook", "install", "--pre-receive", str(bare.root)))
    assert hooks_in(bare.root / "hooks") == ["pre-receive"]


@pytest.mark.parametrize("how", ["crstandards", "python"])
def test_the_hooks_for_a_shared_folder(solution: Repo, tmp_path: Path, how: str) -> None:
    shutil.copytree(PROJECT / "hooks", tmp_path / "team hooks")
    solution.git("config", "core.hooksPath", str(tmp_path / "team hooks"))
    if how == "python":
        without_programs(solution)
        solution.environment["CRSTANDARDS_PYTHON"] = sys.executable
    works(solution)
    merges_are_judged(solution)


def test_the_hooks_for_a_shared_folder_without_crstandards(solution: Repo, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "hooks", tmp_path / "team hooks")
    solution.git("config", "core.hooksPath", str(tmp_path / "team hooks"))
    without_programs(solution)
    write_flow(solution, "src/HR", "New hire", flow())
    stage(solution)
    ran = attempt(solution)
    assert ran.status != 0
    assert "pipx install git+https://" in ran.err


def without_programs(repo: Repo) -> None:
    folders = repo.environment["PATH"].split(os.pathsep)
    repo.environment["PATH"] = os.pathsep.join(
        folder for folder in folders if not (Path(folder) / "crstandards").exists()
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_hooks_for_a_shared_folder_can_be_run(name: str) -> None:
    path = PROJECT / "hooks" / name
    assert os.access(path, os.X_OK)
    assert b"\r" not in path.read_bytes()
