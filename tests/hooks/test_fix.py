"""The hook that mends: it edits what is staged and safe, stages nothing, and stops the commit."""

from __future__ import annotations

import os

import pytest

from tests.hooks.conftest import Guard, local_config
from tests.support.builders import OUTLOOK, Repo, flow, to_json, write_solution
from tests.support.commits import attempt, blocked, flow_path, passed, stage, write_flow

FIX = "connection-references-fix"
RAW = flow({OUTLOOK: None})
MENDED = flow({OUTLOOK: "con_outlook"})
NAME = "Raw"
PATH = flow_path("src/HR", NAME)


@pytest.fixture(params=["pre-commit", "prek"])
def mending(request: pytest.FixtureRequest, guard: Guard) -> Repo:
    """A repository with the hook that mends, before the one that judges."""
    return guard(request.param, local_config(FIX, "connection-references"))


def test_a_commit_is_mended_stopped_and_then_let_through(mending: Repo) -> None:
    write_flow(mending, "src/HR", NAME, RAW)
    stage(mending)
    blocked(attempt(mending), "con_outlook chosen in", "files were modified by this hook")
    assert (mending.root / PATH).read_text() == to_json(MENDED)
    assert mending.git("show", f":{PATH}") == to_json(RAW), "nothing is staged"
    stage(mending)
    passed(attempt(mending))


def test_a_clean_commit_passes_whatever_nobody_touched(mending: Repo) -> None:
    write_flow(mending, "src/Sales", NAME, flow({OUTLOOK: None}))
    mending.commit("Bring a raw connection past the hooks")
    write_flow(mending, "src/HR", NAME, MENDED)
    stage(mending)
    passed(attempt(mending))
    mending.write("README.md", "More\n")
    stage(mending)
    passed(attempt(mending))
    assert not mending.git("status", "--porcelain")


def test_what_needs_a_word_is_left_to_the_hook_that_judges(guard: Guard) -> None:
    repo = guard("pre-commit", local_config(FIX))
    text = (repo.root / "src/HR/Other/Customizations.xml").read_text()
    declared = text[text.index("    <connectionreference ") : text.index("  </connectionreferences>")]
    repo.write("src/HR/Other/Customizations.xml", text.replace(declared, declared * 2))
    write_flow(repo, "src/HR", NAME, RAW)
    stage(repo)
    blocked(attempt(repo), "declares con_outlook once")
    other = declared.replace("con_outlook", "con_other")
    repo.write("src/HR/Other/Customizations.xml", text.replace(declared, declared + other))
    write_flow(repo, "src/HR", NAME, MENDED)
    stage(repo)
    passed(attempt(repo))


@pytest.mark.parametrize("framework", ["pre-commit", "prek"])
def test_by_hand_all_files_are_mended(guard: Guard, framework: str) -> None:
    repo = guard(framework, local_config(FIX))
    write_flow(repo, "src/HR", NAME, RAW)
    repo.commit("Bring a raw connection past the hooks")
    blocked(repo.run((framework, "run", "--all-files", FIX)), "con_outlook chosen in")
    assert (repo.root / PATH).read_text() == to_json(MENDED)


def test_a_file_with_unstaged_changes_is_left_alone(repo: Repo) -> None:
    """By git's own hooks nothing is stashed: what a person is working on is theirs."""
    repo_with_raw(repo)
    (repo.root / PATH).unlink()
    assert repo.crstandards("fix", "--staged").status == 0
    assert not (repo.root / PATH).exists()
    work = to_json(RAW).replace('"schemaVersion": "1.0.0.0"', '"schemaVersion": "1.0.0.0", "work": 1')
    repo.write(PATH, work)
    ran = repo.crstandards("fix", "--staged")
    assert ran.status == 0
    assert "has unstaged changes" in " ".join(ran.out.split())
    assert (repo.root / PATH).read_text() == work
    ran = repo.crstandards("fix", "--staged", "--allow-unstaged")
    assert ran.status == 1
    assert '"work": 1' in (repo.root / PATH).read_text()
    assert "con_outlook" in (repo.root / PATH).read_text()


def test_other_files_may_have_unstaged_changes(repo: Repo) -> None:
    """It is judged by what is staged: an unstaged declaration is none."""
    repo_with_raw(repo)
    path = "src/HR/Other/Customizations.xml"
    text = (repo.root / path).read_text()
    spare = text[text.index("    <connectionreference ") : text.index("  </connectionreferences>")]
    unstaged = text.replace(spare, spare + spare.replace("con_outlook", "con_spare"))
    repo.write(path, unstaged)
    write_flow(repo, "src/HR", "Untracked", RAW)
    ran = repo.crstandards("fix", "--staged")
    assert ran.status == 1, ran.text
    assert (repo.root / PATH).read_text() == to_json(MENDED)
    assert (repo.root / path).read_text() == unstaged
    assert (repo.root / flow_path("src/HR", "Untracked")).read_text() == to_json(RAW)


def test_line_ends_that_git_translates_are_no_changes(repo: Repo) -> None:
    repo.git("config", "core.autocrlf", "true")
    repo_with_raw(repo)
    (repo.root / PATH).write_bytes(to_json(RAW).replace("\n", "\r\n").encode())
    stage(repo)
    assert repo.crstandards("fix", "--staged").status == 1
    assert (repo.root / PATH).read_bytes() == to_json(MENDED).replace("\n", "\r\n").encode()


def test_a_filter_that_git_lfs_requires_is_not_run(repo: Repo) -> None:
    """To compare content, git would run it, and without it would call its absence an error."""
    repo_with_raw(repo)
    repo.write(".gitattributes", "*.json filter=lfs\n")
    for name, value in (("clean", "touch run && cat"), ("required", "true"), ("note", "of no meaning")):
        repo.git("config", f"filter.lfs.{name}", value)
    os.utime(repo.root / PATH, (1, 1))
    ran = repo.crstandards("fix", "--staged")
    assert ran.status == 1, ran.text
    assert (repo.root / PATH).read_text() == to_json(MENDED)
    assert not (repo.root / "run").exists()


def test_a_filter_that_cannot_be_taken_out_is_not_run(repo: Repo) -> None:
    repo_with_raw(repo)
    repo.write(".gitattributes", "*.json filter=a=b\n")
    repo.git("config", "filter.a=b.clean", "touch run && cat")
    os.utime(repo.root / PATH, (1, 1))
    ran = repo.crstandards("fix", "--staged")
    assert ran.status == 3
    assert "a filter whose name holds '=': filter.a=b" in ran.err
    assert (repo.root / PATH).read_text() == to_json(RAW)
    assert not (repo.root / "run").exists()


@pytest.mark.parametrize("staged", [True, False])
def test_a_path_beside_what_is_staged_is_wrong_use(repo: Repo, staged: bool) -> None:
    repo_with_raw(repo)
    if not staged:
        repo.git("commit", "-qm", "all")
    ran = repo.crstandards("fix", "--staged", "src/HR")
    assert ran.status == 2
    assert "name no PATH with it" in ran.err
    assert (repo.root / PATH).read_text() == to_json(RAW)


@pytest.mark.parametrize("old", ["0" * 40, "1" * 40])
def test_a_branch_that_is_deleted_has_nothing_to_mend(repo: Repo, old: str) -> None:
    repo_with_raw(repo)
    told = {"PRE_COMMIT": "1", "PRE_COMMIT_FROM_REF": old, "PRE_COMMIT_TO_REF": "0" * 40}
    ran = repo.crstandards("fix", "--staged", env=told)
    assert (ran.status, ran.text) == (0, "")
    assert (repo.root / PATH).read_text() == to_json(RAW)


def repo_with_raw(repo: Repo) -> None:
    """A solution whose flow is raw, staged."""
    write_solution(repo.root / "src/HR", "ContosoHR")
    write_flow(repo, "src/HR", NAME, RAW)
    stage(repo)
