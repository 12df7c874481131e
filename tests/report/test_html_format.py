"""The HTML report in a headless Chromium: what can be found in it, by mouse and by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from crstandards.places import REACH, Span
from crstandards.report import draw, render
from crstandards.report.escape import sanitize
from crstandards.report.terminal import Style
from crstandards.reported import Link, Report, Suppression
from crstandards.source.locator import Locator

from .builders import (
    ALIAS,
    HOSTILE,
    UNUSED,
    duplicate_outlook,
    hostile,
    raw_in_reminder,
    report,
    reported,
)

OUTLOOK, TEAMS = "shared_office365", "shared_teams"


def link(user: str, reference: str, *marks: str, **more: Any) -> Link:
    line = Link(
        kind="flow" if user else "",
        user=user,
        path=f"src/HR/Workflows/{user}.json",
        solution="ContosoHR",
        alias=OUTLOOK,
        reference=reference,
        connector=OUTLOOK,
        environments=("test", "prod"),
        marks=marks,
    )
    return line._replace(**more)


LINKS = (
    link("Alert", "con_outlook"),
    link("Alert", "con_teams", connector=TEAMS, alias=TEAMS),
    link("Send reminder", "", "raw"),
    link("Send reminder", "con_outlook"),
    link("Sync", "con_outlook_2", "duplicate"),
    link("Board", "", "own", kind="canvas app", connector=TEAMS),
    link("Invoice", "con_sales", solution="ContosoSales", environments=("prod",)),
    link("", "con_idle", "unused", connector=TEAMS),
    link("Archive", "con_sales_2", "unbound", solution="ContosoSales", unbound=("prod",)),
    link("Old", "con_old", "duplicate", "allowed", solution="ContosoSales"),
)


def full() -> Report:
    return report(
        raw_in_reminder(),
        duplicate_outlook(),
        reported(UNUSED, solution="ContosoSales", span=Span("x.xml", 7, 3), message="Nothing uses con_x."),
        reported(ALIAS, message="Two aliases."),
        reported(suppressed=Suppression("exception", "two mailboxes"), message="Let be."),
        reported(suppressed=Suppression("baseline", ""), message="An old one."),
    )._replace(links=LINKS)  # fmt: skip


def many() -> Report:
    findings = (
        reported(span=Span(f"{n}.json", 5, 9), message=f"Flow F{n} is raw.", solution=f"S{n % 7}")
        for n in range(120)
    )
    links = tuple(link(f"Flow {n:04}", f"con_{n % 9}", solution=f"S{n // 100}") for n in range(5000))
    return report(*findings)._replace(links=links)


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a page, and afterwards sees to it that it asked for nothing and complained of nothing."""
    opened = []
    troubles: list[str] = []

    def open_(text: str, tab: str = "", width: int = 1280, scheme: str = "light") -> Any:
        path = tmp_path / f"report{len(opened)}.html"
        path.write_text(text, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(page)
        page.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        page.on("request", lambda request: request.url == path.as_uri() or troubles.append(request.url))
        page.goto(path.as_uri() + tab)
        return page

    yield open_
    for page in opened:
        page.close()
    assert not troubles


def html(of: Report) -> str:
    return render(of, "html", Style(about="contoso at 1f2e3d4c5b6a"))


def texts(page: Any, selector: str) -> list[str]:
    """The visible texts of elements in a page or an element."""
    visible = "found => found.filter((each) => each.checkVisibility()).map((each) => each.innerText)"
    return [" ".join(text.split()) for text in page.eval_on_selector_all(selector, visible)]


def names(page: Any, column: str) -> list[str]:
    """What boxes are called: of a long name, the middle may be cut, but it is there."""
    parts = "found => found.filter((each) => each.checkVisibility()).map((each) => each.textContent)"
    return [" ".join(text.split()) for text in page.eval_on_selector_all(f"button.box.{column} .name", parts)]


def settle(page: Any) -> None:
    """Wait until what was typed has been acted on."""
    page.wait_for_timeout(150)


# The file


def test_it_is_whole_in_itself() -> None:
    text = html(full())
    assert text.startswith("<!doctype html>\n")
    assert "default-src 'none'" in text
    assert not re.search(r"<(?:script|img|iframe|object|embed)\s[^>]*\bsrc=", text)
    assert re.findall(r"<link\s[^>]*>", text) == ['<link rel="icon" href="data:,">']
    assert "@import" not in text
    assert "url(" not in text


# Findings


def test_errors_and_warnings_are_shown_first(open_page: Any) -> None:
    page = open_page(html(full()))
    assert page.title() == "Connection references: contoso at 1f2e3d4c5b6a"
    assert texts(page, ".about") == ["contoso at 1f2e3d4c5b6a"]
    assert texts(page, "#finding-list h3") == ["ContosoHR", "ContosoSales"]
    assert texts(page, ".finding .severity") == ["error", "error", "warning"]
    assert page.inner_text("#finding-count") == "3 of 6 findings"
    assert page.get_attribute("a:text('CR201')", "href").endswith("/docs/rules/CR201.md")
    assert texts(page, "#rule-counts li") == [
        "1 CR201 duplicate-connector",
        "1 CR101 raw-connection",
        "1 CR504 unused-reference",
        "1 CR203 duplicate-alias",
    ]
    assert texts(page, "#finding-severities .chip") == [
        "Errors 2",
        "Warnings 1",
        "Notes 1",
        "Known: in the baseline 1",
        "Excepted 1",
        "Mended by fix 1",
    ]


def test_severities_are_switched(open_page: Any) -> None:
    page = open_page(html(full()))
    page.click("#finding-severities >> text=Errors")
    assert texts(page, ".finding .severity") == ["warning"]
    page.click("#finding-severities >> text=Excepted")
    assert texts(page, ".reason") == ["Allowed by an exception: two mailboxes"]
    page.click("#finding-severities >> text=Excepted")
    page.click("#finding-severities >> text=Known")
    assert texts(page, ".reason") == ["It was there when the baseline was recorded"]
    assert page.query_selector(".finding.known.error .severity.error")
    page.click("#finding-severities >> text=Warnings")
    page.click("#finding-severities >> text=Known")
    assert texts(page, ".empty") == ["Nothing matches these filters."]
    page.click("#finding-clear")
    assert page.inner_text("#finding-count") == "3 of 6 findings"


def test_findings_are_searched(open_page: Any) -> None:
    page = open_page(html(full()))
    page.fill("#finding-search", "REMINDER  directly")
    settle(page)
    assert texts(page, ".message") == [raw_in_reminder().finding.message]
    page.fill("#finding-search", "pick the reference")
    settle(page)
    assert len(texts(page, ".message")) == 1
    page.fill("#finding-search", "con_outlook is declared here")
    settle(page)
    assert texts(page, ".finding .head a") == ["CR101"]
    page.fill("#finding-search", "nowhere")
    settle(page)
    assert texts(page, ".message") == []


def test_findings_are_filtered_by_rule_and_solution(open_page: Any) -> None:
    page = open_page(html(full()))
    page.select_option("#finding-rule", label="CR201 duplicate-connector")
    assert texts(page, ".message") == [duplicate_outlook().finding.message]
    page.select_option("#finding-solution", label="ContosoSales")
    assert texts(page, ".message") == []
    page.select_option("#finding-rule", label="All rules")
    assert texts(page, ".message") == ["Nothing uses con_x."]
    page.click("#finding-clear")
    page.click("#finding-severities >> text=Mended by fix")
    assert texts(page, ".message") == [duplicate_outlook().finding.message]


def test_a_finding_opens(open_page: Any) -> None:
    page = open_page(html(full()))
    card = page.query_selector("article:has-text('Send reminder')")
    assert "src/HR/Workflows/Sendreminder" in card.inner_text()
    assert "pick the reference" not in card.inner_text()
    page.focus("article:has-text('Send reminder') summary")
    page.keyboard.press("Enter")
    assert "pick the reference for Office 365 Outlook." in card.inner_text()
    assert "line 84" not in card.inner_text()
    assert "Customizations.xml:12 con_outlook is declared here" in card.inner_text()
    assert texts(page, "article:has-text('2 references') mark") == []
    page.click("#finding-expand")
    assert texts(page, "article:has-text('2 references') mark") == [
        '<connectionreference connectionreferencelogicalname="con_outlook_2">'
    ]


def test_the_address_keeps_the_filters(open_page: Any) -> None:
    page = open_page(html(full()))
    page.click("#rule-counts >> text=CR504")
    page.fill("#finding-search", "con_x")
    page.click("#finding-severities >> text=Notes")
    settle(page)
    address = page.url.partition("#")[2]
    assert address == "findings?q=con_x&rule=CR504+unused-reference&show=error+warning+note"
    again = open_page(html(full()), f"#{address}")
    assert again.input_value("#finding-search") == "con_x"
    assert texts(again, ".message") == ["Nothing uses con_x."]
    mapped = open_page(html(full()), "#map?q=archive&show=unbound")
    assert names(mapped, "user") == ["Archive"]


def test_a_finding_and_its_box_lead_to_each_other(open_page: Any) -> None:
    page = open_page(html(full()))
    page.click(".finding:has-text('CR201') >> text=Show on the map")
    assert texts(page, "#map-pin button") == ["Only con_outlook_2 ✕", "1 finding"]
    assert names(page, "user") == ["Sync"]
    page.click("#map-pin >> text=1 finding")
    assert texts(page, "#finding-about button") == ["Only con_outlook_2 ✕"]
    assert texts(page, ".finding .head a") == ["CR201"]
    page.click("#finding-about button")
    assert page.inner_text("#finding-count") == "6 of 6 findings"


def test_only_notes_are_shown_where_there_is_nothing_else(open_page: Any) -> None:
    page = open_page(html(report(reported(ALIAS, message="Two aliases."))))
    assert texts(page, ".message") == ["Two aliases."]


def test_a_clean_report(open_page: Any) -> None:
    page = open_page(html(report()))
    assert texts(page, ".empty") == ["No findings."]
    assert "No violations: 3 solutions, 41 flows" in page.inner_text(".verdict")
    assert not page.is_visible("#tabs")


def test_many_findings_come_page_by_page(open_page: Any) -> None:
    page = open_page(html(many()))
    assert len(texts(page, ".finding")) == 25
    assert "Page 1 of 5" in page.inner_text("#finding-pager")
    page.click("#finding-pager >> text=Next")
    assert "Page 2 of 5" in page.inner_text("#finding-pager")
    assert page.evaluate("document.activeElement.textContent") == "Next"
    page.keyboard.press("Enter")
    assert "Page 3 of 5" in page.inner_text("#finding-pager")
    page.select_option("#finding-pager select", "100")
    assert len(texts(page, ".finding")) == 100
    page.fill("#finding-search", "F11")
    settle(page)
    assert page.inner_text("#finding-count") == "11 of 120 findings"
    assert not page.is_visible("#finding-pager")


# The map


def test_the_tabs(open_page: Any) -> None:
    page = open_page(html(full()))
    assert not page.is_visible("#picture")
    page.focus("#tab-findings")
    page.keyboard.press("ArrowRight")
    assert page.is_visible("#picture")
    assert not page.is_visible("#finding-list")
    assert page.get_attribute("#tab-map", "aria-selected") == "true"
    page.click("#tab-findings")
    assert page.is_visible("#finding-list")


def test_the_map_is_drawn(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    assert names(page, "user") == ["Send reminder", "Sync", "Alert", "Board", "Archive", "Invoice", "Old"]
    assert set(names(page, "reference")) == {
        "raw connection",
        "the user's own",
        "con_outlook",
        "con_outlook_2",
        "con_teams",
        "con_idle",
        "con_sales",
        "con_sales_2",
        "con_old",
    }
    assert set(names(page, "connector")) == {OUTLOOK, TEAMS}
    assert set(names(page, "environment")) == {"test, prod", "prod"}
    assert texts(page, "#picture .group") == ["ContosoHR", "ContosoSales"]
    assert (
        page.inner_text("#map-count") == "7 flows, apps and agents, 9 connections, 1 reference without a user"
    )


def test_references_for_one_connector_lie_side_by_side(open_page: Any) -> None:
    links = [link(f"Flow {n}", f"con_{n}", connector=(OUTLOOK, TEAMS)[n % 2]) for n in range(8)]
    page = open_page(draw(links, "html"))
    boxes = page.query_selector_all("button.box.reference")
    order = [box.text_content() for box in sorted(boxes, key=lambda box: box.bounding_box()["y"])]
    assert order == [f"con_{n}" for n in (0, 2, 4, 6, 1, 3, 5, 7)]


def test_the_end_of_a_name_is_not_cut(open_page: Any) -> None:
    long = "con_contoso_" + "department_" * 12
    page = open_page(draw([link("Flow", long + "1a2b3"), link("Flow 2", long + "9c8d7")], "html"))
    for box in page.query_selector_all("button.box.reference"):
        end = box.query_selector(".name span:last-child").bounding_box()
        assert end["x"] + end["width"] <= box.bounding_box()["x"] + box.bounding_box()["width"]


def test_marks_count_things_and_not_rows(open_page: Any) -> None:
    links = [link(f"Flow {n}", f"con_{n % 2}", "duplicate") for n in range(9)]
    page = open_page(draw([*links, link("Raw", "", "raw"), link("Raw 2", "", "raw", "known")], "html"))
    assert texts(page, "#map-marks .chip") == ["raw connection 2", "duplicate 2", "known 1"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["#findings", "#map"])
def test_axe_finds_nothing(browser: Any, axe: str, tmp_path: Path, tab: str, scheme: str) -> None:
    path = tmp_path / "report.html"
    path.write_text(html(full()), encoding="utf-8")
    for width in (1280, 400):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
        )
        page = context.new_page()
        page.goto(path.as_uri() + tab)
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        context.close()


def test_what_is_wrong_stands_out(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    shown = {
        element.query_selector(".name").inner_text(): (
            element.get_attribute("class"),
            texts(element, ".badge"),
        )
        for element in page.query_selector_all("button.box")
    }
    assert shown["Send reminder"] == ("box user error", ["raw connection"])
    assert shown["raw connection"] == ("box reference error", [])
    assert shown["con_outlook_2"] == ("box reference warning", ["duplicate"])
    assert shown["con_sales_2"] == ("box reference error", ["unbound in prod"])
    assert shown["con_idle"] == ("box reference mild", ["unused"])
    assert shown["con_old"] == ("box reference mild", ["duplicate"])
    assert shown["con_outlook"] == ("box reference mild", [])
    assert len(page.query_selector_all("#picture path.raw")) == 1
    assert texts(page, "#map-marks .chip") == [
        "raw connection 1", "unbound 1", "duplicate 2", "unused 1", "allowed 1", "the user's own 1",
    ]  # fmt: skip


def test_the_map_is_searched_and_filtered(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    page.fill("#map-search", "con_outlook send")
    settle(page)
    assert names(page, "user") == ["Send reminder"]
    assert names(page, "reference") == ["con_outlook"]
    page.click("#map-clear")
    page.select_option("#map-solution", label="ContosoSales")
    assert names(page, "user") == ["Archive", "Invoice", "Old"]
    page.select_option("#map-environment", label="test")
    assert names(page, "user") == ["Archive", "Old"]
    page.click("#map-clear")
    page.select_option("#map-connector", label=TEAMS)
    assert names(page, "user") == ["Alert", "Board"]
    page.click("#map-clear")
    page.click("#map-marks >> text=raw connection")
    page.click("#map-marks >> text=unbound")
    assert names(page, "user") == ["Send reminder", "Archive"]
    page.fill("#map-search", "nowhere")
    settle(page)
    assert page.inner_text("#map-count") == "Nothing matches these filters."
    assert names(page, "user") == []


def test_a_box_shows_what_hangs_together_with_it(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    page.click("button.box.reference:has-text('con_outlook'):not(:has-text('_2'))")
    assert names(page, "user") == ["Alert", "Send reminder"]
    assert texts(page, "#map-pin button") == ["Only con_outlook ✕", "1 finding"]
    assert "2 flows, apps and agents" in page.inner_text("#map-count")
    page.click("#map-pin button >> nth=0")
    assert len(names(page, "user")) == 7
    page.click("button.box.environment:has-text('test')")
    assert names(page, "user") == ["Send reminder", "Sync", "Alert", "Board", "Archive", "Old"]


def test_pointing_at_a_box_follows_its_lines(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    page.hover("button.box.user:has-text('Alert')")
    on = [
        element.query_selector(".name").inner_text() for element in page.query_selector_all("button.box.on")
    ]
    assert set(on) == {"Alert", "con_outlook", "con_teams", OUTLOOK, TEAMS, "test, prod"}
    assert page.query_selector("#picture.following")
    page.hover("h1")
    assert not page.query_selector("#picture.following")


def focused(page: Any) -> str:
    name: str = page.evaluate("document.activeElement.querySelector('.name')?.textContent ?? ''")
    return name


def test_the_map_by_keyboard(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    assert len(page.query_selector_all("#picture button[tabindex='0']")) == 1
    page.focus("#map-clear")
    page.keyboard.press("Tab")
    assert focused(page) == "Send reminder"
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Sync"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "con_outlook_2"
    page.keyboard.press("ArrowRight")
    assert focused(page) == OUTLOOK
    page.keyboard.press("ArrowRight")
    assert focused(page) in ("test", "prod")
    page.keyboard.press("ArrowRight")
    assert focused(page) in ("test", "prod")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    first = focused(page)
    page.keyboard.press("End")
    assert {first, focused(page)} == {OUTLOOK, TEAMS}
    page.keyboard.press("Enter")
    assert texts(page, "#map-pin button") == [f"Only {focused(page)} ✕"]
    page.keyboard.press("Escape")
    assert texts(page, "#map-pin button") == []
    assert focused(page) in (OUTLOOK, TEAMS)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "region"


def test_the_focus_stays_when_the_window_changes(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    page.focus("button.box.connector >> nth=1")
    before = focused(page)
    page.set_viewport_size({"width": 1000, "height": 700})
    page.wait_for_timeout(300)
    assert focused(page) == before
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert focused(page) == before


def test_the_table_says_the_same(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    headings = texts(page, "thead th")
    assert headings == [
        "Kind",
        "Name",
        "Solution",
        "Alias",
        "Reference",
        "Connector",
        "Environments",
        "Remarks",
    ]
    rows = [texts(row, "td") for row in page.query_selector_all("tbody tr")]
    assert len(rows) == len(LINKS)
    assert rows[0] == [
        "flow",
        "Send reminder",
        "ContosoHR",
        OUTLOOK,
        "raw connection",
        OUTLOOK,
        "test, prod",
        "",
    ]
    assert ["no user", "", "ContosoHR", OUTLOOK, "con_idle", TEAMS, "test, prod", "unused"] in rows
    assert [row[7] for row in rows if row[4] == "con_sales_2"] == ["unbound in prod"]
    assert [row[7] for row in rows if row[4] == "con_old"] == ["duplicate allowed"]


def test_the_table_sorts(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    page.click("th >> text=Name")
    assert page.get_attribute("th:has-text('Name')", "aria-sort") == "ascending"
    assert names(page, "user")[:2] == ["Alert", "Archive"]
    page.click("th >> text=Name")
    assert page.get_attribute("th:has-text('Name')", "aria-sort") == "descending"
    assert names(page, "user")[:2] == ["Sync", "Send reminder"]
    page.select_option("#map-order", "names")
    assert page.get_attribute("th:has-text('Name')", "aria-sort") is None
    assert names(page, "user") == ["Alert", "Send reminder", "Sync", "Board", "Invoice", "Archive", "Old"]


def test_what_a_screen_reader_is_told(open_page: Any) -> None:
    page = open_page(html(full()), "#map")
    tree = page.locator("#picture").aria_snapshot()
    assert 'group "What uses which reference"' in tree
    assert 'list "Flow, app or agent"' in tree
    assert 'button "Send reminder raw connection, flow in ContosoHR, 2 connections"' in tree
    assert f'button "con_outlook, {OUTLOOK}, used by 2 flows, apps and agents"' in tree
    table = page.locator("#table").aria_snapshot()
    assert 'columnheader "Remarks"' in table
    assert page.get_attribute("html", "lang") == "en"
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('input, select, button')]"
        ".filter((e) => !e.labels?.length && !e.textContent.trim() && !e.ariaLabel).length"
    )
    assert unnamed == 0


def test_thousands_of_flows(open_page: Any) -> None:
    page = open_page(html(many()), "#map")
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive")
    assert ready < 5000
    assert len(names(page, "user")) == 25
    assert page.inner_text("#map-count").startswith("5,000 flows, apps and agents")
    page.fill("#map-search", "flow 4321")
    settle(page)
    assert names(page, "user") == ["Flow 4321"]
    page.click("#map-clear")
    page.select_option("[data-pager=map] select >> nth=0", "200")
    assert len(names(page, "user")) == 200
    page.click("[data-pager=map] >> nth=1 >> text=Next")
    assert "Page 2 of 25" in page.inner_text("[data-pager=map] >> nth=0")


def test_boxes_cover_neither_each_other_nor_the_next_column(open_page: Any) -> None:
    page = open_page(html(many()), "#map")
    boxes = [element.bounding_box() for element in page.query_selector_all("button.box")]
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"]
                or other["x"] + other["width"] <= one["x"]
                or one["y"] + one["height"] <= other["y"]
                or other["y"] + other["height"] <= one["y"]
            )
            assert apart


@pytest.mark.parametrize("tab", ["", "#map"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_the_screen(open_page: Any, tab: str, scheme: str, width: int) -> None:
    page = open_page(html(full()), tab, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"
    assert dark is (scheme == "dark")
    assert page.screenshot(full_page=True)


@pytest.mark.parametrize("width", [390, 1280])
def test_repositories_are_a_table_on_a_small_screen_too(open_page: Any, width: int) -> None:
    told = {"summary": full().summary._asdict()}
    names = ("hr", "contoso-power-platform-solutions-of-the-whole-company")
    page = open_page(html(full()._replace(parts=tuple((name, told) for name in names))), "", width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    heads, row = page.locator(".verdict thead th"), page.locator(".verdict tbody tr").first.locator("th, td")
    lefts = [[cell.bounding_box()["x"] for cell in cells.all()] for cells in (heads, row)]
    assert lefts[0] == lefts[1]
    assert len(lefts[0]) == 6


# Hostile names


def test_hostile_names_are_text(open_page: Any) -> None:
    reports = [hostile(name) for name in HOSTILE]
    findings = [finding for of in reports for finding in of.findings]
    links = tuple(line for of in reports for line in of.links or ())
    page = open_page(html(report(*findings)._replace(links=links)))
    page.click("#finding-expand")
    shown = {" ".join(sanitize(name).split()) for name in HOSTILE}
    assert set(texts(page, ".message")) == {f"Flow {name} is raw." for name in shown}
    assert page.query_selector("#finding-list :is(img, script, b, iframe)") is None
    page.click("#tab-map")
    page.select_option("[data-pager=map] select >> nth=0", "200")
    assert shown <= set(texts(page, "td"))
    assert shown <= set(names(page, "user"))


def test_the_map_alone(open_page: Any) -> None:
    page = open_page(draw((), "html"))
    assert page.inner_text("#map-count") == "Nothing here uses a connection."
    page = open_page(draw(LINKS, "html"))
    assert page.is_visible("#picture")
    assert not page.is_visible("#tabs")
    assert texts(page, ".verdict p") == [
        "7 flows, apps and agents, 7 connection references.",
        "Something is wrong with 3 references and 1 direct connection.",
    ]
    assert page.query_selector("#findings-view").is_hidden()


def test_a_map_without_environments(open_page: Any) -> None:
    page = open_page(draw([line._replace(environments=(), unbound=()) for line in LINKS], "html"))
    assert texts(page, ".column-title") == ["Flow, app or agent", "Connection reference", "Connector"]
    assert "Environments" not in texts(page, "thead th")


def test_of_a_line_the_same_is_shown_whether_it_is_cut_before_or_not() -> None:
    for before, after in product((0, 100, 150, REACH, 5000), (0, 100, REACH, 5000)):
        line = "y" * before + '"shared": ' + "z" * after
        span = Locator("a.json", line.encode()).locate(before)._replace(end_column=before + 9)
        whole = span._replace(excerpt=line, excerpt_column=1)
        one, other = (render(report(reported(span=of)), "html", Style()) for of in (span, whole))
        assert one == other
