"""The map as Mermaid and DOT, read by Mermaid itself and by a parser of DOT."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from crstandards.report import draw
from crstandards.report.escape import sanitize
from crstandards.report.map import MOST_ARROWS, MOST_CHARACTERS
from crstandards.reported import Link

from .builders import HOSTILE, hostile
from .test_html_format import LINKS, link

MERMAID = """\
flowchart LR
  subgraph s0["ContosoHR"]
    n0["Alert"]
    n1["Send reminder"]
  end
  n2("con_outlook")
  n3("raw connection")
  n4{{"shared_office365"}}
  n5[["prod"]]
  n0 --> n2
  n2 --> n4
  n4 --> n5
  n1 == "raw" ==> n3
  n3 --> n4
  n1 --> n2
  n2 -. "unbound" .-> n5
  classDef raw fill:#fde8e6,stroke:#b3261e,color:#410e0b,stroke-width:2px
  class n1,n3 raw
"""


def test_a_small_map() -> None:
    lines = (
        link("Alert", "con_outlook", environments=("prod",)),
        link("Send reminder", "", "raw", environments=("prod",)),
        link("Send reminder", "con_outlook", environments=("prod",), unbound=("prod",)),
    )
    assert draw(lines, "mermaid") == MERMAID


def test_an_arrow_keeps_what_is_wrong_whatever_follows() -> None:
    """Two aliases of one flow for one reference, of which one is for another connector."""
    wrong, plain = link("Alert", "con_outlook", "mismatch"), link("Alert", "con_outlook")
    for lines in ((wrong, plain), (plain, wrong)):
        text = draw(lines, "mermaid")
        assert text.count("mismatch") == draw((wrong,), "mermaid").count("mismatch")
        assert len(re.findall(r"n0 .*> n1", text)) == 1


def test_an_empty_map() -> None:
    assert draw((), "mermaid") == "flowchart LR\n"
    assert draw((), "dot").startswith("digraph crstandards {\n")


def many(solutions: int, flows: int, wrong: int = 0) -> tuple[Link, ...]:
    return tuple(
        link(f"Flow {n}", f"con_{s}_{n % 5}", *(["raw"] if n < wrong else []), solution=f"S{s}")
        for s in range(solutions)
        for n in range(flows)
    )


def test_a_large_map_is_folded() -> None:
    # What nothing uses is no user.
    text = draw((*many(10, 500), link("", "con_idle", "unused", solution="S0")), "mermaid")
    assert text.startswith("%% folded\nflowchart LR\n")
    assert 'n0["500 flows"]' in text
    assert text.count("500 flows") == 10
    assert "con_idle" in text
    assert len(text) <= MOST_CHARACTERS
    assert text.count(" --> ") <= MOST_ARROWS
    text = draw((*many(300, 10), *many(2, 10, wrong=10)), "mermaid")
    assert text.startswith("%% folded, and only what is wrong\nflowchart LR\n")
    assert text.count("subgraph") == 2
    text = draw(many(400, 5, wrong=5), "mermaid")
    assert text.startswith(
        "%% folded, and only what is wrong, and still more than GitHub draws: choose solutions\n"
    )


@pytest.fixture(scope="session")
def mermaid(browser: Any, node_modules: Path) -> Any:
    """Draws Mermaid's text, and returns the texts in the picture; it fails as GitHub's does."""
    page = browser.new_page()
    page.add_script_tag(path=str(node_modules / "mermaid/dist/mermaid.min.js"))
    page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")

    def texts(text: str) -> list[str]:
        svg: str = page.evaluate("async (text) => (await mermaid.render('m', text)).svg", text)
        page.set_content(svg)
        assert page.query_selector_all("script, img, iframe, a") == []
        labels = "found => found.map((label) => label.textContent)"
        found: list[str] = page.eval_on_selector_all(".nodeLabel, .cluster-label, .edgeLabel", labels)
        page.reload()
        page.add_script_tag(path=str(node_modules / "mermaid/dist/mermaid.min.js"))
        page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
        return found

    return texts


def test_mermaid_draws_it(mermaid: Any) -> None:
    texts = mermaid(draw(LINKS, "mermaid"))
    assert {"ContosoHR", "ContosoSales", "Send reminder", "con_outlook", "raw connection", "prod"} <= set(
        texts
    )
    assert "con_outlook_2 (duplicate)" in texts
    assert "con_sales_2 (unbound)" in texts


def test_mermaid_draws_the_largest_that_is_not_folded_further(mermaid: Any) -> None:
    assert "500 flows" in mermaid(draw(many(10, 500), "mermaid"))
    assert mermaid(draw((), "mermaid")) == []


def test_mermaid_takes_names_as_text(mermaid: Any) -> None:
    lines = [line for name in HOSTILE for line in hostile(name).links or ()]
    texts = {" ".join(text.split()) for text in mermaid(draw(lines, "mermaid"))}
    for name in HOSTILE:
        shown = " ".join(sanitize(name).split())
        assert (shown if len(shown) <= 60 else f"{shown[:29]}…{shown[-30:]}") in texts


def test_the_end_of_a_long_name_is_shown() -> None:
    text = draw([link("Alert", "con_" + "department_" * 9 + mark) for mark in ("1a2b3", "9c8d7")], "mermaid")
    assert len(set(re.findall(r"\(\"con_.*#8230;.*(?:1a2b3|9c8d7)\"\)", text))) == 2


def parsed(text: str) -> Any:
    pydot = pytest.importorskip("pydot", reason="needs pydot")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        (graph,) = pydot.graph_from_dot_data(text)
    return graph


def labels(graph: Any) -> set[str]:
    """The labels of all boxes, as Graphviz reads their escapes."""
    nodes = [*graph.get_nodes(), *(node for part in graph.get_subgraphs() for node in part.get_nodes())]
    quoted = [node.get("label") for node in nodes if node.get("label")]
    return {re.sub(r"\\(.)", r"\1", text[1:-1]) for text in quoted}


def test_dot_is_dot() -> None:
    graph = parsed(draw(LINKS, "dot"))
    assert {"Send reminder", "con_outlook", "raw connection", "con_outlook_2 (duplicate)", "prod"} <= labels(
        graph
    )
    clusters = {part.get("label") for part in graph.get_subgraphs()}
    assert clusters == {'"ContosoHR"', '"ContosoSales"'}
    marked = [edge for edge in graph.get_edges() if edge.get("label")]
    assert {edge.get("label") for edge in marked} == {'"raw"', '"unbound"'}


@pytest.mark.parametrize("name", HOSTILE)
def test_dot_takes_names_as_text(name: str) -> None:
    graph = parsed(draw(hostile(name).links or (), "dot"))
    assert sanitize(name) in labels(graph)
    assert len(graph.get_subgraphs()) == 1
    assert "malicious" not in {node.get_name() for node in graph.get_nodes()}
