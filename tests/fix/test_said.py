"""Every kind of fix in full: its words and its bytes, or the reason against it.

`tests/fix/said` holds them, a file for each rule, or for a part of what it can meet. To write the files
anew: UPDATE_SAID=1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from crstandards.fixes.rounds import Fixed
from tests.fix.scenes import SCENES
from tests.fix.trees import fixed

FOLDER = Path(__file__).parent / "said"


ALL = [(part, name) for part, scenes in SCENES.items() for name in scenes]


@pytest.mark.parametrize(("part", "name"), ALL, ids=[f"{part}-{name}" for part, name in ALL])
def test_word_for_word(part: str, name: str) -> None:
    scene = SCENES[part][name]
    told = _told(fixed(scene.tree, word=scene.word, rules=scene.rules), scene.tree)
    text = "".join(f"{line}\n" for line in told)
    if os.environ.get("UPDATE_SAID"):
        _write(part, name, text)
    assert text == _read(part)[name]


def test_nothing_is_said_of_scenes_that_are_no_more() -> None:
    assert {path.stem: list(_read(path.stem)) for path in sorted(FOLDER.iterdir())} == {
        rule: list(scenes) for rule, scenes in SCENES.items()
    }


def _told(result: Fixed, tree: Mapping[str, bytes]) -> Iterator[str]:
    for title, plans in (("fixed", result.done), ("not without a word", result.waiting)):
        for plan in plans:
            safe = "" if plan.safe or title != "fixed" else " (needs a word)"
            yield f"{title}{safe}: {plan.finding.rule} {plan.finding.place.path}"
            yield f"  {plan.does}"
    for refusal in result.refused:
        where = " (in the portal)" if refusal.in_portal else ""
        yield f"left alone{where}: {refusal.finding.rule} {refusal.finding.place.path}: {refusal.reason}"
    for path, (before, after) in sorted(result.tree.edited.items()):
        assert before == tree[path]
        yield f"changed: {path}"
        yield from (f"  {line}" for line in _difference(before, after))
    for item in result.checked.report.findings:
        yield f"left: {item.rule.id} {item.finding.place.path}"


def _difference(before: bytes, after: bytes) -> Iterator[str]:
    """The lines that differ, with their line ends, each place with its line numbers."""
    codec = "utf-8" if before.isascii() or not before.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-16"
    old, new = (
        [repr(line)[1:-1] for line in data.decode(codec).splitlines(keepends=True)]
        for data in (before, after)
    )
    assert before[:2] == after[:2]
    lines = [line for line in unified_diff(old, new, n=0, lineterm="") if not line.startswith(("---", "+++"))]
    for _, group in groupby(lines, lambda line: line[0]):
        first, *rest = group
        yield first
        # A whole element is told by its first line and its last one.
        yield from rest if len(rest) < 6 else (f"{first[0]} ({len(rest) - 1} lines)", rest[-1])


@cache
def _read(rule: str) -> Mapping[str, str]:
    _, *entries = f"\n{(FOLDER / f'{rule}.txt').read_text(encoding='utf-8')}".split("\n# ")
    return dict(entry.split("\n\n", 1) for entry in entries)


def _write(rule: str, name: str, text: str) -> None:
    path = FOLDER / f"{rule}.txt"
    known = dict(_read(rule)) if path.exists() else {}
    known[name] = text
    entries = [f"# {scene}\n\n{known[scene]}" for scene in SCENES[rule] if scene in known]
    FOLDER.mkdir(exist_ok=True)
    path.write_text("\n".join(entries), encoding="utf-8", newline="\n")
    _read.cache_clear()
