"""Names in a zip that lead elsewhere, or that some system takes for another one."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.builders import Ran, Repo, raw_flow, solution_files, to_json

FLOW = "Workflows/Send-5C1F0B2A-9D84-4B6E-8A2F-0D3C5E7F9A1B.json"


def checked(repo: Repo, files: Mapping[str, str | bytes]) -> Ran:
    with zipfile.ZipFile(repo.root / "x.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return repo.crstandards("check", "x.zip", "--quiet")


@pytest.fixture
def clean() -> dict[str, bytes]:
    files = solution_files("ContosoHR", layout="flat")
    return {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}


@pytest.mark.parametrize(
    "place",
    ["./", "../", "/", "//", "a/../", "sub/../../", ".\\"],
)
def test_a_name_that_leads_elsewhere_hides_nothing(place: str, clean: dict[str, bytes], repo: Repo) -> None:
    """It is read as what it is once it is unpacked; nothing is written anywhere."""
    raw = to_json(raw_flow()).encode()
    ran = checked(repo, {**clean, place + FLOW: raw})
    assert (ran.status, ran.out.count("error CR101"), "CR103" in ran.out) == (1, 1, False), ran.text
    assert f"x.zip!/{FLOW}:" in ran.out
    others = {name: text for name, text in clean.items() if name != "customizations.xml"}
    two = solution_files("ContosoHR", ["con_outlook", "con_spare"], layout="flat")["customizations.xml"]
    ran = checked(repo, {**others, f"{place}customizations.xml": two})
    assert (ran.status, ran.out.count("error CR201")) == (1, 1), ran.text
    assert sorted(path.name for path in repo.root.iterdir()) == [".git", "x.zip"]


def test_a_drive_is_a_folder_like_any_other(clean: dict[str, bytes], repo: Repo) -> None:
    ran = checked(repo, {**clean, "C:\\" + FLOW.replace("/", "\\"): to_json(raw_flow()).encode()})
    assert (ran.status, ran.out.count("error CR101")) == (1, 1)


@pytest.mark.parametrize("place", ["./", "../", "/"])
def test_two_names_for_one_place_are_not_verified(place: str, clean: dict[str, bytes], repo: Repo) -> None:
    ran = checked(repo, {**clean, FLOW: b"{}", place + FLOW: to_json(raw_flow()).encode()})
    assert (ran.status, ran.out) == (3, "")
    assert "twice" in ran.err


@pytest.mark.parametrize(
    "name", ["CON.json", "nul.json", "a..json", "x\u202ey.json", "\x1b[31m.json", "n" * 60_000 + ".json"]
)
def test_an_odd_name_is_a_name(name: str, clean: dict[str, bytes], repo: Repo) -> None:
    ran = checked(repo, {**clean, f"Workflows/{name}": to_json(raw_flow()).encode()})
    assert (ran.status, ran.out.count("error CR101")) == (1, 1)
    assert "\x1b" not in ran.text
    assert "\u202e" not in ran.text


def test_names_that_differ_by_letter_case(clean: dict[str, bytes], repo: Repo) -> None:
    """Each flow is read; of two manifests or Customizations that disagree, that is said."""
    raw = to_json(raw_flow()).encode()
    ran = checked(repo, {**clean, FLOW: raw, FLOW.upper(): raw, "workflows/a.json": raw})
    assert (ran.status, ran.out.count("error CR101")) == (1, 3)
    other = clean["customizations.xml"].replace(b"con_outlook", b"con_other")
    ran = checked(repo, {**clean, "Customizations.xml": other})
    assert (ran.status, ran.out.count("error CR901")) == (1, 1)
    other = clean["solution.xml"].replace(b"ContosoHR", b"ContosoSales")
    ran = checked(repo, {**clean, "Solution.xml": other})
    assert (ran.status, ran.out.count("error CR901")) == (1, 1)
    assert checked(repo, {**clean, "SOLUTION.XML": clean["solution.xml"]}).status == 0


def test_folders_inside_folders_beyond_any_stack(repo: Repo) -> None:
    """So deep that a function that calls itself for each would fail."""
    (repo.root / "HR").mkdir()
    for name, content in solution_files("ContosoHR", flows={"Send": raw_flow()}).items():
        repo.write(f"HR/{name}", content)
    deep = b"/".join([b"d"] * 1500)
    here = bytes(repo.root)
    made = here
    for part in deep.split(b"/"):
        made += b"/" + part
        Path(made.decode()).mkdir()
    Path(made.decode() + "/x.json").write_text("{}")
    try:
        for command in ("check --quiet", "check --staged --quiet"):
            repo.git("add", "--all")
            ran = repo.crstandards(*command.split())
            assert (ran.status, ran.out.count("error CR101"), ran.err) == (1, 1, "")
    finally:
        # Python's own way to remove a folder calls itself for each.
        subprocess.run(["rm", "-rf", repo.root / "d"], check=True)
    with zipfile.ZipFile(repo.root / "x.zip", "w") as archive:
        archive.writestr("d/" * 20_000 + "x.json", b"{}")
        for name, content in solution_files("ContosoHR", layout="flat").items():
            archive.writestr(name, content)
    assert repo.crstandards("check", "x.zip").status == 0
