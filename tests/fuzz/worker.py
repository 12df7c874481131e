"""One harness in one process, with the arguments of libFuzzer: the package's branches guide it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import atheris

with atheris.instrument_imports(include=["crstandards"]):
    from crstandards import inventory, policy, report, source

    # Readers load some of their modules only when they need them, which would be too late.
    for room in (inventory, policy, report, source):
        for module in iter_modules(room.__path__, f"{room.__name__}."):
            import_module(module.name)
    from tests.fuzz.harnesses import HARNESSES, ROOM, seeds


def main() -> None:
    """Fuzz `sys.argv[1]` with the corpus in `sys.argv[2]`; libFuzzer ends the process."""
    name, folder, *options = sys.argv[1:]
    for number, seed in enumerate(seeds(name)):
        (Path(folder) / f"seed-{number}").write_bytes(seed)
    words = ROOM / "dictionaries" / f"{name}.dict"
    atheris.Setup([sys.argv[0], *options, f"-dict={words}", folder], HARNESSES[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
