"""The hook in the clone: every pushed ref, from the objects."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import Repo, flow, raw_flow, write_solution

HOOKS = Path(__file__).resolve().parents[2] / "hooks"


def make_clone(folder: Path, environment: dict[str, str], *options: str) -> Repo:
    """A clone with our pre-push script, whose server has no hook, after a first push."""
    bare = Repo.create(folder / "server.git", environment, "--bare", *options)
    made = Repo.create(folder / "work", environment, *options)
    made.git("remote", "add", "origin", str(bare.root))
    write_solution(made.root / "src/HR", "ContosoHR")
    made.commit()
    made.git("push", "--quiet", "origin", "main")
    hook = made.root / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_bytes((HOOKS / "pre-push").read_bytes())
    hook.chmod(0o755)
    return made


@pytest.fixture
def clone(tmp_path: Path, git_environment: dict[str, str]) -> Repo:
    """A clone as `make_clone` makes it."""
    return make_clone(tmp_path, git_environment)


def test_a_good_push_passes(clone: Repo) -> None:
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Another": flow()})
    clone.commit()
    ran = clone.try_git("push", "origin", "main")
    assert ran.status == 0, ran.text


def test_a_raw_connection_is_stopped(clone: Repo) -> None:
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    clone.commit()
    ran = clone.try_git("push", "origin", "main")
    assert ran.status == 1
    assert "CR101" in ran.text


def test_the_working_tree_does_not_matter(clone: Repo) -> None:
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    clone.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "Nothing of it")
    assert clone.try_git("push", "origin", "main").status == 0
    clone.commit()
    clone.git("rm", "-r", "--quiet", "src")
    assert clone.try_git("push", "origin", "main").status == 1


def test_every_ref_is_checked(clone: Repo) -> None:
    clone.git("checkout", "--quiet", "-b", "side")
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    clone.commit()
    clone.git("checkout", "--quiet", "main")
    clone.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "Nothing")
    ran = clone.try_git("push", "origin", "main", "side")
    assert ran.status == 1
    assert "that was refs/heads/side" in ran.err


def test_only_what_the_push_touches_is_reported(clone: Repo) -> None:
    write_solution(clone.root / "src/Old", "ContosoOld", flows={"Raw one": raw_flow()})
    clone.commit()
    clone.git("push", "--quiet", "--no-verify", "origin", "main")
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Another": flow()})
    clone.commit()
    assert clone.try_git("push", "origin", "main").status == 0


def test_deletions_and_tags_of_other_things_pass(clone: Repo) -> None:
    clone.git("push", "--quiet", "origin", "main:side")
    assert clone.try_git("push", "origin", ":side").status == 0
    blob = clone.git("hash-object", "-w", "src/HR/Other/Solution.xml")
    clone.git("tag", "thing", blob)
    assert clone.try_git("push", "origin", "refs/tags/thing").status == 0


@pytest.mark.parametrize("pushed", ["main:sei\u2028te", "main:sei\x85te", ":/A good one:refs/heads/side"])
def test_any_name_that_git_allows_is_checked(clone: Repo, pushed: str) -> None:
    clone.commit("A good one")
    ran = clone.try_git("push", "origin", pushed)
    assert ran.status == 0, ran.text
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    clone.commit("A good one, no more")
    ran = clone.try_git("push", "origin", pushed)
    assert ran.status == 1
    assert "CR101" in ran.text


def test_ids_of_64_digits(tmp_path: Path, git_environment: dict[str, str]) -> None:
    made = make_clone(tmp_path, git_environment, "--object-format=sha256")
    assert made.try_git("push", "origin", "main:side").status == 0
    assert made.try_git("push", "origin", ":side").status == 0
    write_solution(made.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    made.commit()
    ran = made.try_git("push", "origin", "main")
    assert ran.status == 1
    assert "CR101" in ran.text


def test_annotated_tags_are_peeled(clone: Repo) -> None:
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Raw one": raw_flow()})
    clone.commit()
    clone.git("tag", "--annotate", "--message", "bad", "v1")
    assert clone.try_git("push", "origin", "v1").status == 1


def test_lines_that_are_none_of_gits(clone: Repo) -> None:
    ran = clone.crstandards("hook", "pre-push", "origin", "url", stdin="nonsense\n")
    assert ran.status == 3
    assert "Traceback" not in ran.text


def test_where_the_remotes_commit_is_not_here_all_is_checked(clone: Repo) -> None:
    write_solution(clone.root / "src/HR", "ContosoHR", flows={"Raw": raw_flow()})
    head = clone.commit()
    for old, status in ((head, 0), ("1" * 40, 1)):
        line = f"refs/heads/main {head} refs/heads/main {old}\n"
        ran = clone.crstandards("hook", "pre-push", "origin", "url", stdin=line)
        assert ran.status == status, ran.text
