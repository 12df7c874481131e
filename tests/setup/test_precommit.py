"""Our entry in somebody else's .pre-commit-config.yaml."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from crstandards.errors import UsageError
from crstandards.setup.precommit import missing_stages, new_config, with_hook

EXISTING = """\
# our hooks
ci:
    autofix_prs: false

repos:
  # formatting
-   repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v5.0.0  # pinned
    hooks:
    -   id: check-json
        args: ['--x']

# the end
"""
OURS = {
    "repo": "https://github.com/crstandards/crstandards",
    "rev": "v0.1.0",
    "hooks": [{"id": "connection-references"}],
}


def test_an_entry_is_added_and_every_other_line_stays() -> None:
    changed = with_hook(EXISTING)
    assert [line for line in changed.splitlines() if line in EXISTING.splitlines()] == EXISTING.splitlines()
    document = yaml.safe_load(changed)
    assert document["repos"][1] == OURS
    assert document["default_install_hook_types"] == ["pre-commit", "pre-merge-commit"]
    assert document["repos"][0] == yaml.safe_load(EXISTING)["repos"][0]


def test_a_byte_order_mark_stays_in_front() -> None:
    text = EXISTING[EXISTING.index("repos:") :]
    assert with_hook(f"\ufeff{text}") == f"\ufeff{with_hook(text)}"
    assert with_hook("\ufeff\n") == f"\ufeff{new_config()}"


BEGUN = "repos:\n- repo: local\n  hooks:\n  - id: a\n"


@pytest.mark.parametrize(
    "text",
    [
        BEGUN.replace("repos:", "repos: &anchor"),
        BEGUN.replace("repos:", "repos: !!seq"),
        BEGUN.replace("repos:", ".ours: &anchor") + "repos: *anchor\n",
        f"{BEGUN}    entry: |+\n      line\n\n\n",
        f"{BEGUN}    entry: |\n      line",
        f"default_install_hook_types: &anchor\n- pre-commit\n{BEGUN}",
    ],
    ids=[
        "an anchor",
        "a tag",
        "an alias",
        "blank lines at the end",
        "no line end",
        "an anchor of the others",
    ],
)
def test_what_would_say_something_else_afterwards_is_refused(text: str) -> None:
    yaml.safe_load(text)
    with pytest.raises(UsageError, match="add by hand"):
        with_hook(text)


@pytest.mark.parametrize(
    "text",
    [
        f"---\n{BEGUN}...\n",
        f"{BEGUN}    entry: |\n      line\n",
        f"x: &anchor {{b: c}}\ny: *anchor\n{BEGUN}",
        f"default_install_hook_types: [pre-commit]\n{BEGUN}",
        f"default_install_hook_types: pre-commit\n{BEGUN}",
    ],
)
def test_other_ways_to_write_it_are_extended(text: str) -> None:
    nodes = yaml.compose(with_hook(text), Loader=yaml.SafeLoader).value
    listed = next(value.value for key, value in nodes if key.value == "repos")
    assert len(listed) == 2
    assert "id: connection-references" in yaml.serialize(listed[1])


def test_a_second_time_changes_nothing() -> None:
    assert with_hook(with_hook(EXISTING)) == with_hook(EXISTING)
    assert with_hook(new_config()) == new_config()


def test_a_local_hook_of_ours_is_recognised() -> None:
    local = "repos:\n- repo: local\n  hooks:\n  - {id: connection-references, language: system}\n"
    assert with_hook(local) == local


@pytest.mark.parametrize(
    "text", ["repos: []\n", "repos: {}\n", "hooks: 3\n", "- a\n", "repos: [{repo: local}]\n"]
)
def test_what_cannot_be_extended_is_refused_with_what_to_add(text: str) -> None:
    with pytest.raises(UsageError, match="add by hand"):
        with_hook(text)


def test_broken_yaml_is_one_line_with_its_place() -> None:
    with pytest.raises(UsageError) as refused:
        with_hook("repos:\n  - a: [\n")
    assert str(refused.value).startswith(".pre-commit-config.yaml:3: not YAML")


@pytest.mark.parametrize(
    ("types", "after"),
    [
        ("[pre-commit]", "[pre-commit, pre-merge-commit]"),
        ("[ pre-commit , commit-msg ] # ours", "[ pre-commit , commit-msg, pre-merge-commit ] # ours"),
        ("[commit-msg]", "[commit-msg, pre-commit, pre-merge-commit]"),
        ("\n- pre-commit  # ours", "\n- pre-commit  # ours\n- pre-merge-commit"),
        ("\n    - pre-push", "\n    - pre-push\n    - pre-commit\n    - pre-merge-commit"),
        ("[pre-merge-commit]", "[pre-merge-commit, pre-commit]"),
        ("[pre-commit, pre-merge-commit]", "[pre-commit, pre-merge-commit]"),
        ("[]", "[]"),
        ("pre-commit", "pre-commit"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_hook_types_of_their_own_get_those_that_the_check_needs(types: str, after: str, newline: str) -> None:
    before = f"default_install_hook_types: {types}\n{EXISTING}".replace("\n", newline)
    wanted = f"default_install_hook_types: {after}\n".replace("\n", newline)
    changed = with_hook(before)
    assert changed.startswith(wanted)
    assert yaml.safe_load(changed)["repos"][1] == OURS
    assert with_hook(changed) == changed


def test_what_hooks_are_missing_is_known() -> None:
    assert missing_stages("default_install_hook_types: [pre-commit]\n") == ["pre-merge-commit"]
    assert missing_stages("default_install_hook_types: []\n") == ["pre-commit", "pre-merge-commit"]
    assert missing_stages(with_hook(EXISTING)) == []
    assert missing_stages(EXISTING) == []


def test_what_to_add_by_hand_is_one_line_of_yaml() -> None:
    with pytest.raises(UsageError) as refused:
        with_hook("repos: []\n")
    entry = str(refused.value).partition("run this again: ")[2]
    assert yaml.safe_load(f"[{entry}]") == [OURS]


@given(
    indent=st.integers(0, 6),
    crlf=st.booleans(),
    final_newline=st.booleans(),
    trailing=st.sampled_from(["", "\n", "\n\n# done\n", "ci: {skip: [x]}\n"]),
    hooks=st.integers(1, 3),
)
def test_the_other_entries_always_stay(
    indent: int, crlf: bool, final_newline: bool, trailing: str, hooks: int
) -> None:
    pad = " " * indent
    text = "repos:\n" + "".join(
        f"{pad}- repo: r{number}\n{pad}  rev: v{number}\n{pad}  hooks:\n{pad}  - id: h\n"
        for number in range(hooks)
    )
    text += trailing
    if not final_newline:
        text = text.rstrip("\n")
    if crlf:
        text = text.replace("\n", "\r\n")
    changed = with_hook(text)
    before, after = yaml.safe_load(text), yaml.safe_load(changed)
    assert after["repos"] == [*before["repos"], OURS]
    assert {
        key: value for key, value in after.items() if key not in ("repos", "default_install_hook_types")
    } == {key: value for key, value in before.items() if key != "repos"}
    assert ("\r\n" in changed) == crlf
    assert with_hook(changed) == changed
