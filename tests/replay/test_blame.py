"""Who introduced what, where histories part and join: cases that random histories seldom meet."""

from __future__ import annotations

import pytest

from crstandards.history.checks import Terms
from crstandards.history.replay import Wish, replay
from crstandards.reported import Report
from crstandards.rules import RULES
from tests.replay.test_histories import quiet
from tests.support.builders import TEAMS, flow, raw_flow, solution_files
from tests.support.histories import Files, Memory, Step


def tree(*references: str | tuple[str, str], raw: bool = False) -> Files:
    return solution_files("ContosoHR", references, {"One": raw_flow() if raw else flow()})


def replayed(*steps: Step, base: int | None = None) -> Report:
    git = Memory(list(steps))
    return replay(git, git.range(base), Terms(RULES), Wish(), quiet)


def blamed(report: Report, rule: str) -> list[str | None]:
    return [
        item.introduced.commit if item.introduced else None
        for item in report.findings
        if item.rule.id == rule
    ]


ONE, TWO, THREE = ("con_a",), ("con_a", "con_b"), ("con_a", "con_b", "con_c")


@pytest.mark.parametrize("parents", [(2, 3), (3, 2)])
def test_a_merge_has_a_group_from_the_parent_that_had_it_first(parents: tuple[int, int]) -> None:
    """One parent has the group as a part of a larger one, which came later; be it the first or not."""
    report = replayed(
        Step((), tree(*ONE)),
        Step((0,), tree(*TWO)),
        Step((1,), tree(*THREE)),
        Step((1,), tree(*TWO) | {"README.md": b"x"}),
        Step(parents, tree(*TWO) | {"README.md": b"x"}),
    )
    assert blamed(report, "CR201") == ["1"]
    # Neither is the larger group mended: a part of it is still there.
    assert report.history is not None
    assert "CR201" not in {item.rule.id for item in report.history.mended}


@pytest.mark.parametrize("parents", [(2, 3), (3, 2)])
def test_a_merge_that_takes_the_larger_group_leaves_it_to_whoever_made_it(parents: tuple[int, int]) -> None:
    report = replayed(
        Step((), tree(*ONE)),
        Step((0,), tree(*TWO)),
        Step((1,), tree(*THREE)),
        Step((1,), tree(*TWO) | {"README.md": b"x"}),
        Step(parents, tree(*THREE) | {"README.md": b"x"}),
    )
    assert blamed(report, "CR201") == ["2"]


def test_a_merge_is_blamed_for_a_group_that_no_parent_has() -> None:
    report = replayed(
        Step((), tree(*ONE)),
        Step((0,), tree("con_a", ("con_t", TEAMS))),
        Step((0,), tree("con_a", ("con_u", TEAMS))),
        Step((1, 2), tree("con_a", ("con_t", TEAMS), ("con_u", TEAMS))),
    )
    assert blamed(report, "CR201") == ["3"]


@pytest.mark.parametrize("parents", [(1, 2), (2, 1)])
def test_a_finding_that_both_sides_brought_is_the_first_parents(parents: tuple[int, int]) -> None:
    report = replayed(
        Step((), tree(*ONE)),
        Step((0,), tree(*ONE, raw=True)),
        Step((0,), tree(*ONE, raw=True) | {"README.md": b"x"}),
        Step(parents, tree(*ONE, raw=True) | {"README.md": b"x"}),
    )
    assert blamed(report, "CR101") == [str(parents[0])]


@pytest.mark.parametrize("parents", [(2, 3), (3, 2)])
def test_what_one_side_has_mended_is_not_mended_again_by_the_merge(parents: tuple[int, int]) -> None:
    report = replayed(
        Step((), tree(*ONE)),
        Step((0,), tree(*ONE, raw=True)),
        Step((1,), tree(*ONE)),
        Step((1,), tree(*ONE, raw=True) | {"README.md": b"x"}),
        Step(parents, tree(*ONE) | {"README.md": b"x"}),
    )
    assert report.history is not None
    [item] = [item for item in report.history.mended if item.rule.id == "CR101"]
    assert (item.introduced and item.introduced.commit, item.mended.commit) == ("1", "2")


def test_what_was_there_before_the_range_on_one_side_only_has_no_author() -> None:
    """The range begins on a side branch; its other parent lies outside and has the group."""
    report = replayed(
        Step((), tree(*ONE)),
        Step((0,), tree(*TWO)),
        Step((0,), tree(*THREE)),
        Step((2, 1), tree(*TWO)),
        base=1,
    )
    assert blamed(report, "CR201") == [None]


FLOW = next(path for path in tree(*ONE) if "/Workflows/" in f"/{path}" and path.endswith(".json"))


@pytest.mark.parametrize(
    ("contents", "culprit"),
    [((b"{", b"{", b"{"), None), ((b"{", b'{"', b'{"'), "1"), ((b"{", b"{}", b'{"'), "2")],
    ids=["as it was", "changed", "mended and broken again"],
)
def test_whoever_changes_a_file_that_cannot_be_read_is_to_look(
    contents: tuple[bytes, ...], culprit: str | None
) -> None:
    report = replayed(
        *(
            Step((number - 1,) if number else (), tree(*ONE) | {FLOW: content, "README.md": bytes([number])})
            for number, content in enumerate(contents)
        ),
        base=0,
    )
    assert blamed(report, "CR901") == [culprit]
    assert report.history is not None
    assert bool(report.history.mended) == (culprit == "2")


def test_what_one_commit_mends_is_told_in_the_order_of_the_solutions() -> None:
    names = [f"Contoso{number}" for number in range(9)]

    def all_of(raw: bool) -> Files:
        return {
            f"{name}/{path}": content
            for name in names
            for path, content in solution_files(name, (), {"One": raw_flow() if raw else flow({})}).items()
        }

    report = replayed(Step((), all_of(True)), Step((0,), all_of(False)))
    assert report.history is not None
    assert [item.finding.solution for item in report.history.mended if item.rule.id == "CR101"] == names
