"""What a push adds, told from few files, is what two whole checks tell."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crstandards.errors import FatalError, UsageError
from crstandards.history.addition import Additions
from crstandards.history.checks import Checks, Terms, config_in
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.source.facts import Facts
from tests.rules.test_cr507 import calling, invoked
from tests.rules.test_endpoints import CUSTOM, GUID, HOST, KEY, connector_files
from tests.support.builders import (
    Json,
    Reference,
    customizations,
    flow,
    flow_component,
    flow_file,
    manifest,
    to_json,
    yaml_files,
)
from tests.support.histories import (
    CONFIGS,
    Memory,
    Step,
    beginnings,
    day,
    declarations,
    edits,
    flows,
    histories,
)

SLOW = [HealthCheck.too_slow]
FOLLOWED = tuple(rule for rule in RULES if rule.is_followed)


def said(report: Report, *severities: str) -> list[tuple[str, ...]]:
    return sorted(
        (item.rule.id, *map(str.lower, item.finding.identity))
        for item in report.findings
        if not severities or item.severity in severities
    )


@st.composite
def pushes(draw: st.DrawFn) -> list[Step]:
    """A tree of several solutions, most often in one environment, and what one edit makes of it."""
    before = draw(beginnings())
    before["crstandards.toml"] = draw(st.sampled_from(CONFIGS[1:]))
    after = dict(before)
    path = draw(st.sampled_from(sorted(before)))
    if path.endswith("Customizations.xml"):
        after[path] = draw(declarations())
    elif path.endswith(".json"):
        after[path] = draw(flows())
    else:
        after = draw(edits(before))
    return [Step((), before), Step((0,), after)]


@settings(max_examples=400, suppress_health_check=SLOW)
@given(pushes() | histories(most=6))
def test_it_is_the_difference_of_two_whole_checks(steps: list[Step]) -> None:
    git = Memory(steps)
    old, new = "0", str(len(steps) - 1)
    try:
        config = config_in(git, old)
    except UsageError:
        return
    terms = Terms(FOLLOWED, config, as_of=day(0))
    quick = Additions(git, terms, config, Facts()).added(new, old)
    whole = Checks(git, terms, Facts()).new(new, old)
    assert said(quick) == said(whole)


@settings(max_examples=150, suppress_health_check=SLOW)
@given(pushes())
def test_no_error_of_any_rule_is_missed(steps: list[Step]) -> None:
    git = Memory(steps)
    config = config_in(git, "0")
    # A warning that a team has made an error, and that no settings or inventories are needed for.
    config = config._replace(rules={**config.rules, "CR402": "error", "CR403": "error", "CR504": "off"})
    terms = Terms(RULES, config, as_of=day(0))
    try:
        whole = Checks(git, terms, Facts()).new("1", "0")
    except FatalError as error:
        with pytest.raises(type(error)):
            Additions(git, terms, config, Facts()).added("1", "0")
        return
    quick = Additions(git, terms, config, Facts()).added("1", "0")
    assert said(quick, "error") == said(whole, "error")


def solution(name: str, references: Sequence[str | Reference], *flows: Json) -> dict[str, bytes]:
    files = {
        f"src/{name}/Other/Solution.xml": manifest(name).encode(),
        f"src/{name}/Other/Customizations.xml": customizations(references).encode(),
    }
    for number, content in enumerate(flows):
        files[f"src/{name}/Workflows/{flow_file(f'{name} {number}')}"] = to_json(content).encode()
    return files


def parsed(before: dict[str, bytes], after: dict[str, bytes]) -> int:
    """How many documents are parsed to tell what the later tree adds."""
    git = Memory([Step((), before), Step((0,), before | after)])
    config = config_in(git, "0")
    facts = Facts()
    Additions(git, Terms(RULES, config, as_of=day(0)), config, facts).added("1", "0")
    return facts.parsed


def test_a_flow_of_another_solution_that_must_not_be_run_is_found() -> None:
    plain = [flow({"shared_office365": "con_outlook"})] * 30
    before = solution("Big", ["con_outlook"], invoked(), *plain) | solution("Small", ["con_b"], flow())
    git = Memory([Step((), before), Step((0,), before | solution("Small", ["con_b"], calling("Big 0")))])
    terms = Terms(RULES, config_in(git, "0"), as_of=day(0))
    found = Additions(git, terms, config_in(git, "0"), Facts()).added("1", "0")
    assert [rule for rule, *_ in said(found, "error")] == ["CR507"]
    # Nothing of this changes with an entry of another flow: Big isn't read.
    changed = solution("Small", ["con_b"], flow({"shared_office365": None}))
    assert parsed(before, changed) < 10


def test_of_solutions_that_nothing_reaches_no_flow_is_read() -> None:
    many = [flow({"shared_office365": "con_a", f"shared_x{number}": None}) for number in range(30)]
    before = solution("Big", ["con_a"], *many) | solution("Small", ["con_a"], flow())
    changed = solution("Small", ["con_a"], flow({"shared_office365": None}))
    # Two manifests, Customizations (twice the same bytes), which are read once more for the names of flows
    # where something is found, and a flow as it was and as it is.
    assert parsed(before, changed) == 6
    assert parsed(before, solution("Small", ["con_b"], flow())) == 7
    # In one environment, what Small declares may be what flows of Big use.
    shared = {"crstandards.toml": b'[[environments]]\nname = "prod"\n'}
    assert parsed(before | shared, solution("Small", ["con_b"], flow())) > 30


OWN = Reference("con_erp", CUSTOM, custom=GUID)
BESIDE = solution("Small", ["con_a", OWN], flow()) | {
    path: content.encode() for path, content in connector_files("src/Small/Connectors", KEY).items()
}
LISTED = {"src/Small/Other/Solution.xml": manifest("Small", components=["Small 0"]).encode()}
"""Of the two flows that lie there, the manifest names the first."""
LEFT_OVER = solution("Small", ["con_a"], flow(), flow({"shared_office365": "con_a"})) | LISTED
BROUGHT = {"CR207": BESIDE, "CR510": LEFT_OVER}


@pytest.mark.parametrize("rule", BROUGHT)
def test_rules_that_a_team_makes_errors_read_no_other_solution(rule: str) -> None:
    error = {"crstandards.toml": f'[rules]\n{rule} = "error"\n'.encode()}
    counts = []
    for number in (3, 30):
        many = [flow({"shared_office365": "con_a", f"shared_x{each}": None}) for each in range(number)]
        before = solution("Big", ["con_a"], *many) | solution("Small", ["con_a"], flow()) | error
        git = Memory([Step((), before), Step((0,), before | BROUGHT[rule])])
        config = config_in(git, "0")
        found = Additions(git, Terms(RULES, config, as_of=day(0)), config, Facts()).added("1", "0")
        assert [name for name, *_ in said(found, "error")] == [rule]
        counts.append(parsed(before, BROUGHT[rule]))
    assert counts[0] == counts[1]


def test_what_a_connector_becomes_concerns_every_solution() -> None:
    """It no longer asks for a host: two references for it are duplicates, where nobody has changed them."""
    references = [Reference(f"con_{name}", CUSTOM, custom=GUID) for name in "ab"]
    before = solution("HR", references) | solution("ERP", []) | connector(HOST)
    git = Memory([Step((), before), Step((0,), before | connector(KEY))])
    config = config_in(git, "0")
    terms = Terms(FOLLOWED, config, as_of=day(0))
    quick = Additions(git, terms, config, Facts()).added("1", "0")
    assert "CR201" in {item.rule.id for item in quick.findings}
    assert said(quick) == said(Checks(git, terms, Facts()).new("1", "0"))


def connector(parameters: object) -> dict[str, bytes]:
    files = connector_files("src/ERP/Connectors", parameters)
    return {path: text.encode() for path, text in files.items()}


def test_a_rule_on_owners_that_needs_no_inventory_is_not_missed() -> None:
    policy = """
        [ownership]
        service-accounts = ["svc-*@contoso.com"]
        [[environments]]
        name = "prod"
        rules = { CR402 = "error" }
    """
    before = solution("HR", [], flow({})) | {"crstandards.toml": policy.encode()}
    git = Memory([Step((), before), Step((0,), before | solution("HR", ["con_a"], flow()))])
    config = config_in(git, "0")
    report = Additions(git, Terms(RULES, config, as_of=day(0)), config, Facts()).added("1", "0")
    assert "CR402" in {item.rule.id for item in report.findings if item.severity == "error"}


MISSING = {"Send": flow({}), "Clean up": flow({})}


def of_yaml(*there: str, listed: Sequence[str] = tuple(MISSING)) -> dict[str, bytes]:
    """A solution of the YAML layout that lists some flows, of which some are there."""
    files = yaml_files("ContosoHR", [], MISSING, [flow_component(name) for name in listed])
    gone = [flow_file(name) for name in MISSING if name not in there]
    return {path: text for path, text in files.items() if path.rpartition("/")[2] not in gone}


@pytest.mark.parametrize(
    ("before", "after", "added"),
    [
        (of_yaml("Send", "Clean up"), of_yaml("Send"), ["CR509"]),
        (of_yaml("Send"), of_yaml(), ["CR509"]),
        # Who brings one of two missing flows back adds nothing.
        (of_yaml(), of_yaml("Send"), []),
        (of_yaml("Send"), of_yaml("Send", "Clean up"), []),
        (of_yaml("Send"), of_yaml("Send", listed=["Send"]), []),
        (of_yaml("Send", "Clean up"), of_yaml("Send", "Clean up", listed=["Send"]), ["CR510"]),
        (of_yaml("Send", listed=["Send"]), of_yaml("Send"), ["CR509"]),
    ],
)
def test_flows_of_the_yaml_layout(
    before: dict[str, bytes], after: dict[str, bytes], added: list[str]
) -> None:
    git = Memory([Step((), before), Step((0,), after)])
    terms = Terms(FOLLOWED, config_in(git, "0"), as_of=day(0))
    quick = Additions(git, terms, config_in(git, "0"), Facts()).added("1", "0")
    assert [item.rule.id for item in quick.findings] == added
    assert said(quick) == said(Checks(git, terms, Facts()).new("1", "0"))
