"""What `docs/versions.md` calls stable, as lists:

    python -m tests.stable --write

writes them into `tests/stable.json` when a version is made. `tests/test_stable.py` tells what has gone since.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from crstandards import errors
from crstandards.commands import VERBS
from crstandards.commands.parser import parser_of
from crstandards.rules import names

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "tests" / "stable.json"


def surface() -> Mapping[str, list[str]]:
    """All that is stable, by what it is."""
    statuses = {name: value for name, value in vars(errors).items() if name.isupper()}
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    return {
        "exit statuses": [f"{name} {value}" for name, value in sorted(statuses.items())],
        "rules": sorted(names()),
        "options": sorted(_options()),
        "configuration": sorted(set(_keys(_schema("config")))),
        "report": sorted(set(_keys(_schema("report")))),
        "hooks": [hook["id"] for hook in hooks],
    }


def _options() -> Iterator[str]:
    for verb in VERBS:
        for action in parser_of(verb)._actions:
            yield from (f"{verb} {option}" for option in action.option_strings)


def _schema(name: str) -> Any:
    return json.loads((ROOT / f"crstandards/data/{name}.schema.json").read_text("utf-8"))


def _keys(schema: Any, route: str = "") -> Iterator[str]:
    """The keys that a schema describes, each with the way to it."""
    if isinstance(schema, list):
        for item in schema:
            yield from _keys(item, route)
    elif isinstance(schema, dict):
        for word, part in schema.items():
            if word in ("properties", "$defs") and isinstance(part, dict):
                for key, value in part.items():
                    # How a schema calls its parts is nobody's business.
                    inner = f"{route}.{key}" if word == "properties" else route
                    yield from [inner.lstrip(".")] if inner != route else []
                    yield from _keys(value, inner)
            elif word not in ("default", "examples", "enum"):
                yield from _keys(part, route)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        raise SystemExit(__doc__)
    RECORD.write_text(json.dumps(surface(), indent=2) + "\n", "utf-8", newline="\n")
