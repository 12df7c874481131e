"""A progress bar, for what takes long on a terminal; elsewhere nothing is shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TextIO, TypeVar

T = TypeVar("T")

_BEFORE_SHOWN = 1.0
_BETWEEN = 0.1
_WIDTH = 30


class Progress:
    """Called with how much is done and how much there is; wipes its line at the end, and then is silent."""

    def __init__(self, stream: TextIO, noun: str) -> None:
        self._stream = stream
        self._noun = noun
        self._next = monotonic() + _BEFORE_SHOWN if stream.isatty() else float("inf")
        self._shown = 0
        self._done = 0
        self._total = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._next = float("inf")
        if self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._stream.flush()

    def __call__(self, done: int, total: int) -> None:
        """Show where it stands, now and then."""
        now = monotonic()
        if now < self._next:
            return
        self._next = now + _BETWEEN
        filled = _WIDTH * done // total
        line = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {done} of {total} {self._noun}"
        self._shown = max(self._shown, len(line))
        self._stream.write("\r" + line)
        self._stream.flush()

    def over(self, items: Iterable[T], total: int) -> Iterator[T]:
        """The items, each shown as done once the next is asked for; several such runs count together."""
        self._total += total
        for item in items:
            yield item
            self._done += 1
            self(self._done, self._total)
