"""`crstandards replay`: ranges, blame, policies, reports, exit statuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.builders import TEAMS, Repo, flow, raw_flow, write_solution

ROOT = Path(__file__).resolve().parents[2]
RAW = "Raw one"


@pytest.fixture
def good(repo: Repo) -> Repo:
    """A repository with one good commit."""
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit("Begin")
    return repo


def author(repo: Repo, name: str) -> None:
    repo.environment["GIT_AUTHOR_NAME"] = name


def bring_raw(repo: Repo, title: str = RAW) -> str:
    write_solution(repo.root / "src/HR", "ContosoHR", flows={title: raw_flow()})
    return repo.commit(f"Bring {title}")


def mend(repo: Repo, title: str = RAW) -> str:
    write_solution(repo.root / "src/HR", "ContosoHR", flows={title: flow()})
    return repo.commit(f"Mend {title}")


def report(repo: Repo, *arguments: str, status: int = 0) -> dict[str, Any]:
    ran = repo.crstandards("replay", *arguments, "--format", "json")
    assert ran.status == status, ran.text
    found: dict[str, Any] = json.loads(ran.out)
    schema = json.loads((ROOT / "crstandards/data/report.schema.json").read_text("utf-8"))
    jsonschema.validate(found, schema)
    return found


def test_a_clean_history(good: Repo) -> None:
    ran = good.crstandards("replay")
    assert ran.status == 0
    assert ran.out.startswith("Replayed 1 commit. What remains at ")
    assert "No violations" in ran.out


def test_who_is_to_look(good: Repo) -> None:
    author(good, "Ada Maker")
    commit = bring_raw(good)
    author(good, "Bob Maker")
    good.write("README.md", "Hello")
    good.commit("Say hello")
    ran = good.crstandards("replay", "HEAD~2..HEAD")
    assert ran.status == 1
    line = f'{commit[:12]} "Bring Raw one" (Ada Maker, 2026-01-02)'
    assert f"= since:  {line}" in " ".join(ran.out.split()).replace("since: ", "since:  ")
    assert "Who is to look:" in ran.out
    assert "Bob" not in ran.out
    finding = report(good, status=1)["findings"][0]
    assert finding["rule"] == "CR101"
    assert finding["introduced"] == {
        "commit": commit,
        "author": "Ada Maker",
        "subject": "Bring Raw one",
        "date": "2026-01-02",
    }


def test_what_was_mended_on_the_way(good: Repo) -> None:
    brought = bring_raw(good)
    mended = mend(good)
    ran = good.crstandards("replay", "HEAD~2..HEAD")
    assert ran.status == 0
    assert "Fixed on the way:" in ran.out
    history = report(good, "HEAD~2..HEAD")["history"]
    assert history["commits"] == 2
    [item] = history["mended"]
    assert (item["rule"], item["introduced"]["commit"], item["mended"]["commit"]) == (
        "CR101",
        brought,
        mended,
    )


def test_what_was_there_before_has_no_author(good: Repo) -> None:
    bring_raw(good)
    good.write("README.md", "Hello")
    good.commit("Say hello")
    finding = report(good, "HEAD~1..HEAD", status=1)["findings"][0]
    assert finding["introduced"] is None
    assert "before these commits" in good.crstandards("replay", "HEAD~1..HEAD").out
    assert report(good, "HEAD~1..HEAD", "--new-only")["findings"] == []
    said = good.crstandards("replay", "HEAD~1..HEAD", "--new-only").out
    assert f"What is new at {good.git('rev-parse', 'HEAD')[:12]}:" in said
    assert "This change adds no violations. 1 error was there before;" in said


def test_every_commit_can_be_asked_for(good: Repo) -> None:
    brought = bring_raw(good)
    good.write("README.md", "Hello")
    said = good.commit("Say hello")
    mend(good)
    span = ("HEAD~3..HEAD", "--every-commit")
    ran = good.crstandards("replay", *span)
    assert ran.status == 1
    assert "Commits that fail:" in ran.out
    history = report(good, *span, status=1)["history"]
    assert [item["commit"] for item in history["failed"]] == [brought, said]
    assert not report(good, "HEAD~2..HEAD", "--every-commit", "--new-only")["history"]["failed"]


def test_a_merge_is_blamed_only_for_what_no_parent_has(good: Repo) -> None:
    good.git("checkout", "--quiet", "-b", "side")
    write_solution(good.root / "src/HR", "ContosoHR", ["con_outlook", ("con_teams", TEAMS)])
    good.commit("One reference for Teams")
    on_side = bring_raw(good)
    good.git("checkout", "--quiet", "main")
    write_solution(good.root / "src/HR", "ContosoHR", ["con_outlook", ("con_other", TEAMS)])
    good.commit("Another one")
    good.git("merge", "--quiet", "--no-commit", "--strategy", "ours", "side")
    both = ["con_outlook", ("con_teams", TEAMS), ("con_other", TEAMS)]
    write_solution(good.root / "src/HR", "ContosoHR", both, flows={RAW: raw_flow()})
    merge = good.commit("Merge")
    found = {item["rule"]: item["introduced"]["commit"] for item in report(good, status=1)["findings"]}
    assert found["CR201"] == merge
    assert found["CR101"] == on_side


def test_moving_a_folder_brings_nothing(good: Repo) -> None:
    brought = bring_raw(good)
    good.git("mv", "src/HR", "moved")
    good.commit("Move it")
    finding = report(good, status=1)["findings"][0]
    assert finding["path"].startswith("moved/")
    assert finding["introduced"]["commit"] == brought


def test_a_new_member_of_a_group_is_new_and_one_less_is_not(good: Repo) -> None:
    two = ["con_outlook", "con_outlook_b"]
    write_solution(good.root / "src/HR", "ContosoHR", two)
    second = good.commit("Two")
    write_solution(good.root / "src/HR", "ContosoHR", [*two, "con_outlook_c"])
    third = good.commit("Three")

    def blamed() -> str:
        [commit] = [
            item["introduced"]["commit"]
            for item in report(good, status=1)["findings"]
            if item["rule"] == "CR201"
        ]
        return str(commit)

    assert blamed() == third
    write_solution(good.root / "src/HR", "ContosoHR", two)
    good.commit("Two again")
    assert blamed() in (second, third)
    assert not report(good, "HEAD~2..HEAD", status=1)["history"]["mended"]
    assert report(good, "HEAD~2..HEAD", "--new-only")["findings"] == []


def test_each_commit_is_judged_by_its_own_configuration(good: Repo) -> None:
    good.write("crstandards.toml", '[rules]\nCR101 = "off"\n')
    good.commit("Look away")
    bring_raw(good)
    assert report(good)["findings"] == []
    good.write("crstandards.toml", "")
    looking = good.commit("Look again")
    assert report(good, status=1)["findings"][0]["introduced"]["commit"] == looking


def test_one_configuration_for_all(good: Repo, tmp_path: Path) -> None:
    bring_raw(good)
    policy = tmp_path / "policy.toml"
    policy.write_text('[rules]\nCR101 = "warning"\n', encoding="utf-8")
    [finding] = report(good, "--config", str(policy))["findings"]
    assert finding["severity"] == "warning"
    good.write("crstandards.toml", '[rules]\nCR101 = "off"\n')
    good.commit("Look away")
    assert report(good, "--no-config", status=1)["findings"]


def test_a_wrong_configuration_on_the_way_is_said(good: Repo) -> None:
    good.write("crstandards.toml", "[rulez]\n")
    wrong = good.commit("Get it wrong")
    bring_raw(good)
    ran = good.crstandards("replay", "HEAD~1..HEAD")
    assert ran.status == 2
    assert ran.err.startswith("crstandards: crstandards.toml:1")
    good.write("crstandards.toml", "")
    good.commit("Get it right")
    ran = good.crstandards("replay")
    assert ran.status == 1
    assert f"{wrong[:12]}: crstandards.toml:1" in " ".join(ran.out.split())


def searched_for(repo: Repo, rule: str) -> str:
    """The commit that brought what only whole checks find, with some commits after it to search through."""
    for number in range(3):
        repo.write("README.md", str(number))
        repo.commit(f"Write {number}")
    [finding] = [item for item in report(repo)["findings"] if item["rule"] == rule]
    return str(finding["introduced"]["commit"])


def test_the_search_follows_the_side_that_brought_it(good: Repo) -> None:
    good.git("checkout", "--quiet", "-b", "side")
    write_solution(good.root / "src/HR", "ContosoHR", ["con_outlook", ("con_unused", TEAMS)])
    brought = good.commit("Bring what nothing uses")
    good.git("checkout", "--quiet", "main")
    good.write("NOTES.md", "Meanwhile")
    good.commit("Go on")
    good.git("merge", "--quiet", "--no-edit", "side")
    assert searched_for(good, "CR504") == brought


def test_a_wrong_configuration_at_the_very_beginning_does_not_stop_the_search(repo: Repo) -> None:
    repo.write("crstandards.toml", "[rulez]\n")
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_outlook", ("con_unused", TEAMS)])
    repo.commit("Begin with it wrong")
    repo.write("crstandards.toml", "")
    right = repo.commit("Get it right")
    assert searched_for(repo, "CR504") == right


def test_a_wrong_configuration_does_not_stop_the_search(good: Repo) -> None:
    good.write("crstandards.toml", "[rulez]\n")
    good.commit("Get it wrong")
    write_solution(good.root / "src/HR", "ContosoHR", ["con_outlook", ("con_unused", TEAMS)])
    good.commit("Bring what nothing uses")
    good.write("crstandards.toml", "")
    right = good.commit("Get it right")
    # No check could see it in the commit that brought it: the next one is the first in which it shows.
    assert searched_for(good, "CR504") == right


@pytest.mark.parametrize("broken", ['{"value": [', "{}"])
def test_a_broken_inventory_does_not_stop_the_search(good: Repo, broken: str) -> None:
    good.write("crstandards.toml", '[[environments]]\nname = "prod"\ninventory = ["inventory/*.json"]\n')
    good.commit("Declare an environment")
    good.write("inventory/prod.json", '{"value": []}')
    brought = good.commit("Add an inventory of unknown age")
    good.write("inventory/prod.json", broken)
    wrong = good.commit("Break it")
    good.write("inventory/prod.json", '{"value": []}')
    good.commit("Mend it")
    assert searched_for(good, "CR403") == brought
    ran = good.crstandards("replay", "--every-commit")
    assert ran.status == 1
    assert f"{wrong[:12]}: inventory/prod.json" in " ".join(ran.out.split())


def test_exceptions_are_judged_as_of_the_commit(good: Repo) -> None:
    entry = '[[exceptions]]\nrule = "CR101"\nreason = "soon"\nexpires = 2026-06-30\n'
    good.write("crstandards.toml", entry)
    bring_raw(good)
    assert report(good)["summary"]["suppressed"] == 1
    assert report(good, "--as-of", "2026-07-01", status=1)["summary"]["errors"] == 1


def test_only_some_solutions(good: Repo) -> None:
    bring_raw(good)
    write_solution(good.root / "src/Sales", "ContosoSales")
    good.commit("Sales")
    assert report(good, "--solutions", "*Sales")["findings"] == []
    assert report(good, "--solutions", "*HR", status=1)["findings"]


def test_only_some_rules(good: Repo) -> None:
    bring_raw(good)
    assert report(good, "--ignore", "CR101")["findings"] == []
    assert report(good, "--select", "CR101", status=1)["findings"]


def test_the_tip_is_what_check_says(good: Repo) -> None:
    bring_raw(good)
    checked = json.loads(
        good.crstandards("check", "--rev", "HEAD", "--as-of", "2026-01-02", "--format", "json").out
    )
    replayed = report(good, status=1)
    for finding in replayed["findings"]:
        finding.pop("introduced")
    replayed.pop("history")
    assert replayed == checked


def test_in_a_bare_repository(good: Repo, tmp_path: Path) -> None:
    bring_raw(good)
    good.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    bare = Repo(tmp_path / "bare.git", good.environment)
    assert report(bare, status=1)["findings"]


def test_in_a_sha256_repository(tmp_path: Path, git_environment: dict[str, str]) -> None:
    repo = Repo.create(tmp_path / "repo", git_environment, "--object-format=sha256")
    write_solution(repo.root / "src/HR", "ContosoHR")
    repo.commit()
    brought = bring_raw(repo)
    assert len(brought) == 64
    assert report(repo, status=1)["findings"][0]["introduced"]["commit"] == brought


def test_from_a_folder_inside(good: Repo) -> None:
    bring_raw(good)
    ran = good.crstandards("replay", cwd=good.root / "src")
    assert ran.status == 1
    assert "src/HR/Workflows/" in ran.out


def test_an_empty_range(good: Repo) -> None:
    ran = good.crstandards("replay", "HEAD..HEAD")
    assert ran.status == 0
    assert "Replayed 0 commits" in ran.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nope..HEAD",), "no commit is called 'nope'"),
        (("HEAD...HEAD",), "two dots"),
        (("a\nb",), r"no commit is called 'a\nb'"),
        (("HEAD~1..HEAD", "--head", "HEAD"), "not both"),
        (("--config", "x", "--no-config"), "exclude each other"),
        (("--ci",), "--ci knows GitHub Actions"),
        (("--base=--output=x",), "no commit is called"),
    ],
)
def test_wrong_use(good: Repo, arguments: tuple[str, ...], expected: str) -> None:
    ran = good.crstandards("replay", *arguments)
    assert ran.status == 2
    assert expected in ran.err
    assert len(ran.err.splitlines()) == 1


def test_without_a_repository_or_a_commit(tmp_path: Path, repo: Repo) -> None:
    (tmp_path / "outside").mkdir()
    for folder, said in ((tmp_path / "outside", "is in no git repository"), (repo.root, "called 'HEAD'")):
        ran = repo.crstandards("replay", cwd=folder)
        assert (ran.status, said in ran.err) == (2, True), ran.err


def test_a_shallow_clone_is_not_verified(good: Repo, tmp_path: Path) -> None:
    for _ in range(3):
        good.git("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "Nothing")
    good.git("clone", "--quiet", "--depth", "2", good.root.as_uri(), str(tmp_path / "shallow"))
    shallow = Repo(tmp_path / "shallow", good.environment)
    for arguments in ((), ("--every-commit",), ("HEAD",)):
        ran = shallow.crstandards("replay", *arguments)
        assert (ran.status, "git fetch --unshallow" in ran.err) == (3, True)
    assert shallow.crstandards("replay", "HEAD~1..HEAD").status == 0


def test_names_and_subjects_cannot_steer_a_terminal(good: Repo) -> None:
    author(good, "Evil \x1b[2J ##vso[task.complete]")
    write_solution(good.root / "src/HR", "ContosoHR", flows={RAW: raw_flow()})
    good.commit("::error::\x1b[31m \u202e red")
    for form in ("text", "json"):
        ran = good.crstandards("replay", "--format", form)
        assert ran.status == 1
        assert "\x1b" not in ran.text
        assert "\u202e" not in ran.text
        assert "##vso" not in ran.text
        assert not any(line.lstrip().startswith("::") for line in ran.out.splitlines())
    assert json.loads(ran.out)["findings"][0]["introduced"]["subject"] == "::error::\x1b[31m \u202e red"


def test_a_name_that_is_not_utf8(good: Repo) -> None:
    path = bytes(good.root) + b"/src/HR/Workflows/Fl\xffow-5C1F0B2A-9D84-4B6E-8A2F-0D3C5E7F9A1B.json"
    with open(path, "wb") as file:
        file.write(json.dumps(raw_flow()).encode())
    commit = good.commit("Bring it")
    [finding] = report(good, status=1)["findings"]
    assert finding["path"].endswith("Fl\\xffow-5C1F0B2A-9D84-4B6E-8A2F-0D3C5E7F9A1B.json")
    assert finding["introduced"]["commit"] == commit


def test_settings_of_gitpythons_are_somebody_elses(good: Repo) -> None:
    good.environment |= {"GIT_PYTHON_REFRESH": "error", "GIT_PYTHON_GIT_EXECUTABLE": "/nowhere/git"}
    brought = bring_raw(good)
    assert report(good, status=1)["findings"][0]["introduced"]["commit"] == brought


def test_of_many_commits_the_first_are_shown(good: Repo) -> None:
    flows = {}
    for number in range(12):
        flows[f"Raw {number}"] = raw_flow()
        write_solution(good.root / "src/HR", "ContosoHR", flows=flows)
        good.commit(f"Bring number {number}")
    ran = good.crstandards("replay", "--every-commit")
    _, _, failing = ran.out.partition("Commits that fail:")
    assert failing.count("Bring number") == 10
    assert "- and 2 more (--verbose shows all)" in failing
    _, _, failing = good.crstandards("replay", "--every-commit", "--verbose").out.partition("that fail:")
    assert failing.count("Bring number") == 12
    assert "more" not in failing


def test_a_settings_of_gits_that_would_change_its_answers(good: Repo) -> None:
    brought = bring_raw(good)
    for name, value in (
        ("log.showRoot", "false"),
        ("log.decorate", "full"),
        ("diff.renames", "copies"),
        ("diff.orderFile", "/nowhere"),
        ("diff.noprefix", "true"),
        ("diff.external", "/bin/false"),
        ("log.showSignature", "true"),
        ("format.pretty", "fuller"),
        ("color.ui", "always"),
        ("log.diffMerges", "combined"),
        ("core.abbrev", "4"),
    ):
        good.git("config", name, value)
    assert report(good, status=1)["findings"][0]["introduced"]["commit"] == brought


def test_only_what_is_new_since_the_branches_parted(good: Repo) -> None:
    bring_raw(good, "Old")
    good.git("checkout", "--quiet", "-b", "topic")
    bring_raw(good, "Ours")
    good.git("checkout", "--quiet", "main")
    write_solution(good.root / "src/Sales", "ContosoSales", flows={"Theirs": raw_flow()})
    good.commit("Theirs")
    found = report(good, "main..topic", "--new-only", status=1)["findings"]
    assert [item["data"]["flow"] for item in found] == ["Ours"]
    found = report(good, "topic", "--new-only", status=1)["findings"]
    assert {item["data"]["flow"] for item in found} == {"Old", "Ours"}


@pytest.mark.parametrize("when", ["99999999999999 +0000", "x +0000", "-1 +9999"])
def test_a_commit_of_no_day_is_judged_all_the_same(good: Repo, when: str) -> None:
    bring_raw(good)
    content = good.git("cat-file", "commit", "HEAD")
    lines = [
        f"{line.rpartition('> ')[0]}> {when}" if line.startswith("committer ") else line
        for line in content.split("\n")
    ]
    made = good.run(
        ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        stdin="\n".join(lines) + "\n",
        check=True,
    )
    ran = good.crstandards("replay", f"HEAD~1..{made.out.strip()}")
    assert ran.status == 1, ran.text
    assert "CR101" in ran.out


def test_a_commit_that_cannot_be_checked_is_told_once(good: Repo) -> None:
    good.write("crstandards.toml", "[rules]\nCR101 = 'loud'\n")
    broken = good.commit("Break the configuration")
    good.write("crstandards.toml", "")
    good.commit("Mend it")
    ran = good.crstandards("replay", "--every-commit")
    _, _, failing = ran.out.partition("Commits that fail:")
    assert "Break the configuration" in failing
    assert "Mend it" not in failing
    assert ran.text.count(f"{broken[:12]}: ") == 1
    assert "Judged under the one before it" in ran.text
