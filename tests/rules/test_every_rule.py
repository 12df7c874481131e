"""What holds of every rule, shown on what is found in its pair."""

from __future__ import annotations

from pathlib import Path

import pytest

from crstandards.reported import Reported
from crstandards.rules import BY_ID
from tests.support import checks
from tests.support.builders import write_files
from tests.support.checks import counted, found
from tests.support.pairs import PAIRS

CONFIG = "crstandards.toml"
EXCEPTED = [rule for rule in PAIRS if not rule.startswith("CR90")]
OF_SOLUTIONS = [rule for rule in EXCEPTED if BY_ID[rule].needs not in ("deployment_settings", "inventory")]
OF_ENVIRONMENTS = [rule for rule in EXCEPTED if PAIRS[rule].found.get(CONFIG, b"").count(b"[[env") == 1]


def after(rule: str, root: Path, more: str) -> list[Reported]:
    """What the rule finds in its repository, and nothing suppresses, with more in the configuration."""
    files = PAIRS[rule].found
    write_files(root, files | {CONFIG: files.get(CONFIG, b"") + more.encode()})
    return counted(root, rule)


@pytest.mark.parametrize("rule", PAIRS)
def test_a_move_changes_no_fingerprint(rule: str, tmp_path: Path) -> None:
    outside = ("config/", "inventory/", CONFIG)
    for folder in ("", "deep/er/"):
        files = {
            path if path.startswith(outside) else folder + path: text
            for path, text in PAIRS[rule].found.items()
        }
        write_files(tmp_path / str(bool(folder)), files)
    one, two = ({item.fingerprint for item in found(root, rule)} for root in tmp_path.iterdir())
    assert one == two != set()


@pytest.mark.parametrize("rule", EXCEPTED)
def test_an_exception_names_what_it_is_about(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # That an exception covers nothing is said with what it names.
    monkeypatch.setattr(checks, "hold_to_its_word", lambda report: report)
    (item, *_) = after(rule, tmp_path, "")
    told = {key: str(value) for key, value in item.data.items() if isinstance(value, str) and value}
    listed = item.data.get("references") or [told.get("reference", "")]
    names = {key: f'"{told[key]}"' for key in ("flow", "alias", "connector", "connection") if key in told}
    names |= {"references": str(list(listed)).replace("'", '"')} if told.get("reference") else {}
    for key, name in names.items():
        for other in (False, True):
            named = name.replace('"', '"other', 1) if other else name
            exception = f'\n[[exceptions]]\nrule = "{rule}"\n{key} = {named}\nreason = "meant"\n'
            left = {one.fingerprint for one in after(rule, tmp_path, exception)}
            assert (item.fingerprint in left) == other, exception


@pytest.mark.parametrize("rule", OF_ENVIRONMENTS)
def test_what_is_found_in_two_environments_is_found_once(rule: str, tmp_path: Path) -> None:
    before = after(rule, tmp_path, "")
    config = PAIRS[rule].found[CONFIG].decode()
    again = "\n" + config[config.index("[[environments]]") :].replace("contoso-", "again-")
    both = after(rule, tmp_path, again)
    assert [len(item.data["environments"]) for item in both] == [
        2 * len(item.data["environments"]) for item in before
    ]
    assert [item.span for item in both] == [item.span for item in before]
    off = again.replace('"\n', f'"\nrules = {{ {rule} = "off" }}\n', 1)
    assert [item.data for item in after(rule, tmp_path, off)] == [item.data for item in before]


@pytest.mark.parametrize("rule", OF_SOLUTIONS)
def test_of_a_bought_solution_nothing_is_said(rule: str, tmp_path: Path) -> None:
    assert after(rule, tmp_path, '\n[source]\nvendored = ["**"]\n') == []
