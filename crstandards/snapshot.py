"""Snapshots: a list of paths and a way to read them, whether they stand in a working tree, in the
index, in a commit or in a solution zip. The verdict is a function of one of these.
"""

from __future__ import annotations

import os
import posixpath
import stat
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from crstandards.errors import NotVerified, UsageError
from crstandards.git.repository import LINK, SUBMODULE, Git, ListedFile, decode_path

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

Kind = Literal["file", "link", "submodule", "closed", "special", "doubtful"]
Origin = Literal["worktree", "index", "commit", "zip"]


class File(NamedTuple):
    """A file of a snapshot. `key` names its content where that is known without reading it.

    A `closed` one is a folder that is there but cannot be opened, a `special` one a pipe or a device; of a
    `doubtful` one it depends on the disk what its path means.
    """

    path: str
    kind: Kind = "file"
    key: str = ""


class Content(NamedTuple):
    """A file's bytes, or the reason why there are none."""

    file: File
    data: bytes
    problem: str = ""


class Snapshot(Protocol):
    """One tree of bytes."""

    origin: Origin

    def files(self) -> Sequence[File]:
        """Every file, sorted by path."""

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        """The files' contents in the order asked for; one of more than `limit` bytes is a problem."""


def open_file(snapshot: Snapshot, file: File, limit: int) -> IO[bytes]:
    """A file as a stream: on disk it may have any size, elsewhere it is held whole, up to `limit` bytes.

    Raises NotVerified for one that cannot be read.
    """
    if isinstance(snapshot, Worktree | Folder) and file.kind == "file" and not file.key:
        try:
            return open(on_disk(snapshot.root, file.path), "rb")  # whoever asks closes it
        except OSError as error:
            raise NotVerified(f"{file.path} cannot be read: {(error.strerror or '').lower()}") from None
    from io import BytesIO

    content = next(iter(snapshot.read([file], limit)))
    if content.problem:
        raise NotVerified(f"{file.path} cannot be read: {content.problem}")
    return BytesIO(content.data)


def _too_big(limit: int) -> str:
    return f"it is larger than the {limit // (1024 * 1024)} MB that such a file may have"


class _Listed(ABC):
    """Lists its files once, however often somebody asks."""

    def files(self) -> Sequence[File]:
        """Every file, sorted by path."""
        return self._files

    @cached_property
    def _files(self) -> Sequence[File]:
        return sorted(self._list())

    @abstractmethod
    def _list(self) -> Iterable[File]:
        """Every file, in any order."""


class Worktree(_Listed):
    """The working tree of a git repository: tracked files, and untracked ones that are not ignored."""

    origin: Origin = "worktree"

    def __init__(self, git: Git, untracked: bool = True) -> None:
        self._git = git
        self._untracked = untracked
        self.root = git.root
        self._real_folders = {"": True}

    def _list(self) -> Iterable[File]:
        listed, closed = self._git.worktree_files(self._untracked)
        yield from (file for entry in listed if (file := self._file(entry)))
        yield from (File(folder.rstrip("/"), "closed") for folder in closed)

    def _file(self, entry: ListedFile) -> File | None:
        # Modes come from the index: on Windows a link may be checked out as a small file.
        if entry.mode == SUBMODULE:
            return File(entry.path, "submodule")
        if not entry.in_worktree:
            # A sparse checkout leaves the file out; git takes it to be what the index holds.
            return File(entry.path, "link" if entry.mode == LINK else "file", "git:" + entry.blob)
        if not self._is_real(entry.path.rpartition("/")[0]):
            return None
        kind = _kind_on_disk(self._git.root, entry.path)
        if kind == "file" and entry.mode == LINK:
            kind = "link"
        return File(entry.path, kind) if kind else None

    def _is_real(self, folder: str) -> bool:
        """Whether no link leads to a folder: git takes tracked files behind one for deleted."""
        unknown = []
        while folder not in self._real_folders:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        known = self._real_folders[folder]
        for below in reversed(unknown):
            known = known and not os.path.islink(on_disk(self._git.root, below))
            self._real_folders[below] = known
        return known

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        for file in files:
            if file.key:
                yield from _read_blobs(self._git, [file], limit)
            else:
                yield _read_disk(self._git.root, file, limit)


class Folder(_Listed):
    """A folder outside git: every file in it."""

    origin: Origin = "worktree"

    def __init__(self, root: Path) -> None:
        self.root = root

    def _list(self) -> Iterable[File]:
        pending = [""]
        while pending:
            folder = pending.pop()
            place: Any = on_disk(self.root, folder)
            try:
                entries = list(os.scandir(place))
            except OSError:
                yield File(folder or ".", "closed")
                continue
            for entry in entries:
                name: str = decode_path(entry.name) if isinstance(place, bytes) else entry.name
                path = f"{folder}/{name}" if folder else name
                if entry.is_symlink():
                    yield File(path, "link")
                elif entry.is_dir(follow_symlinks=False):
                    if name != ".git":
                        pending.append(path)
                else:
                    yield File(path, "file" if entry.is_file(follow_symlinks=False) else "special")

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        return (_read_disk(self.root, file, limit) for file in files)


class _Objects(_Listed):
    """Files whose contents are git's objects, and are read without a checkout."""

    def __init__(self, git: Git) -> None:
        self._git = git

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        """The files' contents in the order asked for."""
        return _read_blobs(self._git, files, limit)


class Index(_Objects):
    """The git index: what the next commit will hold."""

    origin: Origin = "index"

    def _list(self) -> Iterable[File]:
        return map(_git_file, self._git.index_files())


class Tree(_Objects):
    """A commit, given by its id."""

    origin: Origin = "commit"

    def __init__(self, git: Git, revision: str) -> None:
        super().__init__(git)
        self._revision = revision

    def _list(self) -> Iterable[File]:
        return map(_git_file, self._git.tree_files(self._revision))

    def find(self, path: str) -> File | None:
        """The file at a path, found without listing the others."""
        found = self._git.find(self._revision, path)
        return found and _git_file(found)


class Zips(_Listed):
    """Exported solutions; paths read `<name>.zip!/Workflows/…`. Nothing is ever extracted to disk."""

    origin: Origin = "zip"

    def __init__(self, archives: Sequence[tuple[Path, str]]) -> None:
        self._archives = {name: path for path, name in archives}

    def _list(self) -> Iterable[File]:
        return (file for name, path in self._archives.items() for file in _listed(path, name))

    def read(self, files: Iterable[File], limit: int) -> Iterator[Content]:
        with ExitStack() as opened:
            members: dict[str, dict[str, ZipInfo]] = {}
            archives: dict[str, ZipFile] = {}
            for file in files:
                name = next(name for name in self._archives if file.path.startswith(f"{name}!/"))
                if name not in archives:
                    archive = opened.enter_context(_open_zip(self._archives[name]))
                    archives[name] = archive
                    members[name] = {_inner(member): member for member in archive.infolist()}
                member = members[name].get(file.path[len(name) + 2 :])
                yield _read_member(archives[name], member, file, limit)


def _open_zip(path: Path) -> ZipFile:
    from zipfile import BadZipFile, ZipFile

    try:
        return ZipFile(path)
    except BadZipFile:
        raise UsageError(f"{path} is not a zip file") from None
    except (OSError, NotImplementedError, ValueError) as error:
        raise NotVerified(f"{path} cannot be read: {error}") from None


def _name(member: ZipInfo) -> str:
    """What a member is called in the zip's directory.

    Some versions of Python put another name in its place, which a field beside it may hold.
    """
    return member.orig_filename.partition("\0")[0].replace("\\", "/")


def _inner(member: ZipInfo) -> str:
    """Where a member lies once it is unpacked: no name leads out of the folder for that."""
    return posixpath.normpath("/" + _name(member)).lstrip("/")


def _listed(path: Path, name: str) -> Iterator[File]:
    seen: set[str] = set()
    with _open_zip(path) as archive:
        for member in archive.infolist():
            if _name(member).endswith("/"):
                continue
            inner = _inner(member)
            if not inner:
                raise NotVerified(f"{path} holds a file without a name")
            if inner in seen:
                raise NotVerified(f"{path} holds {inner!r} twice")
            seen.add(inner)
            is_link = stat.S_ISLNK(member.external_attr >> 16)
            yield File(f"{name}!/{inner}", "link" if is_link else "file")


def _read_member(archive: ZipFile, member: ZipInfo | None, file: File, limit: int) -> Content:
    if file.kind != "file":
        return Content(file, b"", _REASONS[file.kind])
    if member is None:
        return Content(file, b"", "it is no longer in the zip")
    try:
        with archive.open(member) as stream:
            # The directory's size is a claim; what counts is what comes out.
            data = stream.read(limit + 1)
    except unpacking_errors() as error:
        return Content(file, b"", f"it cannot be unpacked: {error}")
    return Content(file, b"", _too_big(limit)) if len(data) > limit else Content(file, data)


def unpacking_errors() -> tuple[type[Exception], ...]:
    """What Python raises where packed data are damaged, or packed in a way that it does not know."""
    import lzma
    import struct
    import zlib
    from zipfile import BadZipFile

    return BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, OSError, ValueError


_REASONS = {
    "link": "a symbolic link stands here, and links are not followed",
    "special": "a pipe, a socket or a device stands here in place of a file",
    "doubtful": "its path is that of source on disks that take its letters for others, and not on all",
    "submodule": "a submodule stands here",
    "closed": "it cannot be opened: permission denied",
}


def git_file(path: str, mode: str, blob: str) -> File:
    """A file as git knows it, by its mode and the id of its content."""
    return File(path, _KINDS.get(mode, "file"), "git:" + blob)


_KINDS: dict[str, Kind] = {LINK: "link", SUBMODULE: "submodule"}


def _git_file(entry: ListedFile) -> File:
    return git_file(entry.path, entry.mode, entry.blob)


def _read_blobs(git: Git, files: Iterable[File], limit: int) -> Iterator[Content]:
    wanted = list(files)
    if not wanted:
        return
    blobs = git.blobs((file.key.removeprefix("git:") for file in wanted if file.kind == "file"), limit)
    for file in wanted:
        if file.kind != "file":
            yield Content(file, b"", _REASONS[file.kind])
            continue
        data = next(blobs)
        yield Content(file, b"", _too_big(limit)) if data is None else Content(file, data)
    # To its end, so that the process behind it can be used again.
    next(blobs, None)


def on_disk(root: Path, path: str) -> str | bytes:
    """A file's path as the operating system takes it, be it of any length and in any characters."""
    if sys.platform == "win32":
        return of_any_length(os.path.abspath(root / path))
    # Python would encode it as the locale has it, and then not find it.
    return os.path.join(os.fsencode(root), path.encode("utf-8", "surrogateescape"))


def of_any_length(full: str) -> str:
    """An absolute path in the form in which Windows knows more than 260 characters of it, as git does."""
    if full.startswith("\\\\?\\"):
        return full
    return "\\\\?\\UNC" + full[1:] if full.startswith("\\\\") else "\\\\?\\" + full


def _kind_on_disk(root: Path, path: str) -> Kind | None:
    try:
        mode = os.lstat(on_disk(root, path)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        # In a folder that cannot be entered, say; reading it will tell.
        return "file"
    if stat.S_ISLNK(mode):
        return "link"
    if stat.S_ISDIR(mode):
        return None
    return "file" if stat.S_ISREG(mode) else "special"


def _read_disk(root: Path, file: File, limit: int) -> Content:
    if file.kind != "file":
        return Content(file, b"", _REASONS[file.kind])
    try:
        with open(on_disk(root, file.path), "rb") as stream:
            if os.fstat(stream.fileno()).st_size > limit:
                return Content(file, b"", _too_big(limit))
            # Asked for so many bytes, Python would make room for all of them first.
            return Content(file, stream.read())
    except OSError as error:
        return Content(file, b"", f"it cannot be read: {(error.strerror or 'unknown reason').lower()}")
