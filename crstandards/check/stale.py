"""What the configuration, the descriptions and the baseline say to no effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from crstandards.findings import Finding, Related, Subject
from crstandards.model import Solution
from crstandards.places import Place, Route
from crstandards.policy import ALWAYS_ERROR
from crstandards.policy.baseline import Baseline
from crstandards.policy.configuration import SELECTORS, Config
from crstandards.policy.exceptions import described_exceptions, references_of
from crstandards.policy.patterns import name_matches, path_matches
from crstandards.rules import load
from crstandards.rules.whole.cr902_stale_exception import RULE

if TYPE_CHECKING:
    from datetime import date

RULE_ID = RULE.id
_PARTS = re.compile(rb'\{|"((?:[^"\\]|\\.)*+)"', re.DOTALL)
"""Where an entry of a baseline begins, and the texts that stand in it."""


class WholeCheck(NamedTuple):
    """A whole check: what was read, what all rules found, and what of the policy took effect.

    `files` are the paths before any was left out, `foreign` those that match a pattern of settings and hold
    none; `used` the positions of the exceptions that matched.
    """

    config: Config
    as_of: date
    solutions: Sequence[Solution]
    files: Collection[str]
    findings: Sequence[Finding]
    used: Collection[int]
    baseline: Baseline
    foreign: Collection[str] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all was read: what a file that cannot be read would have used is not known."""
        return not any(finding.rule == ALWAYS_ERROR for finding in self.findings)


def stale_findings(check: WholeCheck) -> list[Finding]:
    """The findings, in the order of what they are about."""
    in_config = [*_exceptions(check), *(_patterns(check) if check.is_complete else ())]
    return [*_placed(check.config, in_config), *_descriptions(check), *_baseline(check)]


def _placed(config: Config, found: Sequence[tuple[Route, Finding]]) -> Iterator[Finding]:
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


def _finding(
    place: Place, message: str, advice: str, identity: tuple[str, ...], related: tuple[Related, ...] = ()
) -> Finding:
    return Finding(
        rule=RULE_ID,
        solution="",
        place=place,
        message=message,
        help=advice,
        identity=identity,
        subject=Subject(setting=identity[0]),
        related=related,
        decision=RULE.decision,
    )


def _exceptions(check: WholeCheck) -> Iterator[tuple[Route, Finding]]:
    config, is_complete = check.config, check.is_complete
    has_inventory = any(
        path_matches(pattern, path)
        for environment in config.environments
        for pattern in environment.inventory
        for path in check.files
    )
    for position, entry in enumerate(config.exceptions):
        selected = "; ".join(f"{name} {', '.join(patterns)}" for name, patterns in entry.selectors())
        what = f"The exception from {entry.rule}" + (f" ({selected})" if selected else "")
        if config.is_fixed(entry.rule):
            message = f"{what} has no effect: {entry.rule} is locked."
            advice = f"Delete it from {config.path}; a locked rule takes no exceptions."
        elif entry.is_over(check.as_of):
            message = f"{what} ended on {entry.expires}: its findings are back."
            advice = "Mend what it was for, or set a new date if the reason still holds."
        elif (
            is_complete
            and position not in check.used
            # An inventory may come from outside the tree, of which nothing is known here.
            and (has_inventory or not any(rule.is_live for rule in load([entry.rule])))
        ):
            message = f"{what} matches no finding."
            advice = f"Delete it from {config.path}, or correct what it selects."
        else:
            continue
        identity = ("exceptions", entry.rule, *(str(getattr(entry, name)) for name in SELECTORS))
        yield ("exceptions", str(position)), _finding(Place(config.path), message, advice, identity)


def _patterns(check: WholeCheck) -> Iterator[tuple[Route, Finding]]:
    config, source = check.config, check.config.source
    folders = [solution.folder for solution in check.solutions]
    names = {name for solution in check.solutions for name in (solution.unique_name, solution.base_name)}
    borrowed = set().union(*map(_borrowed, check.solutions))
    external = "external-references matches no reference that a solution uses from elsewhere"
    settings: list[tuple[Route, Sequence[str], Callable[[str, str], bool], Collection[str], str]] = [
        (
            ("source", "exclude"),
            source.exclude,
            path_matches,
            check.files,
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
                [path for path in check.files if path not in check.foreign],
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


def _descriptions(check: WholeCheck) -> Iterator[Finding]:
    is_complete = check.is_complete
    found = {(item.rule, name.lower()) for item in check.findings for _, name in references_of(item)}
    speaking = (solution for solution in check.solutions if not solution.vendored)
    advice = (
        "In the portal, edit the reference's description (solution > Connection references) and export again."
    )
    for described in described_exceptions(speaking, check.config):
        if not described.reason:
            why = "but gives no reason, so that it does not count"
        elif not described.has_effect(check.config):
            why = "but that rule takes no exceptions"
        elif is_complete and (described.rule, described.reference.key) not in found:
            why = "but there is no such finding"
        else:
            continue
        name = described.reference.logical_name
        message = f"The description of {name} allows {described.rule}, {why}."
        identity = ("description", described.rule, described.solution.base_name, name)
        yield _finding(described.reference.place, message, advice, identity)


def _baseline(check: WholeCheck) -> Iterator[Finding]:
    entries = check.baseline.entries
    barred = [entry for entry in entries if entry.rule in check.config.locked]
    mended = check.baseline.stale(check.findings) if check.is_complete else ()
    stale = list(dict.fromkeys((*barred, *mended)))
    if not stale:
        return
    places = _entries_at(check.baseline.content)
    found = [
        (places.get(entry.fingerprint.encode(), -1), f"{entry.rule} {entry.title}".strip()) for entry in stale
    ]
    # A fingerprint that is written with an escape is not found: -1.
    first, *others = (
        Related(Place(check.config.baseline, at if at >= 0 else None), title) for at, title in sorted(found)
    )
    number = "1 entry" if len(stale) == 1 else f"{len(stale)} entries"
    why = "what has been mended" + (", or for rules that are locked" if barred else "")
    yield _finding(
        first.place,
        f"The baseline has {number} for {why}, the first for {first.message}.",
        "Run `crstandards baseline --update`: it takes this out, and adds nothing.",
        ("baseline", *sorted(entry.fingerprint for entry in stale)),
        tuple(others),
    )


def _entries_at(text: bytes) -> dict[bytes, int]:
    """Where the entries of a baseline begin, by each text in them; of equal texts, the first counts."""
    found: dict[bytes, int] = {}
    start = -1
    for part in _PARTS.finditer(text):
        if part[1] is None:
            start = part.start()
        else:
            found.setdefault(part[1], start)
    return found
