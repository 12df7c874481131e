"""Ten times as much to mend takes about ten times as many steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest

from crstandards.fixes.edits import Overlay
from crstandards.fixes.rounds import with_fixes
from tests.fix.trees import checked, fixed, tree_of
from tests.support.builders import OUTLOOK, Json, action, entry, flow
from tests.support.memory import Memory
from tests.support.work import lines_run

Tree = Mapping[str, bytes]


def old(alias: str) -> Json:
    """An operation that names its alias in an expression."""
    name = f"@parameters('$connections')['{alias}']['connectionId']"
    return {"type": "ApiConnection", "inputs": {"host": {"connection": {"name": name}}}}


def aliases(count: int, operation: Callable[[str], Json] = lambda alias: action(alias, OUTLOOK)) -> Tree:
    """One flow with so many aliases for one reference."""
    names = [f"a{number}" for number in range(count)]
    document = flow(
        {name: entry("con_a") for name in names}, {f"Use_{name}": operation(name) for name in names}
    )
    return tree_of("HR", "ContosoHR", ["con_a"], {"Send": document})


def raw_entries(count: int) -> Tree:
    """One flow with so many raw entries, each for a connector of its own."""
    connectors = [f"shared_x{number}" for number in range(count)]
    references = [(f"con_{connector}", connector) for connector in connectors]
    return tree_of("HR", "ContosoHR", references, {"Send": flow(dict.fromkeys(connectors))})


def twice(count: int) -> Tree:
    """So many references that are declared twice, alike."""
    references = [(f"con_{number}", f"shared_x{number}") for number in range(count)]
    return tree_of("HR", "ContosoHR", [*references, *references], {})


def solutions(count: int) -> Tree:
    """So many solutions with a duplicate and settings of their own."""
    tree: dict[str, bytes] = {}
    for number in range(count):
        names = [f"con_a{number}", f"con_b{number}"]
        tree |= tree_of(f"S{number}", f"Contoso{number}", names, {"Send": flow({OUTLOOK: names[0]})})
        bound = [{"LogicalName": name, "ConnectionId": "x"} for name in names]
        tree[f"config/{number}.json"] = json.dumps({"ConnectionReferences": bound}).encode()
    return tree


KINDS: dict[str, Callable[[int], Tree]] = {
    "aliases": aliases,
    "aliases in expressions": lambda count: aliases(count, old),
    "raw entries of a flow": raw_entries,
    "names declared twice": twice,
    "solutions": solutions,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fix_takes_steps_in_proportion(kind: str) -> None:
    def steps(count: int) -> int:
        tree = KINDS[kind](count)
        return lines_run(lambda: fixed(tree, word=True))

    assert steps(300) < 13 * steps(30)


@pytest.mark.parametrize("kind", ["raw entries of a flow", "names declared twice", "aliases"])
def test_a_report_with_its_fixes_takes_steps_in_proportion(kind: str) -> None:
    def steps(count: int) -> int:
        tree = Memory(KINDS[kind](count))
        report, world = checked(Overlay(tree))
        return lines_run(lambda: with_fixes(report, world, tree))

    assert steps(300) < 13 * steps(30)
