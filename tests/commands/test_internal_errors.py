"""A mistake of our own ends in one line and "not verified", never in "clean"."""

from __future__ import annotations

import pytest

from crstandards.cli import main


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(options: object) -> int:
        raise error

    monkeypatch.setattr("crstandards.commands.rules.run", run)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RuntimeError("two\nlines"), "RuntimeError: two lines"),
        (RecursionError(), "RecursionError"),
        (OSError("of no number"), "OSError: of no number"),
    ],
)
def test_it_verifies_nothing(
    error: Exception, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fail_with(error, monkeypatch)
    monkeypatch.delenv("CRSTANDARDS_DEBUG", raising=False)
    assert main(["rules"]) == 3
    assert capsys.readouterr() == (
        "",
        f"crstandards: internal error, nothing was verified ({told}); CRSTANDARDS_DEBUG=1 shows where\n",
    )


def test_who_looks_for_it_is_shown_where(monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(RuntimeError("here"), monkeypatch)
    monkeypatch.setenv("CRSTANDARDS_DEBUG", "1")
    with pytest.raises(RuntimeError, match="here"):
        main(["rules"])
