"""What the configuration, the descriptions and the baseline say to no effect (CR902)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from crstandards.findings import Finding, Related
from crstandards.model import Place, Route, Solution
from crstandards.policy.baseline import Baseline
from crstandards.policy.config import Config, ExceptionEntry
from crstandards.policy.descriptions import Described, described_exceptions, has_effect
from crstandards.policy.exceptions import stale_exceptions
from crstandards.policy.patterns import name_matches, path_matches

if TYPE_CHECKING:
    from datetime import date

RULE_ID = "CR902"
_FROM_OUTSIDE = "CR4"
"""Rules whose findings hang on inventories, which may come from outside the tree."""
_SELECTORS = ("solution", "connector", "references", "flow", "alias", "path", "environment", "connection")


class WholeCheck(NamedTuple):
    """A whole check: what was read, what all rules found, and what of the policy took effect.

    `files` are the paths before any was left out; `used` the positions of the exceptions that matched.
    `baseline_text` is the baseline's file, b"" where there is none.
    """

    solutions: Sequence[Solution]
    files: Collection[str]
    findings: Sequence[Finding]
    used: Collection[int]
    baseline: Baseline
    baseline_text: bytes = b""


def stale_findings(config: Config, checked: WholeCheck, as_of: date) -> list[Finding]:
    """The findings of CR902, in the order of what they are about.

    What a file that cannot be read would have used is not known: then nothing is called unused.
    """
    is_known = not any(finding.rule == "CR901" for finding in checked.findings)
    where = _Lines(config)
    return [
        *_exceptions(config, checked, as_of, where, is_known),
        *(_patterns(config, checked, where) if is_known else ()),
        *_descriptions(config, checked, is_known),
        *_baseline(config, checked, is_known),
    ]


class _Lines:
    """Where the keys of the configuration stand."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._starts: dict[Route, int] | None = None

    def place(self, *keys: str) -> Place:
        """The place of a key, as an offset into the file."""
        from crstandards.policy.lines import line_of, lines_of

        if self._starts is None:
            self._starts = lines_of(self._config.content.decode("utf-8-sig"))
        line = line_of(self._starts, (*self._config.root, *keys))
        before = b"".join(part + b"\n" for part in self._config.content.split(b"\n")[: line - 1])
        rest = self._config.content[len(before) :]
        return Place(self._config.path, len(before) + len(rest) - len(rest.lstrip(b" \t")))


def _finding(place: Place, message: str, advice: str, *identity: str, **of: object) -> Finding:
    related = of.get("related", ())
    assert isinstance(related, tuple)
    return Finding(RULE_ID, "", place, message, advice, identity, {"setting": identity[0]}, related)


def _exceptions(
    config: Config, checked: WholeCheck, as_of: date, where: _Lines, is_known: bool
) -> Iterator[Finding]:
    has_inventory = any(
        path_matches(pattern, path)
        for environment in config.environments
        for pattern in environment.inventory
        for path in checked.files
    )
    for position, why in stale_exceptions(config.exceptions, checked.used, as_of, config.locked):
        entry = config.exceptions[position]
        if why == "unused" and (not is_known or (entry.rule.startswith(_FROM_OUTSIDE) and not has_inventory)):
            continue
        what = f"The exception from {entry.rule}{_selected(entry)}"
        message, advice = {
            "unused": (
                f"{what} matches no finding.",
                f"Delete it from {config.path}, or correct what it selects.",
            ),
            "expired": (
                f"{what} ended on {entry.expires}: its findings are back.",
                "Mend what it was for, or set a new date if the reason still holds.",
            ),
            "locked": (
                f"{what} has no effect: {entry.rule} is locked.",
                f"Delete it from {config.path}; a locked rule takes no exceptions.",
            ),
        }[why]
        identity = ("exceptions", entry.rule, *(str(getattr(entry, name)) for name in _SELECTORS))
        yield _finding(where.place("exceptions", str(position)), message, advice, *identity)


def _selected(entry: ExceptionEntry) -> str:
    """What an exception selects, as a clause."""
    parts = []
    for name in _SELECTORS:
        value = getattr(entry, name)
        if value:
            parts.append(f"{name} {value if isinstance(value, str) else ', '.join(value)}")
    return f" ({'; '.join(parts)})" if parts else ""


def _patterns(config: Config, checked: WholeCheck, where: _Lines) -> Iterator[Finding]:
    folders = [solution.folder for solution in checked.solutions]
    names = {name for solution in checked.solutions for name in (solution.unique_name, solution.base_name)}
    borrowed = {name for solution in checked.solutions for name in _borrowed(solution)}
    source = config.source

    def unmatched(
        patterns: Sequence[str],
        matches: Callable[[str, str], bool],
        known: Iterable[str],
        *keys: str,
        of: str,
    ) -> Iterator[Finding]:
        known = list(known)
        for index, pattern in enumerate(patterns):
            if not any(matches(pattern, item) for item in known):
                yield _finding(
                    where.place(*keys, str(index)),
                    f'The pattern "{pattern}" of {of}.',
                    f"Correct it, or delete it from {config.path}.",
                    ".".join(keys),
                    pattern,
                )

    yield from unmatched(
        source.exclude,
        path_matches,
        checked.files,
        "source",
        "exclude",
        of="[source] exclude matches no file",
    )
    yield from unmatched(
        source.vendored,
        path_matches,
        folders,
        "source",
        "vendored",
        of="[source] vendored matches no solution",
    )
    yield from unmatched(
        source.external_references,
        name_matches,
        borrowed,
        "source",
        "external-references",
        of="[source] external-references matches no reference that a solution uses from elsewhere",
    )
    for number, environment in enumerate(config.environments):
        keys = ("environments", str(number))
        if environment.solutions != ("*",):
            yield from unmatched(
                environment.solutions,
                name_matches,
                names,
                *keys,
                "solutions",
                of=f"environment {environment.name}'s solutions matches no solution",
            )
        yield from unmatched(
            environment.settings,
            path_matches,
            checked.files,
            *keys,
            "settings",
            of=f"environment {environment.name}'s settings matches no file",
        )


def _borrowed(solution: Solution) -> Iterator[str]:
    """The references that a solution uses or lists as missing, and does not declare."""
    own = solution.declared()
    entries = (entry.reference for flow in solution.flows for entry in flow.entries)
    uses = (use.reference for use in solution.uses)
    missing = (dependency.logical_name for dependency in solution.missing)
    for name in (*entries, *uses, *missing):
        if name and name.lower() not in own:
            yield name


def _descriptions(config: Config, checked: WholeCheck, is_known: bool) -> Iterator[Finding]:
    speaking = (solution for solution in checked.solutions if not solution.vendored)
    for described in described_exceptions(speaking, config):
        message = _stale_description(described, config, checked, is_known)
        if message:
            name = described.reference.logical_name
            yield _finding(
                described.reference.place,
                f"The description of {name} allows {described.rule}, {message}.",
                "In the portal, edit the reference's description (solution > Connection references) and "
                "export again.",
                "description",
                described.rule,
                described.solution.base_name,
                name,
            )


def _stale_description(described: Described, config: Config, checked: WholeCheck, is_known: bool) -> str:
    """Why an exception in a description has no effect; "" where it has one."""
    if not described.reason:
        return "but gives no reason, so that it does not count"
    if not has_effect(described, config.locked):
        return "but that rule takes no exceptions"
    if is_known and not any(_concerns(described, finding) for finding in checked.findings):
        return "but there is no such finding"
    return ""


def _concerns(described: Described, finding: Finding) -> bool:
    if finding.rule != described.rule:
        return False
    references = finding.data.get("references") or finding.data.get("reference") or ()
    names: Iterable[str]
    if isinstance(references, str):
        names = (references,)
    elif hasattr(references, "values"):
        names = [name for named in references.values() for name in named]
    else:
        names = references
    return described.reference.key in {name.lower() for name in names}


def _baseline(config: Config, checked: WholeCheck, is_known: bool) -> Iterator[Finding]:
    entries = checked.baseline.entries
    barred = [entry for entry in entries if entry.rule in config.locked]
    mended = checked.baseline.stale(checked.findings) if is_known else ()
    stale = list(dict.fromkeys((*barred, *mended)))
    if not stale:
        return
    text = checked.baseline_text
    found = []
    for entry in stale:
        at = text.rfind(b"{", 0, text.find(f'"{entry.fingerprint}"'.encode()) + 1)
        found.append((at, f"{entry.rule} {entry.title}".strip()))
    # A baseline that is given from elsewhere does not stand in this text: -1.
    first, *others = (
        Related(Place(config.baseline, at if at >= 0 else None), title) for at, title in sorted(found)
    )
    number = "1 entry" if len(stale) == 1 else f"{len(stale)} entries"
    why = "what has been mended" + (", or for rules that are locked" if barred else "")
    yield _finding(
        first.place,
        f"The baseline has {number} for {why}, the first for {first.message}.",
        "Run `crstandards baseline --update`: it takes this out, and adds nothing.",
        "baseline",
        *sorted(entry.fingerprint for entry in stale),
        related=tuple(others),
    )
