from __future__ import annotations

import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.errors import FatalError, NotVerified, UsageError
from crstandards.policy.configuration import Config
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.snapshot import File, Zips
from tests.support.builders import Repo, flow, flow_file, raw_flow, solution_files, zip_solution
from tests.support.checks import AS_OF

FLOW = f"Workflows/{flow_file('Send reminder')}"


def check(*archives: Path) -> Report:
    snapshot = Zips([(archive, archive.name) for archive in archives])
    return full_report(Session(snapshot, Config(), RULES, AS_OF, whole=True))


def places(report: Report) -> list[tuple[str, str]]:
    return [(item.rule.id, item.span.path) for item in report.findings]


def problem(archive: Path) -> str:
    """What CR901 says of the one flow in a zip; of other members nothing else may be said."""
    items = check(archive).findings
    assert {(item.rule.id, item.severity) for item in items} == {("CR901", "error")}
    (message,) = (item.finding.message for item in items if item.span.path == f"{archive.name}!/{FLOW}")
    return message


def packed(archive: Path, files: Mapping[str, bytes], **how: int) -> Path:
    with zipfile.ZipFile(archive, "w", **how) as target:  # type: ignore[arg-type]
        for path, content in files.items():
            target.writestr(path, content)
    return archive


def test_places_read_into_the_zip(tmp_path: Path) -> None:
    archive = zip_solution(tmp_path / "ContosoHR_1_0.zip", "ContosoHR", [], {"Send reminder": raw_flow()})
    report = check(archive)
    assert report.source == "zip"
    assert places(report) == [("CR101", f"ContosoHR_1_0.zip!/{FLOW}")]
    assert report.findings[0].span.line == 4


@pytest.mark.parametrize("other", ["readme.txt", "Workflows/", "Workflows/\u00dc.txt"])
def test_a_second_name_beside_the_first_hides_nothing(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.11 does not look at that field; later versions take what it says for the name."""
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path, content in solution_files("HR", [], {"Send reminder": raw_flow()}, "flat").items():
            member = zipfile.ZipInfo(path)
            if path == FLOW:
                field = struct.pack("<BL", 1, zlib.crc32(path.encode())) + other.encode()
                member.extra = struct.pack("<HH", 0x7075, len(field)) + field
            target.writestr(member, content)
    assert places(check(archive)) == [("CR101", f"x.zip!/{FLOW}")]
    listed = zipfile.ZipFile.infolist

    def as_later_versions(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        found = listed(archive)
        for member in found:
            if member.orig_filename == FLOW:
                member.filename = other
        return found

    monkeypatch.setattr(zipfile.ZipFile, "infolist", as_later_versions)
    assert places(check(archive)) == [("CR101", f"x.zip!/{FLOW}")]


def test_a_folder_with_the_separator_of_windows_is_no_file(tmp_path: Path) -> None:
    files = solution_files("HR", ["con_outlook"], None, "flat")
    archive = packed(tmp_path / "x.zip", {"Workflows\\": b"", **files})
    assert places(check(archive)) == []


def test_several_zips_are_checked_together(tmp_path: Path) -> None:
    one = zip_solution(tmp_path / "a.zip", "A", [], {"Send reminder": raw_flow()})
    other = zip_solution(tmp_path / "b.zip", "B", [], {"Send reminder": raw_flow()})
    assert places(check(other, one)) == [("CR101", f"a.zip!/{FLOW}"), ("CR101", f"b.zip!/{FLOW}")]
    assert check(other, one).findings == check(one, other).findings


def test_files_come_in_the_order_asked_for(tmp_path: Path) -> None:
    names = ("a.zip", "b.zip")
    archives = [(packed(tmp_path / name, {"x": name.encode(), "y": b""}), name) for name in names]
    asked = [File("b.zip!/x"), File("a.zip!/x"), File("b.zip!/y"), File("a.zip!/y"), File("b.zip!/x")]
    found = list(Zips(archives).read(asked, 10))
    assert [content.file for content in found] == asked
    assert [content.data for content in found] == [b"b.zip", b"a.zip", b"", b"", b"b.zip"]


def test_a_member_that_goes_in_the_middle_is_not_clean(tmp_path: Path) -> None:
    """The zip is written anew between the list of its files and the look at them."""
    files = solution_files("ContosoHR", [], {"Send reminder": flow({})})
    archive = packed(tmp_path / "x.zip", files)
    asked = Session(Zips([(archive, archive.name)]), Config(), RULES, AS_OF)
    packed(archive, {path: data for path, data in files.items() if path != FLOW})
    (item,) = full_report(asked).findings
    assert (item.rule.id, item.span.path) == ("CR901", f"x.zip!/{FLOW}")
    assert "it is no longer in the zip" in item.finding.message


def test_a_mark_in_the_name_of_the_zip_misleads_nobody(tmp_path: Path) -> None:
    archive = zip_solution(tmp_path / "x.zip", "A", [], {"Send reminder": raw_flow()})
    name = "odd!/folder/x.zip"
    report = full_report(Session(Zips([(archive, name)]), Config(), RULES, AS_OF))
    assert places(report) == [("CR101", f"{name}!/{FLOW}")]


def test_members_are_never_written_anywhere(tmp_path: Path) -> None:
    files = solution_files("A", [], {"Send reminder": raw_flow()}, "flat")
    evil = {"/etc/x": b"1", "../../x": b"2", "C:\\x": b"3", "Workflows/../../y.json": b"{"}
    (tmp_path / "in").mkdir()
    archive = packed(tmp_path / "in" / "x.zip", {**files, **evil})
    assert ("CR101", f"x.zip!/{FLOW}") in places(check(archive))
    assert [path.name for path in tmp_path.rglob("*")] == ["in", "x.zip"]


def test_separators_of_windows_are_read(tmp_path: Path) -> None:
    files = solution_files("A", [], {"Send reminder": raw_flow()}, "flat")
    archive = packed(
        tmp_path / "x.zip", {path.replace("/", "\\"): content for path, content in files.items()}
    )
    assert places(check(archive)) == [("CR101", f"x.zip!/{FLOW}")]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04", b"<html>" * 1000])
def test_what_is_no_zip_is_wrong_use(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.zip is not a zip file"):
        check(tmp_path / "x.zip")


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    data = zip_solution(tmp_path / "x.zip", "A").read_bytes()
    for size in (len(data) - 1, len(data) - 22, len(data) // 2, 30):
        (tmp_path / "x.zip").write_bytes(data[:size])
        with pytest.raises(FatalError):
            check(tmp_path / "x.zip")


def test_a_name_that_stands_twice_is_not_verified(tmp_path: Path) -> None:
    files = solution_files("A", [], {"Send reminder": raw_flow()}, "flat")
    archive = packed(tmp_path / "x.zip", files)
    with warnings.catch_warnings(), zipfile.ZipFile(archive, "a") as target:
        warnings.simplefilter("ignore")
        target.writestr(FLOW, "{}")
    with pytest.raises(NotVerified, match="twice"):
        check(archive)


def test_a_member_without_a_name_is_not_verified(tmp_path: Path) -> None:
    archive = packed(tmp_path / "x.zip", solution_files("A", [], {"Send reminder": raw_flow()}, "flat"))
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("?", "")
    archive.write_bytes(archive.read_bytes().replace(b"?", b"\0"))
    with pytest.raises(NotVerified, match="without a name"):
        check(archive)


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    archive = zip_solution(tmp_path / "x.zip", "A", [], {})
    member = zipfile.ZipInfo(FLOW)
    member.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr(member, "/etc/passwd")
    assert "a symbolic link stands here" in problem(archive)


def test_a_wrong_checksum_is_found(tmp_path: Path) -> None:
    archive = packed(tmp_path / "x.zip", solution_files("A", [], {"Send reminder": raw_flow()}, "flat"))
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b'"connection": {}', b'"connection":  {', 1))
    assert "it cannot be unpacked: Bad CRC-32" in problem(archive)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["deflate", "bzip2", "lzma"]
)
@pytest.mark.parametrize("damage", [b"\xff" * 20, b"\0" * 20, b"Workflow" * 3])
def test_damaged_data_are_found(method: int, damage: bytes, tmp_path: Path) -> None:
    files = solution_files("A", [], {"Send reminder": raw_flow()}, "flat")
    archive = packed(tmp_path / "x.zip", files, compression=method)
    with zipfile.ZipFile(archive) as opened:
        start = opened.getinfo(FLOW).header_offset + 30 + len(FLOW)
    data = bytearray(archive.read_bytes())
    data[start + 4 : start + 4 + len(damage)] = damage
    archive.write_bytes(data)
    assert "it cannot be unpacked" in problem(archive)


def directory_entry(data: bytes, name: str) -> int:
    """Where a member's entry in the central directory begins."""
    return data.rindex(name.encode()) - 46


@pytest.mark.parametrize(
    ("at", "value", "expected"),
    [
        (8, 1, "encrypted"),
        (10, 97, "compression"),
        (24, 5, "cannot be unpacked"),
        (42, 7, "cannot be unpacked"),
        (42, 10_000_000, "cannot be unpacked"),
    ],
    ids=["encrypted", "unknown method", "wrong size", "wrong place", "place outside"],
)
def test_a_member_that_lies_about_itself(at: int, value: int, expected: str, tmp_path: Path) -> None:
    archive = packed(tmp_path / "x.zip", solution_files("A", [], {"Send reminder": raw_flow()}, "flat"))
    data = bytearray(archive.read_bytes())
    entry = directory_entry(bytes(data), FLOW)
    struct.pack_into("<I" if at in (24, 42) else "<H", data, entry + at, value)
    if at == 8:
        struct.pack_into("<H", data, struct.unpack_from("<I", data, entry + 42)[0] + 6, value)
    archive.write_bytes(data)
    try:
        assert expected in problem(archive)
    except UsageError:
        assert at == 42


def test_a_bomb_does_not_go_off(tmp_path: Path) -> None:
    files = solution_files("A", [], {}, "flat") | {FLOW: b" " * (33 * 1024 * 1024)}
    archive = packed(tmp_path / "x.zip", files, compression=zipfile.ZIP_DEFLATED)
    assert archive.stat().st_size < 100_000
    assert "it is larger than the 32 MB that such a file may have" in problem(archive)


def test_no_damage_to_a_zip_is_more_than_an_error(tmp_path: Path) -> None:
    files = solution_files("A", ["con_a"], {"Send reminder": flow(), "B": raw_flow()}, "flat")
    archive = packed(tmp_path / "x.zip", files, compression=zipfile.ZIP_DEFLATED)
    sound = archive.read_bytes()
    choose = random.Random(7)
    for _ in range(400):
        data = bytearray(sound)
        for _ in range(choose.choice([1, 1, 2, 8])):
            data[choose.randrange(len(data))] = choose.randrange(256)
        archive.write_bytes(data)
        with suppress(FatalError):
            check(archive)


@pytest.mark.parametrize(("content", "status"), [(b"no zip", 2), (None, 2)], ids=["no zip", "missing"])
def test_from_the_command_line_it_is_one_line(content: bytes | None, status: int, repo: Repo) -> None:
    if content is not None:
        repo.write("x.zip", content)
    ran = repo.crstandards("check", "x.zip")
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (status, "", 1)


def test_folders_of_their_own_in_a_zip_are_no_files(tmp_path: Path) -> None:
    archive = zip_solution(tmp_path / "a.zip", "ContosoHR", flows={"Send reminder": raw_flow()})
    before = places(check(archive))
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("Workflows/", b"")
    assert places(check(archive)) == before
    assert [rule for rule, _ in before] == ["CR101"]
