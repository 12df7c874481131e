"""Lays out what a new rule needs: its file, its page and its test, to be filled with what it is about.

    python -m tests.new_rule CR599 no-display-name --severity warning

What is laid out is a small rule that works; `python -m tests.generated` has put it into the lists then.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from crstandards import __version__
from crstandards.rules import NEEDS, names
from tests import generated

ROOT = generated.ROOT

RULE = '''"""{id}: a connection reference without a display name."""

from crstandards.findings import Finding, Findings, Rule, Solution, Subject, World

RULE = Rule(
    id="{id}",
    name="{name}",
    severity="{severity}",
    since="{since}",
    summary="a connection reference has no display name",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    is_proved={is_proved},
    data=("reference",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each reference."""
    for reference in solution.references:
        if not reference.display_name:
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=reference.place,
                message=f"Connection reference {{reference.logical_name}} has no display name.",
                help="Give it one in the solution, under Connection references, and export again.",
                identity=(solution.base_name, reference.key),
                subject=Subject(reference=reference.logical_name),
            )
'''

PAGE = """# {id} {name}

Severity: {severity}.

In short: A connection reference has no display name.

To fix it: Give it a display name in the solution, under **Connection references**.

## What it finds

A connection reference whose display name is empty.

## Why

In the portal it cannot be told from others.

## Bad

```xml
<connectionreference connectionreferencelogicalname="con_outlook">
  <connectionreferencedisplayname></connectionreferencedisplayname>
</connectionreference>
```

## Good

```xml
<connectionreference connectionreferencelogicalname="con_outlook">
  <connectionreferencedisplayname>Contoso Outlook</connectionreferencedisplayname>
</connectionreference>
```

## How to fix it

### In the portal

Open the solution, **Connection references**, the reference, **Edit**; export the solution again.

### In the source

Fill in `connectionreferencedisplayname`, and import the solution.

## When an exception is right

Never.

## Options

- `locked = ["{id}"]`: always an error, whatever an exception or a baseline says.
"""

TEST = """from __future__ import annotations

from pathlib import Path

from tests.support.builders import Reference, write_solution
from tests.support.checks import data, found


def test_it_is_found(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [Reference("con_outlook", display_name=" ")])
    assert data(tmp_path, "{id}") == [{{"reference": "con_outlook"}}]


def test_it_is_left_alone(tmp_path: Path) -> None:
    write_solution(tmp_path, "ContosoHR", [Reference("con_outlook", display_name="Contoso Outlook")])
    assert found(tmp_path, "{id}") == []
"""


def lay_out(rule: str, name: str, severity: str, need: str, is_proved: bool) -> list[Path]:
    """Write the three files; returns their paths."""
    words = {"id": rule, "name": name, "severity": severity, "since": __version__, "is_proved": is_proved}
    module = f"{rule.lower()}_{name.replace('-', '_')}.py"
    files = {
        ROOT / f"crstandards/rules/{need}/{module}": RULE,
        ROOT / f"docs/rules/{rule}.md": PAGE,
        ROOT / f"tests/rules/test_{rule.lower()}.py": TEST,
    }
    for path, template in files.items():
        path.write_text(template.format(**words), "utf-8", newline="\n")
    return list(files)


def main() -> int:
    """Lay out the rule that the arguments name, and generate what follows from it."""
    parser = argparse.ArgumentParser(prog="python -m tests.new_rule", description=__doc__)
    parser.add_argument("rule", metavar="ID", help="CR and three digits; the first one says what it is about")
    parser.add_argument("name", help="small letters and hyphens")
    parser.add_argument("--severity", choices=("error", "warning", "note"), default="warning")
    parser.add_argument("--needs", choices=NEEDS, default="solution", help="default: solution")
    parser.add_argument(
        "--proved", action="store_true", help="the fast path lets no commit through that breaks it"
    )
    options = parser.parse_args()
    if not re.fullmatch(r"CR\d{3}", options.rule) or not re.fullmatch(r"[a-z]+(-[a-z]+)*", options.name):
        parser.error("an id is like CR599, a name like no-display-name")
    if options.rule in names() or options.name in names().values():
        parser.error(f"{options.rule} or {options.name} is taken")
    for path in lay_out(options.rule, options.name, options.severity, options.needs, options.proved):
        print(f"wrote {path.relative_to(ROOT)}")
    generated.main()
    print("Fill them in, add a line to CHANGELOG.md, then: UPDATE_SAID=1 python -m pytest tests/rules")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
