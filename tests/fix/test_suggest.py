"""Safe fixes as replacements in a report: made by hand from their lines and columns, they are the fix."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from crstandards.fixes.edits import Overlay
from crstandards.fixes.rounds import with_fixes
from crstandards.fixes.steps import file_changes
from crstandards.places import Span
from crstandards.reported import Fix, Replacement
from tests.fix.scenes import SCENES, Scene, of_flow, path_of
from tests.fix.spelling import Spelling
from tests.fix.trees import checked, fixed
from tests.support.builders import OUTLOOK, TEAMS, flow, raw_entry
from tests.support.memory import Memory

PATH = f"HR/{path_of('Send')}"
FILLED = '{\n          "connectionReferenceLogicalName": "con_Outlook"\n        }'


def fixes(tree: Mapping[str, bytes]) -> list[Fix | None]:
    """What is offered, finding by finding."""
    report, world = checked(Overlay(Memory(tree)))
    found = with_fixes(report, world, Memory(tree))
    assert found == report._replace(findings=found.findings)
    assert [item._replace(fix=None) for item in found.findings] == list(report.findings)
    return [item.fix for item in found.findings]


def made(text: str, replacements: tuple[Replacement, ...]) -> str:
    """The text with replacements made, the last one first."""
    lines = text.split("\n")

    def index(line: int, column: int) -> int:
        assert 1 <= column <= len(lines[line - 1]) + 1
        return sum(len(item) + 1 for item in lines[: line - 1]) + column - 1

    for span, new in reversed(replacements):
        start, end = index(span.line, span.column), index(span.end_line, span.end_column)
        text = text[:start] + new + text[end:]
    return text


def test_a_fix_in_full() -> None:
    [raw] = fixes(of_flow(flow({OUTLOOK: None})))
    assert raw == Fix(
        'Flow "Send": con_Outlook chosen in "Use shared office365".',
        (Replacement(Span(PATH, 6, 23, 6, 25), FILLED),),
    )


@pytest.mark.parametrize(
    "spelling",
    [
        Spelling(),
        Spelling("utf-8 with mark", "\r\n", "\t", ends=True),
        Spelling("utf-16-le", "\r\n"),
        Spelling("utf-16-be", "\n", "    "),
        Spelling(indent=None),
    ],
    ids=str,
)
@pytest.mark.parametrize("front", ["", "\n", "\n\n"])
def test_replacements_stand_in_their_lines(spelling: Spelling, front: str) -> None:
    """Whatever stands before them: letters of several bytes, or empty lines."""
    document = {"ä🙂": "ö", **flow({OUTLOOK: None, "ü🙂": raw_entry(), TEAMS: "con_teams"})}
    data = spelling.text(front + spelling.read(spelling.json(document)))
    tree = of_flow(data, ["con_Outlook", ("con_teams", TEAMS)])
    one, other = [fix for fix in fixes(tree) if fix]
    codec = spelling.encoding.partition(" ")[0]
    text = data.decode(codec).removeprefix("\ufeff")
    by_hand = fixed(tree, rules=("CR101",)).tree.data(PATH).decode(codec).removeprefix("\ufeff")
    # Both were offered for the file as it is, so the last one is made first.
    assert made(text, (*one.replacements, *other.replacements)) == by_hand


@pytest.mark.parametrize("name", SCENES["CR203"])
def test_several_edits_are_offered_together(name: str) -> None:
    tree = SCENES["CR203"][name].tree
    offered = [fix for fix in fixes(tree) if fix]
    result = fixed(tree)
    assert [fix.description.lower() for fix in offered] == [f"{plan.does}.".lower() for plan in result.done]
    for fix, plan in zip(offered, result.done, strict=True):
        [versions] = file_changes(plan.changes, Overlay(Memory(tree))).values()
        codec = "utf-16" if versions.before.startswith(b"\xff\xfe") else "utf-8"
        before, after = (data.decode(codec) for data in versions)
        assert made(before, fix.replacements) == after


UNSAFE = {
    name: scene for rule in ("CR201", "CR504") for name, scene in SCENES[rule].items() if "word" not in name
}


@pytest.mark.parametrize("scene", [*UNSAFE.values(), SCENES["CR101"]["one of several"]], ids=str)
def test_what_needs_a_word_is_not_offered(scene: Scene) -> None:
    assert not any(fixes(scene.tree))
