"""Every kind of fix in full: its words, its bytes and what it announces, or the reason against it.

`tests/fix/said` holds them, a file for each rule, or for a part of what it can meet. To write the files
anew: UPDATE_SAID=1.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from functools import cache
from pathlib import Path

import pytest

from crstandards.fixes.jsonverify import REMOVED, JsonChange
from crstandards.fixes.mend import Mended
from crstandards.fixes.plan import FileChange, Plan
from crstandards.fixes.xmlverify import XmlRemoval
from tests.fix.scenes import SCENES
from tests.fix.trees import mended

FOLDER = Path(__file__).parent / "said"


@pytest.mark.parametrize("name", SCENES["CR101"])
def test_cr101_word_for_word(name: str) -> None:
    _is_as_said("CR101", name)


@pytest.mark.parametrize("name", SCENES["CR201"])
def test_cr201_word_for_word(name: str) -> None:
    _is_as_said("CR201", name)


@pytest.mark.parametrize("name", SCENES["CR201-dependencies"])
def test_cr201_dependencies_word_for_word(name: str) -> None:
    _is_as_said("CR201-dependencies", name)


@pytest.mark.parametrize("name", SCENES["CR201-settings"])
def test_cr201_settings_word_for_word(name: str) -> None:
    _is_as_said("CR201-settings", name)


@pytest.mark.parametrize("name", SCENES["CR201-copies"])
def test_cr201_copies_word_for_word(name: str) -> None:
    _is_as_said("CR201-copies", name)


@pytest.mark.parametrize("name", SCENES["CR201-other-users"])
def test_cr201_other_users_word_for_word(name: str) -> None:
    _is_as_said("CR201-other-users", name)


@pytest.mark.parametrize("name", SCENES["CR201-left-alone"])
def test_cr201_left_alone_word_for_word(name: str) -> None:
    _is_as_said("CR201-left-alone", name)


@pytest.mark.parametrize("name", SCENES["CR202"])
def test_cr202_word_for_word(name: str) -> None:
    _is_as_said("CR202", name)


@pytest.mark.parametrize("name", SCENES["CR203"])
def test_cr203_word_for_word(name: str) -> None:
    _is_as_said("CR203", name)


@pytest.mark.parametrize("name", SCENES["CR504"])
def test_cr504_word_for_word(name: str) -> None:
    _is_as_said("CR504", name)


def _is_as_said(rule: str, name: str) -> None:
    scene = SCENES[rule][name]
    told = _told(mended(scene.tree, word=scene.word, rules=scene.rules), scene.tree)
    text = "".join(f"{line}\n" for line in told)
    if os.environ.get("UPDATE_SAID"):
        _write(rule, name, text)
    assert text == _read(rule)[name]


def test_nothing_is_said_of_scenes_that_are_no_more() -> None:
    assert {path.stem: list(_read(path.stem)) for path in sorted(FOLDER.iterdir())} == {
        rule: list(scenes) for rule, scenes in SCENES.items()
    }


def _told(result: Mended, tree: Mapping[str, bytes]) -> Iterator[str]:
    for plan in result.done:
        yield from _plan("mended", plan)
    for plan in result.waiting:
        yield from _plan("not without a word", plan)
    for refusal in result.refused:
        where = " (in the portal)" if refusal.in_portal else ""
        yield f"left alone{where}: {refusal.finding.rule} {refusal.finding.place.path}: {refusal.reason}"
    now = dict(tree)
    for change in (change for plan in result.done for change in plan.changes):
        assert change.before == now[change.path]
        now[change.path] = change.after()
    changed = {path: (data, now[path]) for path, data in tree.items() if data != now[path]}
    assert result.tree.edited == changed
    for item in result.judged.report.findings:
        yield f"left: {item.rule.id} {item.finding.place.path}: {item.finding.message}"


def _plan(title: str, plan: Plan) -> Iterator[str]:
    yield f"{title}: {plan.finding.rule} {plan.finding.place.path}"
    yield f"  {plan.does}"
    yield from (f"  then: {caution}" for caution in plan.cautions)
    about = {
        "safe": "yes" if plan.safe else "no",
        "brings": ", ".join(sorted(plan.brings)),
        "removes": ", ".join(plan.removed),
    }
    yield "  " + "; ".join(f"{key} {value}" for key, value in about.items() if value)
    for change in plan.changes:
        yield f"  {change.path}"
        yield from (f"    {line}" for line in _difference(change.before, change.after()))
        yield from (f"    = {line}" for line in _meaning(change))


def _meaning(change: FileChange) -> Iterator[str]:
    for item in change.meaning:
        if isinstance(item, XmlRemoval):
            yield f"{item.kind} {', '.join(sorted(item.names))}"
        else:
            assert isinstance(item, JsonChange)
            value = "no more" if item.value is REMOVED else repr(item.value)
            yield f"{'/'.join(item.route)}: {value}" + (f", before {item.before}" if item.before else "")


def _difference(before: bytes, after: bytes) -> Iterator[str]:
    """The lines that differ, with their line ends, each place with its line numbers."""
    codec = "utf-8" if before.isascii() or not before.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-16"
    old, new = (
        [repr(line)[1:-1] for line in data.decode(codec).splitlines(keepends=True)]
        for data in (before, after)
    )
    assert before[:2] == after[:2]
    lines = unified_diff(old, new, n=0, lineterm="")
    yield from (line for line in lines if not line.startswith(("---", "+++")))


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
