"""Pushes by somebody who knows how the hook works, and means to get past it."""

from __future__ import annotations

import pytest

from tests.server.test_pushes import TITLE, accepted, make_raw, refused
from tests.support.builders import TEAMS, Reference, Repo, flow, flow_file, flow_guid, write_solution
from tests.support.servers import Server

OFF = '[rules]\nCR101 = "off"\n'


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_a_branch_whose_name_goes_on_in_another_line(server: Server, work: Repo, separator: str) -> None:
    """Its policy must not be taken for that of the branch with which its name begins."""
    work.git("checkout", "--quiet", "-b", "side")
    work.write("crstandards.toml", OFF)
    work.commit()
    accepted(server, work, f"side:refs/heads/main{separator}x")
    work.git("checkout", "--quiet", "main")
    make_raw(work)
    assert "CR101" in refused(server, work, "main")


def written_tree(repo: Repo, *entries: tuple[bytes, bytes, str]) -> str:
    """A tree object as no git would write it: modes, names and ids as they are given."""
    content = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(held) for mode, name, held in entries)
    command = ("git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
    return repo.run(command, stdin=content, check=True).out.strip()


def commit_of(repo: Repo, tree: str, parent: str) -> str:
    return repo.git("commit-tree", "-p", parent, "-m", "Handmade", tree)


@pytest.mark.parametrize(
    ("folder", "file"), [(b"040000", b"100644"), (b"40755", b"100600"), (b"40000", b"0100775")]
)
def test_modes_that_git_reads_in_another_way_than_it_writes_them(
    server: Server, work: Repo, folder: bytes, file: bytes
) -> None:
    good = work.git("rev-parse", "HEAD")
    make_raw(work)
    config, source = (work.git("rev-parse", f"HEAD:{path}") for path in ("crstandards.toml", "src"))
    tree = written_tree(work, (file, b"crstandards.toml", config), (folder, b"src", source))
    assert "CR101" in refused(server, work, f"{commit_of(work, tree, good)}:main")
    source = work.git("rev-parse", f"{good}:src")
    tree = written_tree(work, (file, b"crstandards.toml", config), (folder, b"src", source))
    accepted(server, work, f"{commit_of(work, tree, good)}:main")


def test_a_name_that_a_tree_lists_twice(server: Server, work: Repo) -> None:
    good = work.git("rev-parse", "HEAD")
    make_raw(work)
    config = work.git("rev-parse", "HEAD:crstandards.toml")
    sources = [work.git("rev-parse", f"{commit}:src") for commit in ("HEAD", good)]
    for one, other in (sources, reversed(sources)):
        entries = ((b"40000", b"src", one), (b"40000", b"src", other))
        tree = written_tree(work, (b"100644", b"crstandards.toml", config), *entries)
        told = refused(server, work, f"{commit_of(work, tree, good)}:main")
        assert "could not be verified" in told
        assert "holds src twice" in told


def test_a_branch_that_stands_for_another(server: Server, work: Repo) -> None:
    server.bare.git("symbolic-ref", "refs/heads/trunk", "refs/heads/main")
    server.bare.git("config", "receive.denyDeleteCurrent", "ignore")
    assert "holds the policy" in refused(server, work, ":trunk")
    good = work.git("rev-parse", "HEAD")
    make_raw(work)
    assert "refs/heads/main is refused" in refused(server, work, "main:trunk")
    work.git("reset", "--quiet", "--hard", good)
    write_solution(work.root / "src/Other", "ContosoOther")
    commit = work.commit()
    accepted(server, work, "main:trunk")
    assert server.refs()["refs/heads/main"] == commit


@pytest.fixture
def astray(server: Server) -> Repo:
    """A clone of a server whose HEAD names a branch that nobody has, after a good push to `main`."""
    server.bare.git("symbolic-ref", "HEAD", "refs/heads/master")
    clone = server.begun()
    accepted(server, clone, "main")
    return clone


@pytest.mark.parametrize("branch", ["release/1", "master"])
def test_a_second_branch_brings_no_policy_where_head_is_astray(
    server: Server, astray: Repo, branch: str
) -> None:
    good = astray.git("rev-parse", "HEAD")
    astray.write("crstandards.toml", OFF)
    make_raw(astray)
    told = refused(server, astray, f"main:refs/heads/{branch}")
    assert "CR101" in told
    assert "THIS PUSH CHANGES THE POLICY" in told
    told = accepted(server, astray, f"{good}:refs/heads/{branch}")
    assert "HEAD of the server's repository names refs/heads/master, which is not there" in told


def test_the_last_branch_stays_where_head_is_astray(server: Server, astray: Repo) -> None:
    assert "holds the policy" in refused(server, astray, ":main")
    server.bare.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    assert "holds the policy" in refused(server, astray, ":main")
    accepted(server, astray, "main:refs/heads/other")
    assert "holds the policy" in refused(server, astray, ":main", ":other")
    accepted(server, astray, ":main")


def test_nobody_chooses_his_policy_by_a_branch_that_names_itself(server: Server, astray: Repo) -> None:
    astray.write("crstandards.toml", '[server]\nenforce = ["refs/heads/main", "refs/heads/release/*"]\n')
    astray.commit("Name the branches")
    accepted(server, astray, "main")
    assert "which is not there" not in accepted(server, astray, "main:refs/heads/release/1")
    assert "holds the policy" in refused(server, astray, ":main")
    astray.write("crstandards.toml", f'{OFF}[server]\nenforce = ["refs/heads/aaa"]\n')
    astray.commit("Be the first")
    accepted(server, astray, "main:refs/heads/aaa")
    make_raw(astray)
    told = refused(server, astray, "main:refs/heads/release/2")
    assert "CR101" in told
    assert "policies of the others differ" in told


FORBID = '[server]\npolicy-changes = "forbid"\n'


@pytest.fixture(params=["server", "branch"])
def fixed(request: pytest.FixtureRequest, server: Server) -> Repo:
    """A clone of a server whose HEAD is astray, and whose policy, or that of `main`, may not change."""
    server.bare.git("symbolic-ref", "HEAD", "refs/heads/master")
    clone = server.clone()
    write_solution(clone.root / "src/HR", "ContosoHR")
    if request.param == "branch":
        clone.write("crstandards.toml", FORBID)
    clone.commit("Begin")
    accepted(server, clone, "main")
    if request.param == "server":
        server.configure(FORBID)
    return clone


def test_what_head_names_takes_no_guard_from_a_branch_whose_policy_may_not_change(
    server: Server, fixed: Repo
) -> None:
    """Else the next push to `main` would be judged by nobody."""
    good = fixed.git("rev-parse", "HEAD")
    assert "it alone would be guarded" in refused(server, fixed, "main:refs/heads/master")
    fixed.write("crstandards.toml", OFF)
    fixed.commit("Switch it off")
    for branch in ("master", "main", "release/1"):
        told = refused(server, fixed, f"main:refs/heads/{branch}")
        assert "which this server forbids" in told
    accepted(server, fixed, f"{good}:refs/heads/release/1")


@pytest.mark.parametrize("where", ["server", "branch"])
def test_where_policies_name_what_they_guard_head_takes_nothing(server: Server, where: str) -> None:
    server.bare.git("symbolic-ref", "HEAD", "refs/heads/master")
    clone = server.clone()
    write_solution(clone.root / "src/HR", "ContosoHR")
    policy = f'{FORBID}enforce = ["refs/heads/main"]\n'
    if where == "branch":
        clone.write("crstandards.toml", policy)
    else:
        server.configure(policy)
    good = clone.commit("Begin")
    accepted(server, clone, "main")
    if where == "branch":
        clone.write("crstandards.toml", OFF)
        clone.commit("Switch it off")
        assert "which this server forbids" in refused(server, clone, "main:refs/heads/master")
        clone.git("reset", "--quiet", "--hard", good)
    accepted(server, clone, "main:refs/heads/master")
    make_raw(clone)
    assert "CR101" in refused(server, clone, "main")


@pytest.fixture
def several(server: Server) -> Repo:
    """A clone of a server whose HEAD is astray: of `main` the policy may not change, of `old` it may."""
    server.bare.git("symbolic-ref", "HEAD", "refs/heads/master")
    clone = server.begun()
    accepted(server, clone, "main:refs/heads/old")
    clone.write("crstandards.toml", FORBID)
    clone.commit("Fix the policy")
    accepted(server, clone, "main")
    return clone


def test_what_head_names_is_judged_by_the_policy_of_every_branch(server: Server) -> None:
    server.bare.git("symbolic-ref", "HEAD", "refs/heads/master")
    clone = server.clone()
    clone.write("crstandards.toml", OFF)
    good = make_raw(clone)
    accepted(server, clone, "main:refs/heads/lax")
    clone.write("crstandards.toml", "")
    write_solution(clone.root / "src/HR", "ContosoHR", flows={TITLE: flow()})
    clone.commit("Switch it on")
    accepted(server, clone, "main")
    told = refused(server, clone, f"{good}:refs/heads/master")
    assert "CR101" in told
    assert "what becomes that branch is judged by the policy of each other one" in told
    accepted(server, clone, "main:refs/heads/master")


def test_a_policy_that_may_not_change_is_not_left_out_of_a_new_branch(server: Server, several: Repo) -> None:
    several.git("checkout", "--quiet", "-b", "mine", "origin/old")
    several.write("crstandards.toml", OFF)
    several.commit("Switch it off")
    accepted(server, several, "mine:refs/heads/old")
    assert "which this server forbids" in refused(server, several, "mine:refs/heads/release/1")
    assert "which this server forbids" in refused(server, several, "mine:refs/heads/master")
    accepted(server, several, "main:refs/heads/release/1")


def test_a_policy_that_may_not_change_goes_with_no_branch(server: Server, several: Repo) -> None:
    assert "holds the policy" in refused(server, several, ":main")
    accepted(server, several, "main:refs/heads/release/1")
    accepted(server, several, ":old")
    accepted(server, several, ":main")
    assert "holds the policy" in refused(server, several, ":release/1")


@pytest.mark.parametrize("where", ["server", "branch"])
def test_what_lies_on_a_branch_that_nobody_guards_is_no_excuse_for_a_new_one(
    server: Server, where: str
) -> None:
    """Be it the default branch."""
    clone = server.clone()
    write_solution(clone.root / "src/HR", "ContosoHR")
    policy = '[server]\nenforce = ["refs/heads/release/*"]\n'
    if where == "branch":
        clone.write("crstandards.toml", policy)
    else:
        server.configure(policy)
    clone.commit("Begin")
    accepted(server, clone, "main", "main:refs/heads/release/1")
    make_raw(clone)
    accepted(server, clone, "main")
    assert "CR101" in refused(server, clone, "main:refs/heads/release/2")
    accepted(server, clone, "main~1:refs/heads/release/2")


ALLOWED = "For the other team.\ncrstandards: allow CR201 two shared mailboxes"
BOTH = (Reference("con_outlook", description=ALLOWED), Reference("con_other", description=ALLOWED))


def test_a_description_excuses_nothing_that_comes_with_it(server: Server, work: Repo) -> None:
    write_solution(work.root / "src/HR", "ContosoHR", BOTH)
    work.commit("Declare a second one, and say that it may be")
    assert work.crstandards("check").status == 0
    told = refused(server, work, "main")
    assert "CR201" in told
    assert "it adds exceptions in descriptions, of con_outlook (CR201), con_other (CR201)." in told
    assert "push one in crstandards.toml first" in told
    work.git("checkout", "--quiet", "-b", "another", "origin/main")
    config = (work.root / "crstandards.toml").read_text("utf-8")
    reviewed = '[[exceptions]]\nrule = "CR201"\nsolution = "ContosoHR"\nreason = "two shared mailboxes"\n'
    work.write("crstandards.toml", config + reviewed)
    work.commit("Allow it")
    accepted(server, work, "another:main")
    write_solution(work.root / "src/HR", "ContosoHR", BOTH)
    work.commit("Declare a second one")
    assert "duplicate-connector" not in accepted(server, work, "another:main")


def test_a_description_takes_no_reference_out_of_what_is_compared_between_solutions(server: Server) -> None:
    clone = server.begun('[[environments]]\nname = "prod"\n', ["con_outlook"])
    accepted(server, clone, "main")
    both = [Reference(name, description=ALLOWED) for name in ("con_sales", "con_shop")]
    write_solution(clone.root / "src/Sales", "ContosoSales", both, flows={})
    clone.commit("Bring a set of its own")
    assert clone.crstandards("check").status == 0
    assert "CR301" in refused(server, clone, "main")


@pytest.mark.parametrize("strict", ["false", "true"])
def test_a_description_that_was_there_before_counts(server: Server, strict: str) -> None:
    clone = server.clone()
    clone.write("crstandards.toml", f'[rules]\nCR504 = "error"\n[server]\nstrict = {strict}\n')
    kept = "crstandards: allow CR504 kept for the flows of spring"
    write_solution(clone.root / "src/HR", "ContosoHR", [Reference("con_outlook", description=kept)])
    clone.commit("Begin")
    accepted(server, clone, "main")
    clone.git("rm", "--quiet", "-r", "src/HR/Workflows")
    clone.commit("Use it no more")
    accepted(server, clone, "main")
    idle = [Reference("con_outlook", description=kept), Reference("con_teams", TEAMS, description=kept)]
    write_solution(clone.root / "src/HR", "ContosoHR", idle, flows={})
    clone.commit("Bring another one that nothing uses")
    told = refused(server, clone, "main")
    assert "CR504" in told
    assert "of con_teams (CR504)." in told


def test_where_descriptions_do_not_count_none_is_looked_at(server: Server) -> None:
    clone = server.begun("description-exceptions = false\n", [Reference("con_outlook", description=ALLOWED)])
    assert "exceptions in descriptions" not in accepted(server, clone, "main")
    write_solution(clone.root / "src/HR", "ContosoHR", BOTH)
    clone.commit("Declare a second one, and say that it may be")
    told = refused(server, clone, "main")
    assert "CR201" in told
    assert "exceptions in descriptions" not in told


def test_an_exception_in_a_description_is_announced_like_any_other_change_of_the_policy(
    server: Server, work: Repo
) -> None:
    """Or it would count from the next push on, and nobody had read of it."""
    write_solution(work.root / "src/HR", "ContosoHR", [BOTH[0]])
    work.commit("Say that a second one may be")
    told = accepted(server, work, "main:release/1")
    assert "THIS PUSH CHANGES THE POLICY: it adds exceptions in descriptions, of con_outlook (CR201)." in told
    assert "push one in" not in told
    assert "THIS PUSH CHANGES THE POLICY" not in accepted(server, work, "HEAD:refs/heads/free")
    work.write("README.md", "Hello")
    work.commit("Something else")
    assert "THIS PUSH CHANGES THE POLICY" not in accepted(server, work, "main:release/1")
    server.configure('[server]\npolicy-changes = "forbid"\n')
    assert "of con_outlook (CR201), which this server forbids" in refused(server, work, "main")


def test_in_a_first_push_descriptions_count_unless_the_server_has_a_policy(server: Server) -> None:
    clone = server.begun("", BOTH)
    server.configure("")
    assert "CR201" in refused(server, clone, "main")
    server.bare.git("config", "--unset", "crstandards.config")
    accepted(server, clone, "main")


@pytest.mark.parametrize(
    "name", ["AnotherFlow-{}.json", "ZanotherFlow-8D1F3B0C-6A52-4B7E-9F10-2C3D4E5F6A7C-{}.json"]
)
def test_a_baseline_lets_no_second_flow_through_that_is_called_by_the_guid_of_the_first(
    server: Server, work: Repo, name: str
) -> None:
    make_raw(work)
    work.crstandards("baseline")
    work.commit("Record what is there")
    with server.unguarded():
        work.git("push", "--quiet", "origin", "main")
    (known,) = work.root.glob("src/HR/Workflows/Raw*.json")
    copy = known.with_name(name.format(flow_guid(TITLE)))
    copy.write_bytes(known.read_bytes())
    work.commit("Bring another one")
    assert "CR101" in refused(server, work, "main")
    assert work.crstandards("check").status == 1
    copy.unlink()
    known.rename(copy)
    known.with_name(f"{known.name}.data.xml").rename(copy.with_name(f"{copy.name}.data.xml"))
    work.commit("Rename it")
    assert work.crstandards("check").status == 0
    accepted(server, work, "main")


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 9\n"
TWICE = '{{"properties": {{"connectionReferences": {{}}, "connectionReferences": {{"a{}": {{}}}}}}}}'


@pytest.fixture(params=[POINTER, TWICE], ids=["unreadable", "readable in part"])
def standing(request: pytest.FixtureRequest, server: Server, work: Repo) -> tuple[str, str]:
    """A flow on `main` that nobody can read, from before there was a hook: its path, and its content."""
    path = f"src/HR/Workflows/{flow_file(TITLE)}"
    content: str = request.param
    work.write(path, content.format(1))
    work.commit("Keep a flow elsewhere")
    with server.unguarded():
        accepted(server, work, "main")
    return path, content


def test_what_cannot_be_read_may_not_become_something_else_that_cannot(
    server: Server, work: Repo, standing: tuple[str, str]
) -> None:
    path, content = standing
    work.write(path, content.format(2))
    work.commit("Keep another one there")
    assert "CR901" in refused(server, work, "main")
    work.git("mv", path, f"src/HR/Workflows/{flow_file('Other title')}")
    work.commit("And call it otherwise")
    assert "CR901" in refused(server, work, "main")


def test_what_cannot_be_read_stops_nobody_who_leaves_it_alone(
    server: Server, work: Repo, standing: tuple[str, str]
) -> None:
    path, _ = standing
    write_solution(work.root / "src/Other", "ContosoOther")
    work.commit("Something else")
    accepted(server, work, "main")
    work.git("mv", "src/HR", "src/People")
    work.commit("Move it")
    accepted(server, work, "main")
    work.git("rm", "--quiet", path.replace("src/HR", "src/People"))
    work.commit("Take it away")
    accepted(server, work, "main")
