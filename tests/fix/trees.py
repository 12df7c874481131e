"""Trees in memory, mended without a command around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache

from crstandards.check.session import Session
from crstandards.fixes.judgement import Judged
from crstandards.fixes.mend import PLANNERS, Mended, Terms, mend
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import Plan
from crstandards.model import Solution
from crstandards.policy import CONFIG_FILE
from crstandards.policy.configuration import Config, parse_config
from crstandards.rules import BY_ID, RULES
from crstandards.source.facts import Facts
from tests.accuracy.trees import AS_OF, Memory
from tests.builders import solution_files

Tree = Mapping[str, bytes]


def tree_of(folder: str, name: str, *of_solution: object, **more: object) -> dict[str, bytes]:
    """A solution's files (see `solution_files`) in a folder."""
    prefix = f"{folder}/" if folder else ""
    files = solution_files(name, *of_solution, **more)  # type: ignore[arg-type]
    return {prefix + path: data for path, data in files.items()}


def judged(tree: Overlay, config: Config | None = None) -> Judged:
    """What all rules say of a tree."""
    session = Session(tree, config or Config(), RULES, AS_OF, Facts(), whole=True)
    return Judged(session.report(), session.world)


@cache
def nothing_judged() -> Judged:
    """What the rules say of an empty tree, to put other findings into."""
    return judged(Overlay(Memory({})))


def mended(
    files: Tree,
    *,
    word: bool = False,
    rules: Collection[str] = tuple(PLANNERS),
    wanted: Callable[[Solution], bool] = lambda solution: True,
    agree: Callable[[Plan], bool] | None = None,
    against_writing: Callable[[str], str] = lambda path: "",
    with_baseline: bool = False,
) -> Mended:
    """The tree with fixes made; its configuration lies in it."""
    text = files.get(CONFIG_FILE)
    config = parse_config(text, CONFIG_FILE, BY_ID) if text else Config()
    terms = Terms(
        lambda tree: judged(tree, config),
        lambda rule, severity: rule.id in rules,
        wanted,
        agree or (lambda plan: word),
        against_writing,
        with_baseline,
    )
    return mend(Overlay(Memory(files)), terms)
