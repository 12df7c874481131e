"""SARIF 2.1.0, for code scanning: GitHub's, Azure DevOps', and the viewers of editors.

The same source gives the same bytes: no times, no machine's paths. Places are relative to `SRCROOT`.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from crstandards import PAGES, REPOSITORY, __version__
from crstandards.errors import NotVerified
from crstandards.findings import Rule
from crstandards.pages import page
from crstandards.places import Span
from crstandards.report.escape import encodable, percent_encoded, sanitize
from crstandards.report.json_format import json_line, plain
from crstandards.report.listing import advice, gravity, numbered, ordered
from crstandards.reported import Fix, Report, Reported, Style, Suppression

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT: Final = "SRCROOT"
MOST_RESULTS: Final = 25_000
"""What GitHub takes of one run."""
_SNIPPET: Final = 200
_LINKED: Final = 10
_LEVELS: Final = {"error": "error", "warning": "warning", "note": "note", "off": "note"}
_PROBLEM_SEVERITIES: Final = {"error": "error", "warning": "warning"}


def render(report: Report, style: Style) -> str:
    """The report as one JSON document with a line end; the style makes no difference to it."""
    findings = _most(report.findings)
    rules = {rule.id: rule for rule in (*report.rules, *(reported.rule for reported in findings))}
    index = {rule_id: number for number, rule_id in enumerate(sorted(rules))}
    run = {
        "tool": {
            "driver": {
                "name": "crstandards",
                "fullName": f"crstandards {__version__}",
                "version": __version__,
                "semanticVersion": __version__,
                "informationUri": REPOSITORY,
                "rules": [_descriptor(rules[rule_id]) for rule_id in index],
            }
        },
        "automationDetails": {"id": "crstandards/"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder to which paths are relative."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, findings, index)],
    }
    # One result a line: readable, and many times faster than to have all of it laid out.
    members = "".join(f'"{name}": {json_line(value)},\n' for name, value in run.items())
    results = ",\n".join(json_line(_result(*pair, index)) for pair in numbered(findings))
    head = f'{{"$schema": "{SCHEMA}",\n"version": "2.1.0",\n"runs": [{{\n'
    return f'{head}{members}"results": [\n{results}\n]}}]}}\n'


def _most(findings: Sequence[Reported]) -> list[Reported]:
    """As many findings as services take, of more the gravest that nothing suppresses."""
    chosen = sorted(ordered(findings), key=lambda item: (item.suppressed is not None, gravity(item)))
    return ordered(chosen[:MOST_RESULTS])


def left_out(report: Report) -> str:
    """How many findings don't stand in the report, as a sentence; "" where all do."""
    more = len(report.findings) - MOST_RESULTS
    told = f"{more:,} more findings are left out: services take {MOST_RESULTS:,} results"
    return f"{told}. --no-suppressed, --solutions and --select ask for fewer." if more > 0 else ""


def _descriptor(rule: Rule) -> dict[str, Any]:
    """A rule as a `reportingDescriptor`. Without its page, the summary is all the help there is."""
    summary = f"{rule.summary[:1].upper()}{rule.summary[1:]}."
    text = ""
    with suppress(NotVerified):
        text = page(rule.id)
    # The first paragraph of the first section says what it finds.
    first = re.search(r"^## .*\n\s*\n((?:.+\n)+)", text, re.MULTILINE)
    finds = " ".join(first[1].replace("`", "").replace("**", "").split()) if first else ""
    linked = re.sub(r"\]\((?!\w+:|#|/)", f"]({PAGES}rules/", text)
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": finds or summary},
        "help": {
            "text": f"{summary} `crstandards explain {rule.id}` shows the rule's page.",
            **({"markdown": linked} if text else {}),
        },
        "helpUri": f"{PAGES}rules/{rule.id}.md",
        "defaultConfiguration": {
            "level": _LEVELS[rule.severity],
            **({"enabled": False} if rule.severity == "off" else {}),
        },
        "properties": {
            "tags": ["power-platform", "connection-references"],
            "precision": "very-high",
            "problem.severity": _PROBLEM_SEVERITIES.get(rule.severity, "recommendation"),
        },
    }


def _invocation(report: Report, findings: Sequence[Reported], index: Mapping[str, int]) -> dict[str, Any]:
    """What is to be said of the run itself: source it could not read, configuration without effect."""
    execution = [_notification(item, index) for item in findings if item.rule.is_fixed]
    configuration = [
        _notification(item, index)
        for item in findings
        if item.finding.subject.setting is not None and not item.suppressed and not item.rule.is_fixed
    ]
    if not report.summary.solutions and not report.summary.flows:
        execution.append({"level": "note", "message": {"text": "No solution here: nothing to check."}})
    if told := left_out(report):
        execution.append({"level": "warning", "message": {"text": told}})
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": execution,
        "toolConfigurationNotifications": configuration,
    }


def _notification(reported: Reported, index: Mapping[str, int]) -> dict[str, Any]:
    return {
        "level": _LEVELS[reported.severity],
        "message": {"text": _text(reported.finding.message)},
        "associatedRule": {"id": reported.rule.id, "index": index[reported.rule.id]},
        "locations": _locations(reported.span),
    }


def _result(reported: Reported, fingerprint: str, index: Mapping[str, int]) -> dict[str, Any]:
    finding = reported.finding
    related = [
        {
            "id": number,
            "physicalLocation": _physical(each.span),
            **({"message": {"text": _text(each.message)}} if each.message else {}),
        }
        for number, each in enumerate(reported.related, 1)
    ]
    return {
        "ruleId": reported.rule.id,
        "ruleIndex": index[reported.rule.id],
        "level": _LEVELS[reported.severity],
        "message": {"text": _message(reported)},
        "locations": _locations(reported.span, finding.solution),
        # The name under which GitHub looks for one; it would else make its own of the line's text.
        "partialFingerprints": {"crstandards/v1": fingerprint, "primaryLocationLineHash": fingerprint},
        **({"relatedLocations": related} if related else {}),
        **({"fixes": [_fix(reported.fix)]} if reported.fix else {}),
        "suppressions": [_suppression(reported.suppressed)] if reported.suppressed else [],
        "properties": {"fixable": finding.fixable, "data": plain(reported.data)},
    }


def _message(reported: Reported) -> str:
    """The finding with its advice and, since GitHub shows no others, links to the related places."""
    links = [
        f"[{_text(related.message).translate(_NO_BRACKETS) or number}]({number})"
        for number, related in enumerate(reported.related[:_LINKED], 1)
    ]
    more = len(reported.related) - len(links)
    see = f"See also {', '.join(links)}{f' and {more} more places' if more else ''}."
    return "\n".join([_text(reported.finding.message), *advice(reported, _text), *([see] if links else [])])


_NO_BRACKETS: Final = str.maketrans("[]", "()")


def _text(text: str) -> str:
    """Text as a message: no link or placeholder that is not ours, and nothing that steers a terminal."""
    return re.sub(r"\{(?=\d)", r"\\u007b", sanitize(text)).replace("](", "]\\u0028")


def _locations(span: Span, solution: str = "") -> list[dict[str, Any]]:
    location: dict[str, Any] = {"physicalLocation": _physical(span)} if span.path else {}
    if solution:
        location["logicalLocations"] = [{"name": encodable(solution), "kind": "module"}]
    return [location] if location else []


def _physical(span: Span) -> dict[str, Any]:
    region = _region(span)
    physical: dict[str, Any] = {"artifactLocation": _artifact(span.path), "region": region}
    # An excerpt that is cut off is longer.
    if span.excerpt and len(span.excerpt) <= _SNIPPET:
        context: dict[str, Any] = {"startLine": span.line, "endLine": span.end_line}
        if span.line == span.end_line:
            region["snippet"] = {"text": encodable(span.excerpt[span.column - 1 : span.end_column - 1])}
            context["snippet"] = {"text": encodable(span.excerpt)}
        physical["contextRegion"] = context
    return physical


def _region(span: Span) -> dict[str, Any]:
    if span == Span(span.path):
        return {"startLine": 1}
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(path: str) -> dict[str, str]:
    return {"uri": percent_encoded(path), "uriBaseId": ROOT}


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for span, text in fix.replacements:
        inserted = {"insertedContent": {"text": encodable(text)}} if text else {}
        changes.setdefault(span.path, []).append({"deletedRegion": _region(span), **inserted})
    return {
        "description": {"text": _text(fix.description)},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": parts} for path, parts in changes.items()
        ],
    }


def _suppression(suppressed: Suppression) -> dict[str, Any]:
    return {
        "kind": "inSource" if suppressed.by == "description" else "external",
        "status": "accepted",
        **({"justification": sanitize(suppressed.reason)} if suppressed.reason else {}),
        "properties": {"by": suppressed.by},
    }
