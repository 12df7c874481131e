"""One repository: its index, its working tree, trees, blobs and refs, by plumbing commands.

Paths are `str` with surrogate escapes for bytes that are not UTF-8, relative to the repository's
root, separated by `/`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from crstandards.errors import NotVerified, UsageError
from crstandards.git.answers import failure, not_started, run, too_old
from crstandards.git.objects import LINK as LINK
from crstandards.git.objects import SUBMODULE as SUBMODULE
from crstandards.git.objects import ListedFile as ListedFile
from crstandards.git.objects import MalformedTree as MalformedTree
from crstandards.git.objects import Objects, refuse_malformed
from crstandards.git.process import command_line, environment
from crstandards.git.process import decode_path as decode_path

_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
# git itself reads a file cut short, and makes up entries of zeros.
_DAMAGED = "git's index is damaged: delete the file .git/index, and 'git reset' makes a new one"
_NO_MODE = "000000"
_EMPTY_BLOBS = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


class Change(NamedTuple):
    """A path that differs between two trees; an id of zeros and mode 000000 mean "not there"."""

    path: str
    old_mode: str
    new_mode: str
    old_blob: str
    new_blob: str


class Ref(NamedTuple):
    """What a ref holds: an id, that of an annotated tag being the tag's own.

    `meant` is the full name of the ref that it stands for; "" where it stands for itself.
    """

    held: str
    meant: str = ""


class Git(Objects):
    """git in one repository, at its root. Leaving its `with` ends what it has started.

    The process's environment is git's too: a server's quarantine and a hook's index come with it.
    """

    def run(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """Run one command to its end and return what it printed. Raises a FatalError where it fails."""
        return self._checked(arguments, stdin).stdout

    def _checked(
        self, arguments: Sequence[str], stdin: bytes | None = None, fine: Collection[int] = (0,)
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one command to its end. Raises a FatalError for other exit statuses than these."""
        done = self._start_to_end(arguments, stdin)
        if done.returncode not in fine:
            raise failure(arguments[0], done.stderr.decode("utf-8", "replace"))
        return done

    def _start_to_end(
        self, arguments: Sequence[str], stdin: bytes | None
    ) -> subprocess.CompletedProcess[bytes]:
        return run(command_line(arguments), self.root, environment(), stdin)

    def _ask(self, *arguments: str) -> bytes | None:
        """What one command prints; None where its answer is no. Raises a FatalError where it fails."""
        done = self._checked(arguments, fine=(0, 1))
        return None if done.returncode else done.stdout

    def typed(self, *arguments: str) -> tuple[int, str]:
        """Run one command as a person types it, with hooks and their configuration.

        Returns its exit status and what it said, on standard output and error, as one text.
        """
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
        except OSError as error:
            raise not_started(error, self.root) from None
        return done.returncode, done.stdout.decode("utf-8", "replace").replace("\r\n", "\n")

    def head(self) -> str:
        """The commit that HEAD names, or the empty tree's id on an unborn branch.

        The commit itself may be missing: whoever reads it learns of that.
        """
        done = self._start_to_end(("rev-parse", "--verify", "--quiet", "HEAD"), None)
        commit = done.stdout.decode("ascii").strip()
        if not commit:
            # Fails where the branch is not unborn but broken.
            self.run("symbolic-ref", "--quiet", "HEAD")
        return commit or _EMPTY_TREES[self.id_length()]

    def id_length(self) -> int:
        """How many digits an object id has here: 40, or 64 in a SHA-256 repository."""
        return 64 if b"sha256" in self.run("rev-parse", "--show-object-format") else 40

    def resolve(self, revision: str) -> str:
        """The commit that a revision names. Raises UsageError where it names none."""
        done = self._start_to_end(
            ("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"), None
        )
        lines = done.stdout.decode("ascii", "replace").split()
        if done.returncode or not lines:
            raise too_old() or UsageError(f"no commit is called {revision!r} in this repository")
        return lines[-1]

    def kind(self, name: str) -> str:
        """The kind of an object, given by its id; of a tag, that of what it names at last."""
        return self.run("cat-file", "-t", name + "^{}").decode("ascii").strip()

    def private_path(self, name: str) -> Path:
        """Where a file of ours may lie inside the repository's own folder; each worktree has its own."""
        return self.root / _folder(self.run("rev-parse", "--git-path", name))

    def unstaged(self) -> frozenset[str]:
        """The tracked files whose content in the working tree is not the one in the index."""
        listed = self.run(
            "-c", "diff.autoRefreshIndex=true", *self._without_filters(),
            "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-relative",
            "--ignore-submodules=all",
        )  # fmt: skip
        return frozenset(map(decode_path, _records(listed)))

    def _without_filters(self) -> Iterator[str]:
        """Options that take the commands out of all filters, which git would run to compare content."""
        found = self._ask("config", "-z", "--name-only", "--get-regexp", r"^filter\.") or b""
        for key in map(decode_path, _records(found)):
            driver, _, what = key.rpartition(".")
            if "=" in driver:
                raise NotVerified(f"git's configuration has a filter whose name holds '=': {driver}")
            if what in ("clean", "process", "smudge"):
                yield from ("-c", f"{key}=")
            elif what == "required":
                yield from ("-c", f"{key}=false")

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit that two commits have in common, if they have one."""
        found = self._ask("merge-base", one, other)
        return found.decode("ascii").strip() if found else None

    def index_files(self, paths: Sequence[str] = ()) -> list[ListedFile]:
        """The files of the index as a commit would hold them. Raises NotVerified with a merge unfinished."""
        found: list[ListedFile] = []
        empty = ""
        for record in _records(self.run("ls-files", "-z", "--stage", "--full-name", "--", *paths)):
            entry, stage = _staged(record)
            if stage != "0":
                raise NotVerified(f"{entry.path} has merge conflicts that are not resolved in the index")
            found.append(entry)
            if entry.blob in _EMPTY_BLOBS:
                empty = entry.blob
        if empty:
            # `git add -N` lists an empty blob that no commit will hold.
            staged = self._really_staged(_EMPTY_TREES[len(empty)])
            found = [file for file in found if file.blob != empty or file.path in staged]
        return found

    def _really_staged(self, empty_tree: str) -> set[str]:
        # Of everything: names as arguments would have to fit a command line and survive its encoding.
        arguments = ("--cached", "--ita-invisible-in-index", "--name-only", "-z", "--no-renames")
        return set(map(decode_path, _records(self.run("diff-index", *arguments, empty_tree, "--"))))

    def worktree_files(self, untracked: bool) -> tuple[list[ListedFile], list[str]]:
        """The working tree's files that git does not ignore, and the folders it could not open."""
        others = ("--others", "--exclude-standard") if untracked else ()
        arguments = ("ls-files", "-z", "-t", "--stage", "--cached", "--full-name", *others)
        done = self._checked(arguments)
        found: dict[str, ListedFile] = {}
        for record in _records(done.stdout):
            tag, _, rest = record.partition(b" ")
            entry = ListedFile(decode_path(rest), "", "") if tag == b"?" else _staged(rest)[0]
            found[entry.path] = entry._replace(in_worktree=tag != b"S")
        closed = re.findall(r"(?s)could not open directory '(.*?)': [A-Z]", decode_path(done.stderr))
        return list(found.values()), closed

    def staged_changes(self) -> list[Change]:
        """What the index changes against HEAD; on an unborn branch, against the empty tree."""
        arguments = ("--cached", "--ita-invisible-in-index", "--raw", "-z", "--no-renames", "--no-abbrev")
        done = self._start_to_end(("diff-index", *arguments, "HEAD", "--"), None)
        if not done.returncode:
            return list(_changes(done.stdout))
        head = self.head()
        if head not in _EMPTY_TREES.values():
            raise failure("diff-index", done.stderr.decode("utf-8", "replace"))
        return list(_changes(self.run("diff-index", *arguments, head, "--")))

    def changes(self, old: str, new: str) -> list[Change]:
        """What differs between two commits or trees."""
        listed = self.run("diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev", old, new)
        found = list(_changes(listed))
        refuse_malformed([change.path for change in found])
        return found

    def refs(self, *names: str) -> dict[str, Ref]:
        """Those of these refs that there are, or all, by full name."""
        listed = decode_path(self.run("for-each-ref", "--format=%(objectname) %(refname) %(symref)", *names))
        # Only LF ends a line of git's: a branch may be called `main`, a line separator, and more.
        lines = listed.removesuffix("\n").split("\n") if listed else ()
        parts = (line.split(" ") for line in lines)
        return {name: Ref(held, meant) for held, name, meant in parts}

    def default_branch(self) -> str:
        """The branch that HEAD names, be it born or not; "" where HEAD names a commit."""
        return decode_path(self._ask("symbolic-ref", "--quiet", "HEAD") or b"").strip()

    def configured_path(self, name: str) -> str:
        """A path in git's own configuration, `~` resolved; "" where it is not set."""
        return decode_path(self._ask("config", "--type=path", "--get", name) or b"").removesuffix("\n")


def find_root(start: Path) -> Path | None:
    """The root of the working tree around a folder; None outside git. Raises UsageError in a bare one."""
    here = environment()
    if here.get("GIT_DIR") and not here.get("GIT_WORK_TREE"):
        # So it is in the hooks of linked worktrees and submodules; git would then take whatever folder
        # it is started in for the root.
        without = {name: value for name, value in here.items() if name != "GIT_DIR"}
        found = run(command_line(("rev-parse", "--absolute-git-dir", "--show-toplevel")), start, without)
        folder, _, root = found.stdout.partition(b"\n")
        if not found.returncode and os.path.realpath(_folder(folder)) == os.path.realpath(here["GIT_DIR"]):
            return Path(_folder(root))
        start = Path()
    done = run(command_line(("rev-parse", "--show-toplevel")), start, here)
    if not done.returncode:
        return Path(_folder(done.stdout))
    said = done.stderr.decode("utf-8", "surrogateescape")
    if "not a git repository (or any" in said:
        return None
    if "must be run in a work tree" in said:
        raise UsageError(
            f"{os.path.abspath(start)} has no working tree: it is a bare repository, or git's own folder"
        )
    raise failure("rev-parse", said)


def _folder(output: bytes) -> str:
    """A folder as git prints it, for the operating system: not every locale writes names as UTF-8."""
    return os.fsdecode(output.removesuffix(b"\n"))


def _records(output: bytes) -> Iterator[bytes]:
    return filter(None, output.split(b"\0"))


def _staged(record: bytes) -> tuple[ListedFile, str]:
    """A file as the index lists it, and its stage. Raises NotVerified for an entry that git has made up."""
    head, _, name = record.partition(b"\t")
    mode, blob, stage = head.decode("ascii").split(" ")
    if mode == _NO_MODE:
        raise NotVerified(_DAMAGED)
    return ListedFile(decode_path(name), mode, blob), stage


def _changes(output: bytes) -> Iterator[Change]:
    records = iter(output.split(b"\0"))
    for head in records:
        if not head:
            continue
        old_mode, new_mode, old_blob, new_blob, _ = head.decode("ascii").lstrip(":").split(" ")
        yield Change(decode_path(next(records)), old_mode, new_mode, old_blob, new_blob)
