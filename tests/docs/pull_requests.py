"""The pull request that docs/ci.md works through, as each service checks it out and tells of it."""

from __future__ import annotations

from tests.support.builders import Repo
from tests.support.pipelines import Service


def checked_out(service: str, history: Repo) -> Repo:
    """A clone of a repository whose last two commits are the pull request, with the service's variables."""
    folder = history.root.parent
    main, topic = (history.git("rev-parse", revision) for revision in ("HEAD~2", "HEAD"))
    history.git("checkout", "--quiet", "--detach", main)
    history.git(
        "merge",
        "--quiet",
        "--no-ff",
        "--no-verify",
        "--message",
        f"Merge {topic[:12]} into {main[:12]}",
        topic,
    )
    history.git("branch", "merge")
    history.git("branch", "topic", topic)
    clone = Repo(folder / service, history.environment)
    branch, depth = ("topic", ()) if service == "gitlab" else ("merge", ("--depth=2",))
    url = history.root.as_uri()
    history.git("clone", "--quiet", "--no-tags", *depth, "--branch", branch, url, str(clone.root), cwd=folder)
    merge = history.git("rev-parse", "merge")
    clone.environment |= Service(service, "http://127.0.0.1:9").environment(folder) | {
        "GITHUB_SHA": merge,
        "BUILD_SOURCEVERSION": merge,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": main,
        "CI_COMMIT_SHA": topic,
    }
    return clone
