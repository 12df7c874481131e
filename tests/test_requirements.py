"""The pinned requirements agree with what the project asks for."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.]+)(?: ; (?P<marker>.+))?")


class Pin(NamedTuple):
    """One entry of a file of requirements: its lines of hashes follow the version."""

    name: str
    version: Version
    marker: str
    hashes: tuple[str, ...]


def pins(name: str) -> Iterator[Pin]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    for entry in re.sub(r" \\\n +", " ", text).splitlines():
        pin, *hashes = entry.split(" --hash=")
        found = PIN.fullmatch(pin)
        assert found, f"not a pinned version: {pin}"
        yield Pin(
            canonicalize_name(found["name"]), Version(found["version"]), found["marker"] or "", tuple(hashes)
        )


def here(name: str) -> dict[str, Version]:
    return {pin.name: pin.version for pin in pins(name) if not pin.marker or Marker(pin.marker).evaluate()}


def asked(*names: str) -> list[Requirement]:
    """What the package needs, and what extras and groups add to that."""
    added = PROJECT["optional-dependencies"] | PYPROJECT["dependency-groups"]
    texts = [*PROJECT["dependencies"], *(text for name in names for text in added[name])]
    return [wanted for text in texts if (wanted := Requirement(text)).name != PROJECT["name"]]


@pytest.mark.parametrize(
    ("name", "least"), [("dev.txt", 20), ("lowest.txt", 20), ("site.txt", 20), ("fuzz.txt", 1)]
)
def test_each_file_is_known_by_its_hash_and_no_index_is_named(name: str, least: int) -> None:
    entries = list(pins(name))
    assert len(entries) >= least
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for pin in entries for digest in pin.hashes)
    assert [pin.name for pin in entries if not pin.hashes] == []


@pytest.mark.parametrize(("name", "groups"), [("dev.txt", ("test", "dev")), ("site.txt", ("site",))])
def test_what_is_asked_for_is_pinned_to_a_version_that_is_allowed(name: str, groups: tuple[str, ...]) -> None:
    pinned = here(name)
    for wanted in asked(*groups):
        assert pinned[canonicalize_name(wanted.name)] in wanted.specifier, wanted


def test_the_lowest_versions_are_the_oldest_that_are_allowed() -> None:
    lowest = here("lowest.txt")
    for wanted in asked("test"):
        (bound,) = wanted.specifier
        assert (bound.operator, Version(bound.version)) == (">=", lowest[canonicalize_name(wanted.name)])


def test_the_groups_are_no_part_of_the_package() -> None:
    assert set(PROJECT["optional-dependencies"]) == {"fast", "test"}


def test_what_guides_the_fuzzing_is_pinned_too() -> None:
    (pin,), (*_, wanted) = pins("fuzz.txt"), asked("fuzz")
    assert (pin.name, pin.version in wanted.specifier) == (wanted.name, True)
    assert Marker(pin.marker) == wanted.marker


def test_a_pin_that_is_missing_or_too_old_is_found() -> None:
    oldest = here("lowest.txt")
    assert oldest["lxml"] not in Requirement(f"lxml>{oldest['lxml']}").specifier
    assert "build" not in oldest
