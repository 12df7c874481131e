"""JUnit's XML, for test tabs: a suite for each solution, in it a test for each rule.

So a test keeps its name from run to run, and its history shows when a solution began to break a rule.
"""

from collections.abc import Iterator, Sequence

from lxml.etree import Element, SubElement, _Element, tostring

from crstandards.findings import SEVERITIES, Rule
from crstandards.report.escape import defuse, sanitize
from crstandards.report.listing import by_gravity, gravity, grouped, lines, place, solution_title
from crstandards.reported import Report, Reported, Style


def render(report: Report, style: Style) -> str:
    """The report as one XML document. A test fails on findings as serious as the style's `fail_on`."""
    failing = SEVERITIES.index(style.fail_on) if style.fail_on in SEVERITIES else -1
    root = Element("testsuites", name="crstandards")
    for title, tests in _suites(report):
        suite = SubElement(root, "testsuite", name=sanitize(title))
        for rule, findings in tests:
            _add_test(suite, rule, findings, failing)
        _count(suite)
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    _count(root)
    text: str = tostring(root, encoding="unicode", pretty_print=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _count(suite: _Element) -> None:
    suite.set("tests", str(len(suite.findall(".//testcase"))))
    suite.set("failures", str(len(suite.findall(".//failure"))))
    suite.set("errors", "0")


def _suites(report: Report) -> Iterator[tuple[str, list[tuple[Rule, list[Reported]]]]]:
    """Each solution's title with its rules: those that ran on it alone, and those that found something."""
    found = grouped(by_gravity(report.findings), solution_title)
    for title in sorted({*found, *report.checked}, key=lambda title: (title.lower(), title)):
        by_rule = grouped(found.get(title, ()), lambda reported: reported.rule.id)
        rules = {rule_id: group[0].rule for rule_id, group in by_rule.items()}
        if title in report.checked:
            rules |= {rule.id: rule for rule in report.rules if rule.per_solution}
        yield title, [(rules[rule_id], by_rule.get(rule_id, [])) for rule_id in sorted(rules)]


def _add_test(suite: _Element, rule: Rule, findings: Sequence[Reported], failing: int) -> None:
    test = SubElement(
        suite, "testcase", classname=suite.get("name", ""), name=f"{rule.id} {rule.name}", time="0"
    )
    counted = [reported for reported in findings if reported.suppressed is None]
    failed = [reported for reported in counted if gravity(reported) <= failing]
    mild = counted[len(failed) :]
    if failed:
        more = f" (and {len(failed) - 1} more)" if failed[1:] else ""
        message = sanitize(failed[0].finding.message) + more
        SubElement(test, "failure", type=failed[0].severity, message=message).text = _told(failed)
    if mild:
        SubElement(test, "system-out").text = _told(mild)
    if findings and not counted:
        SubElement(test, "skipped").text = sanitize("; ".join(dict.fromkeys(map(_reason, findings))))


def _told(findings: Sequence[Reported]) -> str:
    return defuse("\n\n".join("\n".join(_lines(reported)) for reported in findings))


def _lines(reported: Reported) -> Iterator[str]:
    where = place(reported.span, "")
    yield f"{where}: {reported.severity}" if where else reported.severity
    yield from lines(reported)


def _reason(reported: Reported) -> str:
    by, reason = reported.suppressed or ("", "")
    return f"{by}: {reason}" if reason else "baseline"
