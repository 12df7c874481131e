"""What the mistakes are, that they reach a program, and that each explanation is about one."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from tests.mutation.explained import explanations
from tests.mutation.inject import into_function
from tests.mutation.mutants import ROOT, all_mutants, mutants
from tests.mutation.selection import Selection

SOURCE = '''
"""A docstring."""
from __future__ import annotations

LIMIT = 3

def smallest(items: list[int], wanted: bool = True) -> int:
    """Another."""
    if not items:
        raise ValueError("nothing")
    return min(item for item in items if item > 0)
'''


def test_every_change_is_told_with_its_function() -> None:
    assert [mutant.name for mutant in mutants("m", ast.parse(SOURCE))] == [
        "m (import): 3 -> 4",
        "m (import): True -> False",
        "m smallest: not items -> items",
        "m smallest: raise ValueError('nothing') -> pass",
        "m smallest: ValueError('nothing') -> ValueError('XXnothingXX')",
        "m smallest: return min((item for item in items if item > 0)) -> return None",
        "m smallest: min((item for item in items if item > 0)) -> max((item for item in items if item > 0))",
        "m smallest: (item for item in items if item > 0) -> (item for item in items)",
        "m smallest: item > 0 -> item >= 0",
        "m smallest: item > 0 -> item > 1",
    ]


def test_each_mutant_is_one_change_of_the_source() -> None:
    count = len(mutants("m", ast.parse(SOURCE)))
    unchanged = ast.unparse(ast.parse(SOURCE)).splitlines()
    for number in range(count):
        mutant = mutants("m", ast.parse(SOURCE))[number]
        assert mutant.source(wrong=False).splitlines() == unchanged
        changed = mutant.source(wrong=True).splitlines()
        assert sum(old != new for old, new in zip(unchanged, changed, strict=True)) == 1


def test_the_tests_of_a_statement_are_those_of_all_its_lines(tmp_path: Path) -> None:
    source = "def f(a, b):\n    if (\n        a\n        or b\n    ):\n        return 1\n"
    found = {mutant.name: mutant for mutant in mutants("crstandards.source.x", ast.parse(source))}
    mutant = found["crstandards.source.x f: a or b -> a and b"]
    assert (mutant.line, mutant.last) == (2, 5)
    data = CoverageData(str(tmp_path / "coverage"))
    for test, line in {"one": 3, "two": 4, "none": 6, "": 1}.items():
        data.set_context(test)
        data.add_lines({str(ROOT / "crstandards/source/x.py"): [line]})
    data.write()
    selection = Selection(tmp_path / "coverage", ["crstandards.source"])
    assert (selection.of_line(mutant), selection.at_import(mutant)) == (["one", "two"], False)
    returned = found["crstandards.source.x f: 1 -> 2"]
    assert (returned.line, returned.last, selection.of_line(returned)) == (6, 6, ["none"])


PROGRAM = """\
import sys
from pathlib import Path
from tests.mutation.inject import into_function, into_imports
from tests.mutation.mutants import all_mutants
if {loaded}:
    import crstandards.rules.wording
wanted = "count: number == 1 -> number != 1"
[mutant] = [item for item in all_mutants("rules.wording") if item.name.endswith(wanted)]
source = mutant.source({wrong})
into_imports(mutant.module, source, Path({folder!r}))
assert into_function(mutant.module, mutant.function, source)
from crstandards.rules.wording import count
import subprocess
inner = "from crstandards.rules.wording import count; print(count(2, 'flow'))"
print(count(2, "flow"), flush=True)
subprocess.run([sys.executable, "-c", inner], env={{}}, check=True)
"""


@pytest.mark.parametrize("loaded", [False, True], ids=["to be imported", "loaded"])
@pytest.mark.parametrize(("wrong", "said"), [(True, "2 flow"), (False, "2 flows")])
def test_a_mistake_reaches_the_program_and_its_processes(
    wrong: bool, said: str, loaded: bool, tmp_path: Path
) -> None:
    program = PROGRAM.format(wrong=wrong, loaded=loaded, folder=str(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == [said, said]


OVERLOADED = """\
from typing import overload
class C:
    @overload
    def f(self, x: int) -> int: ...
    @overload
    def f(self, x: str) -> str: ...
    def f(self, x):
        return [x]
"""


def test_a_mistake_is_put_into_the_function_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "overloaded.py").write_text(OVERLOADED)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("overloaded")
    assert into_function("overloaded", "C.f", OVERLOADED.replace("[x]", "(x,)"))
    assert module.C().f(1) == (1,)
    del sys.modules["overloaded"]


def test_each_explanation_is_about_a_mistake_that_can_be_made() -> None:
    packages = ("check", "fixes", "policy", "quick", "rules", "source")
    names = {mutant.name for package in packages for mutant in all_mutants(package)}
    assert explanations().keys() <= names
