"""The verb: its options, what it says, and how it ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fix.conftest import Bench
from tests.support.builders import (
    DATAVERSE,
    OUTLOOK,
    Repo,
    customizations,
    flow,
    flow_file,
    to_json,
    write_files,
    write_solution,
    yaml_files,
    zip_solution,
)

RAW = flow({OUTLOOK: None})
MENDED = flow({OUTLOOK: "con_outlook"})
PATH = f"Workflows/{flow_file('Send')}"

# Python 3.12 and later warn of a fork beside threads, which a parallel run of tests has.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")


def put(root: Path, name: str = "ContosoHR", folder: str = "src/HR") -> str:
    """A solution with a raw connection; returns the flow's path."""
    write_solution(root / folder, name, ["con_outlook"], {"Send": RAW})
    return f"{folder}/{PATH}"


def put_two_groups(root: Path) -> None:
    """A solution with duplicates of two connectors."""
    references = ["con_outlook", "con_spare", ("con_data", DATAVERSE), ("con_more", DATAVERSE)]
    flows = {
        "Send": flow({OUTLOOK: "con_outlook", DATAVERSE: "con_data"}),
        "Ask": flow({OUTLOOK: "con_outlook"}),
    }
    write_solution(root, "ContosoHR", references, flows)


def is_mended(root: Path, path: str) -> bool:
    return (root / path).read_text() == to_json(MENDED)


def test_a_diff_changes_nothing_and_is_one_that_git_applies(repo: Repo) -> None:
    path = put(repo.root)
    repo.commit()
    ran = repo.crstandards("fix", "--diff")
    assert ran.status == 1
    assert not repo.git("status", "--porcelain")
    assert ran.out.startswith(f"--- a/{path}\n+++ b/{path}\n@@ ")
    (repo.root / "fix.diff").write_bytes(ran.out.encode())
    repo.git("apply", "fix.diff")
    assert is_mended(repo.root, path)
    ran = repo.crstandards("fix", "--diff")
    assert (ran.status, ran.text) == (0, "")


@pytest.mark.parametrize(
    "folder", ["src/Häuser und Räume", 'src/"quoted"', "src/not \udcff utf-8", "src/tab\tin it"]
)
def test_a_diff_names_files_as_git_reads_them(repo: Repo, folder: str) -> None:
    if os.name == "nt":
        pytest.skip("such names cannot be on Windows")
    path = put(repo.root, folder=folder)
    repo.commit()
    ran = repo.crstandards("fix", "--diff")
    (repo.root / "fix.diff").write_bytes(ran.out.encode("utf-8", "surrogateescape"))
    repo.git("apply", "fix.diff")
    assert is_mended(repo.root, path)


def test_a_diff_of_crlf_and_no_line_end(repo: Repo) -> None:
    path = put(repo.root)
    (repo.root / path).write_bytes(to_json(RAW).replace("\n", "\r\n").encode())
    one_line = "src/HR/Workflows/" + flow_file("One line")
    write_files(repo.root, {one_line: '{"a":1,' + to_json(RAW)[1:].replace("\n", "")})
    repo.commit()
    ran = repo.run((sys.executable, "-m", "crstandards", "fix", "--diff"))
    assert ran.status == 1
    assert "\\ No newline at end of file\n" in ran.out
    (repo.root / "fix.diff").write_bytes(ran.out.encode())
    repo.git("apply", "fix.diff")
    (repo.root / "fix.diff").unlink()
    after = repo.git("diff")
    repo.git("checkout", "--", ".")
    repo.crstandards("fix")
    assert repo.git("diff") == after


def test_paths_and_solutions_choose(bench: Bench) -> None:
    paths = {name: put(bench.root, f"Contoso{name}", f"src/{name}") for name in ("HR", "IT", "Law")}
    assert bench.fix("--solutions", "*HR").status == 0
    assert [is_mended(bench.root, path) for path in paths.values()] == [True, False, False]
    assert bench.fix("src/IT").status == 0
    assert [is_mended(bench.root, path) for path in paths.values()] == [True, True, False]
    assert bench.fix(paths["Law"]).status == 0
    assert is_mended(bench.root, paths["Law"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--solutions", "Fabrikam"), "no solution is called Fabrikam"),
        (("--staged",), "not in a git repository"),
        (("hr.zip",), "a zip is not fixed"),
    ],
)
def test_wrong_use(bench: Bench, arguments: tuple[str, ...], said: str) -> None:
    put(bench.root)
    zip_solution(bench.root / "hr.zip", "ContosoZip", flows={"Send": RAW})
    before = bench.files()
    ran = bench.fix(*arguments)
    assert ran.status == 2
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert bench.files() == before


def test_the_first_half_of_a_merger_keeps_the_declarations(bench: Bench) -> None:
    """For a solution that is deployed managed: moved in one version, removed in a later one."""
    references = ["con_outlook", "con_spare", ("con_planner", "shared_planner")]
    flows = {"Send": MENDED, "Remind": MENDED, "Ask": flow({OUTLOOK: "con_spare"})}
    write_solution(bench.root, "ContosoHR", references, flows)
    before = bench.files()
    ran = bench.fix("--unsafe", "--keep-declarations", "--fail-on", "warning")
    assert (ran.status, bench.found()) == (1, ["CR201", "CR504"])
    text = " ".join(ran.out.split())
    assert "1 use moved to con_outlook. Still declared: con_spare." in text
    assert "then 'crstandards fix --unsafe' removes what is still declared." in text
    assert "--keep-declarations keeps them." in text
    assert [path for path, data in bench.files().items() if before[path] != data] == [
        f"Workflows/{flow_file('Ask')}"
    ]
    # Again, there is nothing left to move.
    assert "keeps con_spare, and nothing in a flow uses them" in " ".join(
        bench.fix("--unsafe", "--keep-declarations").out.split()
    )
    ran = bench.fix("--unsafe", "--fail-on", "warning")
    assert (ran.status, bench.found()) == (0, [])
    assert "deployed managed" not in ran.out, "nothing is moved in this one"


@pytest.mark.parametrize("name", ["ContosoHR", "contosohr", "ContosoIT"])
def test_a_packed_copy_of_the_solution_beside_its_extract_names_nothing(bench: Bench, name: str) -> None:
    """One of another solution does."""
    references = ["con_outlook", "con_spare"]
    write_solution(bench.root, "ContosoHR", references, {"Send": MENDED})
    zip_solution(bench.root / "out.zip", name, references, {"Ask": flow({OUTLOOK: "con_spare"})})
    ran = bench.fix("--unsafe")
    text = " ".join(ran.out.split())
    if name == "ContosoIT":
        assert (ran.status, "out.zip names con_spare: can it" in text) == (1, True)
    else:
        assert ran.status == 0
        assert "packed copies of the solution were not searched; they still declare what was removed" in text
        assert ran.out.count("    - out.zip\n") == 1


def test_what_is_left_decides_the_status(bench: Bench) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], {"Send": RAW, "Other": flow({DATAVERSE: None})})
    ran = bench.fix()
    assert ran.status == 1
    assert "1 finding fixed in 1 file, 1 left alone. Left: 1 error" in " ".join(ran.out.split())


def test_what_is_let_through_stays_unless_debts_are_asked_for(bench: Bench) -> None:
    excepted, path = put(bench.root, "ContosoIT", "src/IT"), put(bench.root)
    rule = '[[exceptions]]\nrule = "CR101"\nsolution = "ContosoIT"\nreason = "next month"\n'
    write_files(bench.root, {"crstandards.toml": rule})
    assert bench.run("baseline").status == 0
    assert bench.run("check").status == 0
    before = bench.files()
    for arguments in ((), ("--unsafe",), ("--select", "CR101")):
        assert bench.fix(*arguments).out == "Nothing to fix. No violations are left.\n"
        assert bench.files() == before
    ran = bench.fix("--baselined")
    assert (ran.status, "Run 'crstandards baseline --update'" in ran.out) == (0, True)
    assert is_mended(bench.root, path)
    assert not is_mended(bench.root, excepted)


def test_what_does_not_fail_stays_unless_it_is_selected(bench: Bench) -> None:
    """A note (CR203) and a warning (CR504) beside an error."""
    spare = f"{OUTLOOK}_1"
    references = ["con_outlook", ("con_planner", "shared_planner")]
    twice = flow({OUTLOOK: "con_outlook", spare: "con_outlook"})
    write_solution(bench.root, "ContosoHR", references, {"Send": twice, "Raw": RAW})
    assert bench.found() == ["CR101", "CR203", "CR504"]
    ran = bench.fix("--unsafe")
    assert (ran.status, bench.found()) == (0, ["CR203", "CR504"])
    assert "1 finding fixed in 1 file. Left: 1 warning" in ran.out
    assert "Left alone" not in ran.out
    assert bench.fix("--select", "CR203").status == 0
    assert bench.found() == ["CR504"]
    assert "1 waiting for your decision" in bench.fix("--select", "CR5").out
    assert bench.fix("--select", "CR5", "--unsafe").status == 0
    assert bench.found() == []


def test_a_read_only_file_is_left_alone_and_others_are_mended(bench: Bench) -> None:
    write_solution(bench.root, "ContosoHR", ["con_outlook"], {"Send": RAW, "Remind": RAW})
    (bench.root / PATH).chmod(0o444)
    ran = bench.fix()
    assert ran.status == 1
    assert f"{PATH} is read-only." in ran.out
    assert not is_mended(bench.root, PATH)
    assert is_mended(bench.root, f"Workflows/{flow_file('Remind')}")


def test_what_cannot_be_written_is_said_and_ends_in_3(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bench.root)
    before = bench.files()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ran = bench.fix()
    assert ran.status == 3
    assert ran.err == "crstandards: nothing was written: no space left on device\n"
    assert bench.files() == before


def test_what_stands_in_a_zip_is_not_called_mendable(bench: Bench) -> None:
    zip_solution(bench.root / "hr.zip", "ContosoHR", flows={"Send": RAW})
    assert "crstandards fix" not in bench.run("check", "hr.zip").out
    put(bench.root)
    assert "`crstandards fix` can fix" in bench.run("check").out


def put_yaml(root: Path, names: Sequence[str] = ("con_outlook", "con_spare")) -> None:
    """A solution in the layout of Dataverse's git integration, with a duplicate if it has two references."""
    write_files(root, yaml_files("ContosoHR", names, {}))


def test_a_diff_does_no_harm_to_a_terminal(repo: Repo) -> None:
    path = put(repo.root)
    text = to_json(RAW).replace(f'"{OUTLOOK}": {{', '"x\u202e": {')
    (repo.root / path).write_text(text, "utf-8")
    status, shown = on_terminal(repo, "--diff")
    assert status == 1
    assert '+        "connection": {' in shown
    assert "\u202e" not in shown
    assert "\u202e" in repo.crstandards("fix", "--diff").out


def test_the_yaml_layout_is_for_the_portal(bench: Bench) -> None:
    put_yaml(bench.root)
    assert bench.found("CR201") == ["CR201"]
    before = bench.files()
    ran = bench.fix("--unsafe")
    assert ran.status == 1
    assert bench.files() == before
    assert ran.out.startswith("Microsoft does not support editing")
    assert "    Keep con_outlook (" in ran.out
    ran = bench.fix("--diff", "--unsafe")
    assert (ran.status, ran.out) == (0, "")
    assert "shows the steps in the portal" in ran.err


def test_a_journal_left_behind_is_put_in_order_first(repo: Repo) -> None:
    put(repo.root)
    (repo.root / ".git/crstandards-fix.json").write_text('{"state": "preparing", "steps": []}')
    ran = repo.crstandards("fix", "--diff")
    assert ran.status == 3
    assert "an earlier fix was interrupted" in ran.err
    assert repo.crstandards("fix").status == 0
    assert not (repo.root / ".git/crstandards-fix.json").exists()


def ask(repo: Repo, answers: str, *arguments: str) -> tuple[int, str]:
    """Run `fix --interactive` on a terminal of its own; returns its status and what it showed."""
    return on_terminal(repo, "--interactive", *arguments, answers=answers)


def on_terminal(repo: Repo, *arguments: str, answers: str = "") -> tuple[int, str]:
    """Run `fix` on a terminal of its own; each answer is typed when a question stands there."""
    pty = pytest.importorskip("pty")
    child, terminal = pty.fork()
    if not child:
        os.chdir(repo.root)
        command = (sys.executable, "-m", "crstandards", "fix", *arguments)
        os.execvpe(command[0], command, {**repo.environment, "TERM": "dumb"})
    left = re.findall(r"[^\n\x03\x04]*[\n\x03\x04]", answers)
    shown = b""
    ended = threading.Timer(120, os.kill, (child, signal.SIGKILL))
    ended.start()
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 4096):
            shown += piece
            if shown.endswith(b"[q]uit: ") and left:
                os.write(terminal, left.pop(0).encode())
    ended.cancel()
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_each_is_asked_about(repo: Repo) -> None:
    put_two_groups(repo.root)
    repo.commit()
    status, shown = ask(repo, "what?\ny\nn\n")
    assert status == 1
    assert shown.count("Make this change? [y]es, [n]o, [a]ll, [q]uit:") == 3
    assert "Removed: con_spare." in shown
    assert '-    <connectionreference connectionreferencelogicalname="con_spare">' in shown
    left = [("con_outlook", OUTLOOK), ("con_data", DATAVERSE), ("con_more", DATAVERSE)]
    assert (repo.root / "Other/Customizations.xml").read_text() == customizations(left)
    assert "1 waiting for your decision" in shown


@pytest.mark.parametrize(
    "answers", ["q\n", "\x04", "n\nn\nn\n", "\n\n\n"], ids=["quit", "end", "no", "nothing"]
)
def test_no_is_no(repo: Repo, answers: str) -> None:
    """Of a safe fix too."""
    put_two_groups(repo.root)
    put(repo.root)
    repo.commit()
    status, shown = ask(repo, answers, "--select", "CR1,CR2")
    assert status == 1
    assert not repo.git("diff", "--name-only"), shown
    assert "3 waiting for your decision" in shown


def put_raw_beside_two(root: Path) -> None:
    write_solution(root, "ContosoHR", ["con_outlook", "con_spare"], {"Raw": RAW, "Send": MENDED})


def test_all_is_all_and_a_raw_entry_comes_before_the_references_that_go(repo: Repo) -> None:
    put_raw_beside_two(repo.root)
    repo.commit()
    status, shown = ask(repo, "y\nn\n")
    assert (status, shown.count("Make this change?")) == (1, 2)
    assert shown.index("con_outlook chosen in") < shown.index("Removed: con_spare")
    repo.git("checkout", "--", ".")
    status, shown = ask(repo, "a\n")
    assert (status, shown.count("Make this change?")) == (0, 1)
    assert "No violations are left." in shown


@pytest.mark.parametrize("config", ["", '[rules]\nCR101 = "off"\n', '[rules]\nCR101 = "warning"\n'])
def test_no_reference_goes_while_a_flow_has_a_raw_entry_for_its_connector(repo: Repo, config: str) -> None:
    put_raw_beside_two(repo.root)
    repo.write("crstandards.toml", config)
    repo.commit()
    assert ask(repo, "n\n")[0] == 1
    for options in (["--select", "CR201"], ["--ignore", "CR101"], [] if config else ["--select", "CR201"]):
        out = repo.crstandards("fix", "--unsafe", *options).out
        assert 'Flow "Raw" uses a connection for shared_office365 and no reference yet' in out
    assert not repo.git("status", "--porcelain")


def test_an_interrupt_at_a_question_changes_nothing(repo: Repo) -> None:
    put_two_groups(repo.root)
    put(repo.root)
    repo.commit()
    status, _ = ask(repo, "y\n\x03")
    assert status == 130
    assert not repo.git("status", "--porcelain")


def put_spare(root: Path, folder: str = "src") -> None:
    write_solution(root / folder, "ContosoHR", ["con_outlook", "con_spare"], {"Send": MENDED})


def test_what_is_excluded_or_bought_is_not_written(bench: Bench) -> None:
    put_spare(bench.root)
    write_solution(bench.root / "bought/HR", "FabrikamHR", ["fab_outlook", "fab_spare"], {"Send": RAW})
    settings = to_json({"ConnectionReferences": [{"LogicalName": "con_spare", "ConnectionId": "x"}]})
    patterns = '[source]\nexclude = ["archive/**"]\nvendored = ["bought/**"]\n'
    write_files(bench.root, {"crstandards.toml": patterns, "archive/prod.json": settings})
    before = bench.files()
    assert bench.fix("--unsafe").status == 0
    changed = [path for path, data in bench.files().items() if before[path] != data]
    assert changed == ["src/Other/Customizations.xml"]
