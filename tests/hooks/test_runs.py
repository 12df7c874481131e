"""Runs that are no commit: by hand, for a range, on a push."""

from __future__ import annotations

import pytest

from tests.hooks.conftest import FRAMEWORKS, Guard, local_config
from tests.support.builders import OUTLOOK, Ran, Repo, customizations, flow, raw_flow
from tests.support.commits import blocked, passed, stage, write_flow

ZERO = "0" * 40


def run(repo: Repo, framework: str, *options: str) -> Ran:
    return repo.run([framework, "run", *options])


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_all_files_reads_the_tracked_files_as_they_stand(guard: Guard, framework: str) -> None:
    repo = guard(framework)
    write_flow(repo, "src/HR", "Untracked", raw_flow())
    passed(run(repo, framework, "--all-files"))
    # Tracked and changed or gone, but not staged.
    (repo.root / "src/HR/Other/Customizations.xml").unlink()
    blocked(run(repo, framework, "--all-files"), "CR501")
    write_flow(repo, "src/HR", "Send reminder", raw_flow())
    blocked(run(repo, framework, "--all-files"), "CR101", 'Flow "Send', absent="Untracked")
    repo.commit("Past the hook")
    repo.write("README.md", "Changed\n")
    stage(repo)
    # By hand everything is judged, whatever is staged.
    blocked(run(repo, framework), "CR101")


def test_all_files_reads_what_a_sparse_checkout_leaves_out(guard: Guard, framework: str) -> None:
    repo = guard(framework)
    repo.write("src/HR/Other/Customizations.xml", customizations(["con_outlook", "con_outlook_2"]))
    repo.commit("Past the hook")
    repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/src/HR/")
    blocked(run(repo, framework, "--all-files"), "CR201")


def test_a_range_is_judged_by_its_end_and_what_it_touched(guard: Guard, framework: str) -> None:
    repo = guard(framework)
    write_flow(repo, "src/HR", "Old", raw_flow())
    start = repo.commit("Past the hook, before the range")
    repo.write("src/Sales/Other/Customizations.xml", customizations(["con_new"]))
    middle = repo.commit("Sales")
    write_flow(repo, "src/HR", "New", flow())
    end = repo.commit("HR")
    repo.remove("src/HR")
    repo.commit("Without HR")
    passed(run(repo, framework, "--from-ref", start, "--to-ref", middle))
    said = blocked(run(repo, framework, "--from-ref", start, "--to-ref", end), "CR101")
    assert 'Flow "Old"' in said
    passed(run(repo, framework, "--from-ref", start, "--to-ref", "HEAD"))


@pytest.fixture
def pushing(guard: Guard, framework: str) -> Repo:
    """A repository whose pushes are checked, with an empty remote `origin`."""
    repo = guard(framework, local_config(stages=["pre-push"]))
    remote = Repo.create(repo.root.parent / "remote.git", repo.environment, "--bare")
    repo.git("remote", "add", "origin", str(remote.root))
    return repo


def push(repo: Repo, *refs: str) -> Ran:
    return repo.try_git("push", "origin", *refs)


def test_a_first_push_is_judged_whole(pushing: Repo) -> None:
    write_flow(pushing, "src/HR", "Raw", raw_flow())
    pushing.commit("Past the hook")
    # What is not committed plays no part.
    write_flow(pushing, "src/HR", "Raw", flow())
    blocked(push(pushing, "main"), "CR101")
    # That of another branch by that branch.
    passed(push(pushing, "HEAD~1:refs/heads/topic"))
    stage(pushing)
    pushing.commit("Mended")
    write_flow(pushing, "src/HR", "Raw", raw_flow())
    stage(pushing)
    passed(push(pushing, "main"))
    passed(push(pushing, "--delete", "topic"))


def test_a_further_push_is_judged_by_what_it_touches(pushing: Repo) -> None:
    write_flow(pushing, "src/HR", "Raw", raw_flow())
    pushing.commit("Past the hook")
    pushing.git("push", "--quiet", "--no-verify", "origin", "main")
    pushing.write("src/Sales/Other/Customizations.xml", customizations(["con_new"]))
    pushing.commit("Sales")
    passed(push(pushing, "main"))
    write_flow(pushing, "src/HR", "Fine", flow())
    pushing.commit("HR")
    blocked(push(pushing, "main"), "CR101")


def ranged(repo: Repo, old: str, new: str) -> Ran:
    refs = {"PRE_COMMIT": "1", "PRE_COMMIT_FROM_REF": old, "PRE_COMMIT_TO_REF": new}
    return repo.crstandards("hook", "pre-commit", env=refs)


def test_a_range_from_nothing_is_judged_whole(plain: Repo) -> None:
    passed(ranged(plain, ZERO, "HEAD"))
    write_flow(plain, "src/HR", "Raw", raw_flow())
    plain.commit("Past the hook")
    plain.write("README.md", "Changed\n")
    plain.commit("Readme")
    blocked(ranged(plain, ZERO, "HEAD"), "CR101")
    blocked(ranged(plain, "", "HEAD"), "CR101")
    passed(ranged(plain, "HEAD~1", "HEAD"))
    passed(ranged(plain, "HEAD", ZERO))
    # It begins where the branches parted.
    plain.git("switch", "--quiet", "--create", "topic", "HEAD~1")
    plain.write("README.md", "Topic\n")
    plain.commit("Topic")
    passed(ranged(plain, "main", "topic"))


def test_a_range_in_the_environment_of_a_commit_without_pre_commit_is_not_for_us(plain: Repo) -> None:
    write_flow(plain, "src/HR", "Raw", raw_flow())
    plain.git("add", "--all")
    commit = {"PRE_COMMIT_TO_REF": "HEAD", "GIT_INDEX_FILE": ".git/index"}
    blocked(plain.crstandards("hook", "pre-commit", env=commit), "CR101")
    passed(plain.crstandards("hook", "pre-commit", env={**commit, "PRE_COMMIT": "1"}))


def test_a_range_from_a_commit_that_is_not_here_is_not_verified(plain: Repo) -> None:
    gone = "1234567890" * 4
    ran = ranged(plain, gone, "HEAD")
    assert ran.status == 3
    assert "fetch-depth: 0" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_range_from_a_name_that_means_nothing_is_wrong_use(plain: Repo) -> None:
    for old, new in (("nonsense", "HEAD"), ("HEAD", "nonsense")):
        ran = ranged(plain, old, new)
        assert ran.status == 2
        assert "nonsense" in ran.err


def test_a_range_without_a_common_ancestor_is_judged_by_the_difference(plain: Repo) -> None:
    plain.git("checkout", "--quiet", "--orphan", "other")
    plain.write("src/Sales/Other/Customizations.xml", customizations([("con_new", OUTLOOK)]))
    write_flow(plain, "src/HR", "Raw", raw_flow())
    plain.commit("Other")
    blocked(ranged(plain, "main", "other"), "CR101")


def test_a_push_without_a_local_branch_is_judged_by_head(plain: Repo) -> None:
    write_flow(plain, "src/HR", "Raw", raw_flow())
    plain.commit("Bring a raw connection")
    plain.git("rm", "-r", "--quiet", "src/HR")
    environment = {"PRE_COMMIT": "1", "PRE_COMMIT_REMOTE_NAME": "origin"}
    ran = plain.crstandards("hook", "pre-commit", env=environment)
    assert ran.status == 1
    assert "CR101" in ran.out
