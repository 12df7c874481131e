"""No network, and nothing written but by `fix`, `init`, `baseline`, `hook install` and `--output`.

`hook uninstall` removes what `hook install` has written, and nothing where there is none.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.hooks.conftest import copy
from tests.support.builders import Ran, Repo, flow, raw_flow, to_json, write_solution, zip_solution
from tests.support.commits import flow_path

REMINDER = flow_path("HR", "Send reminder")
READING = (
    "check", "check --staged", "check --rev HEAD", "check --new-since HEAD^", "check HR", "check x.zip",
    "check --format html", "check --format sarif", "check --format junit", "check --format gitlab",
    "hook pre-commit", "hook pre-merge-commit", "hook pre-push origin x", "hook pre-receive",
    "replay HEAD^..HEAD", "replay HEAD --every-commit", "fix --diff", "fix --unsafe --diff", "init", "graph",
    "config", "rules", "explain CR101", "completion bash", "inventory --help", "--version", "demo",
    "hook uninstall",
)  # fmt: skip
"""Each verb in the ways in which it only reads; `demo` writes in a folder that it takes away again."""
WRITING = ("fix --unsafe", "baseline", "init --yes", "hook install", "check --output report.txt")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    """Two commits, a staged change and an unstaged one; the index knows wrong times of all files."""
    folder = tmp_path_factory.mktemp("template")
    home = folder / "home"
    home.mkdir()
    settings = home / ".gitconfig"
    settings.write_bytes(Path(git_environment["GIT_CONFIG_GLOBAL"]).read_bytes())
    environment = git_environment | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_GLOBAL": str(settings),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    repo = Repo.create(folder / "repo", environment)
    write_solution(repo.root / "HR", "ContosoHR")
    repo.commit("Begin")
    write_solution(repo.root / "Sales", "ContosoSales", ["con_a", "con_b"], {"Sell": raw_flow()})
    zip_solution(repo.root / "x.zip", "ContosoX")
    repo.write("crstandards.toml", '[source]\nexternal-references = ["x_*"]\n')
    repo.commit("Sell")
    repo.git("remote", "add", "origin", "https://git.contoso.invalid/x.git")
    repo.git("remote", "add", "other", "ssh://git.contoso.invalid/x.git")
    repo.write(REMINDER, to_json(flow()) + "\n")
    repo.git("add", "--all")
    repo.write(flow_path("Sales", "Sell"), to_json(raw_flow()) + "\n")
    return repo


@pytest.fixture
def given(template: Repo, tmp_path: Path) -> Repo:
    repo = copy(template, tmp_path / "repo")
    shutil.copytree(Path(template.environment["HOME"]), tmp_path / "home")
    home = str(tmp_path / "home")
    (tmp_path / "tmp").mkdir()
    return Repo(
        repo.root,
        template.environment
        | {"HOME": home, "USERPROFILE": home, "XDG_CONFIG_HOME": home, "TMPDIR": str(tmp_path / "tmp")},
    )


def stdin_of(repo: Repo, command: str) -> str:
    """What git tells a hook."""
    head, base = (repo.git("rev-parse", name) for name in ("HEAD", "HEAD^"))
    if "pre-push" in command:
        return f"refs/heads/main {head} refs/heads/main {base}\n"
    return f"{base} {head} refs/heads/main\n" if "pre-receive" in command else ""


def everything(*folders: Path) -> dict[str, tuple[int, int, str]]:
    """Every file and folder: its mode, time of change, and content."""
    found = {}
    for folder in folders:
        for path in sorted([folder, *folder.rglob("*")]):
            status = path.lstat()
            data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (status.st_mode, status.st_mtime_ns, hashlib.sha256(data).hexdigest())
    return found


_AUDITED = """
import sys
def hook(event, arguments):
    if event.startswith("socket.") or event in ("urllib.Request", "http.client.connect", "smtplib.connect"):
        sys.stderr.write(f"NETWORK {event}\\n")
sys.addaudithook(hook)
from crstandards.cli import main
sys.exit(main())
"""


def ran_without_network(repo: Repo, command: str) -> Ran:
    """Run a command, which asks Python for no socket."""
    ran = repo.run((sys.executable, "-P", "-c", _AUDITED, *command.split()), stdin=stdin_of(repo, command))
    assert "NETWORK" not in ran.err
    assert ran.status in (0, 1), ran.text
    return ran


@pytest.mark.parametrize("command", READING)
def test_reading_writes_nothing(command: str, given: Repo, tmp_path: Path) -> None:
    before = everything(tmp_path / "repo", tmp_path / "home")
    assert "Traceback" not in ran_without_network(given, command).text
    assert everything(tmp_path / "repo", tmp_path / "home") == before
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("command", WRITING)
def test_writing_is_seen(command: str, given: Repo, tmp_path: Path) -> None:
    """Otherwise the test above would show nothing."""
    before = everything(tmp_path / "repo", tmp_path / "home")
    ran_without_network(given, command)
    after = everything(tmp_path / "repo", tmp_path / "home")
    changed = {path for path in after if after[path] != before.get(path)}
    assert any(Path(path).is_file() for path in changed)
    assert not any(path.startswith(str(tmp_path / "home")) for path in changed)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("format_", "variable"), [("github", "GITHUB_STEP_SUMMARY"), ("azure", "AGENT_TEMPDIRECTORY")]
)
def test_summaries_stand_where_the_service_wants_them(
    format_: str, variable: str, given: Repo, tmp_path: Path
) -> None:
    """The one thing that is written without being asked for: the page of a run in a CI service."""
    place = tmp_path / "service"
    place.mkdir()
    named = place / "summary.md" if format_ == "github" else place
    before = everything(tmp_path / "repo", tmp_path / "home")
    assert given.crstandards("check", "--format", format_, env={variable: str(named)}).status == 1
    assert everything(tmp_path / "repo", tmp_path / "home") == before
    (written,) = (path for path in place.rglob("*") if path.is_file())
    assert "CR101" in written.read_text("utf-8")


# Names of the system's calls that open a way out; pipes between processes are none.
_CALLS = "trace=socket,connect,sendto,bind"


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("strace"), reason="needs strace")
@pytest.mark.parametrize(
    "command",
    ["check", "check --rev HEAD", "hook pre-commit", "hook pre-push origin x", "hook pre-receive",
     "replay HEAD", "fix --unsafe", "graph"],
)  # fmt: skip
def test_no_process_opens_a_socket(command: str, given: Repo, tmp_path: Path) -> None:
    stdin = stdin_of(given, command)
    log = tmp_path / "calls"
    traced = ("strace", "-f", "-qq", "-e", _CALLS, "-o", log, sys.executable, "-m", "crstandards")
    ran = given.run((*traced, *command.split()), stdin=stdin)
    if "ptrace" in ran.err.lower():
        pytest.skip("strace may not trace here")
    assert ran.status in (0, 1), ran.text
    assert re.findall(r"(?:socket|connect|sendto|bind)\(.*", log.read_text()) == []


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("strace"), reason="needs strace")
def test_a_socket_would_be_seen(given: Repo, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    script = "import socket; socket.socket()"
    given.run(("strace", "-f", "-qq", "-e", _CALLS, "-o", log, sys.executable, "-c", script))
    assert "socket(" in log.read_text()
