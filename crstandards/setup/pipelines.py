"""Where a CI service looks for its pipeline file, and what remains to be done by hand."""

from __future__ import annotations

from typing import Final

from crstandards import REPOSITORY, __version__

PATHS: Final = {
    "azure": "azure-pipelines-connection-references.yml",
    "github": ".github/workflows/connection-references.yml",
    "gitlab": ".gitlab-ci.yml",
}
"""By service, the path of its pipeline file from the repository's root."""

_GATES: Final = {
    "azure": "In Azure DevOps: create a pipeline from that file, and require it in the branch's policy as "
    "build validation.",
    "github": 'On GitHub: require the check "Connection references" in the branch\'s ruleset.',
    "gitlab": 'In GitLab: Settings > Merge requests > "Pipelines must succeed".',
}


def gate(service: str) -> str:
    """The setting that makes the service refuse what the pipeline refuses."""
    return _GATES[service]


def instead(service: str) -> str:
    """What to do where a different file stands in the pipeline file's place."""
    name = "workflow.yml" if service == "github" else "pipeline.yml"
    url = f"{REPOSITORY}/blob/v{__version__}/hooks/ci/{service}/{name}"
    if service == "gitlab":
        return f"Add the job 'connection-references' from {url} to it."
    return f"Compare it with {url}, or move it away and run this again."
