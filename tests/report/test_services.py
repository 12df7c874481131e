"""GitHub's and Azure's commands, read the way those services read them."""

from __future__ import annotations

import pytest

from crstandards.places import Span
from crstandards.report import render
from crstandards.report.escape import sanitize
from crstandards.report.terminal import Style
from crstandards.reported import Author, LocatedRelated, Suppression
from tests.support.services import azure_commands, github_commands

from .builders import (
    ALIAS,
    ALSO,
    HOSTILE,
    UNUSED,
    duplicate_outlook,
    hostile,
    raw_in_reminder,
    report,
    reported,
)


def test_an_annotation() -> None:
    log = render(report(raw_in_reminder()), "github", Style())
    (command,) = github_commands(log)
    assert command.name == "error"
    assert command.properties == {
        "file": "src/HR/Workflows/Sendreminder-1F2E3D4C-0000-0000-0000-000000000001.json",
        "line": "5",
        "endLine": "5",
        "col": "9",
        "endColumn": "27",
        "title": "CR101 raw-connection",
    }
    message, *steps = command.message.split("\n")
    assert message == 'Flow "Send reminder" uses the connection behind "shared_office365" directly.'
    assert steps == [*ALSO, *raw_in_reminder().finding.help.split("\n")]


def test_an_issue() -> None:
    log = render(report(raw_in_reminder()), "azure", Style())
    (command,) = azure_commands(log)
    assert command.name == "task.logissue"
    assert command.properties == {
        "type": "error",
        "sourcepath": "src/HR/Workflows/Sendreminder-1F2E3D4C-0000-0000-0000-000000000001.json",
        "linenumber": "5",
        "columnnumber": "9",
        "code": "CR101",
    }
    assert command.message.startswith('CR101 raw-connection: Flow "Send reminder" uses the connection')
    assert command.message.endswith(f"\n{raw_in_reminder().finding.help}")


@pytest.mark.parametrize("service", ["github", "azure"])
def test_the_most_serious_come_first(service: str) -> None:
    of = report(
        reported(UNUSED, span=Span("a")), reported(span=Span("b")), reported(UNUSED, span=Span("c")),
        reported(span=Span("d")),
    )  # fmt: skip
    log = render(of, service, Style())
    read = {"github": github_commands, "azure": azure_commands}[service]
    files = [command.properties.get("file") or command.properties["sourcepath"] for command in read(log)]
    assert files == ["b", "d", "a", "c"]


@pytest.mark.parametrize("service", ["github", "azure"])
def test_the_log_ends_with_the_summary_unless_quiet(service: str) -> None:
    of = report(duplicate_outlook())
    last = render(of, service, Style()).splitlines()[-1]
    assert last == "`crstandards fix` can fix it; `crstandards fix --diff` shows how."
    assert render(of, service, Style(quiet=True)).count("\n") == 1


@pytest.mark.parametrize("service", ["github", "azure"])
def test_what_does_not_count_is_no_command(service: str) -> None:
    of = report(reported(suppressed=Suppression("baseline", "")), reported(ALIAS))
    log = render(of, service, Style())
    assert github_commands(log) == azure_commands(log) == []


def test_notes_with_verbose() -> None:
    related = (LocatedRelated(Span("a.json", 9), 'action "Send"'),)
    of = report(
        reported(ALIAS, span=Span("a.json", 3, 5), message="Two aliases.", help_="Keep one.", related=related)
    )
    assert [command.name for command in github_commands(render(of, "github", Style(verbose=True)))] == [
        "notice"
    ]
    log = render(of, "azure", Style(verbose=True))
    assert azure_commands(log) == []
    assert log.startswith(
        'note CR203 duplicate-alias: a.json:3:5: Two aliases.\n  also: line 9: action "Send"\n  Keep one.\n'
    )


@pytest.mark.parametrize("service", ["github", "azure"])
def test_a_finding_without_a_file(service: str) -> None:
    log = render(report(reported(span=Span(""))), service, Style())
    (command,) = github_commands(log) or azure_commands(log)
    assert not {"file", "line", "sourcepath", "linenumber"} & command.properties.keys()


def test_a_place_over_several_lines_has_no_columns() -> None:
    log = render(report(reported(span=Span("a", 2, 3, 9, 1))), "github", Style())
    (command,) = github_commands(log)
    assert (command.properties["line"], command.properties["endLine"]) == ("2", "9")
    assert "col" not in command.properties


@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_command_github(name: str) -> None:
    log = render(hostile(name), "github", Style(verbose=True))
    first, second = github_commands(log)
    assert (first.name, second.name) == ("error", "notice")
    assert first.properties["title"] == "CR101 raw-connection"
    assert first.properties["line"] == "2"
    assert first.message.split("\n")[0] == f"Flow {sanitize(name)} is raw."
    assert second.message == sanitize(name)
    assert azure_commands(log) == []


@pytest.mark.parametrize("percents", [True, False])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_cannot_command_azure(name: str, percents: bool) -> None:
    log = render(hostile(name), "azure", Style(verbose=True))
    (command,) = azure_commands(log, percents)
    assert command.name == "task.logissue"
    assert (command.properties["type"], command.properties["code"]) == ("error", "CR101")
    assert github_commands(log) == []
    if percents or "%" not in name:
        assert command.message.split("\n")[0] == f"CR101 raw-connection: Flow {sanitize(name)} is raw."


def test_a_percent_sign_alone_reads_the_same_by_every_agent() -> None:
    log = render(report(reported(message="100% of it.")), "azure", Style())
    assert azure_commands(log, percents=False)[0].message == "CR101 raw-connection: 100% of it."


AUTHOR = Author("0123456789abcdef0123", "::error::Ann", "##vso[task.complete]", "2026-01-02")


@pytest.mark.parametrize("format_", ["github", "azure", "sarif", "junit", "markdown", "html"])
def test_who_brought_a_finding_is_said_where_it_is_known(format_: str) -> None:
    told = render(report(reported()._replace(introduced=AUTHOR)), format_, Style())
    assert "Brought by 0123456789ab " in told
    assert "##" not in told.removeprefix("##vso[task.logissue ").removeprefix("## Connection").replace(
        "###", ""
    )
    assert not [line for line in told.splitlines()[1:] if line.lstrip().startswith("::")]
    assert "Brought by" not in render(report(reported()), format_, Style())
