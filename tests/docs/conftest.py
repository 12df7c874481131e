"""The repository in which the documentation's examples run."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from crstandards.commands.demo import apply, create
from tests.docs.owners import create_owners
from tests.docs.pull_requests import checked_out
from tests.support.builders import Repo


@pytest.fixture
def contoso(tmp_path: Path, git_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Repo:
    """The demo's repository, with its hooks, on its first commit."""
    with monkeypatch.context() as patch:
        for name, value in git_environment.items():
            patch.setenv(name, value)
        create(tmp_path / "contoso")
    repo = Repo(tmp_path / "contoso", git_environment | {"COLUMNS": "80", "NO_COLOR": "1"})
    assert repo.crstandards("hook", "install").status == 0
    repo.commit("Add ContosoHR")
    return repo


@pytest.fixture
def export(contoso: Repo) -> Repo:
    """The same with a staged export that brings a raw connection and a duplicate along."""
    apply(contoso.root, "raw", "duplicate")
    contoso.git("add", "--all")
    return contoso


@pytest.fixture
def described(export: Repo) -> Repo:
    """The same, but each of the two references for Outlook says in its description why it is there."""
    path = export.root / "HR/Other/Customizations.xml"
    text = path.read_text("utf-8")
    connector = "<connectorid>/providers/Microsoft.PowerApps/apis/shared_office365</connectorid>\n"
    before, between, after = text.split(connector)
    hr, payroll = (
        f"{connector}      <description>crstandards: allow CR201 the mailbox {name}@</description>\n"
        for name in ("hr", "payroll")
    )
    path.write_text(before + hr + between + payroll + after, "utf-8", newline="\n")
    export.git("add", "--all")
    return export


@pytest.fixture
def misspelt(export: Repo) -> Repo:
    """The same, but with a configuration that has a mistake."""
    export.write("crstandards.toml", '[rules]\nCR101 = "eror"\n')
    return export


@pytest.fixture
def orphaned(export: Repo) -> Repo:
    """The same, but the Python that the hooks call has been deleted."""
    hook = export.root / ".git/hooks/pre-commit"
    script = hook.read_text("utf-8")
    python = shlex.quote(Path(sys.executable).as_posix())
    assert python in script
    hook.write_text(script.replace(python, "/gone/bin/python"), "utf-8", newline="\n")
    return export


@pytest.fixture
def codepage(export: Repo) -> Repo:
    """The same, where the output goes through a pipe of a Western European Windows."""
    return Repo(export.root, export.environment | {"PYTHONIOENCODING": "cp850"})


@pytest.fixture
def pushing(export: Repo) -> Repo:
    """The same, with the export committed past the hook, and a server that guards its `main`."""
    bare = export.root.parent / "server.git"
    export.git("clone", "--quiet", "--bare", ".", str(bare))
    assert export.crstandards("hook", "install", "--pre-receive", str(bare)).status == 0
    export.git("remote", "add", "origin", "../server.git")
    export.git("commit", "--quiet", "--no-verify", "--message", "Export ContosoHR")
    return export


@pytest.fixture
def history(export: Repo) -> Repo:
    """Two commits after the first: the export past the hook, and one that mends half of what it brought."""
    export.git("commit", "--quiet", "--no-verify", "--message", "Export ContosoHR")
    apply(export.root, "reference")
    export.git("commit", "--quiet", "--no-verify", "--all", "--message", "Use the reference for Outlook")
    return export


@pytest.fixture
def github(history: Repo) -> Repo:
    """These two commits as a pull request on GitHub: the clone and the variables of its run."""
    return checked_out("github", history)


@pytest.fixture
def gitlab(history: Repo) -> Repo:
    """The same in GitLab."""
    return checked_out("gitlab", history)


@pytest.fixture
def relenting(pushing: Repo) -> Repo:
    """The same, but what is committed only looks away from a rule."""
    pushing.git("reset", "--quiet", "--hard", "HEAD~1")
    pushing.write("crstandards.toml", '[rules]\nCR504 = "off"\n')
    pushing.git("add", "--all")
    pushing.git("commit", "--quiet", "--message", "Look away from unused references")
    return pushing


@pytest.fixture
def owners(tmp_path: Path, git_environment: dict[str, str]) -> Repo:
    """The repository of the worked example in docs/ownership.md."""
    return create_owners(
        Repo.create(tmp_path / "contoso", git_environment | {"COLUMNS": "80", "NO_COLOR": "1"})
    )
