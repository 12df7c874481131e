from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crstandards.policy.patterns import name_matches, name_pattern, path_matches

# What wildcards are, the properties below tell; these are about all else.
MATCHING = [
    ("config/*.json", "config/prod.json"),
    ("vendor", "vendor/ContosoHR/Other/Solution.xml"),
    ("vendor/", "vendor/a"),
    ("/vendor", "vendor/a"),
    ("./vendor", "vendor/a"),
    ("vendor//a", "vendor/a"),
    ("src-archived/**", "src-archived/a/b/c.json"),
    ("**/prod.json", "prod.json"),
    ("a/**/b/**/c", "a/b/b/c"),
    ("**/*a*/*b*/c", "xay/xay/xby/c"),
    ("*.zip!/Workflows", "x.zip!/Workflows/F.json"),
    ("[a]", "[a]"),
    ("a*c", "a\nc"),
    ("*", "\udcff"),
    ("src**", "src-old/a"),
]
OTHERS = [
    ("", "a"),
    ("/", "a"),
    ("a.json", "src/a.json"),
    ("Config", "config/a"),
    ("[a]", "a"),
    ("config/*.json", "config/prod/a.json"),
    ("config/*.json", "config/prod.jsonc"),
    ("a?c", "a/c"),
    ("vendor", "vendors/a"),
    ("src-archived/**", "src-archived"),
    ("a/**/b", "a/xb"),
    ("src**", "a/src"),
    ("a", "a\n"),
]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"), [*((*row, True) for row in MATCHING), *((*row, False) for row in OTHERS)]
)
def test_paths(pattern: str, path: str, matches: bool) -> None:
    assert path_matches(pattern, path) is matches


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("ContosoHR", "contosohr", True),
        ("*", "a/b\nc", True),
        ("#{*}#", "#{prod.sql}#", True),
        ("$(*)", "$(Sql)", True),
        ("[a]", "[A]", True),
        ("svc-*@contoso.com", "SVC-power@Contoso.com", True),
        ("\u0130stanbul", "\u0130STANBUL", True),
        ("HR", "ContosoHR", False),
        ("[a]", "a", False),
        ("a.c", "abc", False),
        ("a", "a\n", False),
        ("#*#", "#", False),
    ],
)
def test_names(pattern: str, name: str, matches: bool) -> None:
    assert name_matches(pattern, name) is matches


GLOB = st.text("ab?*", max_size=8)


@given(GLOB, st.text("ab\n", max_size=10))
@example("*aab*b", "aaabb")
def test_names_match_as_in_fnmatch(pattern: str, name: str) -> None:
    assert name_matches(pattern, name) == fnmatchcase(name, pattern)


def by_definition(pattern: list[str], path: list[str]) -> bool:
    """Whether the segments of a pattern match the segments of a path from its start on."""
    if not pattern:
        return True
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(by_definition(pattern[1:], path[start:]) for start in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and by_definition(pattern[1:], path[1:])


@given(
    st.lists(st.just("**") | st.text("ab?*", min_size=1, max_size=4), min_size=1, max_size=5),
    st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=6),
)
@example(["**", "*a", "**", "b"], ["a", "a", "b"])
def test_paths_match_by_definition(pattern: list[str], path: list[str]) -> None:
    assert path_matches("/".join(pattern), "/".join(path)) == by_definition(pattern, path)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_pattern_fails(pattern: str, text: str) -> None:
    assert isinstance(path_matches(pattern, text), bool)
    assert isinstance(name_matches(pattern, text), bool)


@given(st.text(st.characters(exclude_characters="*?/"), min_size=1))
def test_a_text_without_wildcards_matches_itself(text: str) -> None:
    assert name_matches(text, text)
    assert path_matches(text, text) or text == "."
    assert path_matches(text, text + "/x") or text == "."


@pytest.mark.parametrize("pattern", ["*a" * 40 + "b", "a*" * 40 + "b", "*" * 500 + "b", "?*" * 40 + "b"])
def test_no_pattern_goes_back_again_and_again(pattern: str) -> None:
    # With a way back at each wildcard, none of these would ever end.
    assert not name_matches(pattern, "a" * 2000)
    assert not path_matches(pattern, "a" * 2000)
    assert not path_matches("/".join(["**", pattern] * 20), "/".join(["a" * 50] * 200))
    assert not path_matches("**/a/" * 40 + "b", "a/" * 1000 + "c")


def test_the_placeholders_of_a_name_pattern_are_taken_literally() -> None:
    pattern = name_pattern("{prefix}_{connector}(_[a-z]{2,3})? {solution}", "c.n", "shared_sql", "HR+")
    assert pattern.fullmatch("c.n_shared_sql_ab HR+")
    assert not pattern.fullmatch("cxn_shared_sql HR+")
    assert not pattern.fullmatch("c.n_shared_sql_abcd HR+")
