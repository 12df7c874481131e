"""What cannot be read or makes no sense ends in a finding or one clear line: never in a clean verdict."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.hooks.conftest import copy
from tests.support.builders import Ran, Repo, customizations, flow, raw_flow, to_json, write_solution
from tests.support.commits import blocked, flow_path, passed, stage, write_flow

CUSTOMIZATIONS = "src/HR/Other/Customizations.xml"
REMINDER = flow_path("src/HR", "Send reminder")


def hook(repo: Repo, *options: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    return repo.crstandards("hook", "pre-commit", *options, cwd=cwd, env=env)


def refused(ran: Ran, status: int, *expected: str) -> None:
    """Asserts that a run ended with one line on standard error and nothing else."""
    assert ran.status == status, ran.text
    assert ran.out == ""
    assert ran.err.startswith("crstandards: ")
    assert len(ran.err.splitlines()) == 1, ran.err
    for text in expected:
        assert text in ran.err, ran.err


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    repo = Repo.create(tmp_path_factory.mktemp("template") / "repo", git_environment)
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("Begin")
    write_flow(repo, "src/HR", "New hire", flow())
    stage(repo)
    passed(hook(repo))
    return repo


@pytest.fixture
def staged(template: Repo, tmp_path: Path) -> Repo:
    """A repository with a clean solution, and a clean change of it staged."""
    return copy(template, tmp_path / "staged")


def object_file(repo: Repo, revision: str) -> Path:
    name = repo.git("rev-parse", revision)
    return repo.root / ".git/objects" / name[:2] / name[2:]


# The repository


def test_where_there_is_no_working_tree(staged: Repo, tmp_path: Path) -> None:
    refused(hook(staged, cwd=tmp_path), 2, "inside a git repository")
    refused(hook(Repo.create(tmp_path / "bare.git", staged.environment, "--bare")), 2, "bare repository")
    refused(hook(staged, cwd=staged.root / ".git"), 2, "git's own folder")
    refused(hook(staged, env={"GIT_DIR": str(tmp_path)}), 3, "not a git repository")
    staged.git("worktree", "add", "--quiet", "../linked")
    shutil.rmtree(staged.root)
    refused(hook(staged, cwd=staged.root.parent / "linked"), 3, "not a git repository")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the folder")
def test_in_a_folder_that_is_gone(repo: Repo) -> None:
    script = 'cd "$1" && rmdir "$1" && exec "$2" -P -m crstandards hook pre-commit'
    folder = repo.root / "gone"
    folder.mkdir()
    refused(repo.run(["sh", "-c", script, "sh", folder, sys.executable]), 3, "current working directory")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_in_a_repository_of_another_user(staged: Repo) -> None:
    subprocess.run(["chown", "-R", "1234:1234", staged.root], check=True)
    refused(hook(staged), 3, "belongs to another user", "safe.directory")
    refused(staged.crstandards("replay", "HEAD"), 3, "belongs to another user", "safe.directory")


# The index and the objects


@pytest.mark.parametrize("content", [b"", b"DIRC", b"nonsense" * 100])
@pytest.mark.parametrize("unborn", [False, True])
def test_with_a_corrupt_index(staged: Repo, content: bytes, unborn: bool) -> None:
    if unborn:
        staged.git("symbolic-ref", "HEAD", "refs/heads/fresh")
    index = staged.root / ".git/index"
    half = index.read_bytes()[: index.stat().st_size // 2]
    index.write_bytes(content)
    refused(hook(staged), 3, "git diff-index failed")
    if not unborn:
        # git reads half of it all the same.
        index.write_bytes(half)
        assert staged.try_git("ls-files").status == 0
        refused(hook(staged), 3, "damaged")
        refused(staged.crstandards("check"), 3, "damaged")
        (staged.root / ".git/refs/heads/main").write_text("nonsense\n")
        refused(hook(staged), 3)


@pytest.mark.parametrize("path", [flow_path("src/HR", "New hire"), CUSTOMIZATIONS])
def test_with_a_blob_missing(staged: Repo, path: str) -> None:
    object_file(staged, f":{path}").unlink()
    refused(hook(staged), 3, "git has no object")


def test_with_a_corrupt_blob(staged: Repo) -> None:
    file = object_file(staged, f":{flow_path('src/HR', 'New hire')}")
    file.chmod(0o644)
    file.write_bytes(b"nonsense")
    refused(hook(staged), 3)


@pytest.mark.parametrize("revision", ["HEAD", "HEAD^{tree}", "HEAD:src/HR/Other"])
def test_with_an_object_of_the_last_commit_missing(staged: Repo, revision: str) -> None:
    # Otherwise git finds the trees in its cache.
    staged.git("update-index", "--index-info", env={"GIT_INDEX_FILE": str(staged.root / ".git/index")})
    object_file(staged, revision).unlink()
    write_flow(staged, "src/HR", "Another", flow())
    (staged.root / CUSTOMIZATIONS).write_text(customizations(["con_outlook", ("con_x", "shared_x")]))
    stage(staged)
    ran = hook(staged)
    assert ran.status == 3
    assert "Traceback" not in ran.text


def test_with_conflicts_in_the_index(staged: Repo) -> None:
    staged.commit()
    staged.git("switch", "--quiet", "--create", "other")
    staged.write(REMINDER, to_json(flow({})))
    staged.commit()
    staged.git("switch", "--quiet", "main")
    staged.write(REMINDER, to_json(flow({"shared_teams": None})))
    staged.commit()
    assert staged.try_git("merge", "other").status == 1
    refused(hook(staged), 3, REMINDER, "merge conflicts")
    assert staged.crstandards("check", "--staged").status == 3
    # The working tree holds git's conflict marks.
    blocked(staged.crstandards("check"), "CR901")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_name_in_an_error_works_no_harm(staged: Repo) -> None:
    blob = staged.git("rev-parse", f":{REMINDER}")
    names = b"".join(f"100644 {blob} {stage}\tsrc/\x1b[31m##vso[x]\r.json\0".encode() for stage in (1, 2, 3))
    staged.run(["git", "update-index", "-z", "--index-info"], stdin=names, check=True)
    refused(hook(staged), 3, "src/\\u001b[31m#\\u0023vso[x]")


# Rights


@pytest.fixture
def unprivileged() -> Iterator[Repo]:
    """A repository with a staged change, whose processes run as somebody whom file modes concern."""
    if sys.platform == "win32":
        pytest.skip("needs file modes")
    root = os.geteuid() == 0
    if root and not shutil.which("setpriv"):
        pytest.skip("needs setpriv")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            **os.environ,
            "HOME": name,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        repo = Repo.create(folder / "repo", environment)
        write_solution(repo.root / "src/HR", "ContosoHR")
        stage(repo)
        if root:
            subprocess.run(["chown", "-R", "65534:65534", folder], check=True)
        if as_user(repo, "--version").status:
            pytest.skip("another user cannot start this Python")
        yield repo
        subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)


def as_user(repo: Repo, *arguments: str) -> Ran:
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    return repo.run([*become, sys.executable, "-m", "crstandards", *arguments])


@pytest.mark.parametrize("path", [".git/index", ".git/objects", ".git/HEAD"])
def test_without_the_right_to_read_what_git_keeps(unprivileged: Repo, path: str) -> None:
    passed(as_user(unprivileged, "hook", "pre-commit"))
    (unprivileged.root / path).chmod(0)
    ran = as_user(unprivileged, "hook", "pre-commit")
    assert ran.status in (2, 3), ran.text
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("path", [REMINDER, CUSTOMIZATIONS, "src/HR/Workflows", "src"])
def test_without_the_right_to_read_the_source(unprivileged: Repo, path: str) -> None:
    passed(as_user(unprivileged, "check"))
    (unprivileged.root / path).chmod(0)
    blocked(as_user(unprivileged, "check"), "CR901")
    # The index needs none of it.
    passed(as_user(unprivileged, "hook", "pre-commit"))


# The configuration


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"crstandards.toml": 'rules = "'}, "crstandards.toml"),
        ({"crstandards.toml": "[rulez]\n"}, "rules"),
        ({"crstandards.toml": "\xff"}, "crstandards.toml"),
        ({"pyproject.toml": "[tool.crstandards]\nnonsense = 1\n"}, "pyproject.toml"),
        ({"pyproject.toml": "[tool.crstandards]\n", "crstandards.toml": ""}, "crstandards.toml"),
    ],
)
def test_with_a_broken_configuration(staged: Repo, files: dict[str, str], expected: str) -> None:
    for path, content in files.items():
        staged.write(path, content.encode("latin-1"))
    stage(staged)
    refused(hook(staged), 2, expected)


@pytest.mark.parametrize("content", ["<<<<<<< HEAD\n{}\n", "null", "{}"])
def test_with_a_broken_baseline(staged: Repo, content: str) -> None:
    """The solution is clean, and needs none; the check and the server refuse it all the same."""
    staged.write("crstandards-baseline.json", '{"schema": "crstandards/baseline/1", "findings": ["end"]}')
    stage(staged)
    passed(hook(staged))
    staged.write("crstandards-baseline.json", content)
    stage(staged)
    refused(hook(staged), 2, "crstandards-baseline.json")
    refused(staged.crstandards("check", "--staged"), 2, "crstandards-baseline.json")


def test_with_a_configuration_that_is_a_link(staged: Repo) -> None:
    staged.write("elsewhere.toml", '[rules]\nCR101 = "off"\n')
    (staged.root / "crstandards.toml").symlink_to("elsewhere.toml")
    stage(staged)
    refused(hook(staged), 3, "crstandards.toml", "link")


@pytest.mark.parametrize(
    "options",
    [
        ["--select", "CR999"],
        ["--config", "nowhere.toml"],
        ["--format", "xml"],
        ["--config", "a", "--no-config"],
    ],
)
def test_with_options_that_make_no_sense(staged: Repo, options: list[str]) -> None:
    refused(hook(staged, *options), 2)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["pre-commit", "--nonsense"], ["pre-commit", "a.json"]]
)
def test_with_arguments_that_make_no_sense(repo: Repo, arguments: list[str]) -> None:
    ran = repo.crstandards("hook", *arguments)
    assert ran.status == 2
    assert len(ran.err.splitlines()) == 1


# The source


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (REMINDER, "{"),
        (REMINDER, ""),
        (REMINDER, b"\xff\xfe\x00"),
        (REMINDER, '{"properties":' * 200_000),
        (REMINDER, "[" * 200_000),
        (REMINDER, "version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 99\n"),
        (CUSTOMIZATIONS, ""),
        (CUSTOMIZATIONS, "<ImportExportXml>"),
        (CUSTOMIZATIONS, '<!DOCTYPE x [<!ENTITY a "b">]><ImportExportXml>&a;</ImportExportXml>'),
        (CUSTOMIZATIONS, "<a>" * 200_000),
        ("src/HR/Other/Solution.xml", "<ImportExportXml><SolutionManifest/>"),
    ],
)
def test_source_that_cannot_be_read(staged: Repo, path: str, content: str | bytes) -> None:
    staged.write(path, content)
    stage(staged)
    blocked(hook(staged), "CR901", path)


def test_a_flow_that_is_too_big(staged: Repo) -> None:
    staged.write(REMINDER, to_json(flow()).encode() + b" " * (32 * 1024 * 1024))
    stage(staged)
    blocked(hook(staged), "CR901", "32 MB")


@pytest.mark.parametrize("path", [REMINDER, CUSTOMIZATIONS, "src/HR/Other/Solution.xml", "src/HR/Workflows"])
def test_a_link_where_source_belongs(staged: Repo, path: str) -> None:
    elsewhere = staged.root.parent / "elsewhere"
    (staged.root / path).rename(elsewhere)
    (staged.root / path).symlink_to(elsewhere)
    stage(staged)
    blocked(hook(staged), "CR901", path, "link")


def test_a_link_that_git_keeps_as_a_small_file(staged: Repo) -> None:
    # As on Windows, where core.symlinks is off: the mode tells.
    staged.git("config", "core.symlinks", "false")
    target = staged.run(["git", "hash-object", "-w", "--stdin"], stdin="../../elsewhere.json").out.strip()
    staged.git("update-index", "--cacheinfo", f"120000,{target},{REMINDER}")
    staged.write(REMINDER, "../../elsewhere.json")
    blocked(hook(staged), "CR901", "link")
    blocked(staged.crstandards("check"), "CR901", "link")


def test_a_folder_of_source_that_became_a_link_is_not_followed(staged: Repo) -> None:
    elsewhere = staged.root.parent / "elsewhere"
    write_flow(staged, "src/HR", "New hire", raw_flow())
    stage(staged)
    blocked(staged.crstandards("check"), "CR101")
    (staged.root / "src/HR").rename(elsewhere)
    (staged.root / "src/HR").symlink_to(elsewhere)
    # As git sees it, all its files are deleted.
    assert "CR101" not in staged.crstandards("check").out
    stage(staged)
    passed(hook(staged))


@pytest.mark.skipif(sys.platform == "win32", reason="names have one encoding there")
def test_where_the_locale_has_no_letter_for_a_name(repo: Repo) -> None:
    write_solution(repo.root / "src/Lösung", "ContosoHR", flows={"Grüße": raw_flow()})
    stage(repo)
    ascii_names = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONIOENCODING": ""}
    told = repo.run([sys.executable, "-c", "import sys; print(sys.getfilesystemencoding())"], env=ascii_names)
    assert told.out == "ascii\n"
    usual = repo.crstandards("check", "--format", "json").out
    assert "CR101" in usual
    assert repo.crstandards("check", "--format", "json", env=ascii_names).out == usual
    blocked(hook(repo, env=ascii_names), "CR101")
    (repo.root / ".git").rename(repo.root.parent / "git")
    assert repo.crstandards("check", "--format", "json", env=ascii_names).out == usual
    above = repo.root.parent / "Größe"
    repo.root.rename(above)
    (repo.root.parent / "git").rename(above / ".git")
    moved = Repo(above, repo.environment)
    assert moved.crstandards("check", "--format", "json", env=ascii_names).out == usual
