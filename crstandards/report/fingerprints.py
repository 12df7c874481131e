"""Fingerprints that no two findings of a report share, for services that keep one of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from crstandards.findings import Reported


def numbered(findings: Iterable[Reported]) -> Iterator[tuple[Reported, str]]:
    """The findings, each with its fingerprint; from the second of one on, a number is added.

    Copies of one solution have findings of one fingerprint.
    """
    seen: Counter[str] = Counter()
    for reported in findings:
        seen[reported.fingerprint] += 1
        number = seen[reported.fingerprint]
        yield reported, reported.fingerprint if number == 1 else f"{reported.fingerprint}-{number}"
