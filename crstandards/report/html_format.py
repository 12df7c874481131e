"""The report as one HTML file: findings to search and filter, and the map as a picture and a table.

The file asks for nothing from anywhere: styles, script and data stand in it, and its policy forbids
the rest. The data reaches the page as JSON and is shown as text only, never read as markup.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, Final

from crstandards import PAGES, __version__
from crstandards.report.escape import display_path, sanitize
from crstandards.report.history import changed, headline
from crstandards.report.json_format import json_line
from crstandards.report.listing import (
    advice,
    by_solution,
    closing,
    gravity,
    is_mendable,
    ordered,
    plural,
    solution_title,
)
from crstandards.report.map import NO_SOLUTION, gravest
from crstandards.report.terminal import excerpt
from crstandards.reported import MARKS, History, Link, Report, Reported, Style

_SCRIPTS: Final = ("common.js", "findings.js", "table.js", "picture.js", "map.js", "start.js")
_EXCERPT: Final = 240
_KINDS: Final = ("flow", "canvas app", "code app", "agent")


def render(report: Report, style: Style) -> str:
    """The report as a page; the style makes no difference to it."""
    style = style._replace(verbose=True, width=10**6)
    told = closing(report._replace(parts=()), ordered(report.counted()), style)
    drawn = {} if report.links is None else {"map": as_data(report.links)}
    boxes = boxes_of(drawn["map"]) if drawn else {}
    more = _changes(report.history) + _repositories(report)
    return _page(_findings(report, boxes) | drawn, told, style.about, more)


def _repositories(report: Report) -> str:
    """A table of the repositories that the report is about, where they are several, with their counts."""
    if not report.parts:
        return ""
    counts = ("solutions", "errors", "warnings", "notes", "suppressed")
    head = "".join(f"<th>{name}</th>" for name in ("repository", *counts))
    rows = [(sanitize(name), told["summary"]) for name, told in report.parts]
    rows.append(("together", report.summary._asdict()))
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th>{''.join(f'<td>{told[key]:,}</td>' for key in counts)}</tr>"
        for name, told in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def draw(links: Sequence[Link], about: str = "") -> str:
    """The map alone as a page; `about` says of what."""
    return _page({"map": as_data(links)}, verdict(links), about)


def _changes(history: History | None) -> str:
    """What a change does to connections, as a list that opens; "" where it does nothing to them."""
    changes = history.changes if history else None
    title = headline(changes) if changes else ""
    if not changes or not title:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in changed(changes, sanitize))
    return (
        f"<details><summary>What this change does to connections: {title}</summary><ul>{items}</ul></details>"
    )


def _findings(report: Report, boxes: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """The findings as the script reads them, and what they name by number."""
    rules: dict[tuple[str, str], int] = {}
    advices: dict[tuple[str, ...], int] = {}
    solutions = Numbers()
    found: list[list[Any]] = []
    for group in by_solution(ordered(report.findings)):
        for reported in sorted(group, key=gravity):
            rule, span, suppressed = reported.rule, reported.span, reported.suppressed
            related = [
                (_path(each.span.path), each.span.line, sanitize(each.message)) for each in reported.related
            ]
            finding = [
                rules.setdefault((rule.id, rule.name), len(rules)),
                gravity(reported),
                solutions.of(solution_title(reported)),
                *(_path(span.path), span.line, span.column, sanitize(reported.finding.message)),
                advices.setdefault(tuple(advice(reported)), len(advices)),
                related,
                _excerpt(reported),
                is_mendable(reported),
                [suppressed.by, sanitize(suppressed.reason)] if suppressed else None,
                _boxes(reported, boxes),
            ]
            found.append(finding)
    return {
        "findings": found,
        "rules": [{"id": id_, "name": name, "url": f"{PAGES}rules/{id_}.md"} for id_, name in rules],
        "solutions": solutions.names,
        "advice": list(advices),
    }


def _boxes(reported: Reported, boxes: Mapping[tuple[str, str], str]) -> list[str]:
    """The boxes of the map that a finding is about: what is to be removed before what is to be kept."""
    subject, keep = reported.finding.subject, reported.finding.subject.keep or ""
    names = sorted([*subject.names, keep], key=lambda name: name == keep)
    wanted = [("user", _path(reported.span.path)), *(("reference", sanitize(name).lower()) for name in names)]
    return [boxes[each] for each in wanted if each in boxes]


def _path(path: str) -> str:
    return sanitize(display_path(path))


def _excerpt(reported: Reported) -> list[str] | None:
    """The source line around the place: what stands before it, the place itself, what follows."""
    before, marked, after = excerpt(reported.span, _EXCERPT, sanitize)
    return [before.lstrip(" "), marked, after] if reported.span.excerpt.strip() else None


def _page(content: dict[str, Any], told: Iterable[str], about: str, more: str = "") -> str:
    about = escape(sanitize(about))
    style = _part("page.css")
    script = '(() => {\n"use strict";\n' + "\n".join(map(_part, _SCRIPTS)) + "})();\n"
    parts = {
        "policy": (
            f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; "
            f"script-src '{_digest(script)}'; base-uri 'none'; form-action 'none'"
        ),
        "version": __version__,
        "title": f"Connection references{about and f': {about}'}",
        "about": f'<p class="about">{about}</p>' if about else "",
        "verdict": "".join(f"<p>{_with_code(line)}</p>" for line in told) + more,
        "style": style,
        "script": script,
        # Nothing in the data can end the element that holds it.
        "data": json_line(content).replace("<", "\\u003c"),
    }
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], _part("page.html"))


def _with_code(line: str) -> str:
    """A line of the closing as HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(line))


def _part(name: str) -> str:
    return (files("crstandards") / "data" / "page" / name).read_text("utf-8")


def _digest(text: str) -> str:
    """The hash by which the page's policy knows a style or a script."""
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode()}"


class Numbers:
    """Gives each name a number, the same for names that differ in letter case only."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: dict[str, int] = {}

    def of(self, name: str) -> int:
        """The name's number."""
        number = self._known.setdefault(name.lower(), len(self.names))
        if number == len(self.names):
            self.names.append(sanitize(name))
        return number


def as_data(links: Sequence[Link]) -> dict[str, Any]:
    """The map as numbers."""
    solutions, environments, connectors, references = Numbers(), Numbers(), Numbers(), Numbers()
    users: dict[tuple[int, str, str, int], int] = {}
    marks = list(MARKS)
    lines = []
    titles = {link.path: link.user for link in links if link.user}
    for link in links:
        run = ", ".join(titles[path] for path in link.calls if path in titles)
        title = f"{link.user} (runs {run})" if run else link.user
        kind = _KINDS.index(link.kind) if link.kind else -1
        path, solution = sanitize(display_path(link.path)), solutions.of(link.solution or NO_SOLUTION)
        connector = link.connector or ("no connection" if link.is_bare else "unknown connector")
        line = [
            users.setdefault((kind, sanitize(title), path, solution), len(users)),
            sanitize(link.alias),
            references.of(link.reference) if link.reference else -1,
            connectors.of(connector),
            list(map(environments.of, link.environments)),
            list(map(marks.index, link.marks)),
            list(map(environments.of, link.unbound)),
        ]
        lines.append(line)
    return {
        "solutions": solutions.names,
        "environments": environments.names,
        "connectors": connectors.names,
        "references": references.names,
        "users": list(users),
        "marks": [{"id": name, **mark._asdict()} for name, mark in MARKS.items()],
        "lines": lines,
    }


def boxes_of(drawn: dict[str, Any]) -> dict[tuple[str, str], str]:
    """The boxes of a map by what they stand for: references by names in lower case, users by paths."""
    boxes = {("reference", name.lower()): f"reference {n}" for n, name in enumerate(drawn["references"])}
    users = enumerate(drawn["users"])
    return boxes | {("user", path): f"user {n}" for n, (kind, _, path, _) in users if kind >= 0}


def verdict(links: Sequence[Link]) -> list[str]:
    """What there is on the map, and how much is wrong with it, in sentences."""
    users = len({(link.path, link.user) for link in links if link.user})
    references = len({link.reference.lower() for link in links if link.reference})
    wrong = [link for link in links if gravest(link.marks)]
    named = len({link.reference.lower() for link in wrong if link.reference})
    direct = len({(link.path, link.user, link.alias) for link in wrong if not link.reference})
    counts = [plural(named, "reference")] * bool(named) + [plural(direct, "direct connection")] * bool(direct)
    told = [f"{users:,} flows, apps and agents, {references:,} connection references."]
    return told + [f"Something is wrong with {' and '.join(counts)}."] * bool(counts)
