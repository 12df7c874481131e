"""Which solutions a commit concerns: what is reported on, and what is left for later."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hooks.conftest import copy
from tests.support.builders import (
    OUTLOOK,
    Missing,
    Ran,
    Repo,
    customizations,
    entry,
    flow,
    flow_component,
    flow_file,
    flow_guid,
    manifest,
    raw_flow,
    solution_files,
    write_files,
    write_solution,
    yaml_files,
)
from tests.support.commits import blocked, flow_path, passed, stage, write_flow

DUPLICATES = ["con_outlook", "con_outlook_2"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, git_environment: dict[str, str]) -> Repo:
    repo = Repo.create(tmp_path_factory.mktemp("template") / "repo", git_environment)
    write_solution(repo.root / "src/A", "ContosoA", ["con_a"], {"A": flow({OUTLOOK: "con_a"})})
    write_solution(repo.root / "src/B", "ContosoB", ["con_b"], {"B": flow({OUTLOOK: "con_b"})})
    write_solution(repo.root / "src/Sinner", "ContosoSinner", DUPLICATES, {"Raw": raw_flow()})
    repo.commit("Begin")
    return repo


@pytest.fixture
def old_sins(template: Repo, tmp_path: Path) -> Repo:
    """Two clean solutions, A and B, and one with a duplicate and a raw connection, Sinner."""
    return copy(template, tmp_path / "old sins")


def check_staged(repo: Repo, *options: str, add: bool = True) -> Ran:
    if add:
        stage(repo)
    return repo.crstandards("hook", "pre-commit", *options)


def test_a_change_elsewhere_leaves_old_sins_alone(old_sins: Repo) -> None:
    write_flow(old_sins, "src/A", "New", flow({OUTLOOK: "con_a"}))
    old_sins.write("src/Sinner/notes.txt", "Not source\n")
    passed(check_staged(old_sins))
    write_flow(old_sins, "src/A", "Raw A", raw_flow())
    write_flow(old_sins, "src/B", "Raw B", raw_flow())
    blocked(check_staged(old_sins), "ContosoA: 1 error", "ContosoB: 1 error", absent="Sinner")
    write_flow(old_sins, "src/Sinner", "Fine", flow())
    blocked(check_staged(old_sins), "CR101", "CR201")


@pytest.mark.parametrize(
    "path",
    [
        "src/Sinner/Other/Solution.xml",
        "src/Sinner/Other/Customizations.xml",
        flow_path("src/Sinner", "Raw"),
        flow_path("src/Sinner", "Raw") + ".data.xml",
    ],
)
@pytest.mark.parametrize("deleted", [False, True])
def test_a_change_of_any_part_concerns_its_solution(old_sins: Repo, path: str, deleted: bool) -> None:
    if deleted:
        old_sins.remove(path)
    else:
        old_sins.write(path, (old_sins.root / path).read_text("utf-8").replace("  ", "\t"))
    said = blocked(check_staged(old_sins), absent="ContosoA")
    assert "src/Sinner" in said


def test_a_solution_below_is_another_one(old_sins: Repo) -> None:
    # Of the YAML layout it would share the flows around `solutions`.
    for folder in ("sub", "solutions/Below"):
        write_solution(old_sins.root / "src/A" / folder, "ContosoBelow", DUPLICATES, {"Raw": raw_flow()})
    old_sins.commit("Begin")
    write_flow(old_sins, "src/A", "New", flow({OUTLOOK: "con_a"}))
    passed(check_staged(old_sins))
    write_flow(old_sins, "src/A/solutions/Below", "New", flow())
    blocked(check_staged(old_sins), "CR101", "solutions/Below", absent="sub/")


def test_a_renamed_solution_folder_is_touched(old_sins: Repo) -> None:
    old_sins.git("mv", "src/Sinner", "src/Penitent")
    blocked(check_staged(old_sins), "src/Penitent/", absent="src/Sinner")


def test_a_deleted_solution_stops_nobody(old_sins: Repo) -> None:
    old_sins.remove("src/Sinner")
    passed(check_staged(old_sins))


def test_a_file_mode_is_no_reason_to_be_let_through(old_sins: Repo) -> None:
    old_sins.git("update-index", "--chmod=+x", "src/Sinner/Other/Solution.xml")
    blocked(check_staged(old_sins, add=False), "CR201")


def test_a_changed_configuration_concerns_all(old_sins: Repo) -> None:
    """Be it new, gone or mended; a comment changes nothing."""
    for text, is_news in (
        ('[rules]\nCR205 = "error"\n', True),
        ('# Ours.\n[rules]\nCR205 = "error"\n', False),
        ("[rules]\nCR101 = 1\n", None),
        ("", True),
    ):
        old_sins.write("crstandards.toml", text)
        if is_news:
            blocked(check_staged(old_sins), "CR101", "CR201", "ContosoSinner")
        elif is_news is False:
            passed(check_staged(old_sins))
        old_sins.commit("Past the hook")
    old_sins.write("crstandards.toml", '[rules]\nCR205 = "error"\n')
    old_sins.commit("Past the hook")
    old_sins.remove("crstandards.toml")
    blocked(check_staged(old_sins), "ContosoSinner")


def test_other_tools_settings_in_pyproject_concern_nobody(old_sins: Repo) -> None:
    old_sins.write("pyproject.toml", '[project]\nname = "contoso"\n')
    passed(check_staged(old_sins))
    old_sins.write("pyproject.toml", '[tool.crstandards.rules]\nCR205 = "error"\n')
    blocked(check_staged(old_sins), "ContosoSinner")
    old_sins.commit("Past the hook")
    text = '[project]\nname = "x"\n[tool.crstandards.rules]\nCR205 = "error"\n'
    old_sins.write("pyproject.toml", text)
    passed(check_staged(old_sins))


def test_a_pyproject_of_another_folder_is_no_configuration(old_sins: Repo) -> None:
    old_sins.write("tools/crstandards.toml", "nonsense")
    old_sins.write("tools/pyproject.toml", "[tool.crstandards]\nnonsense = 1\n")
    passed(check_staged(old_sins))


def test_a_named_configuration_is_the_one_that_counts(old_sins: Repo) -> None:
    old_sins.write("config/strict.toml", "")
    old_sins.commit("Configure")
    old_sins.write("config/strict.toml", '[rules]\nCR205 = "error"\n')
    blocked(check_staged(old_sins, "--config", "config/strict.toml"), "ContosoSinner")
    passed(check_staged(old_sins))
    old_sins.write("crstandards.toml", "locked = []\n")
    passed(check_staged(old_sins, "--no-config"))


def test_the_configuration_comes_from_the_index(old_sins: Repo) -> None:
    write_flow(old_sins, "src/A", "Raw", raw_flow())
    stage(old_sins)
    old_sins.write("crstandards.toml", '[rules]\nCR101 = "off"\n')
    blocked(check_staged(old_sins, add=False), "CR101")
    old_sins.write("crstandards.toml", 'broken = "')
    blocked(check_staged(old_sins, add=False), "CR101")


def test_excluded_files_touch_nothing(old_sins: Repo) -> None:
    old_sins.write("crstandards.toml", '[source]\nexclude = ["**/*draft*", "src/Archive/**"]\n')
    old_sins.commit("Configure")
    old_sins.write("src/Sinner/Workflows/draft-of-mine.json", "{")
    write_solution(old_sins.root / "src/Archive/Old", "ContosoOld", DUPLICATES)
    passed(check_staged(old_sins))
    old_sins.commit()
    old_sins.remove("src/Sinner/Workflows/draft-of-mine.json")
    passed(check_staged(old_sins))


def test_bought_solutions_are_never_reported_on(old_sins: Repo) -> None:
    old_sins.write("crstandards.toml", '[source]\nvendored = ["vendor/**"]\n')
    old_sins.commit("Configure")
    write_solution(old_sins.root / "vendor/Bought", "Bought", DUPLICATES, {"Raw": raw_flow()})
    passed(check_staged(old_sins))


ENVIRONMENT = '[[environments]]\nname = "prod"\nsolutions = ["ContosoA", "ContosoB"]\n'


@pytest.fixture
def sharing(old_sins: Repo) -> Repo:
    """A uses a reference that B declares, in the environment where both are."""
    old_sins.write("crstandards.toml", ENVIRONMENT)
    old_sins.write("src/A/Other/Customizations.xml", customizations())
    write_flow(old_sins, "src/A", "A", flow({OUTLOOK: "con_b"}))
    old_sins.commit("Share")
    return old_sins


def test_in_an_environment_a_reference_may_come_from_a_mate(sharing: Repo) -> None:
    write_flow(sharing, "src/A", "Another", flow({OUTLOOK: "con_b"}))
    passed(check_staged(sharing))
    write_flow(sharing, "src/A", "Another", flow({OUTLOOK: "con_nobody"}))
    blocked(check_staged(sharing), "CR501", "con_nobody")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Customizations", customizations([("con_b2", OUTLOOK)])),
        ("Solution", manifest("FabrikamB")),
        ("", ""),
    ],
    ids=["declared anew", "renamed", "gone"],
)
def test_a_changed_declaration_concerns_the_mates(sharing: Repo, path: str, text: str) -> None:
    write_flow(sharing, "src/B", "B", flow({}))
    if path:
        sharing.write(f"src/B/Other/{path}.xml", text)
    else:
        sharing.remove("src/B")
    blocked(check_staged(sharing), "CR501", "con_b", "src/A/Workflows", absent="Sinner")


ORG = "src/org"
ORG_LIST = f"{ORG}/solutions/ContosoHR/solutioncomponents.yml"


@pytest.fixture
def shared_folder(old_sins: Repo) -> Repo:
    """A clean solution of the YAML layout beside the others."""
    write_files(old_sins.root / ORG, yaml_files("ContosoHR", flows={"Send": flow(), "Other": flow()}))
    old_sins.commit("A solution in YAML")
    return old_sins


def org_flow(name: str) -> str:
    return f"{ORG}/{flow_component(name)}/{flow_file(name)}"


def test_a_flow_in_a_folder_of_its_own_concerns_its_solution(shared_folder: Repo) -> None:
    shared_folder.write(org_flow("Send"), json.dumps(flow()))
    passed(check_staged(shared_folder))
    shared_folder.write(org_flow("Send"), json.dumps(raw_flow()))
    said = blocked(check_staged(shared_folder), "CR101", 'Flow "Send"', "ContosoHR", absent="Sinner")
    assert org_flow("Send") in said


@pytest.mark.parametrize(
    "name", [f"{flow_component('Send')}/workflow.yml", "solutions/ContosoHR/solution.yml"]
)
def test_what_describes_it_does_too(shared_folder: Repo, name: str) -> None:
    shared_folder.write(org_flow("Send"), json.dumps(raw_flow()))
    shared_folder.commit("Past the hook")
    path = f"{ORG}/{name}"
    shared_folder.write(path, (shared_folder.root / path).read_text("utf-8") + "# changed\n")
    blocked(check_staged(shared_folder), "CR101")


def test_a_listed_flow_that_goes_stops_the_commit(shared_folder: Repo) -> None:
    shared_folder.remove(org_flow("Send"))
    blocked(check_staged(shared_folder), "CR509", '"Send"', absent="Sinner")
    listing = (shared_folder.root / ORG_LIST).read_text("utf-8").split("\n")
    kept = [line for line in listing if flow_component("Send") not in line]
    shared_folder.write(ORG_LIST, "\n".join(kept))
    passed(check_staged(shared_folder))


@pytest.mark.parametrize("name", ["solution.yml", "solutioncomponents.yml"])
def test_a_flow_that_no_list_names_any_more_is_looked_at(shared_folder: Repo, name: str) -> None:
    shared_folder.write(org_flow("Send"), json.dumps(raw_flow()))
    shared_folder.write(org_flow("Other"), json.dumps(raw_flow()))
    shared_folder.commit("Past the hook")
    shared_folder.remove(f"{ORG}/solutions/ContosoHR/{name}")
    blocked(check_staged(shared_folder), "CR101", 'Flow "Send"', 'Flow "Other"', absent="Sinner")


def test_a_new_flow_that_no_list_names_is_looked_at(shared_folder: Repo) -> None:
    shared_folder.write(org_flow("New"), json.dumps(raw_flow()))
    blocked(check_staged(shared_folder), "CR101", flow_file("New"), absent="ContosoHR")


def test_flows_without_a_solution_bring_no_mates(shared_folder: Repo) -> None:
    """They are in no environment, so a changed reference beside them concerns only those who share one."""
    shared_folder.write("crstandards.toml", '[[environments]]\nname = "dev"\nsolutions = ["ContosoSinner"]\n')
    shared_folder.write(org_flow("Unlisted"), json.dumps(flow()))
    shared_folder.commit("Past the hook")
    path = f"{ORG}/connectionreferences/con_outlook/connectionreference.yml"
    text = (shared_folder.root / path).read_text("utf-8")
    shared_folder.write(path, text.replace("displayname: con_outlook", "displayname: Outlook"))
    passed(check_staged(shared_folder))


@pytest.mark.parametrize(
    "text", ["jobs: 1\n", "ImportExportXml:\n  SolutionManifest:\n    UniqueName: ContosoX\n"]
)
@pytest.mark.parametrize("root", ["", "src/org/"])
def test_yaml_below_a_solution_takes_nothing_away_from_it(text: str, root: str, repo: Repo) -> None:
    write_solution(repo.root / root, "ContosoHR", flows={"A": flow()})
    repo.write(f"{root}solutions/X/solution.yml", text)
    repo.commit("Begin")
    base = repo.git("rev-parse", "HEAD")
    write_flow(repo, root or ".", "A", flow({OUTLOOK: "con_outlook"}, {}))
    passed(check_staged(repo))
    write_flow(repo, root or ".", "A", raw_flow())
    blocked(check_staged(repo), "CR101")
    new = repo.commit("Past the hook")
    told = f"refs/heads/main {new} refs/heads/main {base}\n"
    blocked(repo.crstandards("hook", "pre-push", "origin", "x", stdin=told), "CR101")


def test_what_declares_the_same_concerns_nobody_else(sharing: Repo) -> None:
    write_flow(sharing, "src/A", "Raw", raw_flow())
    sharing.commit("Past the hook")
    write_flow(sharing, "src/B", "Fine", flow({OUTLOOK: "con_b"}))
    path = "src/B/Other/Customizations.xml"
    sharing.write(path, (sharing.root / path).read_text("utf-8").replace("\n", "\r\n"))
    sharing.write("src/B/Other/Solution.xml", manifest("ContosoB", version="1.0.0.1"))
    passed(check_staged(sharing))


def test_a_patch_may_use_what_its_untouched_solution_declares(repo: Repo) -> None:
    write_solution(repo.root / "src/Base", "Contoso")
    repo.commit("Begin")
    write_solution(repo.root / "src/Patch", "Contoso_Patch_1a2b3c", [], {"Patched": flow()})
    passed(check_staged(repo))
    write_solution(repo.root / "src/Other", "Other", [], {"Lost": flow()})
    blocked(check_staged(repo), "CR501", "src/Other/Workflows")


def test_the_report_is_the_one_of_a_full_check(old_sins: Repo) -> None:
    write_flow(old_sins, "src/Sinner", "Fine", flow())
    stage(old_sins)
    hook = old_sins.crstandards("hook", "pre-commit", "--format", "json").out
    full = old_sins.crstandards("check", "--staged", "--solutions", "ContosoSinner", "--format", "json").out
    errors = [item for item in json.loads(full)["findings"] if item["severity"] == "error"]
    assert json.loads(hook)["findings"] == errors


@pytest.mark.parametrize("layout", ["unpacked", "yaml"])
def test_the_commit_that_drops_what_a_sibling_expects_is_stopped(repo: Repo, layout: str) -> None:
    flows = {"Gov": flow({OUTLOOK: "con_outlook"})}
    write_solution(
        repo.root / "Gov", "ContosoGov", [], flows, missing=[Missing("con_outlook", "ContosoCore (1.0)")]
    )

    def declare(*names: str) -> None:
        written = yaml_files if layout == "yaml" else solution_files
        files = written("ContosoCore", names, {})
        write_files(repo.root / "Core", dict(files))

    declare("con_outlook", "con_teams")
    repo.commit("Begin")
    declare("con_teams")
    blocked(check_staged(repo), "CR501")
    declare("con_outlook")
    passed(check_staged(repo))


def test_callers_of_a_child_flow_are_looked_for_in_touched_solutions(repo: Repo) -> None:
    host = {"workflowReferenceName": flow_guid("Child")}
    parent = flow({}, {"Run": {"type": "Workflow", "inputs": {"host": host}}})
    child = flow({OUTLOOK: {**entry("con_outlook"), "runtimeSource": "invoker"}})
    write_solution(repo.root / "A", "ContosoA", flows={"Parent": parent})
    write_solution(repo.root / "B", "ContosoB", ["con_outlook"], {"Child": flow()})
    repo.commit("Begin")
    write_solution(repo.root / "B", "ContosoB", ["con_outlook"], {"Child": child})
    passed(check_staged(repo))
    write_solution(repo.root / "A", "ContosoA", flows={"Parent": parent, "Other": flow()})
    blocked(check_staged(repo), "CR507")
