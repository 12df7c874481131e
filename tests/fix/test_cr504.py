"""CR504: declared references that nothing uses are removed, with a word."""

from __future__ import annotations

from tests.builders import TEAMS, customizations, to_json, write_files, write_solution
from tests.fix.conftest import Bench
from tests.fix.test_cr201 import settings

PATH = "src/Other/Customizations.xml"
REFERENCES = ("con_outlook", ("con_teams", TEAMS), ("con_planner", "shared_planner"))


def test_they_go_with_their_settings(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES)
    write_files(bench.root, {"prod.json": to_json(settings("con_teams", "con_outlook", "con_planner"))})
    assert bench.fix("--unsafe").status == 0
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
    bench.fix("--unsafe")
    assert b"<connectionreferences>\n  </connectionreferences>" in bench.files()[PATH]
    assert bench.found() == []


def test_the_one_kept_of_a_group_that_nothing_uses(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", ["con_a", "con_b"], {})
    bench.fix("--unsafe", "--select", "CR201")
    assert bench.files()[PATH].decode() == customizations(["con_a"])
    bench.fix("--unsafe")
    assert b"con_a" not in bench.files()[PATH]


def test_it_says_what_goes(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES)
    said = " ".join(bench.fix("--unsafe").out.split())
    assert "olution ContosoHR: con_teams and con_planner removed, which nothing here uses" in said


def test_bought_source_is_left_alone(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", REFERENCES)
    write_files(bench.root, {"crstandards.toml": '[source]\nvendored = ["src/**"]\n'})
    before = bench.files()
    bench.fix("--unsafe")
    assert bench.files() == before
