"""One harness in one process, with the arguments of libFuzzer: the package's branches guide it."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import atheris

with atheris.instrument_imports(include=["crstandards"]):
    from crstandards import inventory, policy, source

    # Readers load some of their modules only when they need them, which would be too late.
    for room in (inventory, policy, source):
        for module in iter_modules(room.__path__, f"{room.__name__}."):
            import_module(module.name)
    from tests.fuzz.harnesses import HARNESSES


def main() -> None:
    """Fuzz `sys.argv[1]` with the corpus in `sys.argv[2]`; libFuzzer ends the process."""
    name, folder, *options = sys.argv[1:]
    harness = HARNESSES[name]
    for number, seed in enumerate(harness.seeds()):
        (Path(folder) / f"seed-{number}").write_bytes(seed)
    words = Path(folder).with_suffix(".dict")
    escaped = ("".join(f"\\x{byte:02X}" for byte in word.encode()) for word in harness.words)
    words.write_text("".join(f'"{word}"\n' for word in escaped), encoding="ascii")
    atheris.Setup([sys.argv[0], *options, f"-dict={words}", folder], harness.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
