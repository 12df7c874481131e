"""Commits through the frameworks: what is stopped, and what is let through."""

from __future__ import annotations

from tests.builders import OUTLOOK, SQL, TEAMS, Repo, customizations, flow, raw_flow, write_solution
from tests.hooks.commits import attempt, blocked, flow_path, passed, stage, write_flow

DUPLICATES = [("con_outlook", OUTLOOK), ("con_outlook_2", OUTLOOK)]
CUSTOMIZATIONS = "src/HR/Other/Customizations.xml"


def test_a_raw_connection_is_stopped(guarded: Repo) -> None:
    path = write_flow(guarded, "src/HR", "New hire", raw_flow())
    before = guarded.git("rev-parse", "HEAD")
    stage(guarded)
    said = blocked(attempt(guarded), "CR101", 'Flow "New', path, "con_outlook")
    assert guarded.git("rev-parse", "HEAD") == before
    assert "ContosoSales" not in said


def test_a_clean_flow_goes_through(guarded: Repo) -> None:
    write_flow(guarded, "src/HR", "New hire", flow())
    stage(guarded)
    passed(attempt(guarded))


def test_a_duplicate_in_an_untouched_file_beside_the_change_is_stopped(guarded: Repo) -> None:
    guarded.write(CUSTOMIZATIONS, customizations(DUPLICATES))
    guarded.commit("Past the hook")
    write_flow(guarded, "src/HR", "New hire", flow())
    stage(guarded)
    blocked(attempt(guarded), "CR201", CUSTOMIZATIONS, "con_outlook_2")


def test_a_duplicate_in_another_solution_does_not_stop_a_commit(guarded: Repo) -> None:
    guarded.write(CUSTOMIZATIONS, customizations(DUPLICATES))
    guarded.commit("Past the hook")
    guarded.write("src/Sales/Other/Customizations.xml", customizations([("con_sales_mail", OUTLOOK)]))
    stage(guarded)
    passed(attempt(guarded))


def test_a_commit_that_only_deletes_a_declaration_is_stopped(guarded: Repo) -> None:
    guarded.remove(CUSTOMIZATIONS)
    assert guarded.git("diff", "--cached", "--name-status") == f"D\t{CUSTOMIZATIONS}"
    blocked(attempt(guarded), "CR501", "con_outlook")


def test_a_commit_that_only_deletes_a_violation_goes_through(guarded: Repo) -> None:
    write_flow(guarded, "src/HR", "New hire", raw_flow())
    guarded.commit("Past the hook")
    guarded.remove(flow_path("src/HR", "New hire"))
    guarded.remove(f"{flow_path('src/HR', 'New hire')}.data.xml")
    passed(attempt(guarded))


def test_what_is_not_staged_does_not_stop_a_commit(guarded: Repo) -> None:
    good = flow_path("src/HR", "Send reminder")
    write_flow(guarded, "src/HR", "New hire", flow())
    stage(guarded)
    write_flow(guarded, "src/HR", "Send reminder", raw_flow())
    write_flow(guarded, "src/HR", "Untracked", raw_flow())
    passed(attempt(guarded))
    assert guarded.git("status", "--porcelain", "--", good) == f"M {good}"


def test_what_is_staged_stops_a_commit_though_the_working_tree_is_mended(guarded: Repo) -> None:
    write_flow(guarded, "src/HR", "New hire", raw_flow())
    stage(guarded)
    write_flow(guarded, "src/HR", "New hire", flow())
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


def test_commit_all_is_judged_with_what_it_adds(guarded: Repo) -> None:
    write_flow(guarded, "src/HR", "Send reminder", raw_flow())
    blocked(attempt(guarded, "--all"), "CR101")


def test_an_amended_commit_is_judged_by_what_it_changes(guarded: Repo) -> None:
    write_flow(guarded, "src/HR", "Send reminder", raw_flow())
    blocked(attempt(guarded, "--all", "--amend"), "CR101")


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


def test_a_clean_merge_goes_through(guarded: Repo) -> None:
    guarded.git("switch", "--quiet", "--create", "teams")
    write_flow(guarded, "src/HR", "New hire", flow())
    stage(guarded)
    passed(attempt(guarded))
    guarded.git("switch", "--quiet", "main")
    guarded.write("README.md", "Changed\n")
    stage(guarded)
    passed(attempt(guarded))
    passed(guarded.try_git("merge", "--no-edit", "teams"))


def test_a_merge_finished_by_hand_is_judged(guarded: Repo) -> None:
    guarded.git("switch", "--quiet", "--create", "other")
    guarded.write("README.md", "One\n")
    write_flow(guarded, "src/HR", "New hire", flow())
    guarded.commit()
    guarded.git("switch", "--quiet", "main")
    guarded.write("README.md", "Another\n")
    guarded.commit()
    assert guarded.try_git("merge", "other").status == 1
    guarded.write("README.md", "Both\n")
    write_flow(guarded, "src/HR", "New hire", raw_flow())
    stage(guarded)
    blocked(attempt(guarded), "CR101")


def test_warnings_do_not_stop_a_commit(guarded: Repo) -> None:
    guarded.write(CUSTOMIZATIONS, customizations(["con_outlook", ("con_sql", SQL), ("con_sql_2", SQL)]))
    stage(guarded)
    passed(attempt(guarded))
    assert "CR205" in guarded.crstandards("check").out


def test_unreadable_source_is_stopped(guarded: Repo) -> None:
    guarded.write(flow_path("src/HR", "Broken"), '{"properties": {"connectionReferences": {')
    stage(guarded)
    blocked(attempt(guarded), "CR901")


def test_a_flow_deep_in_a_new_solution_with_spaces_and_umlauts_is_stopped(guarded: Repo) -> None:
    folder = "Lösungen für Contoso/Größe XL"
    write_solution(guarded.root / folder, "ContosoXL", flows={"Grüße senden": raw_flow()})
    stage(guarded)
    blocked(attempt(guarded), "CR101", folder, "Grüße senden")
