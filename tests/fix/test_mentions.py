"""Where names are still found: inside of a solution, and in the text files around it."""

from __future__ import annotations

import pytest

from crstandards.fixes.mentions import against_removal, outside
from crstandards.fixes.overlay import Overlay
from crstandards.model import Mentions, Solution
from crstandards.snapshot import File
from tests.accuracy.trees import Memory

HR = Solution("src/HR", "unpacked", "ContosoHR")
NAMES = ("con_Spare", "con_third")
KINDS = (
    "json yml yaml xml toml ini env csv md txt config ps1 psm1 psd1 sh cmd bat py js ts tf bicep variables"
)
MOST = 1024 * 1024


def told(
    tree: dict[str, bytes], *names: str, solutions: tuple[Solution, ...] = (HR,)
) -> dict[str, list[str]]:
    return dict(outside(Overlay(Memory(tree)), solutions, names or NAMES))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("con_spare", ["con_Spare"]),
        ("x CON_SPARE: con_third", ["con_Spare", "con_third"]),
        ("con_third (con_spare) con_third", ["con_third", "con_Spare"]),
        ("-con_spare.", ["con_Spare"]),
        ("xcon_spare con_spare_ con_spare1 0con_spare _con_spare", None),
        ("con-spare con_spar", None),
        ("", None),
    ],
)
def test_words_are_found_in_any_encoding(text: str, names: list[str] | None) -> None:
    for encoding in ("utf-8", "utf-16", "utf-16-be"):
        assert told({"a.txt": text.encode(encoding)}) == ({"a.txt": names} if names else {})


def test_text_files_are_searched_and_no_others() -> None:
    searched = [f"a.{kind}" for kind in KINDS.split()] + [".env", "B.JSON", "x.y.Ps1"]
    others = ["a.png", "json", "a.jsonx", ".json.bak", "a"]
    assert list(told(dict.fromkeys((*searched, *others), b"con_spare"))) == sorted(searched)


def test_solutions_are_not_searched_here() -> None:
    loose = Solution("lost", "loose")
    tree = dict.fromkeys(("src/HR/a.txt", "src/HRM/a.txt", "lost/a.txt", "a.txt"), b"con_spare")
    assert list(told(tree, solutions=(HR, loose))) == ["a.txt", "lost/a.txt", "src/HRM/a.txt"]
    assert list(told(tree, solutions=(loose,))) == sorted(tree)


def test_what_is_no_file_or_too_large_is_not_searched() -> None:
    class Linked(Memory):
        def files(self) -> list[File]:
            return [*super().files(), File("link.txt", "link")]

    tree = {"a.txt": b"con_spare".rjust(MOST), "b.txt": b"con_spare".rjust(MOST + 1)}
    seen = outside(Overlay(Linked({**tree, "link.txt": b"con_spare"})), (HR,), NAMES)
    assert [path for path, _ in seen] == ["a.txt"]


def test_names_beyond_ascii_are_not_looked_for() -> None:
    tree = {"a.txt": "con_früh con_spare".encode()}
    assert told(tree, "con_früh") == {}
    assert told(tree, "con_früh", "con_spare") == {"a.txt": ["con_spare"]}


def test_dots_in_names_are_dots() -> None:
    assert told({"a.txt": b"con_axb", "b.txt": b"con_a.b"}, "con_a.b") == {"b.txt": ["con_a.b"]}


# Inside


def mentioned(*names: str, unread: int = 0) -> Solution:
    return HR._replace(mentions=lambda wanted: Mentions(frozenset(names) & wanted, 3, unread))


TREE = {
    "a/Notes.txt": b"con_a con_b",
    "src/HR/Entities/Notes.txt": b"con_c",
    "src/HR/Other/Notes.txt": b"con_b con_a",
    "src/HR/Other/Others.txt": b"con_a",
    "src/HRM/Notes.txt": b"con_a con_b",
}


def against(solution: Solution, *names: str) -> str:
    return against_removal(solution, solution.mentions(frozenset(names)), Overlay(Memory(TREE)))


def test_nothing_stands_against_what_no_file_names() -> None:
    assert against(mentioned("con_z"), "con_a") == ""


def test_the_first_name_is_told_with_its_file() -> None:
    assert against(mentioned("con_b", "con_a"), "con_b", "con_a") == "src/HR/Other/Notes.txt names con_a"
    assert against(mentioned("con_b"), "con_b", "con_a") == "src/HR/Other/Notes.txt names con_b"
    assert against(mentioned("con_a", unread=2), "con_a") == "src/HR/Other/Notes.txt names con_a"


def test_what_cannot_be_searched_stands_against_it() -> None:
    assert (
        against(mentioned("con_a", unread=2), "con_b")
        == "2 of the solution's files cannot be searched for what is removed"
    )
