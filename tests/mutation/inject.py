"""How a mistake gets into a program that runs, and into the processes that it starts."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

_HOOK = """\
import importlib.util, os, sys
from importlib.machinery import PathFinder, SourceFileLoader

class Loader(SourceFileLoader):
    def get_code(self, name):
        with open(os.environ["MUTATED_SOURCE"], encoding="utf-8") as source:
            return compile(source.read(), self.path, "exec")

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != os.environ.get("MUTATED_MODULE"):
            return None
        found = PathFinder.find_spec(name, path)
        return importlib.util.spec_from_file_location(
            name, found.origin, loader=Loader(name, found.origin),
            submodule_search_locations=found.submodule_search_locations)

sys.meta_path.insert(0, Finder)
"""


def into_imports(module: str, source: str, folder: Path) -> None:
    """Let this process, and each that it starts, import the module with this source."""
    changed = folder / "mutated.py"
    changed.write_text(source, encoding="utf-8")
    (folder / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    given = {"MUTATED_MODULE": module, "MUTATED_SOURCE": str(changed), "PYTHONPATH": str(folder)}
    os.environ.update(given)
    exec(compile(_HOOK, "sitecustomize.py", "exec"), {})
    begin = subprocess.Popen.__init__

    @functools.wraps(begin)
    def begin_with_it(self: Any, *arguments: Any, env: Any = None, **more: Any) -> None:
        begin(self, *arguments, env=None if env is None else {**env, **given}, **more)

    subprocess.Popen.__init__ = begin_with_it  # type: ignore[method-assign]


def into_function(module: str, name: str, source: str) -> bool:
    """Change a function; False where that is not possible. One that is not loaded will be imported so."""
    if module not in sys.modules:
        return True
    function = _live(sys.modules.get(module), name)
    code = _compiled(compile(source, function.__code__.co_filename, "exec"), name) if function else None
    if function is None or code is None or code.co_freevars != function.__code__.co_freevars:
        return False
    function.__code__ = code
    _forget()
    return True


def _live(module: types.ModuleType | None, name: str) -> types.FunctionType | None:
    found: Any = module
    for part in name.split("."):
        found = vars(found).get(part) if found is not None else None
    for wrapper in ("fget", "func", "__func__", "__wrapped__"):
        found = getattr(found, wrapper, found)
    return found if isinstance(found, types.FunctionType) else None


def _compiled(code: types.CodeType, name: str) -> types.CodeType | None:
    if code.co_qualname == name:
        return code
    # Of functions with one name, overloads say, the last one stays.
    inner = (item for item in reversed(code.co_consts) if isinstance(item, types.CodeType))
    return next((found for item in inner if (found := _compiled(item, name)) is not None), None)


def _forget() -> None:
    """Empty what functions remember."""
    for name, module in list(sys.modules.items()):
        if name.startswith("crstandards"):
            for value in list(vars(module).values()):
                clear: Callable[[], None] | None = getattr(value, "cache_clear", None)
                if clear is not None:
                    clear()
