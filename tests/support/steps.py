"""Counts the steps that a regular expression takes: a matcher that goes back as Python's own does.

Python's doesn't tell how often it goes back, and times lie. This one is a thousand times slower and knows
what the expressions of this package consist of, and no more.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from re import _constants as op  # type: ignore[attr-defined]  # its syntax tree is not public
from re import _parser  # type: ignore[attr-defined]
from typing import Any

Node = tuple[Any, Any]

_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    op.CATEGORY_DIGIT: str.isdigit,
    op.CATEGORY_NOT_DIGIT: lambda sign: not sign.isdigit(),
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda sign: not sign.isspace(),
    op.CATEGORY_WORD: lambda sign: sign.isalnum() or sign == "_",
    op.CATEGORY_NOT_WORD: lambda sign: not (sign.isalnum() or sign == "_"),
}
_DOTALL, _MULTILINE, _IGNORECASE = int(re.DOTALL), int(re.MULTILINE), int(re.IGNORECASE)
_SIGNS = (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
_SAMPLES = "a0-_ .:/'\"@#\n[](){}<>,;=?!|\t\r"


def tree(pattern: str | bytes, flags: int = 0) -> Sequence[Node]:
    """A pattern's syntax tree; that of bytes is read as text."""
    text = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
    return _parser.parse(text, flags & ~re.UNICODE)


class Steps:
    """Matches one pattern, and counts what it looks at in `taken`."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        self.nodes = list(tree(pattern, flags))
        self.flags = int(flags | tree(pattern, flags).state.flags)  # type: ignore[attr-defined]
        self.taken = 0
        self._text = ""
        self._groups: dict[int, tuple[int, int]] = {}

    def search(self, text: str) -> list[tuple[int, int]]:
        """The matches as `finditer` finds them."""
        found = []
        start = 0
        while start <= len(text):
            end = self.match(text, start)
            if end is not None:
                found.append((start, end))
            start = start + 1 if end is None else max(end, start + 1)
        return found

    def match(self, text: str, start: int = 0, whole: bool = False) -> int | None:
        """Where a match that begins at `start` ends; with `whole`, only the text's end will do."""
        self._text = text
        self._groups = {}
        ends = self._sequence(self.nodes, 0, start)
        return next((end for end in ends if not whole or end == len(text)), None)

    def _sequence(self, nodes: Sequence[Node], first: int, at: int) -> Iterator[int]:
        self.taken += 1
        if first == len(nodes):
            yield at
            return
        for end in self._node(nodes[first], at):
            yield from self._sequence(nodes, first + 1, end)

    def _node(self, node: Node, at: int) -> Iterator[int]:
        kind, value = node
        if kind in _SIGNS:
            if self._fits(node, at):
                yield at + 1
        elif kind in _REPEATS:
            yield from self._repeat(kind, *value, at)
        elif kind is op.BRANCH:
            for nodes in value[1]:
                yield from self._sequence(list(nodes), 0, at)
        elif kind is op.SUBPATTERN:
            group, _, _, nodes = value
            for end in self._sequence(list(nodes), 0, at):
                if group is not None:
                    self._groups[group] = at, end
                yield end
        elif kind is op.ATOMIC_GROUP:
            yield from self._first(value, at)
        elif kind is op.ASSERT:
            if any(True for _ in self._around(*value, at)):
                yield at
        elif kind is op.ASSERT_NOT:
            if not any(True for _ in self._around(*value, at)):
                yield at
        elif kind is op.GROUPREF:
            start, end = self._groups[value]
            if self._text.startswith(self._text[start:end], at):
                yield at + end - start
        elif kind is op.AT:
            if self._is_at(value, at):
                yield at
        else:
            assert kind is op.FAILURE, kind

    def _first(self, nodes: Sequence[Node], at: int) -> Iterator[int]:
        yield from list(itertools.islice(self._sequence(list(nodes), 0, at), 1))

    def _around(self, direction: int, nodes: Sequence[Node], at: int) -> Iterator[int]:
        if direction > 0:
            yield from self._first(nodes, at)
            return
        low, high = nodes.getwidth()  # type: ignore[attr-defined]
        for width in range(low, min(high, at) + 1):
            yield from (end for end in self._sequence(list(nodes), 0, at - width) if end == at)

    def _repeat(self, kind: Any, least: int, most: int, nodes: Sequence[Node], at: int) -> Iterator[int]:
        inner = list(nodes)
        if kind is op.POSSESSIVE_REPEAT:
            yield from list(itertools.islice(self._repeat(op.MAX_REPEAT, least, most, inner, at), 1))
        elif len(inner) == 1 and inner[0][0] in _SIGNS:
            fitting = itertools.takewhile(lambda end: self._fits(inner[0], end), itertools.count(at))
            ends = itertools.chain([at], (end + 1 for end in itertools.islice(fitting, most)))
            enough = itertools.islice(ends, least, None)
            yield from enough if kind is op.MIN_REPEAT else reversed(list(enough))
        else:
            yield from self._again(kind, least, most, inner, at)

    def _again(self, kind: Any, least: int, most: int, inner: Sequence[Node], at: int) -> Iterator[int]:
        if kind is op.MIN_REPEAT and least <= 0:
            yield at
        if most > 0:
            for end in self._sequence(inner, 0, at):
                if end > at or least > 0:
                    yield from self._again(kind, least - 1, most - 1, inner, end)
        if kind is op.MAX_REPEAT and least <= 0:
            yield at

    def _fits(self, node: Node, at: int) -> bool:
        self.taken += 1
        return at < len(self._text) and fits(node, self._text[at], self.flags)

    def _is_at(self, place: Any, at: int) -> bool:
        before, after = self._text[at - 1 : at], self._text[at : at + 1]
        if place is op.AT_BOUNDARY:
            is_word = _CATEGORIES[op.CATEGORY_WORD]
            return bool(before and is_word(before)) != bool(after and is_word(after))
        if place in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            return not before or (bool(self.flags & _MULTILINE) and before == "\n")
        assert place in (op.AT_END, op.AT_END_STRING), place
        is_last_line_end = place is op.AT_END and self._text[at:] == "\n"
        return not after or is_last_line_end or (bool(self.flags & _MULTILINE) and after == "\n")


def fits(node: Node, sign: str, flags: int) -> bool:
    """Whether a node that stands for one character stands for this one."""
    kind, value = node
    if kind is op.ANY:
        return bool(flags & _DOTALL) or sign != "\n"
    variants = {sign, sign.lower(), sign.upper()} if flags & _IGNORECASE else {sign}
    if kind is op.LITERAL:
        return chr(value) in variants
    if kind is op.NOT_LITERAL:
        return chr(value) not in variants
    is_negated = value[0][0] is op.NEGATE
    inside = any(_is_in(item, variant) for item in value[is_negated:] for variant in variants)
    return inside != is_negated


def _is_in(item: Node, sign: str) -> bool:
    kind, value = item
    if kind is op.CATEGORY:
        return _CATEGORIES[value](sign)
    low, high = value if kind is op.RANGE else (value, value)
    return bool(low <= ord(sign) <= high)


def example(nodes: Sequence[Node], flags: int = 0) -> str:
    """A text that a piece of a pattern stands for, with each of its optional parts once."""
    return "".join(_example(node, flags) for node in nodes)


def _example(node: Node, flags: int) -> str:
    kind, value = node
    if kind in _SIGNS:
        signs = chr(value) if kind is op.LITERAL else _SAMPLES
        return next((sign for sign in signs if fits(node, sign, flags)), "")
    if kind in _REPEATS:
        return example(value[2], flags) * max(value[0], 1)
    if kind is op.BRANCH:
        return example(value[1][0], flags)
    is_text = kind in (op.SUBPATTERN, op.ATOMIC_GROUP)
    return example(_inner(kind, value), flags) if is_text else ""


def pumps(nodes: Sequence[Node], flags: int = 0) -> Iterator[tuple[str, str]]:
    """What may lead a pattern astray: beginnings of a match, each with a piece to be repeated behind it.

    The pieces are those of the pattern, one to three in a row, alone and with a blank between them.
    """
    pieces = [piece for piece in _pieces(nodes, flags) if piece]
    pairs: dict[tuple[str, str], None] = {}
    for first, piece in enumerate(pieces):
        before = "".join(pieces[:first])
        longer = "".join(pieces[first : first + 2]), "".join(pieces[first : first + 3])
        found = (before, piece), (before, piece[-1]), (before + piece, " "), ("", before + piece)
        pairs |= dict.fromkeys((*found, *(("", part) for part in (piece, f"{piece} ", *longer))))
    yield from pairs
    for kind, value in nodes:
        for branch in value[1] if kind is op.BRANCH else ():
            yield from pumps(branch, flags)
        yield from (pair for pair in pumps(_inner(kind, value), flags) if pair not in pairs)


def _pieces(nodes: Sequence[Node], flags: int) -> Iterator[str]:
    """Texts for the pieces of a pattern, in order; letters that follow one another are one."""
    literal = ""
    for kind, value in nodes:
        if kind is op.LITERAL:
            literal += chr(value)
            continue
        yield literal
        literal = ""
        if kind is op.BRANCH:
            yield max((example(branch, flags) for branch in value[1]), key=len)
        elif inner := _inner(kind, value):
            yield from _pieces(inner, flags)
        else:
            yield _example((kind, value), flags)
    yield literal


def _inner(kind: Any, value: Any) -> Sequence[Node]:
    """What a node holds, where it holds one piece of a pattern."""
    if kind is op.SUBPATTERN:
        return value[3]  # type: ignore[no-any-return]
    if kind is op.ATOMIC_GROUP:
        return value  # type: ignore[no-any-return]
    if kind in (op.ASSERT, op.ASSERT_NOT):
        return value[1]  # type: ignore[no-any-return]
    return value[2] if kind in _REPEATS else ()
