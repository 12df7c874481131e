"""The map as the page's script reads it: its lines as numbers into lists of names."""

from collections.abc import Sequence
from typing import Any, Final

from crstandards.report.closing import plural
from crstandards.report.escape import display_path, sanitize
from crstandards.report.map import MARKS
from crstandards.report.map.picture import NO_SOLUTION, gravest
from crstandards.reported import Link

_KINDS: Final = ("flow", "canvas app", "code app", "agent")


class Numbers:
    """Gives each name a number, the same for names that differ in letter case only."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._known: dict[str, int] = {}

    def of(self, name: str) -> int:
        """The name's number."""
        number = self._known.setdefault(name.lower(), len(self.names))
        if number == len(self.names):
            self.names.append(sanitize(name))
        return number


def as_data(links: Sequence[Link]) -> dict[str, Any]:
    """The map as numbers."""
    solutions, environments, connectors, references = Numbers(), Numbers(), Numbers(), Numbers()
    users: dict[tuple[int, str, str, int], int] = {}
    marks = list(MARKS)
    lines = []
    titles = {link.path: link.user for link in links if link.user}
    for link in links:
        run = ", ".join(titles[path] for path in link.calls if path in titles)
        title = f"{link.user} (runs {run})" if run else link.user
        kind = _KINDS.index(link.kind) if link.kind else -1
        path, solution = sanitize(display_path(link.path)), solutions.of(link.solution or NO_SOLUTION)
        connector = link.connector or ("no connection" if link.is_bare else "unknown connector")
        line = [
            users.setdefault((kind, sanitize(title), path, solution), len(users)),
            sanitize(link.alias),
            references.of(link.reference) if link.reference else -1,
            connectors.of(connector),
            list(map(environments.of, link.environments)),
            list(map(marks.index, link.marks)),
            list(map(environments.of, link.unbound)),
        ]
        lines.append(line)
    return {
        "solutions": solutions.names,
        "environments": environments.names,
        "connectors": connectors.names,
        "references": references.names,
        "users": list(users),
        "marks": [{"id": name, **mark._asdict()} for name, mark in MARKS.items()],
        "lines": lines,
    }


def boxes_of(drawn: dict[str, Any]) -> dict[tuple[str, str], str]:
    """The boxes of a map by what they stand for: references by names in lower case, users by paths."""
    boxes = {("reference", name.lower()): f"reference {n}" for n, name in enumerate(drawn["references"])}
    users = enumerate(drawn["users"])
    return boxes | {("user", path): f"user {n}" for n, (kind, _, path, _) in users if kind >= 0}


def verdict(links: Sequence[Link]) -> list[str]:
    """What there is on the map, and how much is wrong with it, in sentences."""
    users = len({(link.path, link.user) for link in links if link.user})
    references = len({link.reference.lower() for link in links if link.reference})
    wrong = [link for link in links if gravest(link.marks)]
    named = len({link.reference.lower() for link in wrong if link.reference})
    direct = len({(link.path, link.user, link.alias) for link in wrong if not link.reference})
    counts = [plural(named, "reference")] * bool(named) + [plural(direct, "direct connection")] * bool(direct)
    told = [f"{users:,} flows, apps and agents, {references:,} connection references."]
    return told + [f"Something is wrong with {' and '.join(counts)}."] * bool(counts)
