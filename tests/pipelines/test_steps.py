"""The shell steps of the pipeline files, run as their services run them on a pull request from a fork.

A fork's run has no secrets, and nothing of the environment here is one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.builders import Ran, Repo, write_solution
from tests.docs.documents import ROOT
from tests.hooks.test_published import wheels
from tests.replay.test_ci import PullRequest, bring_raw, pull_request

__all__ = ["wheels"]

pytestmark = pytest.mark.slow
SERVICES = ["azure", "github", "gitlab"]
FILES = {"azure": "azure/pipeline.yml", "github": "github/action.yml", "gitlab": "gitlab/pipeline.yml"}
# How a finding is told to each service.
TOLD = {"azure": "##vso[task.logissue type=error", "github": "::error ", "gitlab": "CR101"}


class Runner(NamedTuple):
    """A service's machine, on which its pipeline file has installed crstandards."""

    service: str
    environment: dict[str, str]

    def step(self, number: int, clone: Repo, variables: Mapping[str, str]) -> Ran:
        """Run a step of the file, counted from the one that installs."""
        script = scripts(self.service)[number]
        return shell(clone, script, self.environment | dict(variables))


def scripts(service: str) -> list[str]:
    """The shell steps: the one that installs, then the others."""
    written: Any = yaml.safe_load((ROOT / "hooks/ci" / FILES[service]).read_text("utf-8"))
    if service == "gitlab":
        *install, check = written["connection-references"]["script"]
        return ["\n".join(install), check]
    steps = written["runs"]["steps"] if service == "github" else written["jobs"][0]["steps"]
    return [text for step in steps if (text := step.get("run") or step.get("bash"))]


def shell(clone: Repo, script: str, variables: Mapping[str, str]) -> Ran:
    return clone.run(("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script), env=variables)


@pytest.fixture(scope="module", params=SERVICES)
def runner(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    git_environment: dict[str, str],
    wheels: Path,
) -> Runner:
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    home = tmp_path_factory.mktemp("runner")
    environment = {
        "HOME": str(home),
        "RUNNER_TEMP": str(home),
        "AGENT_TEMPDIRECTORY": str(home),
        "GITHUB_ACTION_PATH": str(ROOT / "hooks/ci/github"),
        # The checkout in place of the release, and what else it needs without an index.
        "CRSTANDARDS_PACKAGE": str(ROOT),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": wheels.as_uri(),
    }
    hostile = Repo.create(tmp_path_factory.mktemp("hostile"), git_environment)
    for module in ("venv", "pip", "crstandards"):
        hostile.write(f"{module}.py", "raise SystemExit('the pull request ran its own code')\n")
    ran = shell(hostile, scripts(request.param)[0], environment)
    assert ran.status == 0, ran.text
    return Runner(request.param, environment)


@pytest.fixture
def fork(repo: Repo, tmp_path: Path) -> PullRequest:
    (tmp_path / "clones").mkdir()
    return PullRequest(repo, tmp_path / "clones")


def told(service: str, fork: PullRequest, merge: str, folder: Path) -> dict[str, str]:
    """What the service sets for a pull request from a fork."""
    if service == "github":
        return pull_request(merge, folder)
    if service == "azure":
        return {
            "TF_BUILD": "True",
            "BUILD_REASON": "PullRequest",
            "BUILD_SOURCEVERSION": merge,
            "SYSTEM_PULLREQUEST_ISFORK": "True",
        }
    return {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": fork.origin.git("rev-parse", "main"),
        "CI_COMMIT_SHA": fork.origin.git("rev-parse", "topic"),
    }


def checkout(service: str, fork: PullRequest) -> Repo:
    """As the pipeline file asks for it: two trees, or in GitLab the source branch with its history."""
    if service == "gitlab":
        return fork.checkout("refs/heads/topic")
    return fork.checkout("refs/pull/7/merge", depth=2)


def test_a_bad_pull_request_is_blocked_and_a_good_one_passes(
    runner: Runner, fork: PullRequest, tmp_path: Path
) -> None:
    write_solution(fork.origin.root / "src/Sales", "ContosoSales")
    fork.origin.commit("Sales")
    merge = fork.merge()
    good = runner.step(1, checkout(runner.service, fork), told(runner.service, fork, merge, tmp_path))
    assert good.status == 0, good.text
    fork.origin.git("checkout", "--quiet", "topic")
    bring_raw(fork.origin)
    merge = fork.merge()
    clone = checkout(runner.service, fork)
    bad = runner.step(1, clone, told(runner.service, fork, merge, tmp_path))
    assert bad.status == 1, bad.text
    assert TOLD[runner.service] in bad.out
    if runner.service == "gitlab":
        report = json.loads((clone.root / "gl-code-quality-report.json").read_text("utf-8"))
        assert [item["check_name"] for item in report] == ["CR101"]


def test_what_comes_by_no_pull_request_is_checked_as_a_whole(runner: Runner, fork: PullRequest) -> None:
    if runner.service == "gitlab":
        assert len(scripts("gitlab")) == 2
        return
    variables = {"SARIF": "found.sarif"}
    clone = fork.checkout("refs/heads/topic", depth=1)
    assert runner.step(2, clone, variables).status == 0
    bring_raw(fork.origin)
    clone = fork.checkout("refs/heads/topic", depth=1)
    ran = runner.step(2, clone, variables)
    if runner.service == "azure":
        assert ran.status == 1
        assert TOLD["azure"] in ran.out
        return
    # Code scanning shows what is there; only what could not be checked stops the step.
    assert ran.status == 0, ran.text
    [only] = json.loads((clone.root / "found.sarif").read_text("utf-8"))["runs"]
    assert [item["ruleId"] for item in only["results"]] == ["CR101"]
    clone.write("crstandards.toml", "[rulez]\n")
    assert runner.step(2, clone, variables).status == 2
