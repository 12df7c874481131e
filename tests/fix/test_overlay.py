"""A snapshot with edits over it: what it holds, and what it says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from crstandards.fixes.overlay import Overlay, Versions
from crstandards.snapshot import Content, File
from tests.accuracy.trees import Memory

A, B, C = File("a.json"), File("b.json", "file", "0123"), File("c.json", "link")
BYTES = {"a.json": b"a", "b.json": b"b", "c.json": b"c"}
EDITED = Versions(b"b", b"b mended")


class Base(Memory):
    """Three files; notes which ones are read."""

    def __init__(self) -> None:
        super().__init__(BYTES)
        self.asked: list[File] = []

    def files(self) -> list[File]:
        return [A, B, C]

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        asked = list(files)
        self.asked += asked
        return super().read(asked, limit)


def test_the_files_are_the_same_but_for_their_keys() -> None:
    tree = Overlay(Base())
    assert tree.origin == "worktree"
    assert list(tree.files()) == [A._replace(key="path:a.json"), B, C._replace(key="path:c.json")]
    key = f"edited:{sha256(EDITED.after).hexdigest()}"
    after = tree.with_edits({"b.json": EDITED})
    assert list(after.files()) == [
        A._replace(key="path:a.json"),
        B._replace(key=key),
        C._replace(key="path:c.json"),
    ]
    assert list(tree.files())[1] == B


def test_files_are_read_in_the_order_asked_for() -> None:
    base = Base()
    tree = Overlay(base).with_edits({"b.json": EDITED})
    shown = {file.path: file for file in tree.files()}
    asked = [shown["c.json"], shown["b.json"], shown["a.json"]]
    assert list(tree.read(asked, 100)) == [
        Content(shown["c.json"], b"c"),
        Content(shown["b.json"], b"b mended"),
        Content(shown["a.json"], b"a"),
    ]
    # The snapshot is asked for its own files, and not for those that are edited.
    assert base.asked == [C, A]


def test_of_a_file_edited_again_the_first_version_is_kept() -> None:
    tree = Overlay(Base()).with_edits({"b.json": EDITED})
    again = tree.with_edits({"b.json": Versions(b"b mended", b"b at rest"), "a.json": Versions(b"a", b"A")})
    assert again.edited == {"b.json": Versions(b"b", b"b at rest"), "a.json": Versions(b"a", b"A")}
    assert tree.edited == {"b.json": EDITED}
    assert [again.data(path) for path in BYTES] == [b"A", b"b at rest", b"c"]
