"""Bytes to text, and the error for a file that cannot be read. Light to load: a commit waits for it."""

from __future__ import annotations

MAX_YAML_BYTES = 8 * 1024 * 1024
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_NOTHING = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"
CONFLICT = "the marks of a merge conflict stand in it"
_CONFLICT_MARKS = ("<<<<<<<", "=======", ">>>>>>>")
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_XML_ENCODING = rb"""\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']"""
# Not all of Python's codecs are character sets: some pack, some escape, one is for host names.
_CHARSET = r"(?i)(?:us-|)ascii|(?:iso|latin|windows|cp|koi8|mac)[a-z0-9_-]*"
_ASCII = bytes(range(128))


class SourceError(Exception):
    """A file that cannot be read as what it is. `at` is as in `Place`; None means the whole file.

    `content` names the file's bytes, as `File.key` does; whoever has read the file sets it.
    """

    def __init__(self, reason: str, at: tuple[str, ...] | int | None = None, content: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at
        self.content = content


def is_empty(data: bytes) -> bool:
    """Whether a file holds nothing but blanks, or a byte order mark."""
    # Of the whole file, this would make a copy.
    return not data[:64].strip(_NOTHING) and not data.strip(_NOTHING)


def refuse_placeholder(data: bytes) -> None:
    """Refuse what stands in a file's place: nothing at all, or a Git LFS pointer."""
    if is_empty(data):
        raise SourceError("the file is empty")
    if data.startswith(LFS_POINTER):
        raise SourceError("a Git LFS pointer stands here instead of the file; fetch it with 'git lfs pull'")


def encoding_of(data: bytes) -> tuple[str, int]:
    """The encoding that a file's first bytes announce, and the length of its byte order mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, len(mark)
    # XML and JSON begin with a sign of ASCII, beside which UTF-16 has a zero.
    zeros = [not byte for byte in data[:2]]
    if zeros == [False, True]:
        return "utf-16-le", 0
    if zeros == [True, False]:
        return "utf-16-be", 0
    if not data.startswith(b"<?xml"):
        return "utf-8", 0
    declaration = data[:200].partition(b">")[0]
    if b'encoding="utf-8"' in declaration.lower():
        return "utf-8", 0
    return _declared(declaration), 0


def _declared(declaration: bytes) -> str:
    """The encoding that an XML declaration names, if it can be in that itself: `utf-16` in ASCII is a lie."""
    import re

    found = re.search(_XML_ENCODING, declaration)
    encoding = found[1].decode("ascii") if found else ""
    try:
        if re.fullmatch(_CHARSET, encoding) and _ASCII.decode(encoding) == _ASCII.decode("ascii"):
            return encoding
    except (LookupError, ValueError):
        pass
    return "utf-8"


def decode(data: bytes) -> str:
    """A file's text without its byte order mark. Raises SourceError where the bytes are not text."""
    refuse_placeholder(data)
    encoding, mark = encoding_of(data)
    try:
        return data[mark:].decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(f"not {encoding.upper()} text: {error.reason}", mark + error.start) from None


def conflict_at(text: str, position: int) -> int | None:
    """Where the line around a position begins, if it is a mark that git leaves where a merge conflicts."""
    line = text.rfind("\n", 0, position) + 1
    return line if text.startswith(_CONFLICT_MARKS, line) else None


class Offsets:
    """Positions in a file's decoded text as byte offsets; quick when asked in ascending order."""

    def __init__(self, data: bytes, text: str) -> None:
        self._encoding, self._byte = encoding_of(data)
        self._text = text
        self._index = 0
        self._is_plain = self._encoding == "utf-8" and text.isascii()

    def at(self, index: int) -> int:
        """The byte at which the character `index` stands."""
        if self._is_plain:
            return self._byte + index
        low, high = sorted((self._index, index))
        length = len(self._text[low:high].encode(self._encoding))
        self._byte += length if index >= self._index else -length
        self._index = index
        return self._byte
