"""The JSON report, the stable interface; `data/report.schema.json` describes it."""

import json
from collections.abc import Mapping, Set
from typing import Any

from crstandards import __version__
from crstandards.findings import Step
from crstandards.report.escape import HASH, Table, display_path, encodable, is_unsafe
from crstandards.report.history import changes_as_json
from crstandards.report.listing import sort_key
from crstandards.reported import Author, History, Report, Reported, Style

SCHEMA = "crstandards/report/1"


def render(report: Report, style: Style | None = None) -> str:
    """The report as one JSON document with a line end; the style makes no difference to it."""
    return json_text(document(report))


def document(report: Report) -> dict[str, Any]:
    """The report as what JSON can hold, with every text fit for UTF-8."""
    if report.parts:
        return _several(report)
    history = report.history
    listed = [(sort_key(item), _finding(item, bool(history and history.tells))) for item in report.findings]
    listed.sort(key=lambda pair: (*pair[0], json.dumps(pair[1]["data"])))
    return {
        "schema": SCHEMA,
        "version": __version__,
        "source": report.source,
        "findings": [finding for _, finding in listed],
        "summary": report.summary._asdict(),
        "scope": "all" if report.before is None else "added",
        **({"names": plain(report.names)} if report.names else {}),
        **({"before": report.before._asdict()} if report.before else {}),
        **({"history": _history(history)} if history else {}),
        **({"changes": changes_as_json(history.changes)} if history and history.changes else {}),
    }


def _several(report: Report) -> dict[str, Any]:
    scopes = {told["scope"] for _, told in report.parts}
    return {
        "schema": SCHEMA,
        "version": __version__,
        "source": report.source,
        "findings": [
            {"repository": name, **finding} for name, told in report.parts for finding in told["findings"]
        ],
        "summary": report.summary._asdict(),
        "scope": "all" if scopes == {"all"} else "added",
        "summaries": [{"repository": name, **told["summary"]} for name, told in report.parts],
    }


def _history(history: History) -> dict[str, Any]:
    return {
        "base": history.base or None,
        "head": history.head,
        "commits": history.commits,
        "only_new": history.only_new,
        "mended": [
            {
                "rule": item.rule.id,
                "name": item.rule.name,
                "severity": item.severity,
                "path": display_path(item.finding.place.path),
                "solution": encodable(item.finding.solution),
                "message": encodable(item.finding.message),
                "introduced": _author(item.introduced),
                "mended": _author(item.mended),
            }
            for item in history.mended
        ],
        "failed": [_author(author) for author in history.failed],
        "notes": [encodable(note) for note in history.notes],
    }


def _author(author: Author | None) -> dict[str, str] | None:
    if author is None:
        return None
    return {
        "commit": author.commit,
        "author": encodable(author.name),
        "subject": encodable(author.subject),
        "date": author.day,
    }


def json_text(value: Any) -> str:
    """A document as text, laid out, the same bytes every time.

    What would harm a terminal or a build's log stands as JSON's own escape: to a parser, the same.
    """
    return _harmless(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2)) + "\n"


def json_line(value: Any) -> str:
    """A document as `json_text` writes it, but on one line without a line end, and much faster."""
    return _harmless(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _harmless(text: str) -> str:
    if not text.isascii() or "\x7f" in text:
        text = text.translate(_ESCAPES)
    return text.replace("##", f"#{HASH}")


# Below a space only the layout's line ends are left: dumps escapes those in strings.
_ESCAPES = Table(lambda code: json.dumps(chr(code))[1:-1] if code >= 0x20 and is_unsafe(code) else chr(code))


def _finding(reported: Reported, tells: bool) -> dict[str, Any]:
    finding, span, suppressed = reported.finding, reported.span, reported.suppressed
    return {
        "rule": reported.rule.id,
        "name": reported.rule.name,
        "severity": reported.severity,
        "path": display_path(span.path),
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "solution": encodable(finding.solution),
        "message": encodable(finding.message),
        "help": encodable(finding.help),
        "fingerprint": reported.fingerprint,
        "fixable": finding.fixable,
        "suppressed": suppressed and {"by": suppressed.by, "reason": encodable(suppressed.reason)},
        "related": [
            {
                "path": display_path(related.span.path),
                "line": related.span.line,
                "column": related.span.column,
                "message": encodable(related.message),
            }
            for related in reported.related
        ],
        "data": plain(reported.data),
        "steps": [_step(step) for step in finding.steps],
        **({"decision": encodable(finding.decision)} if finding.decision else {}),
        **({"introduced": _author(reported.introduced)} if tells else {}),
    }


def _step(step: Step) -> dict[str, Any]:
    given = {key.rstrip("_"): plain(value) for key, value in step._asdict().items() if value}
    paths = {"flow": step.flow, "path": step.path}
    given |= {key: display_path(path) for key, path in paths.items() if path}
    return {key: value for key, value in given.items() if key != "folder"}


def plain(value: Any) -> Any:
    """A rule's data as what JSON can hold, with every text fit for UTF-8."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {encodable(key): plain(part) for key, part in value.items()}
    if isinstance(value, Set):
        return sorted(map(plain, value))
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value
