"""For each rule a pair of small solutions: one in which it finds something, and one that is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.checks import check

FIXTURES = Path(__file__).parents[1] / "fixtures"

EXPECTED = {
    "CR101": ("Workflows/Welcomenewhires-E08C466E-8F9F-59AA-ACA8-677EC66C0FB7.json", 4, 7, 4, 25),
    "CR104": ("Workflows/Sendpayslips-E092CE1A-439B-5AD1-B367-9B1A83037B46.json", 37, 13, 37, 22),
    "CR201": ("Other/Customizations.xml", 15, 5, 15, 85),
    "CR202": ("Other/Customizations.xml", 15, 5, 15, 71),
    "CR205": ("customizations.xml", 17, 5, 17, 72),
    "CR501": ("Workflows/Sendreminder-29555D48-C080-5918-9F69-0A53C2886F81.json", 4, 7, 4, 25),
    "CR502": ("Workflows/Sendreminder-29555D48-C080-5918-9F69-0A53C2886F81.json", 23, 9, 23, 20),
    "CR503": ("Workflows/Sendreminder-29555D48-C080-5918-9F69-0A53C2886F81.json", 4, 7, 4, 25),
    "CR901": ("Workflows/Sendreminder-29555D48-C080-5918-9F69-0A53C2886F81.json", 6, 1, 6, 13),
}


@pytest.mark.parametrize("rule", EXPECTED)
def test_exactly_that_is_found_and_in_its_place(rule: str) -> None:
    (item,) = check(FIXTURES / rule / "found").findings
    assert item.rule.id == rule
    assert item.span[:5] == EXPECTED[rule]
    # Lines and columns, counted by hand in the bytes
    content = (FIXTURES / rule / "found" / item.span.path).read_bytes()
    text = content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8-sig")
    line = text.split("\n")[item.span.line - 1].rstrip("\r")
    assert item.span.excerpt == line
    assert line[item.span.column - 1] in '"<'
    assert line[item.span.end_column - 2] in '">D'


@pytest.mark.parametrize("rule", EXPECTED)
def test_nothing_at_all_is_found_in_the_clean_one(rule: str) -> None:
    report = check(FIXTURES / rule / "clean")
    assert report.findings == ()
    assert report.summary.solutions == 1


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("CR*")), ids=lambda path: path.name)
def test_each_pair_is_complete(path: Path) -> None:
    def files(kind: str) -> dict[str, bytes]:
        return {
            file.relative_to(path / kind).as_posix(): file.read_bytes()
            for file in (path / kind).rglob("*")
            if file.is_file()
        }

    found, clean = files("found"), files("clean")
    assert found
    assert clean
    assert found != clean
