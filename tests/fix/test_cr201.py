"""CR201: what uses a surplus reference is moved to the one to keep, and the surplus ones go."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.builders import (
    OUTLOOK,
    SQL,
    Json,
    Missing,
    Reference,
    action,
    customizations,
    entry,
    flow,
    flow_file,
    manifest,
    to_json,
    write_files,
    write_solution,
)
from tests.fix.conftest import Bench
from tests.fix.spelling import LINE_ENDS, MARKS, Spelling

NAMES = ("con_outlook", "con_spare", "con_third")
KEPT = flow({OUTLOOK: "con_outlook"})
SPARE = flow({OUTLOOK: "con_spare"})
CUSTOMIZATIONS = "Other/Customizations.xml"


def path_of(name: str) -> str:
    return f"Workflows/{flow_file(name)}"


def put(bench: Bench, folder: str = ".", name: str = "ContosoHR", **more: Any) -> None:
    """Three references for Outlook, of which two flows use the first and one the second."""
    flows = {"Send": KEPT, "Remind": KEPT, "Ask": SPARE, **more.pop("flows", {})}
    write_solution(bench.root / folder, name, more.pop("references", NAMES), flows, **more)


def test_users_are_moved_and_declarations_removed(bench: Bench) -> None:
    put(bench)
    before = bench.files()
    ran = bench.fix("--unsafe")
    assert ran.status == 0
    after = bench.files()
    assert after[CUSTOMIZATIONS].decode() == customizations(NAMES[:1])
    assert after[path_of("Ask")] == to_json(KEPT).encode()
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {CUSTOMIZATIONS, path_of("Ask")}
    assert before.keys() == after.keys()
    text = " ".join(ran.out.split())
    assert "1 use moved to con_outlook. Removed: con_spare, con_third." in text
    assert (
        "delete there what was removed here, or the next export brings it back: - ContosoHR: con_spare"
        in text
    )


def test_it_needs_a_word(bench: Bench) -> None:
    put(bench)
    before = bench.files()
    ran = bench.fix()
    assert ran.status == 1
    assert bench.files() == before
    assert "1 waiting for your word. Left: 1 error" in ran.out


def test_a_flat_layout_and_a_hybrid_entry(bench: Bench) -> None:
    hybrid = {
        "runtimeSource": "embedded",
        "connection": {},
        "connectionReferenceLogicalName": "CON_Spare",
        "api": {"name": OUTLOOK},
    }
    put(bench, flows={"Ask": flow({OUTLOOK: hybrid})}, layout="flat")
    assert bench.fix("--unsafe", "--select", "CR201").status == 0
    found = json.loads(bench.files()[path_of("Ask")])["properties"]["connectionReferences"][OUTLOOK]
    assert found == {**hybrid, "connectionReferenceLogicalName": "con_outlook"}
    assert b"con_spare" not in bench.files()["customizations.xml"]


def test_aliases_become_one_afterwards(bench: Bench) -> None:
    both = flow({OUTLOOK: "con_outlook", f"{OUTLOOK}_1": "con_spare"})
    put(bench, flows={"Both": both})
    assert bench.fix("--unsafe", "--fail-on", "note").status == 0
    entries = json.loads(bench.files()[path_of("Both")])["properties"]["connectionReferences"]
    assert entries == {OUTLOOK: entry("con_outlook")}
    assert bench.found() == []


def test_a_raw_entry_gets_what_is_kept(bench: Bench) -> None:
    put(bench, flows={"Raw": flow({OUTLOOK: None})})
    assert bench.fix("--unsafe").status == 0
    assert bench.files()[path_of("Raw")] == to_json(KEPT).encode()


def test_the_dependencies_that_speak_of_them_go(bench: Bench) -> None:
    put(bench, missing=[Missing("con_spare"), Missing("con_other"), Missing("CON_Third")])
    text = bench.files()["Other/Solution.xml"].decode()
    dependent = (
        "      <MissingDependency>\n"
        '        <Required type="372" displayName="A connector" solution="Active" />\n'
        '        <Dependent type="connectionreference" id.connectionreferencelogicalname="con_third" />\n'
        "      </MissingDependency>\n"
    )
    end = "    </MissingDependencies>\n"
    write_files(bench.root, {"Other/Solution.xml": text.replace(end, dependent + end)})
    assert bench.fix("--unsafe", "--select", "CR201").status == 0
    assert bench.files()["Other/Solution.xml"].decode() == manifest(
        "ContosoHR", missing=[Missing("con_other")]
    )


def settings(*names: str, **connections: str) -> Json:
    return {
        "EnvironmentVariables": [],
        "ConnectionReferences": [
            {
                "LogicalName": name,
                "ConnectionId": connections.get(name, f"#{{{name}}}#"),
                "ConnectorId": OUTLOOK,
            }
            for name in names
        ],
        "CopilotAgents": [1.50],
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_their_deployment_settings_go(bench: Bench, order: tuple[int, ...]) -> None:
    put(bench, "src")
    names = [NAMES[index] for index in order]
    write_files(bench.root, {"config/prod.json": to_json(settings(*names))})
    assert bench.fix("--unsafe", "--select", "CR201").status == 0
    assert bench.files()["config/prod.json"].decode() == to_json(settings("con_outlook"))


def test_settings_that_lack_the_one_to_keep(bench: Bench) -> None:
    put(bench, "src")
    write_files(bench.root, {"config/prod.json": to_json(settings("con_spare"))})
    refused(bench, "config/prod.json binds con_spare, but not con_outlook: bind that there first.")


def test_settings_of_another_solution_that_declares_it_too(bench: Bench) -> None:
    put(bench, "src/HR")
    write_solution(bench.root / "src/IT", "ContosoIT", ["con_spare"], {"Ticket": SPARE})
    write_files(bench.root, {"config/prod.json": to_json(settings(*NAMES))})
    assert bench.fix("--unsafe", "--select", "CR201").status == 0
    assert bench.files()["config/prod.json"].decode() == to_json(settings("con_outlook", "con_spare"))


def test_different_connections_are_said(bench: Bench) -> None:
    put(bench, "src")
    bound = settings(*NAMES[:2], con_outlook="a" * 32, con_spare="b" * 32)
    write_files(bench.root, {"config/prod.json": to_json(bound)})
    ran = bench.fix("--unsafe", "--select", "CR201")
    assert "config/prod.json bound them to different connections." in " ".join(ran.out.split())


def refused(bench: Bench, reason: str, *more: str) -> None:
    before = bench.files()
    ran = bench.fix("--unsafe", "--select", "CR201", *more)
    assert ran.status == 1, ran.text
    assert reason.lower() in " ".join(ran.out.split()).lower()
    assert bench.files() == before


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (flow({OUTLOOK: {**entry("con_spare"), "runtimeSource": "invoker"}}), 'runtimeSource "invoker"'),
        (flow({OUTLOOK: {**entry("con_spare"), "impersonation": {"source": "invoker"}}}), "impersonation"),
        (
            flow(
                {OUTLOOK: "con_spare"},
                {
                    "Ask": action(),
                    "Say": {"type": "Compose", "inputs": f"@parameters('$connections')['{OUTLOOK}']"},
                },
            ),
            "$connections",
        ),
        (
            flow(
                {OUTLOOK: "con_spare"},
                {
                    "Ask": {
                        "type": "ApiConnection",
                        "inputs": {
                            "host": {
                                "connection": {
                                    "name": f"@parameters('$connections')['{OUTLOOK}']['connectionId']"
                                }
                            }
                        },
                    }
                },
            ),
            "$connections",
        ),
    ],
    ids=["runtimeSource", "impersonation", "$connections", "a host by expression"],
)
def test_no_plain_swap(bench: Bench, ask: Json, reason: str) -> None:
    put(bench, flows={"Ask": ask})
    refused(bench, reason)


def test_an_app_uses_it(bench: Bench) -> None:
    put(bench)
    connections = json.dumps(
        {"1": {"id": "/apis/shared_office365", "xrmConnectionReferenceLogicalName": "con_spare"}}
    )
    inner = f"<Name>con_app</Name><ConnectionReferences>{connections}</ConnectionReferences>"
    write_files(bench.root, {"CanvasApps/con_app.meta.xml": f"<CanvasApp>{inner}</CanvasApp>"})
    # It stays on what it uses: flows can be moved, an app cannot.
    assert bench.fix("--unsafe").status == 0
    assert bench.files()[CUSTOMIZATIONS].decode() == customizations(["con_spare"])


def test_an_agent_uses_it(bench: Bench) -> None:
    put(bench)
    write_files(
        bench.root,
        {"botcomponents/con_bot.action/data": "kind: TaskDialog\nconnectionReference: con_third\n"},
    )
    assert bench.fix("--unsafe").status == 0
    assert bench.files()[CUSTOMIZATIONS].decode() == customizations(["con_third"])


def test_two_apps_use_two(bench: Bench) -> None:
    put(bench)
    for name in ("con_third", "con_spare"):
        topic = f"kind: TaskDialog\nconnectionReference: {name}\n"
        write_files(bench.root, {f"botcomponents/{name}.action/data": topic})
    refused(bench, "agent")


def test_another_solution_uses_it(bench: Bench) -> None:
    put(bench, "src/HR")
    write_solution(bench.root / "src/IT", "ContosoIT", [], {"Ticket": SPARE}, missing=[Missing("con_spare")])
    assert bench.fix("--unsafe", "--solutions", "ContosoHR").status == 0
    assert bench.files()[f"src/HR/{CUSTOMIZATIONS}"].decode() == customizations(["con_spare"])


def test_a_patch_uses_it(bench: Bench) -> None:
    put(bench, "src/HR")
    write_solution(bench.root / "src/Patch", "ContosoHR_Patch_1", [], {"Ticket": SPARE})
    refused(bench, "solution ContosoHR_Patch_1 uses con_spare too")


@pytest.mark.parametrize("alias", [OUTLOOK, "mail"])
def test_a_flow_may_have_lost_it(bench: Bench, alias: str) -> None:
    """Its map was wiped: when that is brought back from history, it names one of them."""
    by_expression = {"connection": {"name": f"@parameters('$connections')['{alias}']['connectionId']"}}
    put(
        bench,
        flows={"Lost": flow({}, {"Send": {"type": "ApiConnection", "inputs": {"host": by_expression}}})},
    )
    refused(
        bench,
        f"a flow has lost its reference for {OUTLOOK} (CR502), which may have been con_spare",
        "--select",
        "CR201",
    )


def test_a_flow_that_has_lost_another_one_hinders_nothing(bench: Bench) -> None:
    put(bench, flows={"Lost": flow({}, {"Send": action(SQL)})})
    bench.fix("--unsafe")
    assert bench.files()[CUSTOMIZATIONS].decode() == customizations(NAMES[:1])


def test_a_solution_that_cannot_be_read_names_it(bench: Bench) -> None:
    put(bench, "src/HR")
    write_solution(bench.root / "src/IT", "ContosoIT", [], {"Ticket": to_json(SPARE)[:-3]})
    broken = f"src/IT/{path_of('Ticket')}"
    refused(bench, f"Is con_spare used in {broken}, which cannot be read?")


def test_a_solution_that_cannot_be_read_and_names_none_of_them_hinders_nothing(bench: Bench) -> None:
    put(bench, "src/HR")
    write_solution(bench.root / "src/IT", "ContosoIT", [], {"Ticket": to_json(KEPT)[:-3]})
    bench.fix("--unsafe")
    assert bench.files()[f"src/HR/{CUSTOMIZATIONS}"].decode() == customizations(NAMES[:1])


def test_a_name_that_means_two_things(bench: Bench) -> None:
    """All declarations of a name would go, that of another connector too."""
    put(bench, references=(*NAMES, ("con_spare", SQL)))
    refused(bench, "the declarations of con_spare differ: decide which of them is right", "--select", "CR201")


@pytest.mark.parametrize("references", [(*NAMES, "con_spare"), ("con_outlook", *NAMES)])
def test_a_name_that_is_declared_twice_alike(bench: Bench, references: tuple[str, ...]) -> None:
    """It is not said of it that it is declared once, when it goes."""
    put(bench, references=references)
    ran = bench.fix("--unsafe")
    assert bench.files()[CUSTOMIZATIONS].decode() == customizations(NAMES[:1])
    assert "declares con_spare once" not in ran.out


@pytest.mark.parametrize("folder", ["other", "."])
def test_a_flow_without_a_solution_uses_it(bench: Bench, folder: str) -> None:
    put(bench, "src/HR")
    write_files(bench.root, {f"{folder}/Workflows/{flow_file('Lost')}": to_json(SPARE)})
    refused(bench, f"a flow in {folder} uses con_spare too")


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("environmentvariabledefinitions/x/environmentvariabledefinition.xml", b"<v>CON_SPARE</v>"),
        ("Workflows/Desktop.json", b'{"schemaversion": "1", "targets": ["con_spare"]}'),
        ("Entities/x/Entity.xml", "con_third".encode("utf-16")),
    ],
)
def test_its_name_stands_somewhere_else(bench: Bench, path: str, content: bytes) -> None:
    put(bench, "src/HR")
    write_files(bench.root, {f"src/HR/{path}": content})
    refused(bench, f"src/HR/{path} names con_")


def test_a_file_that_git_lfs_holds_may_name_them(bench: Bench) -> None:
    put(bench)
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    write_files(bench.root, {"WebResources/x.js": pointer})
    before = bench.files()
    said = " ".join(bench.fix("--unsafe").out.split())
    assert "1 of the solution's files cannot be searched for what is removed" in said
    assert bench.files() == before


def test_a_longer_name_is_no_mention(bench: Bench) -> None:
    put(bench, "src/HR")
    write_files(bench.root, {"src/HR/Other/Notes.txt": "con_spare_parts xcon_third"})
    assert bench.fix("--unsafe").status == 0


def test_a_packed_app_names_it(bench: Bench) -> None:
    from zipfile import ZipFile

    put(bench, "src/HR")
    with ZipFile(bench.root / "src/HR/app.msapp", "w") as archive:
        archive.writestr("Connections/Connections.json", '{"a": "con_spare"}')
    refused(bench, "src/HR/app.msapp names con_spare")


def test_connectors_that_differ_in_their_hash(bench: Bench) -> None:
    ids = ("shared_con-5ferp-5f0123456789abcdef", "shared_con-5ferp-5ffedcba9876543210")
    write_solution(bench.root, "ContosoHR", [("con_a", ids[0]), ("con_b", ids[1])], {"Send": flow({})})
    refused(bench, f"{CUSTOMIZATIONS} Their connector ids differ, so they may not be one service.")


def test_an_exception_covers_one_of_them(bench: Bench) -> None:
    put(bench)
    rule = '[[exceptions]]\nrule = "CR201"\nreferences = ["con_outlook", "con_spare"]\n'
    write_files(bench.root, {"crstandards.toml": f'{rule}reason = "two mailboxes"\n'})
    refused(bench, "an exception covers con_outlook and con_spare, but not all of them")


def test_a_description_excepts_one_of_them(bench: Bench) -> None:
    excepted = Reference("con_spare", description="crstandards: allow CR201 the payroll mailbox")
    put(bench, references=["con_outlook", excepted, "con_third"])
    refused(bench, "an exception covers con_spare")


def test_an_exception_for_all_lets_them_be(bench: Bench) -> None:
    put(bench)
    write_files(
        bench.root, {"crstandards.toml": '[[exceptions]]\nrule = "CR201"\nreason = "three mailboxes"\n'}
    )
    before = bench.files()
    assert bench.fix("--unsafe").status == 0
    assert bench.files() == before


def test_connectors_with_an_endpoint_of_their_own_are_not_touched(bench: Bench) -> None:
    write_solution(bench.root, "ContosoHR", [("con_a", SQL), ("con_b", SQL)], {"Send": flow({SQL: "con_a"})})
    before = bench.files()
    bench.fix("--unsafe", "--select", "CR2")
    assert bench.files() == before


def test_something_unreadable(bench: Bench) -> None:
    put(bench)
    write_files(bench.root, {path_of("Broken"): "{"})
    refused(bench, f"{CUSTOMIZATIONS} {path_of('Broken')} cannot be read: not JSON: it breaks off.")


def test_bought_source(bench: Bench) -> None:
    put(bench)
    write_files(bench.root, {"crstandards.toml": '[source]\nvendored = ["**"]\n'})
    before = bench.files()
    assert bench.fix("--unsafe").status == 0
    assert bench.files() == before


def test_both_layouts_in_one_folder(bench: Bench) -> None:
    put(bench)
    write_files(
        bench.root, {"solution.xml": manifest("ContosoHR"), "customizations.xml": customizations(NAMES)}
    )
    before = bench.files()
    assert bench.fix("--unsafe").status == 1
    assert bench.files() == before


def test_copies_that_agree_are_mended_alike(bench: Bench) -> None:
    put(bench, "Unmanaged")
    put(bench, "Managed", managed=1)
    write_files(bench.root, {"prod.json": to_json(settings(*NAMES))})
    assert bench.fix("--unsafe").status == 0
    for folder in ("Unmanaged", "Managed"):
        assert bench.files()[f"{folder}/{CUSTOMIZATIONS}"].decode() == customizations(NAMES[:1])
    assert bench.files()["prod.json"].decode() == to_json(settings("con_outlook"))


def test_a_copy_keeps_what_the_one_keeps_that_speaks_for_it(bench: Bench) -> None:
    put(bench, "now", version="2.0.0.0")
    put(bench, "old", flows={"Send": SPARE, "Remind": SPARE})
    assert bench.fix("--unsafe").status == 0
    after = bench.files()
    for folder in ("now", "old"):
        assert after[f"{folder}/{CUSTOMIZATIONS}"].decode() == customizations(NAMES[:1])


def test_settings_belong_to_the_nearest_copy(bench: Bench) -> None:
    for folder in ("now", "old"):
        put(bench, f"{folder}/src", version="2.0.0.0" if folder == "now" else "1.0.0.0")
        write_files(bench.root, {f"{folder}/config/prod.json": to_json(settings(*NAMES))})
    assert bench.fix("now", "--unsafe", "--select", "CR201").status == 0
    after = bench.files()
    assert after["now/config/prod.json"].decode() == to_json(settings("con_outlook"))
    assert after["old/config/prod.json"].decode() == to_json(settings(*NAMES))


def test_other_files_that_name_them_are_said_and_left(bench: Bench) -> None:
    put(bench, "src")
    pipeline = b"env:\n  CON_SPARE: con_spare\n  OTHER: con_spare_parts\n"
    write_files(bench.root, {"azure-pipelines.yml": pipeline, "logo.png": b"con_spare"})
    ran = bench.fix("--unsafe")
    assert ran.status == 0
    assert "- azure-pipelines.yml (con_spare)\n" in ran.out
    assert "logo.png" not in ran.out
    assert bench.files()["azure-pipelines.yml"] == pipeline


def test_what_is_excluded_is_neither_read_nor_written(bench: Bench) -> None:
    put(bench, "src")
    write_files(
        bench.root,
        {
            "crstandards.toml": '[source]\nexclude = ["archive/**"]\n',
            "archive/prod.json": to_json(settings(*NAMES)),
        },
    )
    assert bench.fix("--unsafe").status == 0
    assert bench.files()["archive/prod.json"].decode() == to_json(settings(*NAMES))


@pytest.mark.parametrize("encoding", sorted(set(MARKS) - {"utf-16-le without mark"}))
@pytest.mark.parametrize("line_end", LINE_ENDS)
def test_every_spelling(bench: Bench, encoding: str, line_end: str) -> None:
    """XML and JSON alike keep their encoding, mark and line ends."""
    spelling = Spelling(encoding, line_end)
    declared = f'encoding="{encoding.partition(" ")[0][:6]}"'

    def spelled(
        references: Sequence[str], bound: Sequence[str], flow: Json, missing: Sequence[Missing]
    ) -> Any:
        texts = {
            f"src/{CUSTOMIZATIONS}": customizations(references).replace('encoding="utf-8"', declared),
            "src/Other/Solution.xml": manifest("Contoso", missing=missing).replace(
                'encoding="utf-8"', declared
            ),
            f"src/{path_of('Ask')}": to_json(flow),
            "prod.json": to_json(settings(*bound)),
        }
        return {path: spelling.text(text) for path, text in texts.items()}

    put(bench, "src", "Contoso")
    write_files(bench.root, spelled(NAMES, NAMES, SPARE, [Missing("con_spare")]))
    before = bench.files()
    assert bench.fix("--unsafe").status == 0
    expected = spelled(NAMES[:1], NAMES[:1], KEPT, [Missing("con_gone")])
    empty = manifest("Contoso").replace(
        "<MissingDependencies />", "<MissingDependencies>\n    </MissingDependencies>"
    )
    expected["src/Other/Solution.xml"] = spelling.text(empty.replace('encoding="utf-8"', declared))
    assert bench.files() == {**before, **expected}


@pytest.mark.parametrize("surplus", ["con_outlook", "con_outlook_1a2b3"])
def test_what_a_check_says_is_what_the_fix_keeps(bench: Bench, surplus: str) -> None:
    keep = "con_outlook_9f8e7" if surplus == "con_outlook" else "con_outlook_first"
    write_solution(
        bench.root,
        "ContosoHR",
        [surplus, keep],
        {"Send": flow({OUTLOOK: keep}), "Ask": flow({OUTLOOK: keep}), "Tell": flow({OUTLOOK: surplus})},
    )
    report = json.loads(bench.run("check", "--format", "json", "--select", "CR201").out)
    assert report["findings"][0]["data"]["keep"] == keep
    assert bench.fix("--unsafe").status == 0
    assert bench.files()[CUSTOMIZATIONS].decode() == customizations([keep])


def test_bought_source_is_left_alone(bench: Bench) -> None:
    write_solution(bench.root / "own", "ContosoHR", ["con_outlook", "con_spare"])
    write_solution(bench.root / "bought", "FabrikamHR", ["con_outlook", "con_spare"])
    write_files(bench.root, {"crstandards.toml": '[source]\nvendored = ["bought/**"]\n'})
    before = bench.files()
    bench.fix("--unsafe", "--select", "CR201")
    changed = {path for path, data in bench.files().items() if before[path] != data}
    assert changed == {"own/Other/Customizations.xml"}


def test_many_files_outside_that_still_name_what_went_are_counted(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", ["con_outlook", "con_spare"])
    write_files(bench.root, {f"scripts/{number:02}.ps1": "Deploy con_spare\n" for number in range(30)})
    said = " ".join(bench.fix("--unsafe", "--select", "CR201").out.split())
    assert "still name what was removed" in said
    assert "scripts/00.ps1 (con_spare)" in said
    assert "more" in said.rpartition("scripts/")[2]
    assert "scripts/29.ps1" not in said


def test_settings_that_are_too_large_are_left_alone(bench: Bench) -> None:
    write_solution(bench.root / "src", "ContosoHR", ["con_outlook", "con_spare"])
    huge = to_json(settings("con_outlook", "con_spare")) + " " * 5_000_000
    write_files(bench.root, {"prod.json": to_json(settings("con_outlook", "con_spare")), "huge.json": huge})
    assert bench.fix("--unsafe", "--select", "CR201").status == 0
    assert bench.files()["huge.json"].decode() == huge
    assert bench.files()["prod.json"].decode() == to_json(settings("con_outlook"))


@pytest.mark.parametrize(
    "odd",
    [
        '{"ConnectionReferences": ["LogicalName", 3]}',
        '{"ConnectionReferences": [{"LogicalName"',
        '["LogicalName"]',
    ],
    ids=["no objects", "no JSON", "a list"],
)
def test_settings_that_are_none_are_left_alone(bench: Bench, odd: str) -> None:
    write_solution(bench.root / "src", "ContosoHR", ["con_outlook", "con_spare"])
    write_files(bench.root, {"prod.json": to_json(settings("con_outlook", "con_spare")), "odd.json": odd})
    assert bench.fix("--unsafe", "--select", "CR201").status == 0
    assert bench.files()["odd.json"].decode() == odd
    assert bench.files()["prod.json"].decode() == to_json(settings("con_outlook"))
