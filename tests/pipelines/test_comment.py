"""The script that keeps one comment on a pull request up to date, against each service's API."""

from __future__ import annotations

import json
import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.documents import ROOT
from tests.support.pipelines import SERVICES, Service, playing

SCRIPT = runpy.run_path(str(ROOT / "hooks/ci/comment.py"))
MARK = "<!-- crstandards -->\n"
TITLE = "## Connection references: this change adds"
BAD = f"{TITLE} 1 error\n\n<details><summary>ContosoHR</summary>\n\n…\n\n</details>\n"
CLEAN = f"{TITLE} no violations\n"
# What each service calls a step that passed and one that failed.
PASSED = {"azure": "Succeeded", "github": "success", "gitlab": "success"}
FAILED = {"azure": "Failed", "github": "failure", "gitlab": "failed"}
WARNING = {"azure": "##vso[task.logissue type=warning]", "github": "::warning ", "gitlab": "warning: "}
RIGHT = {"azure": "Contribute to pull requests", "github": "pull-requests: write", "gitlab": "scope 'api'"}
Comment = Callable[..., str]


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Iterator[Service]:
    with playing(request.param) as played:
        yield played


@pytest.fixture
def comment(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Comment:
    """Runs the script on a report (None: there is none); returns what it printed."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)

    def run(text: str | None, *, passed: bool = False, name: str = "", **environment: str) -> str:
        told = service.environment(tmp_path, **environment)
        monkeypatch.setattr(os, "environ", {key: value for key, value in told.items() if value})
        report = tmp_path / "report.md"
        report.unlink(missing_ok=True)
        if text is not None:
            report.write_text(text, "utf-8")
        SCRIPT["main"](str(report), (PASSED if passed else FAILED)[service.name], name)
        [line] = capsys.readouterr().out.splitlines()
        return line

    return run


def status(service: Service, passed: bool) -> str:
    """The state of the thread, which only Azure has."""
    return "" if service.name != "azure" else "fixed" if passed else "active"


def test_one_comment_is_written_and_then_kept_up_to_date(service: Service, comment: Comment) -> None:
    service.add("Looks good to me")
    assert comment(BAD) == "A comment was written."
    assert service.ours == [(status(service, False), MARK + BAD)]
    assert comment(CLEAN, passed=True) == "The comment is up to date."
    assert service.ours == [(status(service, True), MARK + CLEAN)]
    assert comment(BAD) == "The comment is up to date."
    assert service.ours == [(status(service, False), MARK + BAD)]
    assert service.comments[0]["body"] == "Looks good to me"


def test_where_there_is_nothing_to_tell_there_is_no_comment(service: Service, comment: Comment) -> None:
    assert comment(CLEAN, passed=True) == "There is nothing to tell: no comment."
    assert service.comments == []
    # What the change does to connections is worth one, also where all is well.
    assert comment(BAD, passed=True) == "A comment was written."
    assert service.ours == [(status(service, True), MARK + BAD)]


def test_a_check_that_came_to_no_verdict(service: Service, comment: Comment) -> None:
    assert comment(None) == "A comment was written."
    [(_, text)] = service.ours
    assert "could not be checked\n" in text
    assert "5) says why." in text


def test_ours_is_found_among_many(service: Service, comment: Comment) -> None:
    for number in range(250):
        service.add(f"Comment {number}" if number % 2 else "")
    comment(BAD)
    comment(CLEAN, passed=True)
    assert len(service.ours) == 1
    service.comments += [{**item, "id": item["id"] + 1000, "mine": False} for item in service.comments[:49]]
    comment(BAD)
    assert service.ours == [(status(service, False), MARK + BAD)]


def test_a_comment_of_another_check_is_left_alone(service: Service, comment: Comment) -> None:
    comment(BAD, name="sales")
    comment(CLEAN, passed=True)
    comment(BAD)
    comment(CLEAN, passed=True, name="sales")
    assert [text for _, text in service.ours] == ["<!-- crstandards sales-->\n" + CLEAN, MARK + BAD]


def test_somebody_who_quotes_the_mark_keeps_what_he_wrote(service: Service, comment: Comment) -> None:
    quoted = f"> {MARK}> I don't agree"
    service.add(quoted)
    service.add(MARK + "not by the service's own account")
    others = [item["body"] for item in service.comments]
    comment(BAD)
    assert [item["body"] for item in service.comments if not item["mine"]] == others
    assert len(service.ours) == 1


def test_two_runs_at_once_leave_nothing_that_is_no_more(service: Service, comment: Comment) -> None:
    """Each found none, and wrote one."""
    for _ in range(2):
        service.add(MARK + BAD, mine=True)
        service.comments[-1]["status"] = status(service, False)
    assert comment(CLEAN, passed=True) == "The comment is up to date."
    assert service.ours == [(status(service, True), MARK + CLEAN)] * 2


def test_who_wrote_a_comment_may_be_gone(comment: Comment, service: Service) -> None:
    service.add("Looks good to me", gone=True)
    if service.name == "github":
        service.add(MARK + "by nobody who is known", gone=True)
    assert comment(BAD) == "A comment was written."
    assert comment(CLEAN, passed=True) == "The comment is up to date."
    assert service.ours == [(status(service, True), MARK + CLEAN)]


def test_a_token_without_the_right(service: Service, comment: Comment) -> None:
    service.may_write = False
    told = comment(BAD)
    assert told.startswith(WARNING[service.name])
    assert "answered with 403" in told
    assert RIGHT[service.name] in told


def test_a_token_that_is_not_valid(service: Service, comment: Comment) -> None:
    names = {"azure": "SYSTEM_ACCESSTOKEN", "github": "GITHUB_TOKEN", "gitlab": "CRSTANDARDS_COMMENT_TOKEN"}
    told = comment(BAD, **{names[service.name]: "old"})
    assert told.startswith(WARNING[service.name])
    assert "the token is not valid" in told
    # Without one, there is nothing wrong.
    assert comment(BAD, **{names[service.name]: ""}) == "No comment: there is no token."
    assert len(service.requests) == 1


OF_FORK = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "someone/flows"}}}}


@pytest.mark.parametrize(
    ("name", "event", "changed", "told"),
    [
        ("GitHub", OF_FORK, {}, "from a fork"),
        ("GitHub", {"pull_request": {"number": 7, "head": {"repo": None}}}, {}, "from a fork"),
        ("GitHub", {}, {}, "about no pull request"),
        ("AzureRepos", {}, {"SYSTEM_PULLREQUEST_PULLREQUESTID": ""}, "no pull request in Azure Repos"),
        ("AzureRepos", {}, {"BUILD_REPOSITORY_PROVIDER": "GitHub"}, "no pull request in Azure Repos"),
        ("GitLab", {}, {"CI_MERGE_REQUEST_IID": ""}, "about no merge request"),
    ],
)
def test_a_run_that_gets_no_comment(
    name: str, event: object, changed: dict[str, str], told: str, tmp_path: Path
) -> None:
    (tmp_path / "event.json").write_text(json.dumps(event), "utf-8")
    service = {"GitHub": "github", "AzureRepos": "azure", "GitLab": "gitlab"}[name]
    environment = Service(service, "").environment(tmp_path, **changed)
    with pytest.raises(SCRIPT["NoComment"], match=told):
        SCRIPT[name](environment)


@pytest.mark.parametrize("trouble", [500, 503, 429])
def test_a_service_in_trouble_is_asked_again(service: Service, comment: Comment, trouble: int) -> None:
    service.answers = [trouble, 200, trouble] if service.name != "gitlab" else [trouble, 200, 200, trouble]
    assert comment(BAD) == "A comment was written."
    assert len(service.ours) == 1
    service.answers = [trouble] * 3
    told = comment(CLEAN)
    assert told.startswith(WARNING[service.name])
    assert str(trouble) in told
    assert service.answers == []


@pytest.mark.parametrize(
    "document",
    [None, 3, "no", {}, [None], ["no"], [{}], {"value": None}, {"value": [None]}, {"value": [3]}],
    ids=str,
)
def test_a_service_that_answers_something_else(service: Service, comment: Comment, document: object) -> None:
    service.documents = [document] if service.name != "gitlab" else [{"id": 1}, document]
    told = comment(BAD)
    # An empty object is an empty list to GitHub's and GitLab's.
    assert told.startswith(WARNING[service.name]) or (document == {} and service.name != "azure")


# Azure lists all threads at once.
@pytest.mark.parametrize("service", ["github", "gitlab"], indirect=True)
def test_a_list_that_has_no_end(service: Service, comment: Comment) -> None:
    other = {"id": 1, "body": "", "user": None, "author": {"id": 2}}
    service.documents = [*([{"id": 1}] if service.name == "gitlab" else []), *([[other] * 100] * 300)]
    comment(BAD)
    assert service.documents


def test_a_service_that_is_not_there(service: Service, comment: Comment) -> None:
    service.url = "http://127.0.0.1:9"
    assert comment(BAD).startswith(WARNING[service.name])


def test_a_variable_that_is_missing(service: Service, comment: Comment) -> None:
    name = {"azure": "BUILD_REPOSITORY_ID", "github": "GITHUB_API_URL", "gitlab": "CI_API_V4_URL"}[
        service.name
    ]
    told = comment(BAD, **{name: ""})
    assert told.startswith(WARNING[service.name])
    assert name in told
    assert service.requests == []


def test_azure_repos_shows_no_maps() -> None:
    with playing("azure") as service:
        of = SCRIPT["AzureRepos"](service.environment(Path("/")))
        text = BAD + "- a line\n\n```mermaid\nflowchart LR\n  a --> b\n```\n\n</details>\n"
        SCRIPT["publish"](of, MARK.strip(), text, False)
        SCRIPT["publish"](of, MARK.strip(), text, False)
    assert service.ours == [("active", f"{MARK}{BAD}- a line\n\n\n</details>\n")]
