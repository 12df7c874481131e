from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.model import ConnectionReference, Mentions, Place, Solution
from crstandards.source import mentions
from crstandards.source.mentions import Searcher
from tests.accuracy.trees import Memory

NAME = "con_outlook.v-2"


def search(tree: dict[str, bytes], *names: str, known: tuple[str, ...] = ()) -> Mentions:
    references = tuple(ConnectionReference(name, "", "", "", "", "", Place("x")) for name in (*names, *known))
    solution = Solution("HR", "unpacked", "ContosoHR", references=references)
    snapshot = Memory(tree)
    searcher = Searcher(snapshot, snapshot.files(), [solution], lambda path: path == "HR/crstandards.toml")
    return searcher.search(solution, frozenset(names))


def zipped(data: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("inner.json", data)
    return target.getvalue()


surroundings = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def is_open(text: str, end: int) -> bool:
    """Whether a text ends, or begins, with no letter, digit or underscore of ASCII."""
    sign = text[end : end + 1 or None] if end else text[:1]
    return not (sign.isascii() and (sign.isalnum() or sign == "_"))


@given(
    before=surroundings,
    after=surroundings,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]),
    name=st.sampled_from([NAME, NAME.upper()]),
    packed=st.booleans(),
)
def test_a_name_is_always_found_as_a_word_and_only_so(
    before: str, after: str, encoding: str, name: str, packed: bool
) -> None:
    if "\0" in before + after:
        return  # binary: there zeros are taken out
    data = f"{before}{name}{after}".encode(encoding)
    found = search({"HR/a.msapp" if packed else "HR/a.txt": zipped(data) if packed else data}, NAME)
    word = is_open(before, -1) and is_open(after, 0)
    assert (NAME in found.names) == word
    assert (found.files, found.unread) == (1, 0)


def test_each_of_several_names_is_found_where_they_overlap() -> None:
    tree = {"HR/a.txt": b"con_a.b con_a con_a-old con_ab"}
    assert search(tree, "con_a", "con_a.b", "con_a-old").names == {"con_a", "con_a.b", "con_a-old"}
    assert search({"HR/a.txt": b"con_a-old"}, "con_a", known=("con_a-old",)).names == set()
    assert search({"HR/a.txt": b"con_a-new"}, "con_a", known=("con_a-old",)).names == {"con_a"}


def test_a_name_in_utf_16_is_found_beside_any_letter_whoever_else_is_sought() -> None:
    """The first half of the neighbour is a q, which would belong to the word."""
    assert search({"HR/a.xml": "con_a\u0171".encode("utf-16")}, "con_a", "con_b").names == {"con_a"}


def in_yaml(path: str) -> frozenset[str]:
    """What is found of a solution in the YAML layout below `src`, where one file holds its name."""
    reference = ConnectionReference(NAME, "", "", "", "", "", Place("x"))
    solution = Solution("src/solutions/HR", "yaml", "ContosoHR", references=(reference,))
    snapshot = Memory({path: NAME.encode()})
    searcher = Searcher(snapshot, snapshot.files(), [solution], lambda path: False)
    return searcher.search(solution, frozenset([NAME])).names


@pytest.mark.parametrize("path", ["src/workflows/a.json", "src/tables/x/table.yml", "src/a.txt"])
def test_solutions_of_the_yaml_layout_share_what_lies_around_them(path: str) -> None:
    assert in_yaml(path) == {NAME}


@pytest.mark.parametrize(
    "path", ["src/connectionreferences/con/connectionreference.yml", "src/Solutions/HR/a.yml", "a.txt"]
)
def test_declarations_in_the_yaml_layout_are_no_use_nor_is_what_lies_outside(path: str) -> None:
    assert in_yaml(path) == set()


@pytest.mark.parametrize("folder", ["connectionreferences", "solutions"])
def test_such_folders_mean_nothing_in_other_layouts(folder: str) -> None:
    assert search({f"HR/{folder}/a.txt": NAME.encode()}, NAME).names == {NAME}


def test_where_nobody_looks() -> None:
    name = NAME.encode()
    tree = {
        "other.txt": name,
        "HR/crstandards.toml": name,
        "HR/logo.PNG": name,
        "HR/a/Customizations.xml": b"<a><connectionreferences>" + name + b"</connectionreferences></a>",
    }
    assert search(tree, NAME) == Mentions(frozenset(), 1, 0)


def test_declarations_are_cut_out_and_what_stands_around_is_not() -> None:
    around = b"<a><connectionreferences>\n</connectionreferences><b>con_outlook.v-2</b></a>"
    assert search({"HR/customizations.xml": around}, NAME).names == {NAME}


def test_a_name_that_is_not_ascii_may_stand_anywhere() -> None:
    assert search({"HR/a.txt": b""}, "con_öl").names == {"con_öl"}


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04broken", b"version https://git-lfs.github.com/spec/v1\noid x\nsize 1\n"]
)
def test_what_cannot_be_searched_is_counted(data: bytes) -> None:
    assert search({"HR/a.msapp": data, "HR/b.txt": b"x"}, NAME).unread == 1


def test_the_search_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "MAX_FILE", 50)
    monkeypatch.setattr(mentions, "MAX_SOLUTION", 90)
    assert search({"HR/a.txt": b"x" * 60}, NAME).unread == 1
    assert search({f"HR/{number}.txt": b"x" * 40 for number in range(4)}, NAME).unread == 2
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x" * 100_000)
    monkeypatch.setattr(mentions, "MAX_FILE", 1000)
    monkeypatch.setattr(mentions, "MAX_SOLUTION", 1000)
    assert search({"HR/a.msapp": bomb.getvalue()}, NAME).unread == 1


def test_it_stops_once_all_is_found() -> None:
    tree = {"HR/a.txt": NAME.encode(), "HR/b.txt": b"x"}
    assert search(tree, NAME).files == 1
    assert search(tree, NAME, "con_öl").files == 1
