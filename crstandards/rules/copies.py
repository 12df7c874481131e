"""Which folders hold a copy of a solution that is kept, and not deployed: an archive, an older version."""

import re
from collections.abc import Iterable

from crstandards.model import Solution

_KEPT = re.compile(r"(?<![a-z])(?:archived?|archives|backups?|bak|old|obsolete)(?![a-z])", re.IGNORECASE)


def why_copy(solution: Solution, others: Iterable[Solution]) -> str:
    """Why a solution's folder seems to hold a copy, as a part of a sentence; "" where it does not.

    Its path says so, or among the others the same solution stands elsewhere in a newer version.
    """
    kept = next((part for part in solution.folder.split("/") if _KEPT.search(part)), "")
    if kept:
        return f"its path says {kept}"
    name = solution.unique_name.lower()
    newer = [
        other
        for other in others
        if name
        and other.unique_name.lower() == name
        and version(other) > version(solution)
        and not _KEPT.search(other.folder)
    ]
    newest = max(newer, key=version, default=None)
    where = newest.folder or "the root" if newest else ""
    return f"{where} holds version {newest.version}, and this is {solution.version}" if newest else ""


def pattern_of(solution: Solution) -> str:
    """The pattern that leaves a solution's folder out of the check; "" where that would be everything."""
    folder = solution.folder
    if solution.layout == "yaml":
        folder = folder.rpartition("/")[0].rpartition("/")[0]
    return f"{folder}/**" if folder else ""


def version(solution: Solution) -> tuple[int, ...]:
    """A solution's version, for comparing."""
    # No version has more digits in a part; Python refuses to make a number of very many.
    return tuple(int(part[:9]) if part.isdecimal() else 0 for part in solution.version.split("."))
