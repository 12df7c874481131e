"""Commits through the frameworks: what is stopped, and what is let through."""

from __future__ import annotations

from tests.support.builders import SQL, TEAMS, Repo, customizations, flow, raw_flow, write_solution
from tests.support.commits import attempt, blocked, flow_path, passed, stage, write_flow

CUSTOMIZATIONS = "src/HR/Other/Customizations.xml"


def test_a_raw_connection_is_stopped(guarded: Repo) -> None:
    path = write_flow(guarded, "src/HR", "New hire", raw_flow())
    before = guarded.git("rev-parse", "HEAD")
    stage(guarded)
    said = blocked(attempt(guarded), "CR101", 'Flow "New', path, "con_outlook")
    assert guarded.git("rev-parse", "HEAD") == before
    assert "ContosoSales" not in said


def test_a_commit_that_only_deletes_a_declaration_is_stopped(guarded: Repo) -> None:
    guarded.remove(CUSTOMIZATIONS)
    assert guarded.git("diff", "--cached", "--name-status") == f"D\t{CUSTOMIZATIONS}"
    blocked(attempt(guarded), "CR501", "con_outlook")


def test_a_commit_that_only_deletes_a_violation_goes_through(plain: Repo) -> None:
    write_flow(plain, "src/HR", "New hire", raw_flow())
    plain.commit("Past the hook")
    plain.remove(flow_path("src/HR", "New hire"))
    plain.remove(f"{flow_path('src/HR', 'New hire')}.data.xml")
    passed(attempt(plain))


def test_what_is_not_staged_does_not_stop_a_commit(guarded: Repo) -> None:
    good = flow_path("src/HR", "Send reminder")
    write_flow(guarded, "src/HR", "New hire", flow())
    stage(guarded)
    write_flow(guarded, "src/HR", "Send reminder", raw_flow())
    write_flow(guarded, "src/HR", "Untracked", raw_flow())
    passed(attempt(guarded))
    assert guarded.git("status", "--porcelain", "--", good) == f"M {good}"
    stage(guarded)
    write_flow(guarded, "src/HR", "Untracked", flow())
    write_flow(guarded, "src/HR", "Send reminder", flow())
    blocked(attempt(guarded), "CR101")


def test_a_commit_of_named_paths_is_judged_by_those(guarded: Repo) -> None:
    raw = write_flow(guarded, "src/HR", "Send reminder", raw_flow())
    stage(guarded)
    guarded.write("README.md", "Changed\n")
    passed(attempt(guarded, "README.md"))
    blocked(attempt(guarded, raw), "CR101")
    write_flow(guarded, "src/HR", "Send reminder", flow({}))
    passed(attempt(guarded, raw))
    assert guarded.git("status", "--porcelain") == ""


def test_an_amended_commit_is_judged_by_what_it_changes(plain: Repo) -> None:
    write_flow(plain, "src/HR", "Send reminder", raw_flow())
    blocked(attempt(plain, "--all", "--amend"), "CR101")
    blocked(attempt(plain, "--all"), "CR101")


def test_a_merge_that_unites_two_clean_branches_into_a_duplicate_is_stopped(guarded: Repo) -> None:
    guarded.git("switch", "--quiet", "--create", "teams")
    guarded.write(CUSTOMIZATIONS, customizations(["con_outlook", ("con_teams", TEAMS)]))
    stage(guarded)
    passed(attempt(guarded))
    guarded.git("switch", "--quiet", "main")
    # Far enough from the other's, so that git unites the two by itself.
    both = customizations([("con_team_chat", TEAMS), "con_outlook"])
    guarded.write(CUSTOMIZATIONS, both)
    stage(guarded)
    passed(attempt(guarded))
    before = guarded.git("rev-parse", "HEAD")
    blocked(guarded.try_git("merge", "--no-edit", "teams"), "CR201", "con_teams", "con_team_chat")
    assert guarded.git("rev-parse", "HEAD") == before


def test_a_clean_merge_goes_through(plain: Repo) -> None:
    plain.git("switch", "--quiet", "--create", "teams")
    write_flow(plain, "src/HR", "New hire", flow())
    stage(plain)
    passed(attempt(plain))
    plain.git("switch", "--quiet", "main")
    plain.write("README.md", "Changed\n")
    stage(plain)
    passed(attempt(plain))
    passed(plain.try_git("merge", "--no-edit", "teams"))


def test_a_merge_finished_by_hand_is_judged(plain: Repo) -> None:
    plain.git("switch", "--quiet", "--create", "other")
    plain.write("README.md", "One\n")
    write_flow(plain, "src/HR", "New hire", flow())
    plain.commit()
    plain.git("switch", "--quiet", "main")
    plain.write("README.md", "Another\n")
    plain.commit()
    assert plain.try_git("merge", "other").status == 1
    plain.write("README.md", "Both\n")
    write_flow(plain, "src/HR", "New hire", raw_flow())
    stage(plain)
    blocked(attempt(plain), "CR101")


def test_warnings_do_not_stop_a_commit(plain: Repo) -> None:
    plain.write(CUSTOMIZATIONS, customizations(["con_outlook", ("con_sql", SQL), ("con_sql_2", SQL)]))
    stage(plain)
    passed(attempt(plain))
    assert "CR205" in plain.crstandards("check").out


def test_a_flow_deep_in_a_new_solution_with_spaces_and_umlauts_is_stopped(plain: Repo) -> None:
    folder = "Lösungen für Contoso/Größe XL"
    write_solution(plain.root / folder, "ContosoXL", flows={"Grüße senden": raw_flow()})
    stage(plain)
    blocked(attempt(plain), "CR101", folder, "Grüße senden")
