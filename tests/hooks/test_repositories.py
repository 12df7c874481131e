"""Commits in repositories of every kind: linked worktrees, submodules, sparse ones, odd names."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.hooks.conftest import FRAMEWORKS, Guard
from tests.support.builders import (
    Repo,
    customizations,
    flow,
    flow_file,
    raw_flow,
    to_json,
    write_solution,
)
from tests.support.commits import attempt, blocked, flow_path, passed, stage, write_flow


def test_in_a_linked_worktree(guarded: Repo) -> None:
    folder = guarded.root.parent / "linked worktree"
    guarded.git("worktree", "add", "--quiet", "-b", "linked", str(folder))
    linked = Repo(folder, guarded.environment)
    write_flow(linked, "src/HR", "New hire", raw_flow())
    # Neither may the first worktree's state play a part.
    write_flow(guarded, "src/Sales", "Offer", raw_flow())
    stage(guarded)
    stage(linked)
    blocked(attempt(linked), "CR101", "ContosoHR", absent="ContosoSales")
    write_flow(linked, "src/HR", "New hire", flow())
    stage(linked)
    passed(attempt(linked, cwd=folder / "src"))


def test_in_a_linked_worktree_of_a_bare_repository(plain: Repo) -> None:
    bare = plain.root.parent / "contoso.git"
    plain.git("clone", "--quiet", "--bare", ".", str(bare))
    shutil.copytree(plain.root / ".git/hooks", bare / "hooks", dirs_exist_ok=True)
    plain.git("worktree", "add", "--quiet", str(plain.root.parent / "linked"), cwd=bare)
    linked = Repo(plain.root.parent / "linked", plain.environment)
    write_flow(linked, "src/HR", "New hire", raw_flow())
    stage(linked)
    blocked(attempt(linked), "CR101")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_in_a_submodule(guard: Guard, git_environment: dict[str, str], framework: str) -> None:
    guarded = guard(framework)
    above = Repo.create(guarded.root.parent / "above", guarded.environment)
    write_solution(above.root / "src/Broken", "ContosoBroken", flows={"Raw": raw_flow()})
    above.git("submodule", "add", "--quiet", str(guarded.root), "solutions")
    above.commit()
    inside = Repo(above.root / "solutions", guarded.environment)
    inside.run([framework, "install"], check=True)
    write_flow(inside, "src/HR", "New hire", raw_flow())
    stage(inside)
    blocked(attempt(inside), "CR101", "ContosoHR", absent="ContosoBroken")
    write_flow(inside, "src/HR", "New hire", flow())
    stage(inside)
    passed(attempt(inside))


def test_a_submodule_is_not_looked_into(plain: Repo) -> None:
    below = Repo.create(plain.root.parent / "below", plain.environment)
    write_solution(below.root, "ContosoBelow", flows={"Raw": raw_flow()})
    below.commit()
    plain.git("submodule", "add", "--quiet", str(below.root), "src/Below")
    plain.git("submodule", "add", "--quiet", str(below.root), "ci/workflows")
    write_flow(plain, "src/HR", "New hire", flow())
    stage(plain)
    passed(attempt(plain))
    Repo(plain.root / "src/Below", plain.environment).commit("Next")
    plain.git("add", "src/Below")
    passed(attempt(plain))


def test_a_submodule_in_the_place_of_a_solutions_flows_is_not_taken_for_none(plain: Repo) -> None:
    below = Repo.create(plain.root.parent / "below", plain.environment)
    below.write(flow_file("Raw"), to_json(raw_flow()))
    below.commit()
    plain.remove("src/HR/Workflows")
    plain.git("submodule", "add", "--quiet", str(below.root), "src/HR/Workflows")
    blocked(attempt(plain), "CR901", "submodule")


def test_the_first_commit(guarded: Repo) -> None:
    guarded.git("checkout", "--quiet", "--orphan", "fresh")
    guarded.git("rm", "-r", "--quiet", "--cached", ".")
    passed(guarded.crstandards("hook", "pre-commit"))
    write_flow(guarded, "src/HR", "New hire", raw_flow())
    stage(guarded)
    blocked(attempt(guarded), "CR101")
    write_flow(guarded, "src/HR", "New hire", flow())
    stage(guarded)
    passed(attempt(guarded))


def test_an_entry_that_is_only_intended_is_not_judged(guarded: Repo) -> None:
    path = write_flow(guarded, "src/HR", "New hire", raw_flow())
    guarded.git("add", "--intent-to-add", path)
    guarded.write("README.md", "Changed\n")
    guarded.git("add", "README.md")
    passed(attempt(guarded))
    write_flow(guarded, "src/HR", "Send reminder", flow({}))
    guarded.git("add", flow_path("src/HR", "Send reminder"))
    passed(attempt(guarded))
    # Nor does it touch its solution.
    guarded.write(flow_path("src/HR", "Old"), to_json(raw_flow()))
    guarded.git("add", flow_path("src/HR", "Old"))
    guarded.git("commit", "--quiet", "--no-verify", "--message", "Past the hook")
    guarded.write("src/Sales/Other/Customizations.xml", customizations(["con_new"]))
    guarded.git("add", "src/Sales")
    passed(attempt(guarded))
    guarded.git("add", path)
    blocked(attempt(guarded), "CR101")


def test_files_that_a_sparse_checkout_leaves_out_count(guarded: Repo) -> None:
    write_solution(guarded.root / "src/HR", "ContosoHR", ["con_outlook", "con_outlook_2"])
    guarded.commit("Past the hook")
    guarded.git("sparse-checkout", "set", "--no-cone", "/*", "!/src/HR/Other/")
    assert not (guarded.root / "src/HR/Other").exists()
    write_flow(guarded, "src/HR", "New hire", flow())
    guarded.git("add", "src/HR/Workflows")
    blocked(attempt(guarded), "CR201")


def test_with_a_sparse_index(plain: Repo) -> None:
    write_solution(plain.root / "src/HR", "ContosoHR", ["con_outlook", "con_outlook_2"])
    write_solution(plain.root / "src/More", "ContosoMore")
    plain.commit("Past the hook")
    plain.git("sparse-checkout", "set", "--cone", "--sparse-index", "src/Sales", "src/HR")
    assert not (plain.root / "src/More").exists()
    plain.write("src/Sales/Other/Customizations.xml", customizations(["con_new"]))
    stage(plain)
    passed(attempt(plain))
    plain.remove(flow_path("src/HR", "Send reminder"))
    blocked(attempt(plain), "CR201")


ODD_NAMES = [
    "Grüße an alle.json",
    "name with  spaces 'quotes' \"double\" $HOME `x`.json",
    "new\nline.json",
    "-dash\\back*[a]?.json",
    "日本語 ✓.json",
]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_files_with_odd_names(guarded: Repo) -> None:
    for name in ODD_NAMES:
        guarded.write(f"src/HR/Workflows/{name}", to_json(raw_flow()))
    stage(guarded)
    shown = [name.replace("\n", "\\n") for name in ODD_NAMES]
    blocked(attempt(guarded), f"Found {len(ODD_NAMES)} errors", *shown, absent="\x1b")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the file system has no such names")
def test_files_whose_names_are_not_utf8(repo: Repo) -> None:
    # pre-commit itself fails on them.
    repo.crstandards("hook", "install")
    write_solution(repo.root / "src/HR", "ContosoHR", flows={})
    for name in (b"caf\xe9.json", b"caf\xff\xfe.json"):
        path = os.fsencode(repo.root) + b"/src/HR/Workflows/" + name
        Path(os.fsdecode(path)).parent.mkdir(exist_ok=True)
        Path(os.fsdecode(path)).write_text(to_json(raw_flow()), "utf-8")
    stage(repo)
    blocked(attempt(repo), "Found 2 errors", "/caf\\xe9.json:4:7", "/caf\\xff\\xfe.json:4:7")
    repo.git("commit", "--quiet", "--no-verify", "--message", "Past the hook")
    repo.git("rm", "--quiet", "--cached", "*/Customizations.xml")
    blocked(attempt(repo), "Found 2 errors", "caf\\xe9.json")


def test_with_line_ends_that_git_converts(plain: Repo) -> None:
    plain.git("config", "core.autocrlf", "true")
    text = to_json(raw_flow()).replace("\n", "\r\n")
    plain.write(flow_path("src/HR", "New hire"), text)
    stage(plain)
    index = plain.crstandards("check", "--staged", "--format", "json").out
    assert plain.crstandards("check", "--format", "json").out == index.replace('"index"', '"worktree"')
    blocked(attempt(plain), "CR101", f"{flow_path('src/HR', 'New hire')}:4:7")


def test_in_a_repository_of_sha256(
    guard: Guard, framework_environment: dict[str, str], tmp_path: Path
) -> None:
    repo = Repo.create(tmp_path / "sha256", framework_environment, "--object-format=sha256")
    repo.crstandards("hook", "install")
    write_solution(repo.root / "src/HR", "ContosoHR", flows={"Raw": raw_flow()})
    repo.write("empty.txt", "")
    stage(repo)
    blocked(attempt(repo), "CR101")
    write_flow(repo, "src/HR", "Raw", flow())
    intended = write_flow(repo, "src/HR", "Intended", raw_flow())
    repo.git("add", "--intent-to-add", intended)
    repo.git("add", flow_path("src/HR", "Raw"))
    passed(attempt(repo))
    repo.git("add", intended)
    blocked(attempt(repo), "CR101")
    passed(repo.crstandards("check", "--rev", "HEAD"))


@pytest.mark.parametrize("command", ["git fetch --refetch --no-filter", "git sparse-checkout disable"])
def test_in_a_partial_clone(plain: Repo, command: str) -> None:
    environment = '[[environments]]\nname = "prod"\nsharing = "set-per-solution"\n'
    plain.write("crstandards.toml", environment)
    write_solution(plain.root / "src/More", "ContosoMore", ["con_more"], {})
    plain.commit("Configure")
    plain.git("config", "uploadpack.allowFilter", "true")
    partial = Repo(plain.root.parent / "partial", plain.environment)
    url = plain.root.as_uri()
    plain.git("clone", "--quiet", "--filter=blob:none", "--sparse", url, str(partial.root))
    partial.git("sparse-checkout", "set", "src/HR")
    missing = partial.git("rev-list", "--objects", "--missing=print", "HEAD")
    assert "?" + partial.git("rev-parse", "HEAD:src/More/Other/Customizations.xml") in missing
    write_flow(partial, "src/HR", "New hire", flow())
    stage(partial)
    # Nothing is fetched behind the committer's back, even where git could; what the message names gets it.
    ran = partial.crstandards("hook", "pre-commit")
    assert ran.status == 3, ran.text
    assert f"'{command}'" in ran.err
    assert "?" in partial.git("rev-list", "--objects", "--missing=print", "HEAD")
    # What the changed solution tells by itself is said all the same, and what was not looked at.
    path = write_flow(partial, "src/HR", "Raw", raw_flow())
    stage(partial)
    raw = partial.crstandards("hook", "pre-commit")
    assert (raw.status, "CR101" in raw.out) == (1, True)
    assert "nothing beside what was changed was looked at" in raw.err
    assert f"'{command}'" in raw.err
    partial.git("rm", "--quiet", "--force", path, f"{path}.data.xml")
    partial.git(*command.split()[1:])
    passed(partial.crstandards("hook", "pre-commit"))


def test_from_a_subfolder(plain: Repo) -> None:
    write_flow(plain, "src/HR", "New hire", raw_flow())
    stage(plain)
    folder = plain.root / "src/HR/Other"
    blocked(attempt(plain, cwd=folder), "CR101", "src/HR/Workflows/")
    ran = plain.crstandards("hook", "pre-commit", cwd=folder)
    assert ran.status == 1
    assert "src/HR/Workflows/" in ran.out


def test_with_the_repository_named_by_variables_relative_to_a_subfolder(plain: Repo) -> None:
    write_flow(plain, "src/HR", "New hire", raw_flow())
    stage(plain)
    folder = plain.root / "src/HR"
    named = {"GIT_DIR": "../../.git", "GIT_WORK_TREE": "../.."}
    blocked(plain.crstandards("hook", "pre-commit", cwd=folder, env=named), "CR101")
    index = {**named, "GIT_INDEX_FILE": ".git/index"}
    blocked(plain.crstandards("hook", "pre-commit", cwd=folder, env=index), "CR101")


@pytest.mark.parametrize("linked", [False, True])
def test_a_hook_that_changes_the_folder_still_checks_its_repository(plain: Repo, linked: bool) -> None:
    if linked:
        folder = plain.root.parent / "linked"
        plain.git("worktree", "add", "--quiet", str(folder))
        plain = Repo(folder, plain.environment)
    hook = Path(plain.git("rev-parse", "--git-path", "hooks/pre-commit"))
    # In a linked worktree, git exports GIT_DIR to this script.
    plain.write(str(hook), "#!/bin/sh\ncd src/HR && crstandards check .\n")
    os.chmod(plain.root / hook, 0o755)
    write_flow(plain, "src/HR", "New hire", raw_flow())
    stage(plain)
    blocked(attempt(plain), "CR101", "src/HR/Workflows/")


def test_with_a_git_folder_elsewhere(plain: Repo) -> None:
    elsewhere = plain.root.parent / "elsewhere.git"
    (plain.root / ".git").rename(elsewhere)
    named = {"GIT_DIR": str(elsewhere), "GIT_WORK_TREE": str(plain.root)}
    write_flow(plain, "src/HR", "New hire", raw_flow())
    plain.git("add", "--all", env=named)
    blocked(attempt(plain, env=named), "CR101")


def test_a_configuration_of_git_that_changes_its_answers(plain: Repo) -> None:
    for setting in (
        "diff.renames=copies",
        "diff.noprefix=true",
        "diff.relative=true",
        "core.quotePath=true",
        "color.ui=always",
        "core.ignoreCase=true",
        "status.relativePaths=false",
        "diff.external=false",
        "diff.orderFile=/nowhere",
    ):
        key, _, value = setting.partition("=")
        plain.git("config", key, value)
    plain.git("mv", "src/HR", "src/Größe")
    write_flow(plain, "src/Größe", "New hire", raw_flow())
    stage(plain)
    blocked(plain.crstandards("hook", "pre-commit"), "CR101", "src/Größe/Workflows")


def test_with_pathspecs_taken_literally(plain: Repo) -> None:
    plain.write("empty.txt", "")
    write_flow(plain, "src/HR", "New hire", raw_flow())
    stage(plain)
    for variable in ("GIT_LITERAL_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"):
        blocked(plain.crstandards("hook", "pre-commit", env={variable: "1"}), "CR101")
