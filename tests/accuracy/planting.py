"""Violations, one of each kind, in every form, place and depth that the formats know."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.accuracy.bases import Base
from tests.accuracy.editing import Editor
from tests.support.memory import Tree


class Planted(NamedTuple):
    """A violation: the form it has, where it must be reported, and a word that shows it is this one.

    `also` are rules that may speak as well, since the planted thing breaks them too.
    """

    form: str
    path: str
    word: str
    also: tuple[str, ...] = ()


class Case(NamedTuple):
    """A tree before and after a violation was planted."""

    rule: str
    planted: Planted
    before: Tree
    after: Tree


Planter = Callable[[Editor, Random], Planted]
"""Changes the editor's tree; what is needed beside the violation stands in the tree before, too."""


def plant(rule: str, base: Base, random: Random) -> Case:
    """Plant one violation of a rule into a clean solution."""
    from tests.accuracy.between import PREPARED
    from tests.accuracy.inside import PLANTERS

    tree = dict(base.tree)
    editor = base.editor(tree, random)
    if rule in PREPARED:
        prepare, planter = PREPARED[rule]
        prepared = prepare(editor, random)
        before = dict(tree)
        planted = planter(editor, random, prepared)
    else:
        before = dict(tree)
        planted = PLANTERS[rule](editor, random)
    return Case(rule, planted, before, tree)


def rules() -> list[str]:
    """The rules that violations are planted of."""
    from tests.accuracy.between import PREPARED
    from tests.accuracy.inside import PLANTERS

    return sorted({*PLANTERS, *PREPARED})
