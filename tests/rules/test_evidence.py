from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.environments import Environment, Inventory, SettingsEntry, SettingsFile
from crstandards.errors import NotVerified
from crstandards.model import ConnectionReference
from crstandards.places import Place
from crstandards.rules.duplicates import evidence


def references(*names: str) -> list[ConnectionReference]:
    return [ConnectionReference(name, name, "shared_x", "", "", "", Place("c.xml")) for name in names]


def environment(
    name: str, bound: dict[str, str], actually: dict[str, str] | None = None, **more: Any
) -> Environment:
    entries = tuple(
        SettingsEntry(key, value, "shared_x", None, (), value.startswith("#")) for key, value in bound.items()
    )
    readers = {
        "settings": lambda: (SettingsFile("s.json", entries),),
        "inventory": lambda: Inventory(bindings=actually),
    }
    return Environment(name, (), **{**readers, **more})


AB = references("con_a", "con_b")
ONE, TWO = {"con_a": "1", "con_b": "1"}, {"con_a": "1", "con_b": "2"}
TOKENS = {"con_a": "#{a}#", "con_b": "#{b}#"}


def of(prod: dict[str, str], test: dict[str, str] | None = None) -> list[Environment]:
    """One environment or two, with what settings bind there."""
    return [environment("prod", prod), *([environment("test", test)] if test else [])]


@pytest.mark.parametrize(
    ("environments", "told"),
    [
        (of(ONE), "same in prod"),
        (of({"CON_A": "X", "con_b": "x"}, ONE), "same in prod and test"),
        (of(TWO), "different in prod"),
        (of(TWO, ONE), "different in prod"),
        (of(TOKENS), "nothing"),
        (of({"con_a": "#{a}#", "con_b": "#{a}#"}), "same in prod"),
        (of({"con_a": "#{a}#", "con_b": "1"}), "nothing"),
        (of(ONE, TOKENS), "same in prod"),
        (of({"con_a": "1"}), "nothing"),
        (of({"con_a": "1", "con_b": ""}), "nothing"),
        (of({}), "nothing"),
        ([], "nothing"),
        # What is bound now tells what tokens stand for.
        ([environment("prod", TOKENS, ONE)], "same in prod"),
        ([environment("prod", {}, TWO)], "different in prod"),
        # Where settings and inventory disagree, nothing is certain.
        ([environment("prod", TWO, {"con_a": "2", "con_b": "2"})], "nothing"),
        ([environment("prod", {}, {"con_a": "", "con_b": ""})], "nothing"),
    ],
)
def test_two_references(environments: list[Environment], told: str) -> None:
    verdict, _, names = told.partition(" in ")
    assert (
        evidence(environments, AB)
        == {
            "same": f" They are bound to the same connection in {names}: proven duplicates.",
            "different": f" They are bound to different connections in {names}: an exception may be right.",
            "nothing": "",
        }[verdict]
    )


def test_three_references() -> None:
    three = references("con_a", "con_b", "con_c")
    prod = environment("prod", {"con_a": "1", "con_b": "2", "con_c": "1"})
    assert evidence([prod], three) == (
        " con_a and con_c are bound to the same connection in prod: proven duplicates. For con_b, bound to "
        "another one in prod, an exception may be right."
    )
    partly = environment("prod", {"con_a": "1", "con_c": "1"})
    assert evidence([partly], three) == (
        " con_a and con_c are bound to the same connection in prod: proven duplicates."
    )


def test_an_inventory_that_cannot_be_read_is_no_evidence() -> None:
    def fails() -> Inventory:
        raise NotVerified("cut off")

    prod = environment("prod", {"con_a": "1", "con_b": "1"}, inventory=fails)
    assert "proven duplicates" in evidence([prod], AB)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(("con_a", "con_b", "con_c")), st.sampled_from(("1", "2", "#{t}#", "#{u}#"))
        ),
        max_size=3,
    )
)
def test_never_proven_where_ids_differ(bound: list[dict[str, str]]) -> None:
    environments = [environment(f"e{number}", entries) for number, entries in enumerate(bound)]
    told = evidence(environments, AB)
    ids = [(entries["con_a"], entries["con_b"]) for entries in bound if {"con_a", "con_b"} <= entries.keys()]
    differ = any(one != other and not (one + other).count("#") for one, other in ids)
    assert ("proven" in told) == (any(one == other for one, other in ids) and not differ)
    assert ("different connections" in told) == differ


def test_of_very_many_references_the_largest_group_is_proven() -> None:
    """Each of them alone but for eight, which stand last."""
    names = [f"con_{number:03}" for number in range(300)]
    bound = {name: str(min(number, 292)) for number, name in enumerate(names)}
    assert evidence([environment("prod", bound)], references(*names)) == (
        f" {', '.join(names[292:298])} and 2 more are bound to the same connection in prod: proven "
        f"duplicates. For {', '.join(names[:6])} and 286 more, bound to another one in prod, an exception "
        "may be right."
    )
