"""What the configuration, the descriptions and the baseline say to no effect."""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import accumulate, chain

from crstandards.check.session import Session
from crstandards.findings import Finding, Findings, Subject
from crstandards.model import Solution
from crstandards.places import Place, Route
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.configuration import SELECTORS, Config
from crstandards.policy.exceptions import described_exceptions, references_of
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.rules import load
from crstandards.rules.whole.cr902_stale_exception import RULE

RULE_ID = RULE.id


def stale_findings(
    session: Session, solutions: Sequence[Solution], findings: Sequence[Finding], used: Collection[int]
) -> list[Finding]:
    """What of the policy has no effect on a whole check's findings, in the order of what it is about.

    `used` are the positions of the exceptions that matched.
    """
    # What a file that cannot be read would have used is not known.
    is_complete = not any(finding.rule == ALWAYS_ERROR for finding in findings)
    patterns = _patterns(session, solutions) if is_complete else ()
    in_config = [*_exceptions(session, used, is_complete), *patterns]
    found = {(item.rule, name.lower()) for item in findings for _, name in references_of(item)}
    return [
        *_placed(session.config, in_config),
        *_descriptions(session.config, solutions, found if is_complete else None),
        *_baseline(session, findings, is_complete),
    ]


def _placed(config: Config, found: Sequence[tuple[Route, Finding]]) -> Findings:
    """The findings where their keys stand in the configuration, as offsets into the file."""
    if not found:
        return
    from crstandards.policy.problems import line_of, lines_of

    lines = lines_of(config.content.decode("utf-8-sig"))
    rows = config.content.split(b"\n")
    starts = [0, *accumulate(len(row) + 1 for row in rows)]
    for route, finding in found:
        line = line_of(lines, config.root + route)
        row = rows[line - 1]
        at = starts[line - 1] + len(row) - len(row.lstrip(b" \t"))
        yield finding._replace(place=Place(config.path, at))


def _finding(place: Place, message: str, advice: str, identity: tuple[str, ...]) -> Finding:
    return Finding(
        rule=RULE_ID,
        solution="",
        place=place,
        message=message,
        help=advice,
        identity=identity,
        subject=Subject(setting=identity[0]),
        decision=RULE.decision,
    )


def _exceptions(
    session: Session, used: Collection[int], is_complete: bool
) -> Iterator[tuple[Route, Finding]]:
    config = session.config
    inventories = [pattern for environment in config.environments for pattern in environment.inventory]
    has_inventory = any(
        path_matches(pattern, file.path) for pattern in inventories for file in session.listed
    )
    for position, entry in enumerate(config.exceptions):
        selected = "; ".join(f"{name} {', '.join(patterns)}" for name, patterns in entry.selectors())
        what = f"The exception from {entry.rule}" + (f" ({selected})" if selected else "")
        # An inventory may come from outside the tree, of which nothing is known here.
        is_known = is_complete and (has_inventory or not any(rule.is_live for rule in load([entry.rule])))
        if config.is_fixed(entry.rule):
            message = f"{what} has no effect: {entry.rule} is locked."
            advice = f"Delete it from {config.path}; a locked rule takes no exceptions."
        elif entry.is_over(session.as_of):
            message = f"{what} ended on {entry.expires}: its findings are back."
            advice = "Correct what it was for, or set a new date if the reason still holds."
        elif is_known and position not in used:
            message = f"{what} matches no finding."
            advice = f"Delete it from {config.path}, or correct what it selects."
        else:
            continue
        identity = ("exceptions", entry.rule, *(str(getattr(entry, name)) for name in SELECTORS))
        yield ("exceptions", str(position)), _finding(Place(config.path), message, advice, identity)


def _patterns(session: Session, solutions: Sequence[Solution]) -> Iterator[tuple[Route, Finding]]:
    config, source = session.config, session.config.source
    files = [file.path for file in session.listed]
    folders = [solution.folder for solution in solutions]
    foreign = {path for paths in session.passed_over().values() for path in paths}
    held = [path for path in files if path not in foreign]
    borrowed = set().union(*map(_borrowed, solutions))
    names = {name for solution in solutions for name in (solution.unique_name, solution.base_name)}
    absent = [item.absent for solution in solutions for item in solution.unreadable]
    absent += [flow.path for solution in solutions for flow in solution.missing_flows]
    external = "external-references matches no reference that a solution uses from elsewhere"
    settings: list[tuple[Route, Sequence[str], Callable[[str, str], bool], Collection[str], str]] = [
        (
            ("source", "exclude"),
            source.exclude,
            path_matches,
            (*files, *absent),
            "[source] exclude matches no file",
        ),
        (
            ("source", "vendored"),
            source.vendored,
            path_matches,
            folders,
            "[source] vendored matches no solution",
        ),
        (
            ("source", "external-references"),
            source.external_references,
            name_matches,
            borrowed,
            f"[source] {external}",
        ),
    ]
    for number, environment in enumerate(config.environments):
        above: Route = ("environments", str(number))
        whose = f"environment {environment.name}'s"
        members = () if environment.solutions == ("*",) else environment.solutions
        settings += [
            ((*above, "solutions"), members, name_matches, names, f"{whose} solutions matches no solution"),
            (
                (*above, "settings"),
                environment.settings,
                path_matches,
                held,
                f"{whose} settings matches no file",
            ),
        ]
    advice = f"Correct it, or delete it from {config.path}."
    for route, patterns, matches, known, what in settings:
        for index, pattern in enumerate(patterns):
            if not any(matches(pattern, item) for item in known):
                message = f'The pattern "{pattern}" of {what}.'
                found = _finding(Place(config.path), message, advice, (".".join(route), pattern))
                yield (*route, str(index)), found


def _borrowed(solution: Solution) -> set[str]:
    """The references that a solution uses or lists as missing, and does not declare."""
    names = chain(
        (entry.reference for flow in solution.flows for entry in flow.entries),
        (use.reference for use in solution.uses),
        (dependency.logical_name for dependency in solution.missing),
    )
    declared = solution.declared()
    return {name for name in names if name and name.lower() not in declared}


def _descriptions(
    config: Config, solutions: Sequence[Solution], found: Collection[tuple[str, str]] | None
) -> Findings:
    """What descriptions allow to no effect; `found`: rules with names that they report, if all was read."""
    advice = (
        "In the portal, edit the reference's description (solution > Connection references) and export again."
    )
    speaking = (solution for solution in solutions if not solution.vendored)
    for described in described_exceptions(speaking, config):
        if not described.reason:
            why = "but gives no reason, so it does not count"
        elif not described.has_effect(config):
            why = "but that rule takes no exceptions"
        elif found is not None and (described.rule, described.reference.key) not in found:
            why = "but there is no such finding"
        else:
            continue
        name = described.reference.logical_name
        message = f"The description of {name} allows {described.rule}, {why}."
        identity = ("description", described.rule, described.solution.base_name, name)
        yield _finding(described.reference.place, message, advice, identity)


def _baseline(session: Session, findings: Sequence[Finding], is_complete: bool) -> Findings:
    # Another's baseline, or one for a history, says nothing of the tree.
    entries = session.recorded().entries if session.is_recorded else ()
    barred = {entry for entry in entries if entry.rule in session.config.locked}
    gone = barred.union(session.recorded().stale(findings) if is_complete else ())
    stale = [entry for entry in entries if entry in gone]
    if stale:
        number = "1 entry" if len(stale) == 1 else f"{len(stale)} entries"
        why = "what has been fixed" + (", or for rules that are locked" if barred else "")
        first = f"{stale[0].rule} {stale[0].title}".strip()
        yield _finding(
            Place(session.config.baseline),
            f"The baseline has {number} for {why}, the first for {first}.",
            "Run `crstandards baseline --update`: it takes this out, and adds nothing.",
            ("baseline", *sorted(entry.fingerprint for entry in stale)),
        )
