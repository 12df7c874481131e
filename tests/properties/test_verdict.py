"""The verdict depends on what source means, and on nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.places import REACH, Span
from crstandards.policy.configuration import Config, parse_config
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.source.facts import Facts
from tests.accuracy.formats import decode
from tests.properties import slow
from tests.properties.rewriting import ALIKE, REORDERED
from tests.support.grammar import Source, repositories, whole, written
from tests.support.memory import AS_OF, Memory

ENVIRONMENT = b'[[environments]]\nname = "prod"\n\n[rules]\nCR505 = "warning"\n'
CONFIGS = {"none": Config(), "one environment": parse_config(ENVIRONMENT, "crstandards.toml")}
NO_HURRY = settings(max_examples=100)
# Of its own, since a change may draw once for each character.
RANDOMS = st.builds(Random, st.integers(0, 2**32))
# They speak of several solutions.
BETWEEN = {rule.id for rule in RULES if rule.overall} | {"CR204", "CR501", "CR504", "CR506"}


def session(files: Mapping[str, bytes], config: Config, facts: Facts | None = None) -> Session:
    return Session(Memory(files), config, RULES, AS_OF, facts, whole=True)


def check(files: Mapping[str, bytes], config: Config = CONFIGS["none"], facts: Facts | None = None) -> Report:
    return full_report(session(files, config, facts))


def verdict(report: Report) -> Counter[tuple[str, ...]]:
    """The findings, each without its place in the file, and without the case of GUIDs in paths."""
    return Counter(
        (
            item.rule.id,
            item.severity,
            item.fingerprint,
            item.finding.solution,
            item.span.path.casefold(),
            item.finding.message.casefold(),
            repr(dict(item.data)).casefold(),
            *sorted(f"{related.span.path} {related.message}".casefold() for related in item.related),
        )
        for item in report.findings
    )


def names(report: Report) -> Counter[tuple[str, str, str]]:
    """The findings by rule and fingerprint alone."""
    return Counter((item.rule.id, item.severity, item.fingerprint) for item in report.findings)


@pytest.mark.parametrize("config", CONFIGS)
@NO_HURRY
@given(repository=repositories(), chosen=st.lists(st.sampled_from(sorted(ALIKE)), min_size=1), random=RANDOMS)
def test_what_changes_no_meaning_changes_no_verdict(
    config: str, repository: list[Source], chosen: list[str], random: Random
) -> None:
    before = whole(repository)
    after = dict(before)
    # Anew last: the others write UTF-8.
    for name in sorted(chosen, key="spell anew".__eq__):
        after = ALIKE[name](after, random)
    assert verdict(check(after, CONFIGS[config])) == verdict(check(before, CONFIGS[config]))


@NO_HURRY
@given(repositories(), RANDOMS)
def test_the_order_of_keys_changes_no_finding(repository: list[Source], random: Random) -> None:
    files = whole(repository)
    for change in REORDERED.values():
        assert names(check(change(files, random))) == names(check(files))


@NO_HURRY
@given(repositories(), st.booleans())
def test_a_verdict_is_the_same_twice(repository: list[Source], again: bool) -> None:
    files, facts = whole(repository), Facts()
    first = check(files, facts=facts)
    assert check(files, facts=facts if again else None) == first


@NO_HURRY
@given(repositories(), st.sampled_from(sorted(ALIKE)), RANDOMS)
def test_every_finding_stands_where_its_text_is(
    repository: list[Source], change: str, random: Random
) -> None:
    files = ALIKE[change](whole(repository), random)
    for item in check(files, CONFIGS["one environment"]).findings:
        for span in (item.span, *(related.span for related in item.related)):
            text = decode(files[span.path])
            start, end = index(text, span.line, span.column), index(text, span.end_line, span.end_column)
            assert slow.place(text, start) == (span.line, span.column)
            assert slow.place(text, end) == (span.end_line, span.end_column)
            line, before = text.split("\n")[span.line - 1].rstrip("\r"), max(0, span.column - 1 - REACH)
            assert span.excerpt == line[before : span.column - 1 + REACH]
            assert span.excerpt_column == before + 1
        if item.rule.id == "CR101":
            assert place_of_key(files, item.span) == item.data["alias"]
        if item.rule.id in ("CR201", "CR205", "CR301", "CR504"):
            text = decode(files[item.span.path])
            tag = text[index(text, item.span.line, item.span.column) :]
            assert tag.startswith("<connectionreference")
            assert tag[: tag.index(">")].count("connectionreferencelogicalname") == 1


def index(text: str, line: int, column: int) -> int:
    """The character at a line and column."""
    return sum(len(item) + 1 for item in text.split("\n")[: line - 1]) + column - 1


def place_of_key(files: Mapping[str, bytes], span: Span) -> object:
    """The JSON string that stands at a place."""
    import json

    return json.JSONDecoder().raw_decode(
        decode(files[span.path]), index(decode(files[span.path]), span.line, span.column)
    )[0]


@NO_HURRY
@given(repositories(disjoint=True))
def test_solutions_that_share_nothing_are_reported_as_each_alone(repository: list[Source]) -> None:
    together = verdict(check(whole(repository)))
    alone = sum((verdict(check(written(source))) for source in repository), Counter())
    between = {rule.id for rule in RULES if rule.overall}
    assert without(together, between) == without(alone, between)


@NO_HURRY
@given(repositories())
def test_rules_for_one_solution_look_at_it_alone(repository: list[Source]) -> None:
    together = verdict(check(whole(repository)))
    alone = sum((verdict(check(written(source))) for source in repository), Counter())
    # Which reference to keep hangs on all who use it; that there are several does not.
    assert shortened(without(together, BETWEEN)) == shortened(without(alone, BETWEEN))


@NO_HURRY
@given(repositories(), st.data())
def test_a_focus_reports_its_part_of_the_whole(repository: list[Source], data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(repository)).folder
    files, config = whole(repository), CONFIGS["one environment"]
    reported = full_report(session(files, config), lambda folder: folder == chosen)
    wanted = [item for item in check(files, config).findings if is_of(item.finding, chosen)]
    assert verdict(reported) == verdict(reported._replace(findings=tuple(wanted)))


def is_of(finding: object, folder: str) -> bool:
    return folder in finding.involves if finding.involves else finding.place.path.startswith(f"{folder}/")  # type: ignore[attr-defined]


def without(found: Counter[tuple[str, ...]], rules: Sequence[str] | set[str]) -> Counter[tuple[str, ...]]:
    return Counter({item: count for item, count in found.items() if item[0] not in rules})


def shortened(found: Counter[tuple[str, ...]]) -> Counter[tuple[str, ...]]:
    """Findings up to their messages, without data and related places."""
    return Counter(item[:6] for item in found.elements())
