"""What a wiped map held before: a word from history beside CR502, for people.

It stands in the text for a terminal alone. A report is a function of the tree that was checked, and
HEAD is no part of that; nothing that a program reads, and no verdict, hangs on it.
"""

from __future__ import annotations

from collections.abc import Mapping

from crstandards.findings import Report, Reported
from crstandards.git import Git
from crstandards.model import ConnectionEntry
from crstandards.snapshot import File, Tree
from crstandards.source.flow import MAX_BYTES, read_flow
from crstandards.source.text import SourceError

_RULE = "CR502"


def with_memory(report: Report, git: Git) -> Report:
    """The report, in which findings of lost aliases say what HEAD's version of the flow held."""
    paths = sorted({item.finding.place.path for item in report.counted() if item.rule.id == _RULE})
    if not paths:
        return report
    before = _entries_in_head(git, paths)
    return report._replace(
        findings=tuple(
            _reminded(item, before) if item.rule.id == _RULE and item.suppressed is None else item
            for item in report.findings
        )
    )


def _entries_in_head(git: Git, paths: list[str]) -> Mapping[tuple[str, str], ConnectionEntry]:
    """The entries of HEAD's flows by path and alias, the latter in lower case."""
    head = git.head()
    files = [
        File(entry.path, "file", "git:" + entry.blob)
        for entry in git.tree_files(head, paths)
        if entry.path in paths
    ]
    found = {}
    for content in Tree(git, head).read(files, MAX_BYTES):
        try:
            flow = None if content.problem else read_flow(content.data)
        except SourceError:
            continue
        for entry in flow.entries if flow else ():
            found[content.file.path, entry.alias.lower()] = entry
    return found


def _reminded(reported: Reported, before: Mapping[tuple[str, str], ConnectionEntry]) -> Reported:
    finding = reported.finding
    alias = finding.data["alias"]
    entry = before.get((finding.place.path, alias.lower()))
    if entry is None:
        return reported
    behind = f"the connection reference {entry.reference}" if entry.reference else "a raw connection"
    said = f'In HEAD, "{alias}" was {behind} for {entry.connector or "an unknown connector"}.'
    return reported._replace(finding=finding._replace(help=f"{finding.help}\n{said}"))
