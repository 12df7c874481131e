"""Which findings of a later tree were there earlier."""

from __future__ import annotations

from crstandards.findings import Finding, Subject
from crstandards.history.compare import added, grown, pair
from crstandards.places import Place


def between(*names: str, environments: tuple[str, ...]) -> Finding:
    """A CR301, as it is found for environments alike."""
    identity = (*environments, "shared_sql", *sorted(names))
    subject = Subject(connector="shared_sql", by_solution={"A": names}, environments=environments)
    return Finding(
        "CR301", "", Place("a.xml", 7), f"keep {names[0]}", "h", identity, subject, together="references"
    )


BOTH = between("con_a", "con_b", environments=("prod", "test"))
PROD = between("con_b", "con_a", environments=("prod",))
TEST = between("con_a", "con_b", environments=("test",))


def test_what_is_said_differently_of_each_environment_is_not_new() -> None:
    assert added([PROD, TEST], [BOTH]) == []
    assert pair([PROD, TEST], [BOTH]).gone == ()
    assert added([BOTH], [PROD, TEST]) == []
    assert pair([BOTH], [PROD, TEST]).gone == ()


def test_another_environment_or_member_is_new_and_so_is_a_second_one() -> None:
    assert added([BOTH], [PROD]) == [BOTH]
    wider = between("con_a", "con_b", "con_c", environments=("prod",))
    assert added([wider, TEST], [BOTH]) == [wider]
    assert added([PROD, PROD, TEST], [BOTH]) == [PROD]


def test_a_group_that_has_got_a_member_is_not_mended_but_one_copy_less_is() -> None:
    assert grown(PROD, [between("con_a", "con_b", "con_c", environments=("prod",))])
    assert not grown(PROD, [PROD])


def unreadable(content: str, path: str = "a.json", reason: str = "not JSON") -> Finding:
    place = Place(path)
    return Finding("CR901", "", place, "", "", ("ContosoHR", "a.json", reason), content=content)


def test_what_cannot_be_read_is_as_before_only_with_the_same_bytes() -> None:
    before = unreadable("git:1")
    assert added([unreadable("git:1")], [before]) == []
    assert added([unreadable("git:1", "moved/a.json")], [before]) == []
    assert added([unreadable("git:2")], [before]) == [unreadable("git:2")]
    assert added([before, unreadable("git:2", "copy/a.json")], [before]) == [
        unreadable("git:2", "copy/a.json")
    ]


def test_a_file_that_cannot_be_read_in_another_way_is_not_mended() -> None:
    before = unreadable("git:1")
    assert grown(before, [unreadable("git:2")])
    assert grown(before, [unreadable("git:2", reason="the file is empty")])
    assert not grown(before, [unreadable("git:2", "b.json")])
