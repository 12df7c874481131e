from __future__ import annotations

import io
import json
import shutil
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crstandards.cli import main
from crstandards.fixes.edits import Overlay
from crstandards.fixes.steps import FileChange, NewEntry, file_changes
from crstandards.fixes.verify import REMOVED, JsonChange
from tests.support.builders import APIS, OUTLOOK, TEAMS, write_files, write_solution, yaml_files
from tests.support.configured import BOTH, OWNERSHIP, PROD, check, put, rules_found
from tests.support.exports import (
    ADELE,
    DEPLOYER,
    OTHER_ID,
    OUTLOOK_ID,
    SVC,
    page,
    rest,
    settings,
    share,
    user,
)
from tests.support.memory import Memory

PATH = "config/prod/all.json"
BOUND = ("con_outlook", OUTLOOK_ID)


class Said(NamedTuple):
    """What a run printed, and its exit status."""

    status: int
    out: str
    err: str


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One solution with two references, outside git, and the folder where we are."""
    write_solution(tmp_path / "src/HR", "ContosoHR", ["con_outlook", ("con_teams", TEAMS)], flows={})
    put(tmp_path, {"crstandards.toml": PROD})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Said:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        status = main(["settings", "--as-of", "2026-01-15", *arguments])
    return Said(status, out.getvalue(), err.getvalue())


def read_entries(path: Path) -> dict[str, str]:
    listed = json.loads(path.read_bytes())["ConnectionReferences"]
    return {entry["LogicalName"]: entry["ConnectionId"] for entry in listed}


def test_without_write_a_diff_is_shown_and_nothing_changes(root: Path) -> None:
    put(root, {PATH: settings(BOUND, ("con_gone", OTHER_ID))})
    before = (root / PATH).read_bytes()
    done = run()
    assert done.status == 1
    assert '+      "LogicalName": "con_teams",\n' in done.out
    assert '-      "LogicalName": "con_gone",\n' in done.out
    assert "con_teams: no id, as there is no inventory to look one up in, or it is too old" in done.err
    assert (root / PATH).read_bytes() == before
    assert run("--write") == Said(0, f"{PATH}: changed.\n", done.err.partition("crstandards: nothing")[0])
    assert read_entries(root / PATH) == {"con_outlook": OUTLOOK_ID, "con_teams": ""}
    assert run()[:2] == (0, "The settings of contoso-prod hold what the source needs.\n")


@pytest.mark.parametrize(
    ("settings_of", "files", "made"),
    [
        ("config/prod/*.json", {}, {"config/prod/ContosoHR.json", "config/prod/ContosoFin.json"}),
        ("config/prod.json", {}, {"config/prod.json"}),
        ("config/prod/*.json", {"config/prod/all.json": [BOUND]}, {"config/prod/all.json"}),
        (
            "config/prod/*.json",
            {"config/prod/ContosoHR.json": [BOUND, ("con_teams", OTHER_ID, TEAMS)]},
            {"config/prod/ContosoHR.json", "config/prod/ContosoFin.json"},
        ),
        (
            "**/config/prod/settings.json",
            {"src/HR/config/prod/settings.json": [BOUND]},
            {"src/HR/config/prod/settings.json", "src/Fin/config/prod/settings.json"},
        ),
        (
            "src/HR/prod/*.json",
            {"src/HR/prod/hr.json": [BOUND, ("con_teams", OTHER_ID, TEAMS)]},
            {"src/HR/prod/hr.json", "src/HR/prod/ContosoFin.json"},
        ),
    ],
)
def test_where_the_settings_of_a_solution_belong(
    root: Path, settings_of: str, files: dict[str, list[Any]], made: set[str]
) -> None:
    write_solution(root / "src/Fin", "ContosoFin", [("con_sql", "shared_sql")], flows={})
    put(root, {path: settings(*listed) for path, listed in files.items()})
    config = PROD.replace("config/prod/*.json", settings_of)
    put(root, {"crstandards.toml": config})
    # As git reads it: a new file comes from nowhere.
    assert run().out.startswith("--- /dev/null\n") == (sorted(made)[0] not in files)
    assert run("--write").status == 0
    assert {path.relative_to(root).as_posix() for path in root.rglob("*.json")} == made
    assert rules_found(root, "CR601", config) == []


def test_nothing_tells_where_they_belong(root: Path) -> None:
    put(root, {"crstandards.toml": PROD.replace("config/prod/*.json", "**/prod/*.json")})
    done = run("--write")
    assert (done.status, done.out) == (2, "")
    assert "nothing tells where the settings of ContosoHR belong" in done.err


@pytest.mark.parametrize(
    ("connections", "chosen", "why"),
    [
        ([rest(OTHER_ID, connector=TEAMS)], OTHER_ID, ""),
        ([rest(OTHER_ID, connector=TEAMS), rest("x", connector=TEAMS, signed_in=ADELE)], OTHER_ID, ""),
        (
            [rest(OTHER_ID, connector=TEAMS), rest("x", connector=TEAMS)],
            "",
            "for Microsoft Teams (shared_teams) fit: ",
        ),
        ([rest(OTHER_ID)], "", "no connection for Microsoft Teams (shared_teams) fits"),
        ([rest("x", connector=TEAMS, statuses=[])], "", "1 connection of unknown state"),
        ([rest("x", connector=TEAMS, statuses=[{"status": "Error"}])], "", "1 connection broken"),
        ([rest("x", connector=TEAMS, signed_in=ADELE)], "", "1 connection not a service account's"),
        ([rest("x", connector=TEAMS, signed_in=None)], "", "1 connection of unknown owner"),
    ],
)
@pytest.mark.parametrize("present", [True, False], ids=["an empty id", "no entry"])
def test_an_id_is_proposed_where_one_connection_fits(
    root: Path, connections: list[Any], chosen: str, why: str, present: bool
) -> None:
    empty = [("con_teams", "", TEAMS)] if present else []
    put(root, {"crstandards.toml": OWNERSHIP + PROD, PATH: settings(BOUND, *empty)})
    put(root, {"inventory/prod.json": page(*connections)})
    done = run("--write")
    assert read_entries(root / PATH) == {"con_outlook": OUTLOOK_ID, "con_teams": chosen}
    assert why in done.err


def test_a_connection_must_be_shared_with_who_deploys(root: Path) -> None:
    deployed = f'{OWNERSHIP}deployers = ["{DEPLOYER}"]\n'
    put(root, {"crstandards.toml": deployed + PROD, PATH: settings(BOUND)})
    for shares, chosen in (([share(user(SVC))], ""), ([share({"id": DEPLOYER})], OTHER_ID)):
        put(root, {"inventory/prod.json": page(rest(OTHER_ID, connector=TEAMS, permissions=shares))})
        run("--write")
        assert read_entries(root / PATH)["con_teams"] == chosen


@pytest.mark.parametrize(
    ("present", "made"),
    [
        ("#{con_outlook}#", "#{con_teams}#"),
        ("$(prod-con_outlook-id)", "$(prod-con_teams-id)"),
        ("__CON_OUTLOOK__", "__CON_TEAMS__"),
        ("#{outlook}#", ""),
        ("#{Con_Outlook}#", ""),
        (OUTLOOK_ID, ""),
    ],
)
def test_tokens_are_made_as_the_others_are(root: Path, present: str, made: str) -> None:
    put(root, {PATH: settings(("con_outlook", present))})
    run("--write")
    assert read_entries(root / PATH)["con_teams"] == made


@pytest.mark.parametrize("layout", ["a folder", "the root", "yaml"])
def test_environment_variables_are_added_and_named(root: Path, layout: str) -> None:
    definition = "{}environmentvariabledefinitions/{}/environmentvariabledefinition.{}"
    if layout != "a folder":
        shutil.rmtree(root / "src")
    if layout == "the root":
        write_solution(root, "ContosoHR", ["con_outlook", ("con_teams", TEAMS)], flows={})
    if layout == "yaml":
        variables = ["environmentvariabledefinitions/con_Url", "environmentvariabledefinitions/con_b"]
        listed = [
            f"/{at}"
            for at in (*variables, "connectionreferences/con_outlook", "connectionreferences/con_teams")
        ]
        references = ["con_outlook", ("con_teams", TEAMS)]
        write_files(root, yaml_files("ContosoHR", references, {}, listed))
        # Another solution's.
        write_files(root, {definition.format("", "con_Urls", "yml"): "x: 1\n"})
    folder, suffix = ("src/HR/", "xml") if layout == "a folder" else ("", "yml")
    write_files(root, {definition.format(folder, name, suffix): "x" for name in ("con_Url", "con_B")})
    known = [{"SchemaName": "CON_url", "Value": "https://x"}, {"SchemaName": "con_other", "Value": "kept"}]
    put(root, {PATH: settings(BOUND, ("con_teams", OTHER_ID, TEAMS), EnvironmentVariables=known)})
    done = run("--write")
    assert f"{PATH}: give a value to the environment variables con_B" in done.err
    written = json.loads((root / PATH).read_bytes())
    assert written["EnvironmentVariables"] == [*known, {"SchemaName": "con_B", "Value": ""}]


def test_entries_that_contradict_one_another_are_left_to_a_person(root: Path) -> None:
    teams = ("con_teams", OTHER_ID, TEAMS)
    put(root, {PATH: settings(BOUND, teams, BOUND, ("con_teams", "1f0d9b7e3a5c4826", TEAMS))})
    done = run("--write")
    assert f"{PATH} binds con_teams to {OTHER_ID} and to 1f0d9b7e3a5c4826: keep one" in done.err
    assert len(json.loads((root / PATH).read_bytes())["ConnectionReferences"]) == 3


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--environment", "contoso-pord"], 2, "did you mean 'contoso-prod'?"),
        (["--solution", "Nobody"], 2, "no solution of contoso-prod is called Nobody"),
        (
            ["--config", "both.toml"],
            2,
            "name one with --environment: there are contoso-prod",
        ),
        (["--no-config"], 2, "no environment is declared"),
    ],
)
def test_wrong_use(root: Path, arguments: list[str], status: int, said: str) -> None:
    put(root, {"both.toml": BOTH})
    done = run(*arguments)
    assert (done.status, done.out) == (status, "")
    assert said in done.err


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (PATH, f"{PATH} cannot be read"),
        ("src/HR/Other/Customizations.xml", "what ContosoHR declares cannot be read"),
    ],
)
def test_what_cannot_be_read_is_left_alone(root: Path, path: str, said: str) -> None:
    put(root, {path: "{"})
    done = run("--write")
    assert (done.status, said in done.err) == (3, True)


NAMES = st.sampled_from(["con_a", "CON_A", "con_b", "con_c", "con_gone", "con_ü"])
ENTRY = st.fixed_dictionaries(
    {"LogicalName": NAMES, "ConnectionId": st.sampled_from(["", "#{x}#", OTHER_ID, "TODO"])},
    optional={
        "ConnectorId": st.just(APIS + OUTLOOK),
        "ConnectionOwner": st.just("#{o}#"),
        "x": st.just([1.0, {}]),
    },
)
DOCUMENT = st.fixed_dictionaries(
    {},
    optional={
        "EnvironmentVariables": st.lists(st.fixed_dictionaries({"SchemaName": st.just("v"), "Value": NAMES})),
        "ConnectionReferences": st.lists(
            ENTRY, max_size=4, unique_by=lambda entry: entry["LogicalName"].lower()
        ),
        "CopilotAgents": st.just([{"a": "\u20ac\\u"}]),
    },
)
LAYOUT = st.sampled_from([{"indent": 2}, {"indent": "\t"}, {}, {"separators": (",", ":")}, {"indent": 1}])
ENCODING = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])


@given(DOCUMENT, LAYOUT, ENCODING, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n"]))
@hypothesis_settings(max_examples=60, deadline=None)
def test_whatever_a_file_holds(
    document: dict[str, Any], layout: dict[str, Any], encoding: str, newline: str, end: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_solution(root / "src/HR", "ContosoHR", ["con_a", ("con_b", TEAMS)], flows={})
        text = json.dumps(document, ensure_ascii=encoding == "utf-8", **layout) + end
        put(root, {"crstandards.toml": PROD, PATH: text.replace("\n", newline).encode(encoding)})
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            assert run("--write").status == 0
            once = (root / PATH).read_bytes()
            assert run("--write").out.startswith("The settings of")
        assert (root / PATH).read_bytes() == once
        assert not {"CR601", "CR602", "CR901"} & {item.rule.id for item in check(root, PROD).findings}
        after = json.loads(once.decode("utf-8-sig" if encoding != "utf-16" else "utf-16"))
        left = [
            item
            for item in document.get("ConnectionReferences", [])
            if item["LogicalName"].lower() in ("con_a", "con_b")
        ]
        assert after.get("ConnectionReferences", [])[: len(left)] == left
        assert {key: value for key, value in after.items() if key != "ConnectionReferences"} == {
            key: value for key, value in document.items() if key != "ConnectionReferences"
        }
        if "\n" in text:
            assert once.decode(encoding).count("\n") == once.decode(encoding).count(newline)


@given(DOCUMENT, LAYOUT)
def test_what_is_added_can_be_taken_out_again(document: dict[str, Any], layout: dict[str, Any]) -> None:
    before = json.dumps(document, **layout).encode()
    listed = document.get("ConnectionReferences")
    if not listed:
        return
    added = {"LogicalName": "con_new", "ConnectionId": "", "ConnectorId": "c"}
    [(_, after)] = file_changes([FileChange(PATH, NewEntry(added))], Overlay(Memory({PATH: before}))).values()
    gone = FileChange(PATH, JsonChange(("ConnectionReferences", str(len(listed))), REMOVED))
    assert file_changes([gone], Overlay(Memory({PATH: after})))[PATH].after == before


def test_real_settings(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for repository, pattern in (
        ("microsoft+powercat-automation-kit", "*/config/Prod/*.json"),
        ("microsoft+powercat-business-approvals-kit", "*/config/Test/*.json"),
        ("rohithvarmayadla+EMCR-Power-Platform", "PowerPlatform/Solutions/*/uat.deploymentsettings.json"),
    ):
        root = tmp_path / repository
        shutil.copytree(corpus / repository, root, copy_function=shutil.copyfile)
        config = f'[[environments]]\nname = "prod"\nsettings = ["{pattern}"]\n'
        put(root, {"crstandards.toml": config})
        monkeypatch.chdir(root)
        before = {path: json.loads(path.read_bytes().decode("utf-8-sig")) for path in root.glob(pattern)}
        run("--write")
        assert not {"CR601", "CR602"} & {item.rule.id for item in check(root, config).findings}
        for path, document in before.items():
            after = json.loads(path.read_bytes().decode("utf-8-sig"))
            for name, listed in document.items():
                assert after[name][: len(listed)] == listed
        assert run().status == 0


def test_fix_leaves_repeated_entries_to_a_person(root: Path) -> None:
    put(root, {PATH: settings(BOUND, ("con_teams", OTHER_ID, TEAMS), ("con_outlook", OTHER_ID))})
    before = (root / PATH).read_bytes()
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        main(["fix", "--select", "CR602", "--fail-on", "warning"])
    assert (root / PATH).read_bytes() == before
