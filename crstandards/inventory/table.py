"""The table that `pac connection list` prints: ids, connectors and statuses, and no owners."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crstandards.inventory.stream import Text
from crstandards.model import connector_of
from crstandards.ownership import Connection
from crstandards.source.text import SourceError

_HEADER = re.compile(r"\s*Id\s+Name\s+API Id\s+Status\s*", re.IGNORECASE)
# Names hold blanks, and a long one leaves a single blank before the next column: the connector's path
# is what holds a row together.
_ROW = re.compile(r"\s*(\S+)\s+(?:.*\s)?(/providers/\S+/apis/\S+)\s*(\w*).*", re.IGNORECASE)
_BEFORE_HEADER = 20
"""The most lines, of greetings and warnings, before the header."""


def read_table(text: Text) -> Iterator[Connection] | None:
    """The connections of a table; None where no header of one comes first."""
    lines = text.lines()
    for _, line in zip(range(_BEFORE_HEADER), lines, strict=False):
        if _HEADER.fullmatch(line):
            return _rows(lines)
    return None


def _rows(lines: Iterator[str]) -> Iterator[Connection]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        row = _ROW.fullmatch(line)
        if row is None:
            raise SourceError(f"row {number} of the table is not an id, a name, a connector and a status")
        identifier, connector, status = row.groups()
        known = {"connected": "connected", "error": "broken"}.get(status.lower(), "")
        yield Connection(
            id=identifier,
            connector=connector_of(connector),
            status=known,  # type: ignore[arg-type]
        )
