"""Which solutions a path on the command line chooses, where several share a folder."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.support.builders import (
    Repo,
    flow,
    flow_component,
    flow_file,
    raw_flow,
    write_files,
    write_solution,
    yaml_files,
)

LISTED, UNLISTED = "Listed", "Unlisted"


@pytest.fixture
def org(repo: Repo) -> Repo:
    """In `org` a solution that lists one of two flows, both with a raw connection; beside it another one."""
    flows = {LISTED: raw_flow(), UNLISTED: raw_flow()}
    components = ["/connectionreferences/con_outlook", f"/{flow_component(LISTED)}"]
    write_files(repo.root / "org", yaml_files("ContosoHR", flows=flows, components=components))
    write_solution(repo.root / "xml", "ContosoIT", flows={"Of XML": raw_flow()})
    repo.commit("Begin")
    return repo


def flows_found(repo: Repo, path: str) -> set[str]:
    ran = repo.crstandards("check", "--format", "json", path)
    assert ran.status == 1, ran.err
    found = json.loads(ran.out)["findings"]
    return {item["data"]["flow"] for item in found if item["rule"] == "CR101"}


def file_of(name: str) -> str:
    return f"{flow_component(name)}/{flow_file(name)}"


@pytest.mark.parametrize(
    "path",
    [
        *(file_of(LISTED), file_of(UNLISTED), flow_component(LISTED), "modernflows", "connectionreferences"),
        *("connectionreferences/con_outlook/connectionreference.yml", "solutions"),
    ],
)
@pytest.mark.parametrize("root", ["org/", ""])
def test_what_lies_in_a_shared_folder_is_of_all_that_share_it(org: Repo, root: str, path: str) -> None:
    if not root:
        shutil.copytree(org.root / "org", org.root, dirs_exist_ok=True)
        shutil.rmtree(org.root / "org")
    both = {LISTED} if path == "solutions" else {LISTED, UNLISTED}
    assert flows_found(org, f"{root}{path}") == both


def test_a_solution_s_own_folder_is_that_one_alone(org: Repo) -> None:
    assert flows_found(org, "org/solutions/ContosoHR/solution.yml") == {LISTED}
    assert flows_found(org, "org/solutions/ContosoHR") == {LISTED}
    assert flows_found(org, "org") == {LISTED, UNLISTED}
    assert flows_found(org, "xml/Workflows") == {"Of XML"}


def test_outside_git_too(org: Repo) -> None:
    shutil.rmtree(org.root / ".git")
    for path in (file_of(LISTED), "solutions/ContosoHR/solution.yml"):
        assert flows_found(org, f"org/{path}") == {LISTED, UNLISTED}
    ran = org.crstandards("check", "crstandards.toml")
    assert ran.status == 2


def test_clean_flows_are_clean_by_their_path(repo: Repo) -> None:
    write_files(repo.root, yaml_files("ContosoHR", flows={LISTED: flow()}))
    ran = repo.crstandards("check", file_of(LISTED))
    assert (ran.status, ran.out.strip()) == (0, "No violations: 1 solution, 1 flow, 1 connection reference.")


def test_a_configuration_that_is_not_at_the_root_is_named_once(repo: Repo) -> None:
    write_files(repo.root, yaml_files("ContosoHR", flows={LISTED: flow()}))
    write_files(repo.root, {"a/crstandards.toml": "x", "b/crstandards.toml": "x"})
    assert repo.crstandards("check").err == (
        "a/crstandards.toml is not read: a configuration stands at the root.\n"
    )
    assert repo.crstandards("check", "--no-config").err == ""
    write_files(repo.root, {"crstandards.toml": "locked = []\n"})
    assert repo.crstandards("check").err == ""


def test_a_submodule_is_named_where_there_is_nothing_else(repo: Repo) -> None:
    commit = repo.commit("Begin", "--allow-empty")
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{commit},pp")
    (repo.root / "pp").mkdir()
    done = repo.crstandards("check")
    assert (done.status, done.out) == (0, "No solution here: nothing to check.\n")
    assert done.err == "pp is a submodule, which is not read: run the check in it.\n"
    assert "nothing to check" in repo.crstandards("check", "--format", "json").err
