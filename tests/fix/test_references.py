"""Fixes of what a solution declares: merged (CR201), declared once (CR202), removed (CR504).

What is said of them, and of the common cases, stands in `tests/fix/said`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from tests.fix.scenes import HYBRID, PARAMETERS, by_expression, path_of
from tests.fix.trees import changed, fixed, refused, tree_of
from tests.support.builders import (
    OUTLOOK,
    SQL,
    TEAMS,
    Json,
    Missing,
    Reference,
    action,
    customizations,
    entry,
    flow,
    manifest,
    raw_entry,
    to_json,
)

NAMES = ("con_outlook", "con_spare", "con_third")
KEPT, SPARE = flow({OUTLOOK: "con_outlook"}), flow({OUTLOOK: "con_spare"})
XML = "src/Other/Customizations.xml"
ASK = f"src/{path_of('Ask')}"
CR201: Any = {"rules": ["CR201"], "word": True}
CR504: Any = {"rules": ["CR504"], "word": True}


def put(
    folder: str = "src", name: str = "ContosoHR", files: Mapping[str, Any] = {}, **more: Any
) -> dict[str, bytes]:
    """Three references for Outlook, of which two flows use the first and one the second."""
    flows = {"Send": KEPT, "Remind": KEPT, "Ask": SPARE, **more.pop("flows", {})}
    tree = tree_of(folder, name, more.pop("references", NAMES), flows, **more)
    return {
        **tree,
        **{path: data if isinstance(data, bytes) else data.encode() for path, data in files.items()},
    }


def settings(*names: str, **connections: str) -> str:
    entries = [
        {"LogicalName": name, "ConnectionId": connections.get(name, f"#{{{name}}}#"), "ConnectorId": OUTLOOK}
        for name in names
    ]
    return to_json({"EnvironmentVariables": [], "ConnectionReferences": entries, "CopilotAgents": [1.50]})


# CR201


def test_a_flat_layout_and_a_hybrid_entry() -> None:
    after = changed(put(flows={"Ask": flow({OUTLOOK: HYBRID})}, layout="flat"), **CR201)
    found = json.loads(after[ASK])["properties"]["connectionReferences"][OUTLOOK]
    assert found == {**HYBRID, "connectionReferenceLogicalName": "con_outlook"}
    assert b"con_spare" not in after["src/customizations.xml"]


def test_aliases_become_one_afterwards_and_a_raw_entry_gets_what_is_kept() -> None:
    flows = {"Ask": flow({OUTLOOK: "con_outlook", f"{OUTLOOK}_1": "con_spare"}), "Raw": flow({OUTLOOK: None})}
    result = fixed(put(flows=flows), word=True)
    assert json.loads(result.tree.data(ASK))["properties"]["connectionReferences"] == {
        OUTLOOK: entry("con_outlook")
    }
    assert result.tree.data(f"src/{path_of('Raw')}") == to_json(KEPT).encode()
    assert result.checked.report.findings == ()


ENVIRONMENT = '[[environments]]\nname = "prod"\nsettings = ["config/*.json"]\n'


@pytest.mark.parametrize(
    ("names", "after"),
    [
        (("con_spare", "con_outlook", "con_third"), settings("con_outlook")),
        (("con_third", "con_spare", "con_outlook"), settings("con_outlook")),
        # An entry is for the one that is kept from then on.
        (("con_spare",), settings("con_outlook").replace("#{con_outlook}#", "#{con_spare}#")),
    ],
)
def test_their_entries_go_from_the_settings_of_environments(names: tuple[str, ...], after: str) -> None:
    others = {"prod.json": settings(*NAMES), "huge.json": settings("con_spare") + " " * 5_000_000}
    files = {"config/prod.json": settings(*names), "crstandards.toml": ENVIRONMENT, **others}
    found = changed(put(files=files), **CR201)
    assert found.keys() == {XML, ASK, "config/prod.json"}
    assert found["config/prod.json"].decode() == after


def rule(*references: str) -> dict[str, str]:
    names = f"references = {json.dumps(references)}\n" if references else ""
    return {"crstandards.toml": f'[[exceptions]]\nrule = "CR201"\nreason = "mailboxes"\n{names}'}


APP = json.dumps({"1": {"id": f"/apis/{OUTLOOK}", "xrmConnectionReferenceLogicalName": "con_spare"}})
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
PACKED = BytesIO()
with ZipFile(PACKED, "w") as archive:
    archive.writestr("Connections/Connections.json", '{"a": "con_spare"}')
EXCEPTED = Reference("con_spare", description="crstandards: allow CR201 the payroll mailbox")
IT = tree_of("it", "ContosoIT", [], {"Ticket": to_json(SPARE)[:-3]})
LOST = "a flow has lost its reference for shared_office365 (CR502), which may have been con_spare"


def dialog(name: str) -> str:
    """An agent's tool that uses a reference."""
    return f"kind: TaskDialog\nconnectionReference: {name}\n"


def lost(alias: str) -> Json:
    return {"Lost": flow({}, {"Send": by_expression(PARAMETERS.format(alias))})}


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        (
            put(flows={"Ask": flow({OUTLOOK: {**entry("con_spare"), "runtimeSource": "invoker"}})}),
            '(runtimeSource "invoker")',
        ),
        (
            put(
                flows={"Ask": flow({OUTLOOK: {**entry("con_spare"), "impersonation": {"source": "invoker"}}})}
            ),
            "(impersonation",
        ),
        (
            put(
                flows={
                    "Ask": flow(
                        {OUTLOOK: "con_spare"},
                        {"Ask": action(), "Say": {"type": "Compose", "inputs": PARAMETERS.format(OUTLOOK)}},
                    )
                }
            ),
            "($connections)",
        ),
        (
            put(
                flows={
                    "Ask": flow({OUTLOOK: "con_spare"}, {"Ask": by_expression(PARAMETERS.format(OUTLOOK))})
                }
            ),
            "($connections)",
        ),
        (put(files={f"src/botcomponents/{name}.action/data": dialog(name) for name in NAMES[1:]}), "agent"),
        (put(flows=lost(OUTLOOK)), LOST),
        (put(flows=lost("mail")), LOST),
        ({**put(), **IT}, f"Is con_spare used in it/{path_of('Ticket')}, which cannot be read?"),
        (
            put(references=(*NAMES, ("con_spare", SQL))),
            "the declarations of con_spare differ: decide which of them is right",
        ),
        (
            put(files={"src/environmentvariabledefinitions/x/x.xml": "<v>CON_SPARE</v>"}),
            "x.xml names con_spare",
        ),
        (
            put(files={"src/Workflows/Desktop.json": '{"schemaversion": "1", "targets": ["con_spare"]}'}),
            "Desktop.json names con_spare",
        ),
        (
            put(files={"src/Entities/x/Entity.xml": "con_third".encode("utf-16")}),
            "Entity.xml names con_third",
        ),
        (put(files={"src/app.msapp": PACKED.getvalue()}), "src/app.msapp names con_spare"),
        (
            put(files={"src/WebResources/x.js": LFS}),
            "1 of the solution's files cannot be searched for what is removed",
        ),
        (put(files=rule("con_outlook", "con_spare")), "An exception allows con_outlook"),
        (put(references=["con_outlook", EXCEPTED, "con_third"]), "An exception allows con_spare"),
        (put(files={f"src/{path_of('Broken')}": "{"}), "cannot be read: not JSON: it breaks off"),
        (
            put(
                files={
                    "src/solution.xml": manifest("ContosoHR"),
                    "src/customizations.xml": customizations(NAMES),
                }
            ),
            "the fix would bring CR901",
        ),
        (
            put(files={"prod.json": settings("con_spare")}),
            "prod.json binds con_spare, but not con_outlook: bind that there first",
        ),
    ],
)
def test_what_is_no_plain_swap_is_left_alone(tree: dict[str, bytes], reason: str) -> None:
    [told] = refused(tree, **CR201)
    assert reason in told


@pytest.mark.parametrize(
    "tree",
    [
        put(files=rule()),
        put(files={"crstandards.toml": '[source]\nvendored = ["**"]\n'}),
        tree_of("src", "ContosoHR", [("con_a", SQL), ("con_b", SQL)], {"Send": flow({SQL: "con_a"})}),
    ],
    ids=["an exception for all", "bought source", "endpoints of their own"],
)
def test_what_no_rule_speaks_of_is_left_alone(tree: dict[str, bytes]) -> None:
    assert refused(tree, **CR201) == []


APP_USES = f"<CanvasApp><Name>a</Name><ConnectionReferences>{APP}</ConnectionReferences></CanvasApp>"
BY_IT = tree_of("it", "ContosoIT", [], {"Ticket": SPARE}, missing=[Missing("con_spare")])


@pytest.mark.parametrize(
    ("tree", "kept"),
    [
        (put(flows={"Lost": flow({}, {"Send": action(SQL)})}), "con_outlook"),
        ({**put(), **tree_of("it", "ContosoIT", [], {"Ticket": to_json(KEPT)[:-3]})}, "con_outlook"),
        (put(files={"src/Other/Notes.txt": "con_spare_parts xcon_third"}), "con_outlook"),
        (put(references=(*NAMES, "con_spare")), "con_outlook"),
        (put(references=("con_outlook", *NAMES)), "con_outlook"),
        # It stays on what cannot be moved: flows can, an app, an agent or another solution cannot.
        (put(files={"src/CanvasApps/a.meta.xml": APP_USES}), "con_spare"),
        (put(files={"src/botcomponents/b.action/data": dialog("con_third")}), "con_third"),
        ({**put(), **BY_IT}, "con_spare"),
    ],
)
def test_what_hinders_nothing(tree: dict[str, bytes], kept: str) -> None:
    result = fixed(tree, word=True, rules=["CR201", "CR202"])
    assert result.tree.data(XML).decode() == customizations([kept])
    assert not any("declares con_spare once" in plan.does for plan in result.done)


def test_what_its_patch_uses_moves_too() -> None:
    patch = f"patch/{path_of('Ticket')}"
    after = changed({**put(), **tree_of("patch", "ContosoHR_Patch_1", [], {"Ticket": SPARE})}, **CR201)
    assert after.keys() == {XML, ASK, patch}
    assert after[patch].decode() == to_json(KEPT)


# CR202

TWICE = (Reference("con_outlook"), Reference("con_teams", TEAMS), Reference("con_outlook"))


def declaring(text: str) -> dict[str, bytes]:
    return {**tree_of("src", "ContosoHR", [], {"Send": flow()}), XML: text.encode()}


def once(text: str) -> str:
    after = changed(declaring(text), rules=["CR202"])
    assert list(after) == [XML]
    return after[XML].decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<promptingbehavior>0", "<promptingbehavior>1"),
        (
            "<connectorid>/providers/Microsoft.PowerApps/apis/shared_office365<",
            "<connectorid>/apis/shared_office365<",
        ),
        ("<statecode>0", '<statecode xml:space="preserve">0'),
        ("<iscustomizable>1</iscustomizable>", ""),
        ("</connectionreference>", "<extra /></connectionreference>"),
    ],
    ids=["another value", "another id", "an attribute", "one less", "one more"],
)
def test_declarations_that_differ_are_left_alone(old: str, new: str) -> None:
    head, _, tail = customizations([TWICE[0], TWICE[0]]).rpartition("<connectionreference ")
    text = f"{head}<connectionreference {tail.replace(old, new)}"
    told = "the declarations of con_outlook differ: decide which of them is right"
    assert refused(declaring(text), rules=["CR202"], word=True) == [told]


def test_only_what_is_repeated_goes() -> None:
    """What stands on its line stays; so do comments, words and lookalikes."""
    name, connector = 'connectionreferencelogicalname="con_outlook"', "<connectorid>/apis/x</connectorid>"
    element = f"<connectionreference {name}>{connector}</connectionreference>"
    holder = "<ImportExportXml><connectionreferences>{}</connectionreferences></ImportExportXml>"
    assert once(holder.format(element * 2)) == holder.format(element)
    assert once(holder.format(f"one{element}two{element}two")) == holder.format(f"one{element}twotwo")
    head, start, rest = customizations([TWICE[0]]).partition("    <connectionreference ")
    inside, end, tail = rest.partition("    </connectionreference>\n")
    alike = f"<connectionreferences>\n{(start + inside + end) * 2}  </connectionreferences>"
    head = head.replace("  <Entities />\n", f"  <Entities>{alike}</Entities>\n")
    twice = f"{start}{inside}      <!-- </connectionreference> <connectionreference -->\n{end}"
    assert once(f"{head}{twice}    <!-- kept -->\n{twice}{tail}") == f"{head}{twice}    <!-- kept -->\n{tail}"


# CR504

UNUSED = ("con_outlook", ("con_teams", TEAMS), ("con_planner", "shared_planner"))


def test_they_go_with_their_settings() -> None:
    tree = tree_of("src", "ContosoHR", UNUSED, {"Send": KEPT})
    bound = settings("con_teams", "con_outlook", "con_planner").encode()
    tree |= {"config/prod.json": bound, "crstandards.toml": ENVIRONMENT.encode()}
    after = changed(tree, **CR504)
    assert re.findall('logicalname="(.+?)"', after.pop(XML).decode()) == ["con_outlook"]
    assert after == {"config/prod.json": settings("con_outlook").encode()}


@pytest.mark.parametrize(
    ("unused", "more", "told", "left"),
    [
        ("", "", "nothing here uses con_a either", ["con_a"]),
        ("CR504", "", "then con_a too, as nothing uses it any more", []),
        ("CR504", "excepted", "nothing here uses con_a either", ["con_a"]),
    ],
)
def test_all_of_a_group_that_nothing_uses(unused: str, more: str, told: str, left: list[str]) -> None:
    """Where both rules are asked for, the last one goes too, and that is told with the first step."""
    tree = tree_of("src", "ContosoHR", ["con_a", "con_b"], {})
    if more:
        excepted = '[[exceptions]]\nrule = "CR504"\nreferences = ["con_a"]\nreason = "soon"\n'
        tree["crstandards.toml"] = excepted.encode()
    result = fixed(tree, unused=unused, rules=["CR201", unused], word=True)
    assert result.done[0].does == f"solution ContosoHR: Removed: con_b; {told}"
    assert re.findall('logicalname="(.+?)"', result.tree.data(XML).decode()) == left


@pytest.mark.parametrize(
    ("document", "left"),
    [
        (flow({}), []),
        (flow({OUTLOOK: raw_entry() | {"more": 1}}), ["con_outlook"]),
        (flow({OUTLOOK: {"connection": {}}}), ["con_outlook", "con_teams"]),
        (flow({}, {"Send": action(OUTLOOK, "")}), ["con_outlook"]),
        (flow({}, {"Send": action("mail", TEAMS)}), ["con_teams"]),
        (flow({}, {"Send": by_expression(PARAMETERS.format(f"{TEAMS}_2"))}), ["con_teams"]),
        (flow({}, {"Send": by_expression(PARAMETERS.format("mail"))}), ["con_outlook", "con_teams"]),
        (flow({"shared_planner": None}), []),
    ],
)
def test_what_may_be_the_one_that_is_wanted_stays(document: Json, left: list[str]) -> None:
    """Of a raw entry's connector, or a lost one's; of any, where that is not known."""
    tree = tree_of("src", "ContosoHR", ["con_outlook", ("con_teams", TEAMS)], {"Send": document})
    assert re.findall('logicalname="(.+?)"', fixed(tree, **CR504).tree.data(XML).decode()) == left


# CR601, CR602


@pytest.mark.parametrize(
    "names", [("con_outlook",), ("con_gone", "con_outlook", "con_planner"), ("con_outlook", "con_planer")]
)
def test_settings_get_what_they_lack_and_lose_what_nobody_declares(names: tuple[str, ...]) -> None:
    document = flow({OUTLOOK: "con_outlook", TEAMS: "con_teams", "shared_planner": "con_planner"})
    tree = tree_of("src", "ContosoHR", UNUSED, {"Send": document})
    tree |= {"config/prod.json": settings(*names).encode(), "crstandards.toml": ENVIRONMENT.encode()}
    found = fixed(tree, rules=["CR601", "CR602"]).tree.data("config/prod.json")
    bound = {item["LogicalName"]: item["ConnectionId"] for item in json.loads(found)["ConnectionReferences"]}
    assert bound == {name: f"#{{{name}}}#" for name in ("con_outlook", "con_teams", "con_planner")}
