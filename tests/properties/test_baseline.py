"""What a baseline lets through stays let through, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.findings import Finding
from crstandards.policy.baseline import (
    Baseline,
    can_be_recorded,
    entry_of,
    read_baseline,
    render_baseline,
)
from crstandards.policy.configuration import parse_config
from crstandards.reported import Reported
from crstandards.rules import RULES
from tests.accuracy.formats import decode
from tests.properties.rewriting import ALIKE, REORDERED, Files
from tests.support.builders import Json, Reference, flow, raw_flow
from tests.support.grammar import ALIASES, CONNECTORS, NAMES, Source, repositories, whole
from tests.support.memory import AS_OF, Memory

BASELINE = "crstandards-baseline.json"
SETTINGS = "config/settings.json"
# Two environments that differ in their solutions, and another in which a solution is to have its own.
CONFIG = parse_config(
    b"""
[rules]
CR505 = "warning"

[names]
logical-name = "[a-z_]+"

[[environments]]
name = "prod"
solutions = ["ContosoHR", "ContosoFinance"]
settings = ["config/*.json"]

[[environments]]
name = "test"
solutions = ["ContosoHR"]

[[environments]]
name = "shared"
solutions = ["ContosoIT"]
sharing = "set-per-solution"
""",
    "crstandards.toml",
)
RANDOMS = st.builds(Random, st.integers(0, 2**32))
BOUND = st.lists(st.sampled_from(NAMES), unique=True)
MANY = settings(max_examples=150)
# What is new where something that others need has been taken away.
FROM_TAKING_AWAY = {"CR204", "CR303", "CR501", "CR503", "CR504", "CR506", "CR602"}


def session(files: Mapping[str, bytes], baseline: Baseline | None = None) -> Session:
    return Session(Memory(files), CONFIG, RULES, AS_OF, whole=True, baseline=baseline)


def findings(files: Mapping[str, bytes]) -> list[Finding]:
    inspected = session(files, Baseline())
    return inspected.findings()


def with_baseline(files: Files, baseline: Baseline | None = None) -> Files:
    """The files with a baseline of all that is found in them, or with the one given."""
    if baseline is None:
        recorded = [item for item in findings(files) if can_be_recorded(item.rule, CONFIG)]
        baseline = Baseline(map(entry_of, recorded))
    return {**files, BASELINE: render_baseline(baseline).encode()}


def baseline_in(files: Files) -> Baseline:
    return read_baseline(files[BASELINE], BASELINE)


def new(files: Files) -> list[Reported]:
    """What a check reports, the baseline in the files considered; of the policy only what is about that."""
    return [
        item
        for item in full_report(session(files)).counted()
        if item.rule.id != "CR902" or item.data["setting"] == "baseline"
    ]


def files_of(repository: Sequence[Source], bound: Sequence[str]) -> Files:
    """A repository's files, with deployment settings that bind some references."""
    entries = [{"LogicalName": name, "ConnectionId": "#{id}#", "ConnectorId": ""} for name in bound]
    document = {"EnvironmentVariables": [], "ConnectionReferences": entries}
    return {**whole(repository), SETTINGS: json.dumps(document).encode()}


def moved(files: Files, random: Random) -> Files:
    """Each solution in another folder."""
    tops = sorted({path.partition("/")[0] for path in files if not path.startswith(("config", BASELINE))})
    there = {top: f"moved {number}/{random.choice(['a', 'ä/b'])}" for number, top in enumerate(tops)}
    return {
        f"{there[top]}/{rest}" if (top := path.partition("/")[0]) in there and rest else path: data
        for path, data in files.items()
        for rest in [path.partition("/")[2]]
    }


def flows_renamed(files: Files, random: Random) -> Files:
    """Flow files, and the flows in them, with other names; a flow is known by its GUID."""
    names = {
        PurePosixPath(path).name: f"Renamed{number}-{PurePosixPath(path).stem[-36:]}.json"
        for number, path in enumerate(sorted(files))
        if "Workflows/" in path and path.endswith(".json")
    }

    def renamed(text: str) -> str:
        for old, anew in names.items():
            text = text.replace(old, anew)
        return text

    return {
        renamed(path): renamed(decode(data)).encode() if path.lower().endswith(".xml") else data
        for path, data in files.items()
    }


def aliases_renamed(files: Files, random: Random) -> Files:
    """Other keys in the flows' connectionReferences, there and in the operations."""
    # As the designer does it: what stands before the number names the connector.
    anew = {alias: f"{alias.removesuffix('_1')}_{number}" for number, alias in enumerate(ALIASES, 2)}

    def renamed(value: object) -> object:
        if isinstance(value, dict):
            return {
                key: {anew[alias]: renamed(entry) for alias, entry in member.items()}
                if key == "connectionReferences"
                else anew.get(member, member)
                if key in ("connectionName", "connectionReferenceName") and isinstance(member, str)
                else renamed(member)
                for key, member in value.items()
            }
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if isinstance(value, str) and "$connections" in value:
            for alias, other in anew.items():
                value = value.replace(f"['{alias}']['connectionId']", f"['{other}']['connectionId']")
        return value

    return {
        path: json.dumps(renamed(json.loads(data))).encode()
        if "Workflows/" in path and path.endswith(".json")
        else data
        for path, data in files.items()
    }


Change = Callable[[Files, Random], Files]
# What is spelt anew comes last: the others write UTF-8 and read JSON.
HARMLESS: dict[str, Change] = {
    "move": moved,
    "rename flows": flows_renamed,
    "rename aliases": aliases_renamed,
    **REORDERED,
    **{name: change for name, change in ALIKE.items() if name != "spell anew"},
    "spell anew": ALIKE["spell anew"],
}


def changed(files: Files, names: Sequence[str], random: Random) -> Files:
    """Source after some harmless changes; the baseline stays as it is."""
    source = {path: data for path, data in files.items() if path != BASELINE}
    for name in sorted(set(names), key=list(HARMLESS).index):
        source = HARMLESS[name](source, random)
    return {**source, BASELINE: files[BASELINE]}


@MANY
@given(repositories(), BOUND, st.lists(st.sampled_from(list(HARMLESS)), min_size=1), RANDOMS)
def test_reformatting_moving_and_renaming_bring_nothing_back(
    repository: list[Source], bound: list[str], names: list[str], random: Random
) -> None:
    files = with_baseline(files_of(repository, bound))
    assert new(files) == []
    assert new(changed(files, names, random)) == []


@pytest.mark.parametrize("name", HARMLESS)
def test_each_harmless_change_changes_something(name: str) -> None:
    source = Source(
        "ContosoHR",
        "src/HR",
        False,
        [Reference("con_a", CONNECTORS[0])],
        {"Flow a": flow({CONNECTORS[0]: "con_a"})},
        [],
    )
    files = with_baseline(files_of([source], []))
    assert any(changed(files, [name], Random(seed)) != files for seed in range(3))


@MANY
@given(repositories(), BOUND, st.data())
def test_a_new_reference_for_a_known_connector_is_reported_and_nothing_old_with_it(
    repository: list[Source], bound: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(repository) - 1))
    source, connector = repository[at], data.draw(st.sampled_from(CONNECTORS))
    files = with_baseline(files_of(repository, bound))
    more = source._replace(references=[*source.references, Reference("con_new", connector)])
    after = {**files, **files_of([*repository[:at], more, *repository[at + 1 :]], bound)}
    # CR504 leaves the one to keep to CR201, so its entry may look mended.
    reported = [item for item in new(after) if item.rule.id != "CR902"]
    # What a lost alias was for may be known only now, and then who else it may be for is not: see CR504.
    lost = {item.subject.connector for item in findings(files) if item.rule == "CR502"}
    told = {"CR504"} if connector in lost else set()
    for item in reported:
        assert "con_new" in str(item.finding) or item.rule.id in told
    mine = [item.name for item in source.references if item.connector == connector]
    groups = [item for item in reported if item.rule.id in ("CR201", "CR205")]
    assert bool(groups) == bool(mine)
    for item in groups:
        was_recorded = len(mine) > 1
        assert item.finding.help.startswith("New here: con_new. The rest") == was_recorded


@MANY
@given(repositories(), BOUND, st.data())
def test_which_reference_is_used_most_brings_nothing_back(
    repository: list[Source], bound: list[str], data: st.DataObject
) -> None:
    files = with_baseline(files_of(repository, bound))
    after = [
        source._replace(flows={**source.flows, **data.draw(more_flows(source), label=source.name)})
        for source in repository
    ]
    reported = new({**files, **files_of(after, bound)})
    # What was unused and is used now has been mended.
    assert {item.rule.id for item in reported} <= {"CR902"}


@st.composite
def more_flows(draw: st.DrawFn, source: Source) -> dict[str, Json]:
    """New flows that use what their solution declares as it should be used."""
    used = draw(st.lists(st.sampled_from(source.references), max_size=4)) if source.references else []
    return {
        f"More {source.name} {number}": flow({item.connector: item.name}) for number, item in enumerate(used)
    }


@MANY
@given(repositories(), BOUND, st.data())
def test_what_is_mended_is_trimmed_and_never_brings_the_rest_back(
    repository: list[Source], bound: list[str], data: st.DataObject
) -> None:
    files = with_baseline(files_of(repository, bound))
    less = [taken_from(source, data) for source in repository]
    more_bound = list(dict.fromkeys([*bound, *data.draw(BOUND, label="now bound")]))
    after = {**files, **files_of(less, more_bound)}
    for path in files.keys() - files_of(less, more_bound).keys() - {BASELINE}:
        del after[path]
    # The entries written here name no connector (CR604): those that are bound only now are new.
    bound_now = set(more_bound) - set(bound)

    def brought(files: Files) -> set[str]:
        return {
            item.rule.id
            for item in new(files)
            if item.rule.id != "CR604" or item.data["reference"] not in bound_now
        }

    assert brought(after) <= {"CR902", *FROM_TAKING_AWAY}

    old = baseline_in(after)
    trimmed = old.trimmed(findings(after))
    assert all(old.covers(entry) for entry in trimmed.entries)
    tidied = with_baseline(after, trimmed)
    assert brought(tidied) <= FROM_TAKING_AWAY
    assert render_baseline(trimmed.trimmed(findings(after))) == render_baseline(trimmed)
    # Without a further change nothing is stale exactly where nothing went.
    stale = [item for item in new(after) if item.rule.id == "CR902"]
    assert bool(stale) == (render_baseline(trimmed) != render_baseline(old))


def taken_from(source: Source, data: st.DataObject) -> Source:
    """A solution without some of its flows and references."""
    stay = data.draw(st.lists(st.booleans(), min_size=8, max_size=8), label=f"stays in {source.name}")
    return source._replace(
        references=[item for item, kept in zip(source.references, stay, strict=False) if kept],
        flows={
            title: document
            for (title, document), kept in zip(source.flows.items(), stay[4:], strict=False)
            if kept
        },
    )


@MANY
@given(repositories(), BOUND, st.data())
def test_trimming_while_something_new_is_there_loses_nothing_old(
    repository: list[Source], bound: list[str], data: st.DataObject
) -> None:
    files = with_baseline(files_of(repository, bound))
    more = [
        source._replace(
            references=[
                *source.references,
                Reference(f"con_new_{number}", data.draw(st.sampled_from(CONNECTORS))),
            ],
            flows={**source.flows, "Flow raw": raw_flow()},
        )
        for number, source in enumerate(repository)
    ]
    trimmed = baseline_in(files).trimmed(findings({**files, **files_of(more, bound)}))
    # CR504 leaves the one to keep to CR201, so its entry may look mended.
    assert {item.rule.id for item in new(with_baseline(files, trimmed))} <= {"CR504"}


@MANY
@given(repositories(), BOUND, st.randoms(use_true_random=False))
def test_two_branches_that_trim_merge_into_one_that_is_read(
    repository: list[Source], bound: list[str], random: Random
) -> None:
    """Both sides' lines are kept, whatever their order, and each finding still is let through."""
    files = with_baseline(files_of(repository, bound))
    lines = files[BASELINE].decode().splitlines(keepends=True)
    kept = [line for line in lines[3:-3] for _ in range(random.choice([1, 2]))]
    random.shuffle(kept)
    merged = "".join([*lines[:3], *kept, *lines[-3:]]).encode()
    assert new({**files, BASELINE: merged}) == []
    assert render_baseline(read_baseline(merged, BASELINE)).encode() == files[BASELINE]
