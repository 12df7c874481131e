"""The Markdown report, read by a parser of GitHub's kind of Markdown."""

from __future__ import annotations

import re
from typing import Any

import pytest

from crstandards.places import Span
from crstandards.report.escape import markdown
from crstandards.report.markdown_format import BUDGET, render
from crstandards.report.terminal import Style
from crstandards.reported import Report, Suppression

from .builders import ALIAS, HOSTILE, UNUSED, duplicate_outlook, hostile, raw_in_reminder, report, reported

EXPECTED = """\
## Connection references: 2 errors

Found 2 errors in 1 of 3 solutions (41 flows, 18 connection references).

Run `crstandards explain CR101` (or CR201) for the reasoning and the steps in the portal.

`crstandards fix` can fix 1 of them; `crstandards fix --diff` shows how.

### ContosoHR: 2 errors

| Finding | Rule | Place |
|---|---|---|
| 🔴 error: 2 references for Office 365 Outlook in one \
solution: con\\_outlook and con\\_outlook\\_2.<details><summary>To fix</summary>Keep con\\_outlook. Move \
the flows that use con\\_outlook\\_2 to it, then remove con\\_outlook\\_2.</details> | \
[CR201](https://github.com/crstandards/crstandards/blob/v0.1.0/docs/rules/CR201.md) duplicate-connector | \
src/HR/Other/Customizations.xml:12 |
| 🔴 error: Flow "Send reminder" uses the connection behind "shared\\_office365" directly.\
<details><summary>To fix</summary>\
also: line 84: action "Send\\_an\\_email\\_(V2)" uses it<br>\
also: src/HR/Other/Customizations.xml:12:9: con\\_outlook is declared here<br>\
Open the flow in its solution, choose Details, then Connection References, and pick the reference for \
Office 365 Outlook.<br>- In the source: connectionReferenceLogicalName under connection names the \
reference, say con\\_outlook.</details> | \
[CR101](https://github.com/crstandards/crstandards/blob/v0.1.0/docs/rules/CR101.md) raw-connection | \
src/HR/Workflows/Sendreminder-1F2E3D4C-0000-0000-0000-000000000001.json:5 |
"""


def html(markdown: str) -> str:
    markdown_it = pytest.importorskip("markdown_it", reason="needs markdown-it-py")
    rendered: str = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    return rendered


def cells(of: Report, **style: Any) -> list[list[str]]:
    """The rows of the tables that a reader sees, as HTML."""
    page = html(render(of, Style(**style)))
    return [
        re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
        if "<td" in row
    ]


def test_two_findings() -> None:
    of = report(raw_in_reminder(), duplicate_outlook())
    assert render(of, Style()) == EXPECTED
    first, second = cells(of)
    assert first[0].startswith("🔴 error: 2 references for")
    assert second[0].startswith("🔴 error: Flow &quot;Send reminder&quot; uses the connection behind")


def test_clean() -> None:
    assert render(report(), Style()) == (
        "## Connection references: no violations\n\n"
        "No violations: 3 solutions, 41 flows, 18 connection references.\n"
    )


def test_notes_and_suppressed_findings_with_verbose() -> None:
    of = report(reported(ALIAS), reported(UNUSED, suppressed=Suppression("exception", "two | mailboxes")))
    assert cells(of) == []
    note, suppressed = cells(of, verbose=True)
    assert note[0].startswith("🔵 note: ")
    assert suppressed == ["CR504 unused-reference", "src/HR/a.json:1", "exception", "two | mailboxes"]


def test_a_finding_without_a_file() -> None:
    assert cells(report(reported(span=Span(""))))[0][2] == "-"


def test_more_than_fits_is_cut_to_what_is_most_serious() -> None:
    findings = [reported(UNUSED, solution=f"S{n:04}", span=Span(f"{n}.json")) for n in range(1000)]
    findings += [reported(span=Span("x.json"))]
    text = render(report(*findings), Style())
    assert BUDGET - 1_000 < len(text) < BUDGET + 1_000
    assert "### ContosoHR: 1 error" in text
    listed = len(re.findall(r"^\| (?:🔴|🟡)", text, re.MULTILINE))
    assert f"… and {1001 - listed} more. `crstandards check` lists all of them.\n" in text


def test_a_finding_that_is_too_long_takes_no_place_from_the_others() -> None:
    long = [reported(UNUSED, solution=f"A{n}", span=Span("a" * BUDGET)) for n in range(3)]
    text = render(report(*long, reported(UNUSED, solution="ContosoHR", span=Span("x.json"))), Style())
    assert "### ContosoHR: 1 warning" in text
    assert "… and 3 more. `crstandards check` lists all of them.\n" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name: str) -> None:
    page = html(render(hostile(name), Style(verbose=True)))
    # Of the elements, all are ours.
    tags = set(re.findall(r"<(/?\w+)", page))
    of_tables = {"table", "thead", "tbody", "tr", "th", "td"}
    assert {tag.lstrip("/") for tag in tags} <= {
        *of_tables,
        "h2",
        "h3",
        "p",
        "a",
        "code",
        "details",
        "summary",
        "br",
    }
    assert set(re.findall(r'href="([^"]*)"', page)) == {
        "https://github.com/crstandards/crstandards/blob/v0.1.0/docs/rules/CR101.md",
        "https://github.com/crstandards/crstandards/blob/v0.1.0/docs/rules/CR203.md",
    }
    assert {len(row) for row in cells(hostile(name), verbose=True)} == {3, 4}
    assert "##vso" not in page
    assert "##[" not in page


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@bob, mail a@b.example", "@&#8203;bob, mail a@b.example"),
        # Of the letters before it, services know those of English alone.
        ("é@bob, 名@bob, _@bob", r"é@&#8203;bob, 名@&#8203;bob, \_@&#8203;bob"),
        ("#12 is a#12", "#&#8203;12 is a#&#8203;12"),
        ("!12, 100%4, GH-7", "!&#8203;12, 100%&#8203;4, GH-&#8203;7"),
        ("Hi! 100% of GH-a and 3-4", "Hi! 100% of GH-a and 3-4"),
        ("http://a.example www.b.example", "http&#58;//a.example www&#46;b.example"),
        ("$x$ a|b", "&#36;x&#36; a&#124;b"),
        ("a_b *c* `d` [e](f) ~g~ <h> &i; \\", r"a\_b \*c\* \`d\` \[e\](f) \~g\~ &lt;h&gt; &amp;i; \\"),
        ("plain (text), really.", "plain (text), really."),
    ],
)
def test_escaping(text: str, shown: str) -> None:
    assert markdown(text) == shown
