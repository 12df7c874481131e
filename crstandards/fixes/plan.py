"""What a fix is going to do: edits file by file, and what they change in meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crstandards.findings import Finding
from crstandards.fixes import jsonverify, xmlverify
from crstandards.fixes.edits import CannotEdit, Edit, TextEdit, editable_text, splice, to_bytes
from crstandards.fixes.jsonverify import JsonChange
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.xmlverify import XmlRemoval
from crstandards.model import Flow, Solution, World


class Scene(NamedTuple):
    """What a plan is made from: a solution in its world, and the bytes of its files.

    `flow` is the flow that a finding is about, if it is about one.
    """

    world: World
    solution: Solution
    flow: Flow | None
    tree: Overlay


class FileChange(NamedTuple):
    """Edits of one file, and the whole of the difference that they make in meaning: of a JSON file
    changes, of an XML file removals.
    """

    path: str
    before: bytes
    edits: tuple[Edit, ...]
    meaning: tuple[JsonChange, ...] | tuple[XmlRemoval, ...]

    def after(self) -> bytes:
        """The file's bytes with the edits made."""
        return splice(self.before, self.edits)


class Plan(NamedTuple):
    """The fix of one finding. It is made whole or not at all.

    `does` says what it does, a sentence; `cautions` are what to look at afterwards. `safe` fixes need
    no word. `brings` names the rules whose findings the fix may bring to light: they were hidden by
    the one that it mends. `removed` holds the references that it takes out of the solution: nothing there
    may name them any more. `kept` holds those that it says are kept, and that it leads something to.
    """

    finding: Finding
    does: str
    changes: tuple[FileChange, ...]
    safe: bool
    brings: frozenset[str] = frozenset()
    cautions: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def gone(self) -> frozenset[str]:
        """The removed references, for comparing."""
        return frozenset(name.lower() for name in self.removed)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it edits."""
        return tuple(change.path for change in self.changes)


class Refusal(NamedTuple):
    """A finding that is left alone, and why: a clause without a full stop.

    `in_portal`: its source is not for editing by hand at all.
    """

    finding: Finding
    reason: str
    in_portal: bool = False


def file_change(
    path: str,
    data: bytes,
    edits: Sequence[TextEdit],
    meaning: tuple[JsonChange, ...] | tuple[XmlRemoval, ...],
) -> FileChange:
    """Edits of a file's text as a change of the file. Raises CannotEdit."""
    return FileChange(path, data, to_bytes(data, editable_text(data), edits), meaning)


def verify(plan: Plan) -> None:
    """Raise CannotEdit where a file would not differ exactly as announced after a plan."""
    for change in plan.changes:
        if not _is_as_announced(change):
            raise CannotEdit(f"{change.path} would not say exactly what it should after the edit")


def _is_as_announced(change: FileChange) -> bool:
    before, after = change.before, change.after()
    if not change.meaning:
        return False
    if isinstance(change.meaning[0], JsonChange):
        changes = [item for item in change.meaning if isinstance(item, JsonChange)]
        return jsonverify.as_announced(editable_text(before), editable_text(after), changes)
    removals = [item for item in change.meaning if isinstance(item, XmlRemoval)]
    return xmlverify.as_announced(before, after, removals)
