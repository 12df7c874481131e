"""YAML as text: plain values with the bytes at which they begin, never objects.

The parser's events are read one by one, and nothing else of PyYAML is used: no tag is resolved, an
alias is refused (they can multiply without bound), nesting is bounded, and a key that stands twice
is noticed. Every scalar stays the text that it is written as, so that a version `9.10` keeps its zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from crstandards.source.text import SourceError, decode, encoding_of

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 100

# As a plain string: it takes longer to compile than most files to read, and is for faults only.
_REFUSED = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


class Yaml(NamedTuple):
    """A value (text, a mapping or a list) and the byte at which it begins.

    A mapping begins with its first key. Nothing at all, `~` and `null` are the empty text.
    """

    value: str | Mapping[str, Yaml] | tuple[Yaml, ...]
    offset: int


class Offsets:
    """Positions in a file's decoded text as byte offsets; quick when asked in ascending order."""

    def __init__(self, data: bytes, text: str) -> None:
        self._encoding, self._byte = encoding_of(data)
        self._text = text
        self._index = 0

    def at(self, index: int) -> int:
        """The byte at which the character `index` stands."""
        low, high = sorted((self._index, index))
        length = len(self._text[low:high].encode(self._encoding))
        self._byte += length if index >= self._index else -length
        self._index = index
        return self._byte


def read(data: bytes) -> Yaml:
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
