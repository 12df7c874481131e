"""Completion, in the shells themselves where they are installed. PowerShell's script is untried."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from crstandards.cli import main
from crstandards.commands import VERBS
from crstandards.commands.arguments import COMPLETION
from crstandards.commands.completion import offers
from crstandards.report import FORMATS
from crstandards.rules import names

TYPED = [
    ("ch", {"check"}),
    ("help rep", {"replay"}),
    ("baseline --upd", {"--update"}),
    ("explain CR90", {"CR901", "CR902"}),
    ("explain unused", {"unused-reference"}),
    ("check --select CR50", {rule for rule in names() if rule.startswith("CR50")}),
    ("check --format m", {"markdown"}),
    ("check -f jun", {"junit"}),
    ("replay --fail-on n", {"note", "never"}),
    ("init --ci git", {"github", "gitlab"}),
    ("completion po", {"powershell"}),
    ("hook pre-c", {"pre-commit"}),
]

# A shell in a terminal of its own, whose last line is completed by the key that asks for it.
ZPTY = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; LISTMAX=1000; source $SCRIPT; print REA""DY'
while zpty -r shell line; do [[ $line == READY* ]] && break; done
zpty -w -n shell "crstandards $TYPED"$'\t\t'
repeat 100; do
    sleep 0.1
    while zpty -r -t shell line; do print -r -- $line; done
    zpty -r -t shell rest '*[a-z]*' && print -r -- $rest
    (( ++quiet > 10 )) && break
done
zpty -d shell
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each shell's script, and no other file."""
    folder = tmp_path_factory.mktemp("completion")
    for shell in COMPLETION:
        with pytest.MonkeyPatch.context() as patch:
            told: list[str] = []
            patch.setattr("builtins.print", told.append)
            assert main(["completion", shell]) == 0
        (folder / f"script.{shell}").write_text(told[0], encoding="utf-8")
    (folder / "empty").mkdir()
    (folder / "full").mkdir()
    (folder / "full" / "jumble.xml").touch()
    return folder


def asked(scripts: Path, shell: str, *arguments: str, folder: str = "empty", **environ: str) -> str:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    done = subprocess.run(
        [shell, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=scripts / folder,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(scripts), "TERM": "dumb"} | environ,
        timeout=60,
    )
    return done.stdout


@pytest.mark.parametrize(("typed", "offered"), [*TYPED, ("check --format =m", {"markdown"})])
def test_bash(scripts: Path, typed: str, offered: set[str]) -> None:
    line = f"crstandards {typed}".replace("=", "= ").split(" ")
    script = (
        f"source ../script.bash; COMP_WORDS=({' '.join(line)}); COMP_CWORD={len(line) - 1}; _crstandards;"
        " printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    assert set(asked(scripts, "bash", "-c", script).split()) == offered


@pytest.mark.parametrize(("typed", "offered"), [*TYPED, ("check --format=m", {"--format=markdown"})])
def test_fish(scripts: Path, typed: str, offered: set[str]) -> None:
    script = f"source ../script.fish; complete -C 'crstandards {typed}'"
    lines = asked(scripts, "fish", "--no-config", "-c", script).splitlines()
    assert {line.partition("\t")[0] for line in lines} == offered


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("explain CR90", ["CR901", "CR902", "source that cannot be read"]),
        ("check --format=ma", ["--format=markdown"]),
        ("baseline --upd", ["--update"]),
        ("check --fail-on n", ["note", "never"]),
    ],
)
def test_zsh(scripts: Path, typed: str, said: list[str]) -> None:
    shown = asked(scripts, "zsh", "-f", "-c", ZPTY, TYPED=typed, SCRIPT=str(scripts / "script.zsh"))
    shown = shown.replace("\a", "").replace("\b", "")
    assert [part for part in said if part not in shown] == [], ascii(shown)


def test_files_are_offered_where_a_path_can_stand_and_not_for_a_value(scripts: Path) -> None:
    def offered(typed: str) -> str:
        line = f"source ../script.fish; complete -C 'crstandards {typed}'"
        fish = asked(scripts, "fish", "--no-config", "-c", line, folder="full")
        script = str(scripts / "script.zsh")
        zsh = asked(scripts, "zsh", "-f", "-c", ZPTY, folder="full", TYPED=typed, SCRIPT=script)
        assert ("jumble.xml" in fish) == ("jumble.xml" in zsh), ascii((fish, zsh))
        return fish

    assert "jumble.xml" in offered("check j")
    assert "jumble.xml" not in offered("check --format j")


def test_an_apostrophe_in_a_meaning_is_shown(scripts: Path) -> None:
    script = "source ../script.fish; complete -C 'crstandards check --show-o'"
    fish = asked(scripts, "fish", "--no-config", "-c", script)
    shell = ZPTY.replace("LISTMAX", "COLUMNS=200 LISTMAX")
    typed = {"TYPED": "check --s", "SCRIPT": str(scripts / "script.zsh")}
    assert "the owners' names" in fish
    assert "the owners' names" in asked(scripts, "zsh", "-f", "-c", shell, **typed)
    assert "the owners'' names" in (scripts / "script.powershell").read_text("utf-8")


@pytest.mark.parametrize("shell", COMPLETION)
def test_every_script_knows_every_command_and_value(scripts: Path, shell: str) -> None:
    text = (scripts / f"script.{shell}").read_text("utf-8")
    assert "@WORDS@" not in text
    assert [word for word in (*VERBS, *FORMATS, "CR101", "raw-connection") if word not in text] == []


def test_every_command_has_options_and_meanings() -> None:
    assert all(offers()[verb]["--help"] for verb in VERBS)


def test_an_unknown_shell_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "there is no 'tcsh'; there are bash, zsh, fish, powershell" in capsys.readouterr().err
