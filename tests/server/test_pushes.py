"""Real pushes to a real bare repository with our hook in it."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support.builders import TEAMS, Repo, flow, raw_flow, write_solution
from tests.support.exports import page, reference
from tests.support.servers import REFUSED, Server, push

TITLE = "Raw one"
NEEDS_LINKS = pytest.mark.skipif(sys.platform == "win32", reason="needs Windows to have links")


def make_raw(repo: Repo, folder: str = "src/HR", name: str = "ContosoHR") -> str:
    """Commit a raw connection; returns the commit."""
    write_solution(repo.root / folder, name, flows={TITLE: raw_flow()})
    return repo.commit("Bring a raw connection", "--no-verify")


def mend(repo: Repo) -> None:
    """Commit the flow of `make_raw` without its violation."""
    write_solution(repo.root / "src/HR", "ContosoHR", flows={TITLE: flow()})
    repo.commit("Mend it")


def objects_of(repo: Repo, *revisions: str) -> set[str]:
    """The objects that revisions reach and the server's branches don't."""
    listed = repo.git("rev-list", "--objects", *revisions, "--not", "--remotes=origin").splitlines()
    return {line.split(" ")[0] for line in listed}


def refused(server: Server, clone: Repo, *arguments: str) -> str:
    """Push, which must be refused and leave nothing behind; returns what the pusher is told."""
    refs, objects = server.refs(), server.objects()
    ran = push(clone, *arguments)
    assert ran.status == 1
    assert REFUSED in ran.text
    assert server.refs() == refs
    assert server.objects() == objects
    return ran.text


def accepted(server: Server, clone: Repo, *arguments: str) -> str:
    """Push, which must go through; returns what the pusher is told."""
    ran = push(clone, *arguments)
    assert ran.status == 0, ran.text
    return ran.text


def test_a_clean_push_passes_without_a_word(server: Server, work: Repo) -> None:
    write_solution(work.root / "src/HR", "ContosoHR", flows={"Another": flow()})
    commit = work.commit()
    assert "crstandards" not in accepted(server, work, "main")
    assert server.refs()["refs/heads/main"] == commit


def test_a_raw_connection_is_refused_and_leaves_nothing_behind(server: Server, work: Repo) -> None:
    make_raw(work)
    told = refused(server, work, "main")
    assert "refs/heads/main is refused: this push adds 1 error." in told
    assert "CR101 raw-connection, src/HR/Workflows/Rawone-" in told
    assert not objects_of(work, "main") & server.objects()


def test_what_a_later_commit_of_the_push_mends_is_no_reason(server: Server, work: Repo) -> None:
    make_raw(work)
    mend(work)
    accepted(server, work, "main")


def test_every_ref_of_a_push_counts(server: Server, work: Repo) -> None:
    work.git("checkout", "--quiet", "-b", "release/1")
    make_raw(work)
    work.git("checkout", "--quiet", "main")
    write_solution(work.root / "src/Other", "ContosoOther")
    work.commit()
    told = refused(server, work, "main", "release/1", "HEAD:refs/heads/free")
    assert "refs/heads/release/1 is refused" in told
    assert "refs/heads/main is refused" not in told


def test_a_branch_that_nobody_guards_passes(server: Server, work: Repo) -> None:
    make_raw(work)
    accepted(server, work, "main:refs/heads/feature/raw")


def test_a_forced_push_that_takes_a_mend_back_is_refused(server: Server) -> None:
    clone = server.clone()
    make_raw(clone)
    assert push(clone, "main").status == 1
    with server.unguarded():
        accepted(server, clone, "main")
    mend(clone)
    accepted(server, clone, "main")
    refused(server, clone, "--force", "main~1:main")


def test_a_merge_in_which_the_duplicate_is_born_is_refused(server: Server, work: Repo) -> None:
    start = work.git("rev-parse", "HEAD")
    write_solution(work.root / "src/HR", "ContosoHR", ["con_outlook", ("con_teams", TEAMS)])
    work.commit("Declare a reference for Teams")
    accepted(server, work, "main")
    work.git("checkout", "--quiet", "-b", "side", start)
    write_solution(work.root / "src/HR", "ContosoHR", ["con_outlook", ("con_other", TEAMS)])
    work.commit("Declare another one")
    accepted(server, work, "side:release/1")
    work.git("checkout", "--quiet", "main")
    work.git("merge", "--quiet", "--no-commit", "--strategy", "ours", "side")
    both = ["con_outlook", ("con_teams", TEAMS), ("con_other", TEAMS)]
    write_solution(work.root / "src/HR", "ContosoHR", both)
    work.commit("Merge both")
    assert len(work.git("rev-list", "--parents", "-n1", "HEAD").split()) == 3
    assert "CR201" in refused(server, work, "main")


def test_a_guarded_branch_made_from_an_unguarded_one_is_judged(server: Server, work: Repo) -> None:
    work.git("checkout", "--quiet", "-b", "feature")
    make_raw(work)
    accepted(server, work, "feature")
    refused(server, work, "feature:refs/heads/release/2")
    refused(server, work, "feature:main")
    accepted(server, work, "main:refs/heads/release/2")


def test_tags_are_peeled(server: Server, work: Repo) -> None:
    work.git("tag", "--annotate", "--message", "good", "v1")
    accepted(server, work, "v1")
    make_raw(work)
    work.git("tag", "--annotate", "--message", "bad", "v2")
    assert "refs/tags/v2 is refused" in refused(server, work, "v2")
    blob = work.git("hash-object", "-w", "crstandards.toml")
    work.git("tag", "thing", blob)
    assert "names no commit" in refused(server, work, "refs/tags/thing")


def test_a_tag_of_a_file_may_only_move_to_a_good_commit(server: Server, work: Repo) -> None:
    work.git("tag", "v1", "HEAD:crstandards.toml")
    with server.unguarded():
        accepted(server, work, "v1")
    make_raw(work)
    refused(server, work, "--force", "HEAD:refs/tags/v1")
    accepted(server, work, "--force", "HEAD~1:refs/tags/v1")


def test_a_first_push_of_several_branches_is_judged_by_the_main_one(server: Server) -> None:
    clone = server.begun()
    clone.git("checkout", "--quiet", "-b", "feature")
    make_raw(clone)
    refused(server, clone, "feature:main", "feature")
    accepted(server, clone, "main", "feature")


def test_a_tag_that_comes_first_is_guarded_by_nobody(server: Server) -> None:
    clone = server.clone()
    make_raw(clone)
    refused(server, clone, "main:refs/heads/other", "main:refs/tags/v1")
    accepted(server, clone, "main:refs/tags/v1")


def test_a_push_cannot_exempt_itself(server: Server, work: Repo) -> None:
    exempting = '[[exceptions]]\nrule = "CR101"\nreason = "because"\n[rules]\nCR101 = "off"\n'
    work.write("crstandards.toml", exempting)
    make_raw(work)
    told = refused(server, work, "main")
    assert "THIS PUSH CHANGES THE POLICY (crstandards.toml)" in told
    assert "CR101" in told


def test_a_push_that_only_changes_the_policy_passes_and_says_so(server: Server, work: Repo) -> None:
    work.write("crstandards.toml", '[rules]\nCR501 = "warning"\n')
    work.commit()
    assert "THIS PUSH CHANGES THE POLICY (crstandards.toml)" in accepted(server, work, "main")


def forty_findings(clone: Repo) -> str:
    flows = {f"Flow {number}": raw_flow() for number in range(40)}
    write_solution(clone.root / "src/Old", "ContosoOld", flows=flows)
    return clone.commit("Forty findings")


NO_INVENTORY = '[[environments]]\nname = "prod"\ninventory = ["src/HR/Workflows/*.json"]\n'


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("[server]\ndeadline = 0.1\n", "within 0.1 seconds"),
        (NO_INVENTORY, "no later push could be judged by the policy that it brings"),
        ("[server]\nstrict = true\n", "by which its own tree has errors"),
    ],
)
def test_a_policy_by_which_nobody_could_push_is_refused(server: Server, policy: str, told: str) -> None:
    clone = server.clone()
    make_raw(clone)
    with server.unguarded():
        accepted(server, clone, "main")
    clone.write("crstandards.toml", policy)
    clone.commit("Lock the branch")
    assert told in refused(server, clone, "main")
    clone.write("crstandards.toml", "[server]\ndeadline = 30\n")
    clone.commit("Leave it open")
    accepted(server, clone, "main")


def test_a_team_with_forty_findings_pushes_its_baseline_first(server: Server) -> None:
    clone = server.clone()
    forty_findings(clone)
    assert push(clone, "main").status == 1
    written = clone.crstandards("baseline")
    assert written.status == 0, written.text
    clone.commit("Record what is there")
    told = accepted(server, clone, "main")
    assert "judged by the policy that it brings" in told
    make_raw(clone)
    told = refused(server, clone, "main")
    assert "this push adds 1 error." in told


def test_a_baseline_for_findings_that_are_there_already_passes(server: Server) -> None:
    clone = server.clone()
    forty_findings(clone)
    with server.unguarded():
        accepted(server, clone, "main")
    clone.crstandards("baseline")
    clone.commit("Record what is there")
    assert "THIS PUSH CHANGES THE POLICY" in accepted(server, clone, "main")
    recorded = json.loads((clone.root / "crstandards-baseline.json").read_text("utf-8"))
    assert len(recorded["findings"]) > 40


def test_a_baseline_does_not_excuse_what_comes_with_it(server: Server, work: Repo) -> None:
    make_raw(work)
    assert work.crstandards("baseline").status == 0
    work.commit("Record what I have just brought")
    refused(server, work, "main")


def test_a_baseline_lies_beside_a_policy_of_the_server(server: Server) -> None:
    clone = server.clone()
    forty_findings(clone)
    server.configure('[server]\nenforce = ["refs/heads/main"]\n')
    refused(server, clone, "main")
    assert clone.crstandards("baseline").status == 0
    (clone.root / "crstandards-baseline.json").rename(server.folder / "crstandards-baseline.json")
    accepted(server, clone, "main")
    make_raw(clone)
    assert "this push adds 1 error." in refused(server, clone, "main")


def test_a_strict_policy_judges_all_that_the_tip_has(server: Server) -> None:
    clone = server.clone()
    make_raw(clone)
    with server.unguarded():
        accepted(server, clone, "main")
    write_solution(clone.root / "src/Other", "ContosoOther")
    clone.commit("Something else")
    accepted(server, clone, "main")
    server.configure("[server]\nstrict = true\n")
    write_solution(clone.root / "src/Third", "ContosoThird")
    clone.commit("Something else again")
    assert "its tree has 1 error." in refused(server, clone, "main")


def test_the_servers_own_policy_beats_the_branchs(server: Server, work: Repo) -> None:
    server.configure('[rules]\nCR101 = "warning"\n[server]\npolicy-changes = "forbid"\n')
    make_raw(work)
    assert "this push adds 1 warning." in accepted(server, work, "main")
    work.write("crstandards.toml", '[rules]\nCR101 = "off"\n')
    work.commit()
    assert "changes the policy, which this server forbids" in refused(server, work, "main")


def test_a_server_policy_that_cannot_be_read_refuses(server: Server, work: Repo) -> None:
    server.bare.git("config", "crstandards.config", str(server.folder / "nowhere.toml"))
    write_solution(work.root / "src/Other", "ContosoOther")
    work.commit()
    assert "could not be verified" in refused(server, work, "main")


def test_the_branch_that_holds_the_policy_cannot_be_deleted(server: Server, work: Repo) -> None:
    server.bare.git("config", "receive.denyDeleteCurrent", "ignore")
    assert "holds the policy" in refused(server, work, ":main")
    accepted(server, work, "main:refs/heads/release/1")
    accepted(server, work, ":refs/heads/release/1")


def test_without_the_branch_that_head_names_every_branch_is_guarded(server: Server) -> None:
    server.bare.git("symbolic-ref", "HEAD", "refs/heads/master")
    clone = server.begun()
    accepted(server, clone, "main")
    make_raw(clone)
    refused(server, clone, "main")


@pytest.mark.parametrize("is_link", [False, pytest.param(True, marks=NEEDS_LINKS)])
def test_a_wrong_policy_on_the_branch_does_not_lock_it(server: Server, is_link: bool) -> None:
    clone = server.clone()
    write_solution(clone.root / "src/HR", "ContosoHR")
    clone.write("policy.toml", "[rulez]\n")
    policy = clone.root / "crstandards.toml"
    policy.symlink_to("policy.toml") if is_link else policy.write_text("[rulez]\n", "utf-8")
    clone.commit()
    reason = ": a symbolic link" if is_link else ":1"
    assert f"its configuration is wrong: crstandards.toml{reason}" in refused(server, clone, "main")
    with server.unguarded():
        accepted(server, clone, "main")
    policy.unlink()
    clone.commit("Mend the configuration")
    assert "the defaults count" in accepted(server, clone, "main")


def test_a_replaced_object_hides_nothing(server: Server, work: Repo) -> None:
    clean = work.git("rev-parse", "HEAD")
    raw = make_raw(work)
    work.git("replace", raw, clean)
    accepted(server, work, "refs/replace/*")
    work.git("replace", "--delete", raw)
    assert "CR101" in refused(server, work, "main")


def test_an_inventory_that_nobody_can_read_does_not_lock_the_branch(server: Server) -> None:
    clone = server.clone()
    environment = '[[environments]]\nname = "prod"\ninventory = ["inventory/*.json"]\n'
    clone.write("crstandards.toml", environment)
    write_solution(clone.root / "src/HR", "ContosoHR")
    clone.write("inventory/prod.json", '{"value": [')
    clone.commit()
    with server.unguarded():
        accepted(server, clone, "main")
    clone.write("README.md", "Hello")
    clone.commit("Leave it broken")
    assert "could not be verified" in refused(server, clone, "main")
    clone.write("inventory/prod.json", '{"value": []}')
    clone.commit("Mend it")
    accepted(server, clone, "main")


def test_a_new_inventory_is_not_refused_for_the_truth_it_tells(server: Server) -> None:
    clone = server.clone()
    environment = '[[environments]]\nname = "prod"\nsettings = ["s.json"]\ninventory = ["inventory/*.json"]\n'
    clone.write("crstandards.toml", environment)
    write_solution(clone.root / "src/HR", "ContosoHR")
    clone.write("inventory/prod.json", json.dumps(page(reference("con_outlook"))))
    clone.commit()
    accepted(server, clone, "main")
    clone.write("inventory/prod.json", json.dumps(page(reference("con_outlook", None))))
    clone.commit("Take it anew")
    said = accepted(server, clone, "main")
    assert "this push adds 1 warning" in said
    assert "CR407" in said
    # What the source does wrong by it is refused, inventory or not.
    write_solution(clone.root / "src/HR", "ContosoHR", ["con_outlook", ("con_new", TEAMS)])
    unbound = page(reference("con_outlook", None), reference("con_new", None))
    clone.write("inventory/prod.json", json.dumps(unbound))
    clone.commit("Declare one that is unbound there")
    assert "CR407" in refused(server, clone, "main")


def test_a_push_that_git_keeps_as_a_pack_leaves_no_pack_behind(server: Server, work: Repo) -> None:
    server.bare.git("config", "receive.unpackLimit", "1")
    make_raw(work)
    refused(server, work, "main")
    assert not list((server.bare.root / "objects/pack").glob("*"))
    mend(work)
    accepted(server, work, "main")
    assert list((server.bare.root / "objects/pack").glob("*.pack"))


def test_a_server_that_borrows_objects_of_another_repository(server: Server, work: Repo) -> None:
    pool = server.folder / "pool.git"
    server.bare.git("clone", "--quiet", "--bare", ".", str(pool))
    (server.bare.root / "objects/info/alternates").write_text(f"{pool}/objects\n", encoding="utf-8")
    server.bare.git("repack", "-a", "-d", "-l", "--quiet")
    server.bare.git("prune-packed")
    make_raw(work)
    assert "CR101" in refused(server, work, "main")
    mend(work)
    accepted(server, work, "main")


def test_a_change_in_one_solution_that_breaks_another_is_found(server: Server) -> None:
    clone = server.clone()
    clone.write("crstandards.toml", '[[environments]]\nname = "prod"\nsharing = "one-set"\n')
    write_solution(clone.root / "src/Base", "ContosoBase", ["con_outlook"], flows={})
    write_solution(clone.root / "src/HR", "ContosoHR", [])
    clone.commit()
    accepted(server, clone, "main")
    write_solution(clone.root / "src/Base", "ContosoBase", [], flows={})
    clone.commit("Remove the declaration")
    assert "CR501" in refused(server, clone, "main")


@pytest.mark.parametrize("guarded", [True, False])
def test_names_that_are_not_utf8(server: Server, work: Repo, guarded: bool) -> None:
    name = b"Workflows/Fl\xffow-5C1F0B2A-9D84-4B6E-8A2F-0D3C5E7F9A1B.json"
    path = bytes(work.root / "src/HR") + b"/" + name
    with open(path, "wb") as file:
        file.write(json.dumps(raw_flow()).encode())
    work.commit()
    if guarded:
        assert "Fl\\xffow" in refused(server, work, "main")
    else:
        accepted(server, work, "main:refs/heads/free")


@pytest.mark.parametrize("through", ["refs/heads/master", "refs/heads/legacy"])
def test_another_name_for_a_guarded_branch_leads_to_no_other_verdict(
    through: str, server: Server, work: Repo
) -> None:
    """As where a default branch was renamed, and the old name was left for those who still use it."""
    server.bare.git("symbolic-ref", "refs/heads/master", "refs/heads/main")
    server.bare.git("symbolic-ref", "refs/heads/legacy", "refs/heads/master")
    before = server.refs()
    make_raw(work)
    said = refused(server, work, f"HEAD:{through}")
    assert "refs/heads/main is refused: this push adds 1 error" in said
    assert server.refs() == before
    mend(work)
    accepted(server, work, f"HEAD:{through}")
    assert server.refs()["refs/heads/main"] == work.git("rev-parse", "HEAD")
