"""The shell steps of the pipeline files, run as their services run them on a pull request.

Nothing of the environment here is a secret but the token for comments, which a fork's run doesn't get.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.hooks.test_published import wheels
from tests.replay.test_ci import RAW, PullRequest, bring_raw, github, pull_request
from tests.support.builders import Ran, Repo, flow, write_solution
from tests.support.documents import ROOT
from tests.support.exports import settings
from tests.support.pipelines import TOKEN, Service, playing

__all__ = ["wheels"]

pytestmark = pytest.mark.slow
FILES = {
    "action": "action.yml",
    "azure": "hooks/ci/azure/pipeline.yml",
    "github": "hooks/ci/github/workflow.yml",
    "gitlab": "hooks/ci/gitlab/pipeline.yml",
}
# How a finding is told to each service.
TOLD = {"azure": "##vso[task.logissue type=error", "github": "::error ", "gitlab": "CR101"}
INSTALL, CHECK, COMMENT, READY = "Install crstandards", "Check what", "Comment on", "Tell what the next"
LET_THROUGH = '[[exceptions]]\nrule = "CR101"\nreason = "for now"\n'
SCAN = "Write the report for code scanning"
# How each service tells that the check failed or passed.
OUTCOMES = {
    "azure": ("AGENT_JOBSTATUS", "Failed", "Succeeded"),
    "github": ("OUTCOME", "failure", "success"),
    "gitlab": ("CI_JOB_STATUS", "failed", "success"),
}


class Step(NamedTuple):
    """A shell step: its name, its script, and the variables that the file gives it."""

    name: str
    script: str
    variables: Mapping[str, str] = {}


class Runner(NamedTuple):
    """A service's machine, on which a file, one of FILES, has installed crstandards."""

    file: str
    environment: dict[str, str]

    @property
    def service(self) -> str:
        return "github" if self.file == "action" else self.file

    def step(self, name: str, clone: Repo, variables: Mapping[str, str], **inputs: str) -> Ran:
        """Run the step whose name begins so."""
        step = next(step for step in steps(self.file) if step.name.startswith(name))
        output = Path(self.environment["HOME"], "output")
        given = {"inputs.working-directory": ".", "github.token": variables.get("GITHUB_TOKEN", "")}
        given |= {f"inputs.{key}": value for key, value in inputs.items()}
        for line in output.read_text("utf-8").splitlines() if output.exists() else ():
            key, _, value = line.partition("=")
            given |= {f"steps.{owner}.outputs.{key}": value for owner in ("python", "install")}
        own = {key: resolved(value, given) for key, value in step.variables.items()}
        kept = {key: value for key, value in own.items() if value or key not in variables}
        environment = self.environment | {"GITHUB_OUTPUT": str(output)} | dict(variables) | kept
        return clone.run(
            ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.script), env=environment
        )


def steps(file: str) -> list[Step]:
    """The shell steps, in order."""
    written: Any = yaml.safe_load((ROOT / FILES[file]).read_text("utf-8"))
    if file == "gitlab":
        job, ready = written["connection-references"], written["ready-to-import"]["script"]
        parts = {INSTALL: written[".crstandards"]["before_script"], CHECK: job["script"]}
        parts |= {COMMENT: job["after_script"], READY: ready}
        return [Step(name, "\n".join(lines)) for name, lines in parts.items()]
    jobs = {"runs": written["runs"]} if file == "action" else written["jobs"]
    return [
        Step(step.get("name") or step["displayName"], text, step.get("env", {}))
        for job in (jobs if file == "azure" else jobs.values())
        for step in job["steps"]
        if (text := step.get("run") or step.get("bash"))
    ]


def resolved(text: str, given: Mapping[str, str]) -> str:
    """A variable's value, with the expressions in it replaced by what they stand for, or by nothing."""

    def value(found: re.Match[str]) -> str:
        return next(filter(None, (given.get(name.strip(), "") for name in found[1].split("||"))), "")

    return re.sub(r"\$\{\{(.*?)\}\}|\$\(System\.\w+\)", lambda m: value(m) if m[1] else TOKEN, text)


@pytest.fixture(scope="module", params=FILES)
def runner(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    git_environment: dict[str, str],
    wheels: Path,
) -> Runner:
    """Run the steps that install, in a folder that would have its own code run."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    home = tmp_path_factory.mktemp("runner")
    environment = {
        "HOME": str(home),
        "RUNNER_TEMP": str(home),
        "RUNNER_OS": "Linux",
        "AGENT_TEMPDIRECTORY": str(home),
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(home / "summary.md"),
        # The checkout in place of the release, and what else it needs without an index.
        "CRSTANDARDS_PACKAGE": str(ROOT),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": wheels.as_uri(),
    }
    hostile = Repo.create(tmp_path_factory.mktemp("hostile"), git_environment)
    for module in ("venv", "pip", "crstandards"):
        hostile.write(f"{module}.py", "raise SystemExit('the pull request ran its own code')\n")
    runner = Runner(request.param, environment)
    for name in ("Look for Python", INSTALL) if request.param == "action" else (INSTALL,):
        ran = runner.step(name, hostile, {})
        assert ran.status == 0, ran.text
    return runner


@pytest.fixture
def fork(repo: Repo, tmp_path: Path) -> PullRequest:
    (tmp_path / "clones").mkdir()
    return PullRequest(repo, tmp_path / "clones")


def told(service: str, fork: PullRequest, merge: str, folder: Path, *, own: bool = False) -> dict[str, str]:
    """What the service sets for a pull request; `own`, where it tells the event itself."""
    if service == "github":
        return {"GITHUB_SHA": merge} if own else pull_request(merge, folder)
    if service == "azure":
        return {"TF_BUILD": "True", "BUILD_REASON": "PullRequest", "BUILD_SOURCEVERSION": merge}
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


def comment(runner: Runner, clone: Repo, variables: Mapping[str, str], *, passed: bool) -> str:
    """Run the step that comments, after a check that ended so; returns what it said."""
    name, failed, succeeded = OUTCOMES[runner.service]
    ran = runner.step(COMMENT, clone, {**variables, name: succeeded if passed else failed})
    assert ran.status == 0, ran.text
    return ran.out.strip()


@pytest.fixture
def service(runner: Runner) -> Iterator[Service]:
    with playing(runner.service) as played:
        yield played


def test_a_bad_pull_request_is_blocked_and_its_comment_tells_when_it_is_mended(
    runner: Runner, fork: PullRequest, service: Service, tmp_path: Path
) -> None:
    def push(expected: int) -> tuple[Repo, Ran, str]:
        """The pull request's merge is made and checked, and commented on."""
        merge = fork.merge()
        clone = checkout(runner.service, fork)
        variables = service.environment(tmp_path) | told(runner.service, fork, merge, tmp_path, own=True)
        ran = runner.step(CHECK, clone, variables)
        assert ran.status == expected, ran.text
        said = comment(runner, clone, variables, passed=expected == 0)
        fork.origin.git("checkout", "--quiet", "topic")
        return clone, ran, said

    fork.origin.write("README.md", "About")
    fork.origin.commit("A page")
    assert push(0)[2].startswith("There is nothing to tell")
    assert service.ours == []

    bring_raw(fork.origin)
    clone, bad, said = push(1)
    assert TOLD[runner.service] in bad.out
    assert said == "A comment was written."
    [(status, text)] = service.ours
    assert "this change adds 1 error" in text
    assert f"Flow new: {RAW} (ContosoHR): now through a raw connection" in text
    link = {
        "azure": r"https://dev\.azure\.com/contoso/Flows/_git/flows\?path=/src/.*&version=GC{}&line=\d+",
        "github": r"https://github\.com/contoso/flows/blob/{}/src/\S+\.json#L\d+",
        "gitlab": r"https://gitlab\.com/contoso/flows/-/blob/{}/src/\S+\.json#L\d+",
    }[runner.service]
    assert re.search(link.format(clone.git("rev-parse", "HEAD")), text)
    assert status == ("active" if runner.service == "azure" else "")
    published(runner, clone, ["CR101"])

    write_solution(fork.origin.root / "src/HR", "ContosoHR", flows={RAW: flow()})
    fork.origin.commit("Mend it")
    clone, _, said = push(0)
    assert said == "The comment is up to date."
    [(status, text)] = service.ours
    assert "no violations" in text
    assert status == ("fixed" if runner.service == "azure" else "")
    published(runner, clone, [])


def published(runner: Runner, clone: Repo, rules: list[str]) -> None:
    """What the pipeline hands on besides: GitLab's report, and to Azure a page and tests."""
    reports = Path(runner.environment["AGENT_TEMPDIRECTORY"], "reports")
    if runner.service == "gitlab":
        report = json.loads((clone.root / "gl-code-quality-report.json").read_text("utf-8"))
        assert [item["check_name"] for item in report] == rules
    if runner.service == "azure":
        assert {path.suffix for path in reports.iterdir()} == {".html", ".xml"}
        assert ("<failure" in (reports / "connection-references.xml").read_text("utf-8")) == bool(rules)


def test_a_pull_request_from_a_fork_gets_a_verdict_and_no_comment(
    runner: Runner, fork: PullRequest, service: Service, tmp_path: Path
) -> None:
    bring_raw(fork.origin)
    merge = fork.merge()
    clone = checkout(runner.service, fork)
    event = {"number": 7, "pull_request": {"number": 7, "head": {"repo": {"full_name": "maker/flows"}}}}
    (tmp_path / "event.json").write_text(json.dumps(event), "utf-8")
    variables = service.environment(tmp_path) | told(runner.service, fork, merge, tmp_path, own=True)
    assert runner.step(CHECK, clone, variables).status == 1
    # Azure's token is there, and may not comment; GitLab's variable is not.
    service.may_write = False
    said = comment(runner, clone, variables | {"CRSTANDARDS_COMMENT_TOKEN": ""}, passed=False)
    assert said.startswith({"azure": "##vso[", "github": "No comment: ", "gitlab": ""}[runner.service])
    assert service.ours == []


def test_what_comes_by_no_pull_request_is_checked_as_a_whole(runner: Runner, fork: PullRequest) -> None:
    before = bring_raw(fork.origin)
    clone = fork.checkout("refs/heads/topic")
    if runner.service == "gitlab":
        # The verdict is on what the push adds; the report lists all, to be compared with.
        told = {
            **{"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"},
            **{"CI_DEFAULT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": before, "CI_COMMIT_SHA": before},
        }
        assert runner.step(CHECK, clone, told).status == 0
        published(runner, clone, ["CR101"])
        return
    if runner.service == "azure":
        ran = runner.step("Check all that is there", clone, {})
        assert ran.status == 1
        assert TOLD["azure"] in ran.out
        published(runner, clone, ["CR101"])
        return
    # Code scanning shows what is there; only what could not be checked stops the step.
    inputs = {"sarif": "found.sarif"}
    for config, found in (("", ["CR101"]), (LET_THROUGH, [])):
        clone.write("crstandards.toml", config)
        ran = runner.step(SCAN, clone, {}, **inputs)
        assert ran.status == 0, ran.text
        [only] = json.loads((clone.root / "found.sarif").read_text("utf-8"))["runs"]
        assert [item["ruleId"] for item in only["results"]] == found
    clone.write("crstandards.toml", "[rulez]\n")
    assert runner.step(SCAN, clone, {}, **inputs).status == 2


def test_the_import_waits_for_what_it_would_leave_off(runner: Runner, fork: PullRequest) -> None:
    config = '[[environments]]\nname = "contoso-prod"\nsettings = ["prod.json"]\n'
    for connection, status, said in (
        ("", 1, "1 of 1 flow will be off after the next import"),
        ("#{outlook}#", 0, "Nothing would go wrong with 1 flow"),
    ):
        fork.origin.write("crstandards.toml", config)
        fork.origin.write("prod.json", settings(("con_outlook", connection)))
        fork.origin.commit("Settings")
        ran = runner.step(READY, fork.checkout("refs/heads/topic"), {})
        assert (ran.status, said in ran.out) == (status, True), ran.text
        if runner.service == "github":
            assert said in Path(runner.environment["GITHUB_STEP_SUMMARY"]).read_text("utf-8")
        if runner.service == "azure":
            [path] = re.findall(r"^##vso\[task\.uploadsummary\](.+)$", ran.out, re.MULTILINE)
            assert said in Path(path).read_text("utf-8")


def test_an_exception_that_has_run_out_is_not_revived_by_an_old_date(
    runner: Runner, fork: PullRequest, tmp_path: Path
) -> None:
    """The commits here are of the past, when it still held."""
    exception = LET_THROUGH + "expires = 2026-01-03\n"
    fork.origin.git("checkout", "--quiet", "main")
    fork.origin.write("crstandards.toml", exception)
    fork.origin.commit("An exception")
    fork.origin.git("checkout", "--quiet", "topic")
    fork.origin.git("rebase", "--quiet", "main")
    bring_raw(fork.origin)
    merge = fork.merge()
    clone = checkout(runner.service, fork)
    variables = told(runner.service, fork, merge, tmp_path)
    assert clone.crstandards("replay", "--ci", env=variables).status == 0
    assert runner.step(CHECK, clone, variables).status == 1


@pytest.mark.parametrize("runner", ["github"], indirect=True)
def test_a_merge_queue(runner: Runner, fork: PullRequest, tmp_path: Path) -> None:
    """`base_sha` is the entry below where each has to pass, and else the target branch."""
    main = fork.origin.git("rev-parse", "main")
    below = bring_raw(fork.origin)
    fork.origin.write("README.md", "About")
    top = fork.origin.commit("A page")
    for base in (below, main):
        group = {"head_sha": top, "base_sha": base, "base_ref": "refs/heads/main"}
        variables = github("merge_group", top, {"merge_group": group}, tmp_path)
        ran = runner.step(CHECK, fork.checkout("refs/heads/topic"), variables)
        assert ran.status == 1, ran.text
        assert TOLD["github"] in ran.out


@pytest.mark.parametrize("runner", ["action"], indirect=True)
def test_more_arguments_for_the_action(runner: Runner, fork: PullRequest, tmp_path: Path) -> None:
    bring_raw(fork.origin)
    merge = fork.merge()
    clone, variables = checkout("github", fork), pull_request(merge, tmp_path)
    for args, status in (("", 1), ("--fail-on never", 0), ("--select CR2 --ignore CR202", 0), ("--selec", 2)):
        assert runner.step(CHECK, clone, variables, args=args).status == status
