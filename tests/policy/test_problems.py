from __future__ import annotations

import pytest

from crstandards.errors import WRONG_USE, UsageError
from crstandards.policy.configuration import parse_config

EXCEPTION = '[[exceptions]]\nrule = "CR201"\n'
ENVIRONMENT = '[[environments]]\nname = "a"\n'
LOCKED = 'is locked, so it stays an error: remove this, or take it out of "locked"'
DATE = '4: "expires" in [[exceptions]] must be a date'
SLASH = 'must be a path, with "/" between its names, not'
OUTSIDE = ("/etc/x.json", "C:/x.json", "../x.json", "a/../../x.json", "a/..", "a\\u0000b", "a\\nb", " ")
BROKEN = ("(", "[a", "a{99999999999}")
SECONDS = "must be a number of seconds"


def complaint(text: str | bytes, path: str = "crstandards.toml") -> str:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(UsageError) as caught:
        parse_config(content, path)
    assert caught.value.status == WRONG_USE
    return str(caught.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Unknown keys; before one that is missing, and of several the first in the file.
        ('\n[source]\nExlude = ["a"]', '3: unknown key "Exlude" in [source]: did you mean "exclude"?'),
        ("[server]\nretries = 3", "known are enforce, strict, policy-changes, deadline"),
        ("[rule]", '1: unknown key "rule" at the top level: did you mean "rules"?'),
        (f"{ENVIRONMENT}service_accounts = []", 'in [[environments]]: did you mean "service-accounts"?'),
        ('[rules]\nX = "off"', '2: unknown rule "X" in [rules]: "crstandards rules" lists them'),
        (f'{ENVIRONMENT}[environments.rules]\ncr401 = "off"', '[environments.rules]: did you mean "CR401"?'),
        (f'{EXCEPTION}raeson = "x"', '3: unknown key "raeson" in [[exceptions]]: did you mean "reason"?'),
        ("[server]\nstrict = 1\n[source]\nexclude = 2", '2: "strict" in [server] must be true or false'),
        # Values of another kind.
        ('locked = "\u00e9"', '1: "locked" must be a list of rule ids, not "\u00e9": write ["\u00e9"]'),
        ('locked = [\n"CR101",\n"cr201"]', 'such as "CR201", not "cr201": did you mean "CR201"?'),
        ("[locked]\nX1 = 2", '1: "locked" must be a list of rule ids, not a table'),
        ("[[rules]]", '1: "rules" must be a table of rule ids and severities, not a list'),
        ('[rules]\nCR504 = "eror"', '"note" or "off", not "eror": did you mean "error"?'),
        ("[rules]\nCR504 = false", '2: "CR504" in [rules] must be "error", "warning", "note" or "off"'),
        ('[rules]\n\nCR901 = "off"', '3: "CR901" in [rules] must be "error", as it always is, not "off"'),
        ('environments = {name = "a"}', "must be a list of tables, not a table: write [[environments]]"),
        ("environments = [1]", '1: an item of "environments" must be a table, not 1'),
        (f'{ENVIRONMENT}sharing = "one_set"', 'not "one_set": did you mean "one-set"?'),
        (f"{ENVIRONMENT}solutions = []", "must be a list of one or more texts, not an empty list"),
        ('[server]\nstrict = "True"', 'must be true or false, not "True": write true'),
        ("[server]\ndeadline = 0", f'2: "deadline" in [server] {SECONDS} from 0.1 to 3600, not 0'),
        ("[server]\ndeadline = inf", f'2: "deadline" in [server] {SECONDS} from 0.1 to 3600, not inf'),
        ('[server]\nenforce = ["main"]', 'must be a full ref such as "refs/heads/main", not "main"'),
        ('[ownership]\nmax-inventory-age = "30"', 'a whole number of days, 0 or more, not "30": write 30'),
        ('[connectors]\nown-endpoint = ["a b"]', 'such as "shared_sql" or "!shared_sql", not "a b"'),
        ("baseline = 07:30:00", ', from its root on, with "/", not 07:30:00'),
        (f"baseline = 0x{'f' * 5000}", "1: a number is too large"),
        # Paths.
        (
            "[source]\nexclude = [\n'a',\n's\\o']",
            f'4: an item of "exclude" in [source] {SLASH} "s\\\\o": write "s/o"',
        ),
        (f"{ENVIRONMENT}settings = ['c\\*.json']", 'write "c/*.json"'),
        (f"{EXCEPTION}reason = 'x'\npath = 'a\\b'", f'4: "path" in [[exceptions]] {SLASH} "a\\\\b"'),
        ("baseline = 'a\\b.json'", 'write "a/b.json"'),
        *((f'baseline = "{path}"', "must be a file inside the repository") for path in OUTSIDE),
        # Exceptions and environments need their keys.
        (EXCEPTION, 'in [[exceptions]]: add one, such as reason = "two shared mailboxes: hr@ and payroll@"'),
        ('[[exceptions]]\nreason = "x"', '1: "rule" is missing in [[exceptions]]: add one, such as rule'),
        ("[[environments]]", 'in [[environments]]: add one, such as name = "contoso-prod"'),
        (f'{EXCEPTION}reason = " "', '"reason" in [[exceptions]] must be a text that is not blank'),
        (f"{EXCEPTION}reason = 2027-06-30", "must be a text that is not blank, not 2027-06-30"),
        (f'{EXCEPTION}reason = "x"\nexpires = "2027-06-30"', f"{DATE}, not a text: write expires = 2"),
        (f'{EXCEPTION}reason = "x"\nexpires = "next year"', f'{DATE} such as 2027-06-30, not "next year"'),
        (f'{EXCEPTION}reason = "x"\nexpires = 2027-06-30T12:00:00Z', "not 2027-06-30T12:00:00+00:00"),
        (f'{EXCEPTION}reason = "x"\nreferences = "con_a"', 'one or more texts, not "con_a": write ["con_a"]'),
        # What no schema says.
        (
            '[[exceptions]]\nrule = "CR901"\nreason = "x"',
            "2: CR901 takes no exception: correct the source, or",
        ),
        ('locked = ["CR101"]\n[rules]\nCR101 = "warning"', f"3: CR101 {LOCKED}"),
        (f'locked = ["CR401"]\n{ENVIRONMENT}rules.CR401 = "off"', f"4: CR401 {LOCKED}"),
        (f'[[environments]]\nname = "A"\n{ENVIRONMENT}', '4: two environments are named "a"'),
        (
            f'{ENVIRONMENT}sharing = "set-per-solution"\nreference-solution = "X"',
            '4: "reference-solution" goes only with sharing = "one-set": remove one of the two',
        ),
        ('[names]\nlogical-name = "{conector}"', 'in "logical-name": did you mean "connector"?'),
        ('[names]\ndisplay-name = "{x}"', 'unknown placeholder "{x}" in "display-name": known are connector'),
        *(
            (f"names.logical-name = '{wrong}'", '"logical-name" is not a regular expression: ')
            for wrong in BROKEN
        ),
        # No TOML.
        ("\n\na = b", "3: not valid TOML: invalid value (column 5): a text stands in quotes, true and false"),
        ('a = "src\\q"', ': in paths, write "/"'),
        ("a = 1\r\na = 2", "2: not valid TOML: cannot overwrite a value: the key stands twice"),
        ("x\n# more\n", "1: not valid TOML: expected '=' after a key in a key/value pair (column 2)"),
        ("a = 1\nb = '''\n\n\n", "2: not valid TOML: "),
        ("[rules]\n[rules]", ": write its keys under one header"),
        (f"a = {'[' * 100_000}", "1: not "),
        (f"\na = {'9' * 5000}", "2: not valid TOML: "),
        (b"\xff\xfea\0=\0", "1: not UTF-8 (byte 0xff): save the file as UTF-8"),
        (b"a = 1\nb = '\xe9'", "2: not UTF-8 (byte 0xe9): save the file as UTF-8"),
        # One printable line.
        ('[source]\n"a\\nb\\u202E\\u001b" = 1', '2: unknown key "a\\nb\\u202e\\u001b" in [source]'),
        (f'[names]\nlogical-name = "{" " * 5000}"', f'not "{" " * 60}..."'),
    ],
)
def test_what_is_wrong_is_said(text: str | bytes, expected: str) -> None:
    assert expected in complaint(text)


@pytest.mark.parametrize(
    "text",
    [
        'locked = ["CR101", "CR901"]\n[rules]\nCR101 = "error"\nCR901 = "error"',
        "[names]\nlogical-name = '{prefix}_[a-z]{2,5}\\{x\\}[[a]'",
        f'{ENVIRONMENT}sharing = "one-set"\nreference-solution = "X"\n[[environments]]\nname = "b"',
        '[[exceptions]]\nrule = "CR902"\nreason = "x"\nexpires = 1999-01-01\npath = "a b/c..d"',
        "baseline = 'a..b/c ..json'\n[connectors]\nown-endpoint = []\n[server]\ndeadline = 0.1",
    ],
)
def test_left_alone(text: str) -> None:
    parse_config(text.encode(), "crstandards.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool]\ncrstandards = 3", '2: "tool.crstandards" must be a table, not 3'),
        ("[tool.crstandards]\nrule = 1", '2: unknown key "rule" in [tool.crstandards]: did you mean "'),
        ("[tool.crstandards.server]\nstric = true", '2: unknown key "stric" in [tool.crstandards.server]'),
        ("[tool.ruff]\n\n[[tool.crstandards.exceptions]]", "3: "),
        ('tool.crstandards.locked = ["CR20x"]\n[tool.x]\na = b', "3: not valid TOML: "),
    ],
)
def test_the_table_of_pyproject(text: str, expected: str) -> None:
    assert complaint(text, "pyproject.toml").startswith(expected)
