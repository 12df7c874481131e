"""Puts a summary on the page of a service's run, when `--format` names that service."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from crstandards.errors import NotVerified
from crstandards.report.azure import upload_summary
from crstandards.report.terminal import write

_TITLE: Final = "Connection references.md"


def add_summary(service: str, markdown: str, environ: Mapping[str, str] | None = None) -> None:
    """Add Markdown to the run's page. Outside the service, where its variable is not set, do nothing.

    GitHub names a file in `GITHUB_STEP_SUMMARY`, to which a step adds. Azure Pipelines is sent a file
    by a command in the log, and empties `AGENT_TEMPDIRECTORY` after the job; the file's name is the
    title.
    """
    environ = os.environ if environ is None else environ
    place = environ.get({"github": "GITHUB_STEP_SUMMARY", "azure": "AGENT_TEMPDIRECTORY"}[service])
    if not place:
        return
    try:
        if service == "github":
            with open(place, "a", encoding="utf-8", newline="\n") as file:
                file.write(markdown)
        else:
            path = Path(mkdtemp(prefix="crstandards-", dir=place)) / _TITLE
            path.write_text(markdown, "utf-8", newline="\n")
            write(sys.stdout, upload_summary(str(path.absolute())), "utf-8")
    except OSError as error:
        raise NotVerified(
            f"the summary cannot be written to {place}: {(error.strerror or '').lower()}"
        ) from None
