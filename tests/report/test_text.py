from __future__ import annotations

from itertools import product

import pytest

from crstandards.findings import Rule, Step, Subject
from crstandards.places import REACH, Span
from crstandards.report import render
from crstandards.report.terminal import Style
from crstandards.reported import Report, Reported, Suppression
from crstandards.source.locator import Locator

from .builders import (
    ALIAS,
    DUPLICATE,
    FLOW,
    RAW,
    UNUSED,
    duplicate_outlook,
    raw_in_reminder,
    related,
    report,
    reported,
)


def text(
    of: Report,
    *,
    color: bool = False,
    unicode: bool = True,
    width: int = 90,
    verbose: bool = False,
    quiet: bool = False,
) -> str:
    return render(of, "text", Style(color, unicode, width, verbose=verbose, quiet=quiet))


def block(of: str, number: int = 1) -> str:
    """One of the blocks that blank lines separate; the first is a heading."""
    return of.split("\n\n")[number]


TWO_FINDINGS = """\
── ContosoHR: 2 errors ───────────────────────────────────────────────────────────────────

error CR101 raw-connection: Flow "Send reminder" uses the connection behind
    "shared_office365" directly.
  --> src/HR/Workflows/Sendreminder-1F2E3D4C-0000-0000-0000-000000000001.json:5:9
   │
 5 │         "shared_office365": {
   │         ^^^^^^^^^^^^^^^^^^
   = also:   line 84: action "Send_an_email_(V2)" uses it
   = to fix: Open the flow in its solution, choose Details, then Connection References,
             and pick the reference for Office 365 Outlook.
             - In the source: connectionReferenceLogicalName under connection names the
               reference, say con_outlook.

error CR201 duplicate-connector: 2 references for Office 365 Outlook in one solution:
    con_outlook and con_outlook_2.
   --> src/HR/Other/Customizations.xml:12:3
    │
 12 │         <connectionreference connectionreferencelogicalname="con_outlook_2">
    │         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    = to fix: Keep con_outlook. Move the flows that use con_outlook_2 to it, then remove
              con_outlook_2.

Found 2 errors in 1 of 3 solutions (41 flows, 18 connection references).
Run `crstandards explain CR101` (or CR201) for the reasoning and the steps in the portal.
`crstandards fix` can fix 1 of them; `crstandards fix --diff` shows how.
"""


def test_two_findings() -> None:
    assert text(report(raw_in_reminder(), duplicate_outlook())) == TWO_FINDINGS


def test_in_ascii_only_the_glyphs_differ() -> None:
    expected = TWO_FINDINGS.replace("─", "-").replace("│", "|")
    assert text(report(raw_in_reminder(), duplicate_outlook()), unicode=False) == expected


def test_color() -> None:
    finding = reported(
        UNUSED,
        span=Span("src/a.xml", 3, 1, 3, 5, "abcd"),
        message="Nothing uses con_x.",
        help_="Remove it.",
    )
    assert text(report(finding), color=True, width=40) == (
        "\x1b[1m── ContosoHR: 1 warning ────────────────\x1b[0m\n\n"
        "\x1b[1;33mwarning\x1b[0m \x1b[1mCR504 unused-reference\x1b[0m: Nothing\n"
        "    uses con_x.\n"
        "  \x1b[2m-->\x1b[0m src/a.xml:3:1\n"
        "   \x1b[2m│\x1b[0m\n"
        "\x1b[2m 3\x1b[0m \x1b[2m│\x1b[0m abcd\n"
        "   \x1b[2m│\x1b[0m \x1b[1;33m^^^^\x1b[0m\n"
        "   \x1b[2m=\x1b[0m \x1b[1mto fix:\x1b[0m Remove it.\n"
        "\n"
        "Found 1 warning in 1 of 3 solutions (41\nflows, 18 connection references).\n"
        "Run `crstandards explain CR504` for the\nreasoning and the steps in the portal.\n"
    )


@pytest.mark.parametrize(("severity", "code"), [("error", "1;31"), ("warning", "1;33"), ("note", "1;36")])
def test_each_severity_has_its_color(severity: str, code: str) -> None:
    finding = reported(severity=severity)  # type: ignore[arg-type]
    assert f"\x1b[{code}m{severity}\x1b[0m CR101" in text(
        report(finding), color=True, verbose=True, quiet=True
    )


# Where findings stand


def headings(of: Report) -> list[str]:
    return [line.strip("─ ") for line in text(of, verbose=True).splitlines() if line.startswith("──")]


def test_solutions_with_errors_come_first() -> None:
    of = report(
        reported(ALIAS, solution="Alpha"),
        reported(UNUSED, solution="Beta"),
        reported(UNUSED, solution="Zeta"),
        reported(UNUSED, solution="Zeta", span=Span("a.json")),
        reported(RAW, solution="Zeta", span=Span("z.json")),
        reported(RAW, solution="Delta"),
    )
    assert headings(of) == ["Delta: 1 error", "Zeta: 1 error, 2 warnings", "Beta: 1 warning", "Alpha: 1 note"]


def test_what_has_no_solution_comes_last_of_its_severity() -> None:
    of = report(
        reported(solution=""),
        reported(solution="", involves=("src/HR", "src/Sales")),
        reported(solution="Zeta"),
        reported(UNUSED, solution="Alpha"),
    )
    assert headings(of) == [
        "Zeta: 1 error",
        "Outside solutions: 1 error",
        "Between solutions: 1 error",
        "Alpha: 1 warning",
    ]


def test_within_a_solution_errors_first_then_rules_then_places() -> None:
    of = report(
        reported(UNUSED, span=Span("a")),
        reported(DUPLICATE, span=Span("b", 2)),
        reported(RAW, span=Span("c", 10)),
        reported(RAW, span=Span("c", 9)),
    )
    shown = [line.split()[-1] for line in text(of).splitlines() if "-->" in line]
    assert shown == ["c:9:1", "c:10:1", "b:2:1", "a:1:1"]


def test_a_finding_without_a_file() -> None:
    of = report(reported(span=Span(""), message="Nothing speaks of prod.", help_="Export an inventory."))
    assert block(text(of)) == (
        "error CR101 raw-connection: Nothing speaks of prod.\n   = to fix: Export an inventory."
    )
    assert text(of, quiet=True) == "-: error CR101 Nothing speaks of prod.\n"


# Many


def test_five_findings_of_a_rule_are_shown_the_others_listed() -> None:
    of = report(
        *(
            reported(span=Span(f"F{n}.json", 5, 9), message=f"Flow F{n} is raw.", help_="Pick one.")
            for n in range(7)
        )
    )
    blocks = text(of).split("\n\n")
    assert blocks[1:3] == [
        "error CR101 raw-connection: Flow F0 is raw.\n  --> F0.json:5:9\n   = to fix: Pick one.",
        "error CR101 raw-connection: Flow F1 is raw.\n  --> F1.json:5:9\n   = to fix: as above",
    ]
    assert blocks[6] == (
        "error CR101 raw-connection: 2 more like this (--verbose shows each in full)\n"
        "  --> F5.json:5:9: Flow F5 is raw.\n"
        "  --> F6.json:5:9: Flow F6 is raw."
    )
    assert text(of, verbose=True).count("= to fix: as above") == 6


def test_as_above_means_the_finding_right_above() -> None:
    of = report(*(reported(span=Span(f"F{n}"), help_="AB"[n % 2]) for n in range(4)))
    assert "as above" not in text(of)


def test_at_most_five_related_places() -> None:
    places = tuple(related("b.json", line, f"use {line}") for line in range(1, 18))
    lines = block(text(report(reported(related=places)))).splitlines()
    assert lines[2:8] == [
        "   = also:   b.json:1:9: use 1",
        "             b.json:2:9: use 2",
        "             b.json:3:9: use 3",
        "             b.json:4:9: use 4",
        "             b.json:5:9: use 5",
        "             and 12 more",
    ]
    assert "use 17" in text(report(reported(related=places)), verbose=True)
    assert "more" not in block(text(report(reported(related=places[:5])))).splitlines()[-2]


def test_advice_that_is_a_list_names_the_places_itself() -> None:
    places = tuple(related("b.json", line, f"use {line}") for line in range(1, 4))
    of = report(reported(help_="Move to con_a what uses con_b:\n- flow A", related=places))
    assert block(text(of)).count("use ") == 1
    assert block(text(of, verbose=True)).count("use ") == 3


def test_a_rule_s_page_is_named_once() -> None:
    """The last lines name those of the gravest, where there is the command."""
    of = report(raw_in_reminder(), reported(UNUSED))
    assert text(of).count("explain CR101") == 1
    assert text(of).count("= more:   crstandards explain CR504") == 1


def test_entries_of_one_kind_in_a_flow_are_one_block() -> None:
    def entry(alias: str, line: int, **more: str) -> Reported:
        subject = Subject(**{"flow": "Deploy", "alias": alias, "connector": "shared_x", **more})
        return reported(
            span=Span("a.json", line),
            message=f"Flow is raw ({alias}).",
            help_=f"Choose con_x in {alias}.\nSave.",
            related=(related("a.json", line + 50, f'action "{alias}"'),),
            subject=subject,
        )

    of = report(entry("x", 1), entry("x_1", 3), entry("y", 5, connector="shared_y"))
    _, first, second, _ = text(of, width=60).split("\n\n")
    assert first.endswith(
        """\
  --> a.json:1:1
   = also:   line 51: action "x"
             line 3: the entry "x_1" too
             line 53: action "x_1"
   = to fix: Choose con_x in x.
             Save.
             Choose con_x in x_1."""
    )
    assert "Flow is raw (y)." in second
    assert "CR101: 3 errors" not in first


# The source line


def marked(excerpt: str, column: int, end_column: int, *, line: int = 1, **options: object) -> list[str]:
    """The source line and the marks under it, without the gutter."""
    of = report(reported(span=Span("a.json", line, column, line, end_column, excerpt)))
    lines = block(text(of, **options)).splitlines()  # type: ignore[arg-type]
    return [shown.partition("| " if "unicode" in options else "│ ")[2] for shown in lines[3:5]]


def test_tabs_are_expanded() -> None:
    assert marked('\t\t"a\tb": {}', 3, 8) == ['        "a    b": {}', "        ^^^^^^^^"]


def test_wide_and_combining_characters() -> None:
    assert marked('"日本": "ab"', 7, 11) == ['"日本": "ab"', "        ^^^^"]
    assert marked('"日本": 1', 1, 5) == ['"日本": 1', "^^^^^^"]
    assert marked('"e\u0301": 1', 7, 8) == ['"e\u0301": 1', "     ^"]


def test_what_is_not_ascii_is_escaped_and_marked_as_wide_as_it_then_is() -> None:
    assert marked('"é": 1', 2, 3, unicode=False) == ['"\\u00e9": 1', " ^^^^^^"]


def test_a_line_end_of_windows_is_not_shown() -> None:
    assert marked('"a": 1\r', 1, 4) == ['"a": 1', "^^^"]


def test_a_byte_order_mark_is_not_counted() -> None:
    assert marked('\ufeff{"a": 1}', 2, 5) == ['{"a": 1}', " ^^^"]


def test_places_at_and_past_the_end_are_marked_once() -> None:
    assert marked("abc", 4, 4) == ["abc", "   ^"]
    assert marked("abc", 90, 99) == ["abc", "   ^"]
    assert marked("abc", 2, 2) == ["abc", " ^"]


def test_a_place_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    of = report(reported(span=Span("a.json", 2, 3, 9, 2, '  "a": {')))
    assert block(text(of)).splitlines()[3:5] == [' 2 │   "a": {', "   │   ^^^^^^"]


@pytest.mark.parametrize("unicode", [True, False])
def test_a_huge_line_is_cut_to_the_place(unicode: bool) -> None:
    line = '{"x":"' + "y" * 100_000 + '","shared_office365":{}' + "z" * 100_000 + "}"
    start = line.index('"shared')
    of = report(reported(span=Span("a.json", 1, start + 1, 1, start + 19, line)))
    cut = "…" if unicode else "..."
    shown, marks = block(text(of, unicode=unicode, width=80)).splitlines()[3:5]
    assert shown.startswith((f" 1 │ {cut}yyy", f" 1 | {cut}yyy"))
    assert shown.endswith(f"zzz{cut}")
    assert len(shown) == 80
    assert shown[marks.index("^") : marks.rindex("^") + 1] == '"shared_office365"'


def located(line: str, start: int, end: int) -> Span:
    """A place in a line, as it is found in a file."""
    return Locator("a.json", f"{line}\n".encode()).locate(start)._replace(end_column=end + 1)


@pytest.mark.parametrize("width", [40, 100, REACH])
def test_of_a_line_the_same_is_shown_whether_it_is_cut_before_or_not(width: int) -> None:
    for before, after in product((0, 100, REACH, REACH + 1, 5000), (0, 100, REACH - 9, REACH, 5000)):
        line = "y" * before + '"shared": ' + "z" * after
        span = located(line, before, before + 8)
        shown, whole = (
            text(report(reported(span=each)), width=width)
            for each in (span, span._replace(excerpt=line, excerpt_column=1))
        )
        assert shown == whole


def test_a_page_wider_than_what_is_kept_of_a_line_says_that_it_is_cut() -> None:
    span = located("y" * 5000 + '"shared": ' + "z" * 5000, 5000, 5008)
    shown = block(text(report(reported(span=span)), width=20_000)).splitlines()[3]
    assert shown.startswith(" 1 │ …yyy")
    assert '"shared"' in shown
    assert shown.endswith("zzz…")


def test_a_place_longer_than_the_page_is_cut() -> None:
    shown, marks = marked("  " + "x" * 500, 3, 503, width=60)
    assert shown == "  " + "x" * 52 + "…"
    assert marks == "  " + "^" * 52


def test_the_start_of_a_long_line_is_not_cut_off() -> None:
    shown, marks = marked('"abc": "' + "x" * 500, 1, 6, width=60)
    assert shown == '"abc": "' + "x" * 46 + "…"
    assert marks == "^^^^^"


def test_a_wrapped_name_cannot_start_a_line_with_a_command() -> None:
    of = report(reported(message="word " * 7 + "::stop-commands::x"))
    assert "\n    \\u003a:stop-commands::x" in text(of, width=70)
    assert text(report(reported(span=Span("::x"))), quiet=True).startswith("\\u003a:x:1:1: error")


# What is shown when


def test_notes_are_shown_with_verbose_only() -> None:
    of = report(reported(ALIAS))
    assert text(of, width=120) == (
        "No violations: 3 solutions, 41 flows, 18 connection references. 1 note (--verbose shows it).\n"
    )
    assert "note CR203 duplicate-alias: Something is wrong." in text(of, verbose=True)
    assert text(of, quiet=True) == ""


def test_suppressed_findings_are_counted_and_listed_with_verbose() -> None:
    of = report(
        reported(suppressed=Suppression("exception", "two shared mailboxes: hr@ and payroll@")),
        reported(suppressed=Suppression("description", "kept"), span=Span("b.xml", 7, 3)),
        reported(suppressed=Suppression("baseline", ""), span=Span("c.xml", 8)),
    )
    assert text(of, width=80) == (
        "No violations: 3 solutions, 41 flows, 18 connection references. 3 suppressed\n"
        "(--verbose shows them).\n"
    )
    assert text(of, verbose=True) == (
        "Suppressed:\n"
        "  b.xml:7:3: CR101 raw-connection, by its reference's description: kept\n"
        "  c.xml:8:1: CR101 raw-connection, by the baseline\n"
        "  src/HR/a.json:1:1: CR101 raw-connection, by an exception: two shared mailboxes: hr@ and payroll@\n"
        "\n"
        "No violations: 3 solutions, 41 flows, 18 connection references. 3 suppressed.\n"
    )


def test_quiet_is_one_line_for_each_finding() -> None:
    of = report(raw_in_reminder(), duplicate_outlook(), reported(ALIAS))
    assert text(of, quiet=True) == (
        "src/HR/Other/Customizations.xml:12:3: error CR201 "
        "2 references for Office 365 Outlook in one solution: con_outlook and con_outlook_2.\n"
        f"{FLOW}:5:9: error CR101 "
        'Flow "Send reminder" uses the connection behind "shared_office365" directly.\n'
    )


def summary(*findings: object, **options: object) -> str:
    of = report(*findings, solutions=12)  # type: ignore[arg-type]
    return text(of, width=200, **options).split("\n\n")[-1]  # type: ignore[arg-type]


def test_summaries() -> None:
    contents = "(41 flows, 18 connection references)"
    next_step = "Run `crstandards explain CR101` for the reasoning and the steps in the portal.\n"
    suppressed = reported(suppressed=Suppression("baseline", ""))
    assert summary() == "No violations: 12 solutions, 41 flows, 18 connection references.\n"
    of_warning = next_step.replace("CR101", "CR504")
    assert summary(reported(UNUSED)) == f"Found 1 warning in 1 of 12 solutions {contents}.\n{of_warning}"
    assert summary(reported(), reported(UNUSED), reported(solution="B"), suppressed, reported(ALIAS)) == (
        f"Found 2 errors and 1 warning in 2 of 12 solutions {contents}. "
        f"1 suppressed, 1 note (--verbose shows them).\n{next_step}"
    )
    assert summary(reported(), reported(UNUSED), reported(ALIAS), suppressed, verbose=True) == (
        f"Found 1 error, 1 warning and 1 note in 1 of 12 solutions {contents}. 1 suppressed.\n{next_step}"
    )
    assert summary(reported(UNUSED, solution="")) == (
        f"Found 1 warning (12 solutions, 41 flows, 18 connection references).\n{of_warning}"
    )


@pytest.mark.parametrize(
    ("fixable", "others", "share"), [(1, 0, "it"), (2, 0, "all of them"), (2, 1, "2 of them")]
)
def test_what_can_be_mended(fixable: int, others: int, share: str) -> None:
    findings = [reported(fixable=number < fixable) for number in range(fixable + others)]
    assert f"\n`crstandards fix` can fix {share}; `crstandards fix --diff` shows how.\n" in summary(*findings)


def test_what_does_not_fail_is_mended_when_it_is_selected() -> None:
    warning, note, error = (reported(rule, fixable=True) for rule in (UNUSED, ALIAS, RAW))
    baselined = error._replace(suppressed=Suppression("baseline", "a debt"))
    assert "\n`crstandards fix --select CR504` can fix it; " in summary(warning)
    told = summary(warning, note, verbose=True)
    assert "\n`crstandards fix --select CR203,CR504` can fix all of them; `crstandards fix --select" in told
    assert "\n`crstandards fix` can fix 1 of them; " in summary(warning, error)
    assert "can fix" not in summary(baselined, verbose=True)


def test_nothing_to_check() -> None:
    assert text(Report("worktree", (), report().summary._replace(solutions=0, flows=0))) == (
        "No solution here: nothing to check.\n"
    )


STEP = Step("remove", "ContosoHR", path="src/HR/Other/Customizations.xml", reference="con_b")
FIXABLE = RAW._replace(is_fixable=True)
DECIDED = "`crstandards fix --unsafe --diff` shows what can be fixed; you decide.\n"


def with_step(step: Step = STEP, *, rule: Rule = FIXABLE, path: str = "a.xml") -> Reported:
    found = reported(rule, span=Span(path))
    return found._replace(finding=found.finding._replace(steps=(step,)))


def test_what_needs_a_decision_is_mended_on_request() -> None:
    assert summary(with_step()).endswith(DECIDED)
    staged = text(report(with_step())._replace(source="index"), width=200)
    assert "`crstandards fix --staged --unsafe --diff` shows what can be fixed" in staged
    both = summary(with_step(), reported(fixable=True))
    assert "can fix 1 of them; `crstandards fix --diff` shows how.\n" in both
    assert both.endswith("shows what else can be fixed; you decide.\n")


@pytest.mark.parametrize(
    "found",
    [
        reported(),
        with_step(rule=RAW),
        with_step(path="connectionreferences/con_b/connectionreference.yml"),
        with_step(path="HR.zip!/customizations.xml"),
        with_step(STEP._replace(do="bind")),
        with_step()._replace(severity="warning"),
        with_step()._replace(suppressed=Suppression("baseline", "a debt")),
    ],
)
def test_what_fix_cannot_do_is_not_promised(found: Reported) -> None:
    assert "--unsafe" not in summary(found)
