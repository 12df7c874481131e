"""Runs the cases and counts: found, missed, false; and what harmless changes make of reports."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from crstandards.snapshot import Folder
from crstandards.source.layout import find_candidates
from tests.accuracy import yaml_layout
from tests.accuracy.bases import Base, corpus_bases, made_bases
from tests.accuracy.changes import CHANGES, change
from tests.accuracy.formats import read_json
from tests.accuracy.planting import Case, plant, rules
from tests.support.builders import CORPUS
from tests.support.memory import Seen, Tree, check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"


class Outcome(NamedTuple):
    """What came of one planted violation; `wrong` is what should not have been reported."""

    is_found: bool
    wrong: tuple[Seen, ...]


class Difference(NamedTuple):
    """What a harmless change made of a report: findings too many, findings lost."""

    new: tuple[Seen, ...]
    lost: tuple[Seen, ...]


class Row(NamedTuple):
    """A line of the first table."""

    rule: str
    planted: int
    found: int
    false: int


class Trouble(NamedTuple):
    """A case that went wrong, and how to make it again."""

    what: str
    seed: str
    seen: tuple[Seen, ...]

    def __str__(self) -> str:
        told = "; ".join(f"{item.rule} {item.path}: {item.message[:120]}" for item in self.seen[:3])
        return f"{self.what} [{self.seed}] {told}"


def outcome(case: Case) -> Outcome:
    """Whether the planted violation is reported: once, at its place, and nothing else."""
    before = Counter(item.identity for item in check(case.before))
    new = [item for item in check(case.after) if not before[item.identity]]
    hits = [item for item in new if _is_hit(item, case)]
    wrong = [item for item in new if item not in hits and item.rule not in case.planted.also]
    return Outcome(bool(hits), (*wrong, *hits[1:]))


def _is_hit(seen: Seen, case: Case) -> bool:
    planted = case.planted
    return (
        seen.rule == case.rule
        and planted.path in ("", seen.path)
        and planted.word.lower() in f"{seen.line} {seen.message}".lower()
    )


def difference(before: Tree, after: Tree) -> Difference:
    """How two reports differ that should say the same."""
    old, new = check(before), check(after)
    known, left = ({item.identity for item in found} for found in (old, new))
    return Difference(
        tuple(item for item in new if item.identity not in known),
        tuple(item for item in old if item.identity not in left),
    )


def run_planting(
    bases: Sequence[Base], cases: int, seed: int, chosen: Iterable[str]
) -> tuple[list[Row], list[Trouble]]:
    """Plant violations of some rules; the same seed gives the same cases."""
    rows, troubles = [], []
    for rule in chosen:
        found = false = 0
        for number in range(cases):
            name = f"{seed}/{rule}/{number}"
            random = Random(name)
            fitting = [base for base in bases if not base.is_yaml or rule in yaml_layout.RULES]
            case = plant(rule, random.choice(fitting), random)
            result = outcome(case)
            found += result.is_found
            false += len(result.wrong)
            if not result.is_found:
                troubles.append(Trouble(f"missed {rule}, {case.planted.form}", name, ()))
            if result.wrong:
                troubles.append(Trouble(f"false beside {rule}, {case.planted.form}:", name, result.wrong))
        rows.append(Row(rule, cases, found, false))
    return rows, troubles


def run_changes(
    bases: Sequence[Base], cases: int, seed: int, chosen: Iterable[str]
) -> tuple[dict[str, Counter[str]], list[Trouble]]:
    """Make some harmless changes to clean solutions and to such with a violation."""
    counts: dict[str, Counter[str]] = {}
    troubles = []
    for name in chosen:
        count = counts[name] = Counter()
        for number in range(cases):
            key = f"{seed}/{name}/{number}"
            random = Random(key)
            base = random.choice([item for item in bases if _can_be_made(name, item)])
            steady = yaml_layout.RULES if base.is_yaml else _steady(name)
            rule = random.choice([*steady, ""])
            tree = plant(rule, base, random).after if rule else base.tree
            result = difference(tree, change(name, tree, base.folder, random))
            count.update(cases=1, new=len(result.new), lost=len(result.lost))
            if result.new or result.lost:
                troubles.append(Trouble(f"{name} with {rule or 'nothing'}:", key, result.new + result.lost))
    return counts, troubles


def _can_be_made(change: str, base: Base) -> bool:
    if change == yaml_layout.CONVERTED:
        return not base.is_yaml and yaml_layout.can_convert(base.tree)
    return change in yaml_layout.CHANGES if base.is_yaml else change != yaml_layout.ONLY


def _steady(change: str) -> list[str]:
    """The rules whose violations are still there after a change: not those of broken files, nor of two files
    of one flow, which a new name makes one; and what only a flow's metadata says, a zip does not hold.
    """
    gone = {"CR901", "CR510", *(["CR509"] if change == "unpacked to zip layout" else [])}
    # A code app belongs to the one solution around it.
    gone |= {"CR102", "CR501"} if change.startswith("add a copy") else set()
    gone |= set(yaml_layout.UNCONVERTED if change == yaml_layout.CONVERTED else ())
    return [rule for rule in rules() if rule not in gone]


def report(
    rows: Iterable[Row], changes: dict[str, Counter[str]], real: int, made: int, seed: int, cases: int
) -> str:
    """The page, as far as it is measured."""
    rows = list(rows)
    planted, found, false = (sum(getattr(row, key) for row in rows) for key in ("planted", "found", "false"))
    lines = [
        "# How often the rules are right",
        "",
        "Violations are planted into clean solutions, one at a time: "
        f"{real} of public repositories, and {made} made ones. Each has a form",
        "that real source has, at a random place, in a random encoding. *Found* means: reported once, by the "
        "right rule, in the",
        "right file. Whatever else is newly reported is *false*.",
        "",
        "| rule | planted, for each | found | missed | false |",
        "|---|---:|---:|---:|---:|",
        *_alike(
            (row.rule, f"{row.planted} | {row.found} | {row.planted - row.found} | {row.false}")
            for row in rows
        ),
        f"| all | {planted} | {found} | {planted - found} | {false} |",
        "",
        "Then changes that break nothing, to clean solutions and to such with a violation: the same must be",
        "reported as before, with the same severities and fingerprints.",
        "",
        "| change | cases, for each | wrongly reported | lost |",
        "|---|---:|---:|---:|",
        *_alike(
            (name, f"{count['cases']} | {count['new']} | {count['lost']}") for name, count in changes.items()
        ),
        "",
        f"`python -m tests.accuracy --cases {cases} --seed {seed}` writes this page. Seed 2 gave the same "
        "result, with 50 cases each.",
        "The test suite runs a smaller number of cases, and fails on whatever goes wrong.",
        "",
        "",
    ]
    return "\n".join(lines)


def _alike(rows: Iterable[tuple[str, str]]) -> list[str]:
    """The rows of a table; those with the same figures are one."""
    names: dict[str, list[str]] = {}
    for name, figures in rows:
        names.setdefault(figures, []).append(name)
    return [f"| {', '.join(alike)} | {figures} |" for figures, alike in names.items()]


def flow_like() -> Counter[str]:
    """The JSON files of the public repositories that look like flows, by what becomes of them."""
    folder = Folder(CORPUS)
    read = {file.path: item.layout for item in find_candidates(folder.files()) for file in item.flows}
    found: Counter[str] = Counter()
    for path in sorted(CORPUS.rglob("*.json")):
        try:
            document = read_json(path.read_bytes())
        except (ValueError, LookupError):
            continue
        properties = document.get("properties") if isinstance(document, dict) else None
        if isinstance(properties, dict) and not {"definition", "connectionReferences"}.isdisjoint(properties):
            layout = read.get(path.relative_to(CORPUS).as_posix(), "")
            found["package" if layout == "package" else "read" if layout else "elsewhere"] += 1
    return found


def all_bases(seed: int, made: int) -> tuple[list[Base], list[Base]]:
    """The real and the made clean solutions."""
    return corpus_bases(), made_bases(Random(seed), made)


def main(argv: Sequence[str] | None = None) -> int:
    """Run all, print the tables, write the page; 1 where something went wrong."""
    parser = ArgumentParser(prog="python -m tests.accuracy", description=main.__doc__)
    parser.add_argument("--cases", type=int, default=200, help="for each rule and each change")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--made", type=int, default=60, help="how many solutions are made")
    options = parser.parse_args(argv)
    real, made = all_bases(options.seed, options.made)
    bases = [*real, *made]
    rows, missed = run_planting(bases, options.cases, options.seed, rules())
    changes, changed = run_changes(bases, options.cases, options.seed, CHANGES)
    tables = report(rows, changes, len(real), len(made), options.seed, options.cases)
    _, heading, below = PAGE.read_text("utf-8").partition("## What is read")
    PAGE.write_text(tables + heading + below, encoding="utf-8")
    print(tables)
    for trouble in (*missed, *changed):
        print(trouble, file=sys.stderr)
    return 1 if missed or changed else 0
