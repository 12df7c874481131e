"""CR202: of equal declarations of one name the first stays."""

from __future__ import annotations

import pytest

from tests.builders import Reference, customizations, flow, manifest, write_files, write_solution
from tests.fix.conftest import Bench

TWICE = (Reference("con_outlook"), Reference("con_teams", "shared_teams"), Reference("con_outlook"))
PATH = "Other/Customizations.xml"


def test_the_repetition_goes_with_its_lines(bench: Bench) -> None:
    write_solution(bench.root, "ContosoHR", TWICE)
    before = bench.files()
    ran = bench.fix()
    assert ran.status == 0
    after = bench.files()
    assert after.pop(PATH).decode() == customizations(TWICE[:2])
    assert after == {path: data for path, data in before.items() if path != PATH}
    assert "declares con_outlook once" in ran.out


def test_three_times_and_in_other_letters(bench: Bench) -> None:
    names = ("con_outlook", "con_Outlook", "CON_OUTLOOK")
    write_solution(bench.root, "ContosoHR", [Reference(name, display_name="Outlook") for name in names])
    assert bench.found("CR202") == ["CR202"]
    assert bench.fix().status == 0
    assert bench.files()[PATH].decode() == customizations([Reference("con_outlook", display_name="Outlook")])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<promptingbehavior>0", "<promptingbehavior>1"),
        (
            "<connectorid>/providers/Microsoft.PowerApps/apis/shared_office365<",
            "<connectorid>/apis/shared_office365<",
        ),
        ("<statecode>0", '<statecode xml:space="preserve">0'),
        ("<iscustomizable>1</iscustomizable>", ""),
        ("</connectionreference>", "<extra /></connectionreference>"),
    ],
    ids=["another value", "another id", "an attribute", "one less", "one more"],
)
def test_declarations_that_differ_are_left_alone(bench: Bench, old: str, new: str) -> None:
    write_solution(bench.root, "ContosoHR", [TWICE[0], TWICE[0]])
    head, _, tail = bench.files()[PATH].decode().rpartition("<connectionreference ")
    write_files(bench.root, {PATH: f"{head}<connectionreference {tail.replace(old, new)}"})
    before = bench.files()
    for word in ("--quiet", "--unsafe"):
        ran = bench.fix("--select", "CR202", word)
        assert ran.status == 1
        assert bench.files() == before
    assert "con_outlook differ: decide which" in " ".join(ran.out.split())


def test_elements_on_one_line(bench: Bench) -> None:
    """Nothing is taken but the element itself where a line holds more."""
    name, connector = 'connectionreferencelogicalname="con_outlook"', "<connectorid>/apis/x</connectorid>"
    declared = f"<connectionreference {name}>{connector}</connectionreference>"
    several = f"<connectionreferences>{declared * 2}</connectionreferences>"
    text = f"<ImportExportXml>{several}</ImportExportXml>"
    write_files(bench.root, {PATH: text, "Other/Solution.xml": manifest("ContosoHR")})
    assert bench.fix("--select", "CR202").status == 0
    assert bench.files()[PATH].decode() == text.replace(declared * 2, declared)


def test_comments_and_lookalikes_stay(bench: Bench) -> None:
    write_solution(bench.root, "ContosoHR", [TWICE[0]], {"Send": flow()})
    head, start, rest = bench.files()[PATH].decode().partition("    <connectionreference ")
    inside, end, tail = rest.partition("    </connectionreference>\n")
    once = start + inside + end
    lookalike = f"  <Entities><connectionreferences>\n{once * 2}  </connectionreferences></Entities>\n"
    head = head.replace("  <Entities />\n", lookalike)
    comment = "      <!-- </connectionreference> <connectionreference -->\n"
    twice = start + inside + comment + end
    write_files(bench.root, {PATH: f"{head}{twice}    <!-- kept -->\n{twice}{tail}"})
    assert bench.fix("--select", "CR202").status == 0
    assert bench.files()[PATH].decode() == f"{head}{twice}    <!-- kept -->\n{tail}"


def test_words_between_the_elements_stay(bench: Bench) -> None:
    write_solution(bench.root, "ContosoHR", TWICE, {"Send": flow()})
    text = bench.files()[PATH].decode()
    text = text.replace("<connectionreferences>", "<connectionreferences>one")
    text = text.replace("</connectionreference>", "</connectionreference>two")
    write_files(bench.root, {PATH: text})
    assert bench.fix("--select", "CR202").status == 0
    left = bench.files()[PATH].decode()
    assert left.count("<connectionreference ") == 2
    assert (left.count("one\n"), left.count("two\n")) == (1, 3)
