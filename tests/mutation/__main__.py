"""`python -m tests.mutation PACKAGE…`: make mistakes in packages of crstandards, and count who notices.

Each mistake is made in a process of its own, which then runs the tests that run the line, according to a
coverage file with a context for each test, until one fails:

    coverage run -m pytest -p tests.mutation.contexts
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from pathlib import Path

from tests.mutation.explained import explanations
from tests.mutation.mutants import Mutant, all_mutants
from tests.mutation.run import judge
from tests.mutation.selection import Selection


def main() -> int:
    """Judge the mutants; 1 when a package has less than 90 % that are noticed or explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="+", metavar="PACKAGE", help="rules, policy, source.flow, …")
    parser.add_argument("--coverage", type=Path, default=Path(".coverage"), help="the coverage file")
    parser.add_argument("--results", type=Path, required=True, help="where results go; what is there is kept")
    parser.add_argument("--sample", type=int, help="so many of each package, chosen by chance")
    parser.add_argument("--seed", type=int, default=0, help="for the choice")
    parser.add_argument("--again", action="store_true", help="judge those anew that nothing noticed")
    options = parser.parse_args()
    known = _known(options.results, options.again)
    chosen = {package: _chosen(package, options.sample, options.seed) for package in options.packages}
    left = [mutant for found in chosen.values() for mutant in found if mutant.name not in known]

    def report(mutant: Mutant, verdict: str) -> None:
        known[mutant.name] = verdict
        with open(options.results, "a", encoding="utf-8") as results:
            results.write(json.dumps([mutant.name, mutant.line, verdict], ensure_ascii=False) + "\n")

    if left:
        packages = [f"crstandards.{package}" for package in options.packages]
        judge(left, Selection(options.coverage, packages), report)
    reasons = explanations()
    low = [
        _tell(package, [mutant.name for mutant in found], known, reasons) for package, found in chosen.items()
    ]
    return int(any(low))


def _chosen(package: str, sample: int | None, seed: int) -> list[Mutant]:
    found = all_mutants(package)
    random.Random(seed).shuffle(found)
    return found[:sample]


def _known(results: Path, again: bool) -> dict[str, str]:
    if not results.exists():
        return {}
    rows = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return {name: verdict for name, _, verdict in rows if not (again and verdict == "survived")}


def _tell(package: str, names: list[str], verdicts: dict[str, str], reasons: dict[str, str]) -> bool:
    killed = [name for name in names if verdicts[name] != "survived"]
    left = [name for name in names if verdicts[name] == "survived"]
    explained = [name for name in left if name in reasons]
    for name in left:
        if name not in reasons:
            print(f"survived: {name}")
    share = (len(killed) + len(explained)) / max(1, len(names))
    count = Counter(verdicts[name] for name in killed)
    print(
        f"{package}: {len(names)} mutants, {len(killed)} killed ({count['hung']} of them hung), "
        f"{len(left)} survived, {len(explained)} of them explained: {share:.1%}"
    )
    return share < 0.9


if __name__ == "__main__":
    sys.exit(main())
