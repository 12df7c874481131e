"""Makes text from the source safe to show: names there can hold anything, escape codes included."""

import re
from collections.abc import Callable
from typing import Final

_INVISIBLE = frozenset(
    (
        *(0x00AD, 0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0),
        *(0x200B, *range(0x200E, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070)),
        *(*range(0xFFF9, 0xFFFC), 0xFFFE, 0xFFFF, *range(0xE0000, 0xE0080)),
    )
)
_SHORT = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_PLAIN = {
    **{0x00A0: " ", 0x2013: "-", 0x2014: "-", 0x2192: "->", 0x2026: "..."},
    **{0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'},
}
_URI_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!")

HASH = "\\u0023"
"""What the second of two `#` is shown as."""

# Markup, and what services make links and mentions of though it is plain text.
_MARKDOWN: Final = (
    r"[\\`*_\[\]~&<>|$]|(?<=\w):(?=//)|(?<=\b[Ww]{3})\."
    r"|(?<![0-9A-Za-z])@(?=\w)|[#!%](?=\d)|(?<=\b[Gg][Hh])-(?=\d)"
)
_ENTITIES: Final = {
    **{"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", ":": "&#58;", ".": "&#46;"},
    **{sign: f"{sign}&#8203;" for sign in "@#!%-"},
}
_XML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_GITHUB: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_GITHUB_DATA: Final = str.maketrans(_GITHUB)
_GITHUB_PROPERTY: Final = str.maketrans({**_GITHUB, ":": "%3A", ",": "%2C"})
_AZURE: Final = str.maketrans({";": "%3B", "\r": "%0D", "\n": "%0A", "]": "%5D"})
_FORMULA: Final = ("=", "+", "-", "@")


def is_unsafe(code: int) -> bool:
    """Whether a code point steers a terminal, reorders text, cannot be seen or cannot be encoded.

    The ranges are written out, as those of `str.isprintable` change with the version of Python. The
    joiners U+200C and U+200D are left alone: words in Persian and many emoji need them.
    """
    return code < 0x20 or 0x7F <= code < 0xA0 or 0xD800 <= code < 0xE000 or code in _INVISIBLE


class Table(dict[int, str]):
    """A table for `str.translate` that fills itself as characters turn up."""

    def __init__(self, shown: Callable[[int], str]) -> None:
        self._shown = shown

    def __missing__(self, code: int) -> str:
        self[code] = shown = self._shown(code)
        return shown


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_VISIBLE = Table(
    lambda code: _SHORT.get(code) or (_escaped(code) if is_unsafe(code) else chr(code)),
)
_VISIBLE_ASCII = Table(
    lambda code: _VISIBLE[code] if code < 0x7F else _PLAIN.get(code) or _escaped(code),
)


def sanitize(text: str, *, ascii_only: bool = False) -> str:
    r"""One line of text in which whatever could deceive or harm its reader stands as an escape.

    That includes `##`: the logs of Azure Pipelines (`##vso[…]`), GitHub (`##[…]`) and TeamCity obey
    what follows it, some of them wherever in a line it stands.

    >>> print(sanitize("red \x1b[31m, new\nline"))
    red \u001b[31m, new\nline
    """
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_VISIBLE_ASCII if ascii_only else _VISIBLE)
    return text.replace("##", f"#{HASH}")


def defuse(page: str) -> str:
    """Lines of text none of which begins with `::`, as the commands in GitHub's logs do."""
    if "::" not in page:
        return page
    return re.sub(r"(?m)^([^\S\n]*):(?=:)", rf"\1\\u{ord(':'):04x}", page)


def display_path(path: str) -> str:
    r"""A path as reports show it: bytes of its name that are not UTF-8 stand as `\xNN`.

    Paths come with `/` already: a backslash is a character of a file's name.

    >>> print(display_path("src/caf\udce9.json"))
    src/caf\xe9.json
    """
    if path.isascii():
        return path
    shown = "".join(f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c for c in path)
    return encodable(shown)


def percent_encoded(path: str) -> str:
    """A path as a URI's path: bytes other than letters, digits and a few signs stand as `%NN`.

    >>> percent_encoded("src/a b.json")
    'src/a%20b.json'
    """
    try:
        data = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        data = encodable(path).encode("utf-8")
    return "".join(chr(byte) if byte in _URI_SAFE else f"%{byte:02X}" for byte in data)


def encodable(text: str) -> str:
    r"""The text with each lone surrogate as a visible `\udXXX`, so that UTF-8 can hold it."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def markdown(text: str) -> str:
    """A text of the source as inline Markdown that shows it and nothing else."""
    return re.sub(_MARKDOWN, lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), sanitize(text))


def markdown_html(text: str) -> str:
    """A text of the source for where Markdown is not read: a line that begins an HTML element."""
    return re.sub(_MARKDOWN, lambda found: _ENTITIES.get(found[0], f"&#{ord(found[0])};"), sanitize(text))


def xml(text: str) -> str:
    """A text of the source inside an element of XML, or an attribute."""
    return sanitize(text).translate(_XML)


def github(text: str, is_property: bool = False) -> str:
    """Lines as the message of a command in GitHub's log, or as one of its properties."""
    return text.translate(_GITHUB_PROPERTY if is_property else _GITHUB_DATA)


def azure(text: str) -> str:
    """Lines as the message, or a property, of a command in Azure Pipelines' log.

    The agent undoes its own escapes and has none for `%` that each of its versions knows. A `%` is
    ambiguous only where an escape seems to follow, so only that one is written as newer agents want it.
    """
    return re.sub("(?i)%(?=3B|0D|0A|5D|AZP25|VSTS)", "%AZP25", text).translate(_AZURE)


def cell(text: str) -> str:
    """A text of the source in a spreadsheet, which would take some beginnings for a formula's."""
    text = sanitize(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def mermaid(text: str) -> str:
    """A text as the inside of a Mermaid label: whatever could be markup stands as an entity."""
    return "".join(c if c.isalnum() or c in " -_.,'()/:+=?!" else f"#{ord(c)};" for c in text)


def dot(text: str) -> str:
    """A text of the source as a quoted string, in which Graphviz finds no escapes of its own."""
    return '"' + sanitize(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
