"""Where something stands in the source: symbolically, and worked out for people."""

from typing import NamedTuple

Route = tuple[str, ...]
"""The keys that lead from a JSON document's root to a value; list positions as digits."""


class Place(NamedTuple):
    """Where something stands, symbolically; line and column are worked out only when it is reported.

    `at` is a route of keys in a JSON file, a byte offset in an XML or YAML file, or None for the
    file as a whole.
    """

    path: str
    at: Route | int | None = None


REACH = 400
"""How many characters of a source line are kept on either side of where a place begins."""


class Span(NamedTuple):
    """A place worked out: lines and columns from 1, columns in code points, the end exclusive.

    `excerpt` is the source line on which it begins, without its line end, or "" where there is none. As a
    line can be a whole file, it holds no more than `REACH` characters before the place and after its
    beginning; `excerpt_column` is the column at which the excerpt begins.
    """

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    excerpt: str = ""
    excerpt_column: int = 1
