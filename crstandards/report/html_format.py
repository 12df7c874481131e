"""The report as one HTML file: findings to search and filter, and the map as a picture and a table.

The file asks for nothing from anywhere: styles, script and data stand in it, and its policy forbids
the rest. The data reaches the page as JSON and is shown as text only, never read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

from crstandards import PAGES, __version__
from crstandards.findings import History, Link, Report, Reported, Span
from crstandards.graph import MARKS
from crstandards.report.changes import headline
from crstandards.report.changes import lines as changed
from crstandards.report.closing import closing, is_mendable, plural
from crstandards.report.escape import display_path, sanitize
from crstandards.report.github import advice
from crstandards.report.graph_picture import gravest
from crstandards.report.json_format import json_line
from crstandards.report.layout import TAB
from crstandards.report.order import by_solution, ordered, rank, solution_title
from crstandards.report.terminal import Style

_SCRIPTS: Final = ("common.js", "findings.js", "table.js", "picture.js", "map.js", "start.js")
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_KINDS: Final = ("flow", "canvas app", "code app", "agent")
_BEFORE, _AROUND = 60, 240


def render(report: Report, style: Style) -> str:
    """The report as a page; the style makes no difference to it."""
    told = closing(report, ordered(report.counted()), 10**6, verbose=True)
    drawn = None if report.links is None else _map(report.links)
    content = _findings(report, _Boxes(drawn))
    if drawn:
        content["map"] = drawn
    return _page(content, told.split("\n"), style.about, _changes(report.history))


def _changes(history: History | None) -> str:
    """What a change does to connections, as a list that opens; "" where it does nothing to them."""
    title = headline(history.changes) if history and history.changes else ""
    if not history or not history.changes or not title:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in changed(history.changes, sanitize))
    return (
        f"<details><summary>What this change does to connections: {title}</summary><ul>{items}</ul></details>"
    )


def draw(links: Sequence[Link], about: str = "") -> str:
    """The map alone as a page; `about` says of what."""
    users = len({(link.path, link.user) for link in links if link.user})
    references = len({link.reference.lower() for link in links if link.reference})
    told = [f"{users:,} flows, apps and agents, {references:,} connection references."]
    wrong = [link for link in links if gravest(link.marks)]
    named = len({link.reference.lower() for link in wrong if link.reference})
    direct = len({(link.path, link.user, link.alias) for link in wrong if not link.reference})
    counts = [plural(named, "reference")] * bool(named) + [plural(direct, "direct connection")] * bool(direct)
    if counts:
        told.append(f"Something is wrong with {' and '.join(counts)}.")
    return _page({"map": _map(links)}, told, about)


class _Boxes:
    """Which boxes of the map a finding is about."""

    def __init__(self, drawn: dict[str, Any] | None) -> None:
        drawn = drawn or {"references": (), "users": ()}
        self._references = {name.lower(): f"reference {n}" for n, name in enumerate(drawn["references"])}
        self._users = {path: f"user {n}" for n, (kind, _, path, _) in enumerate(drawn["users"]) if kind >= 0}

    def of(self, reported: Reported) -> list[str]:
        subject = reported.finding.subject
        keep = subject.keep or ""
        found = [self._users.get(_path(reported.span.path))]
        # What is to be removed first: that is the one to look for.
        surplus = [name for name in subject.names if name != keep]
        found += [self._references.get(sanitize(name).lower()) for name in [*surplus, keep]]
        return [box for box in found if box]


def _findings(report: Report, boxes: _Boxes) -> dict[str, Any]:
    """The findings as the script reads them, and what they name by number."""
    rules: dict[str, int] = {}
    advices: dict[tuple[str, ...], int] = {}
    solutions = _Numbers()
    described: list[dict[str, str]] = []
    found: list[list[Any]] = []
    for group in by_solution(ordered(report.findings)):
        solution = solutions.of(solution_title(group[0]))
        for reported in sorted(group, key=lambda reported: rank(reported.severity)):
            rule = reported.rule
            if rule.id not in rules:
                rules[rule.id] = len(rules)
                url = f"{PAGES}rules/{rule.id}.md"
                described.append({"id": rule.id, "name": rule.name, "url": url})
            steps = advices.setdefault(tuple(advice(reported)[1:]), len(advices))
            found.append(_finding(reported, rules[rule.id], solution, steps, boxes.of(reported)))
    return {
        "findings": found,
        "rules": described,
        "solutions": solutions.names,
        "advice": [list(map(sanitize, lines)) for lines in advices],
    }


def _finding(reported: Reported, rule: int, solution: int, steps: int, boxes: list[str]) -> list[Any]:
    finding, span, suppressed = reported.finding, reported.span, reported.suppressed
    return [
        rule,
        rank(reported.severity),
        solution,
        _path(span.path),
        span.line,
        span.column,
        sanitize(finding.message),
        steps,
        [[_path(other.span.path), other.span.line, sanitize(other.message)] for other in reported.related],
        _excerpt(span),
        is_mendable(reported),
        [suppressed.by, sanitize(suppressed.reason)] if suppressed else None,
        boxes,
    ]


def _path(path: str) -> str:
    return sanitize(display_path(path))


def _excerpt(span: Span) -> list[str] | None:
    """The source line around the place: what stands before it, the place itself, what follows."""
    line = span.excerpt.removeprefix("\ufeff").rstrip()
    if not line:
        return None
    start = min(span.column - span.excerpt_column, len(line))
    end = span.end_column - span.excerpt_column if span.end_line == span.line else len(line)
    stop = min(max(end, start), len(line))
    low = start - _BEFORE if start > _BEFORE * 2 else 0
    high = min(len(line), low + _AROUND)
    stop = min(stop, high)
    parts = [line[low:start], line[start:stop], line[stop:high]]
    before, marked, after = (sanitize(part.replace("\t", TAB)) for part in parts)
    return ["…" + before if low else before.lstrip(" "), marked, after + ("…" if high < len(line) else "")]


def _map(links: Sequence[Link]) -> dict[str, Any]:
    """The map's lines as numbers into lists of names."""
    solutions, environments, connectors, references = _Numbers(), _Numbers(), _Numbers(), _Numbers()
    users: dict[tuple[int, str, str, int], int] = {}
    marks = {name: number for number, name in enumerate(MARKS)}
    lines = []
    titles = {link.path: link.user for link in links if link.user}
    for link in links:
        solution = solutions.of(link.solution or "without a solution")
        kind = _KINDS.index(link.kind) if link.kind else -1
        run = ", ".join(titles[path] for path in link.calls if path in titles)
        title = f"{link.user} (runs {run})" if run else link.user
        user = (kind, sanitize(title), _path(link.path), solution)
        reference = references.of(link.reference) if link.reference else -1
        lines.append(
            [
                users.setdefault(user, len(users)),
                sanitize(link.alias),
                reference,
                connectors.of(link.connector or ("no connection" if link.is_bare else "unknown connector")),
                [environments.of(name) for name in link.environments],
                [marks[mark] for mark in link.marks],
                [environments.of(name) for name in link.unbound],
            ]
        )
    return {
        "solutions": solutions.names,
        "environments": environments.names,
        "connectors": connectors.names,
        "references": references.names,
        "users": list(users),
        "marks": [{"id": name, **mark._asdict()} for name, mark in MARKS.items()],
        "lines": lines,
    }


class _Numbers:
    """Gives each name a number, the same for names that differ in letter case only."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: dict[str, int] = {}

    def of(self, name: str) -> int:
        number = self._known.setdefault(name.lower(), len(self.names))
        if number == len(self.names):
            self.names.append(sanitize(name))
        return number


def _page(content: dict[str, Any], told: Iterable[str], about: str, more: str = "") -> str:
    about = escape(sanitize(about))
    style = _part("page.css")
    script = '"use strict";\n' + "\n".join(map(_part, _SCRIPTS))
    script = f"(() => {{\n{script}}})();\n"
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
    return _PLACEHOLDER.sub(lambda found: parts[found[1]], _part("page.html"))


def _with_code(line: str) -> str:
    """A line of the closing as HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(line))


def _part(name: str) -> str:
    from importlib.resources import files

    return (files("crstandards") / "data" / "page" / name).read_text("utf-8")


def _digest(text: str) -> str:
    """The hash by which the page's policy knows a style or a script."""
    from base64 import b64encode
    from hashlib import sha256

    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode()}"
