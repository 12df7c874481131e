"""A range of commits as git lists it: each with its parents and what it changes in the first of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from crstandards.errors import NotVerified
from crstandards.git.objects import refuse_malformed
from crstandards.git.ranges import RangeGit
from crstandards.git.repository import Change, decode_path
from crstandards.reported import Author

_MARK = b"\x01"
# For a clock gone wrong: such a commit counts as made at the beginning of git's time.
_NO_DAY = date(1970, 1, 1)
# The committer's day, as his clock had it.
_FORMAT = "--format=%x01%H%x00%P%x00%cs%x00%an%x00%s"


class Commit(NamedTuple):
    """A commit; `changes` are those against its first parent, or against nothing where it has none."""

    id: str
    parents: tuple[str, ...]
    day: date
    author: Author
    changes: tuple[Change, ...]


class Range(NamedTuple):
    """Commits with parents before children, from `base` (None: the beginning) to `head`."""

    base: str | None
    head: str
    commits: tuple[Commit, ...]

    def before(self) -> tuple[str, ...]:
        """The parents that lie outside the range, each once."""
        inside = {commit.id for commit in self.commits}
        parents = dict.fromkeys(parent for commit in self.commits for parent in commit.parents)
        return tuple(parent for parent in parents if parent not in inside)


def read_range(git: RangeGit, base: str | None, head: str) -> Range:
    """The commits that `head` reaches and `base` does not, both given as ids."""
    revisions = [head] if base is None else [head, f"^{base}"]
    output = git.run(
        "log", "--reverse", "--topo-order", "--raw", "-z", "--root", "--no-abbrev", "--no-renames",
        "--diff-merges=first-parent", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative",
        "--no-show-signature", "--no-notes", "--encoding=UTF-8", "-O/dev/null",
        _FORMAT, "--end-of-options", *revisions, "--",
    )  # fmt: skip
    return Range(base, head, tuple(_commits(output)))


def hidden_parents(git: RangeGit, commits: Range) -> bool:
    """Whether a commit of the range has parents that this clone lacks: it is a shallow one."""
    orphans = (commit.id for commit in commits.commits if not commit.parents)
    return any(parents_of(git, orphan) for orphan in orphans)


def parents_of(git: RangeGit, commit: str) -> tuple[str, ...]:
    """A commit's parents as the commit itself names them, whether they are here or not."""
    headers = _headers(git.commit(commit)[1])
    return tuple(line[7:].decode("ascii") for line in headers if line.startswith(b"parent "))


def day_of(content: bytes) -> date:
    """The committer's day in a commit's content, as his clock had it."""
    committer = next((line for line in _headers(content) if line.startswith(b"committer ")), b"")
    try:
        *_, seconds, zone = committer.split(b" ")
        minutes = 60 * int(zone[-4:-2]) + int(zone[-2:])
        offset = timedelta(minutes=-minutes if zone.startswith(b"-") else minutes)
        return datetime.fromtimestamp(int(seconds), timezone(offset)).date()
    except (ValueError, OverflowError, OSError):
        return _NO_DAY


def _headers(content: bytes) -> list[bytes]:
    return content.partition(b"\n\n")[0].split(b"\n")


def _commits(output: bytes) -> Iterator[Commit]:
    tokens = iter(output.split(b"\0"))
    token = next(tokens, b"")
    while token:
        if not token.startswith(_MARK):
            raise NotVerified("git log answered in a form that is not known")
        identity = token[1:].decode("ascii")
        parents, day, author, subject = (decode_path(next(tokens)) for _ in range(4))
        changes = []
        token = next(tokens, b"")
        while token.startswith((b":", b"\n:")):
            old_mode, new_mode, old_blob, new_blob, _ = token.decode("ascii").lstrip("\n:").split(" ")
            changes.append(Change(decode_path(next(tokens)), old_mode, new_mode, old_blob, new_blob))
            token = next(tokens, b"")
        refuse_malformed([change.path for change in changes])
        yield Commit(
            identity,
            tuple(parents.split()),
            _day(day),
            Author(identity, author, subject, day),
            tuple(changes),
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return _NO_DAY
