from __future__ import annotations

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.findings import LocatedRelated, Report, Span, Suppression
from crstandards.report.json_format import render
from crstandards.report.text import render_text

from .builders import ALIAS, RAW, UNUSED, report, reported
from .test_json import VALIDATOR

anything = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("\x1b\x9b\u202e\u2028\udc80\ufeff\t\n\r#:日\u0301 ab"),
    ),
    max_size=60,
)
counts = st.integers(1, 200)
spans = st.builds(Span, anything, counts, counts, counts, counts, anything)
reporteds = st.builds(
    reported,
    st.sampled_from([RAW._replace(id="CR999"), UNUSED._replace(id="CR998"), ALIAS]),
    solution=anything,
    span=spans,
    message=anything,
    help_=anything,
    severity=st.sampled_from(["error", "warning", "note"]),
    related=st.lists(st.builds(LocatedRelated, spans, anything), max_size=7).map(tuple),
    fixable=st.booleans(),
    suppressed=st.none()
    | st.builds(Suppression, st.sampled_from(["exception", "description", "baseline"]), anything),
    data=st.dictionaries(anything, st.lists(anything, max_size=3), max_size=3),
    involves=st.lists(anything, max_size=2).map(tuple),
)
reports = st.lists(reporteds, max_size=6).map(lambda findings: report(*findings))
styles = st.fixed_dictionaries(
    {"width": st.integers(0, 200), "verbose": st.booleans(), "quiet": st.booleans()}
)


@given(reports, styles)
def test_ascii_is_ascii_and_holds_no_control_character(of: Report, style: dict[str, int]) -> None:
    text = render_text(of, color=False, unicode=False, **style)  # type: ignore[arg-type]
    assert text.replace("\n", "").isascii()
    assert text.replace("\n", "").isprintable()


@given(reports, styles)
def test_text_can_be_written_and_steers_nothing(of: Report, style: dict[str, int]) -> None:
    text = render_text(of, color=False, unicode=True, **style)  # type: ignore[arg-type]
    text.encode("utf-8")
    assert not [c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [c for c in text if unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF")]
    assert "##" not in text
    assert not [line for line in text.split("\n") if line.strip().startswith("::")]


@given(reports, styles)
def test_color_only_adds_escape_codes(of: Report, style: dict[str, int]) -> None:
    from re import sub

    colored = render_text(of, color=True, unicode=True, **style)  # type: ignore[arg-type]
    plain = render_text(of, color=False, unicode=True, **style)  # type: ignore[arg-type]
    assert sub(r"\x1b\[[0-9;]*m", "", colored) == plain


@given(reports)
@settings(deadline=None)
def test_json_parses_and_is_valid(of: Report) -> None:
    text = render(of)
    document = json.loads(text.encode("utf-8"))
    VALIDATOR.validate(document)
    assert len(document["findings"]) == len(of.findings)
    assert text.replace("\n", "").isprintable() or not text.isascii()


@given(reports, st.randoms(use_true_random=False), styles)
def test_the_order_of_the_findings_makes_no_difference(
    of: Report, random: object, style: dict[str, int]
) -> None:
    shuffled = list(of.findings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = of._replace(findings=tuple(shuffled))
    assert render(of) == render(other)
    assert render_text(of, color=True, unicode=True, **style) == render_text(  # type: ignore[arg-type]
        other,
        color=True,
        unicode=True,
        **style,  # type: ignore[arg-type]
    )
