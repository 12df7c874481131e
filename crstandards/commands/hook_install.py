"""Sets up git's own hooks: small scripts that call `crstandards hook …`. A hook that somebody else
put there is never overwritten.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from crstandards.errors import CLEAN, NotVerified, UsageError
from crstandards.git import Git, find_root

LOCAL_HOOKS = ("pre-commit", "pre-merge-commit")
_MARK = "# crstandards hook"


def install(server: str | None) -> int:
    """Write the hooks of the repository around, or a bare repository's `pre-receive`, and say where.

    Raises UsageError, and writes nothing at all, where a foreign hook stands in the way.
    """
    if server is None:
        root = find_root(Path())
        if root is None:
            raise UsageError(
                "not in a git repository: run 'git init' first, or go to the repository's folder"
            )
        hooks = {name: Git(root).hooks_folder() / name for name in LOCAL_HOOKS}
    else:
        hooks = {"pre-receive": _server_hooks(Path(server)) / "pre-receive"}
    foreign = [path for path in hooks.values() if _is_foreign(path)]
    if foreign:
        name = foreign[0].name
        raise UsageError(
            f"{foreign[0]} is there already and not ours; add the line '{_command(name)}' to it, "
            "or move it away"
        )
    for name, path in hooks.items():
        _write(path, _script(name))
        print(f"installed {path}")
    return CLEAN


def _server_hooks(folder: Path) -> Path:
    for candidate in (folder, folder / ".git"):
        if (candidate / "HEAD").is_file() and (candidate / "objects").is_dir():
            return candidate / "hooks"
    raise UsageError(f"{folder} is no git repository")


def _is_foreign(path: Path) -> bool:
    try:
        return _MARK not in path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return path.is_symlink()
    except OSError:
        return True


def _script(name: str) -> str:
    return f"#!/bin/sh\n{_MARK}; installed by 'crstandards hook install'\nexec {_command(name)}\n"


def _command(name: str) -> str:
    # The interpreter by its full path: a hook may run where no virtual environment is active. Git for
    # Windows runs hooks with its own sh, which wants forward slashes.
    python = shlex.quote(Path(sys.executable).as_posix())
    return f"{python} -m crstandards hook {name}"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        os.chmod(path, 0o755)
    except OSError as error:
        raise NotVerified(f"{path} cannot be written: {(error.strerror or '').lower()}") from None
