"""What the options mean that several verbs share."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from crstandards.commands.writing import write_whole
from crstandards.errors import CLEAN, VIOLATIONS, NotVerified, UsageError
from crstandards.findings import SEVERITIES, Report, Rule, Severity
from crstandards.git import Git
from crstandards.policy.configuration import Config, find_config, parse_config, severity_of
from crstandards.report import FORMATS, render
from crstandards.report.terminal import Style, can_link, style_of, write
from crstandards.rules import load, names
from crstandards.snapshot import File, Snapshot

CONFIG_LIMIT = 1024 * 1024
SERVICES = ("github", "azure")
"""The formats of services whose runs have a page of their own, on which a summary is put."""


class Output(NamedTuple):
    """One report to write: to a file, or with no path to standard output."""

    format: str
    path: str


def chosen_rules(options: Namespace) -> tuple[Rule, ...]:
    """The rules that `--select` and `--ignore` leave, in order."""
    selected = _patterns(options.select) or ("CR",)
    ignored = _patterns(options.ignore)
    return load([rule for rule in names() if rule.startswith(selected) and not rule.startswith(ignored)])


def blocking(rules: Sequence[Rule], config: Config) -> tuple[Rule, ...]:
    """The rules that a commit hook computes: those that are errors, anywhere.

    A passing hook's output is hidden, so warnings are of no use there; and none of CR4xx, since the
    state of a live environment must not stop a commit.
    """
    environments = [environment.name for environment in config.environments]
    return tuple(
        rule
        for rule in rules
        if not rule.is_live
        and "error" in (severity_of(rule.id, rule.severity, config, names) for names in ((), environments))
    )


def _patterns(given: Sequence[str] | None) -> tuple[str, ...]:
    patterns = tuple(
        part.strip().upper() for argument in given or () for part in argument.split(",") if part.strip()
    )
    for pattern in patterns:
        if not any(rule.startswith(pattern) for rule in names()):
            from difflib import get_close_matches

            near = get_close_matches(pattern, names(), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"no rule is called {pattern}{hint}")
    return patterns


def configuration(
    snapshot: Snapshot, files: Mapping[str, File], named: str | None = None, none: bool = False
) -> Config:
    """The configuration: the one `named` (`--config`), `none` (`--no-config`), or the snapshot's own."""
    if none:
        if named:
            raise UsageError("--config and --no-config exclude each other")
        return Config(baseline="")
    if named:
        return named_configuration(named)

    def read(path: str) -> bytes | None:
        if path not in files:
            return None
        [content] = snapshot.read([files[path]], CONFIG_LIMIT)
        if content.problem:
            raise NotVerified(f"{path}: {content.problem}")
        return content.data

    return find_config(read, names())


def named_configuration(path: str) -> Config:
    """The configuration in a file that the user names. Raises UsageError where it cannot be read."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    return parse_config(content, path, names())


def wanted_formats(options: Namespace) -> set[str]:
    """The formats that the options ask for, on standard output and in files."""
    return {options.format, *(_output(argument, options.format).format for argument in options.output)}


def deliver(report: Report, options: Namespace, root: Path | None = None, git: Git | None = None) -> int:
    """Write the report where the options say, and return the exit status.

    `root` is the folder that the report's paths start from, where they are files that can be opened;
    `git` the repository around, where its HEAD is what was there before.
    """
    asked = Style(
        verbose=options.verbose,
        quiet=options.quiet,
        statistics=options.statistics,
        fail_on=options.fail_on,
    )
    for output in [_output(argument, options.format) for argument in options.output]:
        write_file(output, render(report, output.format, asked))
    own = style_of(sys.stdout)
    style = asked._replace(color=own.color, unicode=own.unicode, width=own.width, encoding=own.encoding)
    if root is not None and options.format == "text" and can_link(sys.stdout):
        style = style._replace(root=root.resolve().as_uri().rstrip("/") + "/")
    encoding = style.encoding if options.format == "text" else "utf-8"
    shown = report
    if git is not None and options.format == "text":
        from crstandards.commands.memory import with_memory

        shown = with_memory(report, git)
    write(sys.stdout, render(shown, options.format, style), encoding)
    if options.format in SERVICES:
        from crstandards.commands.summaries import add_summary

        add_summary(options.format, render(report, "markdown", asked))
    return exit_status(report, options.fail_on)


def exit_status(report: Report, fail_on: str) -> int:
    """1 where a finding counts that is at least as serious as `fail_on`."""
    return VIOLATIONS if any(item.severity in failing(fail_on) for item in report.counted()) else CLEAN


def failing(fail_on: str) -> Sequence[Severity]:
    """The severities that are at least as serious as `fail_on`, which may be "never"."""
    return SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else ()


def _output(argument: str, default: str) -> Output:
    name, equals, path = argument.partition("=")
    if equals and name in FORMATS:
        return Output(name, path)
    return Output(default, argument)


def write_file(output: Output, text: str) -> None:
    """Write a report to its file. Raises NotVerified where that cannot be done."""
    write_whole(Path(output.path), text.encode("utf-8", "backslashreplace"))
