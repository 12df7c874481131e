"""`crstandards init --ci` writes the pipeline file, and takes nobody's away."""

from __future__ import annotations

import pytest

from crstandards.setup.pipelines import PATHS, pipeline_for, service_of
from tests.support.builders import Repo, write_solution

SERVICES = sorted(PATHS)


@pytest.fixture
def team(repo: Repo) -> Repo:
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("As it is")
    return repo


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_shown_written_and_then_left_alone(team: Repo, service: str) -> None:
    shown = team.crstandards("init", "--ci", service)
    assert shown.status == 0
    assert f"\n{PATHS[service]}: checks what is pushed" in shown.out
    assert not (team.root / PATHS[service]).exists()
    written = team.crstandards("init", "--ci", service, "--yes")
    assert f"wrote {PATHS[service]}\n" in written.out
    assert (team.root / PATHS[service]).read_text("utf-8") == pipeline_for(service, "main")
    again = team.crstandards("init", "--ci", service, "--yes")
    assert again.out.endswith("All is set up: nothing to write.\n")
    assert "left as it is" not in again.out


@pytest.mark.parametrize("service", SERVICES)
def test_another_file_in_its_place_is_kept(team: Repo, service: str) -> None:
    team.write(PATHS[service], "# ours\n")
    ran = team.crstandards("init", "--ci", service, "--yes")
    assert ran.status == 0
    assert f"{PATHS[service]} is there and is left as it is. " in " ".join(ran.out.split())
    assert f"/hooks/ci/{service}/" in ran.out
    assert (team.root / PATHS[service]).read_text("utf-8") == "# ours\n"


@pytest.mark.parametrize("service", SERVICES)
def test_a_file_that_git_gave_other_line_endings_is_the_same(team: Repo, service: str) -> None:
    content = pipeline_for(service, "main").replace("\n", "\r\n").encode()
    team.write(PATHS[service], content)
    ran = team.crstandards("init", "--ci", service, "--yes")
    assert "left as it is" not in ran.out
    assert (team.root / PATHS[service]).read_bytes() == content


def test_the_gate_is_named_and_without_the_option_there_is_no_pipeline_file(team: Repo) -> None:
    assert "ruleset" in team.crstandards("init", "--ci", "github", "--yes").out
    team.remove(".")
    assert ".github" not in team.crstandards("init", "--yes").out


def test_an_unknown_service_is_wrong_use(team: Repo) -> None:
    assert team.crstandards("init", "--ci", "travis").status == 2


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://github.com/contoso/flows", "github"),
        ("git@github.com:contoso/flows.git", "github"),
        ("ssh://git@github.contoso.com:22/contoso/flows", "github"),
        ("https://contoso@dev.azure.com/contoso/Flows/_git/flows", "azure"),
        ("git@ssh.dev.azure.com:v3/contoso/Flows/flows", "azure"),
        ("https://contoso.visualstudio.com/Flows/_git/flows", "azure"),
        ("https://gitlab.com/contoso/flows.git", "gitlab"),
        ("git@gitlab.contoso.com:contoso/flows.git", "gitlab"),
        ("https://git.contoso.com/github/gitlab.git", ""),
        ("/srv/github.com/flows", ""),
        ("file:///srv/gitlab/flows", ""),
        ("", ""),
    ],
)
def test_the_service_of_a_remote(url: str, service: str) -> None:
    assert service_of(url) == service


def test_the_service_of_the_remote_is_proposed_with_its_default_branch(team: Repo) -> None:
    """The branch is the remote's, also where it is none of the usual, and somebody is on another one."""
    nowhere = team.crstandards("init", "--ci")
    assert nowhere.status == 2
    assert nowhere.err.count("name it: --ci github, azure or gitlab") == 1
    team.git("remote", "add", "origin", "https://github.com/contoso/flows")
    team.git("update-ref", "refs/remotes/origin/trunk", "HEAD")
    team.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    team.git("checkout", "--quiet", "-b", "topic")
    assert (
        "crstandards init --ci       (checks pull requests on GitHub too)"
        in team.crstandards("init", "--yes").out
    )
    assert f"wrote {PATHS['github']}\n" in team.crstandards("init", "--ci", "--yes").out
    assert 'branches: ["trunk"]\n' in (team.root / PATHS["github"]).read_text("utf-8")
    team.crstandards("init", "--ci", "azure", "--yes")
    assert 'include: ["trunk"]\n' in (team.root / PATHS["azure"]).read_text("utf-8")


@pytest.mark.parametrize(("others", "branches"), [((), '["trunk"]'), (("release",), "[main, master]")])
def test_without_a_remote_the_only_branch_is_the_default(
    team: Repo, others: tuple[str, ...], branches: str
) -> None:
    team.git("branch", "--move", "trunk")
    for name in others:
        team.git("branch", name)
    said = " ".join(team.crstandards("init", "--ci", "github", "--yes").out.split())
    assert f"branches: {branches}\n" in (team.root / PATHS["github"]).read_text("utf-8")
    asked = f"{PATHS['github']}: put your default branch where [main, master] stands."
    assert (asked in said) == bool(others)
    # GitLab's file asks GitLab for it.
    assert "stands." not in team.crstandards("init", "--ci", "gitlab", "--yes").out
