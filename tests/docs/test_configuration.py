"""docs/configuration.md describes every option as the published schema does, each with an example."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from crstandards.data import load
from tests.support.documents import ROOT, blocks_of

PAGE = ROOT / "docs" / "configuration.md"
TABLE = re.compile(r"(?P<start><!-- options: (?P<table>\w*) ?-->\n)(?P<rows>.*?)<!-- end -->\n", re.DOTALL)


def schema_of(table: str) -> dict[str, Any]:
    """The schema of a table of the configuration; "" is the root."""
    schema = load("config.schema.json")
    if not table:
        return schema
    found: dict[str, Any] = schema["properties"][table]
    return found.get("items", found)


def tables() -> list[str]:
    """The tables that have options of their own."""
    return [
        "",
        *(name for name in load("config.schema.json")["properties"] if "properties" in schema_of(name)),
    ]


def rows(table: str) -> Iterator[str]:
    """A table's options as Markdown."""
    schema = schema_of(table)
    yield "| option | default | meaning |\n|---|---|---|\n"
    for option, part in schema["properties"].items():
        if not table and ("properties" in schema_of(option) or option == "rules"):
            continue
        default = f"`{_toml(part['default'])}`" if "default" in part else ""
        if option in schema.get("required", ()):
            default = "required"
        yield f"| `{option}` | {default} | {_text(part['description'])} |\n"


def _text(description: str) -> str:
    return description.replace("<", "&lt;").replace("|", "\\|")


def _toml(value: object) -> str:
    # For what defaults are made of, TOML writes what JSON writes.
    return json.dumps(value).replace("|", "\\|")


@pytest.mark.parametrize("table", tables())
def test_the_options_stand_as_the_schema_has_them(table: str) -> None:
    page = PAGE.read_text("utf-8")
    found = [match for match in TABLE.finditer(page) if match["table"] == table]
    assert len(found) == 1
    wanted = "".join(rows(table))
    if found[0]["rows"] != wanted and os.environ.get("UPDATE_DOCS"):
        start, end = found[0].span("rows")
        PAGE.write_text(page[:start] + wanted + page[end:], "utf-8", newline="\n")
    else:
        assert found[0]["rows"] == wanted


@pytest.mark.parametrize("table", tables())
def test_each_option_stands_in_an_example(table: str) -> None:
    shown: set[str] = set()
    for block in blocks_of(PAGE):
        if block.language == "toml":
            document: Any = tomllib.loads(block.text)
            places = document.get(table, []) if table else document
            for place in places if isinstance(places, list) else [places]:
                shown |= place.keys()
    assert set(schema_of(table)["properties"]) <= shown | ({"connection"} if table == "exceptions" else set())
