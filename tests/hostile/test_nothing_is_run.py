"""A repository's own configuration can name commands, and none of them is ever run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.hooks.conftest import copy
from tests.hostile.traps import ATTRIBUTES, VARIABLES, Traps
from tests.support.builders import Repo, flow, raw_flow, to_json, write_solution
from tests.support.combinations import crossed
from tests.support.commits import flow_path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the traps are shell scripts")

REMINDER = flow_path("HR", "Send reminder")
ZEROS = "0" * 40


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    """Commits of a clean solution and of one with violations, a staged change and one that isn't."""
    repo = Repo.create(tmp_path_factory.mktemp("template") / "repo", git_environment)
    repo.write(".gitattributes", ATTRIBUTES)
    write_solution(repo.root / "HR", "ContosoHR")
    repo.commit("Begin")
    write_solution(repo.root / "Sales", "ContosoSales", ["con_a", "con_b"], {"Sell": raw_flow()})
    repo.commit("Sell")
    repo.write(REMINDER, to_json(flow()) + "\n")
    repo.git("add", "--all")
    repo.write(flow_path("Sales", "Sell"), to_json(raw_flow()) + "\n")
    repo.git("-c", "protocol.allow=always", "pack-refs", "--all")
    return repo


@pytest.fixture
def traps(tmp_path: Path) -> Traps:
    return Traps(tmp_path / "traps")


@pytest.fixture
def trapped(template: Repo, traps: Traps, tmp_path: Path) -> Repo:
    repo = copy(template, tmp_path / "repo")
    traps.plant(repo, repo.root / ".git")
    # Content is compared, not times.
    for file in repo.root.rglob("*.json"):
        os.utime(file, (1, 1))
    return repo


def test_git_itself_runs_them(trapped: Repo, traps: Traps) -> None:
    """Otherwise the tests below would show nothing."""
    trapped.try_git("status")
    trapped.try_git("diff")
    trapped.try_git("log", "--patch", "--max-count=1")
    trapped.try_git("add", "--all")
    trapped.try_git("fetch")
    trapped.try_git("commit", "--message=x")

    assert traps.sprung() >= {"core.fsmonitor", "filter.trap.process", "remote"}


PUSHED = "refs/heads/main {head} refs/heads/main {base}\n"
RECEIVED = "{base} {head} refs/heads/main\n"


@pytest.mark.parametrize(
    ("command", "status", "stdin", "with_variables"),
    crossed(
        [
            ("check", 1, ""),
            ("check --staged", 1, ""),
            ("check --rev HEAD", 1, ""),
            ("check --new-since HEAD^", 1, ""),
            ("check HR", 0, ""),
            ("hook pre-commit", 0, ""),
            ("hook pre-merge-commit", 0, ""),
            ("hook pre-push origin ext::x", 1, PUSHED),
            ("hook pre-receive", 1, RECEIVED),
            ("replay HEAD^..HEAD", 1, ""),
            ("replay HEAD", 1, ""),
            ("fix", 1, ""),
            ("fix --diff", 0, ""),
            ("fix --unsafe", 0, ""),
            ("fix --staged", 0, ""),
            ("init --yes", 0, ""),
            ("baseline", 0, ""),
            ("graph", 0, ""),
            ("config", 0, ""),
            ("rules", 0, ""),
        ],
        [False, True],
    ),
)
def test_no_verb_runs_any(
    command: str, status: int, stdin: str, with_variables: bool, trapped: Repo, traps: Traps
) -> None:
    head, base = (trapped.run(("git", "rev-parse", name)).out.strip() for name in ("HEAD", "HEAD^"))
    traps.sprung()
    ran = trapped.crstandards(
        *command.split(),
        stdin=stdin.format(head=head, base=base),
        env=traps.environment() if with_variables else {},
    )
    assert "Traceback" not in ran.text
    assert (ran.status, traps.sprung()) == (status, set()), ran.text


@pytest.mark.parametrize("command", ["hook pre-receive", "replay HEAD"])
def test_on_a_server(command: str, template: Repo, traps: Traps, tmp_path: Path) -> None:
    bare = Repo(tmp_path / "bare.git", template.environment)
    template.git("clone", "--quiet", "--bare", str(template.root), str(bare.root))
    head, base = (bare.git("rev-parse", name) for name in ("HEAD", "HEAD^"))
    traps.plant(bare, bare.root)
    ran = bare.crstandards(*command.split(), stdin=RECEIVED.format(head=head, base=base))
    assert (ran.status, traps.sprung()) == (1, set()), ran.text


@pytest.mark.parametrize("command", ["check --rev HEAD", "replay HEAD", "hook pre-receive", "check --staged"])
def test_nothing_is_fetched_from_a_remote_that_is_a_command(
    command: str, trapped: Repo, traps: Traps
) -> None:
    """git gets what a partial clone lacks by itself, from whatever its remote is."""
    head, base = (trapped.run(("git", "rev-parse", name)).out.strip() for name in ("HEAD", "HEAD^"))
    blob = trapped.run(("git", "rev-parse", f":{flow_path('Sales', 'Sell')}")).out.strip()
    (trapped.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    traps.sprung()
    trapped.run(("git", "cat-file", "blob", blob))
    assert "remote" in traps.sprung()
    ran = trapped.crstandards(*command.split(), stdin=RECEIVED.format(head=head, base=base))
    assert (ran.status, traps.sprung()) == (3, set()), ran.text
    assert "git has no object" in ran.err


def test_the_traps_have_different_names() -> None:
    assert len(set(VARIABLES)) == len(VARIABLES)
