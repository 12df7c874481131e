"""What of a plain flow is read only when somebody asks: which operations it has, what else names its
aliases. Few findings need that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from typing import overload

from crstandards.model import Operation
from crstandards.snapshot import File
from crstandards.source.flow import FlowFacts


class Later:
    """A flow's facts, read whole when they are first needed."""

    __slots__ = ("_facts", "_file", "_read")

    def __init__(self, read: Callable[[File], FlowFacts], file: File) -> None:
        self._read = read
        self._file = file
        self._facts: FlowFacts | None = None

    def facts(self) -> FlowFacts:
        """All that the flow's file says."""
        if self._facts is None:
            self._facts = self._read(self._file)
        return self._facts


class LaterOperations(Sequence[Operation]):
    """A flow's operations."""

    __slots__ = ("_later",)

    def __init__(self, later: Later) -> None:
        self._later = later

    @overload
    def __getitem__(self, index: int) -> Operation: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Operation]: ...
    def __getitem__(self, index: int | slice) -> Operation | Sequence[Operation]:
        return self._later.facts().operations[index]

    def __len__(self) -> int:
        return len(self._later.facts().operations)

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._later.facts().operations)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


class LaterNames(Set[str]):
    """The aliases that a flow names beside its operations' hosts."""

    __slots__ = ("_later",)

    def __init__(self, later: Later) -> None:
        self._later = later

    def __contains__(self, alias: object) -> bool:
        return alias in self._later.facts().named_elsewhere

    def __iter__(self) -> Iterator[str]:
        return iter(self._later.facts().named_elsewhere)

    def __len__(self) -> int:
        return len(self._later.facts().named_elsewhere)
