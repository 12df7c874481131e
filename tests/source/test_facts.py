from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.snapshot import Content, File, Origin
from crstandards.source.facts import Facts, Reader
from crstandards.source.text import SourceError


class Memory:
    """A snapshot of bytes at hand, which counts what is read."""

    origin: Origin = "worktree"

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.reads: list[str] = []

    def files(self) -> Sequence[File]:
        return sorted(map(File, self.contents))

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        for file in files:
            self.reads.append(file.path)
            data = self.contents.get(file.path, b"")
            problem = "a link" if file.kind != "file" else "too big" if len(data) > limit else ""
            yield Content(file, b"" if problem else data, problem)


def parse(data: bytes) -> str:
    if data.startswith(b"bad"):
        raise SourceError("bad", 3)
    return data.decode()


READER = Reader(parse, 10)


def test_what_is_read_is_parsed_once_for_each_content() -> None:
    memory = Memory({"a": b"x", "b": b"x", "c": b"y"})
    facts = Facts(again=True)
    assert facts.read(memory, memory.files(), READER) == {"a": "x", "b": "x", "c": "y"}
    assert facts.read(memory, memory.files(), READER) == {"a": "x", "b": "x", "c": "y"}
    assert facts.parsed == 2


def test_what_files_say_together_is_known_while_their_contents_are_the_same() -> None:
    facts, asked = Facts(), []

    def joined(*files: File, question: str = "names") -> int:
        return facts.together(files, question, lambda: asked.append(question) or len(asked))

    one, other = File("a", "file", "git:1"), File("b", "file", "git:2")
    assert joined(one, other) == joined(one, other) == 1
    assert joined(one, other._replace(key="git:3")) == 2
    assert joined(one, other, question="places") == 3
    # What lies in a folder can change without a word, and so can what a link leads to.
    assert [joined(File("a"), other), joined(File("a"), other)] == [4, 5]
    link = File("a", "link", "git:1")
    assert [joined(link, other), joined(link, other)] == [6, 7]


def test_what_git_knows_to_be_the_same_is_not_even_read() -> None:
    memory = Memory({"a": b"x", "b": b"x", "c": b"y"})
    files = [File("a", "file", "git:1"), File("b", "file", "git:1"), File("c", "file", "git:2")]
    facts = Facts()
    assert facts.read(memory, files, READER) == {"a": "x", "b": "x", "c": "y"}
    assert facts.read(memory, files[1:], READER) == {"b": "x", "c": "y"}
    assert (memory.reads, facts.parsed) == (["a", "c"], 2)


def test_readers_do_not_share_their_facts() -> None:
    memory = Memory({"a": b"x"})
    files = [File("a", "file", "git:1")]
    facts = Facts()
    assert facts.read(memory, files, READER) == {"a": "x"}
    assert facts.read(memory, files, Reader(len, 10)) == {"a": 1}
    assert facts.parsed == 2


@pytest.mark.parametrize("key", ["", "git:1"])
def test_what_cannot_be_read_is_an_error_every_time(key: str) -> None:
    memory = Memory({"a": b"bad", "b": b"x" * 11})
    files = [File("a", "file", key), File("b", "file", key and "git:2")]
    facts = Facts()
    for _ in range(2):
        found: dict[str, Any] = facts.read(memory, files, READER)
        assert [(error.reason, error.at) for error in found.values()] == [("bad", 3), ("too big", None)]
        assert [error.__traceback__ for error in found.values()] == [None, None]


@pytest.mark.parametrize("is_link_first", [True, False])
def test_a_link_is_never_taken_for_the_file_whose_bytes_it_has(is_link_first: bool) -> None:
    memory = Memory({"a": b"x", "b": b"x"})
    files = [File("a", "link", "git:1"), File("b", "file", "git:1")]
    found: dict[str, Any] = Facts().read(memory, files if is_link_first else files[::-1], READER)
    assert found["b"] == "x"
    assert isinstance(found["a"], SourceError)


@given(
    st.dictionaries(st.text("abc", min_size=1), st.sampled_from([b"1", b"2", b"bad", b"x" * 11])),
    st.randoms(),
)
def test_the_facts_do_not_depend_on_the_order_or_the_keys(contents: dict[str, bytes], random: Any) -> None:
    def shown(files: list[File]) -> dict[str, str]:
        found: dict[str, Any] = Facts().read(Memory(contents), files, READER)
        return {path: repr(value) for path, value in found.items()}

    plain = [File(path) for path in contents]
    keyed = [File(path, "file", f"git:{content!r}") for path, content in contents.items()]
    random.shuffle(keyed)
    assert shown(plain) == shown(keyed)
    assert shown(plain).keys() == contents.keys()
