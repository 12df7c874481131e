"""CR504: declared references that nothing uses are removed, with a word."""

from __future__ import annotations

import re

import pytest

from tests.builders import (
    OUTLOOK,
    TEAMS,
    Json,
    action,
    customizations,
    flow,
    raw_entry,
    to_json,
    write_files,
    write_solution,
)
from tests.fix.conftest import Bench
from tests.fix.test_cr201 import settings

PATH = "src/Other/Customizations.xml"
REFERENCES = ("con_outlook", ("con_teams", TEAMS), ("con_planner", "shared_planner"))


def test_they_go_with_their_settings(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES)
    write_files(bench.root, {"prod.json": to_json(settings("con_teams", "con_outlook", "con_planner"))})
    assert bench.fix("--unsafe", "--select", "CR504").status == 0
    assert bench.files()[PATH].decode() == customizations(REFERENCES[:1])
    assert bench.files()["prod.json"].decode() == to_json(settings("con_outlook"))


def test_not_without_a_word(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES)
    before = bench.files()
    ran = bench.fix()
    assert ran.status == 0
    assert bench.files() == before


def test_all_of_them_leave_an_empty_list(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES, {})
    bench.fix("--unsafe", "--select", "CR504")
    assert b"<connectionreferences>\n  </connectionreferences>" in bench.files()[PATH]
    assert bench.found() == []


def test_all_of_a_group_that_nothing_uses(bench: Bench) -> None:
    """Where both rules are asked for, the last one goes too, and that is told with the first step."""
    write_solution(bench.root / "src", "ContosoHR", ["con_a", "con_b"], {})
    ran = bench.fix("--unsafe")
    assert "olution ContosoHR: Removed: con_b; nothing here uses con_a either." in ran.out
    assert bench.files()[PATH].decode() == customizations(["con_a"])
    write_solution(bench.root / "src", "ContosoHR", ["con_a", "con_b"], {})
    ran = bench.fix("--unsafe", "--select", "CR201,CR504")
    told = "Removed: con_b; then con_a too, as nothing uses it any more."
    assert told in " ".join(ran.out.split())
    assert "kept" not in ran.out
    assert b"con_" not in bench.files()[PATH]


def lost(alias: str, connector: str = "") -> Json:
    """A flow that has lost an alias, which an operation uses."""
    return flow({}, {"Send": action(alias, connector)})


def old(alias: str) -> Json:
    """The same, in an older form, which names no connector."""
    expression = f"@parameters('$connections')['{alias}']['connectionId']"
    return flow(
        {}, {"Send": {"type": "ApiConnection", "inputs": {"host": {"connection": {"name": expression}}}}}
    )


@pytest.mark.parametrize(
    ("document", "left"),
    [
        (flow({}), []),
        (flow({OUTLOOK: raw_entry() | {"more": 1}}), ["con_outlook"]),
        (flow({OUTLOOK: {"connection": {}}}), ["con_outlook", "con_teams"]),
        (lost(OUTLOOK), ["con_outlook"]),
        (lost("mail", TEAMS), ["con_teams"]),
        (old(f"{TEAMS}_2"), ["con_teams"]),
        (old("mail"), ["con_outlook", "con_teams"]),
        (flow({"shared_planner": None}), []),
        (lost("shared_planner"), []),
    ],
)
def test_what_may_be_the_one_that_is_wanted_stays(bench: Bench, document: Json, left: list[str]) -> None:
    """Of a raw entry's connector, or a lost one's; of any, where that is not known."""
    write_solution(bench.root / "src", "ContosoHR", ["con_outlook", ("con_teams", TEAMS)], {"Send": document})
    bench.fix("--unsafe", "--select", "CR504")
    declared = re.findall('logicalname="(.+?)"', bench.files()[PATH].decode())
    assert declared == left
    assert bench.found("CR504") == []


def test_it_says_what_goes(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES)
    said = " ".join(bench.fix("--unsafe", "--select", "CR504").out.split())
    assert "olution ContosoHR: con_teams and con_planner removed, which nothing here uses" in said


def test_bought_source_is_left_alone(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES)
    write_files(bench.root, {"crstandards.toml": '[source]\nvendored = ["src/**"]\n'})
    before = bench.files()
    bench.fix("--unsafe", "--select", "CR504")
    assert bench.files() == before
