"""What commands write: text for people, and files, whole or not at all, where no link leads elsewhere."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from crstandards.errors import NotVerified
from crstandards.report.escape import sanitize
from crstandards.report.terminal import style_of, write

_ELSEWHERE = "is not written: a link leads from there to another place"


def write_file(path: str, text: str) -> None:
    """Write a report to its file; `-` is standard output. Raises NotVerified where that cannot be done."""
    if path == "-":
        write(sys.stdout, text, "utf-8")
    else:
        here = os.getcwd()
        # In a pipeline the folder is somebody's checkout, and what is named there may be his link.
        if Path(os.path.abspath(path)).is_relative_to(here) and not _is_in(Path(path), here):
            raise NotVerified(f"{path} {_ELSEWHERE}")
        write_whole(Path(path), text.encode("utf-8", "backslashreplace"))


def _is_in(path: Path, root: str | Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def show(text: str) -> None:
    """Print what people read."""
    write(sys.stdout, text, style_of(sys.stdout).encoding)


def show_diff(diff: str) -> None:
    """Print a diff: for a program, such as `git apply`, as it is; for a terminal without what steers it."""
    style = style_of(sys.stdout)
    if not sys.stdout.isatty():
        # Text would get other line ends on Windows, and other characters.
        return write(sys.stdout, diff, "utf-8")
    lines = (sanitize(line, ascii_only=not style.unicode) for line in diff.split("\n"))
    return write(sys.stdout, "\n".join(lines), style.encoding)


def say(message: str) -> None:
    """Tell something beside the report, on standard error."""
    write(sys.stderr, f"crstandards: {sanitize(message)}\n")


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place in one step, so that nothing is lost to a full disk.

    Raises NotVerified where that cannot be done.
    """
    try:
        mode = os.stat(path).st_mode if path.exists() else None
        if mode is None or stat.S_ISREG(mode):
            _replace(Path(os.path.realpath(path)), mode, data)
        else:
            # A device or a pipe.
            path.write_bytes(data)
    except OSError as error:
        raise NotVerified(f"{path} cannot be written: {(error.strerror or '').lower()}") from None


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
    if path.is_symlink() or not _is_in(path.parent, root):
        raise NotVerified(f"{name} {_ELSEWHERE}")
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
