"""Which reference is kept, and what becomes of those who use another: the plan behind a report's advice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from crstandards.check.session import Session
from crstandards.findings import Finding
from crstandards.policy.configuration import Config, parse_config
from crstandards.rules import RULES
from tests.accuracy.trees import AS_OF, Memory
from tests.builders import OUTLOOK, flow, solution_files

ONE_SET = '[[environments]]\nname = "prod"\n'


def files_of(**solutions: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of solutions, each with its references, and with a reference for each of its flows."""
    files: dict[str, bytes] = {}
    for name, has in solutions.items():
        flows = {title: flow({OUTLOOK: reference}) for title, reference in has.get("flows", {}).items()}
        made = solution_files(f"Contoso{name}", has["references"], flows)
        files |= {
            f"{name}/{path}": data if isinstance(data, bytes) else data.encode()
            for path, data in made.items()
        }
    return files


def finding(
    files: Mapping[str, bytes], rule: str, config: str = "", base: Mapping[str, bytes] | None = None
) -> Finding:
    settings = parse_config(config.encode(), "crstandards.toml") if config else Config()
    session = Session(Memory(dict(files)), settings, RULES, AS_OF, whole=True)
    session.compare_with(lambda: None if base is None else Memory(dict(base)))
    return next(item.finding for item in session.report().findings if item.rule.id == rule)


def steps(found: Finding) -> list[tuple[str, str, str]]:
    return [(step.do, step.from_ or step.reference, step.to) for step in found.steps]


A, AB = ["con_a"], ["con_a", "con_b"]


@pytest.mark.parametrize(
    ("base", "keep"),
    [(None, "con_b"), (A, "con_a"), (AB, "con_b"), ([], "con_b")],
    ids=["none", "a", "both", "neither"],
)
def test_what_was_there_before_is_kept(base: Sequence[str] | None, keep: str) -> None:
    flows = {"One": "con_b", "Two": "con_b", "Three": "con_a"}
    files = files_of(HR={"references": AB, "flows": flows})
    before = None if base is None else files_of(HR={"references": base})
    found = finding(files, "CR201", base=before)
    assert found.subject.keep == keep
    assert {to for do, _, to in steps(found) if do == "move"} == {keep}
    (gone,) = {"con_a", "con_b"} - {keep}
    assert ("remove", gone, "") in steps(found)
    assert found.place.at == next(member.place.at for member in found.members if member.message == gone)


def test_a_new_solution_takes_what_the_environment_has() -> None:
    old = {"references": ["con_a"]}
    new = {"references": ["con_b"], "flows": {"One": "con_b", "Two": "con_b"}}
    found = finding(files_of(HR=old, IT=new), "CR301", ONE_SET, base=files_of(HR=old))
    assert steps(found) == [("move", "con_b", "con_a"), ("move", "con_b", "con_a"), ("remove", "con_b", "")]
    assert found.place.path == "IT/Other/Customizations.xml"


def test_a_solution_keeps_what_its_environment_keeps() -> None:
    files = files_of(
        HR={"references": AB, "flows": {"One": "con_a", "Two": "con_a"}},
        IT={"references": ["con_b"], "flows": dict.fromkeys(("Three", "Four", "Five"), "con_b")},
    )
    assert [finding(files, "CR201", config).subject.keep for config in ("", ONE_SET)] == ["con_a", "con_b"]


def test_raw_entries_count_for_the_reference_that_they_would_get() -> None:
    files = files_of(
        HR={"references": A, "flows": {"One": None, "Two": None, "Three": "con_a"}},
        IT={"references": ["con_b"], "flows": {"Four": "con_b", "Five": "con_b"}},
    )
    assert ("remove", "con_b", "") in steps(finding(files, "CR301", ONE_SET))


def test_a_path_excepts_a_group_only_whole() -> None:
    files = files_of(HR={"references": A}, IT={"references": ["con_b"]})
    for path, is_excepted in (("IT/**", False), ("**", True)):
        exception = f'[[exceptions]]\nrule = "CR301"\npath = "{path}"\nreason = "two mailboxes"\n'
        config = parse_config((ONE_SET + exception).encode(), "crstandards.toml")
        report = Session(Memory(files), config, RULES, AS_OF).report()
        (found,) = (item for item in report.findings if item.rule.id == "CR301")
        assert bool(found.suppressed) == is_excepted
        assert bool(found.finding.steps) != is_excepted
