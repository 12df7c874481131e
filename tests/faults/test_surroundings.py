"""No home folder, a wrong clock, another system's console, paths and line ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import told_by_git
from tests.hooks.conftest import copy
from tests.support.builders import Repo, flow, raw_flow, to_json, write_solution
from tests.support.combinations import crossed
from tests.support.commits import flow_path
from tests.support.servers import Server, push

VERBS = (
    "check", "check --format json", "check --statistics", "check --verbose", "check x.zip",
    "check --rev HEAD",
    "hook pre-commit", "hook pre-push origin x", "hook pre-receive", "replay HEAD", "fix --unsafe --diff",
    "fix --unsafe", "baseline", "init", "graph", "config", "rules", "explain CR201", "explain",
    "completion bash", "demo", "--help", "check --help", "inventory --help",
)  # fmt: skip


# No home


@pytest.mark.parametrize(
    ("command", "home"),
    crossed(
        ["check", "hook pre-commit", "hook pre-receive", "replay HEAD", "fix", "demo"],
        ["", "/nonexistent/home", "/dev/null"],
    ),
)
def test_no_home(command: str, home: str, broken: Repo) -> None:
    told = told_by_git(broken, command)
    usual = broken.crstandards(*command.split(), stdin=told)
    names = ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL")
    without = dict.fromkeys(names, "") | {"HOME": home}
    ran = broken.crstandards(*command.split(), stdin=told, env=without)
    assert ran.status == usual.status, ran.text
    if command != "demo":
        # That shows a folder of its own, another one each time.
        assert ran.out == usual.out


# The clock


EXPIRED = '[[exceptions]]\nrule = "CR101"\nreason = "until the move"\nexpires = 2020-06-30\n'


def test_a_server_goes_by_its_own_clock(tmp_path: Path, git_environment: dict[str, str]) -> None:
    """Whatever a pusher's clock says, an exception that has ended excuses nothing."""
    server = Server(tmp_path, git_environment)
    work = server.clone()
    work.write("crstandards.toml", EXPIRED)
    write_solution(work.root / "HR", "ContosoHR")
    work.commit()
    assert push(work, "main").status == 0
    work.write(flow_path("HR", "Send reminder"), to_json(raw_flow()))
    for year in ("1971", "2019", "2099"):
        back = f"{year}-01-01T00:00:00Z"
        work.git("add", "--all")
        work.git(
            "commit",
            "--quiet",
            "--message",
            "Slip",
            env={"GIT_COMMITTER_DATE": back, "GIT_AUTHOR_DATE": back},
        )
        ran = push(work, "main")
        assert (ran.status, "CR101" in ran.err) == (1, True), ran.err
        work.git("reset", "--quiet", "--soft", "HEAD^")


@pytest.mark.parametrize(
    ("day", "age"),
    crossed(["0001-01-01", "1970-01-01", "2026-01-01", "9999-12-31"], ["99999999999", "9" * 400, "30", "0"]),
)
def test_no_day_is_too_early_or_too_late(day: str, age: str, repo: Repo) -> None:
    """Not for the age of an inventory either."""
    write_solution(repo.root / "HR", "ContosoHR")
    repo.write(
        "crstandards.toml",
        f'[[environments]]\nname = "prod"\ninventory = ["prod.json"]\n'
        f'[ownership]\nservice-accounts = ["svc@contoso.com"]\nmax-inventory-age = {age}\n',
    )
    export = {"value": [connection()]}
    made = repo.write("export.json", json.dumps(export))
    ran = repo.crstandards("inventory", "--environment", "prod", "--taken", "2026-01-01", str(made))
    assert ran.status == 0, ran.text
    repo.write("prod.json", ran.out)
    ran = repo.crstandards("check", "--as-of", day, "--quiet")
    assert ran.status in (0, 1), ran.text
    days_old = {"9999-12-31": 10_000_000, "2026-01-01": 0}.get(day, -1)
    assert ("CR403" in ran.out) == (days_old > int(age)), ran.text


def connection() -> dict[str, Any]:
    place = "/providers/Microsoft.PowerApps/apis/shared_office365"
    creator = {"id": "1", "userPrincipalName": "svc@contoso.com", "type": "User"}
    properties = {"apiId": place, "createdBy": creator, "statuses": [{"status": "Connected"}]}
    return {"name": "abc", "id": f"{place}/connections/abc", "properties": properties}


@pytest.mark.parametrize("date", ["@0 +0000", "@4102444800 +1400", "@99999999999 +0000"])
def test_commits_of_any_date_are_replayed(date: str, repo: Repo) -> None:
    write_solution(repo.root / "HR", "ContosoHR", flows={"Send": raw_flow()})
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message", "x", env={"GIT_COMMITTER_DATE": date, "GIT_AUTHOR_DATE": date})
    ran = repo.crstandards("replay", "HEAD", "--quiet")
    assert (ran.status, ran.out.count("CR101"), ran.err) == (1, 1, ""), ran.text


# Consoles


ODD = "Grüße \u2192 \u65e5\u672c \U0001f600"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    """Names of which no code page has every letter."""
    repo = Repo.create(tmp_path_factory.mktemp("odd") / "repo", git_environment)
    write_solution(repo.root / "HR", "ContosoHR")
    repo.commit("Begin")
    write_solution(repo.root / ODD, "ContosoSales", ["con_a", "con_b"], {ODD: raw_flow()})
    repo.write("x.zip", b"PK\x05\x06" + b"\0" * 18)
    repo.commit(f"Sell {ODD}")
    repo.write(flow_path("HR", "Send reminder"), to_json(flow()) + "\n")
    repo.git("add", "--all")
    return repo


@pytest.mark.parametrize(("command", "encoding"), crossed(VERBS, ["cp1252", "cp437", "ascii"]))
def test_a_console_with_few_letters(command: str, encoding: str, odd: Repo, tmp_path: Path) -> None:
    told = told_by_git(odd, command)
    usual = copy(odd, tmp_path / "usual").crstandards(*command.split(), stdin=told)
    repo = copy(odd, tmp_path / "repo")
    environment = {**repo.environment, "PYTHONIOENCODING": encoding}
    here = Repo(repo.root, environment)
    ran = here.crstandards(*command.split(), stdin=told)
    assert ran.status == usual.status, ran.text
    assert "Error" not in ran.err
    if "json" in command or command == "fix --unsafe --diff":
        # What programs read is UTF-8 everywhere.
        assert ran.out == usual.out


# Paths and line ends of Windows


def test_names_with_backslashes_are_names(repo: Repo) -> None:
    """Here a backslash is a letter; a pattern of the configuration takes none."""
    write_solution(repo.root / "a\\b", "ContosoHR", flows={"Send": raw_flow()})
    repo.write("a/b/x.json", "{}")
    repo.commit()
    for command in (("check",), ("check", "a\\b"), ("check", "--staged"), ("check", "--rev", "HEAD")):
        ran = repo.crstandards(*command, "--format", "json")
        (found,) = (item for item in json.loads(ran.out)["findings"] if item["rule"] == "CR101")
        assert found["path"].startswith("a\\b/Workflows/")
    assert repo.crstandards("check", "a/b").status == 2
    assert repo.crstandards("check", "a\\x").status == 2
    repo.write("crstandards.toml", '[source]\nexclude = ["a\\\\b"]\n')
    assert 'not "a\\\\b": write "a/b"' in repo.crstandards("check").err


def test_a_checkout_with_other_line_ends_gives_the_same_report(whole: Repo, tmp_path: Path) -> None:
    """Byte for byte, in each of its forms."""
    attributes = tmp_path / "attributes"
    attributes.write_text("*.json text\n*.xml text\n*.toml text\n")
    clone = Repo(tmp_path / "crlf" / "clone", whole.environment)
    options = ("-c", "core.autocrlf=true", "-c", "core.eol=crlf")
    whole.git(*options, "clone", "--quiet", str(whole.root), str(clone.root))
    clone.git("config", "core.autocrlf", "true")
    files = clone.git("ls-files", "--eol", "Sales").splitlines()
    assert files
    assert all(line.split()[:2] == ["i/lf", "w/crlf"] for line in files)
    other = Repo(tmp_path / "lf" / "clone", whole.environment)
    whole.git("clone", "--quiet", str(whole.root), str(other.root))
    for form in ("json", "text", "sarif", "gitlab", "html"):
        command = ("check", "--verbose", "--format", form)
        assert clone.crstandards(*command) == other.crstandards(*command)
    for command in (("check", "--staged"), ("check", "--rev", "HEAD"), ("hook", "pre-commit")):
        assert clone.crstandards(*command) == other.crstandards(*command)
    # A change of line ends alone is none to git, and none to a commit.
    assert clone.git("status", "--porcelain") == ""
    mended = clone.crstandards("fix", "--unsafe").out
    assert mended == other.crstandards("fix", "--unsafe").out
    clone.git("add", "--all")
    other.git("add", "--all")
    assert clone.git("write-tree") == other.git("write-tree")
