"""Shell completion, in the shells themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from crstandards.cli import main
from crstandards.commands import VERBS
from crstandards.commands.completion import words


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


def in_bash(text: str, *line: str) -> set[str]:
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    quoted = " ".join(f"'{word}'" for word in line)
    position = f"COMP_WORDS=({quoted}); COMP_CWORD={len(line) - 1}"
    asked = f"{text}\n{position}\n_crstandards\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_completes_commands_options_and_rules(capsys: pytest.CaptureFixture[str]) -> None:
    text = script("bash", capsys)
    assert in_bash(text, "crstandards", "") == {*VERBS, "--help", "--version"}
    assert in_bash(text, "crstandards", "ch") == {"check"}
    assert "--staged" in in_bash(text, "crstandards", "check", "--s")
    assert "CR201" in in_bash(text, "crstandards", "explain", "CR2")
    assert "pre-commit" in in_bash(text, "crstandards", "hook", "pre")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("ch", {"check"}), ("baseline --u", {"--update", "--upgrade"}), ("explain CR90", {"CR901", "CR902"})],
)
def test_fish_completes_commands_options_and_rules(
    typed: str, offered: set[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if shutil.which("fish") is None:
        pytest.skip("needs fish")
    asked = f"{script('fish', capsys)}\ncomplete -C 'crstandards {typed}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert set(done.stdout.split()) == offered


def test_zsh_takes_the_script(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("needs zsh")
    # Outside a line that is being typed compadd may not be called: this one says what it was given.
    stub = 'compdef() { : }; compadd() { shift; print -rl -- "$@" }; _files() { : }'
    asked = f"{stub}\n{script('zsh', capsys)}\nwords=(crstandards explain ''); CURRENT=3; _crstandards"
    done = subprocess.run(
        ["zsh", "-f", "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert {"CR101", "CR902", "--help"} <= set(done.stdout.split())
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_script_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = script(shell, capsys)
    assert "@WORDS@" not in text
    assert all(f"'{verb}'" in text for verb in VERBS)


def test_every_command_has_words() -> None:
    assert all(words()[verb] for verb in VERBS)


def test_an_unknown_shell_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "there is no 'tcsh'; there are bash, zsh, fish, powershell" in capsys.readouterr().err
