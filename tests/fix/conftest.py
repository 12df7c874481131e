"""A folder of solutions outside git, and `fix` run in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crstandards.cli import main
from tests.support.builders import Ran


class Bench:
    """A folder to put solutions in, and the commands run there, in this process."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def run(self, *arguments: str) -> Ran:
        """Run one command."""
        self._capsys.readouterr()
        status = main(arguments)
        captured = self._capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    def fix(self, *arguments: str) -> Ran:
        """Run `fix`."""
        return self.run("fix", *arguments)

    def found(self, *rules: str) -> list[str]:
        """The rules of the findings that a check reports, sorted; only these rules, if any are given."""
        ran = self.run(
            "check", "--format", "json", "--fail-on", "never", *(f"--select={rule}" for rule in rules)
        )
        return sorted(finding["rule"] for finding in json.loads(ran.out)["findings"])

    def files(self) -> dict[str, bytes]:
        """Every file by its path."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    """An empty folder outside git, which is the current one."""
    root = tmp_path / "bench"
    root.mkdir()
    monkeypatch.chdir(root)
    return Bench(root, capsys)
