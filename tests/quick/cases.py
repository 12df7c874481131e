"""Commits of every kind that the hook may meet, drawn by chance: mostly clean source, with odd things in it.

A case is a solution, up to three oddities, and which of all that the commit changes. What is odd is often
not what is changed: the check looks at a touched solution whole, and so must whatever is faster.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.accuracy.bases import Base
from tests.accuracy.planting import plant, rules
from tests.quick.drafts import FILE, Draft, Entry, Tree, begin
from tests.quick.oddities import ODDITIES, VARIED


class Case(NamedTuple):
    """A commit: the tree of HEAD and the one that is staged. `told` says how it came about."""

    before: Tree
    after: Tree
    told: tuple[str, ...]


def case(seed: str) -> Case:
    """The case of a seed, always the same."""
    random = Random(seed)
    draft = begin(random)
    told: list[str] = []
    if random.random() < 0.2:
        rule = random.choice(rules())
        # It needs a solution that is well made, and so comes first.
        draft.files = dict(plant(rule, Base("made", draft.files, draft.folder), random).after)
        told.append(f"a violation of {rule}")
    sound = draft.tree()
    for name in random.choices([*ODDITIES, *VARIED * 3], k=random.choice([0, 1, 1, 1, 2, 3])):
        ODDITIES[name](draft)
        told.append(name)
    after = draft.tree()
    before = _before(random, draft, sound, after, told)
    return Case(before, after, tuple(told))


def _before(random: Random, draft: Draft, sound: Tree, after: Tree, told: list[str]) -> Tree:
    """The tree before a commit that brings, changes or deletes some of what was drawn.

    What it deletes is taken out of `after`.
    """
    if random.random() < 0.1:
        told.append("all new")
        return {"README.md": Entry(FILE, b"Begin\n")}
    before = dict(after)
    own = [path for path in draft.own("") if path in after and path in sound] or [*after]
    odd = [path for path in after if after[path] != sound.get(path)] or own
    places = random.choice([own, own, own, odd, [*after]])
    for path in random.sample(places, min(len(places), random.choice([1, 1, 1, 2, 4]))):
        change = random.choice(["new", "edited", "edited", "edited", "gone"])
        if change == "new":
            del before[path]
        elif change == "edited":
            content = random.choice([b"before", after[path].content + b"\n"])
            before[path] = Entry(FILE, content)
        elif len(after) > 1:
            del after[path]
        told.append(f"{change}: {path}")
    return before
