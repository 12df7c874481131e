"""Trees for each kind of fix, by the rule that it mends: those it mends, and those it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from tests.fix.spelling import Spelling
from tests.fix.trees import FIXED, tree_of
from tests.support.builders import (
    OUTLOOK,
    SQL,
    TEAMS,
    Json,
    Missing,
    Reference,
    action,
    entry,
    flow,
    flow_file,
    manifest,
    raw_entry,
    to_json,
    yaml_files,
)

SPARE = f"{OUTLOOK}_1"
THIRD = f"{OUTLOOK}_2"
XML = "Other/Customizations.xml"
FOUR = ("con_Outlook", "con_Spare", "con_Third", ("con_teams", TEAMS))
HASHED = ("shared_con-5ferp-5f0123456789abcdef", "shared_con-5ferp-5ffedcba9876543210")


class Scene(NamedTuple):
    """A tree, whether the fixes that need a word have it, and the rules whose findings are mended."""

    tree: Mapping[str, bytes]
    word: bool = False
    rules: Collection[str] = FIXED


def path_of(name: str) -> str:
    return f"Workflows/{flow_file(name)}"


def hr(*of_solution: Any, folder: str = "HR", **more: Any) -> dict[str, bytes]:
    return tree_of(folder, "ContosoHR", *of_solution, **more)


def of_flow(document: Json | str | bytes, references: Any = ("con_Outlook",)) -> dict[str, bytes]:
    return hr(references, {"Send": document})


def flat_entry(text: str) -> str:
    """A flow whose one entry for Outlook is this text."""
    empty = '"connectionReferences": {}'
    return json.dumps(flow({})).replace(empty, f'{empty[:-1]}"{OUTLOOK}": {text}}}')


RAW = flow({OUTLOOK: None})

CR101 = {
    "filled": Scene(of_flow(RAW)),
    "filled with Windows' line ends, tabs and a mark": Scene(
        of_flow(Spelling("utf-8 with mark", "\r\n", "\t", ends=True).json(RAW))
    ),
    "filled in one line": Scene(of_flow(Spelling(indent=None).json(RAW))),
    "put in front of api": Scene(of_flow(flow({OUTLOOK: {"api": {"name": OUTLOOK}}}))),
    "one of several, without a word": Scene(of_flow(RAW, FOUR)),
    "one of several": Scene(
        hr(FOUR, {"Ask": flow({OUTLOOK: "con_third"}), "Send": RAW, "Tell": flow({TEAMS: "con_teams"})}),
        word=True,
        rules=("CR101",),
    ),
    "no reference": Scene(of_flow(RAW, [("con_teams", TEAMS)])),
    "an endpoint of its own": Scene(of_flow(flow({SQL: None}), [("con_sql", SQL)])),
    "another shape": Scene(of_flow(flow({OUTLOOK: {**raw_entry(), "tier": "Standard"}}))),
    "no solution": Scene({path_of("Send"): to_json(RAW).encode()}),
}


def two_aliases(actions: Mapping[str, Json] | None = None, **entries: Json) -> Json:
    return flow({OUTLOOK: entry("con_Outlook"), **entries, SPARE: entry("con_outlook")}, actions)


def by_expression(expression: str) -> Json:
    return {"type": "ApiConnection", "inputs": {"host": {"connection": {"name": expression}}}}


PARAMETERS = "@parameters('$connections')['{}']['connectionId']"
TOKENS = "@json(triggerOutputs().headers['X-MS-APIM-Tokens'])['$connections']['{}']['connectionId']"

CR203 = {
    "by name": Scene(of_flow(two_aliases())),
    "three, by name and in a trigger": Scene(
        of_flow(
            flow(
                {SPARE: entry("con_outlook"), OUTLOOK: entry("CON_Outlook"), THIRD: entry("con_outlook")},
                {"Send": action(THIRD), "Look": action(SPARE)},
                {"When": {"type": "OpenApiConnectionWebhook", "inputs": action()["inputs"]}},
            )
        )
    ),
    "by expression": Scene(
        of_flow(
            two_aliases(
                {
                    "Send": by_expression(PARAMETERS.format(SPARE)),
                    "Look": by_expression(TOKENS.format(SPARE)),
                    "Stay": by_expression(PARAMETERS.format(OUTLOOK)),
                }
            )
        )
    ),
    "a quote in the first alias": Scene(
        of_flow(
            flow(
                {"it's": entry("con_outlook"), OUTLOOK: entry("con_outlook")},
                {"Send": by_expression(PARAMETERS.format(OUTLOOK)), "Look": action()},
            )
        )
    ),
}


def declared(*references: Reference, **changed: str) -> dict[str, bytes]:
    tree = hr(references, {"Send": flow({OUTLOOK: "con_outlook", TEAMS: "con_teams"})})
    text = tree[f"HR/{XML}"].decode()
    for old, new in changed.items():
        text = text.replace(old, new)
    tree[f"HR/{XML}"] = text.encode()
    return tree


TWICE = (
    Reference("con_Outlook", display_name="Outlook"),
    Reference("con_teams", TEAMS),
    Reference("con_outlook", display_name="Outlook"),
    Reference("CON_OUTLOOK", display_name="Outlook"),
)


def spelled(spelling: Spelling, tree: Mapping[str, bytes], path: str) -> dict[str, bytes]:
    """The tree with one of its XML files in another spelling."""
    codec = spelling.encoding.partition(" ")[0][:6]
    text = tree[path].decode().replace('encoding="utf-8"', f'encoding="{codec}"')
    return {**tree, path: spelling.text(text.replace("  ", spelling.indent or ""))}


CR202 = {
    "in other letters": Scene(declared(*TWICE)),
    "not alike": Scene(declared(TWICE[0], Reference("con_Outlook", display_name="Mail"))),
    "letters outside of ASCII in front": Scene(
        declared(Reference("con_früh", TEAMS, "Früh 🙂"), TWICE[0], TWICE[0])
    ),
}


def bound(*names: str, **connections: str) -> bytes:
    entries = [
        {"LogicalName": name, "ConnectionId": connections.get(name, "#{token}#"), "ConnectorId": OUTLOOK}
        for name in names
    ]
    return to_json({"EnvironmentVariables": [], "ConnectionReferences": entries}).encode()


HYBRID: Json = {
    "runtimeSource": "embedded",
    "connection": {},
    "connectionReferenceLogicalName": "CON_Spare",
    "api": {"name": OUTLOOK},
}
KEPT = flow({OUTLOOK: "con_outlook"})
USES = {"Send": KEPT, "Tell": flow({TEAMS: "con_teams"})}


def group(references: Any = FOUR, folder: str = "HR", /, **flows: Json) -> dict[str, bytes]:
    """A solution with three references for one connector, of which two flows use the first."""
    return hr(references, {**USES, "Remind": KEPT, **flows}, folder=folder)


def with_files(tree: Mapping[str, bytes], files: Mapping[str, str | bytes]) -> Scene:
    given = {path: item.encode() if isinstance(item, str) else item for path, item in files.items()}
    return Scene({**tree, **given}, word=True)


A = tree_of("A", "ContosoA", [("con_teams", TEAMS)], {"Tell": USES["Tell"]})
MORE_TEAMS = dict.fromkeys(("One", "Two", "Three"), USES["Tell"])
AN_APP = json.dumps({"1": {"id": f"/apis/{OUTLOOK}", "xrmConnectionReferenceLogicalName": "con_spare"}})
DEPENDENCY = (
    "      <MissingDependency>\n"
    '        <Required type="connectionreference" id.connectionreferencelogicalname="con_Spare" />\n'
    '        <Dependent type="connectionreference" id.connectionreferencelogicalname="con_third" />\n'
    "      </MissingDependency>\n"
)


def dependencies(inside: str, behind: str = "") -> dict[str, str]:
    listed = f"    <MissingDependencies>\n{inside}    </MissingDependencies>\n{behind}"
    text = manifest("ContosoHR").replace("    <MissingDependencies />\n", listed)
    return {"HR/Other/Solution.xml": text}


LITERAL = {"con_Outlook": "a" * 32, "con_Spare": "0123456789abcdef-BCDEFGHIJKLMNOPQ"}

CR201 = {
    "without a word": Scene(group(Ask=flow({OUTLOOK: "con_spare"}))),
    "moved": Scene(
        group(
            Ask=flow({OUTLOOK: "con_spare", TEAMS: "con_teams"}),
            Mail=flow({TEAMS: "con_teams", OUTLOOK: "con_THIRD"}),
        ),
        word=True,
    ),
    "a name beside the connection is moved": Scene(group(Call=flow({OUTLOOK: HYBRID})), word=True),
    "none moved": Scene(group(), word=True),
    "connector ids in other letters": Scene(
        hr([("con_a", OUTLOOK), ("con_b", "Shared_Office365")], {"Tell": flow({})}), word=True
    ),
}

DEPENDENCIES = {
    "with a dependency that names them twice": with_files(group(), dependencies(DEPENDENCY)),
    "a dependency stands elsewhere": with_files(group(), dependencies(DEPENDENCY, DEPENDENCY)),
}

SETTINGS = {
    "with settings": with_files(
        group(),
        {
            "a.json": bound("con_teams", "con_SPARE", "con_outlook", "con_third"),
            "b.JSON": bound("con_third", "con_Outlook", con_third="not literal", **LITERAL),
            "c.json": bound("con_teams"),
            "d.json": bound("con_spare", "con_Outlook", con_spare="#{other}#"),
            "e.json": bound("con_Outlook", "con_Spare", "con_teams", con_teams="b" * 32, **LITERAL),
            "f.txt": bound("con_spare"),
        },
    ),
}

COPIES = {
    "copies that use different ones": Scene(
        {
            **A,
            **hr(FOUR, {**USES, "Remind": KEPT}, folder="now", version="2.0.0.0"),
            **hr(FOUR, {"Send": flow({OUTLOOK: "con_Spare"})}, folder="old"),
        },
        word=True,
    ),
    "copies that agree, called in other letters": Scene(
        {
            **hr(FOUR, {**USES, **MORE_TEAMS}, folder="now", version="2.0.0.0"),
            **tree_of("old", "contosohr", FOUR, USES),
        },
        word=True,
    ),
}

OTHER_USERS = {
    "another solution uses one": Scene(
        {
            **A,
            **group(),
            **tree_of(
                "IT",
                "ContosoIT",
                [],
                {"Ask": flow({OUTLOOK: "con_third", SPARE: "con_other"})},
                missing=[Missing("con_SPARE"), Missing("con_other")],
            ),
        },
        word=True,
    ),
    "a flow without a solution uses one": with_files(
        group(), {f"other/{path_of('Lost')}": to_json(flow({OUTLOOK: "con_Spare"}))}
    ),
}

LEFT_ALONE = {
    "connector ids that differ": Scene(
        hr([("con_a", HASHED[0]), ("con_b", HASHED[1])], {"Tell": flow({})}), word=True
    ),
    "an app": with_files(
        group(),
        {
            "HR/CanvasApps/con_app.meta.xml": "<CanvasApp><Name>con_app</Name>"
            f"<ConnectionReferences>{AN_APP}</ConnectionReferences></CanvasApp>"
        },
    ),
    "source that is not for editing": Scene(yaml_files("ContosoHR", ["con_a", "con_b"], {}), word=True),
}

PLANNER = (FOUR[0], FOUR[3], ("con_planner", "shared_planner"))

CR504 = {
    "source that is not for editing": Scene(yaml_files("ContosoHR", ["con_a"], {}), word=True),
    "without a word": Scene(group(PLANNER)),
    "one": with_files(group(PLANNER), {"a.json": bound("con_Planner", "con_outlook")}),
}

SCENES = {
    "CR101": CR101,
    "CR201": CR201,
    "CR201-dependencies": DEPENDENCIES,
    "CR201-settings": SETTINGS,
    "CR201-copies": COPIES,
    "CR201-other-users": OTHER_USERS,
    "CR201-left-alone": LEFT_ALONE,
    "CR202": CR202,
    "CR203": CR203,
    "CR504": CR504,
}
