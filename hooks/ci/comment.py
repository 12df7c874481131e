"""Keep one comment on a pull request up to date: `python comment.py REPORT OUTCOME [NAME]`.

REPORT is what `crstandards replay --ci --output markdown=REPORT` wrote, and OUTCOME how that step ended, in
the service's own word. A mark that nobody sees tells which comment is ours; NAME tells several in one pull
request apart. A comment is written where there is something to tell, and kept up to date from then on.

The rest comes from the service's variables, and the token from GITHUB_TOKEN, SYSTEM_ACCESSTOKEN (Azure Repos)
or CRSTANDARDS_COMMENT_TOKEN (GitLab). What goes wrong is a warning, for the verdict is the check's alone.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

TRIES = 3
PAGE = 100
PAGES = 200
PASSED = ("success", "succeeded", "succeededwithissues")


class NoComment(Exception):
    """There is nothing to write to: a pull request from a fork, say."""


class Refused(Exception):
    """The service says no, and would say so again."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirection would take the token elsewhere; Azure leads to its page for signing in."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """Requests to a service's API. `right` is what the token needs, `warning` how the log shows one."""

    warning = "warning: {}"
    right = ""
    header, given = "Authorization", "Bearer {}"

    def __init__(self, token: str) -> None:
        self.token = token

    def ask(self, method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request. Raises Refused, or OSError where another try may help."""
        if not self.token:
            raise NoComment("there is no token")
        headers = {
            self.header: self.given.format(self.token),
            "Content-Type": "application/json",
            "User-Agent": "crstandards",
        }
        data = None if body is None else json.dumps(body).encode()
        request = Request(url, data, headers, method=method)
        try:
            with build_opener(_NoRedirect).open(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            if error.code >= 500 or error.code == 429:
                raise
            why = "the token is not valid" if error.code in (302, 401) else self.right
            raise Refused(f"{method} {url} was answered with {error.code}; {why}") from None
        except ValueError:
            raise Refused(f"{method} {url} was not answered in JSON; the token is not valid") from None

    def pages(self, url: str) -> Iterator[Any]:
        """All of a list that comes in pages."""
        for number in range(1, PAGES + 1):
            found = self.ask("GET", f"{url}?per_page={PAGE}&page={number}")
            yield from found
            if len(found) < PAGE:
                return


# What each service has: `run`, the address of this run; `find`, which gives the addresses of our comments;
# and `write`, which writes a text into the comment at an address, or for "" a new one.


class GitHub(Client):
    """https://docs.github.com/rest/issues/comments"""

    warning = "::warning title=Comment::{}"
    right = "the job needs 'permissions: pull-requests: write'"

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ.get("GITHUB_TOKEN", ""))
        pull = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_bytes()).get("pull_request")
        repository = environ["GITHUB_REPOSITORY"]
        if not pull:
            raise NoComment("this run is about no pull request")
        if (pull["head"]["repo"] or {}).get("full_name") != repository:
            raise NoComment("the pull request is from a fork, and its token may only read")
        self.issues = f"{environ['GITHUB_API_URL']}/repos/{repository}/issues"
        self.comments = f"{self.issues}/{pull['number']}/comments"
        self.run = f"{environ['GITHUB_SERVER_URL']}/{repository}/actions/runs/{environ['GITHUB_RUN_ID']}"

    def find(self, mark: str) -> Iterator[str]:
        for item in self.pages(self.comments):
            # Anybody may write the mark; what a workflow's token writes is a bot's. An account may be gone.
            is_bot = (item["user"] or {}).get("type") == "Bot"
            if is_bot and (item["body"] or "").startswith(mark):
                yield f"{self.issues}/comments/{item['id']}"

    def write(self, comment: str, text: str, passed: bool) -> None:
        self.ask("PATCH" if comment else "POST", comment or self.comments, {"body": text})


class AzureRepos(Client):
    """https://learn.microsoft.com/rest/api/azure/devops/git/pull-request-threads"""

    warning = "##vso[task.logissue type=warning]{}"
    right = (
        "its build service needs 'Contribute to pull requests': Project settings > Repositories > Security "
        "(https://learn.microsoft.com/azure/devops/pipelines/process/access-tokens)"
    )
    version = "?api-version=6.0"

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(environ.get("SYSTEM_ACCESSTOKEN", ""))
        number = environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID")
        if not number or environ["BUILD_REPOSITORY_PROVIDER"] != "TfsGit":
            raise NoComment("this run is about no pull request in Azure Repos")
        project = environ["SYSTEM_COLLECTIONURI"] + environ["SYSTEM_TEAMPROJECTID"]
        repository = f"{project}/_apis/git/repositories/{environ['BUILD_REPOSITORY_ID']}"
        self.threads = f"{repository}/pullRequests/{number}/threads"
        self.run = f"{project}/_build/results?buildId={environ['BUILD_BUILDID']}"

    def find(self, mark: str) -> Iterator[str]:
        for thread in self.ask("GET", self.threads + self.version)["value"]:
            first = (thread.get("comments") or [{}])[0]
            if not first.get("isDeleted") and (first.get("content") or "").startswith(mark):
                yield f"{self.threads}/{thread['id']}/comments/{first['id']}"

    def write(self, comment: str, text: str, passed: bool) -> None:
        # A pull request shows Mermaid as code; the list above it says the same.
        content = {"content": re.sub(r"```mermaid\n.*?```\n", "", text, flags=re.DOTALL)}
        status = {"status": "fixed" if passed else "active"}
        if comment:
            self.ask("PATCH", comment + self.version, content)
            self.ask("PATCH", comment.partition("/comments/")[0] + self.version, status)
        else:
            first = {"parentCommentId": 0, "commentType": "text", **content}
            self.ask("POST", self.threads + self.version, {"comments": [first], **status})


class GitLab(Client):
    """https://docs.gitlab.com/api/notes/#merge-requests"""

    header, given = "PRIVATE-TOKEN", "{}"
    right = "it needs the scope 'api' and at least the role Reporter"

    def __init__(self, environ: Mapping[str, str]) -> None:
        # The job's own token may not write notes: https://docs.gitlab.com/ci/jobs/ci_job_token/
        super().__init__(environ.get("CRSTANDARDS_COMMENT_TOKEN", ""))
        if not environ.get("CI_MERGE_REQUEST_IID"):
            raise NoComment("this pipeline is about no merge request")
        self.api = environ["CI_API_V4_URL"]
        project = f"{self.api}/projects/{environ['CI_MERGE_REQUEST_PROJECT_ID']}"
        self.notes = f"{project}/merge_requests/{environ['CI_MERGE_REQUEST_IID']}/notes"
        self.run = environ["CI_JOB_URL"]

    def find(self, mark: str) -> Iterator[str]:
        me = self.ask("GET", f"{self.api}/user")["id"]
        for item in self.pages(self.notes):
            if item["author"]["id"] == me and item["body"].startswith(mark):
                yield f"{self.notes}/{item['id']}"

    def write(self, comment: str, text: str, passed: bool) -> None:
        self.ask("PUT" if comment else "POST", comment or self.notes, {"body": text})


SERVICES = {"GITHUB_ACTIONS": GitHub, "TF_BUILD": AzureRepos, "GITLAB_CI": GitLab}


def publish(service: GitHub | AzureRepos | GitLab, mark: str, text: str, passed: bool) -> str:
    """Write or update the comment; returns what was done."""
    # Two runs at the same time may each have written one: neither may go on telling what is no more.
    comments, text = list(service.find(mark)), f"{mark}\n{text}"
    # A report folds what it has to tell beside its first sentences.
    if not comments and passed and "<details>" not in text:
        return "There is nothing to tell: no comment."
    written = 0
    for comment in comments:
        # Anybody may begin a comment with the mark, so as to have none but his own.
        with suppress(Refused):
            service.write(comment, text, passed)
            written += 1
    if written:
        return "The comment is up to date."
    service.write("", text, passed)
    return "A comment was written."


def main(report: str, outcome: str, name: str = "") -> None:
    """Publish a report, with as many tries as it takes."""
    chosen = next(made for variable, made in SERVICES.items() if os.environ.get(variable))
    try:
        service = chosen(os.environ)
        try:
            text = Path(report).read_text("utf-8")
        except FileNotFoundError:
            text = f"## Connection references: could not be checked\n\n[The run]({service.run}) says why.\n"
        for number in range(1, TRIES + 1):
            try:
                print(publish(service, f"<!-- crstandards {name}-->", text, outcome.lower() in PASSED))
                return
            except (OSError, HTTPException):
                if number == TRIES:
                    raise
                time.sleep(number)
    except NoComment as error:
        print(f"No comment: {error}.")
    except KeyError as error:
        print(chosen.warning.format(f"No comment: the variable or member {error} is missing."))
    except (TypeError, AttributeError, LookupError, ValueError, RecursionError) as error:
        said = f"No comment: the service answered, or the report is, something else ({type(error).__name__})."
        print(chosen.warning.format(said))
    except (Refused, OSError, HTTPException) as error:
        print(chosen.warning.format(f"No comment: {' '.join(str(error).split())}."))


if __name__ == "__main__":
    main(*sys.argv[1:])
