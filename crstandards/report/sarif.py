"""SARIF 2.1.0, for code scanning: GitHub's, Azure DevOps', and the viewers of editors.

The same source gives the same bytes: no times, no machine's paths. Places are relative to `SRCROOT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from crstandards import REPOSITORY, __version__
from crstandards.findings import Fix, LocatedRelated, Report, Reported, Rule, Span, Suppression
from crstandards.report.escape import encodable, percent_encoded, sanitize
from crstandards.report.fingerprints import numbered
from crstandards.report.github import advice
from crstandards.report.json_format import json_line, plain
from crstandards.report.order import ordered
from crstandards.report.sarif_rules import LEVELS, descriptor
from crstandards.report.terminal import Style

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT: Final = "SRCROOT"
_UNREADABLE: Final = "CR901"
_STALE: Final = "CR902"
_SNIPPET: Final = 200
_LINKED: Final = 10


def render(report: Report, style: Style) -> str:
    """The report as one JSON document with a line end; the style makes no difference to it."""
    findings = ordered(report.findings)
    rules = {rule.id: rule for rule in (*report.rules, *(reported.rule for reported in findings))}
    index = {rule_id: number for number, rule_id in enumerate(sorted(rules))}
    run = {
        "tool": {"driver": _driver([rules[rule_id] for rule_id in index])},
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


def _driver(rules: Iterable[Rule]) -> dict[str, Any]:
    return {
        "name": "crstandards",
        "fullName": f"crstandards {__version__}",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": REPOSITORY,
        "rules": [descriptor(rule) for rule in rules],
    }


def _invocation(report: Report, findings: Iterable[Reported], index: Mapping[str, int]) -> dict[str, Any]:
    """What is to be said of the run itself: source it could not read, configuration without effect."""
    execution, configuration = [], []
    for reported in findings:
        if reported.rule.id == _UNREADABLE:
            execution.append(_notification(reported, index))
        elif reported.rule.id == _STALE and reported.suppressed is None:
            configuration.append(_notification(reported, index))
    if not report.summary.solutions and not report.summary.flows:
        execution.append({"level": "note", "message": {"text": "No solution here: nothing to check."}})
    return {
        "executionSuccessful": True,
        "toolExecutionNotifications": execution,
        "toolConfigurationNotifications": configuration,
    }


def _notification(reported: Reported, index: Mapping[str, int]) -> dict[str, Any]:
    rule = reported.rule
    return {
        "level": LEVELS[reported.severity],
        "message": {"text": _text(reported.finding.message)},
        "associatedRule": {"id": rule.id, "index": index[rule.id]},
        "locations": _locations(reported.span),
    }


def _result(reported: Reported, fingerprint: str, index: Mapping[str, int]) -> dict[str, Any]:
    rule, finding = reported.rule, reported.finding
    result: dict[str, Any] = {
        "ruleId": rule.id,
        "ruleIndex": index[rule.id],
        "level": LEVELS[reported.severity],
        "message": {"text": _message(reported)},
        "locations": _locations(reported.span, finding.solution),
        # The name under which GitHub looks for one; it would else make its own of the line's text.
        "partialFingerprints": {"crstandards/v1": fingerprint, "primaryLocationLineHash": fingerprint},
    }
    if reported.related:
        result["relatedLocations"] = [_related(*pair) for pair in enumerate(reported.related, 1)]
    if reported.fix:
        result["fixes"] = [_fix(reported.fix)]
    result["suppressions"] = [_suppression(reported.suppressed)] if reported.suppressed else []
    result["properties"] = {"fixable": finding.fixable, "data": plain(reported.data)}
    return result


def _message(reported: Reported) -> str:
    """The finding with its advice and, since GitHub shows no others, links to the related places."""
    lines = [_text(line) for line in advice(reported)]
    links = [
        f"[{_text(related.message).translate(_NO_BRACKETS) or number}]({number})"
        for number, related in enumerate(reported.related[:_LINKED], 1)
    ]
    if links:
        more = len(reported.related) - len(links)
        lines.append(f"See also {', '.join(links)}{f' and {more} more places' if more else ''}.")
    return "\n".join(lines)


_NO_BRACKETS: Final = str.maketrans("[]", "()")
_PLACEHOLDER: Final = re.compile(r"\{(?=\d)")


def _text(text: str) -> str:
    """Text as a message: no link or placeholder that is not ours, and nothing that steers a terminal."""
    return _PLACEHOLDER.sub(r"\\u007b", sanitize(text)).replace("](", "]\\u0028")


def _locations(span: Span, solution: str = "") -> list[dict[str, Any]]:
    location: dict[str, Any] = {}
    if span.path:
        location["physicalLocation"] = _physical(span)
    if solution:
        location["logicalLocations"] = [{"name": encodable(solution), "kind": "module"}]
    return [location] if location else []


def _related(number: int, related: LocatedRelated) -> dict[str, Any]:
    message = {"message": {"text": _text(related.message)}} if related.message else {}
    return {"id": number, "physicalLocation": _physical(related.span), **message}


def _physical(span: Span) -> dict[str, Any]:
    region = _region(span)
    physical: dict[str, Any] = {"artifactLocation": _artifact(span.path), "region": region}
    # An excerpt that is cut off is longer.
    if span.excerpt and len(span.excerpt) <= _SNIPPET:
        if span.line == span.end_line:
            snippet = span.excerpt[span.column - 1 : span.end_column - 1]
            region["snippet"] = {"text": encodable(snippet)}
        physical["contextRegion"] = {
            "startLine": span.line,
            "endLine": span.end_line,
            **({"snippet": {"text": encodable(span.excerpt)}} if span.line == span.end_line else {}),
        }
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
    paths = dict.fromkeys(replacement.span.path for replacement in fix.replacements)
    return {
        "description": {"text": _text(fix.description)},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": list(_replacements(fix, path))}
            for path in paths
        ],
    }


def _replacements(fix: Fix, path: str) -> Iterator[dict[str, Any]]:
    for span, text in fix.replacements:
        if span.path == path:
            inserted = {"insertedContent": {"text": encodable(text)}} if text else {}
            yield {"deletedRegion": _region(span), **inserted}


def _suppression(suppressed: Suppression) -> dict[str, Any]:
    justification = {"justification": sanitize(suppressed.reason)} if suppressed.reason else {}
    kind = "inSource" if suppressed.by == "description" else "external"
    return {"kind": kind, "status": "accepted", **justification, "properties": {"by": suppressed.by}}
