"""The pipeline files are what their services take, pin what they use and ask for little."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from crstandards import __version__
from tests.support.documents import ROOT, Block, blocks

CI = ROOT / "hooks" / "ci"
FILES = [ROOT / "action.yml", *sorted(CI.rglob("*.yml"))]
PINNED = r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+"
# By the file's path: the schema that check-jsonschema brings along, and what it needs with it.
SCHEMAS = {
    "hooks/ci/azure/pipeline.yml": ["vendor.azure-pipelines", "--regex-variant=nonunicode"],
    "action.yml": ["vendor.github-actions"],
    "hooks/ci/github/workflow.yml": ["vendor.github-workflows"],
    "hooks/ci/gitlab/pipeline.yml": ["vendor.gitlab-ci", "--data-transform=gitlab-ci"],
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def valid(path: Path, schema: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    if "azure" in schema[0]:
        # To Azure, and so to its schema, numbers are strings too.
        strings = folder / "strings.json"
        strings.write_text(json.dumps(yaml.load(path.read_text("utf-8"), yaml.BaseLoader)), "utf-8")
        path = strings
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_each_file_fits_its_services_schema(path: Path, tmp_path: Path) -> None:
    schema = SCHEMAS[name_of(path)]
    checked = valid(path, schema, tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    wrong = tmp_path / path.name
    text = re.sub(r"(?s)\b(steps|script):\n.*", r"\1: {}\n", path.read_text("utf-8"), count=1)
    wrong.write_text(text, "utf-8")
    assert valid(wrong, schema, tmp_path).returncode == 1


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_each_file_pins_what_it_uses_and_asks_for_no_secret(path: Path) -> None:
    """crstandards is pinned to this version, actions of others by digest, with their tag."""
    text = path.read_text("utf-8")
    named = re.findall(r"crstandards/crstandards\S*@([\w.]+)", text)
    # The action installs its own checkout.
    assert set(named) == (set() if path.name == "action.yml" else {f"v{__version__}"})
    for used in re.findall(r"uses: (.+)", text):
        assert re.fullmatch(PINNED, used)
    assert "secrets." not in text
    assert "pull_request_target" not in text


IN_PAGES = [block for block in blocks("yaml") if re.search(r"\b(steps?|uses|script):", block.text)]


@pytest.mark.parametrize("block", IN_PAGES, ids=lambda block: block.place)
def test_what_pages_show_of_pipelines_is_pinned_and_asks_for_little(block: Block) -> None:
    assert set(re.findall(r"uses: crstandards/crstandards@(.+)", block.text)) <= {f"v{__version__}"}
    for used in re.findall(r"uses: (?!crstandards/)(.+)", block.text):
        assert re.fullmatch(PINNED, used)
    for package in re.findall(r'pip"? install .*?(crstandards[\w./@=]*)', block.text):
        assert package in (f"crstandards=={__version__}", f"crstandards/crstandards@v{__version__}")
    written = yaml.safe_load(block.text)
    for job in written.get("jobs", {}).values() if isinstance(written, dict) else ():
        assert job["permissions"] == {"contents": "read"}
        assert job["timeout-minutes"]


def test_the_page_on_ci_shows_a_pipeline_for_bitbucket(tmp_path: Path) -> None:
    [block] = [block for block in IN_PAGES if "pull-requests:" in block.text]
    path = tmp_path / "bitbucket-pipelines.yml"
    for text, status in ((block.text, 0), (block.text.replace("depth: full", "depth: whole"), 1)):
        path.write_text(text, "utf-8")
        checked = valid(path, ["vendor.bitbucket-pipelines"], tmp_path)
        assert checked.returncode == status, checked.stdout + checked.stderr


def test_the_action_says_what_a_marketplace_asks_for() -> None:
    """https://docs.github.com/actions/how-tos/create-and-publish-actions/publish-in-github-marketplace"""
    written = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert {"name", "author", "description", "branding", "inputs", "runs"} == set(written)
    assert len(written["description"]) <= 125
    assert set(written["inputs"]) == {"version", "args", "working-directory", "comment", "readiness", "sarif"}
    for step in written["runs"]["steps"]:
        # What a caller gives is an argument or a variable of a script, and never a part of it.
        assert "${{" not in step.get("run", "")


def test_the_workflow_asks_for_the_least() -> None:
    written: Any = yaml.safe_load((CI / "github/workflow.yml").read_text("utf-8"))
    # For each event that has a range; YAML 1.1 reads the key "on" as true.
    assert set(written[True]) == {"pull_request", "merge_group", "push"}
    assert written["permissions"] == {}
    check, readiness, scanning = written["jobs"].values()
    assert check["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert readiness["permissions"] == {"contents": "read"}
    assert scanning["permissions"] == {"contents": "read", "security-events": "write"}
    # A pull request, whosever it is, never gets there.
    assert scanning["if"].startswith("github.event_name == 'push' && ")
    for job in (check, readiness, scanning):
        assert job["timeout-minutes"] == 10
        [checkout] = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert checkout["with"]["persist-credentials"] is False
