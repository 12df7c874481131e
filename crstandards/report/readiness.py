"""What the next import would leave switched off in an environment, and who can help: as text, Markdown, JSON
and HTML. What it tells is worked out by the command, from findings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any, Final, Literal, NamedTuple

from crstandards.findings import Reported
from crstandards.report.closing import plural
from crstandards.report.escape import display_path, encodable, sanitize
from crstandards.report.layout import wrap
from crstandards.report.markdown_format import escaped

STAGES: Final = {
    "connector": ("Connectors", "a maker: the connector must be in the environment first"),
    "reference": ("Flows and references", "a maker, in the solution"),
    "connection": ("Connections", "an administrator, or who owns the service account"),
    "sharing": ("Sharing", "who owns the service account"),
    "owner": ("Owners", "an administrator"),
    "settings": ("Deployment settings", "a maker, in the settings file"),
}
"""The stages in the order in which somebody can do something about them: a title, and who can."""


class Affected(NamedTuple):
    """A flow of which something would go wrong. It `is_off` after the import, or else at risk."""

    path: str
    title: str
    solution: str
    is_off: bool
    reasons: tuple[Reported, ...]


class Unknown(NamedTuple):
    """What is not known, and which export or file would tell."""

    what: str
    remedy: str


class Readiness(NamedTuple):
    """One environment; its `name` is "" where none is declared. `findings` are by stage."""

    name: str
    flows: int
    affected: tuple[Affected, ...]
    findings: tuple[Reported, ...]
    unknown: tuple[Unknown, ...]

    @property
    def off(self) -> int:
        """How many flows will be off."""
        return sum(flow.is_off for flow in self.affected)


_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Ready to import?</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
li.more { list-style: none; color: #555 }
</style></head><body>
{body}
</body></html>
"""

Line = tuple[Literal["title", "heading", "text", "item", "more"], str]
"""A line of the report, by its kind; "more" belongs to the item before it."""


def as_text(found: Sequence[Readiness], width: int, ascii_only: bool = False) -> str:
    """The report for a terminal."""
    marks = {"title": "", "heading": "", "text": "", "item": "- ", "more": "  "}
    told = []
    for kind, line in _lines(found):
        shown = sanitize(line, ascii_only=ascii_only)
        if kind in ("title", "heading"):
            told.append("")
        told += wrap(f"{marks[kind]}{shown}", width, indent="  " if kind in ("item", "more") else "")
    return "\n".join(told).strip("\n") + "\n"


def as_markdown(found: Sequence[Readiness]) -> str:
    """The report as Markdown, for a pipeline's summary."""
    marks = {"title": "\n## ", "heading": "\n### ", "text": "\n", "item": "- ", "more": "  "}
    return "\n".join(f"{marks[kind]}{escaped(line)}" for kind, line in _lines(found)).strip("\n") + "\n"


def as_html(found: Sequence[Readiness]) -> str:
    """The report as a page that asks for nothing from anywhere."""
    tags = {"title": "h1", "heading": "h2", "text": "p", "item": "li", "more": "li class=more"}
    body = "\n".join(
        f"<{tags[kind]}>{escape(sanitize(encodable(line)))}</{tags[kind].partition(' ')[0]}>"
        for kind, line in _lines(found)
    )
    return _PAGE.replace("{body}", body)


def as_json(found: Sequence[Readiness]) -> str:
    """The report for programs, `crstandards/readiness/1`."""
    document = {"schema": "crstandards/readiness/1", "environments": list(map(_environment, found))}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _environment(one: Readiness) -> dict[str, Any]:
    return {
        "name": one.name,
        "flows": one.flows,
        "off": one.off,
        "affected": [
            {
                "path": display_path(flow.path),
                "name": encodable(flow.title),
                "solution": encodable(flow.solution),
                "off": flow.is_off,
                "reasons": [item.fingerprint for item in flow.reasons],
            }
            for flow in one.affected
        ],
        "findings": [
            {
                "rule": item.rule.id,
                "stage": item.rule.stage,
                "who": STAGES[item.rule.stage][1],
                "severity": item.severity,
                "path": display_path(item.span.path),
                "line": item.span.line,
                "message": encodable(item.finding.message),
                "help": encodable(item.finding.help),
                "fingerprint": item.fingerprint,
            }
            for item in one.findings
        ],
        "unknown": [{"what": encodable(item.what), "remedy": item.remedy} for item in one.unknown],
    }


def _lines(found: Sequence[Readiness]) -> Iterator[Line]:
    for one in found:
        yield "title", one.name or "No environment is declared"
        yield "text", _verdict(one)
        yield from _flows(one, "Will be off", lambda flow: flow.is_off)
        yield from _flows(one, "At risk", lambda flow: not flow.is_off)
        stages = [stage for stage in STAGES if any(item.rule.stage == stage for item in one.findings)]
        for number, stage in enumerate(stages, start=1):
            title, who = STAGES[stage]
            yield "heading", f"{number}. {title} ({who})"
            for item in one.findings:
                if item.rule.stage == stage:
                    yield "item", f"{item.rule.id} {item.finding.message}"
                    yield "more", item.finding.help.partition("\n")[0]
        if one.unknown:
            yield "heading", "Not known"
            for unknown in one.unknown:
                yield "item", unknown.what
                yield "more", unknown.remedy


def _verdict(one: Readiness) -> str:
    if not one.findings:
        sure = ", as far as it is known" if one.unknown else ""
        return f"Nothing would go wrong with {plural(one.flows, 'flow')}{sure}."
    risk = len(one.affected) - one.off
    more = f", and {risk} {'is' if risk == 1 else 'are'} at risk" if risk else ""
    return f"{one.off} of {plural(one.flows, 'flow')} will be off after the next import{more}."


def _flows(one: Readiness, title: str, is_meant: Callable[[Affected], bool]) -> Iterator[Line]:
    flows = [flow for flow in one.affected if is_meant(flow)]
    if flows:
        yield "heading", title
    for flow in flows:
        rules = ", ".join(dict.fromkeys(item.rule.id for item in flow.reasons))
        yield "item", f'flow "{flow.title}" of {flow.solution or display_path(flow.path)}: {rules}'
