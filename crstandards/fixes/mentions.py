"""Where a removed reference is still named: in its solution that forbids the removal, elsewhere it is
something to look at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from crstandards.fixes.overlay import Overlay
from crstandards.model import Mentions, Solution
from crstandards.snapshot import File
from crstandards.source.mentions import Searcher
from crstandards.source.names import covers

_MOST_BYTES: Final = 1024 * 1024
_TEXT: Final = (
    *(".json", ".yml", ".yaml", ".xml", ".toml", ".ini", ".env", ".csv", ".md", ".txt", ".config"),
    *(".ps1", ".psm1", ".psd1", ".sh", ".cmd", ".bat", ".py", ".js", ".ts", ".tf", ".bicep", ".variables"),
)


def against_removal(solution: Solution, found: Mentions, tree: Overlay) -> str:
    """Why what was searched for cannot be gone from a solution: a file that holds one, as a reason."""
    if found.names:
        name = min(found.names)
        return f"{_place(solution, name, tree)} names {name}"
    if found.unread:
        return f"{found.unread} of the solution's files cannot be searched for what is removed"
    return ""


def _place(solution: Solution, name: str, tree: Overlay) -> str:
    return next(
        file.path
        for file in tree.files()
        if covers([solution.folder], file.path)
        and Searcher(tree, [file], [solution], lambda path: False).search(solution, frozenset({name})).names
    )


def outside(
    tree: Overlay, solutions: Iterable[Solution], names: Sequence[str]
) -> Iterator[tuple[str, list[str]]]:
    """The text files outside all solutions that still hold names, with those."""
    folders = [solution.folder for solution in solutions if solution.is_solution]
    wanted = {name.lower().encode(): name for name in names if name.isascii()}
    if not wanted:
        return
    words = re.compile(rb"(?<![0-9a-z_])(?:%s)(?![0-9a-z_])" % b"|".join(map(re.escape, wanted)))
    for content in tree.read(_texts(tree.files(), folders), _MOST_BYTES):
        data = content.data.replace(b"\0", b"").lower()
        found = dict.fromkeys(wanted[match.group()] for match in words.finditer(data))
        if found:
            yield content.file.path, list(found)


def _texts(files: Iterable[File], folders: Collection[str]) -> list[File]:
    return [
        file
        for file in files
        if file.kind == "file" and file.path.lower().endswith(_TEXT) and not covers(list(folders), file.path)
    ]
