"""A configuration that the fast path takes for harmless is valid, and takes findings away at most."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crstandards.errors import FatalError
from crstandards.policy.configuration import Config, find_config
from crstandards.quick.configuration import ANSWERED, is_harmless
from crstandards.rules import BY_ID


def configured(content: bytes) -> Config | None:
    """What the exact reader makes of a `crstandards.toml`; None where it is wrong."""
    try:
        return find_config({"crstandards.toml": content}.get)
    except FatalError:
        return None


def agrees(content: bytes) -> bool:
    """Whether a configuration is taken for harmless; asserts that it then is."""
    if not is_harmless({"crstandards.toml": content}, ()):
        return False
    config = configured(content)
    assert config is not None, content
    errors = {rule for rule, severity in config.rules.items() if severity == "error"} | set(config.locked)
    assert errors <= ANSWERED
    assert not config.environments
    assert not config.source.exclude
    assert not config.source.vendored
    return True


LINES = [
    "",
    "# a comment = 1",
    "\t # [[environments]]",
    "[rules]",
    "[rules] # severities",
    "[rules] = 1",
    "[source]",
    "[ rules ]",
    "[[environments]]",
    'name = "prod"',
    'CR504 = "error"',
    '  CR101\t=  "off"  ',
    'CR101 = "note" # for now',
    'CR203 = "error"',
    'CR203 = "off"',
    'CR901 = "off"',
    'CR901 = "error"',
    'CR999 = "off"',
    'CR504 = "loud"',
    "CR504 = 'error'",
    '"CR504" = "error"',
    'CR504 = ["error"]',
    'CR504 = "err\\u006fr"',
    'rules.CR504 = "error"',
    'rules = {"CR504": "error"}',
    "rules = {}",
    "rules = []",
    'locked = ["CR101"]',
    'locked = ["CR101",]',
    'locked = ["CR103"]',
    'locked = ["CR101", 1]',
    "locked = [",
    "]",
    "locked = 1",
    'Xlocked = ["CR101"]',
    'external-references = ["msdyn_*", "x"]',
    'external-references = [" "]',
    'external-references = ["a\\/b"]',
    "external-references = [[]]",
    "external-references = [NaN]",
    "external-references = []",
    'exclude = ["a"]',
    'vendored = ["a"]',
    'baseline = "known.json"',
    "description-exceptions = true",
    "description-exceptions = null",
    "description-exceptions = 1",
    "own-endpoint = []",
    "=",
    "x",
    "\x7f",
    "# \x0b",
    "# \u2028 \u00a0",
    "\ufeff",
]


@settings(max_examples=600)
@given(
    st.lists(st.sampled_from(LINES), max_size=6),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([b"", b"\xef\xbb\xbf", b"\xff"]),
)
@example(["[rules]", 'CR504 = "error"', "[source]", 'external-references = ["msdyn_*", "x"]'], "\r\n", b"")
def test_what_is_taken_for_harmless_is(lines: list[str], end: str, mark: bytes) -> None:
    agrees(mark + end.join(lines).encode())


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ('\ufefflocked = ["CR101", "CR201"]\n\n[rules]\nCR504 = "error"\nCR203 = "off"\n', True),
        ('[source]\nexternal-references = ["msdyn_*"]\n[rules]\n\tCR901\t= "error"', True),
        ('[[exceptions]]\nrule = "CR201"\nreason = "two mailboxes"\n', True),
        ('[[exceptions]]\nrule = "CR201"\n', False),
        ('baseline = "known.json"\n', True),
        ('description-exceptions = "no"\n', False),
        ('[rules]\nCR101 = "loud"\n', False),
        ('[rules]\nCR901 = "off"\n', False),
        ('[rules]\nCR505 = "error"\n', False),
        ('[rules]\nCR999 = "error"\n', False),
        ("[rules]\nCR504 = 'error' # as we agreed\n", True),
        ('locked = ["CR101"]\n[rules]\nCR101 = "off"\n', False),
        ('locked = "CR101"\n', False),
        ('locked = ["CR103"]\n', False),
        ('rules = "CR101"\n', False),
        ('[source]\nexternal-references = "msdyn_*"\n', False),
        ('[source]\nexternal-references = [" "]\n', False),
        ("[source]\nexternal-references = [1]\n", False),
        ('[source]\nexclude = ["src/HR/Other"]\n', False),
        ('[source]\nvendored = ["src"]\n', False),
        ('[[environments]]\nname = "prod"\n', False),
        ("no toml", False),
    ],
)
def test_what_takes_findings_away_at_most_is_harmless(text: str, harmless: bool) -> None:
    assert agrees(text.encode()) == harmless


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet\r\n\t# and no more\n \t\n",
        '\ufefflocked = ["CR101", "CR201"]\n\n[rules]\nCR504 = "error"\nCR203 = "off"\n',
        '[source]\nexternal-references = ["msdyn_*", "x"]\n[rules]\n\tCR901\t=\t"error"\t\n',
        'description-exceptions = false\n[rules]\nCR101 = "note"\nCR104 = "warning"\nCR205 = "error"\r\n',
        '[source]\nexternal-references = ["a=b"]\n',
        "[source]\nexternal-references = []\n",
        "description-exceptions = true\nlocked = []\n[rules] \n\t[source]\t\n",
        f"locked = {sorted(ANSWERED)}".replace("'", '"'),
        "[rules]\n" + "".join(f'{rule} = "off"\n' for rule in BY_ID if rule != "CR901"),
    ],
)
def test_what_is_usual_needs_no_reader_of_all_toml(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert agrees(text.encode())

    def find(*_: object) -> Config:
        raise AssertionError(text)

    monkeypatch.setattr("crstandards.policy.configuration.find_config", find)
    assert is_harmless({"crstandards.toml": text.encode()}, ())


def test_every_rule_that_is_proved_or_silent_may_be_an_error() -> None:
    severities = "".join(f"{rule} = 'error'\n" for rule in sorted(ANSWERED))
    assert agrees(f"[rules]\n{severities}".encode())
    assert not agrees(f"[rules]\n{severities}CR203 = 'error'\n".encode())


def test_a_rule_that_blocks_by_default_and_is_not_proved_keeps_the_fast_path_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert is_harmless({}, ())
    monkeypatch.setattr("crstandards.quick.configuration._DOUBTED", ["CR599"])
    assert not is_harmless({}, ())


def test_one_of_the_biggest_size_is_read() -> None:
    assert agrees(b"#" * 1024 * 1024)
    assert not agrees(b"#" * (1024 * 1024 + 1))


@pytest.mark.parametrize("line", LINES)
def test_each_line_alone_is_judged_soundly(line: str) -> None:
    for table in ("", "[rules]\n", "[source]\n"):
        agrees(f"{table}{line}\n".encode())


def test_a_changed_baseline_is_not_harmless() -> None:
    configuration = {"crstandards.toml": b'baseline = "known.json"\n'}
    assert is_harmless(configuration, {"crstandards-baseline.json"})
    assert not is_harmless(configuration, {"known.json"})
    assert not is_harmless({}, {"crstandards-baseline.json"})
    assert not is_harmless({"crstandards.toml": b""}, {"crstandards-baseline.json"})
