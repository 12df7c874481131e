"""Where a report goes: to standard output, to files, to the page of a service's run."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, NamedTuple

from crstandards.commands.writing import write_whole
from crstandards.errors import CLEAN, VIOLATIONS, NotVerified, UsageError, hint
from crstandards.findings import SEVERITIES, Report, Reported, Severity
from crstandards.git.repository import Git
from crstandards.model import ConnectionEntry
from crstandards.report import FORMATS, SUFFIXES, render
from crstandards.report.terminal import Style, can_link, style_of, write
from crstandards.snapshot import File, Tree
from crstandards.source.flow import MAX_BYTES, read_flow
from crstandards.source.text import SourceError

_SUMMARIES: Final = {"github": "GITHUB_STEP_SUMMARY", "azure": "AGENT_TEMPDIRECTORY"}
"""The services whose runs have a page, by format, with the variable that says where a summary goes."""
_TITLE: Final = "Connection references.md"
_LOST: Final = "CR502"


class Output(NamedTuple):
    """One report to write: to a file, or with no path to standard output."""

    format: str
    path: str


def outputs_of(options: Namespace) -> list[Output]:
    """The reports that `--format` and `--output` ask for.

    Raises UsageError for a format that isn't there, and for a suffix that says another than `--format`.
    """
    found = []
    is_taken = False
    for argument in options.output:
        name, equals, path = argument.partition("=")
        is_one_more = bool(equals) and name.isalpha()
        if not is_one_more:
            name, path = _format_for(argument, options), argument
        elif name not in FORMATS:
            advice = hint(name, FORMATS, f"for a file of that name, write ./{argument}")
            raise UsageError(f"--output {argument}: there is no format {name!r}; {advice}")
        is_taken |= path == "-" or not is_one_more
        found.append(Output(name, "" if path == "-" else path))
    return found if is_taken else [Output(options.format or options.usual_format, ""), *found]


def _format_for(path: str, options: Namespace) -> str:
    """The format of a file: `--format`'s, or else the one that its suffix tells."""
    told = SUFFIXES.get(Path(path).suffix.lower(), ())
    if options.format and told and options.format not in told:
        raise UsageError(
            f"--output {path}: the name is one of {told[0]}, and --format says {options.format}; "
            f"--output {options.format}={path} writes it all the same"
        )
    if options.format or not told:
        return str(options.format or options.usual_format)
    return told[0]


def deliver(
    report: Report, options: Namespace, root: Path | None = None, git: Git | None = None, about: str = ""
) -> int:
    """Write the report where the options say, and return the exit status.

    `root` is the folder that the report's paths start from, where they are files that can be opened;
    `git` the repository around, where its HEAD is what was there before; `about` names what was checked,
    for the title of a page.
    """
    asked = Style(
        verbose=options.verbose,
        quiet=options.quiet,
        statistics=options.statistics,
        fail_on=options.fail_on,
        about=about,
    )
    for output in outputs_of(options):
        if output.path:
            write_file(output.path, render(report, output.format, asked))
        else:
            _print(report, output.format, asked, root, git)
    return exit_status(report, options.fail_on)


def _print(report: Report, name: str, asked: Style, root: Path | None, git: Git | None) -> None:
    if name != "text":
        write(sys.stdout, render(report, name, asked), "utf-8")
        if name in _SUMMARIES:
            _add_summary(name, render(report, "markdown", asked))
        return
    own = style_of(sys.stdout)
    style = asked._replace(color=own.color, unicode=own.unicode, width=own.width)
    if root is not None and can_link(sys.stdout):
        style = style._replace(root=root.resolve().as_uri().rstrip("/") + "/")
    if git is not None:
        report = _with_memory(report, git)
    write(sys.stdout, render(report, name, style), own.encoding)


def exit_status(report: Report, fail_on: str) -> int:
    """1 where a finding counts that is at least as serious as `fail_on`."""
    return VIOLATIONS if any(item.severity in failing(fail_on) for item in report.counted()) else CLEAN


def failing(fail_on: str) -> Sequence[Severity]:
    """The severities that are at least as serious as `fail_on`, which may be "never"."""
    return SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()


def write_file(path: str, text: str) -> None:
    """Write a report to its file. Raises NotVerified where that cannot be done."""
    write_whole(Path(path), text.encode("utf-8", "backslashreplace"))


def _add_summary(service: str, markdown: str, environ: Mapping[str, str] = os.environ) -> None:
    """Add Markdown to the run's page. Outside the service, where its variable is not set, do nothing.

    GitHub names a file in `GITHUB_STEP_SUMMARY`, to which a step adds. Azure Pipelines is sent a file
    by a command in the log, and empties `AGENT_TEMPDIRECTORY` after the job; the file's name is the
    title.
    """
    place = environ.get(_SUMMARIES[service])
    if not place:
        return
    try:
        if service == "github":
            with open(place, "a", encoding="utf-8", newline="\n") as file:
                file.write(markdown)
        else:
            from crstandards.report.azure import upload_summary

            path = Path(mkdtemp(prefix="crstandards-", dir=place)) / _TITLE
            path.write_text(markdown, "utf-8", newline="\n")
            write(sys.stdout, upload_summary(str(path.absolute())), "utf-8")
    except OSError as error:
        raise NotVerified(
            f"the summary cannot be written to {place}: {(error.strerror or '').lower()}"
        ) from None


def _with_memory(report: Report, git: Git) -> Report:
    """The report, in which findings of lost aliases say what HEAD's version of the flow held.

    That stands in the text for a terminal alone: a report is a function of the tree that was checked, and
    HEAD is no part of that.
    """
    paths = sorted({item.finding.place.path for item in report.counted() if item.rule.id == _LOST})
    if not paths:
        return report
    before = _entries_in_head(git, paths)
    return report._replace(
        findings=tuple(
            _reminded(item, before) if item.rule.id == _LOST and item.suppressed is None else item
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
    alias = finding.subject.alias or ""
    entry = before.get((finding.place.path, alias.lower()))
    if entry is None:
        return reported
    behind = f"the connection reference {entry.reference}" if entry.reference else "a raw connection"
    said = f'In HEAD, "{alias}" was {behind} for {entry.connector or "an unknown connector"}.'
    return reported._replace(finding=finding._replace(help=f"{finding.help}\n{said}"))
