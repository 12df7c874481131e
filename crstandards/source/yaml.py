"""YAML, read strictly as text: plain values with the bytes at which they begin, never objects.

The parser's events are read one by one, and nothing else of PyYAML is used: no tag is resolved, an alias is
refused (they can multiply without bound), nesting is bounded, and a key that stands twice is noticed. Every
scalar stays the text that it is written as, so that a version `9.10` keeps its zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crstandards.source.text import CONFLICT, MAX_YAML_BYTES, Offsets, SourceError, conflict_at, decode
from crstandards.source.xml import Node

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

MAX_BYTES = MAX_YAML_BYTES
MAX_DEPTH = 100

# As a plain string: it takes longer to compile than most files to read, and is for faults only.
_REFUSED = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


class Yaml(Node):
    """A text, a mapping or a list. A mapping begins with its first key; nothing at all, `~` and `null` are
    the empty text.

    What XML has as attributes and elements are members here: with `@` before them or without, in any letter
    case. A list of one element may be that element alone; a text with attributes stands under `#text`.
    """

    def __init__(self, value: str | Mapping[str, Yaml] | tuple[Yaml, ...], offset: int) -> None:
        self.value, self.offset = value, offset
        self.text = value if isinstance(value, str) else ""
        if not isinstance(value, (str, tuple)) and "#text" in value:
            self.text = value["#text"].text

    def called(self, name: str) -> Sequence[Yaml]:
        """The elements of a member; of two that are called alike, nobody knows which counts."""
        if isinstance(self.value, (str, tuple)):
            return ()
        keys = [key for key in self.value if key.removeprefix("@").lower() == name.lower()]
        if len(keys) > 1:
            two = f"the keys {keys[0]!r} and {keys[1]!r} stand in one object"
            raise SourceError(f"{two}, and nobody knows which of them counts", self.value[keys[1]].offset)
        return self.value[keys[0]].elements() if keys else ()

    def attribute(self, name: str) -> str:
        """The text of a member."""
        return self.text_at(name)

    def has(self, name: str) -> bool:
        """Whether there is such a member, be it empty."""
        keys = () if isinstance(self.value, (str, tuple)) else self.value
        return any(key.removeprefix("@").lower() == name.lower() for key in keys)

    def elements(self) -> Sequence[Yaml]:
        """A list's elements; a single element may stand without a list."""
        if self.is_nothing():
            return ()
        return self.value if isinstance(self.value, tuple) else (self,)

    def is_nothing(self) -> bool:
        """Whether this is an empty value; XML's `xsi:nil` is one, and comes as a mapping."""
        if isinstance(self.value, (str, tuple)):
            return not self.value
        return all(key.startswith(("@xsi:", "@xmlns:")) for key in self.value)


def parse(data: bytes) -> Yaml:
    """Read one YAML document. Raises SourceError, with the byte offset of what is wrong."""
    # Imported here: most repositories hold no YAML source, and the import costs more than their check.
    import yaml

    text = decode(data)
    offsets = Offsets(data, text)
    try:
        # Never the C parser, where there is one: the two disagree on malformed corners, and a verdict
        # must not depend on how PyYAML was built.
        return _build(yaml.parse(text, Loader=yaml.SafeLoader), offsets)
    except yaml.reader.ReaderError:
        refused = re.search(_REFUSED, text)
        at = offsets.at(refused.start()) if refused else None
        raise SourceError("not YAML: a control character stands in it", at) from None
    except (yaml.YAMLError, ValueError) as error:
        # The first mark may read as a plain text, and what comes behind it is refused.
        conflict = conflict_at(text, max(text.find("<<<<<<<"), 0))
        if conflict is not None:
            raise SourceError(f"not YAML: {CONFLICT}", offsets.at(conflict)) from None
        mark = getattr(error, "problem_mark", None)
        raise SourceError("not YAML", offsets.at(mark.index) if mark else None) from None


class _Open:
    """A list or a mapping that has not ended yet."""

    def __init__(self, offset: int, is_mapping: bool) -> None:
        self.offset = offset
        self.is_mapping = is_mapping
        self.members: dict[str, Yaml] = {}
        self.elements: list[Yaml] = []
        self.key: str | None = None

    def add(self, item: Yaml) -> None:
        if not self.is_mapping:
            self.elements.append(item)
        elif self.key is not None:
            self.members[self.key] = item
            self.key = None
        elif not isinstance(item.value, str):
            raise SourceError("a key is not plain text", item.offset)
        elif item.value in self.members:
            raise SourceError(f"the key {item.value!r} stands twice", item.offset)
        else:
            self.key = item.value

    def close(self) -> Yaml:
        return Yaml(self.members if self.is_mapping else tuple(self.elements), self.offset)


def _build(events: Iterator[Event], offsets: Offsets) -> Yaml:
    import yaml

    root: Yaml | None = None
    # A stack in place of recursion, which is what deep nesting would break.
    pending: list[_Open] = []
    for event in events:
        assert event.start_mark is not None
        offset = offsets.at(event.start_mark.index)
        if isinstance(event, yaml.CollectionStartEvent):
            if len(pending) == MAX_DEPTH:
                raise SourceError("nested too deep to be read", offset)
            pending.append(_Open(offset, isinstance(event, yaml.MappingStartEvent)))
            continue
        if isinstance(event, yaml.ScalarEvent):
            item = Yaml(_scalar(event), offset)
        elif isinstance(event, yaml.CollectionEndEvent):
            item = pending.pop().close()
        elif isinstance(event, yaml.AliasEvent):
            raise SourceError("a YAML alias, which solution source never has", offset)
        elif isinstance(event, yaml.DocumentStartEvent) and root is not None:
            raise SourceError("more than one YAML document", offset)
        else:
            continue
        if pending:
            pending[-1].add(item)
        else:
            root = item
    return root or Yaml("", 0)


def _scalar(event: ScalarEvent) -> str:
    value: str = event.value
    if not event.style and value in ("~", "null", "Null", "NULL"):
        return ""
    if not value.isascii():
        # Raises for a lone surrogate, which an escape can spell; only the C library does so itself.
        value.encode()
    return value
