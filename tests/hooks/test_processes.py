"""What a commit costs: git is started seldom, little is loaded, and each content is read once."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import crstandards
from tests.support.builders import Repo, customizations, flow, raw_flow, write_solution
from tests.support.commits import blocked, passed, stage, write_flow

PACKAGE = Path(crstandards.__file__).parent

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script for git")


@pytest.fixture
def counted(repo: Repo, tmp_path: Path) -> Repo:
    """A repository with a solution, and a `git` that notes down how it is started."""
    write_solution(repo.root / "src/HR", "ContosoHR")
    write_solution(repo.root / "src/Sales", "ContosoSales", flows={"Offer": flow(), "Order": flow()})
    repo.commit("Begin")
    program = tmp_path / "counting/git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/started\nexec {shutil.which("git")} "$@"\n')
    program.chmod(0o755)
    repo.environment["PATH"] = os.pathsep.join([str(program.parent), repo.environment["PATH"]])
    return repo


def commands(repo: Repo, *arguments: str) -> list[str]:
    """The git commands that a run of crstandards starts."""
    log = repo.root.parent / "started"
    log.unlink(missing_ok=True)
    blocked_or_passed = repo.crstandards(*arguments)
    assert blocked_or_passed.status in (0, 1), blocked_or_passed.text
    known = ("rev-parse", "diff-index", "diff-tree", "ls-files", "ls-tree", "cat-file", "merge-base")
    # Some run at once, so that any may be first.
    return sorted(
        next((word for word in line.split() if word in known), line) for line in log.read_text().splitlines()
    )


PROVED = ["cat-file", "diff-index", "ls-files"]
WHOLE = sorted([*PROVED, "cat-file", "diff-index", "ls-files", "rev-parse"])
"""What the fast path starts before it gives up, and what the whole check does."""


def test_a_commit_of_no_concern_starts_git_once(counted: Repo) -> None:
    counted.write("README.md", "Changed\n")
    counted.write("src/HR/notes.txt", "Changed\n")
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == ["diff-index"]


def test_one_of_other_json_starts_it_three_times(counted: Repo) -> None:
    # Only the configuration tells whether it holds deployment settings.
    counted.write("package.json", "{}\n")
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == PROVED


def test_one_in_a_linked_worktree_costs_no_more(counted: Repo) -> None:
    counted.git("worktree", "add", "--quiet", "../linked")
    linked = Repo(counted.root.parent / "linked", counted.environment)
    linked.environment["GIT_DIR"] = str(counted.root / ".git/worktrees/linked")
    linked.write("README.md", "Changed\n")
    stage(linked)
    assert commands(linked, "hook", "pre-commit") == ["diff-index"]


def test_a_clean_commit_starts_git_three_times(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", flow())
    write_flow(counted, "src/Sales", "Lead", flow())
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == PROVED
    counted.write("crstandards.toml", '[rules]\nCR504 = "error"\n')
    counted.commit("Configure")
    write_flow(counted, "src/HR", "Newer hire", flow())
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == PROVED


def test_one_in_environments_costs_the_whole_check_too(counted: Repo) -> None:
    counted.write("crstandards.toml", '[[environments]]\nname = "prod"\n')
    counted.write("pyproject.toml", "[project]\n")
    counted.commit("Configure")
    counted.write("src/HR/Other/Customizations.xml", customizations(["con_outlook", ("con_x", "shared_x")]))
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == WHOLE


def test_so_does_one_that_is_stopped(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", raw_flow())
    stage(counted)
    blocked(counted.crstandards("hook", "pre-commit"), "CR101")
    assert commands(counted, "hook", "pre-commit") == WHOLE


def test_one_with_a_choice_between_references_looks_into_head(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", raw_flow())
    counted.write("src/HR/Other/Customizations.xml", customizations(["con_outlook", "con_outlook_2"]))
    stage(counted)
    blocked(counted.crstandards("hook", "pre-commit"), "CR101", "CR201")
    assert commands(counted, "hook", "pre-commit") == sorted([*WHOLE, "rev-parse"])


def test_the_whole_check_alone_starts_it_four_times(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", flow())
    stage(counted)
    alone = ["cat-file", "diff-index", "ls-files", "rev-parse"]
    assert commands(counted, "hook", "pre-commit", "--quiet") == alone


def test_an_empty_file_costs_it_one_more(counted: Repo) -> None:
    # It may be one that is only intended to be added.
    counted.write("src/.gitkeep", "")
    write_flow(counted, "src/HR", "New hire", flow())
    stage(counted)
    assert commands(counted, "hook", "pre-commit") == PROVED
    expected = ["cat-file", "diff-index", "diff-index", "ls-files", "rev-parse"]
    assert commands(counted, "hook", "pre-commit", "--quiet") == expected


NO_CONCERN = {
    *("crstandards", "crstandards.cli", "crstandards.errors"),
    *("crstandards.git", "crstandards.git.process"),
    *("crstandards.policy", "crstandards.quick", "crstandards.quick.door"),
    *("crstandards.source", "crstandards.source.names"),
}
PROVED_CLEAN = NO_CONCERN | {
    "crstandards.rules",
    "crstandards.rules.index",
    *("crstandards.connector_id", "crstandards.quick.configuration", "crstandards.source.plain"),
    *("crstandards.quick.solutions", "crstandards.source.json", "crstandards.source.text"),
    "crstandards.source.xml",
}
LIBRARY = {"_json", "xml.parsers.expat", "__future__"}
"""What of Python's library a proof takes; each brings some more with it."""

PROGRAM = """\
import sys
before = set(sys.modules)
opened = []
sys.addaudithook(lambda event, given: opened.append(given[0]) if event == "open" else None)
from crstandards.cli import main
status = main(["hook", "pre-commit"])
print(sorted(set(sys.modules) - before))
named = [name for name in opened if isinstance(name, str) and name != "/dev/null"]
print([name for name in named if not name.endswith((".py", ".pyc"))])
raise SystemExit(status)
"""


class Cost(NamedTuple):
    """What a run of the hook imports, and the files it opens that hold no code."""

    modules: set[str]
    opened: list[str]


def cost(repo: Repo) -> Cost:
    ran = repo.run([sys.executable, "-c", PROGRAM])
    passed(ran)
    modules, opened = map(ast.literal_eval, ran.out.splitlines()[-2:])
    return Cost(set(modules), opened)


def library(*modules: str) -> set[str]:
    """What importing modules brings with it."""
    program = "import sys; before = set(sys.modules); import {}; print(set(sys.modules) - before)"
    command = [sys.executable, "-c", program.format(", ".join(modules))]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found: set[str] = ast.literal_eval(ran.stdout)
    return found


def test_a_commit_of_no_concern_loads_nothing_of_the_library(counted: Repo) -> None:
    counted.write("README.md", "Changed\n")
    stage(counted)
    assert cost(counted) == Cost(NO_CONCERN, [])


def test_a_clean_commit_loads_little_more(counted: Repo) -> None:
    write_flow(counted, "src/HR", "New hire", flow())
    stage(counted)
    found = cost(counted)
    assert found.modules - library(*LIBRARY) == PROVED_CLEAN
    assert "typing" not in found.modules
    assert "subprocess" not in found.modules
    assert found.opened == []


def test_a_configured_one_loads_no_more(counted: Repo) -> None:
    counted.write("crstandards.toml", '[rules]\nCR504 = "error"\n')
    counted.commit("Configure")
    write_flow(counted, "src/HR", "New hire", flow())
    stage(counted)
    found = cost(counted)
    assert found.modules - library(*LIBRARY) == PROVED_CLEAN
    assert found.opened == []


def test_the_whole_check_of_a_clean_commit_loads_no_package_of_others(counted: Repo) -> None:
    counted.write("crstandards.toml", '[[environments]]\nname = "prod"\n')
    counted.commit("Configure")
    counted.write("src/HR/Other/Customizations.xml", customizations(["con_outlook", ("con_x", "shared_x")]))
    stage(counted)
    found = cost(counted)
    assert not found.modules & {"git", "lxml", "jsonschema", "yaml", "difflib", "zipfile"}
    # What is checked is read through git; what is opened is our own.
    assert [name for name in found.opened if not name.startswith(str(PACKAGE))] == []


def contents_read(repo: Repo) -> list[str]:
    """The ids that `git cat-file` is asked for."""
    return (repo.root.parent / "asked").read_text().split()


def noting(repo: Repo, tmp_path: Path) -> None:
    """Let git note which objects it is asked for."""
    program = tmp_path / "noting/git"
    program.parent.mkdir()
    git, asked = shutil.which("git"), tmp_path / "asked"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *cat-file*) tee -a {asked} | {git} "$@";; *) exec {git} "$@";; esac\n'
    )
    program.chmod(0o755)
    repo.environment["PATH"] = os.pathsep.join([str(program.parent), repo.environment["PATH"]])


def test_a_stopped_commit_reads_the_solutions_that_it_touches(repo: Repo, tmp_path: Path) -> None:
    for number in range(5):
        name = f"con_outlook_{number}"
        used = flow({"shared_office365": name}, {f"Other {number}": {"type": "Compose"}})
        write_solution(repo.root / f"src/O{number}", f"ContosoO{number}", [name], {f"F{number}": used})
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_outlook"], {"One": flow()})
    repo.commit("Begin")
    write_flow(repo, "src/HR", "New hire", raw_flow())
    stage(repo)
    noting(repo, tmp_path)
    blocked(repo.crstandards("hook", "pre-commit"), "CR101", "con_outlook")
    listed = [line.split() for line in repo.git("ls-files", "--stage").splitlines()]
    read = {path for _, blob, _, path in listed if blob in contents_read(repo)}
    assert read == {path for *_, path in listed if path.startswith("src/HR/")}


def test_each_content_is_read_once(repo: Repo, tmp_path: Path) -> None:
    # Three solutions with the same flows and the same declarations.
    for name in ("HR", "IT", "Sales"):
        write_solution(repo.root / f"src/{name}", "ContosoHR", flows={"One": flow(), "Two": flow()})
    write_solution(repo.root / "src/Other", "ContosoOther", flows={"Three": raw_flow()})
    repo.commit("Begin")
    for name in ("HR", "IT", "Sales"):
        write_flow(repo, f"src/{name}", "New hire", flow({"shared_office365": "con_outlook"}))
    stage(repo)
    noting(repo, tmp_path)
    passed(repo.crstandards("hook", "pre-commit"))
    listed = repo.git("ls-files", "--stage", "--", *(f"src/{name}" for name in ("HR", "IT", "Sales")))
    # Of metadata, those of a flow that comes: they may name another file than the flow beside them.
    read = [line for line in listed.splitlines() if not line.endswith(".data.xml") or "Newhire" in line]
    distinct = {line.split()[1] for line in read}
    asked = contents_read(repo)
    assert sorted(asked) == sorted(distinct)
    assert len(asked) < len(listed.splitlines())
