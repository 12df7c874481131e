"""Configurations of every kind, mostly valid, and what lies beside them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from crstandards.rules import BY_ID
from tests.quick.drafts import UNKNOWN, Draft
from tests.support.builders import OUTLOOK, to_json

_TOP = (
    'locked = ["CR101"]',
    'locked = ["CR505"]',
    "description-exceptions = false",
    'baseline = "known.json"',
    'baseline = "known.txt"',
    "# nothing",
)
_SEVERITIES = ("error", "error", "error", "warning", "off")
_TABLES: Mapping[str, tuple[str, ...]] = {
    "names": ('logical-name = "zzz_.*"', 'display-name = "zzz_.*"'),
    "source": (
        f'external-references = ["{UNKNOWN}"]',
        'external-references = ["*"]',
        'external-references = [" "]',
        'exclude = ["**/Other/**"]',
        'exclude = ["x/**"]',
        'vendored = ["src/**"]',
        'vendored = ["x/**"]',
    ),
    "connectors": (f'own-endpoint = ["{OUTLOOK}"]', f'own-endpoint = ["!{OUTLOOK}"]'),
    "ownership": ('service-accounts = ["svc@contoso.com"]',),
    "server": ("strict = true",),
}
_LISTED: Mapping[str, tuple[str, ...]] = {
    "environments": (
        'name = "prod"',
        'name = "prod"\nsettings = ["config/*.json"]',
        'name = "prod"\nrules = { CR504 = "error" }',
    ),
    "exceptions": ('rule = "CR201"\nreason = "two mailboxes"', 'rule = "CR501"\nreason = "elsewhere"'),
}


def configure(draft: Draft) -> None:
    """Add a configuration at the root, in one of the two files or in both; perhaps a baseline, settings."""
    random = draft.random
    ours, shared = "crstandards.toml", "pyproject.toml"
    for path in random.choice([[ours], [ours], [ours], [shared], [ours, shared]]):
        # Another tool's table is no configuration.
        tool = random.choice(["tool.crstandards.", "tool.crstandards.", "tool.ruff."])
        text = _text(random, "" if path == ours else tool)
        draft.files[path] = random.choice([text] * 9 + [f"\ufeff{text}", f"{text}\n["]).encode()
    for content, path in (
        ('{"schema": "crstandards/baseline/1", "findings": []}', random.choice(["known.json", "known.txt"])),
        ('{"schema": "crstandards/baseline/1", "findings": []}', "crstandards-baseline.json"),
        (to_json({"EnvironmentVariables": [], "ConnectionReferences": []}), "config/prod.json"),
    ):
        if random.random() < 0.15:
            draft.files[path] = random.choice([content, content, "{"]).encode()


def _text(random: Random, root: str) -> str:
    """A configuration of up to three tables, whose names begin with `root`."""
    rules = [*random.sample([*BY_ID], 2), "CR505"][random.choice([0, 1, 2]) :]
    severities = "".join(f'{rule} = "{random.choice(_SEVERITIES)}"\n' for rule in dict.fromkeys(rules))
    tables = {"rules": f"[{root}rules]\n{severities}"}
    tables |= {name: f"[{root}{name}]\n{random.choice(lines)}\n" for name, lines in _TABLES.items()}
    tables |= {name: f"[[{root}{name}]]\n{random.choice(lines)}\n" for name, lines in _LISTED.items()}
    chosen = random.choices([*tables, *["rules"] * 4], k=random.choice([0, 1, 1, 1, 2, 3]))
    top = random.choice(_TOP) if random.random() < 0.4 else ""
    head = f"[{root.removesuffix('.')}]\n" if root else ""
    return f"{head}{top}\n" + "".join(tables[name] for name in dict.fromkeys(chosen))
