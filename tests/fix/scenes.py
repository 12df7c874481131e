"""Trees for each kind of fix, by the rule that it mends: those it mends, and those it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from tests.builders import (
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
from tests.fix.spelling import Spelling
from tests.fix.trees import FIXED, tree_of

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
    "filled in a flow whose name is not known": Scene(
        {path: data for path, data in of_flow(RAW).items() if not path.endswith(".data.xml")}
    ),
    "filled with Windows' line ends, tabs and a mark": Scene(
        of_flow(Spelling("utf-8 with mark", "\r\n", "\t", ends=True).json(RAW))
    ),
    "filled in UTF-16": Scene(of_flow(Spelling("utf-16-be", "\r\n").json(RAW))),
    "filled in one line": Scene(of_flow(Spelling(indent=None).json(RAW))),
    "put in front of api": Scene(of_flow(flow({OUTLOOK: {"api": {"name": OUTLOOK}}}))),
    "put in front of api, in one line": Scene(
        of_flow(flat_entry(f'{{"runtimeSource" : "embedded" , "api" :{{"name":"{OUTLOOK}"}}}}'))
    ),
    "one of several, without a word": Scene(of_flow(RAW, FOUR)),
    "one of several": Scene(
        hr(FOUR, {"Ask": flow({OUTLOOK: "con_third"}), "Send": RAW, "Tell": flow({TEAMS: "con_teams"})}),
        word=True,
        rules=("CR101",),
    ),
    "one of two, which is used more, in the second entry": Scene(
        hr(
            ["con_first", *FOUR[1:2], FOUR[3]],
            {"Ask": flow({OUTLOOK: "con_spare"}), "Send": flow({TEAMS: "con_teams", OUTLOOK: None})},
        ),
        word=True,
        rules=("CR101",),
    ),
    "no reference": Scene(of_flow(RAW, [("con_teams", TEAMS)])),
    "an endpoint of its own": Scene(of_flow(flow({SQL: None}), [("con_sql", SQL)])),
    "another shape": Scene(of_flow(flow({OUTLOOK: {**raw_entry(), "tier": "Standard"}}))),
    "no solution": Scene({path_of("Send"): to_json(RAW).encode()}),
    "two entries, of which one has another shape": Scene(
        of_flow(flow({OUTLOOK: None, SPARE: {**raw_entry(), "tier": "Standard"}}))
    ),
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
    "in between are others": Scene(
        of_flow(
            two_aliases(**{TEAMS: entry("con_teams", TEAMS)}),
            ["con_outlook", ("con_teams", TEAMS)],
        )
    ),
    "in UTF-16": Scene(of_flow(Spelling("utf-16-le", "\r\n", "    ").json(two_aliases()))),
    "in one line": Scene(of_flow(Spelling(indent=None).json(two_aliases()))),
    "entries that differ": Scene(
        of_flow(flow({OUTLOOK: "con_Outlook", SPARE: {**entry("con_outlook"), "runtimeSource": "invoker"}}))
    ),
    "named elsewhere": Scene(
        of_flow(two_aliases({"Say": {"type": "Compose", "inputs": PARAMETERS.format(SPARE)}}))
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
    "with Windows' line ends and tabs": Scene(
        spelled(Spelling("utf-8 with mark", "\r\n", "\t"), declared(*TWICE), f"HR/{XML}")
    ),
    "in UTF-16": Scene(spelled(Spelling("utf-16-le"), declared(*TWICE), f"HR/{XML}")),
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
BOTH: Json = {**entry("con_spare"), "connectionReferenceLogicalName": "con_SPARE"}
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
FOLDERS = ("", "now/", "now/src/", "now/IT/", "old/", "old/HR/config/", "old/HRM/")
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


EXCEPTION = '[[exceptions]]\nrule = "CR201"\nreferences = ["con_outlook", "con_third"]\nreason = "two"\n'
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
    "a name beside no connection is moved": Scene(
        group(Call=flow({OUTLOOK: {**HYBRID, "connection": None}})), word=True
    ),
    "both names are moved": Scene(group(Call=flow({OUTLOOK: BOTH})), word=True),
    "one moved": Scene(group(Ask=flow({OUTLOOK: "con_spare"})), word=True),
    "none moved": Scene(group(), word=True),
    "another one than the first is kept": Scene(
        group(["con_first", *FOUR], Ask=flow({OUTLOOK: "con_spare"})), word=True
    ),
    "connector ids in other letters": Scene(
        hr([("con_a", OUTLOOK), ("con_b", "Shared_Office365")], {"Tell": flow({})}), word=True
    ),
}

DEPENDENCIES = {
    "with dependencies": Scene(
        hr(FOUR, USES, missing=[Missing("con_Spare"), Missing("con_other"), Missing("CON_third")]),
        word=True,
    ),
    "with a dependency that names them twice": with_files(group(), dependencies(DEPENDENCY)),
    "with a dependency that names nothing before": with_files(
        group(), dependencies(f"      <MissingDependency><Required /></MissingDependency>\n{DEPENDENCY}")
    ),
    "a dependency stands elsewhere": with_files(group(), dependencies(DEPENDENCY, DEPENDENCY)),
    "dependencies stand elsewhere": with_files(
        group(),
        {
            "HR/Other/Solution.xml": manifest("ContosoHR").replace(
                "</ImportExportXml>",
                f"  <MissingDependencies>\n{DEPENDENCY}  </MissingDependencies>\n</ImportExportXml>",
            )
        },
    ),
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
    "settings that lack the one to keep": with_files(
        group(), {"config/prod.json": bound("con_SPARE", "con_teams", "con_third")}
    ),
    "settings of which only one is there": with_files(group(), {"config/prod.json": bound("con_third")}),
    "settings of copies": with_files(
        {
            **hr(FOUR, USES, folder="now/src/HR", version="2.0.0.0"),
            **hr(FOUR, USES, folder="old/HR"),
            **tree_of("now/IT", "ContosoIT", [("con_teams", TEAMS)], {"Tell": USES["Tell"]}),
        },
        {f"{folder}prod.json": bound("con_Outlook", "con_Spare") for folder in FOLDERS},
    ),
    "another solution declares one that it uses": with_files(
        {**group(), **tree_of("IT", "ContosoIT", ["con_spare"], {"Ask": flow({OUTLOOK: "con_spare"})})},
        {"prod.json": bound("con_spare", "con_outlook", "con_third")},
    ),
}

COPIES = {
    "another copy keeps another one": Scene(
        {
            **A,
            **hr(FOUR, {**USES, "Remind": KEPT}, folder="now", version="2.0.0.0"),
            **hr(FOUR, {"Send": flow({OUTLOOK: "con_Spare"})}, folder="old"),
        },
        word=True,
    ),
    "the copy in the repository's own folder keeps another one": Scene(
        {
            **hr(FOUR, {**USES, "Remind": KEPT}, folder="", version="2.0.0.0"),
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
    "the other copy has none": Scene(
        {
            **hr(FOUR[3:], {"Tell": USES["Tell"]}, folder="now", version="2.0.0.0"),
            **hr(FOUR, USES, folder="old"),
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
    "a flow in the repository's own folder uses one": with_files(
        group(), {path_of("Lost"): to_json(flow({OUTLOOK: "con_Spare"}))}
    ),
}

LEFT_ALONE = {
    "connector ids that differ": Scene(
        hr([("con_a", HASHED[0]), ("con_b", HASHED[1])], {"Tell": flow({})}), word=True
    ),
    "an exception": with_files(group(), {"crstandards.toml": EXCEPTION}),
    "an obstacle": Scene(
        group(Ask=flow({OUTLOOK: {**entry("con_spare"), "runtimeSource": "invoker"}})), word=True
    ),
    "an app": with_files(
        group(),
        {
            "HR/CanvasApps/con_app.meta.xml": "<CanvasApp><Name>con_app</Name>"
            f"<ConnectionReferences>{AN_APP}</ConnectionReferences></CanvasApp>"
        },
    ),
    "a file names one": with_files(group(), {"HR/Other/Notes.txt": "con_third, CON_SPARE"}),
    "something cannot be read": with_files(group(), {f"HR/{path_of('Broken')}": "{"}),
    "source that is not for editing": Scene(yaml_files("ContosoHR", ["con_a", "con_b"], {}), word=True),
}

PLANNER = (FOUR[0], FOUR[3], ("con_planner", "shared_planner"))

CR504 = {
    "source that is not for editing": Scene(yaml_files("ContosoHR", ["con_a"], {}), word=True),
    "without a word": Scene(group(PLANNER)),
    "one": with_files(group(PLANNER), {"a.json": bound("con_Planner", "con_outlook")}),
    "several, with settings of their own": with_files(
        group([*PLANNER[:2], ("con_Planner", "shared_planner"), ("con_sql", SQL)]),
        {
            "a.json": bound("con_planner", "con_outlook", "con_sql", con_planner="a" * 32, con_sql="b" * 32),
            "b.json": bound("con_sql"),
        },
    ),
    "something cannot be read": with_files(group(PLANNER), {f"HR/{path_of('Broken')}": "{"}),
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
