"""The readers against slow, plain ones, over whatever the formats allow."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.source.flow import read_flow
from crstandards.source.locator import Locator
from crstandards.source.solution import read_customizations, read_manifest
from tests.accuracy.formats import decode, random_style, write_json, write_xml
from tests.properties import slow
from tests.properties.rewriting import add_comments, order_attributes, spell_anew
from tests.support.builders import Reference, customizations
from tests.support.grammar import Drawn, Source, flows, references, sources, written
from tests.support.written import ENCODINGS, encode
from tests.support.written import write_json as write_any_json

RANDOMS = st.builds(Random, st.integers(0, 2**32))


@given(flows(), RANDOMS)
def test_a_flow_says_what_plain_json_says(drawn: Drawn, random: Random) -> None:
    data = write_json(drawn.document, random_style(random))
    found = read_flow(data)
    assert found is not None
    assert [(item.alias, item.reference, item.connector) for item in found.entries] == slow.entries(data)
    named = {item.name: item.alias for item in found.operations}
    assert len(named) == len(found.operations)
    assert named == slow.operations(data) == drawn.operations


@settings(max_examples=30)
@given(flows(), st.sampled_from(sorted(ENCODINGS)), st.data())
def test_what_a_flow_says_stands_where_it_was_written(
    drawn: Drawn, encoding: str, data: st.DataObject
) -> None:
    text, places = write_any_json(drawn.document, data.draw)
    content = encode(text, encoding)
    found = read_flow(content)
    assert found is not None
    locator = Locator("flow.json", content)
    for item in (*found.entries, *found.operations, *found.embedded):
        span = locator.locate(item.route)
        start, end = places[item.route]
        assert (span.line, span.column) == slow.place(text, start)
        assert (span.end_line, span.end_column) == slow.place(text, end)


@given(sources(), RANDOMS)
def test_declarations_are_what_a_plain_tree_shows(source: Source, random: Random) -> None:
    files = {path: data for path, data in written(source).items() if path.lower().endswith(".xml")}
    for change in (order_attributes, add_comments, spell_anew):
        if random.random() < 0.7:
            files = change(files, random)
    for path, data in files.items():
        if path.lower().endswith("customizations.xml"):
            found = read_customizations(data).references
            told = [(item.logical_name, item.display_name, item.connector) for item in found]
            assert told == slow.declarations(data)
            assert [item.logical_name for item in found] == [item.name for item in source.references]
        elif path.lower().endswith("solution.xml"):
            read = read_manifest(data)
            assert read is not None
            assert read.unique_name == source.name
            assert [(item.logical_name, item.solution) for item in read.missing] == slow.missing(data)
            assert len(read.missing) == len(source.missing)


@given(references(), RANDOMS)
def test_a_declaration_stands_where_its_tag_begins(declared: list[Reference], random: Random) -> None:
    data = write_xml(customizations(declared), random_style(random))
    text, locator, at = decode(data), Locator("c.xml", data), -1
    for item in read_customizations(data).references:
        at = text.index("<connectionreference ", at + 1)
        span = locator.locate(item.place.at)
        assert (span.line, span.column) == slow.place(text, at)
        assert (span.end_line, span.end_column) == slow.place(text, text.index(">", at) + 1)
