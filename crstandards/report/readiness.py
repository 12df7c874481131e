"""What the next import would leave switched off in an environment, and who can help: as text, Markdown, JSON
and HTML. All are made of one document, `crstandards/readiness/1`, which the command works out from findings.
"""

import json
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any, Final, Literal

from crstandards.report.escape import markdown, sanitize
from crstandards.report.listing import plural
from crstandards.report.terminal import wrap

STAGES: Final = {
    "connector": ("Connectors", "a maker: the connector must be in the environment first"),
    "reference": ("Flows and references", "a maker, in the solution"),
    "connection": ("Connections", "an administrator, or who owns the service account"),
    "sharing": ("Sharing", "who owns the service account"),
    "owner": ("Owners", "an administrator"),
    "settings": ("Deployment settings", "a maker, in the settings file"),
}
"""The stages in the order in which somebody can do something about them: a title, and who can."""


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

Environment = dict[str, Any]
"""One environment of the document; its `name` is "" where none is declared. Of `findings`, those of one stage
follow one another, and `affected` flows name theirs as `reasons`.
"""
Line = tuple[Literal["title", "heading", "text", "item", "more"], str]
"""A line of the report, by its kind; "more" belongs to the item before it."""


def as_text(found: Sequence[Environment], width: int, ascii_only: bool = False) -> str:
    """The report for a terminal."""
    marks = {"title": "", "heading": "", "text": "", "item": "- ", "more": "  "}
    told = []
    for kind, line in _lines(found):
        shown = sanitize(line, ascii_only=ascii_only)
        if kind in ("title", "heading"):
            told.append("")
        told += wrap(f"{marks[kind]}{shown}", width, indent="  " if kind in ("item", "more") else "")
    return "\n".join(told).strip("\n") + "\n"


def as_markdown(found: Sequence[Environment]) -> str:
    """The report as Markdown, for a pipeline's summary."""
    marks = {"title": "\n## ", "heading": "\n### ", "text": "\n", "item": "- ", "more": "  "}
    return "\n".join(f"{marks[kind]}{markdown(line)}" for kind, line in _lines(found)).strip("\n") + "\n"


def as_html(found: Sequence[Environment]) -> str:
    """The report as a page that asks for nothing from anywhere."""
    tags = {"title": "h1", "heading": "h2", "text": "p", "item": "li", "more": "li class=more"}
    body = "\n".join(
        f"<{tags[kind]}>{escape(sanitize(line))}</{tags[kind].partition(' ')[0]}>"
        for kind, line in _lines(found)
    )
    return _PAGE.replace("{body}", body)


def as_json(found: Sequence[Environment]) -> str:
    """The report for programs."""
    document = {"schema": "crstandards/readiness/1", "environments": found}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _lines(found: Sequence[Environment]) -> Iterator[Line]:
    for one in found:
        yield "title", one["name"] or "No environment is declared"
        yield "text", _verdict(one)
        rules = {item["fingerprint"]: item["rule"] for item in one["findings"]}
        for title, is_off in (("Will be off", True), ("At risk", False)):
            flows = [flow for flow in one["affected"] if flow["off"] == is_off]
            if flows:
                yield "heading", title
            for flow in flows:
                told = ", ".join(dict.fromkeys(rules[reason] for reason in flow["reasons"]))
                yield "item", f'flow "{flow["name"]}" of {flow["solution"] or flow["path"]}: {told}'
        stages = groupby(one["findings"], lambda item: item["stage"])
        for number, (stage, items) in enumerate(stages, start=1):
            title, who = STAGES[stage]
            yield "heading", f"{number}. {title} ({who})"
            for item in items:
                yield "item", f"{item['rule']} {item['message']}"
                yield "more", _first_of(item["help"])
        if one["unknown"]:
            yield "heading", "Not known"
        for unknown in one["unknown"]:
            yield "item", unknown["what"]
            yield "more", unknown["remedy"]


def _first_of(text: str) -> str:
    """The first line of a finding's help, and what it introduces."""
    first, _, rest = text.partition("\n")
    return f"{first} {_first_of(rest)}" if first.endswith(":") and rest else first


def _verdict(one: Environment) -> str:
    flows = plural(one["flows"], "flow")
    if not one["flows"] and not one["findings"]:
        return "There are no flows here."
    if not one["findings"]:
        sure = ", as far as it is known" if one["unknown"] else ""
        return f"Nothing would go wrong with {flows}{sure}."
    risk = len(one["affected"]) - one["off"]
    if not one["affected"]:
        return "No flow will be off after the next import, but something is wrong."
    more = f", and {risk} {'is' if risk == 1 else 'are'} at risk" if risk else ""
    return f"{one['off']} of {flows} will be off after the next import{more}."
