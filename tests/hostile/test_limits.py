"""Whatever is put before it, memory stays within a bound. No test asserts a time."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest

from tests.support.builders import Repo, flow, flow_file, solution_files, to_json, write_files, write_solution
from tests.support.combinations import crossed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs the module resource")

MEGABYTE = 1024 * 1024
FLOW = f"HR/Workflows/{flow_file('Send reminder')}"


# A process starts with the memory of the one that starts it, and of this one nobody knows how much that is.
MEASURE = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write(f"{status} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
"""


def measured(repo: Repo, *arguments: str) -> tuple[int, str, int]:
    """Run a command: its status, both its outputs, and the most memory that it or a git had, in MB."""
    log, usage = repo.root.parent / "said", repo.root.parent / "usage"
    command = [sys.executable, "-m", "crstandards", *arguments]
    with log.open("wb") as said:
        subprocess.run(
            [sys.executable, "-c", MEASURE, usage, *command],
            env=repo.environment | {"PWD": str(repo.root)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            check=True,
        )
    status, most = map(int, usage.read_text("utf-8").split())
    unit = 1 if sys.platform == "darwin" else 1024
    return status, log.read_text("utf-8"), most * unit // MEGABYTE


@pytest.fixture
def here(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Repo:
    monkeypatch.chdir(repo.root)
    return repo


def test_a_file_of_2_gb_in_the_working_tree(here: Repo) -> None:
    write_solution(here.root / "HR", "ContosoHR")
    for path in (FLOW, "HR/Other/Customizations.xml", "HR/Other/Solution.xml", "HR/big.json"):
        with (here.root / path).open("r+b" if path != "HR/big.json" else "wb") as file:
            file.truncate(2 * 1024 * MEGABYTE + 1)
    status, said, most = measured(here, "check", "--format", "json")
    assert (status, said.count('"CR901"') >= 2) == (1, True), said
    assert most < 600


def huge_object(repo: Repo, size: int) -> str:
    """A blob of so many zeros as a loose object, whose compressed pieces are all one."""
    piece = b"\0" * MEGABYTE
    header = f"blob {size}\0".encode()
    name, check = hashlib.sha1(header), zlib.adler32(header)
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    begin = packer.compress(header) + packer.flush(zlib.Z_FULL_FLUSH)
    middle = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(size // MEGABYTE):
        name.update(piece)
        check = zlib.adler32(piece, check)
    digest = name.hexdigest()
    file = repo.root / ".git/objects" / digest[:2] / digest[2:]
    file.parent.mkdir(exist_ok=True)
    end = b"\x03\0" + struct.pack(">I", check)
    file.write_bytes(b"\x78\x01" + begin + middle * (size // MEGABYTE) + end)
    return digest


def test_a_blob_of_2_gb(here: Repo) -> None:
    write_solution(here.root / "HR", "ContosoHR")
    here.commit()
    blob = huge_object(here, 2 * 1024 * MEGABYTE)
    assert here.git("cat-file", "-s", blob) == str(2 * 1024 * MEGABYTE)
    here.git("update-index", "--cacheinfo", f"100644,{blob},{FLOW}")
    status, said, most = measured(here, "check", "--staged", "--format", "json")
    assert (status, "larger than the 32 MB" in said) == (1, True), said
    assert most < 600


def test_a_hundred_thousand_files(here: Repo) -> None:
    write_solution(here.root / "HR", "ContosoHR")
    here.commit()
    blob = here.git("rev-parse", f"HEAD:{FLOW}")
    listed = "".join(f"100644 {blob}\tdata/{n % 100}/{n}.json\n" for n in range(100_000))
    here.run(["git", "update-index", "--index-info"], stdin=listed, check=True)
    status, said, most = measured(here, "check", "--staged")
    assert (status, most < 600) == (0, True), (said, most)


def tree_bomb(repo: Repo, depth: int, width: int) -> str:
    """A commit of few objects that lists `width ** depth` files."""
    held = repo.run(["git", "hash-object", "-w", "--stdin"], stdin="{}", check=True).out.strip()
    kind = "100644 blob"
    for _ in range(depth):
        listed = "".join(f"{kind} {held}\td{n:04}\n" for n in range(width))
        held = repo.run(["git", "mktree"], stdin=listed, check=True).out.strip()
        kind = "040000 tree"
    return repo.run(["git", "commit-tree", held, "-m", "x"], check=True).out.strip()


@pytest.mark.parametrize(
    ("depth", "width", "command"), crossed([(4, 1000), (2, 5000), (10, 10)], ["check --rev", "replay"])
)
def test_a_tree_of_more_files_than_any_disk_holds(command: str, depth: int, width: int, here: Repo) -> None:
    commit = tree_bomb(here, depth, width)
    status, said, most = measured(here, *command.split(), commit)
    assert (status, "Traceback" in said) == (3, False), said
    assert most < 3000


def test_a_zip_of_many_small_members(here: Repo) -> None:
    with zipfile.ZipFile(here.root / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in solution_files("ContosoHR", layout="flat").items():
            archive.writestr(path, content)
        for n in range(70_000):
            archive.writestr(f"data/{n}", b"")
    status, said, most = measured(here, "check", "x.zip")
    assert (status, most < 600) == (0, True), (said, most)


def test_a_zip_of_overlapping_members(here: Repo) -> None:
    """Every member claims the same compressed bytes, which unpack to more than any of them may have."""
    data = zlib.compress(b" " * (40 * MEGABYTE), 9)[2:-4]
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(data), 40 * MEGABYTE, 1, 0) + b"x"
    entries = b""
    count = 200
    for n in range(count):
        name = f"Workflows/A-{n:08d}-0000-4000-8000-000000000000.json".encode()
        entries += (
            struct.pack(
                "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(data), 40 * MEGABYTE, len(name),
                0, 0, 0, 0, 0, 0,
            ) + name
        )  # fmt: skip
    at = len(local) + len(data)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(entries), at, 0)
    here.write("x.zip", local + data + entries + end)
    status, said, most = measured(here, "check", "x.zip", "--format", "json")
    assert (status, "Traceback" in said) == (1, False), said
    assert most < 600


def test_a_zip_inside_a_zip_is_not_unpacked(here: Repo) -> None:
    inner = zlib.compress(b"0" * 1000)
    with zipfile.ZipFile(here.root / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in solution_files("ContosoHR", layout="flat").items():
            archive.writestr(path, content)
        archive.writestr("Workflows/inner.zip", inner)
        archive.writestr("solutions/inner.zip", inner)
    status, said, most = measured(here, "check", "x.zip")
    assert (status, most < 600) == (0, True), (said, most)


def test_gigantic_names(here: Repo) -> None:
    write_files(here.root / "HR", solution_files("ContosoHR"))
    here.commit()
    blob = here.git("rev-parse", f"HEAD:{FLOW}")
    raw = here.run(["git", "hash-object", "-w", "--stdin"], stdin=to_json(flow({"a": None})), check=True)
    long = "/".join(["n" * 4000] * 200)
    names = f"100644 {blob}\t{long}\n100644 {raw.out.strip()}\tHR/Workflows/{'w' * 100_000}.json\n"
    here.run(["git", "update-index", "--index-info"], stdin=names, check=True)
    status, said, most = measured(here, "check", "--staged", "--format", "json")
    assert (status, "Traceback" in said, '"CR101"' in said) == (1, False, True), said[:500]
    assert most < 600
