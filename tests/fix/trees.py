"""Trees in memory, fixed without a command around it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.fixes.edits import Overlay
from crstandards.fixes.plans import FixPlan
from crstandards.fixes.rounds import Fixed, Limits, Outcome, fix
from crstandards.policy import CONFIG_FILE
from crstandards.policy.configuration import Config, parse_config
from crstandards.reported import Reported
from crstandards.rules import RULES
from crstandards.source.facts import Facts
from tests.support.builders import solution_files
from tests.support.memory import AS_OF, Memory

Tree = Mapping[str, bytes]
FIXED = tuple(rule.id for rule in RULES if rule.is_fixable)


def tree_of(folder: str, name: str, *of_solution: object, **more: object) -> dict[str, bytes]:
    """A solution's files (see `solution_files`) in a folder."""
    prefix = f"{folder}/" if folder else ""
    files = solution_files(name, *of_solution, **more)  # type: ignore[arg-type]
    return {prefix + path: data for path, data in files.items()}


def checked(tree: Overlay, config: Config | None = None) -> Outcome:
    """What all rules find in a tree."""
    session = Session(tree, config or Config(), RULES, AS_OF, Facts(), whole=True)
    return Outcome(full_report(session), session.world)


def fixed(
    files: Tree,
    *,
    word: bool = False,
    rules: Collection[str] = FIXED,
    wanted: Callable[[Reported], bool] = lambda item: True,
    agree: Callable[[FixPlan, Overlay], bool] | None = None,
    against_writing: Callable[[str], str] = lambda path: "",
    **more: object,
) -> Fixed:
    """The tree with fixes made; its configuration lies in it. `more` are further terms."""
    text = files.get(CONFIG_FILE)
    config = parse_config(text, CONFIG_FILE) if text else Config()
    terms = Limits(
        lambda tree: checked(tree, config),
        lambda item: item.rule.id in rules and item.suppressed is None and wanted(item),
        agree or (lambda plan, tree: plan.safe or word),
        against_writing,
    )
    return fix(Overlay(Memory(files)), terms._replace(**more))  # type: ignore[arg-type]


def changed(files: Tree, **terms: Any) -> dict[str, bytes]:
    """What the files hold that are changed."""
    return {path: versions.after for path, versions in fixed(files, **terms).tree.edited.items()}


def refused(files: Tree, **terms: Any) -> list[str]:
    """Why findings are left alone; nothing may be changed."""
    result = fixed(files, **terms)
    assert not result.tree.edited
    return [item.reason for item in result.refused]
