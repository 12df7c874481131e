"""What stands in a repository beside its commits, and would show another history, changes no verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import Repo, flow, raw_flow, to_json, write_solution
from tests.support.commits import flow_path
from tests.support.servers import Server, push

REMINDER = flow_path("HR", "Send reminder")


@pytest.fixture
def three(repo: Repo) -> list[str]:
    """A clean commit, one that brings a raw connection, and one that changes nothing more."""
    write_solution(repo.root / "HR", "ContosoHR")
    made = [repo.commit("Begin")]
    repo.write(REMINDER, to_json(raw_flow()))
    made.append(repo.commit("Slip"))
    repo.write("README.md", "Contoso\n")
    made.append(repo.commit("Go on"))
    return made


def told(repo: Repo, *arguments: str) -> tuple[int, str, str]:
    return repo.crstandards(*arguments)


def test_replaced_objects_are_not_seen(repo: Repo, three: list[str]) -> None:
    before = [told(repo, *command) for command in COMMANDS]
    clean = repo.git("rev-parse", f"{three[0]}:{REMINDER}")
    repo.git("replace", repo.git("rev-parse", f"HEAD:{REMINDER}"), clean)
    repo.git("replace", "--force", three[2], three[0])
    repo.git("replace", "--force", f"{three[2]}^{{tree}}", f"{three[0]}^{{tree}}")
    assert '"connectionReferenceLogicalName"' in repo.git("show", f"{three[1]}:{REMINDER}")
    assert [told(repo, *command) for command in COMMANDS] == before
    assert [status for status, *_ in before] == [1] * len(COMMANDS)


COMMANDS = (
    ("check", "--rev", "main", "--format", "json"),
    ("check", "--staged", "--format", "json"),
    ("replay", "main~2..main"),
    ("replay", "main"),
)


def test_grafts_are_not_seen(repo: Repo, three: list[str]) -> None:
    commands = (("replay", f"{three[0]}..main"), ("replay", "main"))
    before = [told(repo, *command) for command in commands]
    # Without the slip's commit, as if nobody had brought it.
    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/grafts").write_text(f"{three[2]} {three[0]}\n{three[0]} {three[1]}\n")
    assert (
        repo.git("-c", "advice.graftFileDeprecated=false", "rev-list", "--count", f"{three[0]}..main") != "2"
    )
    assert [told(repo, *command) for command in commands] == before
    assert [status for status, *_ in before] == [1, 1]


def test_objects_of_another_repository_are_read(repo: Repo, three: list[str], tmp_path: Path) -> None:
    borrower = Repo(tmp_path / "borrower", repo.environment)
    repo.git("clone", "--quiet", "--shared", str(repo.root), str(borrower.root))
    assert not list((borrower.root / ".git/objects").glob("??/*"))
    for command in COMMANDS:
        assert told(borrower, *command) == told(repo, *command)
    # The lender gone, nothing is verified.
    (repo.root / ".git/objects").rename(repo.root / ".git/gone")
    for command in COMMANDS:
        assert borrower.crstandards(*command).status in (2, 3)


def test_a_branch_called_like_an_option_or_another_revision(repo: Repo, three: list[str]) -> None:
    """git refuses to make such branches; files in `.git` can be called anything."""
    names = ("--upload-pack=x", "-x", "--output=x", "HEAD", three[0])
    for name in names:
        (repo.root / ".git/refs/heads" / name).write_text(f"{three[1]}\n")
    (repo.root / ".git/refs/heads/--help").write_text(f"{three[0]}\n")
    before = sorted(path.name for path in repo.root.iterdir())
    for name in names[:3]:
        assert repo.crstandards("check", f"--rev={name}").status in (1, 2)
        assert repo.crstandards("check", "--rev", name).status == 2
        assert repo.crstandards("check", f"--rev=refs/heads/{name}").status == 1
        assert repo.crstandards("check", f"--new-since={name}").status in (0, 1, 2)
        assert repo.crstandards("replay", f"{three[0]}..refs/heads/{name}").status == 1
        assert repo.crstandards("replay", f"--base={name}", f"--head={name}").status in (0, 1, 2, 3)
        environment = {"PRE_COMMIT": "1", "PRE_COMMIT_FROM_REF": three[0], "PRE_COMMIT_TO_REF": name}
        assert repo.crstandards("hook", "pre-commit", env=environment).status in (1, 2)
    # As git takes it: the id itself, not the branch of this name.
    assert repo.crstandards("check", "--rev", three[0]).status == 0
    assert sorted(path.name for path in repo.root.iterdir()) == before


@pytest.mark.parametrize("name", ["refs/heads/--upload-pack=x", "refs/heads/-x", "refs/tags/--all"])
def test_a_push_of_a_branch_called_like_an_option(
    name: str, tmp_path: Path, git_environment: dict[str, str]
) -> None:
    server = Server(tmp_path, git_environment)
    work = server.clone()
    work.write("crstandards.toml", '[server]\nenforce = ["refs/*"]\n')
    write_solution(work.root / "HR", "ContosoHR")
    work.commit("Begin")
    assert push(work, "main").status == 0
    work.write(REMINDER, to_json(raw_flow()))
    work.commit("Slip")
    refused = push(work, f"HEAD:{name}")
    assert refused.status == 1
    assert "CR101" in refused.err
    work.write(REMINDER, to_json(flow()))
    work.commit("Mend")
    passed = push(work, f"HEAD:{name}")
    assert passed.status == 0, passed.err


def test_paths_that_begin_with_a_dash(repo: Repo) -> None:
    write_solution(repo.root / "-HR", "ContosoHR", flows={"Send": raw_flow()})
    write_solution(repo.root / "--output=x", "ContosoSales", flows={"Sell": raw_flow()})
    repo.commit()
    before = sorted(path.name for path in repo.root.iterdir())
    assert repo.crstandards("check", "-HR").status == 2
    for path in ("-HR", "--output=x"):
        for given in (("--", path), (f"./{path}",)):
            ran = repo.crstandards("check", "--format", "json", *given)
            assert (ran.status, ran.out.count('"rule": "CR101"')) == (1, 1), ran.text
    assert sorted(path.name for path in repo.root.iterdir()) == before
