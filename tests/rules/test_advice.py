"""What CR201 and CR205 advise: the one to keep and why, who moves, and what is no plain swap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.builders import (
    APIS,
    OUTLOOK,
    SQL,
    Missing,
    action,
    entry,
    flow,
    write_files,
    write_solution,
)
from tests.support.checks import found

MANAGED = "Deployed as managed? Remove only in a later version (8004F01F)."


def advice(root: Path, rule: str = "CR201") -> list[str]:
    """The lines of the advice; where something moves, that for managed targets apart."""
    (reported,) = (item for item in found(root, rule) if item.finding.solution == "ContosoHR")
    lines = reported.finding.help.split("\n")
    assert (MANAGED in lines) == any(step.do == "move" for step in reported.finding.steps)
    return [line for line in lines if line != MANAGED]


@pytest.mark.parametrize(
    ("references", "used", "keep"),
    [
        (["con_a", "con_b"], ["con_b"], "con_b (used 1 time, the most)"),
        (["con_a", "con_b"], [], "con_a (nothing uses any of them; it is declared first)"),
        (
            ["con_x_1a2b3", "con_b"],
            [],
            "con_b (nothing uses any of them; its name was chosen, not generated)",
        ),
        (
            ["con_x_1a2b3", "con_b"],
            ["con_x_1a2b3", "con_b"],
            "con_b (used 1 time; its name was chosen, not generated)",
        ),
        (["con_x_1a2b3", "con_b"], ["con_x_1a2b3"], "con_x_1a2b3 (used 1 time, the most)"),
        (
            ["con_x_1a2b3", "con_y_1a2b3"],
            ["con_y_1a2b3", "con_x_1a2b3"],
            "con_x_1a2b3 (used 1 time, as others are; it is declared first)",
        ),
    ],
)
def test_the_one_to_keep_and_why(tmp_path: Path, references: list[str], used: list[str], keep: str) -> None:
    flows = {f"Mail {number}": flow({OUTLOOK: name}) for number, name in enumerate(used)}
    write_solution(tmp_path, "ContosoHR", references, flows)
    assert advice(tmp_path)[0] == f"Keep {keep}."


def test_users_are_listed_and_those_without_are_removed(tmp_path: Path) -> None:
    flows = {
        "Mail": flow({OUTLOOK: "con_a", f"{OUTLOOK}_1": "con_b"}),
        "Remind": flow({OUTLOOK: "con_a"}),
    }
    write_solution(tmp_path, "ContosoHR", ["con_a", "con_b", "con_c", "con_d"], flows)
    assert advice(tmp_path)[1:] == [
        "Move to it what uses con_b, then remove that:",
        '- flow "Mail": "Use shared office365 1"',
        "Remove con_c and con_d: no flow, app or agent here uses them.",
    ]
    (reported,) = found(tmp_path, "CR201")
    assert reported.related[-1].message == f'flow "Mail" (alias "{OUTLOOK}_1") uses con_b'


def test_many_actions_are_counted_and_the_steps_name_all(tmp_path: Path) -> None:
    names = [f"Send {number}" for number in range(4)]
    flows = {
        "Mail": flow({OUTLOOK: "con_a"}),
        "Remind": flow({OUTLOOK: "con_a"}),
        "Many": flow({OUTLOOK: "con_b"}, {name: action(OUTLOOK) for name in names}),
    }
    write_solution(tmp_path, "ContosoHR", ["con_a", "con_b"], flows)
    assert advice(tmp_path)[2] == '- flow "Many": 4 actions'
    (reported,) = found(tmp_path, "CR201")
    assert reported.finding.steps[0].actions == tuple(names)


def test_why_one_is_kept_speaks_only_of_those_that_come_near_it(tmp_path: Path) -> None:
    # The first is unused, so that it is declared first is no reason.
    flows = {"One": flow({OUTLOOK: "con_b"}), "Two": flow({OUTLOOK: "con_c"})}
    write_solution(tmp_path, "ContosoHR", ["con_a", "con_b", "con_c"], flows)
    assert advice(tmp_path)[0] == "Keep con_b (used 1 time, as others are; declared before them)."


def test_users_in_other_solutions_count(tmp_path: Path) -> None:
    write_solution(tmp_path / "HR", "ContosoHR", ["con_a", "con_b"], {})
    for folder in ("Sales", "Copy of Sales"):
        write_solution(
            tmp_path / folder,
            "ContosoSales",
            [],
            {"Offer": flow({OUTLOOK: "con_b"})},
            missing=[Missing("con_b", "ContosoHR (1.0.0.0)")],
        )
    # What lists a name as missing can't be led to another one.
    assert advice(tmp_path)[0] == "Keep con_b (an app or another solution uses it)."


def two(root: Path, other: dict[str, Any], **of_flow: Any) -> list[str]:
    flows = {
        "Mail": flow({OUTLOOK: "con_a"}),
        "Remind": flow({OUTLOOK: "con_a"}),
        "Odd": flow({f"{OUTLOOK}_1": other}, **of_flow),
    }
    write_solution(root, "ContosoHR", ["con_a", "con_b"], flows)
    return advice(root)


def named(expression: str) -> dict[str, Any]:
    host = {"connection": {"name": expression}, "api": {"id": APIS + OUTLOOK}}
    return {"type": "ApiConnection", "inputs": {"host": host}}


ALIAS = f"['{OUTLOOK}_1']['connectionId']"
TOKEN = "@json(decodeBase64(triggerOutputs().headers['X-MS-APIM-Tokens']))['$connections']"
PARAMETERS = named(f"@parameters('$connections'){ALIAS}")


@pytest.mark.parametrize(
    ("change", "actions", "reason"),
    [
        ({}, {}, ""),
        (
            {"runtimeSource": "invoker"},
            {},
            'its run-only users provide the connection (runtimeSource "invoker")',
        ),
        ({"impersonation": {"source": "invoker"}}, {}, "in the name of somebody else"),
        ({}, {"Send": PARAMETERS}, "by an expression ($connections)"),
        ({}, {"Send": named(TOKEN + ALIAS)}, "by an expression ($connections)"),
        # One among plain operations is enough, and one that is named by a variable may be any.
        ({}, {"A": action(f"{OUTLOOK}_1"), "B": PARAMETERS}, "by an expression ($connections)"),
        (
            {},
            {"Any": {"type": "Compose", "inputs": "@parameters('$connections')[variables('x')]"}},
            "by an expression ($connections)",
        ),
    ],
)
def test_what_is_no_plain_swap_is_said(
    tmp_path: Path, change: dict[str, Any], actions: dict[str, Any], reason: str
) -> None:
    said = two(tmp_path, entry("con_b") | change, **({"actions": actions} if actions else {}))
    assert len(said) == 3 + bool(reason)
    assert not reason or said[-1].startswith("Look at it first: ")
    assert reason in said[-1]


def test_the_same_flow_with_both_runtime_sources_is_no_plain_swap(tmp_path: Path) -> None:
    flows = {
        "Mail": flow({OUTLOOK: entry("con_a") | {"runtimeSource": "invoker"}, f"{OUTLOOK}_1": "con_b"}),
        "Remind": flow({OUTLOOK: "con_a"}),
    }
    write_solution(tmp_path, "ContosoHR", ["con_a", "con_b"], flows)
    assert "the flow uses the other one with another runtimeSource" in advice(tmp_path)[-1]


def test_what_an_agent_uses_is_kept(tmp_path: Path) -> None:
    write_solution(
        tmp_path,
        "ContosoHR",
        ["con_a", "con_b"],
        {"A": flow({OUTLOOK: "con_a"}), "B": flow({OUTLOOK: "con_a"})},
    )
    write_files(tmp_path, {"botcomponents/con_bot.topic.Mail/data": "kind: x\nconnectionReference: con_b\n"})
    assert advice(tmp_path)[0] == "Keep con_b (an app or another solution uses it)."


def test_what_two_agents_use_is_a_question(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", ["con_a", "con_b"], {})
    for name in "ab":
        topic = f"kind: x\nconnectionReference: con_{name}\n"
        write_files(tmp_path, {f"botcomponents/con_bot.topic.{name}/data": topic})
    (reported,) = found(tmp_path, "CR201")
    question = 'Can agent "con_bot.topic.b" use con_a in place of con_b?'
    assert (reported.finding.decision, reported.finding.steps) == (question, ())


def test_cr205_begins_with_the_question(tmp_path: Path) -> None:
    flows = {"Sync": flow({SQL: "con_ledger"}, actions={"Get": action(SQL)})}
    write_solution(tmp_path, "ContosoHR", [("con_archive", SQL), ("con_ledger", SQL)], flows)
    assert advice(tmp_path, "CR205") == [
        "Which service does each of their connections lead to?",
        "If each leads to another one, keep them, and say so in an exception ([[exceptions]]).",
        "Where one is enough, keep con_ledger (used 1 time, the most):",
        "Remove con_archive: no flow, app or agent here uses it.",
    ]


def test_what_stands_in_the_way_is_said_once_for_all_it_concerns(tmp_path: Path) -> None:
    invoked = flow({OUTLOOK: entry("con_b") | {"runtimeSource": "invoker"}})
    flows = {
        **{f"Keep {number}": flow({OUTLOOK: "con_a"}) for number in range(6)},
        **{f"Run {number}": invoked for number in range(4)},
        "Act": flow({OUTLOOK: entry("con_b") | {"impersonation": {"source": "owner"}}}),
    }
    write_solution(tmp_path, "ContosoHR", ["con_a", "con_b"], flows)
    *_, last = advice(tmp_path)
    act, *run = (f'flow "{name}"' for name in ("Act", "Run 0", "Run 1", "Run 2"))
    assert last.removeprefix("Look at these first: ").split("; ") == [
        f'{act}: it acts in the name of somebody else (impersonation "owner")',
        f'{", ".join(run)} and 1 more: its run-only users provide the connection (runtimeSource "invoker").',
    ]


def test_agents_own_references_beside_one_for_flows_are_left_to_copilot_studio(tmp_path: Path) -> None:
    own = ["con_a.cr.abcd1234", "con_b.cr.abcd9999"]
    write_solution(tmp_path, "ContosoHR", ["con_mail", *own], {"Mail": flow({OUTLOOK: "con_mail"})})
    for name in own:
        topic = f"kind: x\nconnectionReference: {name}\n"
        write_files(tmp_path, {f"botcomponents/{name[:5]}.action.Mail/data": topic})
    question, keep, steps = advice(tmp_path)
    assert question == "Can the agents use the connection of con_mail too?"
    assert keep == "Keep con_mail for flows."
    assert steps.startswith(f"Copilot Studio made {own[0]} and {own[1]} for its agents: remove none here.")


def test_agents_own_references_alone_are_copilot_studios_matter(tmp_path: Path) -> None:
    names = ["con_bot.cr.abcd1234", "con_bot.cr.abcd9999"]
    write_solution(tmp_path, "ContosoHR", names, {})
    write_files(
        tmp_path, {"botcomponents/con_bot.topic.M/data": f"kind: x\nconnectionReference: {names[0]}\n"}
    )
    question, *lines = advice(tmp_path)
    assert question == "Do the agents need a connection each, or can they share one?"
    assert [line.partition(":")[0] for line in lines] == [
        f"Copilot Studio made {names[0]} and {names[1]} for its agents"
    ]
    (reported,) = found(tmp_path, "CR201")
    assert (reported.severity, reported.finding.steps) == ("warning", ())
