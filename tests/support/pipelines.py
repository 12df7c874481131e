"""Plays the documented API of GitHub, Azure Repos and GitLab for comments on one pull request, over HTTP."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "t0ken"
SERVICES = ["azure", "github", "gitlab"]
_COLLECTIONS = {
    "github": "/repos/contoso/flows/issues/7/comments",
    "azure": "/contoso/p1/_apis/git/repositories/r1/pullRequests/7/threads",
    "gitlab": "/api/v4/projects/42/merge_requests/7/notes",
}
# One comment: of Azure, the thread's state is at another address than its text.
_ITEMS = {
    "github": r"/repos/contoso/flows/issues/comments/(\d+)",
    "azure": r"/contoso/p1/_apis/git/repositories/r1/pullRequests/7/threads/(\d+)(?:/comments/1)?",
    "gitlab": r"/api/v4/projects/42/merge_requests/7/notes/(\d+)",
}
_CHANGES = {"github": "PATCH", "azure": "PATCH", "gitlab": "PUT"}


class Service:
    """A service with one pull request. `requests` is what was asked of it, `answers` the statuses of the next
    answers, and `documents` what these hold in place of what is asked for. Without `may_write`, the token
    lacks the right.
    """

    def __init__(self, name: str, url: str) -> None:
        self.name, self.url = name, url
        self.comments: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.answers: list[int] = []
        self.documents: list[Any] = []
        self.may_write = True

    def add(self, body: str, *, mine: bool = False, gone: bool = False) -> None:
        """A comment of somebody's, whose account may be gone since."""
        number = len(self.comments) + 100
        self.comments.append({"id": number, "body": body, "mine": mine, "gone": gone, "status": "active"})

    @property
    def ours(self) -> list[tuple[str, str]]:
        """What crstandards wrote: the status of its thread, which only Azure has, and the text."""
        return [(item["status"], item["body"]) for item in self.comments if item["mine"]]

    def environment(self, folder: Path, **more: str) -> dict[str, str]:
        """The variables that the service documents for a run on the pull request."""
        if self.name == "github":
            event = folder / "event.json"
            if not event.exists():
                pull = {"number": 7, "head": {"repo": {"full_name": "contoso/flows"}}}
                event.write_text(json.dumps({"number": 7, "pull_request": pull}), "utf-8")
            found = {
                "GITHUB_ACTIONS": "true",
                "GITHUB_EVENT_NAME": "pull_request",
                "GITHUB_EVENT_PATH": str(event),
                "GITHUB_REPOSITORY": "contoso/flows",
                "GITHUB_API_URL": self.url,
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_RUN_ID": "5",
                "GITHUB_TOKEN": TOKEN,
            }
        elif self.name == "azure":
            found = {
                "TF_BUILD": "True",
                "BUILD_REASON": "PullRequest",
                "BUILD_BUILDID": "5",
                "BUILD_REPOSITORY_ID": "r1",
                "BUILD_REPOSITORY_PROVIDER": "TfsGit",
                "BUILD_REPOSITORY_URI": "https://contoso@dev.azure.com/contoso/Flows/_git/flows",
                "SYSTEM_COLLECTIONURI": f"{self.url}/contoso/",
                "SYSTEM_TEAMPROJECTID": "p1",
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
                "SYSTEM_ACCESSTOKEN": TOKEN,
            }
        else:
            found = {
                "GITLAB_CI": "true",
                "CI_PIPELINE_SOURCE": "merge_request_event",
                "CI_MERGE_REQUEST_IID": "7",
                "CI_MERGE_REQUEST_PROJECT_ID": "42",
                "CI_API_V4_URL": f"{self.url}/api/v4",
                "CI_PROJECT_URL": "https://gitlab.com/contoso/flows",
                "CI_JOB_URL": "https://gitlab.com/contoso/flows/-/jobs/5",
                "CRSTANDARDS_COMMENT_TOKEN": TOKEN,
            }
        return {**found, "NO_PROXY": "127.0.0.1", **more}

    def answer(self, method: str, target: str, headers: Any, body: Any) -> tuple[int, Any]:
        """The status and the document with which a request is answered."""
        path, asked = urlsplit(target).path, parse_qs(urlsplit(target).query)
        self.requests.append(f"{method} {path}")
        if self.documents:
            return 200, self.documents.pop(0)
        if self.answers and (status := self.answers.pop(0)) != 200:
            return status, {"message": "no"}
        given = headers["PRIVATE-TOKEN"] if self.name == "gitlab" else headers["Authorization"]
        if given != (TOKEN if self.name == "gitlab" else f"Bearer {TOKEN}"):
            return (302 if self.name == "azure" else 401), {"message": "Bad credentials"}
        if self.name == "azure" and "api-version" not in asked:
            return 400, {"message": "No api-version was supplied"}
        if path == "/api/v4/user":
            return 200, {"id": 1, "bot": True}
        item, is_list = re.fullmatch(_ITEMS[self.name], path), path == _COLLECTIONS[self.name]
        if method == "GET" and is_list:
            return 200, self._listed(asked)
        if not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "POST" and is_list:
            text = body["comments"][0]["content"] if self.name == "azure" else body["body"]
            self.add(text, mine=True)
            self.comments[-1]["status"] = body.get("status", "")
            return 201, {"id": self.comments[-1]["id"]}
        if method == _CHANGES[self.name] and item:
            [comment] = [known for known in self.comments if known["id"] == int(item[1])]
            if not comment["mine"]:
                return 403, {"message": "not yours"}
            names = {"content": "body", "body": "body", "status": "status"}
            comment.update({names[name]: value for name, value in body.items()})
            return 200, {}
        return 404, {"message": "Not Found"}

    def _listed(self, asked: dict[str, list[str]]) -> Any:
        if self.name == "azure":
            return {"value": [_thread(item) for item in self.comments]}
        size, page = (
            int(asked.get(name, [str(usual)])[0]) for name, usual in (("per_page", 30), ("page", 1))
        )
        size = min(size, 100)
        kinds = {True: "Bot", False: "User"}
        return [
            {
                "id": item["id"],
                "body": item["body"],
                "user": None if item["gone"] else {"type": kinds[item["mine"]]},
                "author": {"id": 1 if item["mine"] else 2},
            }
            for item in self.comments[(page - 1) * size : page * size]
        ]


def _thread(item: dict[str, Any]) -> dict[str, Any]:
    """A thread of Azure Repos; of system messages, the first comment may have no text."""
    return {
        "id": item["id"],
        "status": item["status"],
        "comments": [{"id": 1, "content": item["body"] or None}],
    }


@contextmanager
def playing(name: str) -> Iterator[Service]:
    """A service, on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, document = service.answer(self.command, self.path, self.headers, body)
            data = json.dumps(document).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/_signin")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = _answer

        def log_message(self, *_: Any) -> None:
            """Say nothing: pytest would show it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service = Service(name, f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
