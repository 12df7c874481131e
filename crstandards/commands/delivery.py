"""Where a report goes: to standard output, to files, to the page of a service's run."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from crstandards.commands.writing import show, write_file
from crstandards.errors import CLEAN, VIOLATIONS, NotVerified, UsageError, hint
from crstandards.findings import SEVERITIES, Severity
from crstandards.git.repository import Git
from crstandards.model import ConnectionEntry
from crstandards.report import FORMATS, SUFFIXES, render
from crstandards.report.terminal import can_link, program_of, style_of, write
from crstandards.reported import Report, Reported, Style
from crstandards.snapshot import Tree
from crstandards.source.facts import Facts, Reader
from crstandards.source.flow import MAX_BYTES, read_flow
from crstandards.source.text import SourceError

_SUMMARIES: Final = {"github": "GITHUB_STEP_SUMMARY", "azure": "AGENT_TEMPDIRECTORY"}
"""The services whose runs have a page, by format, with the variable that says where a summary goes."""
_TITLE: Final = "Connection references.md"


def outputs_of(options: Namespace) -> list[tuple[str, str]]:
    """The formats that `--format` and `--output` ask for, each with its file, or `-`.

    Raises UsageError for a format that isn't there, and for a suffix that says another than `--format`.
    """
    found = []
    is_taken = False
    for argument in options.output:
        named, path = _named(argument, FORMATS)
        advice = f"; --output {options.format}={argument} writes it all the same"
        name = named or _format_of(options.format, path, SUFFIXES, advice) or options.usual_format
        is_taken |= path == "-" or not named
        found.append((name, path))
    return found if is_taken else [(options.format or options.usual_format, "-"), *found]


def output_of(options: Namespace, suffixes: Mapping[str, Sequence[str]], usual: str) -> tuple[str, str]:
    """The format, and the file or `-`, of a command that writes one of them.

    `suffixes` say which formats each has. Raises UsageError as `outputs_of` does.
    """
    argument = options.output or "-"
    named, path = _named(argument, sorted({name for names in suffixes.values() for name in names}))
    if named and options.format and named != options.format:
        raise UsageError(f"--output {argument} says {named}, and --format says {options.format}")
    return named or _format_of(options.format, path, suffixes) or usual, path


def _named(argument: str, formats: Collection[str]) -> tuple[str, str]:
    """The format, or "", and the file of `FORMAT=FILE` or of a file alone."""
    name, equals, path = argument.partition("=")
    if not equals or not name.isalpha():
        return "", argument
    if name not in formats:
        advice = hint(name, formats, f"for a file of that name, write ./{argument}")
        raise UsageError(f"--output {argument}: there is no format {name!r}; {advice}")
    return name, path


def _format_of(
    asked: str | None, path: str, suffixes: Mapping[str, Sequence[str]], advice: str = ""
) -> str | None:
    """The format of a file: the one that is asked for, or else the one that its suffix tells, if any.

    Raises UsageError, with some advice, where they disagree.
    """
    told = suffixes.get(Path(path).suffix.lower(), ())
    if asked and told and asked not in told:
        raise UsageError(f"--output {path}: the name is one of {told[0]}, and --format says {asked}{advice}")
    return asked or next(iter(told), None)


def deliver(
    report: Report, options: Namespace, root: Path | None = None, git: Git | None = None, about: str = ""
) -> int:
    """Write the report where the options say, and return the exit status.

    `root` is the folder that the report's paths start from, where they are files that can be opened;
    `git` the repository around, where its HEAD is what was there before; `about` names what was checked,
    for the title of a page.
    """
    if options.no_suppressed:
        report = report._replace(findings=tuple(report.counted()))
    asked = Style(
        verbose=options.verbose,
        quiet=options.quiet,
        statistics=options.statistics,
        fail_on=options.fail_on,
        about=about,
    )
    for name, path in outputs_of(options):
        if path != "-" or name != "text":
            write_file(path, render(report, name, asked))
            if name == "sarif":
                from crstandards.report.sarif import left_out

                if told := left_out(report):
                    print(told, file=sys.stderr)
        else:
            own = style_of(sys.stdout)
            style = asked._replace(color=own.color, unicode=own.unicode, width=own.width, links=own.links)
            if report.findings:
                style = style._replace(program=program_of(os.environ))
            if root is not None and can_link(sys.stdout):
                style = style._replace(root=root.resolve().as_uri().rstrip("/") + "/")
            show(render(_with_memory(report, git) if git else report, name, style))
        if path == "-" and name in _SUMMARIES:
            _add_summary(name, render(report, "markdown", asked))
    return exit_status(report, options.fail_on)


def exit_status(report: Report, fail_on: str) -> int:
    """1 where a finding counts that is at least as serious as `fail_on`."""
    return VIOLATIONS if any(item.severity in failing(fail_on) for item in report.counted()) else CLEAN


def failing(fail_on: str) -> Sequence[Severity]:
    """The severities that are at least as serious as `fail_on`, which may be "never"."""
    return SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()


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
            from tempfile import mkdtemp

            from crstandards.report.logs import upload_summary

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
    paths = sorted({item.finding.place.path for item in report.counted() if item.rule.mark == "lost"})
    if not paths:
        return report
    head = Tree(git, git.head())
    files = [file for file in map(head.find, paths) if file]
    flows = Facts().read(head, files, Reader(read_flow, MAX_BYTES))
    before = {
        (path, entry.alias.lower()): entry
        for path, flow in flows.items()
        if flow and not isinstance(flow, SourceError)
        for entry in flow.entries
    }
    return report._replace(findings=tuple(_reminded(item, before) for item in report.findings))


def _reminded(reported: Reported, before: Mapping[tuple[str, str], ConnectionEntry]) -> Reported:
    finding = reported.finding
    alias = (finding.subject.alias or "") if reported.rule.mark == "lost" else ""
    entry = before.get((finding.place.path, alias.lower()))
    if entry is None or reported.suppressed:
        return reported
    behind = f"the connection reference {entry.reference}" if entry.reference else "a raw connection"
    said = f'In HEAD, "{alias}" was {behind} for {entry.connector or "an unknown connector"}.'
    return reported._replace(finding=finding._replace(help=f"{finding.help}\n{said}"))
