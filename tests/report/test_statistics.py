from __future__ import annotations

from crstandards.report import render
from crstandards.report.terminal import Style
from crstandards.reported import Report, Suppression

from .builders import ALIAS, DUPLICATE, RAW, UNUSED, report, reported

SUPPRESSED = Suppression("baseline", "")


def text(of: Report, **style: bool) -> str:
    return render(of, "text", Style(statistics=True, width=60, **style))  # type: ignore[arg-type]


def many() -> Report:
    return report(
        *(reported(RAW, solution=f"S{n % 3}", fixable=n % 2 == 0) for n in range(12)),
        *(reported(DUPLICATE, solution="S1", suppressed=SUPPRESSED if n else None) for n in range(3)),
        reported(UNUSED, solution="日本"),
        reported(ALIAS, solution="", involves=("a",)),
    )


def test_counts_stand_in_place_of_the_findings() -> None:
    assert text(many()) == (
        "── By rule ─────────────────────────────────────────────────\n"
        "\n"
        "  12 errors   CR101 raw-connection       6 can be fixed\n"
        "   1 error    CR201 duplicate-connector  2 more suppressed\n"
        "   1 warning  CR504 unused-reference\n"
        "\n"
        "── By solution ─────────────────────────────────────────────\n"
        "\n"
        "  5 errors   S1\n"
        "  4 errors   S0\n"
        "  4 errors   S2\n"
        "  1 warning  日本\n"
        "\n"
        "Found 13 errors and 1 warning in 3 of 3 solutions (41 flows,\n"
        "18 connection references). 2 suppressed, 1 note (--verbose\n"
        "shows them).\n"
        "Run `crstandards explain CR101` (or CR201) for the reasoning\n"
        "and the steps in the portal.\n"
        "`crstandards fix` can fix 6 of them; `crstandards fix\n"
        "--diff` shows how.\n"
    )


def test_quiet_leaves_the_closing_lines_out() -> None:
    assert text(many(), quiet=True) == text(many()).partition("\n\nFound")[0] + "\n"


def test_notes_count_with_verbose() -> None:
    assert "CR203" not in text(many())
    assert text(report(), quiet=True) == ""
    assert "   1 note     CR203 duplicate-alias\n" in text(many(), verbose=True)
    assert "Between solutions\n" in text(many(), verbose=True)


def test_wide_names_are_aligned() -> None:
    table = text(report(reported(solution="日本"), reported(solution="A"))).split("\n\n")[3]
    assert table == "  1 error  A\n  1 error  日本"
