"""Writes what follows from the rules and their pages, so that a new rule is in no list by hand:

    python -m tests.generated

writes the index that the program finds rules by, the rules in the schema of the configuration, and the
tables of `docs/rules/README.md` and of `docs/blocked.md`; with `--check` it only says which of them it would
write. A test tells when there is one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from crstandards import SCHEMA
from crstandards.findings import Rule
from crstandards.policy import ALWAYS_ERROR
from crstandards.rules import NEEDS

ROOT = Path(__file__).resolve().parents[1]
NEEDED = {
    "solution": "a solution",
    "environment": "environments",
    "deployment_settings": "settings",
    "inventory": "inventories",
    "whole": "a whole check",
}


def written() -> Mapping[Path, str]:
    """What each generated file should hold, by its path."""
    rules = [rule for _, rule in sorted(_found())]
    return {
        ROOT / "crstandards/rules/index.py": _index(rules),
        ROOT / "crstandards/data/config.schema.json": _schema(rules),
        ROOT / "docs/rules/README.md": _with_table(ROOT / "docs/rules/README.md", _rows_of_all(rules)),
        ROOT / "docs/blocked.md": _with_table(ROOT / "docs/blocked.md", _rows_of_blocking(rules)),
    }


def _found() -> Iterator[tuple[str, Rule]]:
    for need in NEEDS:
        for file in (ROOT / "crstandards/rules" / need).glob("cr*.py"):
            rule: Rule = import_module(f"crstandards.rules.{need}.{file.stem}").RULE
            if not rule.since:
                raise SystemExit(f"{file} doesn't say since which version the rule is there")
            if file.stem != f"{rule.id.lower()}_{rule.name.replace('-', '_')}":
                raise SystemExit(f"{file} declares {rule.id} {rule.name}: the file's name should say so")
            yield rule.id, rule._replace(needs=need)


def _index(rules: list[Rule]) -> str:
    rows = (
        f'    "{rule.id}": ("{rule.needs}", "{rule.name}", "{rule.severity}", {rule.is_proved}),'
        for rule in rules
    )
    head = (
        '"""The folder, name and severity of each rule, and whether the fast path proves it; written by',
        "`python -m tests.generated`.",
        '"""',
    )
    return "\n".join([*head, "", "INDEX = {", *rows, "}", ""])


def _schema(rules: list[Rule]) -> str:
    """The schema of the configuration, with each rule that it may name, and where it is published."""
    schema = json.loads((ROOT / "crstandards/data/config.schema.json").read_text("utf-8"))
    said = {rule.id: f"{rule.name}: {rule.summary}" for rule in rules}
    schema["$id"] = SCHEMA
    schema["$defs"]["rule-id"] |= {
        "enum": list(said),
        "x-taplo": {"docs": {"enumValues": list(said.values())}},
    }
    schema["$defs"]["severities"]["properties"] = {
        rule: {"description": text, "$ref": "#/$defs/severity"} for rule, text in said.items()
    }
    fixed = {"title": '"error", as it always is', "type": "string", "enum": ["error"]}
    schema["$defs"]["severities"]["properties"][ALWAYS_ERROR] = {"description": said[ALWAYS_ERROR], **fixed}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _rows_of_all(rules: list[Rule]) -> list[str]:
    return [
        "| id | name | severity | finds | `fix` | needs | since |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| [{rule.id}]({rule.id}.md) | {rule.name} | {rule.severity} | {_said(rule, 'In short')} "
            f"| {'yes' if rule.is_fixable else ''} | {NEEDED[rule.needs]} | {rule.since} |"
            for rule in rules
        ),
    ]


def _rows_of_blocking(rules: list[Rule]) -> list[str]:
    return [
        "| rule | what it means | how to fix it |",
        "|---|---|---|",
        *(
            f"| [{rule.id}](rules/{rule.id}.md) | {_said(rule, 'In short')} | {_said(rule, 'To fix it')} |"
            for rule in rules
            if rule.severity == "error" and not rule.is_live
        ),
    ]


def _said(rule: Rule, what: str) -> str:
    """A line of the head of a rule's page."""
    head = (ROOT / f"docs/rules/{rule.id}.md").read_text("utf-8").partition("\n## ")[0]
    found = re.search(rf"^{what}: (.+(?:\n.+)*)", head, re.MULTILINE)
    if found is None:
        raise SystemExit(f"docs/rules/{rule.id}.md says nothing in the form '{what}: ...' in its head")
    return found[1].replace("\n", " ")


def _with_table(page: Path, rows: list[str]) -> str:
    """The page with these rows in place of its table of rules, told by its first row."""
    text = page.read_text("utf-8")
    table = re.compile(rf"^{re.escape(rows[0])}\n(?:\|.*\n)+", re.MULTILINE)
    if not table.search(text):
        raise SystemExit(f"{page} has no table that begins with {rows[0]}")
    return table.sub(lambda _: "\n".join(rows) + "\n", text, count=1)


def main(check: bool = False) -> int:
    """Write each file that is not as it should be, and say so; with `check` only say so, and return 1."""
    texts = written()
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if not check:
            path.write_text(texts[path], "utf-8", newline="\n")
        print(f"{'to be written' if check else 'wrote'}: {path.relative_to(ROOT)}")
    return int(check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main(check=sys.argv[1:] == ["--check"]))
