"""What a report advises holds together: done to the letter, it puts that right and harms nothing."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.model import Solution
from crstandards.policy import CONFIG_FILE
from crstandards.policy.configuration import Config, parse_config
from crstandards.policy.exceptions import references_of
from crstandards.report.json_format import document
from crstandards.reported import Report
from crstandards.rules import RULES
from tests.support.builders import (
    OUTLOOK,
    SQL,
    TEAMS,
    Missing,
    action,
    entry,
    flow,
    raw_entry,
    solution_files,
    to_json,
)
from tests.support.carrying_out import Files, carried_out
from tests.support.exports import OTHER_ID, OUTLOOK_ID, reference
from tests.support.memory import AS_OF, Memory


def session_of(files: Files) -> Session:
    text = files.get(CONFIG_FILE)
    config = parse_config(text, CONFIG_FILE) if text else Config()
    return Session(Memory(dict(files)), config, RULES, AS_OF, whole=True)


def steps_of(report: Report) -> list[dict[str, Any]]:
    return [step for item in document(report)["findings"] for step in item["steps"]]


def uses(solutions: tuple[Solution, ...]) -> Iterator[tuple[str, str]]:
    """Each operation, app and agent that goes through a reference."""
    for solution in solutions:
        for one in solution.flows:
            for operation in one.operations:
                if any(entry.reference for entry in one.called(operation.alias)):
                    yield one.path, "/".join(operation.route)
        for use in solution.uses:
            if use.reference:
                yield use.place.path, use.reference


def hold(files: Files) -> Counter[str]:
    """Carry out the steps of a report; how many of its findings have some, by rule."""
    before = session_of(files)
    report = full_report(before)
    steps = steps_of(report)
    used = {(step["solution"], step["to"].lower()) for step in steps if step["do"] in ("use", "move")}
    gone = {(step["solution"], step["reference"].lower()) for step in steps if step["do"] == "remove"}
    assert not used & gone
    changed = carried_out(files, steps)
    after = session_of(changed)
    left = full_report(after)
    for item in report.findings:
        assert not item.finding.help.endswith(":"), item.finding
        if item.finding.steps:
            assert not item.finding.decision
            assert item.fingerprint not in {other.fingerprint for other in left.findings}, item.finding
    # Equal findings in several environments are one.
    places = {environment.name for environment in before.world.environments}
    known = [(item.rule.id, frozenset(item.finding.identity) - places) for item in report.findings]
    unbound = {
        name
        for environment in before.world.environments
        for name, entries in environment.entries.items()
        if any(not entry.connection for _, entry in entries)
    }
    for item in left.counted():
        if item.severity == "error" and not item.rule.is_live:
            now = frozenset(item.finding.identity) - places
            is_known = any(item.rule.id == rule and now <= then for rule, then in known)
            # What gives no connection is told file by file, or entry by entry.
            named = {name.lower() for _, name in references_of(item.finding)}
            assert is_known or (item.rule.id == "CR603" and named <= unbound), item.finding
    assert set(uses(before.solutions)) <= set(uses(after.solutions))
    return Counter(item.rule.id for item in report.findings if item.finding.steps)


def files_in(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def verdicts(files: Files, base: Files | None) -> list[tuple[object, ...]]:
    """What a report says of findings, whatever it advises and wherever it places them."""
    session = session_of(files)
    session.compare_with(lambda: None if base is None else Memory(dict(base)))
    return sorted(
        (item.fingerprint, item.rule.id, item.severity, item.suppressed)
        for item in full_report(session).findings
    )


def test_the_base_changes_words_never_verdicts(corpus: Path) -> None:
    for root in (*corpus.iterdir(), *corpus.with_name("cases").iterdir()):
        files = files_in(root) if root.is_dir() else {}
        half = {path: data for path, data in files.items() if sum(data) % 2}
        assert verdicts(files, None) == verdicts(files, half) == verdicts(files, {})


CONFIGS = {
    "no environments": "",
    "one set": '[[environments]]\nname = "prod"\nsettings = ["**/*ettings*.json"]\n',
    "sets": '[[environments]]\nname = "prod"\nsharing = "set-per-solution"\n',
}


@pytest.mark.parametrize("config", CONFIGS)
def test_over_real_solutions(config: str, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found: Counter[str] = Counter()
    for root in sorted(
        path for path in (*corpus.iterdir(), *corpus.with_name("cases").glob("*")) if path.is_dir()
    ):
        files = files_in(root)
        if CONFIG_FILE not in files and CONFIGS[config]:
            files[CONFIG_FILE] = CONFIGS[config].encode()
        found += hold(files)
    with capsys.disabled():
        print(config, dict(sorted(found.items())))


NAMES = {
    **dict.fromkeys(("con_mail", "con_post", "con_x_1a2b3", "con_bot.cr.abcd1234"), OUTLOOK),
    **dict.fromkeys(("con_chat", "con_talk", "con_bot.shared_teams.0123456789abcdef0123456789abcdef"), TEAMS),
    **dict.fromkeys(("con_sql", "con_ledger"), SQL),
}
SOLUTIONS = ("ContosoHR", "ContosoIT", "ContosoOps")
names = st.sampled_from(sorted(NAMES))
connections = st.sampled_from(["", "#{token}#", "0123456789abcdef0123456789abcde0", "shared-x-1234abcd"])


@st.composite
def flows(draw: st.DrawFn) -> Any:
    entries, actions = {}, {}
    for number, name in enumerate(draw(st.lists(names, max_size=3))):
        alias = f"{NAMES[name]}_{number}"
        how = draw(st.sampled_from(["reference", "reference", "raw", "lost", "other"]))
        connector = TEAMS if how == "other" else NAMES[name]
        if how != "lost":
            entries[alias] = raw_entry(connector) if how == "raw" else entry(name, connector)
        if how == "lost" or draw(st.booleans()):
            actions[f"Use {number}"] = action(alias, connector)
    return flow(entries, actions)


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    config = ""
    for solution in draw(st.lists(st.sampled_from(SOLUTIONS), min_size=1, unique=True)):
        declared = draw(st.lists(names, max_size=5, unique=True))
        made = solution_files(
            solution,
            [(name, NAMES[name]) for name in declared],
            {f"Flow {number}": draw(flows()) for number in range(draw(st.integers(0, 3)))},
            missing=[Missing(name) for name in draw(st.lists(names, max_size=1))],
        )
        for number, name in enumerate(draw(st.lists(names, max_size=1))):
            made[f"botcomponents/con_bot{number}/data"] = f"kind: x\nconnectionReference: {name}\n"
        files |= {f"{solution}/{path}": _bytes(data) for path, data in made.items()}
    sharing = draw(st.sampled_from(["one-set", "one-set", "set-per-solution"]))
    for environment in draw(st.lists(st.sampled_from(["test", "prod"]), unique=True)):
        members = draw(st.sampled_from([SOLUTIONS, SOLUTIONS[:2], SOLUTIONS[1:]]))
        config += (
            f'[[environments]]\nname = "{environment}"\nsolutions = {json.dumps(members)}\n'
            f'sharing = "{sharing}"\nsettings = ["config/{environment}/*.json"]\n'
            f'inventory = ["inventory/{environment}.json"]\n'
        )
        bound_now = draw(st.dictionaries(names, st.sampled_from([None, OUTLOOK_ID, OTHER_ID]), max_size=4))
        exported = [reference(name, connection, NAMES[name]) for name, connection in bound_now.items()]
        files[f"inventory/{environment}.json"] = to_json({"value": exported}).encode()
        for file in draw(st.just(["all"]) | st.lists(st.sampled_from(SOLUTIONS), unique=True)):
            bound = draw(st.lists(st.sampled_from([*NAMES, "con_mial"]), max_size=4))
            items = [
                {
                    "LogicalName": name,
                    "ConnectionId": draw(connections).replace("abc", environment[0]),
                    "ConnectorId": f"/providers/Microsoft.PowerApps/apis/{NAMES.get(name, OUTLOOK)}",
                }
                for name in bound
            ]
            files[f"config/{environment}/{file}.json"] = to_json(
                {"EnvironmentVariables": [], "ConnectionReferences": items}
            ).encode()
    if draw(st.booleans()):
        named = draw(st.lists(names, min_size=1, max_size=3))
        config += (
            f'[[exceptions]]\nrule = "CR201"\nreferences = {json.dumps(named)}\nreason = "two mailboxes"\n'
        )
    return files | {CONFIG_FILE: config.encode()}


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


MANY = int(os.environ.get("CRSTANDARDS_EXAMPLES", "25"))
"""How many made-up repositories are checked; thousands by hand and at night."""


def test_over_made_up_solutions(capsys: pytest.CaptureFixture[str]) -> None:
    found: Counter[str] = Counter()

    @settings(max_examples=MANY, deadline=None)
    @given(repositories())
    def over_all(files: dict[str, bytes]) -> None:
        found.update(hold(files))

    over_all()
    with capsys.disabled():
        print(f"{MANY} made up", dict(sorted(found.items())))
