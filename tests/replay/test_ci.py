"""`replay --ci` in clones like those that the services make, with the variables that they document."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crstandards.ci import find_task
from crstandards.errors import NotVerified
from tests.support.builders import TEAMS, Ran, Reference, Repo, flow, flow_file, raw_flow, write_solution

ZERO = "0" * 40
RAW = "Raw one"


class PullRequest:
    """A repository on a service, with a pull request whose merge the service has made."""

    def __init__(self, origin: Repo, folder: Path) -> None:
        self.origin = origin
        self.folder = folder
        write_solution(origin.root / "src/HR", "ContosoHR")
        origin.commit("Begin")
        origin.git("checkout", "--quiet", "-b", "topic")

    def merge(self) -> str:
        """Merge the topic into main as a service does; returns the merge."""
        self.origin.git("checkout", "--quiet", "main")
        self.origin.git("merge", "--quiet", "--no-ff", "--no-edit", "--no-verify", "topic")
        merge = self.origin.git("rev-parse", "HEAD")
        self.origin.git("update-ref", "refs/pull/7/merge", merge)
        self.origin.git("reset", "--quiet", "--hard", "HEAD~1")
        return merge

    def checkout(self, ref: str, depth: int = 0) -> Repo:
        """A clone as `actions/checkout` makes it: one ref, as deep as asked for."""
        made = Repo.create(self.folder / f"clone{len(list(self.folder.iterdir()))}", self.origin.environment)
        made.git("remote", "add", "origin", self.origin.root.as_uri())
        wanted = [f"+{ref}:refs/remotes/pull/head"]
        options = [f"--depth={depth}"] if depth else []
        if not depth:
            wanted.append("+refs/heads/*:refs/remotes/origin/*")
        made.git("fetch", "--quiet", "--no-tags", *options, "origin", *wanted)
        made.git("checkout", "--quiet", "--detach", "refs/remotes/pull/head")
        return made


@pytest.fixture
def request_(repo: Repo, tmp_path: Path) -> PullRequest:
    (tmp_path / "clones").mkdir()
    return PullRequest(repo, tmp_path / "clones")


def bring_raw(repo: Repo) -> str:
    write_solution(repo.root / "src/HR", "ContosoHR", flows={RAW: raw_flow()})
    return repo.commit("Bring a raw connection")


def github(event: str, sha: str, payload: dict[str, Any], folder: Path) -> dict[str, str]:
    path = folder / "event.json"
    path.write_text(json.dumps(payload), encoding="utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_SHA": sha,
        "GITHUB_REF": "refs/pull/7/merge",
    }


def pull_request(sha: str, folder: Path) -> dict[str, str]:
    return github("pull_request", sha, {"number": 7}, folder)


def run(clone: Repo, environment: dict[str, str], *arguments: str) -> Ran:
    return clone.crstandards("replay", "--ci", *arguments, env=environment)


@pytest.mark.parametrize("depth", [0, 2])
def test_a_pull_request_on_github(request_: PullRequest, tmp_path: Path, depth: int) -> None:
    commit = bring_raw(request_.origin)
    merge = request_.merge()
    clone = request_.checkout("refs/pull/7/merge", depth)
    ran = run(clone, pull_request(merge, tmp_path))
    assert ran.status == 1
    base = request_.origin.git("rev-parse", "main")
    assert f"GitHub Actions, pull request 7: {merge[:12]} against {base[:12]}" in ran.err
    assert "CR101" in ran.out
    if depth:
        assert "with: {fetch-depth: 0}." in ran.err
        assert "since:" not in ran.out
    else:
        assert commit[:12] in ran.out


def test_a_good_pull_request_passes_although_old_findings_remain(
    request_: PullRequest, tmp_path: Path
) -> None:
    origin = request_.origin
    origin.git("checkout", "--quiet", "main")
    bring_raw(origin)
    origin.git("checkout", "--quiet", "-B", "topic")
    write_solution(origin.root / "src/Sales", "ContosoSales")
    origin.commit("Sales")
    merge = request_.merge()
    for depth in (0, 2):
        ran = run(request_.checkout("refs/pull/7/merge", depth), pull_request(merge, tmp_path))
        assert ran.status == 0, ran.text
        assert "This change adds no violations. 1 error was there before;" in " ".join(ran.out.split())
        assert "No violations" not in ran.out
    told = json.loads(
        run(request_.checkout("refs/pull/7/merge"), pull_request(merge, tmp_path), "--format=json").out
    )
    assert (told["scope"], told["before"]) == ("added", {"errors": 1, "warnings": 0, "notes": 0})


@pytest.mark.parametrize("changed", [True, False])
def test_a_file_that_could_not_be_read_before_either(
    request_: PullRequest, tmp_path: Path, changed: bool
) -> None:
    origin = request_.origin
    path = f"src/HR/Workflows/{flow_file(RAW)}"
    origin.git("checkout", "--quiet", "main")
    origin.write(path, "<<<<<<< one\n")
    origin.commit("Break it")
    origin.git("checkout", "--quiet", "-B", "topic")
    origin.write("README.md", "Hello")
    if changed:
        origin.write(path, "<<<<<<< another\n")
    origin.commit("Go on")
    merge = request_.merge()
    for depth in (0, 2):
        ran = run(request_.checkout("refs/pull/7/merge", depth), pull_request(merge, tmp_path))
        assert (ran.status, "CR901" in ran.out) == (changed, changed), ran.text


def test_a_duplicate_that_is_born_in_the_merge(request_: PullRequest, tmp_path: Path) -> None:
    origin = request_.origin
    text = (origin.root / "src/HR/Other/Customizations.xml").read_text("utf-8")
    lines = text.splitlines(keepends=True)
    start = next(number for number, line in enumerate(lines) if "<connectionreferences>" in line)
    end = next(number for number, line in enumerate(lines) if "</connectionreferences>" in line)

    def declared(name: str) -> str:
        return (
            f'<connectionreference connectionreferencelogicalname="{name}"><connectorid>'
            f"/providers/Microsoft.PowerApps/apis/{TEAMS}</connectorid></connectionreference>\n"
        )

    path = "src/HR/Other/Customizations.xml"
    origin.write(path, "".join([*lines[: start + 1], declared("con_a"), *lines[start + 1 :]]))
    origin.commit("One")
    origin.git("checkout", "--quiet", "main")
    origin.write(path, "".join([*lines[:end], declared("con_b"), *lines[end:]]))
    origin.commit("Another")
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path))
    assert ran.status == 1
    assert "CR201" in ran.out


def test_the_policy_is_the_bases(request_: PullRequest, tmp_path: Path) -> None:
    request_.origin.write("crstandards.toml", '[rules]\nCR101 = "off"\n')
    bring_raw(request_.origin)
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path))
    assert ran.status == 1
    assert "The policy is the defaults" in ran.err
    assert "NOTE: this changes the policy itself" in ran.err


@pytest.mark.parametrize("form", ["github", "markdown", "text"])
def test_a_finding_names_the_exception_that_comes_with_it(
    request_: PullRequest, tmp_path: Path, form: str
) -> None:
    exception = '[[exceptions]]\nrule = "CR101"\nflow = "{}"\nreason = "{}"\n'
    request_.origin.write("crstandards.toml", exception.format(RAW, "it is meant"))
    bring_raw(request_.origin)
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path), "--format", form)
    assert ran.status == 1
    told = 'The exception in crstandards.toml ("it is meant") comes with this change.'
    assert told in " ".join(ran.out.split())
    request_.origin.git("checkout", "--quiet", "topic")
    request_.origin.write("crstandards.toml", exception.format("Another one", "it is meant"))
    request_.origin.commit("Except another flow")
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path), "--format", form)
    assert "comes with" not in ran.out


def test_a_description_excuses_nothing_that_comes_with_it(request_: PullRequest, tmp_path: Path) -> None:
    allowed = "crstandards: allow CR201 two shared mailboxes"
    both = [Reference("con_outlook", description=allowed), Reference("con_other", description=allowed)]
    write_solution(request_.origin.root / "src/HR", "ContosoHR", both)
    request_.origin.commit("Declare a second one, and say that it may be")
    merge = request_.merge()
    (tmp_path / "given.toml").write_text("", encoding="utf-8")
    for depth in (0, 2):
        clone = request_.checkout("refs/pull/7/merge", depth)
        ran = run(clone, pull_request(merge, tmp_path))
        assert ran.status == 1
        assert "CR201" in ran.out
        assert "in the change that brings it: con_outlook (CR201), con_other (CR201)." in ran.err
        told = "The exception in the description of con_outlook and con_other comes with this change"
        assert told in " ".join(ran.out.split())
        given = run(clone, pull_request(merge, tmp_path), "--config", str(tmp_path / "given.toml"))
        assert given.status == 1
    request_.origin.git("checkout", "--quiet", "main")
    request_.origin.git("merge", "--quiet", "topic")
    request_.origin.git("checkout", "--quiet", "topic")
    request_.origin.write("README.md", "More")
    request_.origin.commit("Something else, when it is merged all the same")
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path))
    assert ran.status == 0, ran.text
    assert "brings it" not in ran.err


def test_a_pull_request_that_brings_a_wrong_configuration(request_: PullRequest, tmp_path: Path) -> None:
    request_.origin.write("crstandards.toml", "[rulez]\n")
    request_.origin.commit("Get it wrong")
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path))
    assert ran.status == 2
    assert "crstandards.toml:1" in ran.err


def test_a_pull_request_that_brings_a_baseline(request_: PullRequest, tmp_path: Path) -> None:
    origin = request_.origin
    origin.git("checkout", "--quiet", "main")
    bring_raw(origin)
    origin.git("checkout", "--quiet", "-B", "topic")
    origin.crstandards("baseline")
    origin.commit("Record what is there")
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path))
    assert ran.status == 0, ran.text


def test_a_strict_policy_judges_the_whole_tip(request_: PullRequest, tmp_path: Path) -> None:
    origin = request_.origin
    origin.git("checkout", "--quiet", "main")
    origin.write("crstandards.toml", "[server]\nstrict = true\n")
    bring_raw(origin)
    origin.git("checkout", "--quiet", "-B", "topic")
    write_solution(origin.root / "src/Sales", "ContosoSales")
    origin.commit("Sales")
    merge = request_.merge()
    assert run(request_.checkout("refs/pull/7/merge", 2), pull_request(merge, tmp_path)).status == 1


def test_a_checkout_that_is_not_deep_enough(request_: PullRequest, tmp_path: Path) -> None:
    merge = (bring_raw(request_.origin), request_.merge())[1]
    ran = run(request_.checkout("refs/pull/7/merge", 1), pull_request(merge, tmp_path))
    assert ran.status == 3
    assert "with: {fetch-depth: 2}" in ran.err


def test_every_commit_needs_every_commit(request_: PullRequest, tmp_path: Path) -> None:
    """What is enough for a verdict on the whole is none on each of its commits."""
    merge = (bring_raw(request_.origin), request_.merge())[1]
    clone = request_.checkout("refs/pull/7/merge", 2)
    ran = run(clone, pull_request(merge, tmp_path), "--every-commit")
    assert ran.status == 3
    assert "every commit was asked for, and this clone is shallow" in ran.err
    assert "fetch-depth: 0" in ran.err


def test_a_checkout_of_another_commit(request_: PullRequest, tmp_path: Path) -> None:
    head = bring_raw(request_.origin)
    merge = request_.merge()
    clone = request_.checkout("refs/heads/topic", 2)
    ran = run(clone, pull_request(merge, tmp_path))
    assert ran.status == 3
    assert "without a 'ref' of its own" in ran.err
    ran = run(clone, pull_request(head, tmp_path))
    assert ran.status == 3
    assert "should be the merge of the pull request 7, and is none; add to the step" in ran.err


def test_base_and_head_override(request_: PullRequest, tmp_path: Path) -> None:
    raw = bring_raw(request_.origin)
    before = request_.origin.git("rev-parse", "HEAD~1")
    clone = request_.checkout("refs/heads/topic")
    ran = run(clone, {}, "--base", "HEAD~1", "--head", "HEAD")
    assert ran.status == 1
    assert f"{raw[:12]} against {before[:12]} (--head and --base)." in ran.err
    assert "The policy is the defaults" in ran.err
    told = github("push", raw, push_payload(raw, raw), tmp_path)
    ran = run(clone, told, "--base", before)
    assert ran.status == 1
    assert f"{raw[:12]} against {before[:12]} (before and after of the event; --base in place" in ran.err


def push_payload(before: str, after: str, ref: str = "refs/heads/main") -> dict[str, Any]:
    return {"ref": ref, "before": before, "after": after, "repository": {"default_branch": "main"}}


def test_pushes_on_github(request_: PullRequest, tmp_path: Path) -> None:
    origin = request_.origin
    before = origin.git("rev-parse", "HEAD")
    after = bring_raw(origin)
    new, first = push_payload(ZERO, after, "refs/heads/topic"), push_payload(ZERO, after)
    for payload, depth, status, said in (
        (push_payload(before, after), 0, 1, "CR101"),
        (push_payload(ZERO, before), 0, 0, "against nothing, since it is the first push"),
        (new, 0, 1, "CR101"),
        (push_payload(after, ZERO), 0, 0, "A branch was deleted: nothing to check."),
        (push_payload("1" * 40, after), 0, 3, f"git fetch --no-tags origin {'1' * 40}"),
        (push_payload(after, after), 0, 0, f"{after[:12]} against {after[:12]}"),
        (new, 1, 3, "fetch-depth: 0"),
        # All of its tip is new, and no more than that is needed for the verdict.
        (first, 1, 1, "against nothing, since it is the first push"),
    ):
        ran = run(request_.checkout("refs/heads/topic", depth), github("push", after, payload, tmp_path))
        assert (ran.status, said in ran.text) == (status, True), ran.text


def test_a_forced_push_that_takes_a_mend_back(request_: PullRequest, tmp_path: Path) -> None:
    """What is there before a push is its ref's commit, not what that has in common with the new one."""
    origin = request_.origin
    raw = bring_raw(origin)
    write_solution(origin.root / "src/HR", "ContosoHR", flows={RAW: flow()})
    mended = origin.commit("Mend it")
    origin.git("checkout", "--quiet", "-b", "other", raw)
    origin.write("README.md", "Another way")
    aside = origin.commit("Go on without it")
    clone = request_.checkout("refs/heads/topic")
    for before, after, status in ((mended, aside, 1), (mended, raw, 1), (raw, aside, 0), (aside, raw, 0)):
        ran = run(clone, github("push", after, push_payload(before, after), tmp_path))
        assert ran.status == status, ran.text
    # A range that somebody names has its beginning where the two part.
    ran = clone.crstandards("replay", "--new-only", f"{mended}..{aside}")
    assert ran.status == 0, ran.text


class Queue(NamedTuple):
    """A merge queue on `main`: an entry that brings a raw connection, and one on top of it that doesn't."""

    request: PullRequest
    main: str
    below: str
    top: str
    folder: Path

    def run(self, head: str, base: str, depth: int = 0) -> Ran:
        """Answer the queue about an entry, in a clone as `actions/checkout` makes it."""
        told = {"head_sha": head, "base_sha": base, "base_ref": "refs/heads/main"}
        clone = self.request.checkout(f"refs/queue/{head}", depth)
        return run(clone, github("merge_group", head, {"merge_group": told}, self.folder))


@pytest.fixture
def queue(request_: PullRequest, tmp_path: Path) -> Queue:
    origin = request_.origin
    main = origin.git("rev-parse", "main")
    below = bring_raw(origin)
    write_solution(origin.root / "src/Sales", "ContosoSales")
    top = origin.commit("Sales")
    for head in (below, top):
        origin.git("update-ref", f"refs/queue/{head}", head)
    return Queue(request_, main, below, top, tmp_path)


def test_each_entry_of_a_merge_queue_answers_for_all_that_it_would_merge(queue: Queue) -> None:
    """`base_sha` is the entry below, or the target branch: that depends on how the queue is set up."""
    for head, base in ((queue.below, queue.main), (queue.top, queue.below), (queue.top, queue.main)):
        ran = queue.run(head, base)
        assert ran.status == 1, ran.text
        assert f"GitHub Actions, merge group: {head[:12]} against {queue.main[:12]}" in ran.err
        assert "CR101" in ran.out


def test_what_the_target_of_a_merge_queue_has_already_stops_no_entry(queue: Queue) -> None:
    queue.request.origin.git("update-ref", "refs/heads/main", queue.below)
    ran = queue.run(queue.top, queue.main)
    assert ran.status == 0, ran.text
    assert "This change adds no violations. 1 error was there before;" in " ".join(ran.out.split())


GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": "event.json", "GITHUB_SHA": "sha"}
AZURE = {"TF_BUILD": "True", "BUILD_REASON": "PullRequest", "BUILD_SOURCEVERSION": "sha"}
GITLAB = {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_SHA": "sha"}
GITLAB_PUSH = {**GITLAB, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "topic"}
GITLAB_REQUEST = {**GITLAB, "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "7"}
BITBUCKET = {"BITBUCKET_BUILD_NUMBER": "1", "BITBUCKET_PR_ID": "7", "BITBUCKET_PR_DESTINATION_COMMIT": "to"}
JENKINS = {"JENKINS_URL": "https://jenkins.contoso.com/", "CHANGE_ID": "7", "CHANGE_TARGET": "main"}
MAIN = "refs/remotes/origin/main"


@pytest.mark.parametrize(
    ("environ", "event", "base", "head", "deepen"),
    [
        (
            {**AZURE, "SYSTEM_PULLREQUEST_PULLREQUESTID": "7"},
            "pull request 7",
            "sha^1",
            "sha",
            "fetchDepth: 2",
        ),
        (
            {**GITLAB_REQUEST, "CI_MERGE_REQUEST_DIFF_BASE_SHA": "to", "CI_COMMIT_BEFORE_SHA": ZERO},
            "merge request 7",
            "to",
            "sha",
            'variables: {GIT_DEPTH: "0"}',
        ),
        (
            {**GITLAB_REQUEST, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "to"},
            "merge request 7",
            "to",
            "sha",
            "GIT_DEPTH",
        ),
        (
            {**GITLAB_PUSH, "CI_COMMIT_BEFORE_SHA": "old"},
            "push to refs/heads/topic",
            "old",
            "sha",
            "GIT_DEPTH",
        ),
        (
            {**GITLAB_PUSH, "CI_COMMIT_BEFORE_SHA": ZERO},
            "first push to refs/heads/topic",
            MAIN,
            "sha",
            "fetch",
        ),
        (
            {**GITLAB_PUSH, "CI_COMMIT_BEFORE_SHA": ZERO, "CI_COMMIT_BRANCH": "main"},
            "first push to refs/heads/main",
            "",
            "sha",
            "GIT_DEPTH",
        ),
        (BITBUCKET, "pull request 7", "to", "HEAD", "clone: {depth: full}"),
        (JENKINS, "change 7", MAIN, "HEAD", "git fetch --no-tags origin +refs/heads/main:"),
        ({**JENKINS, "JENKINS_URL": "", "JENKINS_HOME": "/var"}, "change 7", MAIN, "HEAD", "git fetch"),
        (
            {"JENKINS_URL": "x", "GIT_PREVIOUS_SUCCESSFUL_COMMIT": "old", "GIT_COMMIT": "x"},
            "build of a branch",
            "old",
            "HEAD",
            "Shallow clone",
        ),
    ],
)
def test_what_the_other_services_tell(
    environ: dict[str, str], event: str, base: str, head: str, deepen: str
) -> None:
    task = find_task(environ, lambda path: b"")
    assert task is not None
    assert (task.event, task.base, task.head) == (event, base, head)
    assert deepen in task.deepen


@pytest.mark.parametrize(
    ("environ", "payload", "said"),
    [
        ({**GITHUB, "GITHUB_EVENT_NAME": "pull_request_target"}, "{}", "write 'on: pull_request'"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "schedule"}, "{}", "use 'crstandards check' there"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "push"}, "{", "the event in event.json cannot be read"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "push"}, "[]", "the event in event.json is no object"),
        ({**GITHUB, "GITHUB_EVENT_NAME": "push"}, '{"a": 1}', "the event has no ref"),
        (
            {**GITHUB, "GITHUB_EVENT_NAME": "push", "GITHUB_EVENT_PATH": ""},
            "{}",
            "GITHUB_EVENT_PATH is not set; hand it to the container (docker run --env GITHUB_EVENT_PATH), or "
            "name the range: crstandards replay --ci --base REV --head REV",
        ),
        ({**AZURE, "BUILD_REASON": "IndividualCI"}, "", "branch policy's build validation"),
        ({**GITLAB_PUSH, "CI_COMMIT_BEFORE_SHA": ""}, "", "CI_COMMIT_BEFORE_SHA is not set"),
        (
            {**GITLAB_PUSH, "CI_COMMIT_BEFORE_SHA": "old", "CI_PIPELINE_SOURCE": "schedule"},
            "",
            "a pipeline started by 'schedule' has no range of commits",
        ),
        (
            {**GITLAB_PUSH, "CI_COMMIT_BEFORE_SHA": ZERO, "CI_COMMIT_TAG": "v1"},
            "",
            "a tag's pipeline has no range of commits; use 'crstandards check' there",
        ),
        ({**BITBUCKET, "BITBUCKET_PR_ID": ""}, "", "run this under 'pull-requests:'"),
        ({"JENKINS_URL": "x"}, "", "give --base and --head"),
    ],
)
def test_what_the_services_do_not_tell(environ: dict[str, str], payload: str, said: str) -> None:
    with pytest.raises(NotVerified, match=re.escape(said)):
        find_task(environ, lambda path: payload.encode())


def test_a_merge_queue_in_a_shallow_clone(queue: Queue) -> None:
    ran = queue.run(queue.top, queue.below, depth=1)
    assert ran.status == 3
    assert "refs/remotes/origin/main is not in this clone; add to the step" in ran.err
    assert "+refs/heads/main:refs/remotes/origin/main" in ran.err


def test_a_new_branch_on_gitlab(request_: PullRequest, tmp_path: Path) -> None:
    """A runner that fetches the branch alone: what is said to be missing makes it do."""
    write_solution(request_.origin.root / "src/Sales", "ContosoSales")
    after = request_.origin.commit("Sales")
    clone = Repo.create(tmp_path / "runner", request_.origin.environment)
    clone.git("remote", "add", "origin", request_.origin.root.as_uri())
    clone.git("fetch", "--quiet", "origin", "+refs/heads/topic:refs/remotes/origin/topic")
    clone.git("checkout", "--quiet", "--detach", after)
    told = {**GITLAB_PUSH, "CI_COMMIT_SHA": after, "CI_COMMIT_BEFORE_SHA": ZERO}
    ran = run(clone, told)
    assert ran.status == 3
    command = ran.err.rpartition("also to its script: ")[2].split()
    assert command == ["git", "fetch", "--no-tags", "origin", "+refs/heads/main:refs/remotes/origin/main"]
    clone.git(*command[1:])
    ran = run(clone, told)
    assert ran.status == 0, ran.text


def test_a_pull_request_on_bitbucket(request_: PullRequest) -> None:
    """HEAD is the merge that the service makes in the clone itself."""
    target = request_.origin.git("rev-parse", "main")
    bring_raw(request_.origin)
    clone = request_.checkout("refs/heads/topic")
    clone.git("merge", "--quiet", "--no-edit", target)
    ran = run(clone, {**BITBUCKET, "BITBUCKET_PR_DESTINATION_COMMIT": target[:12]})
    assert ran.status == 1
    assert "Bitbucket Pipelines, pull request 7" in ran.err


@pytest.mark.parametrize("spelled", [str.lower, str.upper])
@pytest.mark.parametrize("kind", ["tags", "heads", "remotes"])
def test_a_branch_or_tag_that_is_called_like_the_target_s_commit(
    request_: PullRequest, kind: str, spelled: Callable[[str], str]
) -> None:
    """Bitbucket tells a short id, which git takes for the name of a branch or a tag where there is one."""
    target = spelled(request_.origin.git("rev-parse", "main")[:12])
    topic = bring_raw(request_.origin)
    clone = request_.checkout("refs/heads/topic")
    told = {**BITBUCKET, "BITBUCKET_PR_DESTINATION_COMMIT": target}
    clone.git("update-ref", f"refs/{kind}/other", topic)
    assert run(clone, told).status == 1
    clone.git("update-ref", f"refs/{kind}/{target}{'/HEAD' if kind == 'remotes' else ''}", topic)
    ran = run(clone, told)
    assert ran.status == 3, ran.text
    assert f"a branch or a tag is called {target}, like a commit; remove it" in ran.err


def gitlab_merge_request(origin: Repo) -> dict[str, str]:
    """Without pipelines for merged results, GitLab tells only what both branches have in common."""
    return {
        "GITLAB_CI": "true",
        "CI_COMMIT_SHA": origin.git("rev-parse", "topic"),
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": origin.git("merge-base", "main", "topic"),
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }


FROM_THE_PAST: dict[str, Callable[[Repo, Path], dict[str, str]]] = {
    "jenkins": lambda _, __: {"JENKINS_HOME": "/var/jenkins_home", "CHANGE_TARGET": "main"},
    "bitbucket": lambda origin, _: {
        **BITBUCKET,
        "BITBUCKET_PR_DESTINATION_COMMIT": origin.git("rev-parse", "main"),
    },
    "gitlab": lambda origin, _: gitlab_merge_request(origin),
    "merge group": lambda origin, folder: github(
        "merge_group",
        "",
        {"merge_group": {"base_ref": "refs/heads/main", "head_sha": origin.git("rev-parse", "topic")}},
        folder,
    ),
    "new branch": lambda origin, folder: github(
        "push",
        "",
        {
            **{"ref": "refs/heads/topic", "before": ZERO, "after": origin.git("rev-parse", "topic")},
            "repository": {"default_branch": "main"},
        },
        folder,
    ),
}


@pytest.mark.parametrize("is_now_off", [False, True])
@pytest.mark.parametrize("told", FROM_THE_PAST.values(), ids=FROM_THE_PAST)
def test_the_policy_is_the_target_s_wherever_the_change_started(
    request_: PullRequest, tmp_path: Path, told: Callable[[Repo, Path], dict[str, str]], is_now_off: bool
) -> None:
    """Who starts from a commit of the past doesn't take its policy along."""
    origin, off = request_.origin, '[rules]\nCR101 = "off"\n'
    origin.write("crstandards.toml", "" if is_now_off else off)
    origin.commit("The policy of the past")
    bring_raw(origin)
    origin.git("checkout", "--quiet", "-B", "main", "topic~1")
    origin.write("crstandards.toml", off if is_now_off else "")
    origin.commit("The policy of today")
    ran = run(request_.checkout("refs/heads/topic"), told(origin, tmp_path))
    assert ran.status == (0 if is_now_off else 1), ran.text
    assert f"The policy is crstandards.toml of {origin.git('rev-parse', 'main')[:12]}" in ran.err
    assert "this changes the policy" not in ran.err


def test_a_change_that_has_nothing_in_common_with_its_target(request_: PullRequest) -> None:
    request_.origin.git("checkout", "--quiet", "--orphan", "aside")
    request_.origin.commit("Begin anew")
    clone = request_.checkout("refs/heads/aside")
    ran = run(clone, {"JENKINS_HOME": "/var/jenkins_home", "CHANGE_ID": "7", "CHANGE_TARGET": "main"})
    assert ran.status == 3
    assert "Jenkins: refs/remotes/origin/main and HEAD have nothing in common here; add a step" in ran.err


def test_a_mended_pull_request(request_: PullRequest, tmp_path: Path) -> None:
    bring_raw(request_.origin)
    write_solution(request_.origin.root / "src/HR", "ContosoHR", flows={RAW: flow()})
    request_.origin.commit("Mend it")
    merge = request_.merge()
    ran = run(request_.checkout("refs/pull/7/merge"), pull_request(merge, tmp_path))
    assert ran.status == 0
    assert "Fixed on the way:" in ran.out
    every = run(request_.checkout("refs/pull/7/merge"), pull_request(merge, tmp_path), "--every-commit")
    assert every.status == 1


def test_a_range_of_its_own_is_refused(request_: PullRequest, tmp_path: Path) -> None:
    merge = (bring_raw(request_.origin), request_.merge())[1]
    clone = request_.checkout("refs/pull/7/merge", 2)
    ran = run(clone, pull_request(merge, tmp_path), "HEAD~1..HEAD")
    assert ran.status == 2
    assert "--ci takes the range from the service; --base and --head override it" in ran.err
