"""What each published hook stops, and what it leaves to the others."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.hooks.conftest import PROJECT, Guard, local_config, published_hooks
from tests.support.builders import OUTLOOK, TEAMS, Repo, customizations, flow, raw_flow, write_solution
from tests.support.commits import attempt, blocked, flow_path, passed, stage, write_flow

RAW = "no-raw-connections"
DUPLICATES = "no-duplicate-connection-references"
ALL = "connection-references"
CUSTOMIZATIONS = "src/HR/Other/Customizations.xml"


def raw_connection(repo: Repo) -> None:
    write_flow(repo, "src/HR", "Send reminder", raw_flow())


def embedded_connection(repo: Repo) -> None:
    document = flow()
    connections = document["properties"]["definition"]["parameters"]["$connections"]
    connections["defaultValue"] = {
        OUTLOOK: {"connectionId": "shared-office365-3f2504e0-4f89-11d3-9a0c-0305e82c3301"}
    }
    write_flow(repo, "src/HR", "Send reminder", document)


def duplicate_connector(repo: Repo) -> None:
    repo.write(CUSTOMIZATIONS, customizations(["con_outlook", "con_outlook_2"]))


def duplicate_name(repo: Repo) -> None:
    repo.write(CUSTOMIZATIONS, customizations(["con_outlook", "con_outlook"]))


def undefined_reference(repo: Repo) -> None:
    write_flow(repo, "src/HR", "Send reminder", flow({OUTLOOK: "con_nobody"}))


def unknown_alias(repo: Repo) -> None:
    document = flow()
    document["properties"]["connectionReferences"] = {}
    write_flow(repo, "src/HR", "Send reminder", document)


def other_connector(repo: Repo) -> None:
    repo.write(CUSTOMIZATIONS, customizations([("con_outlook", TEAMS)]))


def broken_flow(repo: Repo) -> None:
    repo.write(flow_path("src/HR", "Broken"), "{")


def broken_customizations(repo: Repo) -> None:
    repo.write(CUSTOMIZATIONS, "<ImportExportXml>")


STOPPED = [
    (raw_connection, "CR101", {ALL, RAW}),
    (embedded_connection, "CR104", {ALL, RAW}),
    (duplicate_connector, "CR201", {ALL, DUPLICATES}),
    (duplicate_name, "CR202", {ALL, DUPLICATES}),
    (undefined_reference, "CR501", {ALL}),
    (unknown_alias, "CR502", {ALL}),
    (other_connector, "CR503", {ALL}),
    (broken_flow, "CR901", {ALL, RAW, DUPLICATES}),
    (broken_customizations, "CR901", {ALL, RAW, DUPLICATES}),
]


@pytest.mark.parametrize(("spoil", "rule", "stopping"), STOPPED)
def test_each_hook_stops_its_rules_and_no_others(
    guard: Guard, spoil: Callable[[Repo], None], rule: str, stopping: set[str]
) -> None:
    repo = guard("prek", local_config(RAW, DUPLICATES, ALL))
    spoil(repo)
    stage(repo)
    said = blocked(attempt(repo), rule)
    assert set(re.findall(r"^- hook id: (.*)$", said, re.MULTILINE)) == stopping
    assert set(re.findall(r"^ *(?:error|warning) (CR\d+)", said, re.MULTILINE)) == {rule}


def test_all_three_let_a_clean_commit_through(guard: Guard) -> None:
    for framework in ("pre-commit", "prek"):
        repo = guard(framework, local_config(RAW, DUPLICATES, ALL), folder=framework)
        write_flow(repo, "src/HR", "Send reminder", flow({}))
        stage(repo)
        passed(attempt(repo))


def test_arguments_of_the_user_reach_the_hook(guard: Guard) -> None:
    repo = guard("prek", local_config(ALL, args=["--ignore", "CR101"]))
    raw_connection(repo)
    stage(repo)
    passed(attempt(repo))
    duplicate_connector(repo)
    stage(repo)
    blocked(attempt(repo), "CR201")


def test_the_manifest_is_as_frameworks_want_it(framework_environment: dict[str, str]) -> None:
    manifest = PROJECT / ".pre-commit-hooks.yaml"
    project = Repo(PROJECT, framework_environment)
    passed(project.run(["pre-commit", "validate-manifest", manifest]))
    passed(project.run(["prek", "validate-manifest", manifest]))


def test_every_hook_runs_where_deletions_alone_are_staged_and_takes_no_names() -> None:
    hooks = published_hooks()
    assert {ALL, RAW, DUPLICATES} <= hooks.keys()
    for hook in hooks.values():
        assert hook["always_run"] is True
        assert hook["pass_filenames"] is False
        assert hook["require_serial"] is True
        assert not hook.get("verbose")


def test_the_manifest_mentions_only_options_that_exist(repo: Repo) -> None:
    write_solution(repo.root / "src/HR", "ContosoHR")
    stage(repo)
    for hook in published_hooks().values():
        program, *arguments = hook["entry"].split()
        assert program == "crstandards"
        passed(repo.crstandards(*arguments))
