from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.builders import OUTLOOK, SQL, Reference, write_solution
from tests.support.checks import found

ON = '[rules]\nCR505 = "warning"\n'


def messages(root: Path, config: str) -> list[str]:
    return [item.finding.message for item in found(root, "CR505", config)]


def test_it_is_off_until_configured(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [Reference("abc_sharedoffice365_912a8")])
    assert found(tmp_path, "CR505") == []
    assert [item.severity for item in found(tmp_path, "CR505", ON)] == ["warning"]


def test_a_generated_name_and_a_foreign_prefix_are_one_finding(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["abc_sharedoffice365_912a8"])
    (reported,) = found(tmp_path, "CR505", ON)
    assert reported.data == {"reference": "abc_sharedoffice365_912a8"}
    assert reported.finding.message == (
        "The names of abc_sharedoffice365_912a8 break the convention: the logical name is a generated one; "
        "its prefix is not the publisher's (con)."
    )


@pytest.mark.parametrize("name", ["con_outlook", "CON_Outlook", "con_sharedoffice365_912a", "con_912a8_x"])
def test_chosen_names_are_left_alone(tmp_path: Path, name: str) -> None:
    write_solution(tmp_path, "ContosoHR", [name])
    assert messages(tmp_path, ON) == []


def test_without_a_known_prefix_none_is_asked_for(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["abc_outlook"], prefix="")
    assert messages(tmp_path, ON) == []


PATTERNS = ON + '[names]\nlogical-name = "{prefix}_{connector}(_[a-z]+)?"\ndisplay-name = "{solution} - .+"\n'


def test_patterns_hold_for_whole_names(tmp_path: Path) -> None:
    references = [
        Reference(f"con_{OUTLOOK}", OUTLOOK, "ContosoHR - Mail"),
        Reference(f"con_{SQL}_ledger", SQL, "ContosoHR - Ledger"),
        Reference(f"con_{SQL}_ledger2", SQL, "ContosoHR - Archive"),
        Reference(f"x_con_{OUTLOOK}", OUTLOOK, "Mail"),
    ]
    write_solution(tmp_path, "ContosoHR", references)
    first, second = messages(tmp_path, PATTERNS)
    assert "the logical name does not fit {prefix}_{connector}(_[a-z]+)?" in first
    assert "display name" not in first
    # The pattern asks for the prefix, so that it is not complained about twice.
    assert second.count(";") == 1
    assert 'the display name "Mail" does not fit {solution} - .+' in second


@pytest.mark.parametrize("order", [1, -1], ids=["in order", "ordered anew by an export"])
def test_equal_display_names_are_found_at_the_second_by_name(tmp_path: Path, order: int) -> None:
    references = [Reference("con_a", OUTLOOK, "Contoso Mail"), Reference("con_b", SQL, "contoso mail ")]
    write_solution(tmp_path, "ContosoHR", references[::order])
    (reported,) = found(tmp_path, "CR505", ON)
    assert "con_b" in reported.span.excerpt
    assert "is also that of con_a" in reported.finding.message
    assert len(reported.related) == 1
