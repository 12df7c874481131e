"""What a change does to connections, in Markdown, HTML and as a map."""

from __future__ import annotations

import re

import pytest

from crstandards.findings import Subject
from crstandards.places import Span
from crstandards.report import html_format, markdown_format
from crstandards.report.history import changed
from crstandards.report.map import MOST_BOXES, map_of
from crstandards.report.terminal import Style
from crstandards.reported import Before, Changes, FlowChange, History, Mended, Rebound, Report, Used

from .builders import HOSTILE, RAW, UNUSED, report, reported
from .test_json import parsed

PLANNER = Used("con_planner", "shared_planner")
OUTLOOK = Used("con_outlook", "shared_office365")
CHANGES = Changes(
    flows=(
        FlowChange("src/HR/a.json", "New one", "ContosoHR", "added", (Used("", "shared_teams"),), ()),
        FlowChange("src/HR/b.json", "Old one", "ContosoHR", "removed", (), (OUTLOOK,)),
        FlowChange("c.json", "Other", "", "changed", (PLANNER,), (OUTLOOK,)),
    ),
    added_references=(PLANNER,),
    removed_references=(OUTLOOK,),
    added_connectors=("shared_planner",),
    rebound=(Rebound("con_hr", "prod", "", "b2"),),
)
SECTION = """\
<details><summary>What this change does to connections: 1 new flow, 1 flow gone, \
1 flow with other references, 1 new reference, 1 reference gone, 1 new connector, \
1 setting with another connection</summary>

- Connector new in this repository: shared\\_planner
- Reference new in this repository: con\\_planner for shared\\_planner
- Reference gone from this repository: con\\_outlook for shared\\_office365
- Settings of prod bind con\\_hr: no connection → b2
- Flow new: New one (ContosoHR): now through a raw connection for shared\\_teams
- Flow gone: Old one (ContosoHR): no more through con\\_outlook
- Flow changed: Other: now through con\\_planner, no more through con\\_outlook

```mermaid
flowchart LR
  subgraph s0["ContosoHR"]
    n0["New one"]
    n1["Old one"]
  end
  subgraph s1["without a solution"]
    n2["Other"]
  end
  n3("con_planner")
  n4("con_outlook")
  n5("raw connection")
  n6("con_hr")
  n7{{"shared_planner"}}
  n8{{"shared_office365"}}
  n9{{"shared_teams"}}
  n10[["prod"]]
  n3 --> n7
  n4 --> n8
  n5 --> n9
  n0 == "new" ==> n5
  n1 -. "gone" .-> n4
  n2 == "new" ==> n3
  n2 -. "gone" .-> n4
  n6 -- "other connection" --> n10
"""


def about(changes: Changes | None, link: str = "", *mended: Mended) -> Report:
    history = History("b" * 40, "c" * 40, 0, False, True, mended, changes=changes, link=link)
    found = report(reported(UNUSED, span=Span("src/H R/(a).json", 7), subject=Subject(references=["con_a"])))
    return found._replace(history=history, before=Before(0, 0, 0))


def test_the_section_of_a_comment() -> None:
    text = markdown_format.render(about(CHANGES), Style())
    assert SECTION in text
    assert "What this change does" not in markdown_format.render(about(Changes()), Style())
    assert "What this change does" not in markdown_format.render(about(None), Style())


def test_what_is_long_is_folded_and_what_is_short_stands_on_top() -> None:
    mended = Mended(RAW, reported(message="Was raw.").finding, "error")
    text = markdown_format.render(about(CHANGES, "", mended), Style())
    top, *folded = re.split(r"^<details><summary>(.*)</summary>$", text, flags=re.MULTILINE)
    assert "This change adds 1 warning" in top
    assert "It fixes 1 finding." in top
    assert [title.partition(":")[0] for title in folded[::2]] == [
        "ContosoHR",
        "Fixed",
        "What this change does to connections",
    ]
    assert "- CR101 Was raw. (src/HR/a.json)\n" in text
    assert text.count("<details>") == text.count("</details>")


def test_a_place_leads_to_its_line_where_the_service_shows_it() -> None:
    link = "https://git.contoso.com/blob/abc/{path}#L{line}"
    text = markdown_format.render(about(None, link), Style())
    assert "| [(a).json:7](https://git.contoso.com/blob/abc/src/H%20R/%28a%29.json#L7) |" in text


def test_json() -> None:
    document = parsed(about(CHANGES))
    assert document["changes"]["references"] == {
        "added": ["con_planner"],
        "removed": ["con_outlook"],
        "rebound": [{"reference": "con_hr", "environment": "prod", "from": "", "to": "b2"}],
    }
    assert document["changes"]["connectors"] == {"added": ["shared_planner"], "removed": []}
    assert [item["change"] for item in document["changes"]["flows"]] == ["added", "removed", "changed"]
    assert document["changes"]["flows"][0]["references"]["added"] == ["raw:shared_teams"]
    assert "changes" not in parsed(about(None))


def test_names_are_those_that_the_portal_shows() -> None:
    shown = {"con_planner": '"Contoso Planner" (con_planner)', "shared_planner": "Planner (shared_planner)"}
    named = CHANGES._replace(shown=shown)
    told = list(changed(named, str))
    assert told[:2] == [
        "Connector new in this repository: Planner (shared_planner)",
        'Reference new in this repository: "Contoso Planner" (con_planner) for Planner (shared_planner)',
    ]
    assert told[-1] == (
        'Flow changed: Other: now through "Contoso Planner" (con_planner), no more through con_outlook'
    )


def test_the_page_lists_them() -> None:
    page = html_format.render(about(CHANGES), Style())
    assert "<li>Reference new in this repository: con_planner for shared_planner</li>" in page
    title = "<summary>What this change does to connections"
    assert title in page
    assert title not in html_format.render(about(Changes()), Style())


def many(number: int) -> Changes:
    return Changes(added_references=tuple(Used(f"con_{n}", "shared_x") for n in range(number)))


def test_a_map_that_is_too_large_is_left_out() -> None:
    assert map_of(many(MOST_BOXES - 1)).count('("con_') == MOST_BOXES - 1
    assert map_of(many(MOST_BOXES)) == ""
    assert map_of(Changes()) == ""


def test_many_findings_leave_room_for_what_the_change_does() -> None:
    history = History("b" * 40, "c" * 40, 0, False, True, (), changes=many(2000))
    findings = [reported(span=Span(f"{number}.json")) for number in range(1000)]
    text = markdown_format.render(report(*findings)._replace(history=history), Style())
    assert len(text) < markdown_format.BUDGET + 1_000
    listed, lines = text.count("🔴"), text.count("- Reference new in this repository")
    assert "<summary>What this change does to connections: 2000 new references</summary>" in text
    assert f"\n… and {1000 - listed} more. `crstandards check` lists all of them.\n" in text
    assert f"\n… and {2000 - lines} more lines. `--format json` holds all of them.\n" in text
    # Room that one doesn't need is the other's.
    few = markdown_format.render(about(many(2000)), Style())
    assert few.count("- Reference new in this repository") > 2 * lines
    assert markdown_format.render(report(*findings), Style()).count("🔴") > listed


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name: str) -> None:
    used = Used(name, name)
    hostile = Changes(
        (FlowChange(name, name, name, "changed", (used,), ()),),
        (used,),
        (),
        (name,),
        (),
        (Rebound(*[name] * 4),),
    )
    text = markdown_format.render(about(hostile), Style())
    outside = re.sub(r"```mermaid\n.*?```\n", "", text, flags=re.DOTALL)
    assert set(re.findall(r"<(/?\w+)", outside)) <= {"details", "/details", "summary", "/summary", "br"}
    assert text.count("```") == 2
    for page in (text, html_format.render(about(hostile), Style())):
        assert "<img" not in page
        assert "##vso" not in page
