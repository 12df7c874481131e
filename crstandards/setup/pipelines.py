"""Where a CI service looks for its pipeline file, and what remains to be done by hand."""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from crstandards import REPOSITORY, __version__
from crstandards.git.repository import Git
from crstandards.pages import pipeline

PATHS: Final = {
    "azure": "azure-pipelines-connection-references.yml",
    "github": ".github/workflows/connection-references.yml",
    "gitlab": ".gitlab-ci.yml",
}
"""By service, the path of its pipeline file from the repository's root."""

GATES: Final = {
    "azure": "In Azure DevOps: create a pipeline from that file, and require it in the branch's policy as "
    "build validation.",
    "github": 'On GitHub: require the check "Connection references" in the branch\'s ruleset.',
    "gitlab": 'In GitLab: Settings > Merge requests > "Pipelines must succeed".',
}
"""By service, the setting that makes it refuse what the pipeline refuses."""


NAMES: Final = {"azure": "Azure DevOps", "github": "GitHub", "gitlab": "GitLab"}
BRANCHES: Final = "[main, master]"
"""How the pipeline files name a default branch that is not known."""


class Remote(NamedTuple):
    """Where a repository is pushed to: the service ("": none that is known) and the default branch."""

    service: str
    branch: str


def remote_of(git: Git) -> Remote:
    """The remote `origin`, or the only one there is; of no service without one.

    Nothing is asked of it. Where the clone does not know its default branch, that is the only local one.
    """
    listed = git.run("remote", "--verbose").decode("utf-8", "replace").splitlines()
    urls = dict(line.split("\t", 1) for line in listed)
    name = "origin" if "origin" in urls or len(urls) != 1 else next(iter(urls))
    refs = git.refs()
    head = refs.get(f"refs/remotes/{name}/HEAD")
    if head:
        branch = head.meant.removeprefix(f"refs/remotes/{name}/")
    else:
        local = [ref for ref in refs if ref.startswith("refs/heads/")]
        branch = git.default_branch().removeprefix("refs/heads/") if len(local) < 2 else ""
    return Remote(service_of(urls.get(name, "")), branch)


def service_of(url: str) -> str:
    """The service of a remote's address, by its host; "" for one that is not known.

    >>> service_of("git@ssh.dev.azure.com:v3/contoso/Flows/flows"), service_of("https://git.contoso.com/flows")
    ('azure', '')
    """
    found = re.match(r"(?:\w+://)?(?:[^@/]*@)?([^:/]+)[:/]", url)
    labels = found[1].lower().split(".") if found else []
    if labels[-3:] == ["dev", "azure", "com"] or labels[-2:] == ["visualstudio", "com"]:
        return "azure"
    return next((service for service in ("github", "gitlab") if service in labels), "")


def pipeline_for(service: str, branch: str) -> str:
    """The service's pipeline file, for a default branch ("": not known)."""
    content = pipeline(service)
    return content.replace(BRANCHES, f"[{json.dumps(branch)}]") if branch else content


def instead(service: str) -> str:
    """What to do where a different file stands in the pipeline file's place."""
    name = "workflow.yml" if service == "github" else "pipeline.yml"
    url = f"{REPOSITORY}/blob/v{__version__}/hooks/ci/{service}/{name}"
    if service == "gitlab":
        return f"Add the jobs from {url} to it."
    return f"Compare it with {url}, or move it away and run this again."
