from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crstandards.errors import WRONG_USE, UsageError
from crstandards.policy.configuration import parse_config

RULES = ("CR101", "CR201", "CR202", "CR301", "CR401", "CR504", "CR901", "CR902")


def complaint(text: str | bytes) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(UsageError) as caught:
        parse_config(content, "crstandards.toml", RULES)
    assert caught.value.status == WRONG_USE
    return str(caught.value).removeprefix("crstandards.toml:")


def pyproject_complaint(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_config(text.encode(), "pyproject.toml", RULES)
    return str(caught.value).removeprefix("pyproject.toml:")


def accepted(text: str) -> None:
    parse_config(text.encode(), "crstandards.toml", RULES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('\n[source]\nexlude = ["a"]', '3: unknown key "exlude" in [source]: did you mean "exclude"?'),
        ('[source]\nExclude = ["a"]', '2: unknown key "Exclude" in [source]: did you mean "exclude"?'),
        (
            "[server]\nretries = 3",
            '2: unknown key "retries" in [server]: known are enforce, strict, policy-changes, deadline',
        ),
        ("[rule]", '1: unknown key "rule" at the top level: did you mean "rules"?'),
        (
            '[[environments]]\nname = "a"\nservice_accounts = []',
            '3: unknown key "service_accounts" in [[environments]]: did you mean "service-accounts"?',
        ),
        (
            '[rules]\nseverty = "error"',
            '2: unknown rule "severty" in [rules]: "crstandards rules" lists them',
        ),
        ('[rules]\nCR20 = "error"', '2: unknown rule "CR20" in [rules]: did you mean "CR202"?'),
        (
            '[[environments]]\nname = "a"\n[environments.rules]\ncr401 = "off"',
            '4: unknown rule "cr401" in [environments.rules]: did you mean "CR401"?',
        ),
    ],
)
def test_unknown_keys(text: str, expected: str) -> None:
    assert complaint(text) == expected


def test_a_misspelled_key_is_named_before_the_one_that_is_missing() -> None:
    text = '[[exceptions]]\nrule = "CR201"\nraeson = "x"'
    assert complaint(text) == '3: unknown key "raeson" in [[exceptions]]: did you mean "reason"?'


def test_of_several_mistakes_the_first_in_the_file_is_named() -> None:
    text = "[server]\nstrict = 1\n[source]\nexclude = 2"
    assert complaint(text) == '2: "strict" in [server] must be true or false, not 1'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('locked = "CR101"', '1: "locked" must be a list of rule ids, not "CR101": write ["CR101"]'),
        (
            'locked = [\n"CR101",\n"CR21"]',
            '3: an item of "locked" must be a rule id such as "CR201", not "CR21": did you mean "CR201"?',
        ),
        (
            '[rules]\nCR504 = "eror"',
            '2: "CR504" in [rules] must be "error", "warning", "note" or "off", not "eror":'
            ' did you mean "error"?',
        ),
        (
            "[rules]\nCR504 = false",
            '2: "CR504" in [rules] must be "error", "warning", "note" or "off", not false',
        ),
        (
            "[rules]\nCR504 = true",
            '2: "CR504" in [rules] must be "error", "warning", "note" or "off", not true',
        ),
        ("[locked]\nX1 = 2", '1: "locked" must be a list of rule ids, not a table'),
        ('[rules]\nCR101 = "error"\nCR901 = "off"', "3: CR901 is always an error: remove this"),
        ('[names]\n[source]\nXclude = ["a"]', '3: unknown key "Xclude" in [source]: did you mean "exclude"?'),
        ('baseline = ["\u00e9"]', '1: "baseline" must be a text that is not blank, not a list'),
        ('locked = "\u00e9"', '1: "locked" must be a list of rule ids, not "\u00e9": write ["\u00e9"]'),
        ("[[rules]]", '1: "rules" must be a table of rule ids and severities, not a list'),
        (
            '[environments]\nname = "a"',
            '1: "environments" must be a list of tables, not a table: write [[environments]]',
        ),
        ("environments = [1]", '1: an item of "environments" must be a table, not 1'),
        (
            '[[environments]]\nname = "a"\nsharing = "one_set"',
            '3: "sharing" in [[environments]] must be "one-set" or "set-per-solution", not "one_set":'
            ' did you mean "one-set"?',
        ),
        (
            '[[environments]]\nname = "a"\nsolutions = []',
            '3: "solutions" in [[environments]] must be a list of one or more texts, not an empty list',
        ),
        (
            '[server]\nstrict = "True"',
            '2: "strict" in [server] must be true or false, not "True": write true',
        ),
        (
            "[server]\ndeadline = 0",
            '2: "deadline" in [server] must be a number of seconds from 0.1 to 3600, not 0',
        ),
        (
            "[server]\ndeadline = inf",
            '2: "deadline" in [server] must be a number of seconds from 0.1 to 3600, not inf',
        ),
        ("[server]\ndeadline = nan", '2: "deadline" in [server] must be a number of seconds, not nan'),
        (
            '[server]\nenforce = ["main"]',
            '2: an item of "enforce" in [server] must be a full ref such as "refs/heads/main", not "main"',
        ),
        (
            '[ownership]\nmax-inventory-age = "30"',
            '2: "max-inventory-age" in [ownership] must be a whole number of days, 0 or more, not "30":'
            " write 30",
        ),
        (
            '[connectors]\nown-endpoint = ["shared sql"]',
            '2: an item of "own-endpoint" in [connectors] must be a connector such as "shared_sql" or'
            ' "!shared_sql", not "shared sql"',
        ),
        ("baseline = 07:30:00", '1: "baseline" must be a text that is not blank, not 07:30:00'),
        (f"baseline = 0x{'f' * 5000}", "1: a number is too large"),
    ],
)
def test_bad_values(text: str, expected: str) -> None:
    assert complaint(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '\n[[exceptions]]\nrule = "CR201"',
            '2: "reason" is missing in [[exceptions]]: add one, such as'
            ' reason = "two shared mailboxes: hr@ and payroll@"',
        ),
        (
            '[[exceptions]]\nreason = "x"',
            '1: "rule" is missing in [[exceptions]]: add one, such as rule = "CR201"',
        ),
        (
            "[[environments]]",
            '1: "name" is missing in [[environments]]: add one, such as name = "contoso-prod"',
        ),
        (
            '[[exceptions]]\nrule = "CR201"\nreason = " "',
            '3: "reason" in [[exceptions]] must be a text that is not blank, not " "',
        ),
        (
            '[[exceptions]]\nrule = "CR201"\nreason = 2027-06-30',
            '3: "reason" in [[exceptions]] must be a text that is not blank, not 2027-06-30',
        ),
        (
            '[[exceptions]]\nrule = "CR201"\nreason = "x"\nexpires = "2027-06-30"',
            '4: "expires" in [[exceptions]] must be a date, not a text: write expires = 2027-06-30',
        ),
        (
            '[[exceptions]]\nrule = "CR201"\nreason = "x"\nexpires = "next year"',
            '4: "expires" in [[exceptions]] must be a date such as 2027-06-30, not "next year"',
        ),
        (
            '[[exceptions]]\nrule = "CR201"\nreason = "x"\nexpires = 2027-06-30T12:00:00Z',
            '4: "expires" in [[exceptions]] must be a date such as 2027-06-30, not 2027-06-30T12:00:00+00:00',
        ),
        (
            '[[exceptions]]\nrule = "CR201"\nreason = "x"\nreferences = "con_a"',
            '4: "references" in [[exceptions]] must be a list of one or more texts, not "con_a":'
            ' write ["con_a"]',
        ),
    ],
)
def test_exceptions_and_environments_need_their_keys(text: str, expected: str) -> None:
    assert complaint(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('locked = ["CR203"]', '1: unknown rule "CR203": did you mean "CR202"?'),
        ('[rules]\nCR405 = "off"', '2: unknown rule "CR405": did you mean "CR401"?'),
        (
            '[[exceptions]]\nrule = "CR102"\nreason = "x"',
            '2: unknown rule "CR102": did you mean "CR101"?',
        ),
        (
            '[[environments]]\nname = "a"\nrules = { CR402 = "off" }',
            '3: unknown rule "CR402": did you mean "CR401"?',
        ),
        ('[rules]\nCR901 = "warning"', "2: CR901 is always an error: remove this"),
        (
            '[[environments]]\nname = "a"\nrules = {CR901 = "off"}',
            "3: CR901 is always an error: remove this",
        ),
        (
            '[[exceptions]]\nrule = "CR901"\nreason = "x"',
            "2: CR901 takes no exception: mend the source, or exclude its path in [source]",
        ),
        (
            'locked = ["CR101"]\n[rules]\nCR101 = "warning"',
            '3: CR101 is locked, so it stays an error: remove this, or take it out of "locked"',
        ),
        (
            'locked = ["CR401"]\n[[environments]]\nname = "a"\nrules.CR401 = "off"',
            '4: CR401 is locked, so it stays an error: remove this, or take it out of "locked"',
        ),
        (
            '[[environments]]\nname = "Prod"\n[[environments]]\nname = "prod"',
            '4: two environments are named "prod": give each its own name',
        ),
        (
            '[[environments]]\nname = "a"\nsharing = "set-per-solution"\nreference-solution = "X"',
            '4: "reference-solution" goes only with sharing = "one-set": remove one of the two',
        ),
        (
            "[source]\nexclude = [\n'a',\n'src\\old\\**']",
            '4: a path is written with "/": write "src/old/**"',
        ),
        ("baseline = 'a\\b.json'", '1: a path is written with "/": write "a/b.json"'),
        (
            "[[environments]]\nname = 'a'\nsettings = ['config\\*.json']",
            '3: a path is written with "/": write "config/*.json"',
        ),
        (
            "[[exceptions]]\nrule = 'CR201'\nreason = 'x'\npath = 'a\\b'",
            '4: a path is written with "/": write "a/b"',
        ),
        (
            '[names]\nlogical-name = "{prefix}_{conector}"',
            '2: unknown placeholder "{conector}" in "logical-name": did you mean "connector"?',
        ),
        (
            '[names]\ndisplay-name = "{team}"',
            '2: unknown placeholder "{team}" in "display-name": known are connector, prefix, solution',
        ),
    ],
)
def test_what_the_schema_cannot_say(text: str, expected: str) -> None:
    assert complaint(text) == expected


@pytest.mark.parametrize("pattern", ["(", "*", "[a", "(?P<x", "a{99999999999}"])
def test_a_name_pattern_must_be_a_regular_expression(pattern: str) -> None:
    message = complaint(f"[names]\nlogical-name = '{pattern}'")
    assert message.startswith('2: "logical-name" is not a regular expression: ')


@pytest.mark.parametrize(
    "text",
    [
        'locked = ["CR101", "CR901"]\n[rules]\nCR101 = "error"\nCR901 = "error"',
        "[names]\nlogical-name = '{prefix}_[a-z]{2,5}\\{x\\}[[a]'",
        '[[environments]]\nname = "a"\nsharing = "one-set"\nreference-solution = "X"',
        '[[environments]]\nname = "a"\n[[environments]]\nname = "b"',
        '[[exceptions]]\nrule = "CR101"\nreason = "x"',
        '[[exceptions]]\nrule = "CR902"\nreason = "x"\nexpires = 1999-01-01',
        "[connectors]\nown-endpoint = []",
        "[server]\ndeadline = 0.1",
    ],
)
def test_left_alone(text: str) -> None:
    accepted(text)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("\n\na = b", "3: not valid TOML: "),
        ("a = 1\r\na = 2", "2: not valid TOML: "),
        ("x\n# more\n", "1: not valid TOML: expected '=' after a key in a key/value pair (column 2)"),
        ('a = 1\nb = "', "2: not valid TOML: "),
        ("a = 1\nb = '''\n\n\n", "2: not valid TOML: "),
        ("[rules]\n[rules]", "2: not valid TOML: "),
        ("a = 2027-02-31", "1: not valid TOML: "),
        (f"a = {'[' * 100_000}", "1: not "),
        (f"\na = {'9' * 5000}", "2: not readable as TOML: a number of thousands of digits"),
        (b"\xff\xfea\0=\0", "1: not UTF-8 but UTF-16: save the file as UTF-8"),
        (b"a = 1\nb = '\xe9'", "2: not UTF-8 (byte 0xe9): save the file as UTF-8"),
        (b"\n\xe9", "2: not UTF-8 (byte 0xe9): save the file as UTF-8"),
        (b"a = 1\0", "1: not valid TOML: "),
    ],
)
def test_what_is_no_toml(text: str | bytes, start: str) -> None:
    assert complaint(text).startswith(start)


def test_advice_for_common_slips_of_syntax() -> None:
    assert complaint("strict = yes").endswith(": a text stands in quotes, true and false are lower case")
    assert complaint('a = "src\\q"').endswith(': in paths, write "/"')
    assert complaint("a = 1\na = 2").endswith(": the key stands twice")
    assert complaint("[rules]\n[rules]").endswith(": write its keys under one header")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool]\ncrstandards = 3", '2: "tool.crstandards" must be a table, not 3'),
        (
            "[tool.crstandards]\n[tool.crstandards.server]\nstric = true",
            '3: unknown key "stric" in [tool.crstandards.server]: did you mean "strict"?',
        ),
        (
            "[tool.crstandards]\nrule = 1",
            '2: unknown key "rule" in [tool.crstandards]: did you mean "rules"?',
        ),
        (
            '[tool.ruff]\n\n[[tool.crstandards.exceptions]]\nrule = "CR201"',
            '3: "reason" is missing in [[tool.crstandards.exceptions]]: add one, such as'
            ' reason = "two shared mailboxes: hr@ and payroll@"',
        ),
        ('tool.crstandards.locked = ["CR20x"]\n[tool.x]\na = b', "3: not valid TOML: "),
    ],
)
def test_the_table_of_pyproject(text: str, expected: str) -> None:
    assert pyproject_complaint(text).startswith(expected)


def test_a_message_is_one_printable_line() -> None:
    message = complaint('[source]\n"a\\nb\\u202E\\u001b" = 1')
    assert message.startswith('2: unknown key "a\\nb\\u202e\\u001b" in [source]')
    assert complaint(f'baseline = "{" " * 5000}"').endswith(f'not "{" " * 60}..."')


@given(
    st.recursive(
        st.sampled_from(["1", "true", '"x"', "2027-06-30", "nan", '"CR101"', '" "']),
        lambda inner: (
            st.lists(inner, max_size=2).map(lambda items: "[" + ", ".join(items) + "]")
            | st.tuples(st.sampled_from(["name", "rule", "CR101", '"\\n"', "expires"]), inner).map(
                lambda pair: f"{{{pair[0]} = {pair[1]}}}"
            )
        ),
        max_leaves=4,
    ),
    st.sampled_from(["locked", "rules", "source", "environments", "exceptions", "names.logical-name", "x"]),
)
def test_any_value_anywhere_is_read_or_refused_in_one_line(value: str, key: str) -> None:
    message = ""
    try:
        accepted(f"\n{key} = {value}")
    except UsageError as error:
        message = str(error)
    assert not message or message.startswith("crstandards.toml:2: ")
    assert message.isprintable()
