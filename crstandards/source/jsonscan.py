"""Python's JSON scanner, without the package around it.

`json` brings `re` along and takes longer to load than a commit's flows to be read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Pairs = list[tuple[str, Any]]
    Decode = Callable[[str], Any]

MAX_DEPTH = 500
"""How deep objects and lists may nest. Flows nest actions 8 deep, which are some 40 levels of JSON."""

_BLANK = " \t\r\n"


def decoder(object_pairs_hook: Callable[[Pairs], Any], parse_constant: Callable[[str], Any]) -> Decode:
    """A function that reads a JSON document as `json.loads` does with these hooks.

    It raises ValueError where the text is not JSON, and RecursionError.
    """
    try:
        from _json import make_scanner
    except ImportError:
        # Another Python than CPython.
        from json import JSONDecoder

        return JSONDecoder(object_pairs_hook=object_pairs_hook, parse_constant=parse_constant).decode
    scan = make_scanner(_Settings(object_pairs_hook, parse_constant))  # type: ignore[arg-type]  # as typeshed has it

    def decode(text: str) -> Any:
        text = text.strip(_BLANK)
        try:
            document, end = scan(text, 0)
        except (StopIteration, SystemError):
            # CPython 3.11 looks for the class of its error in `json`, and fails so where that is not loaded.
            raise ValueError from None
        if end != len(text):
            # More than one value.
            raise ValueError
        return document

    return decode


class _Settings:
    """What the scanner asks of the decoder that it is made for."""

    strict = True
    object_hook = None
    parse_float = float
    parse_int = int

    def __init__(
        self, object_pairs_hook: Callable[[Pairs], Any], parse_constant: Callable[[str], Any]
    ) -> None:
        self.object_pairs_hook = object_pairs_hook
        self.parse_constant = parse_constant


def is_too_deep(text: str, document: Any) -> bool:
    """Whether a document nests deeper than it may. `text` is what it was read from."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    level: list[Any] = [[document]]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for holder in level
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True
