"""Why some mistakes are none."""

from __future__ import annotations

import tomllib
from pathlib import Path

_FILE = Path(__file__).with_name("explained.toml")


def explanations() -> dict[str, str]:
    """The reason why nothing can notice a mutant, by the mutant's name."""
    entries = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {name: entry["reason"] for entry in entries["equivalent"] for name in entry["mutants"]}
