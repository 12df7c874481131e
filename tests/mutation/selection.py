"""Which tests run which lines, as coverage saw it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from coverage import CoverageData

from tests.mutation.mutants import ROOT, Mutant, module_name

_IMPORT = ""
"""The context of what ran outside all tests: at the import, or while tests were collected."""


_FILES = 3
"""From how many files the tests are taken that run most of a module."""


class Selection:
    """The tests of each line of some packages."""

    def __init__(self, measured: Path, packages: Sequence[str]) -> None:
        data = CoverageData(str(measured))
        data.read()
        self._lines: dict[str, dict[int, set[str]]] = {}
        # How many lines each test runs, in each of the modules and in all.
        self._share: dict[str, Counter[str]] = {}
        self._breadth: Counter[str] = Counter()
        for path in sorted(data.measured_files()):
            by_line = {line: set(tests) for line, tests in data.contexts_by_lineno(path).items()}
            for tests in by_line.values():
                self._breadth.update(tests)
            name = module_name(Path(path))
            if name.startswith(tuple(packages)):
                self._lines[name] = by_line
                self._share[name] = Counter(test for tests in by_line.values() for test in tests)

    def of_line(self, mutant: Mutant) -> list[str]:
        """The tests that run a mutant's line, those first that are most about its module."""
        return self._ordered(mutant.module, self._running(mutant))

    def at_import(self, mutant: Mutant) -> bool:
        """Whether a mutant's line runs while modules are imported, too."""
        return _IMPORT in self._running(mutant)

    def _running(self, mutant: Mutant) -> set[str]:
        by_line = self._lines.get(mutant.module, {})
        return {test for line in range(mutant.line, mutant.last + 1) for test in by_line.get(line, ())}

    def of_import(self, mutant: Mutant) -> list[str]:
        """Tests for what runs at the import: those that run most of the module, and those of its package."""
        tests = self._ordered(mutant.module, self._share.get(mutant.module, ()))
        files = list(dict.fromkeys(file_of(test) for test in tests))[:_FILES]
        package = mutant.module.split(".")[1]
        others = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(f"tests/{package}/test_*.py"))
        return [
            *(test for test in tests if file_of(test) in files),
            *(file for file in others if file not in files),
        ]

    def files(self, mutants: Iterable[Mutant]) -> list[str]:
        """Where the tests of mutants' lines stand."""
        return sorted({file_of(test) for mutant in mutants for test in self.of_line(mutant)})

    def _ordered(self, module: str, tests: Iterable[str]) -> list[str]:
        share = self._share.get(module, Counter())
        return sorted(set(tests) - {_IMPORT}, key=lambda test: (-share[test] / self._breadth[test], test))


def file_of(test: str) -> str:
    """The file of a test."""
    return test.split("::")[0]
