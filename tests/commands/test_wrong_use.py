"""What cannot be meant is said in one line, with exit status 2, and nothing is done."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crstandards.cli import main
from crstandards.commands import VERBS
from tests.support.builders import Repo, flow, write_solution


@pytest.fixture
def team(repo: Repo) -> Repo:
    write_solution(repo.root / "src/HR", "ContosoHR", ["con_outlook", "con_spare"])
    repo.write("README.md", "Contoso\n")
    repo.write("named/pyproject.toml", "[tool.ruff]\n")
    repo.commit()
    return repo


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("chekc", "there is no command 'chekc'; did you mean 'check'?"),
        ("xyzzy", "there is no command 'xyzzy'; 'crstandards --help' lists the commands"),
        ("check --formt json", "check has no option '--formt'; did you mean '--format'?"),
        ("fix --xyzzy=1", "fix has no option '--xyzzy'; 'crstandards fix --help' lists what there is"),
        ("hook pre-commit --selct CR1", "hook has no option '--selct'; did you mean '--select'?"),
        ("lint", "there is no command 'lint'; write check"),
        ("version", "there is no command 'version'; write crstandards --version"),
        ("check --version", "check has no option '--version'; write crstandards --version"),
        ("--quiet check", "no option before the command '--quiet'; options stand after the command"),
        ("rule CR101", "there is no command 'rule'; write explain"),
        ("fix --dry-run", "fix has no option '--dry-run'; write --diff"),
        ("fix --check", "fix has no option '--check'; write --diff"),
        ("check --exit-zero", "check has no option '--exit-zero'; write --fail-on never"),
        ("completion bash zsh", "completion has no argument 'zsh'"),
        ("check -f jsn", "-f/--format/--output-format: there is no 'jsn'; did you mean 'json'?"),
        ("check --fail-on eror", "--fail-on: there is no 'eror'; did you mean 'error'?"),
        ("check --as-of today", "--as-of: 'today' is not a date like 2027-06-30"),
        ("check --select CR999", "no rule is called 'CR999'"),
        ("check --select unused-referense", "did you mean CR504 (unused-reference)?"),
        ("check --format json -o report.html", "the name is one of html, and --format says json"),
        ("check -o sarf=report.sarif", "there is no format 'sarf'; did you mean 'sarif'?"),
        ("check gone", "gone does not exist"),
        ("check README.md old.zip --rev HEAD", "a solution zip is checked on its own"),
        ("graph src ..", "is outside the repository"),
        ("check named", "there is no solution in named"),
        ("check --config gone.toml", "gone.toml: no such file or directory"),
        ("baseline --no-config", "without a configuration there is no place for a baseline"),
        ("check --inventory contoso-prod=README.md", "the configuration declares none"),
        ("fix --select CR501", "none of these rules has a fix; 'crstandards rules' tells which have one"),
        ("fix --interactive --diff", "not with --diff or --staged"),
        ("fix --allow-unstaged", "--allow-unstaged belongs to --staged"),
        ("fix --interactive", "--interactive asks questions, which needs a terminal"),
    ],
)
def test_in_a_repository(team: Repo, arguments: str, said: str) -> None:
    ran = team.crstandards(*arguments.split())
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert team.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("check --staged", "is not in a git repository"),
        ("check --rev HEAD src", "is not in a git repository"),
        ("check --new-since HEAD", "--new-since needs a git repository"),
        ("graph src named", "outside a git repository, name one folder"),
        ("check named/pyproject.toml", "there is no solution around"),
    ],
)
def test_outside_git(team: Repo, arguments: str, said: str) -> None:
    (team.root / ".git").rename(team.root.parent / "away")
    ran = team.crstandards(*arguments.split())
    assert ran.status == 2
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_path_inside_a_solution_means_that_solution(team: Repo) -> None:
    write_solution(team.root / "src/Sales", "ContosoSales", ["con_a", "con_b"], {})
    ran = team.crstandards("check", "src/HR/Workflows", "--select", "CR201")
    assert ran.status == 1
    assert "ContosoHR" in ran.out
    assert "ContosoSales" not in ran.out


def test_without_a_word_it_says_what_there_is(team: Repo) -> None:
    asked, nothing = team.crstandards("--help"), team.crstandards()
    assert (asked.status, nothing.status) == (0, 2)
    assert asked.out == nothing.out
    assert "  check " in asked.out
    assert team.crstandards("--version").out.startswith("crstandards ")
    told = team.crstandards("--version", "--verbose").out.splitlines()
    assert [line.split()[0] for line in told[1:3]] == ["Python", "git"]
    assert [line for line in told if line.startswith("lxml ")]


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_the_same_before_and_after(team: Repo, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for arguments in (["help", verb], [verb, "--help"]):
        with pytest.raises(SystemExit):
            main(arguments)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert said[0].startswith(f"usage: crstandards {verb} ")


def test_help_on_a_hook_is_that_hook_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["help", "hook", "install"])
    assert "--pre-push" in capsys.readouterr().out


def test_help_loads_the_options_and_no_engine() -> None:
    program = (
        "import sys; from crstandards.cli import main\n"
        "try: main(['check', '--help'])\n"
        "except SystemExit: print('@', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.partition("@")[2].split())
    assert {name for name in loaded if name.startswith("crstandards.")} == {
        *("crstandards.cli", "crstandards.errors", "crstandards.report"),
        *("crstandards.commands", "crstandards.commands.arguments", "crstandards.commands.parser"),
    }


@pytest.mark.parametrize(
    ("environ", "arguments", "status", "said"),
    [
        (
            {"CRSTANDARDS_FORMAT": "gcc"},
            "check",
            1,
            "crstandards: from the environment: CRSTANDARDS_FORMAT=gcc",
        ),
        ({"CRSTANDARDS_FORMAT": "json"}, "check -f gcc", 1, ""),
        (
            {"CRSTANDARDS_FORMAT": "json", "CRSTANDARDS_FAIL_ON": "never"},
            "check -f gcc",
            0,
            "CRSTANDARDS_FAIL_ON=never",
        ),
        ({"CRSTANDARDS_FAIL_ON": "never"}, "check -f gcc --fail-on error", 1, ""),
        ({"CRSTANDARDS_FAIL_ON": "never"}, "replay -f gcc", 0, "CRSTANDARDS_FAIL_ON=never"),
        ({"CRSTANDARDS_CONFIG": "gone.toml"}, "check", 2, "gone.toml: no such file"),
        ({"CRSTANDARDS_CONFIG": "gone.toml"}, "check -f gcc --no-config", 1, ""),
        (
            {"CRSTANDARDS_FORMAT": "jsn"},
            "check",
            2,
            "CRSTANDARDS_FORMAT is 'jsn' in the environment; did you mean",
        ),
        ({"CRSTANDARDS_CONFIG": "gone.toml", "CRSTANDARDS_FAIL_ON": "x"}, "fix --unsafe --diff", 1, ""),
        ({"CRSTANDARDS_CONFIG": "gone.toml", "CRSTANDARDS_FAIL_ON": "x"}, "hook pre-commit", 1, ""),
    ],
)
def test_what_a_pipeline_sets_once(
    team: Repo, environ: dict[str, str], arguments: str, status: int, said: str
) -> None:
    write_solution(team.root / "src/HR", "ContosoHR", ["con_outlook", "con_b"], {"Send": flow()})
    team.git("add", "--all")
    if arguments.startswith("replay"):
        team.commit()
    ran = team.crstandards(*arguments.split(), env=environ)
    assert ran.status == status
    assert said in ran.err
    assert bool(said) == bool(ran.err)
    if "FORMAT" in said and status == 1:
        assert ": error: " in ran.out


@pytest.mark.parametrize(("asked", "painted"), [("always", True), ("never", False), ("auto", False)])
def test_colour_is_asked_for(team: Repo, asked: str, painted: bool) -> None:
    ran = team.crstandards("check", "--color", asked, env={"FORCE_COLOR": "0" if painted else ""})
    assert ("\x1b[" in ran.out) is painted
