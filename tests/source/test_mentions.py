from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.model import ConnectionReference, Mentions, Solution
from crstandards.places import Place
from crstandards.snapshot import Content, File
from crstandards.source import mentions
from crstandards.source.mentions import Searcher, Words
from tests.support.memory import Memory
from tests.support.work import lines_run

NAME = "con_outlook.v-2"


def search(tree: dict[str, bytes], *names: str, known: tuple[str, ...] = ()) -> Mentions:
    references = tuple(ConnectionReference(name, "", "", "", "", "", Place("x")) for name in (*names, *known))
    solution = Solution("HR", "unpacked", "ContosoHR", references=references)
    snapshot = Memory(tree)
    searcher = Searcher(snapshot, snapshot.files(), [solution], lambda path: path == "HR/crstandards.toml")
    found = searcher.search(solution, frozenset(names))
    assert found.places.keys() >= found.names - {name for name in names if not name.isascii()}
    return found._replace(places={})


def zipped(data: bytes, path: str = "inner.json", method: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(path, data)
    return target.getvalue()


def damaged(method: int) -> bytes:
    """A packed file whose only member is damaged."""
    data = zipped(b"x" * 100, method=method)
    start = 30 + len("inner.json")
    return data[: start + 4] + b"\xff" * 3 + data[start + 7 :]


def finds(data: bytes, path: str = "HR/a.txt") -> bool:
    return search({path: data}, NAME).names == {NAME}


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


@pytest.mark.parametrize(
    "path", ["src/workflows/a.json", "src/tables/x/table.yml", "src/a.txt", "src/Xsolutions/a.txt"]
)
def test_solutions_of_the_yaml_layout_share_what_lies_around_them(path: str) -> None:
    assert in_yaml(path) == {NAME}


@pytest.mark.parametrize(
    "path",
    [
        "src/connectionreferences/con/connectionreference.yml",
        "src/Solutions/HR/solutioncomponents.yml",
        "a.txt",
    ],
)
def test_declarations_in_the_yaml_layout_are_no_use_nor_is_what_lies_outside(path: str) -> None:
    assert in_yaml(path) == set()


@pytest.mark.parametrize("folder", ["connectionreferences", "solutions"])
def test_such_folders_mean_nothing_in_other_layouts(folder: str) -> None:
    assert search({f"HR/{folder}/a.txt": NAME.encode()}, NAME).names == {NAME}


NO_TEXT = [
    *("avi", "bmp", "cur", "gif", "ico", "jpeg", "jpg", "mov", "mp3", "mp4", "png", "tif", "tiff", "wav"),
    *("webm", "webp", "eot", "otf", "ttf", "woff", "woff2"),
    *("dll", "exe", "pdb", "snk", "docx", "pdf", "pptx", "xlsx"),
]


@pytest.mark.parametrize("ending", NO_TEXT)
def test_what_holds_no_text_is_not_searched(ending: str) -> None:
    name = NAME.encode()
    assert search({f"HR/a.{ending}": name}, NAME) == Mentions()
    assert search({f"HR/a.{ending.upper()}": name}, NAME) == Mentions()
    assert search({"HR/a.msapp": zipped(name, f"a.{ending}")}, NAME) == Mentions(frozenset(), 1, 0)
    assert finds(name, f"HR/{ending}.txt")
    assert finds(name, f"HR/a.x{ending}")


def test_what_is_searched_and_what_is_found() -> None:
    name = NAME.encode()
    tree = {"HR/a.txt": b"x", "HR/b.txt": b"x", "HR/c/d.txt": name, "HR/e.txt": b"x", "IT/f.txt": name}
    assert search(tree, NAME) == Mentions(frozenset({NAME}), 4, 0)
    assert search(tree, NAME, "con_b") == Mentions(frozenset({NAME}), 4, 0)
    assert search({}, NAME) == Mentions()
    assert search({"HR/a.png": b"", "HR/b.txt": name}, NAME) == Mentions(frozenset({NAME}), 1, 0)


def test_each_file_belongs_to_the_nearest_solution() -> None:
    name = NAME.encode()
    tree = {"a.txt": b"", "HR/b.txt": b"", "HR/in/c.txt": b"", "HR/in/d/e.txt": name, "HRx/f.txt": b""}
    snapshot = Memory(tree)
    solutions = [Solution(folder, "unpacked") for folder in ("HR", "", "HR/in")]
    files = [*snapshot.files(), File("HR/g.txt", "link"), File("HR/h.txt", "closed")]
    searcher = Searcher(snapshot, files, [*solutions, Solution("HRx", "loose")], lambda path: False)
    found = [searcher.search(solution, frozenset([NAME])) for solution in solutions]
    assert [(bool(item.names), item.files) for item in found] == [(False, 1), (False, 2), (True, 2)]
    # It is searched once for the same question.
    assert searcher.search(solutions[0], frozenset([NAME])) == found[0]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("{}", True),
        ('{"LogicalName": "{}", "ConnectionId": ""}', False),
        ('{"logicalname": "{}", "connectionid": ""}', False),
        ('{"LogicalName": "{}"}', True),
        ('{"ConnectionId": "{}"}', True),
        ('{"LogicalNames": "{}", "ConnectionId": ""}', True),
    ],
)
def test_deployment_settings_list_all_and_use_none(text: str, is_found: bool) -> None:
    data = text.replace("{}", NAME).encode()
    assert finds(data, "HR/config/a.json") is is_found
    assert finds(data, "HR/config/A.JSON") is is_found
    assert finds(data, "HR/config/a.jsonx")
    assert finds(data, "HR/.json/a")


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("<connectionreferences>{}</connectionreferences>", False),
        ("<connectionreferences a='1'>\n{}\n</connectionreferences>", False),
        ("<connectionreferences>{}", True),
        ("<connectionreferences>con_outlook</connectionreferences>.v-2", False),
        ("con_out<connectionreferences></connectionreferences>look.v-2", True),
        ("<connectionreferencesx>{}</connectionreferences>", True),
        (
            "<connectionreferences></connectionreferences>{}<connectionreferences></connectionreferences>",
            True,
        ),
        ("{}<connectionreferences></connectionreferences>", True),
    ],
)
def test_only_declarations_are_cut_out(text: str, is_found: bool) -> None:
    data = text.replace("{}", NAME).encode()
    assert finds(data, "HR/Other/Customizations.xml") is is_found
    assert finds(data, "HR/CUSTOMIZATIONS.XML") is is_found
    assert finds(data, "HR/customizations.xml.txt") is (NAME.encode() in data)


@pytest.mark.parametrize(
    ("before", "after"), [("a", ""), ("", "z"), ("0", ""), ("", "9"), ("_", ""), ("", "_")]
)
def test_a_part_of_a_longer_word_is_no_mention(before: str, after: str) -> None:
    assert not finds(f"{before}{NAME}{after}".encode())
    assert finds(f"{before} {NAME} {after}".encode())
    assert finds(f"{before}{NAME}{after} {NAME}".encode())


def test_signs_in_a_name_stand_for_themselves() -> None:
    assert not finds(NAME.replace(".", "x").encode())


def test_where_names_overlap_the_longest_that_is_known_counts() -> None:
    known = ("con_b.x", "a-con_b.x", "con_b.x-y", "zcon_b", "con_c")
    for longer in known[:3]:
        assert search({"HR/a.txt": longer.encode()}, "con_b", known=known).names == set()
    assert search({"HR/a.txt": b"con_b.x con_b"}, "con_b", known=known).names == {"con_b"}
    assert search({"HR/a.txt": b"con_b con_b.x"}, "con_b", known=known).names == {"con_b"}
    assert search({"HR/a.txt": b"con_b.xy con_b.z"}, "con_b", known=known).names == {"con_b"}
    # That one, too, is sought.
    assert search({"HR/a.txt": b"con_b.x"}, "con_b", "con_b.x", known=known).names == {"con_b.x"}
    assert search({"HR/a.txt": b"con_b.x"}, "con_b", known=("con_\u00f6", "con_b.x")).names == set()
    # Of one that is not ASCII nothing is known, so that a part of it counts.
    assert search({"HR/a.txt": "con_bö".encode()}, "con_b", known=("con_bö",)).names == {"con_b"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("neighbour", ["\u0161", "\u6100", "\ud83d\ude00", " ", ""])
def test_a_name_in_utf_16_stands_beside_any_sign(neighbour: str, encoding: str) -> None:
    sign = neighbour.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    assert finds(f"{sign}{NAME}{sign}".encode(encoding), "HR/a.bin")
    assert finds(f"{sign}{NAME.upper()}{sign}".encode(encoding), "HR/a.bin")
    assert not finds(f"{sign}{NAME}{sign}".encode(encoding).replace(b"v", b"w"), "HR/a.bin")


def test_text_in_something_binary_is_found() -> None:
    assert finds(b"\0\x01\xff" + NAME.encode() + b"\0\xd8\xff")
    assert search({"HR/a.bin": b"\0con_b\0"}, "con_a", "con_b").names == {"con_b"}


def test_files_are_packed_in_files() -> None:
    name = f" {NAME} ".encode()
    once = zipped(name, "a", zipfile.ZIP_DEFLATED)
    assert finds(once, "HR/a.msapp")
    assert finds(zipped(once, "a.msapp"), "HR/a.zip")
    # What is packed deeper is looked at as it is: of what is stored, and not compressed, the name shows.
    assert not finds(zipped(zipped(once)), "HR/a.zip")
    assert finds(zipped(zipped(zipped(name))), "HR/a.zip")


def test_a_packed_file_is_searched_as_what_it_is_called() -> None:
    declared = f"<connectionreferences>{NAME}</connectionreferences>".encode()
    assert not finds(zipped(declared, "customizations.xml"))
    assert finds(zipped(declared, "other.xml"))


def test_folders_of_a_packed_file_are_passed_over() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a/", b"")
        archive.writestr("a/b.txt", NAME)
    assert finds(target.getvalue(), "HR/a.zip")


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
    "data",
    [
        b"PK\x03\x04broken",
        b"version https://git-lfs.github.com/spec/v1\noid x\nsize 1\n",
        damaged(zipfile.ZIP_STORED),
        damaged(zipfile.ZIP_DEFLATED),
        damaged(zipfile.ZIP_BZIP2),
        damaged(zipfile.ZIP_LZMA),
        zipped(b"x")[:-10],
    ],
    # The bytes hold the time, and each process of a run must name the tests alike.
    ids=["no zip", "LFS", "stored", "deflated", "bzip2", "lzma", "cut short"],
)
def test_what_cannot_be_searched_is_counted(data: bytes) -> None:
    found = search({"HR/a.msapp": data, "HR/b.txt": NAME.encode(), "HR/c.msapp": data}, NAME, "con_b")
    assert (found.names, found.unread) == ({NAME}, 2)


def test_the_search_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "MAX_FILE", 50)
    monkeypatch.setattr(mentions, "MAX_SOLUTION", 90)
    assert search({"HR/a.txt": b"x" * 60}, NAME) == Mentions(frozenset(), 0, 1)
    assert search({"HR/a.txt": b"x" * 60, "HR/b.txt": NAME.encode()}, NAME) == Mentions(
        frozenset({NAME}), 1, 1
    )
    assert search({f"HR/{number}.txt": b"x" * 45 for number in range(4)}, NAME) == Mentions(frozenset(), 2, 2)
    # All that is packed in a file counts together, up to the bound.
    parts = zipped(b"x" * 1000, "a", zipfile.ZIP_DEFLATED)
    more = io.BytesIO(parts)
    with zipfile.ZipFile(more, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b", b"x" * 1000)
    for data, bound, unread in (
        (parts, 1000, 0),
        (parts, 999, 1),
        (more.getvalue(), 2000, 0),
        (more.getvalue(), 1999, 1),
    ):
        monkeypatch.setattr(mentions, "MAX_FILE", bound)
        monkeypatch.setattr(mentions, "MAX_SOLUTION", bound)
        assert search({"HR/a.msapp": data}, NAME) == Mentions(frozenset(), 1, unread)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"x" * 100_000)
    monkeypatch.setattr(mentions, "MAX_FILE", 1000)
    monkeypatch.setattr(mentions, "MAX_SOLUTION", 1000)
    assert search({"HR/a.msapp": bomb.getvalue()}, NAME).unread == 1


def test_each_file_is_read_once_whoever_asks() -> None:
    class Counting(Memory):
        read_files = 0

        def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
            for content in super().read(files, limit):
                self.read_files += 1
                yield content

    references = tuple(ConnectionReference(f"con_{n}", "", "", "", "", "", Place("x")) for n in range(3))
    solution = Solution("HR", "unpacked", "ContosoHR", references=references)
    snapshot = Counting({"HR/a.txt": b"con_0", "HR/b.txt": b"con_2"})
    searcher = Searcher(snapshot, snapshot.files(), [solution], lambda path: False)
    for asked, found in ((["con_0"], {"con_0"}), (["con_1"], set()), (["con_2", "con_1"], {"con_2"})):
        assert searcher.search(solution, frozenset(asked)).names == found
    assert snapshot.read_files == 2


@pytest.mark.parametrize("name", ["con_{}", "con_{}.x", "con.cr.{}", "{}_x", ".{}"])
def test_many_names_take_no_more_steps_in_a_text_than_few(name: str) -> None:
    def steps(count: int) -> int:
        names = [name.format(f"{n:05}") for n in range(count)]
        text = b"con_1 con x_1 <con.cr.1 /> .x\n" * 100
        words = Words(names)
        return lines_run(lambda: words.found_in(text + " ".join(names).encode()))

    assert steps(2000) < 12 * steps(200)


def test_names_of_many_lengths_are_found() -> None:
    names = ["con_" + "a" * n for n in range(50)] + ["con_" + "a" * n + "-b" for n in range(50)]
    assert Words(names).found_in(" ".join(names).encode()) == set(names)
