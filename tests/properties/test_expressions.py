"""Every regular expression of the package takes steps in proportion to the text that it is given."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import crstandards
from tests.support.steps import Steps, pumps

METHODS = ("match", "fullmatch", "search", "findall", "finditer", "sub", "split")
MADE_WHILE_RUNNING = {
    # Tested with what makes them: tests/policy/test_patterns.py, tests/source/test_mentions.py.
    *("regex + (')' if chunk_is_open else '')", "_glob(pattern, '.', '\\\\Z')"),
    *(
        "begins % first if first else b'(?!)'",
        "b'(?<![0-9a-z_])(?:%s)(?![0-9a-z_])' % b'|'.join(map(re.escape, wanted))",
    ),
    # From the package's own JSON Schemas, and the words that hook scripts of others hold.
    *("wanted", "pattern", "manager.script"),
    # The team's own, from its configuration.
    "template",
    # The entries of a tree object: a mode, a name that ends with a zero byte, an id of fixed length.
    "_ENTRIES[len(tree.partition('^')[0])]",
    # A file's name, taken as it is.
    "f'{re.escape(match[2])}(?![\\\\w.-])'",
}
NEVER_SEEN = {
    # A TOML document that tomllib has accepted, where no text is left open; well-formed XML, where no
    # comment is.
    "_TOKEN",
    # A file of declarations, which ends with the last tag that ends some.
    "_DECLARATIONS",
    # The package's own pages.
    "_INLINE",
    # What git says: it ends each of the names that it begins.
    "(?s)could not open directory '(.*?)': [A-Z]",
}


class Expression(NamedTuple):
    """An expression with what is asked of it: to fit a whole text, its start, or some part."""

    module: str
    name: str
    pattern: str | bytes
    flags: int
    methods: frozenset[str]

    def steps(self, text: str) -> int:
        counted = Steps(self.pattern, self.flags)
        if self.methods <= {"match", "fullmatch"}:
            counted.match(text, whole=self.methods == {"fullmatch"})
        else:
            counted.search(text)
        return counted.taken


def expressions() -> Iterator[Expression]:
    for found in pkgutil.walk_packages(crstandards.__path__, "crstandards."):
        if found.name != "crstandards.__main__":
            yield from expressions_in(found.name)


def expressions_in(module: str) -> Iterator[Expression]:
    loaded = importlib.import_module(module)
    asked: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(Path(loaded.__file__ or "").read_text("utf-8"))):
        match node:
            case ast.Call(ast.Attribute(ast.Name("re"), method), [written, *_]) if method in METHODS:
                try:
                    pattern = eval(compile(ast.Expression(written), f"<{module}>", "eval"), vars(loaded))
                except NameError:
                    assert ast.unparse(written) in MADE_WHILE_RUNNING, ast.unparse(node)
                else:
                    yield Expression(module, str(pattern), pattern, 0, frozenset({method}))
            case ast.Attribute(ast.Name(name), method) if method in METHODS:
                asked.setdefault(name, set()).add(method)
    for name, value in vars(loaded).items():
        if isinstance(value, re.Pattern):
            methods = asked.get(name, {"search"})
            yield Expression(module, name, value.pattern, value.flags, frozenset(methods))


EXPRESSIONS = [item for item in expressions() if item.name not in NEVER_SEEN]


def test_they_are_found() -> None:
    names = {item.name for item in expressions()}
    assert names >= NEVER_SEEN
    assert len(names) > 50


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda item: f"{item.module}-{item.name}")
def test_an_expression_takes_few_steps_more_for_more_text(
    expression: Expression,
) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)
    try:
        for before, piece in pumps(Steps(expression.pattern, expression.flags).nodes, expression.flags):
            for after in ("", "\0"):
                assert_linear(expression, before, piece, after)
    finally:
        sys.setrecursionlimit(limit)


def assert_linear(expression: Expression, before: str, piece: str, after: str) -> None:
    def steps(count: int) -> int:
        return expression.steps(before + piece * count + after)

    few = steps(5)
    if few > 20_000 or steps(50) > 12 * few + 100:
        # Of a bounded repetition, the first ones cost more each.
        assert few < 20_000
        assert steps(500) < 12 * steps(50), (before, piece, after)
