"""The commits that a run in a CI service is about, as the service's documented variables tell.

Nothing is looked up here and nothing is guessed: where a service doesn't tell, that is an error which
says what to write. Revisions are given as git takes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from crstandards.errors import NotVerified, UsageError

NOTHING = ""
"""The base of what has nothing before it: a repository's very first push."""


class Task(NamedTuple):
    """What a run is about.

    `base` and `head` are revisions; a base of `NOTHING` is the beginning of all. With `is_merge`, the
    head must be a merge, with the base as its first parent; with `with_common`, what base and head
    have in common takes the base's place. `target` is the branch whose policy counts, if that isn't the
    base's: a change may start from where the policy was another. `reason` says in words where base and head
    come from, `deepen` what to write where a commit is missing, `history` where all of them are wanted, if
    that is something else. `link` is the address at which the service shows a line, with `{commit}`,
    `{path}` and `{line}` in it; "" where it tells none.
    """

    service: str
    event: str
    base: str
    head: str
    reason: str
    deepen: str
    is_merge: bool = False
    with_common: bool = False
    target: str = ""
    history: str = ""
    link: str = ""


Read = Callable[[str], bytes]


def find_task(environ: Mapping[str, str], read: Read) -> Task | None:
    """What this run is about; None where it is about nothing, a branch's deletion.

    Raises UsageError outside a CI service, NotVerified where the service doesn't tell enough.
    """
    given = {name: value for name, value in environ.items() if value}
    for name, value, service, find in _SERVICES:
        if name in given and value in ("", given[name].lower()):
            try:
                task = find(given, read)
            except KeyError as error:
                [missing] = error.args
                raise NotVerified(
                    f"{service}: the variable {missing} is not set; hand it to the container (docker run "
                    f"--env {missing}), or name the range: crstandards replay --ci --base REV --head REV"
                ) from None
            return task and task._replace(link=_link(environ))
    raise UsageError(
        "--ci knows GitHub Actions, Azure Pipelines, GitLab CI, Bitbucket Pipelines and Jenkins, and this is "
        "none of them; name the range: crstandards replay BASE..HEAD"
    )


def _link(environ: Mapping[str, str]) -> str:
    """Where GitHub, Azure Repos and GitLab show a line of a file at a commit."""
    if environ.get("GITHUB_REPOSITORY"):
        url = f"{environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{environ['GITHUB_REPOSITORY']}"
        return f"{url}/blob/{{commit}}/{{path}}#L{{line}}"
    if environ.get("CI_PROJECT_URL"):
        return f"{environ['CI_PROJECT_URL']}/-/blob/{{commit}}/{{path}}#L{{line}}"
    if environ.get("BUILD_REPOSITORY_PROVIDER") == "TfsGit" and environ.get("BUILD_REPOSITORY_URI"):
        # It may hold the organisation as a user: https://contoso@dev.azure.com/contoso/….
        url = re.sub(r"(?<=://)[^/@]*@", "", environ["BUILD_REPOSITORY_URI"])
        place = (
            "path=/{path}&version=GC{commit}&line={line}&lineEnd={line}&lineStartColumn=1&lineEndColumn=999"
        )
        return f"{url}?{place}"
    return ""


_GITHUB_DEPTH = "add to the step 'uses: actions/checkout': with: {fetch-depth: 0}"


def _github(environ: Mapping[str, str], read: Read) -> Task | None:
    event = environ["GITHUB_EVENT_NAME"]
    payload = _payload(environ["GITHUB_EVENT_PATH"], read)
    if event == "pull_request":
        return Task(
            "GitHub Actions",
            f"pull request {payload.get('number', '')}".rstrip(),
            environ["GITHUB_SHA"] + "^1",
            environ["GITHUB_SHA"],
            "GITHUB_SHA, the merge of the pull request, and its first parent",
            "add to the step 'uses: actions/checkout', without a 'ref' of its own: with: {fetch-depth: 2}",
            is_merge=True,
            history=_GITHUB_DEPTH,
        )
    if event == "pull_request_target":
        raise NotVerified(
            "GitHub Actions: pull_request_target checks out the target branch, not the pull request; "
            "write 'on: pull_request', which works for forks too"
        )
    if event == "merge_group":
        # Not `base_sha`: that may be the entry below in the queue, whose own run need not have passed.
        target = _inside(payload, "merge_group", "base_ref")
        remote = _tracked(target)
        return Task(
            "GitHub Actions",
            "merge group",
            remote,
            _inside(payload, "merge_group", "head_sha"),
            f"merge_group.head_sha of the event, and what it has in common with its base_ref, {target}",
            f"{_GITHUB_DEPTH}; if it still is not there, also a step: "
            f"run: git fetch --no-tags origin +{target}:{remote}",
            with_common=True,
        )
    if event == "push":
        ref, before, after = (_inside(payload, name) for name in ("ref", "before", "after"))
        return _push(
            "GitHub Actions",
            ref,
            before,
            after,
            "refs/heads/" + _inside(payload, "repository", "default_branch"),
            "before and after of the event",
            _GITHUB_DEPTH,
            "; if it still is not there, also a step: run: git fetch --no-tags origin {}",
        )
    raise NotVerified(
        f"GitHub Actions: the event {event} has no range of commits; use 'crstandards check' there, or give "
        "--base and --head"
    )


def _tracked(branch: str) -> str:
    """Where a clone keeps a branch of the service's, both by their full names."""
    return branch.replace("refs/heads/", "refs/remotes/origin/", 1)


def _push(
    service: str, ref: str, before: str, after: str, default: str, reason: str, deepen: str, fetch: str
) -> Task | None:
    """A push to a ref; `fetch` tells how to get what may lack even in a deep clone, once it is filled in."""
    if not after.strip("0"):
        return None
    if before.strip("0"):
        return Task(service, f"push to {ref}", before, after, reason, deepen + fetch.format(before))
    if ref == default:
        return Task(service, f"first push to {ref}", NOTHING, after, reason, deepen)
    remote = _tracked(default)
    return Task(
        service,
        f"first push to {ref}",
        remote,
        after,
        f"{reason}; it is new, so what it has in common with the default branch is its beginning",
        deepen + fetch.format(f"+{default}:{remote}"),
        with_common=True,
    )


def _azure(environ: Mapping[str, str], read: Read) -> Task:
    reason = environ["BUILD_REASON"]
    if reason != "PullRequest":
        raise NotVerified(
            f"Azure Pipelines doesn't tell which commits a run for {reason} is about; run this as the "
            "branch policy's build validation, or give --base and --head"
        )
    head = environ["BUILD_SOURCEVERSION"]
    return Task(
        "Azure Pipelines",
        f"pull request {environ.get('SYSTEM_PULLREQUEST_PULLREQUESTID', '')}".rstrip(),
        head + "^1",
        head,
        "BUILD_SOURCEVERSION, the merge of the pull request, and its first parent",
        "add to the job's steps: - checkout: self, with fetchDepth: 2 under it",
        is_merge=True,
        history="add to the job's steps: - checkout: self, with fetchDepth: 0 under it",
    )


_GITLAB_DEPTH = 'add to the job: variables: {GIT_DEPTH: "0"}'


def _gitlab(environ: Mapping[str, str], read: Read) -> Task | None:
    head = environ["CI_COMMIT_SHA"]
    source = environ["CI_PIPELINE_SOURCE"]
    if source == "merge_request_event":
        event = f"merge request {environ.get('CI_MERGE_REQUEST_IID', '')}".rstrip()
        target = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
        if target:
            why = "CI_MERGE_REQUEST_TARGET_BRANCH_SHA and the merged result, CI_COMMIT_SHA"
            return Task("GitLab CI", event, target, head, why, _GITLAB_DEPTH)
        return Task(
            "GitLab CI",
            event,
            environ["CI_MERGE_REQUEST_DIFF_BASE_SHA"],
            head,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA and CI_COMMIT_SHA",
            _GITLAB_DEPTH,
            target=f"refs/remotes/origin/{environ.get('CI_MERGE_REQUEST_TARGET_BRANCH_NAME', '')}",
        )
    before = environ["CI_COMMIT_BEFORE_SHA"]
    if source != "push":
        raise NotVerified(
            f"GitLab CI: a pipeline started by '{source}' has no range of commits; use 'crstandards check' "
            "there, or give --base and --head"
        )
    if environ.get("CI_COMMIT_TAG"):
        raise NotVerified(
            "GitLab CI: a tag's pipeline has no range of commits; use 'crstandards check' there, or give "
            "--base and --head"
        )
    ref = "refs/heads/" + environ["CI_COMMIT_BRANCH"]
    default = "refs/heads/" + environ["CI_DEFAULT_BRANCH"]
    return _push(
        "GitLab CI",
        ref,
        before,
        head,
        default,
        "CI_COMMIT_BEFORE_SHA and CI_COMMIT_SHA",
        _GITLAB_DEPTH,
        "; if it still is not there, also to its script: git fetch --no-tags origin {}",
    )


def _bitbucket(environ: Mapping[str, str], read: Read) -> Task:
    number = environ.get("BITBUCKET_PR_ID")
    if not number:
        raise NotVerified(
            "Bitbucket Pipelines doesn't tell what was there before a push; run this under 'pull-requests:', "
            "or give --base and --head"
        )
    return Task(
        "Bitbucket Pipelines",
        f"pull request {number}",
        environ["BITBUCKET_PR_DESTINATION_COMMIT"],
        "HEAD",
        "BITBUCKET_PR_DESTINATION_COMMIT and HEAD, into which it is merged",
        "add to bitbucket-pipelines.yml: clone: {depth: full}",
        with_common=True,
    )


def _jenkins(environ: Mapping[str, str], read: Read) -> Task:
    target = environ.get("CHANGE_TARGET")
    if target:
        return Task(
            "Jenkins",
            f"change {environ.get('CHANGE_ID', '')}".rstrip(),
            f"refs/remotes/origin/{target}",
            "HEAD",
            "CHANGE_TARGET and HEAD",
            f"add a step: sh 'git fetch --no-tags origin +refs/heads/{target}:refs/remotes/origin/{target}' "
            "(and no shallow clone)",
            with_common=True,
        )
    before = environ.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT")
    if not before:
        raise NotVerified(
            "Jenkins: neither CHANGE_TARGET (a multibranch pipeline's change) nor "
            "GIT_PREVIOUS_SUCCESSFUL_COMMIT is set; give --base and --head"
        )
    return Task(
        "Jenkins",
        f"build of {environ.get('BRANCH_NAME') or environ.get('GIT_BRANCH') or 'a branch'}",
        before,
        "HEAD",
        "GIT_PREVIOUS_SUCCESSFUL_COMMIT and HEAD",
        "take 'Shallow clone' out of the job's git settings",
    )


_Finder = Callable[[Mapping[str, str], Read], Task | None]
_SERVICES: tuple[tuple[str, str, str, _Finder], ...] = (
    ("GITHUB_ACTIONS", "true", "GitHub Actions", _github),
    ("TF_BUILD", "true", "Azure Pipelines", _azure),
    ("GITLAB_CI", "true", "GitLab CI", _gitlab),
    ("BITBUCKET_BUILD_NUMBER", "", "Bitbucket Pipelines", _bitbucket),
    ("JENKINS_URL", "", "Jenkins", _jenkins),
    # The URL is set only where the server's settings name it.
    ("JENKINS_HOME", "", "Jenkins", _jenkins),
)


def _payload(path: str, read: Read) -> Mapping[str, Any]:
    try:
        payload = json.loads(read(path))
    except (OSError, ValueError) as error:
        raise NotVerified(f"GitHub Actions: the event in {path} cannot be read: {error}") from None
    if not isinstance(payload, dict):
        raise NotVerified(f"GitHub Actions: the event in {path} is no object")
    return payload


def _inside(payload: Mapping[str, Any], *keys: str) -> str:
    value: Any = payload
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, str) or not value:
        raise NotVerified(f"GitHub Actions: the event has no {'.'.join(keys)}; give --base and --head")
    return value
