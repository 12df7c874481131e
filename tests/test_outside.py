"""What strangers see first: workflows, forms, hooks for those who work on it, and the tests of a change."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from crstandards import REPOSITORY, __version__
from tests.changed import chosen
from tests.support.documents import PAGES
from tests.test_requirements import PROJECT, ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml"))


def name_of(path: Path) -> str:
    return path.name


def jobs(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / ".github/workflows" / name).read_text("utf-8"))["jobs"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_workflows_pin_what_they_use_and_ask_for_little(path: Path) -> None:
    text = path.read_text("utf-8")
    used = re.findall(r"uses: (.+)", text)
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", one) for one in used)
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert "secrets." not in text
    for job in workflow["jobs"].values():
        assert set(job["permissions"].items()) <= {("contents", "read"), ("id-token", "write")}
        assert job["timeout-minutes"] <= 90


def test_ci_runs_what_stands_in_the_repository_and_nothing_else() -> None:
    """A command of its own would be a second truth beside `.ci/run` and the README."""
    run = [step["run"] for job in jobs("ci.yml").values() for step in job["steps"] if "run" in step]
    ours = [line for line in run if re.search(r"bash \.ci/(run|full)$", line)]
    rest = [line for line in run if line not in ours]
    assert len(ours) == 2
    assert len(rest) == 2
    assert all("README.md" in line and "-m pytest" in line for line in rest)


def test_ci_runs_on_each_python_that_the_package_names() -> None:
    named = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if ":: 3." in text]
    assert jobs("ci.yml")["linux"]["strategy"]["matrix"]["python"] == named


def test_only_what_was_checked_is_published() -> None:
    release = jobs("release.yml")
    assert release["publish"]["needs"] == "build"
    assert any(step.get("run", "").endswith("bash .ci/full") for step in release["build"]["steps"])
    assert not any("checkout" in step.get("uses", "") for step in release["publish"]["steps"])


def test_forms_ask_for_what_is_needed() -> None:
    assert [form.stem for form in FORMS] == ["unread-source", "wrong-finding"]
    for form in FORMS:
        asked = yaml.safe_load(form.read_text("utf-8"))["body"]
        assert {"version"} < {field["id"] for field in asked if "validations" in field}


def test_addresses_are_those_of_the_repository() -> None:
    assert all(url.startswith(REPOSITORY) for url in PROJECT["urls"].values())


def test_what_is_installed_is_this_version_from_the_repository() -> None:
    """No index has the package: whoever takes its name there would be installed."""
    given = [*PAGES, ROOT / "action.yml", *(path for path in (ROOT / "hooks").rglob("*") if path.is_file())]
    text = "\n".join(path.read_text("utf-8") for path in given)
    assert re.findall(r"install (?:-\S+ )*[\"']?crstandards\b(?!\S* @)", text) == []
    named = re.findall(r"crstandards/crstandards\S*@([\w.]+)|rev: (\S+)", text)
    assert len(named) > 15
    assert {version for pair in named for version in pair if version} == {f"v{__version__}"}


# What differs, and the tests of it.
CHANGES = [
    ("crstandards/rules/solution/cr201_duplicate_connector.py", "tests/rules/test_cr201.py"),
    ("docs/rules/CR201.md", "tests/docs/test_links.py"),
    ("crstandards/source/flow.py", "tests/source"),
    ("crstandards/history/replay.py", "tests/replay"),
    ("crstandards/commands/hook_install.py", "tests/hooks"),
    ("README.md", "tests/docs"),
    ("tests/source/test_flow.py", "tests/source/test_flow.py"),
    ("tests/support/disks.py", "tests/fix/test_transaction.py"),
    ("tests/rules/said/CR201.txt", "tests/rules/test_cr201.py"),
    (".github/workflows/ci.yml", "tests/test_outside.py"),
]


@pytest.mark.parametrize(("path", "test"), CHANGES)
def test_the_tests_of_a_change_are_found(path: str, test: str) -> None:
    assert test in chosen([path])


def test_no_test_is_run_twice_and_none_for_what_has_none() -> None:
    assert chosen(["tests/source/test_flow.py", "crstandards/source/flow.py"]) == ["tests/source"]
    assert chosen(["LICENSE", "crstandards/gone.py"]) == []


def test_each_room_has_its_tests() -> None:
    rooms = sorted(path.parent for path in (ROOT / "crstandards").glob("*/__init__.py"))
    without = [room.name for room in rooms if not chosen([f"crstandards/{room.name}/x.py"])]
    assert without == []


def test_our_own_hooks_are_what_pre_commit_takes() -> None:
    command = (sys.executable, "-m", "pre_commit", "validate-config", str(ROOT / ".pre-commit-config.yaml"))
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
