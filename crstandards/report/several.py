"""One report on several repositories, made of their own: of checks, and of JSON reports of earlier runs."""

from collections.abc import Iterator, Mapping
from typing import Any

from crstandards.findings import Finding, Rule
from crstandards.places import Place, Span
from crstandards.report.json_format import document
from crstandards.report.listing import solution_title
from crstandards.reported import LocatedRelated, Report, Reported, Summary, Suppression


def together(reports: Mapping[str, Report | Mapping[str, Any]], rules: Mapping[str, Rule]) -> Report:
    """The report on all repositories, by name, of which some are documents that an earlier run wrote.

    Paths begin with the repository's name there, and so do the names of solutions.
    """
    parts: list[tuple[str, Mapping[str, Any]]] = []
    findings: list[Reported] = []
    for repository, report in reports.items():
        for name, told in _split(repository, document(report) if isinstance(report, Report) else report):
            parts.append((name, told))
            own = (
                report.findings
                if isinstance(report, Report)
                else [_read(it, rules) for it in told["findings"]]
            )
            findings += [_within(name, reported) for reported in own]
    total = Summary(*(sum(told["summary"][key] for _, told in parts) for key in Summary._fields))
    found = {reported.rule.id: reported.rule for reported in findings}
    return Report("several", tuple(findings), total, tuple(found.values()), parts=tuple(parts))


def _split(repository: str, told: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A document by repository: one that is about several is as many."""
    for summary in told.get("summaries", [{"repository": repository, **told["summary"]}]):
        name = summary["repository"]
        own = [finding for finding in told["findings"] if finding.get("repository", name) == name]
        yield name, {**told, "findings": own, "summary": {key: summary[key] for key in Summary._fields}}


def _read(told: Mapping[str, Any], rules: Mapping[str, Rule]) -> Reported:
    """A finding of a document, as far as others than programs are shown it."""
    rule = rules.get(told["rule"]) or Rule(told["rule"], told["name"], told["severity"], told["name"])
    finding = Finding(
        rule.id,
        told["solution"],
        Place(told["path"]),
        told["message"],
        told["help"],
        fixable=told["fixable"],
    )
    span = Span(told["path"], told["line"], told["column"], told["end_line"], told["end_column"])
    related = tuple(
        LocatedRelated(Span(other["path"], other["line"], other["column"]), other["message"])
        for other in told["related"]
    )
    suppressed = told["suppressed"] and Suppression(told["suppressed"]["by"], told["suppressed"]["reason"])
    return Reported(rule, finding, told["severity"], span, related, told["fingerprint"], suppressed)


def _within(repository: str, reported: Reported) -> Reported:
    def inside(span: Span) -> Span:
        return span._replace(path=f"{repository}/{span.path}") if span.path else span

    return reported._replace(
        repository=repository,
        finding=reported.finding._replace(solution=f"{repository} / {solution_title(reported)}"),
        span=inside(reported.span),
        related=tuple(other._replace(span=inside(other.span)) for other in reported.related),
    )
