"""A repository's files: one is written whole or not at all, so that nothing is lost to a full disk."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from crstandards.errors import NotVerified


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place in one step. Raises NotVerified where that cannot be done."""
    try:
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            _replace(Path(os.path.realpath(path)), mode, data)
        else:
            # A device or a pipe.
            path.write_bytes(data)
    except OSError as error:
        raise NotVerified(f"{path} cannot be written: {(error.strerror or '').lower()}") from None


def _mode(path: Path) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _replace(path: Path, mode: int | None, data: bytes) -> None:
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    draft = path.with_name(f".crstandards-{os.urandom(4).hex()}.new")
    try:
        draft.write_bytes(data)
        if mode is not None:
            os.chmod(draft, stat.S_IMODE(mode))
        os.replace(draft, path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def inside(root: Path, name: str) -> Path:
    """Where a file lies whose name a repository tells. Raises NotVerified where a link leads elsewhere."""
    path = root / name
    if path.is_symlink() or not Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(root)):
        raise NotVerified(f"{name} is not written: a link leads from there to another place")
    return path


def write_inside(root: Path, name: str, data: bytes) -> None:
    """Write a file of a repository, and the folders that it needs. Raises NotVerified as the others do."""
    path = inside(root, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotVerified(f"{path.parent} cannot be made: {(error.strerror or '').lower()}") from None
    write_whole(path, data)


def content_of(path: Path) -> bytes | None:
    """What stands in a file, None where there is none. Raises NotVerified where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotVerified(f"{path} cannot be read: {(error.strerror or '').lower()}") from None
