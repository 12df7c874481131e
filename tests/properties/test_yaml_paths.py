"""However a path of a solution's list is spelled, it means the same files and gives the same findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.configuration import Config
from crstandards.reported import Report
from crstandards.rules import RULES
from tests.support.builders import OUTLOOK, flow, flow_component, flow_file, raw_flow, to_json, yaml_files
from tests.support.memory import AS_OF, Memory

LIST = "solutions/ContosoHR/solutioncomponents.yml"
RAW, NAMED, DIRECT, GONE, UNLISTED = "Raw mail", "Named by hand", "Beside the folders", "Gone", "Unlisted"
BY_HAND = f"{flow_component(NAMED)}/Mail.json"
BESIDE = f"modernflows/{flow_file(DIRECT)}"
COMPONENTS = (
    *("connectionreferences/con_a", "connectionreferences/con_b", "publishers/con", "widgets/one"),
    *(flow_component(RAW), flow_component(NAMED), BESIDE, flow_component(GONE)),
)
Names = tuple[str, ...]
SAME: dict[str, Names] = {
    "connectionreferences/con_a": ("connectionreferences/con_a/connectionreference.yml",),
    flow_component(RAW): (
        f"{flow_component(RAW)}/{flow_file(RAW)}",
        f"{flow_component(RAW)}/{flow_file(RAW)}".removesuffix(".json"),
        f"{flow_component(RAW)}/workflow.yml",
        f"{flow_component(RAW)}/workflow",
    ),
    flow_component(NAMED): (BY_HAND, BY_HAND.removesuffix(".json")),
    BESIDE: (BESIDE.removesuffix(".json"),),
    flow_component(GONE): (f"{flow_component(GONE)}/workflow.yml",),
}
"""Other names of a component: a file that is in it, with or without its ending."""


def files() -> dict[str, bytes]:
    """A solution with each kind of flow: raw ones, one that is not there, one that nothing lists."""
    flows = {RAW: raw_flow(), UNLISTED: raw_flow(), GONE: flow()}
    found = yaml_files("ContosoHR", ["con_a", "con_b"], flows, COMPONENTS)
    del found[f"{flow_component(GONE)}/{flow_file(GONE)}"]
    found[BY_HAND] = to_json(flow({OUTLOOK: "con_nowhere"})).encode()
    found[BESIDE] = to_json(flow({"shared_teams": None})).encode()
    return found


def report(listing: bytes) -> Report:
    return full_report(Session(Memory({**files(), LIST: listing}), Config(), RULES, AS_OF, whole=True))


def verdict(found: Report) -> list[tuple[str, ...]]:
    """What is found and where, without the lines of the list, in which the order may be another."""
    return sorted(
        (
            *(item.rule.id, item.span.path, item.finding.message.casefold()),
            *(() if item.span.path == LIST else (item.fingerprint, str(item.span.line))),
        )
        for item in found.findings
    )


def written(paths: Sequence[str]) -> bytes:
    return yaml.safe_dump({"SolutionComponents": {"Component": [{"@path": path} for path in paths]}}).encode()


PLAIN = verdict(report(written([f"/{path}" for path in COMPONENTS])))


def test_what_the_service_writes() -> None:
    assert [entry[0] for entry in PLAIN] == [
        *("CR101", "CR101", "CR101", "CR201", "CR501", "CR509", "CR510", "CR901")
    ]


def respelled(path: str, random: Random) -> str:
    """The same path in other letters."""
    slash = random.choice(["/", "//", "\\", "/./", "/x/../", "\\.\\"])
    start = random.choice(["", "/", "./", "//", "\\", ".\\", "/./", "../", " "])
    end = random.choice(["", "/", "\\", "/.", " "])
    change: Callable[[str], str] = random.choice([str.lower, str.upper, str.swapcase, str])
    return start + slash.join(map(change, path.split("/"))) + end


def shaped(paths: Sequence[str], random: Random) -> object:
    """The list in one of the shapes in which it may come."""
    listed: list[object] = [
        random.choice([{key: path}, path])
        for path in paths
        for key in [random.choice(["@path", "path", "Path", "@Path"])]
    ]
    return random.choice(
        [
            {"SolutionComponents": {"Component": listed}},
            {"solutioncomponents": {"component": listed}},
            {"SolutionComponents": listed},
            listed,
        ]
    )


@settings(max_examples=150)
@given(
    random=st.randoms(use_true_random=False),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line=st.sampled_from(["\n", "\r\n"]),
)
def test_any_spelling_means_the_same(random: Random, encoding: str, line: str) -> None:
    named = [random.choice([path, *SAME.get(path, ())]) for path in COMPONENTS]
    random.shuffle(named)
    text = yaml.safe_dump(shaped([respelled(path, random) for path in named], random), line_break=line)
    assert verdict(report(text.encode(encoding))) == PLAIN


@pytest.mark.parametrize("key", ["@path", "Path", ""])
@pytest.mark.parametrize("is_listed", [True, False])
def test_one_component_may_stand_without_a_list(key: str, is_listed: bool) -> None:
    path = f"/{flow_component(RAW)}"
    one: object = {key: path} if key else path
    text = yaml.safe_dump({"SolutionComponents": {"Component": [one] if is_listed else one}})
    assert verdict(report(text.encode())) == verdict(report(written([path])))


@settings(max_examples=60)
@given(kept=st.sets(st.sampled_from(COMPONENTS)), random=st.randoms(use_true_random=False))
def test_no_flow_goes_unseen(kept: set[str], random: Random) -> None:
    """Whatever a list leaves out, the raw connections are found, if not in a solution, then without one."""
    found = report(written([respelled(path, random) for path in sorted(kept)]))
    raw = {item.span.path for item in found.findings if item.rule.id == "CR101"}
    assert raw == {entry[1] for entry in PLAIN if entry[0] == "CR101"}
