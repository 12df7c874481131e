"""YAML, read strictly as text: plain values with the bytes at which they begin, never objects.

The parser's events are read one by one, and nothing else of PyYAML is used: no tag is resolved, an alias is
refused (they can multiply without bound), nesting is bounded, and a key that stands twice is noticed. Every
scalar stays the text that it is written as, so that a version `9.10` keeps its zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crstandards.source.text import CONFLICT, MAX_YAML_BYTES, Offsets, SourceError, conflict_at, decode
from crstandards.source.xml import Node

if TYPE_CHECKING:
    from yaml.events import Event

MAX_BYTES = MAX_YAML_BYTES
MAX_DEPTH = 100

# As a plain string: it takes longer to compile than most files to read, and is for faults only.
_REFUSED = r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
# Block style, of plain lines in letters that both of PyYAML's parsers read alike: where the C library is
# there, it may read this, and what it refuses, the other parser must refuse in its words.
_PLAIN = r"[0-9A-Za-z_/](?:[0-9A-Za-z_/.() +=~;$-]|:(?=[^ \r\n]))*+"
_QUOTED = r"'[^\x00-\x1f\x7f-\xa0'\\\u2028\u2029\ufeff\ud800-\udfff]*+'"
_TEXT = rf"(?:{_PLAIN}|{_QUOTED}|\{{\}}|\[\])"
_SIMPLE = rf"(?: *+(?:- )*+{_TEXT}(?::(?: {_TEXT})?)?\r?\n?)*+"


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
    if hasattr(yaml, "CSafeLoader") and re.fullmatch(_SIMPLE, text):
        try:
            return _build(yaml.parse(text, Loader=yaml.CSafeLoader), offsets)
        except (yaml.YAMLError, ValueError, SourceError):
            # Of what is wrong, the two parsers speak in other words and of other places.
            offsets = Offsets(data, text)
    try:
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


def _build(events: Iterator[Event], offsets: Offsets) -> Yaml:
    """What the events of a parser say. A stack in place of recursion, which is what nesting would break."""
    import yaml

    root: Yaml | None = None
    # What has not ended yet: a mapping or a list, where it begins, and the key that waits for a value.
    holder: Any = None
    key: str | None = None
    pending: list[tuple[Any, int, str | None]] = []
    for event in events:
        kind = type(event)
        if kind in (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentEndEvent):
            continue
        mark: Any = event.start_mark
        offset = offsets.at(mark.index)
        if getattr(event, "tag", None):
            # `!!binary` spells a text in other letters.
            raise SourceError("a YAML tag, which solution source never has", offset)
        if issubclass(kind, yaml.CollectionStartEvent):
            if len(pending) == MAX_DEPTH:
                raise SourceError("nested too deep to be read", offset)
            pending.append((holder, offset, key))
            holder, key = {} if kind is yaml.MappingStartEvent else [], None
            continue
        if kind is yaml.ScalarEvent:
            item = Yaml(_scalar(event), offset)
        elif issubclass(kind, yaml.CollectionEndEvent):
            value = tuple(holder) if isinstance(holder, list) else holder
            holder, offset, key = pending.pop()
            item = Yaml(value, offset)
        elif kind is yaml.AliasEvent:
            raise SourceError("a YAML alias, which solution source never has", offset)
        elif root is not None:
            raise SourceError("more than one YAML document", offset)
        else:
            continue
        if holder is None:
            root = item
        elif isinstance(holder, list):
            holder.append(item)
        elif key is not None:
            holder[key] = item
            key = None
        elif not isinstance(item.value, str):
            raise SourceError("a key is not plain text", offset)
        elif item.value == "<<":
            raise SourceError("a YAML merge, which solution source never has", offset)
        elif item.value in holder:
            raise SourceError(f"the key {item.value!r} stands twice", offset)
        else:
            key = item.value
    return root or Yaml("", 0)


def _scalar(event: Any) -> str:
    value: str = event.value
    if not event.style and value in ("~", "null", "Null", "NULL"):
        return ""
    if not value.isascii():
        # Raises for a lone surrogate, which an escape can spell; only the C library does so itself.
        value.encode()
    return value
