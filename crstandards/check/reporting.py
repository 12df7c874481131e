"""From findings to a report: exceptions and the baseline, advice, what is stale, severities, places."""

from collections.abc import Collection, Iterable, Sequence

from crstandards.check.session import Focus, Session, everything, severity_under
from crstandards.environments import World
from crstandards.findings import SEVERITIES, Finding, Severity, fingerprint
from crstandards.model import Solution
from crstandards.places import Place, Span
from crstandards.policy.exceptions import Exceptions
from crstandards.reported import LocatedRelated, Report, Reported, Summary, Suppression
from crstandards.rules import names
from crstandards.source.locator import Locator
from crstandards.source.xml import MAX_BYTES


def found_by(session: Session, focus: Focus = everything) -> list[Finding]:
    """All that a report is about, without severities and places."""
    findings = session.findings(focus)
    applied = Exceptions(session.config, session.as_of).apply(findings, session.solutions)
    return [*findings, *_stale(session, findings, session.solutions, applied.used)]


def full_report(
    session: Session, focus: Focus = everything, shown: Collection[Severity] = SEVERITIES
) -> Report:
    """The whole check. A baseline that cannot be read ends it, whether it is needed or not."""
    session.recorded()
    return report_of(session, session.findings(focus), session.solutions, focus, shown, session.world)


def report_of(
    session: Session,
    findings: Sequence[Finding],
    solutions: Sequence[Solution],
    focus: Focus = everything,
    shown: Collection[Severity] = SEVERITIES,
    world: World | None = None,
) -> Report:
    """What is reported of findings: severities, exceptions, advice, places.

    The advice is worked out in the `world`, else where these solutions are all. Of findings that are not
    `shown`, places are files, without lines.
    """
    rules, config = session.rules, session.config
    applied = Exceptions(config, session.as_of).apply(findings, solutions)
    suppressions = [
        suppressed or session.recorded().suppression(finding, config)
        for finding, suppressed in zip(findings, applied.suppressions, strict=True)
    ]
    stale = _stale(session, findings, solutions, applied.used)
    if findings:
        findings = _advised(session, findings, suppressions, world or session.world_of(solutions))
    findings = [*findings, *stale]
    suppressions += [None] * len(stale)
    severities = [severity_under(config, rules[finding.rule], finding) for finding in findings]
    spans = _locate(
        session,
        (finding for finding, severity in zip(findings, severities, strict=True) if severity in shown),
    )

    def span(place: Place) -> Span:
        return spans.get(place) or Span(place.path)

    reported = sorted(
        (
            Reported(
                rules[finding.rule],
                finding,
                severity,
                span(finding.place),
                tuple(LocatedRelated(span(item.place), item.message) for item in finding.related),
                fingerprint(finding),
                suppressed,
            )
            for finding, severity, suppressed in zip(findings, severities, suppressions, strict=True)
        ),
        key=_position,
    )
    return Report(
        source=session.snapshot.origin,
        findings=tuple(reported),
        summary=_summary(reported, solutions, focus),
        rules=session.active,
        checked=tuple(
            one.unique_name
            for one in solutions
            if one.is_solution and not one.vendored and one.unique_name and focus(one.folder)
        ),
    )


def _advised(
    session: Session, findings: Sequence[Finding], suppressions: Sequence[Suppression | None], world: World
) -> list[Finding]:
    """The findings with what to do about them; nothing about what an exception allows."""
    from crstandards.check.advice import advised
    from crstandards.check.plan import Plan

    unused = {
        (finding.solution, name.lower())
        for finding, suppressed in zip(findings, suppressions, strict=True)
        if session.rules[finding.rule].cure == "remove" and (not suppressed or suppressed.by == "baseline")
        for name in finding.subject.names
    }
    plan = Plan(
        world if session.is_whole else world._replace(near=world.near or ()), session.was_declared, unused
    )
    told = []
    for finding, suppressed in zip(findings, suppressions, strict=True):
        found = advised(finding, session.rules[finding.rule], plan)
        if suppressed and suppressed.by != "baseline":
            found = found._replace(steps=())
        told.append(found if suppressed else _with_addition(session, found))
    return told


def _with_addition(session: Session, finding: Finding) -> Finding:
    """A finding that says what is new in it, where the baseline holds the rest."""
    addition = session.recorded().addition(finding)
    return finding._replace(help=f"{addition}\n{finding.help}") if addition else finding


def _stale(
    session: Session, findings: Sequence[Finding], solutions: Sequence[Solution], used: Collection[int]
) -> list[Finding]:
    """What has no effect; only a whole check of a repository, with all rules, can make them."""
    if not session.is_whole or session.snapshot.origin == "zip" or session.rules.keys() != names().keys():
        return []
    from crstandards.check.stale import RULE_ID, stale_findings

    is_on = session.is_on(session.rules[RULE_ID])
    return stale_findings(session, solutions, findings, used) if is_on else []


def _locate(session: Session, findings: Iterable[Finding]) -> dict[Place, Span]:
    wanted: dict[str, set[Place]] = {}
    for finding in findings:
        for place in (finding.place, *(item.place for item in finding.related)):
            wanted.setdefault(place.path, set()).add(place)
    spans = {place: Span(place.path) for places in wanted.values() for place in places}
    exact = [
        file for file in session.listed if any(place.at is not None for place in wanted.get(file.path, ()))
    ]
    for content in session.snapshot.read(exact, MAX_BYTES):
        if content.problem:
            continue
        locator = Locator(content.file.path, content.data)
        for place in wanted[content.file.path]:
            spans[place] = locator.locate(place.at)
    # Of the configuration what was read counts, wherever that was: an older commit, or a file outside.
    if session.config.path in wanted:
        locator = Locator(session.config.path, session.config.content)
        spans |= {place: locator.locate(place.at) for place in wanted[session.config.path]}
    return spans


def _position(reported: Reported) -> tuple[str, int, int, str, str]:
    span = reported.span
    return span.path, span.line, span.column, reported.rule.id, reported.finding.message


def _summary(reported: Sequence[Reported], solutions: Iterable[Solution], focus: Focus) -> Summary:
    counted = [item.severity for item in reported if item.suppressed is None]
    focused = [solution for solution in solutions if solution.is_solution and focus(solution.folder)]
    return Summary(
        solutions=len(focused),
        flows=sum(len(solution.flows) for solution in focused),
        references=sum(len(solution.declared()) for solution in focused),
        errors=counted.count("error"),
        warnings=counted.count("warning"),
        notes=counted.count("note"),
        suppressed=len(reported) - len(counted),
    )
