"""`crstandards baseline`, and `check --new-since`, on real repositories."""

from __future__ import annotations

import json

import pytest

from tests.support.builders import Repo, flow, raw_flow, write_solution

BASELINE = "crstandards-baseline.json"
TWO = ["con_a", "con_b"]


@pytest.fixture
def broken(repo: Repo) -> Repo:
    """A repository with a duplicate and a raw connection, as a team finds it on the first day."""
    write_solution(
        repo.root / "src/HR",
        "ContosoHR",
        references=TWO,
        flows={"Old": flow({"shared_office365": "con_a"}), "Raw": raw_flow("shared_teams")},
    )
    repo.commit("As it is")
    return repo


def rules(repo: Repo, *arguments: str) -> list[str]:
    """The rules of the findings that count."""
    document = json.loads(repo.crstandards("check", "--format", "json", *arguments).out)
    return [
        item["rule"]
        for item in document["findings"]
        if item["suppressed"] is None and item["severity"] == "error"
    ]


def entries(repo: Repo) -> list[dict[str, str]]:
    """The baseline's entries."""
    return list(json.loads((repo.root / BASELINE).read_bytes())["findings"][:-1])


def test_what_is_there_is_let_through_and_what_is_new_is_not(broken: Repo) -> None:
    assert broken.crstandards("check").status == 1
    made = broken.crstandards("baseline")
    assert (made.status, made.out) == (0, f"{BASELINE}: 2 findings recorded. Commit it.\n")
    assert broken.crstandards("check").status == 0
    write_solution(broken.root / "src/HR", "ContosoHR", TWO, {"New": raw_flow("shared_teams")})
    assert rules(broken) == ["CR101"]
    write_solution(broken.root / "src/HR", "ContosoHR", [*TWO, "con_c"], {})
    assert sorted(rules(broken)) == ["CR101", "CR201"]


def test_a_commit_is_judged_by_it_too(broken: Repo) -> None:
    broken.crstandards("baseline")
    broken.commit("Baseline")
    broken.crstandards("hook", "install")
    write_solution(broken.root / "src/HR", "ContosoHR", TWO, {"Fine": flow({"shared_office365": "con_b"})})
    broken.git("add", "--all")
    assert broken.try_git("commit", "-m", "Fine").status == 0
    write_solution(broken.root / "src/HR", "ContosoHR", TWO, {"Bad": raw_flow()})
    broken.git("add", "--all")
    stopped = broken.try_git("commit", "-m", "Bad")
    assert stopped.status == 1
    assert "CR101" in stopped.text
    assert "CR201" not in stopped.text


def test_update_takes_out_what_is_mended_and_adds_nothing(broken: Repo) -> None:
    broken.crstandards("baseline")
    write_solution(broken.root / "src/HR", "ContosoHR", TWO, {"Raw": flow({"shared_office365": "con_a"})})
    write_solution(broken.root / "src/IT", "ContosoIT", ["con_it"], {"New": raw_flow()})
    updated = broken.crstandards("baseline", "--update")
    assert updated.out == f"{BASELINE}: 1 fixed and taken out, 1 left. Commit it.\n"
    assert rules(broken) == ["CR101"]
    before = (broken.root / BASELINE).read_bytes()
    broken.crstandards("baseline", "--update")
    assert (broken.root / BASELINE).read_bytes() == before


def test_update_leaves_the_entries_of_other_rules_alone(broken: Repo) -> None:
    broken.crstandards("baseline")
    before = (broken.root / BASELINE).read_bytes()
    updated = broken.crstandards("baseline", "--update", "--select", "CR201")
    assert updated.out == f"{BASELINE}: 0 fixed and taken out, 2 left. Commit it.\n"
    assert (broken.root / BASELINE).read_bytes() == before
    write_solution(
        broken.root / "src/HR", "ContosoHR", ["con_a"], {"Raw": flow({"shared_office365": "con_a"})}
    )
    broken.crstandards("baseline", "--update", "--ignore", "CR201")
    assert [entry["rule"] for entry in entries(broken)] == ["CR201"]


@pytest.mark.parametrize("arguments", [[], ["--select", "CR101"]])
def test_what_cannot_be_read_is_not_taken_for_mended(broken: Repo, arguments: list[str]) -> None:
    broken.crstandards("baseline")
    before = (broken.root / BASELINE).read_bytes()
    broken.write("src/HR/Other/Customizations.xml", "<<<<<<< HEAD\n")
    updated = broken.crstandards("baseline", "--update", *arguments)
    assert (updated.status, updated.out) == (3, "")
    assert updated.err == (
        "crstandards: src/HR/Other/Customizations.xml cannot be read, so what has been fixed is not known; "
        "correct that first\n"
    )
    assert (broken.root / BASELINE).read_bytes() == before


def test_update_takes_out_what_a_locked_rule_does_not_let_through(broken: Repo) -> None:
    broken.crstandards("baseline")
    broken.write("crstandards.toml", 'locked = ["CR101"]\n')
    assert "or for rules that are locked" in broken.crstandards("check", "--quiet").out
    updated = broken.crstandards("baseline", "--update")
    assert (
        updated.out == f"{BASELINE}: 0 fixed and taken out, 1 of locked rules taken out, 1 left. Commit it.\n"
    )
    assert "CR902" not in broken.crstandards("check", "--quiet").out
    assert rules(broken) == ["CR101"]


def test_an_exception_beside_an_entry_mends_nothing(broken: Repo) -> None:
    broken.crstandards("baseline")
    broken.write("crstandards.toml", '[[exceptions]]\nrule = "CR201"\nreason = "two"\nexpires = 2027-01-01\n')
    updated = broken.crstandards("baseline", "--update", "--as-of", "2026-12-01")
    assert updated.out == f"{BASELINE}: 0 fixed and taken out, 2 left. Commit it.\n"


def test_a_baseline_is_not_overwritten_unless_told(broken: Repo) -> None:
    broken.crstandards("baseline")
    again = broken.crstandards("baseline")
    assert again.status == 2
    assert "--update trims it, --upgrade adds" in again.err
    assert broken.crstandards("baseline", "--force").status == 0


@pytest.mark.parametrize("option", ["--update", "--upgrade"])
def test_without_a_baseline_there_is_nothing_to_update(broken: Repo, option: str) -> None:
    done = broken.crstandards("baseline", option)
    assert (done.status, f"there is no {BASELINE} to update" in done.err) == (2, True)


def test_without_git_there_is_no_head_to_look_at(broken: Repo) -> None:
    assert broken.crstandards("baseline").status == 0
    (broken.root / ".git").rename(broken.root.parent / "git")
    done = broken.crstandards("baseline", "--upgrade")
    assert (done.status, "this is no git repository" in done.err) == (2, True)


def test_without_a_finding_nothing_is_written(repo: Repo) -> None:
    write_solution(repo.root, "ContosoHR", ["con_a"], {"Good": flow({"shared_office365": "con_a"})})
    done = repo.crstandards("baseline")
    assert (done.status, done.err, (repo.root / BASELINE).exists()) == (0, "", False)
    assert done.out == f"{BASELINE}: nothing is written: 0 findings recorded.\n"


def test_a_locked_rule_is_not_recorded(broken: Repo) -> None:
    broken.write("crstandards.toml", 'locked = ["CR101"]\n')
    made = broken.crstandards("baseline")
    assert "1 finding recorded; 1 cannot be" in made.out
    assert rules(broken) == ["CR101"]


def test_new_since_a_commit_reports_only_what_came(broken: Repo) -> None:
    assert rules(broken, "--new-since", "HEAD") == []
    write_solution(broken.root / "src/HR", "ContosoHR", TWO, {"New": raw_flow()})
    assert rules(broken, "--new-since", "HEAD") == ["CR101"]
    assert broken.crstandards("check", "--new-since", "nowhere").status == 2


def test_a_commit_that_only_changes_the_baseline_is_judged_too(broken: Repo) -> None:
    broken.crstandards("baseline")
    broken.commit("Baseline")
    broken.crstandards("hook", "install")
    broken.remove(BASELINE)
    stopped = broken.try_git("commit", "-m", "Without it")
    assert stopped.status == 1
    assert {"CR101", "CR201"} <= set(stopped.text.split())


def test_a_baseline_that_is_a_link_is_not_verified(repo: Repo) -> None:
    write_solution(repo.root, "ContosoHR", ["con_a", "con_b"], {})
    (repo.root / "crstandards-baseline.json").symlink_to("/dev/null")
    ran = repo.crstandards("check")
    assert ran.status == 3
    assert ran.err.startswith("crstandards: crstandards-baseline.json: ")


def test_after_an_update_one_command_lets_through_what_a_new_rule_finds(broken: Repo) -> None:
    broken.crstandards("baseline")
    # The version that wrote it didn't know CR201.
    document = json.loads((broken.root / BASELINE).read_bytes())
    document["findings"] = [item for item in document["findings"] if item == "end" or item["rule"] != "CR201"]
    broken.write(BASELINE, json.dumps(document))
    broken.commit("Baseline of 0.1.0")
    flows = {
        "Old": flow({"shared_office365": "con_a"}),
        "Raw": raw_flow("shared_teams"),
        "Fine": flow({"shared_office365": "con_b"}),
    }
    write_solution(broken.root / "src/HR", "ContosoHR", TWO, flows)
    broken.git("add", "--all")
    blocked = broken.crstandards("hook", "pre-commit")
    assert blocked.status == 1
    assert "1 error of these stood in HEAD already." in blocked.out
    assert "'crstandards baseline --upgrade'" in blocked.out
    # What the commit brings is not let through.
    write_solution(broken.root / "src/HR", "ContosoHR", TWO, {**flows, "New": raw_flow("shared_sql")})
    done = broken.crstandards("baseline", "--upgrade")
    assert done.out == f"{BASELINE}: 1 finding recorded, 1 there before. Commit it.\n"
    assert rules(broken) == ["CR101"]
    for path in broken.root.rglob("New-*"):
        path.unlink()
    broken.git("add", "--all")
    assert broken.crstandards("hook", "pre-commit").status == 0
    assert broken.crstandards("baseline", "--upgrade").out.startswith(f"{BASELINE}: 0 findings recorded, 2 ")
