from __future__ import annotations

import json
import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from crstandards.findings import SEVERITIES, Subject
from crstandards.places import Span
from crstandards.report import FORMATS, draw, gitlab, html_format, junit, logs, sarif
from crstandards.report import render as render_as
from crstandards.report.json_format import render
from crstandards.report.terminal import Style
from crstandards.report.text import render as as_text
from crstandards.reported import MARKS, Link, LocatedRelated, Report, Suppression
from tests.support.services import azure_commands, github_commands

from .builders import ALIAS, RAW, UNUSED, report, reported
from .test_json import VALIDATOR

anything = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("\x1b\x9b\u202e\u2028\udc80\ufeff\t\n\r#:日\u0301 ab"),
    ),
    max_size=60,
)
counts = st.integers(1, 200)


@st.composite
def places(draw: st.DrawFn) -> Span:
    """A place; its excerpt begins before it or with it."""
    column = draw(counts)
    excerpt_column = draw(st.integers(1, column))
    return Span(
        draw(anything), draw(counts), column, draw(counts), draw(counts), draw(anything), excerpt_column
    )


spans = places()
reporteds = st.builds(
    reported,
    st.sampled_from([RAW._replace(id="CR999"), UNUSED._replace(id="CR998"), ALIAS]),
    solution=anything,
    span=spans,
    message=anything,
    help_=anything,
    severity=st.sampled_from(["error", "warning", "note"]),
    related=st.lists(st.builds(LocatedRelated, spans, anything), max_size=7).map(tuple),
    fixable=st.booleans(),
    suppressed=st.none()
    | st.builds(Suppression, st.sampled_from(["exception", "description", "baseline"]), anything),
    subject=st.builds(
        Subject,
        references=st.lists(anything, max_size=3),
        by_solution=st.none() | st.dictionaries(anything, st.lists(anything, max_size=3), max_size=3),
        alias=st.none() | anything,
    ),
    involves=st.lists(anything, max_size=2).map(tuple),
)
reports = st.lists(reporteds, max_size=6).map(lambda findings: report(*findings))
styles = st.tuples(st.integers(0, 200), st.booleans(), st.booleans(), st.booleans()).map(
    lambda each: Style(width=each[0], verbose=each[1], quiet=each[2], statistics=each[3])
)


@given(reports, styles)
def test_ascii_is_ascii_and_holds_no_control_character(of: Report, style: Style) -> None:
    text = as_text(of, style._replace(color=False, unicode=False))
    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()


@given(reports, styles)
def test_text_can_be_written_and_steers_nothing(of: Report, style: Style) -> None:
    text = as_text(of, style._replace(color=False, unicode=True))
    text.encode("utf-8")
    assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [c for c in text if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF")]
    assert "##" not in text
    assert not [line for line in text.split("\n") if line.strip().startswith("::")]


@given(reports, styles)
def test_color_only_adds_escape_codes(of: Report, style: Style) -> None:
    from re import sub

    colored = as_text(of, style._replace(color=True, unicode=True))
    plain = as_text(of, style._replace(color=False, unicode=True))
    assert sub(r"\x1b\[[0-9;]*m", "", colored) == plain


@given(reports)
def test_json_parses_and_is_valid(of: Report) -> None:
    text = render(of)
    document = json.loads(text.encode("utf-8"))
    VALIDATOR.validate(document)
    assert len(document["findings"]) == len(of.findings)
    assert text.replace("\n", "").isprintable() or not text.isascii()


@given(reports, st.randoms(use_true_random=False), styles, st.sampled_from(list(FORMATS)))
def test_the_order_of_the_findings_makes_no_difference(
    of: Report, random: object, style: Style, name: str
) -> None:
    shuffled = list(of.findings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = of._replace(findings=tuple(shuffled))
    colored = style._replace(color=True)
    assert render_as(of, name, colored) == render_as(other, name, colored)


@given(reports, st.booleans())
def test_services_read_as_many_commands_as_there_are_findings(of: Report, verbose: bool) -> None:
    shown = [item.severity for item in of.counted() if verbose or item.severity != "note"]
    github = github_commands(logs.github(of, Style(verbose=verbose)))
    assert sorted(command.name for command in github) == sorted(
        {"note": "notice"}.get(severity, severity) for severity in shown
    )
    azure = azure_commands(logs.azure(of, Style(verbose=verbose)))
    assert sorted(command.properties["type"] for command in azure) == sorted(
        severity for severity in shown if severity != "note"
    )
    assert {command.name for command in azure} <= {"task.logissue"}


@given(reports)
def test_sarif_and_gitlab_hold_every_finding_under_a_fingerprint_of_its_own(of: Report) -> None:
    results = json.loads(sarif.render(of, Style()).encode("utf-8"))["runs"][0]["results"]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(prints)) == len(prints) == len(of.findings)
    issues = json.loads(gitlab.render(of, Style()).encode("utf-8"))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(list(of.counted()))


@given(reports, st.sampled_from(["error", "warning", "note", "never"]))
def test_junit_is_xml_and_fails_where_the_command_does(of: Report, fail_on: str) -> None:
    suites = etree.fromstring(junit.render(of, Style(fail_on=fail_on)).encode("utf-8"))
    failing = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on != "never" else ()
    fails = any(item.severity in failing for item in of.counted())
    assert bool(int(suites.get("failures", "0"))) is fails
    assert len(suites.findall(".//failure")) == int(suites.get("failures", "0"))
    assert len(suites.findall(".//testcase")) == int(suites.get("tests", "0"))


@given(reports)
def test_the_page_holds_the_data_as_json(of: Report) -> None:
    text = html_format.render(of, Style())
    text.encode("utf-8")
    content = text.partition('id="data">')[2].partition("</script>")[0]
    assert "<" not in content
    assert len(json.loads(content)["findings"]) == len(of.findings)


links = st.builds(
    Link,
    st.sampled_from(["flow", "canvas app", "agent"]),
    anything.filter(bool),
    anything,
    anything,
    anything,
    anything,
    anything,
    st.lists(anything, max_size=2).map(tuple),
    st.lists(st.sampled_from(list(MARKS)), max_size=2).map(tuple),
    st.lists(anything, max_size=1).map(tuple),
)
LINE = re.compile(
    r"flowchart LR|  end"
    r'|  subgraph s\d+\["[^"\[\]{}<>`|]*"\]'
    r'| {2,4}n\d+(\["[^"]*"\]|\("[^"]*"\)|\{\{"[^"]*"\}\}|\[\["[^"]*"\]\])'
    r'|  n\d+ (-->|== "raw" ==>|-\. "[a-z ]+" \.->) n\d+'
    r"|  classDef \w+ [\w#:,. -]+|  class [n\d,]+ \w+"
)


@given(st.lists(links, max_size=8))
def test_mermaid_is_always_of_its_few_forms(lines: list[Link]) -> None:
    text = draw(lines, "mermaid")
    for line in text.splitlines():
        assert LINE.fullmatch(line), line
    assert draw(lines, "dot").count("subgraph") == len({line.solution for line in lines})
