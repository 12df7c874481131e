"""Groups of references for one connector in a solution."""

import re
from collections.abc import Iterator, Sequence

from crstandards.findings import Finding, Related, Subject
from crstandards.model import ConnectionReference, Solution

MOST_SHOWN = 100
"""How many declarations and users of a group are looked at one by one. Nobody reads more, and of each
its file has to be read; the names of all are in the finding's data.
"""
_GENERATED = re.compile(r"_[0-9a-f]{5}$")
_AGENTS_OWN = re.compile(r"\.(?:cr\.[0-9a-z_-]{8}|shared_[^.]+\.[0-9a-z_-]+)$")


def is_generated(name: str) -> bool:
    """Whether a logical name looks made by the designer (`…_1a2b3`), not chosen by a person."""
    return bool(_GENERATED.search(name.lower()))


def is_agents_own(name: str) -> bool:
    """Whether Copilot Studio made a reference, for one agent alone: its logical name tells."""
    return bool(_AGENTS_OWN.search(name.lower()))


def groups(solution: Solution) -> Iterator[tuple[str, list[ConnectionReference]]]:
    """The connectors for which a solution declares several references, with those, in file order."""
    by_connector: dict[str, list[ConnectionReference]] = {}
    for reference in solution.declared().values():
        if reference.connector:
            by_connector.setdefault(reference.connector, []).append(reference)
    return ((connector, found) for connector, found in by_connector.items() if len(found) > 1)


def duplicate_finding(
    rule: str, solution: Solution, connector: str, references: Sequence[ConnectionReference], message: str
) -> Finding:
    """The finding for one group of a solution."""
    names = [reference.logical_name for reference in references]
    return Finding(
        rule=rule,
        solution=solution.unique_name,
        place=references[0].place,
        message=message,
        identity=(solution.base_name, connector, *sorted(name.lower() for name in names)),
        subject=Subject(connector=connector, references=names),
        members=tuple(Related(item.place, item.logical_name) for item in references),
        together="references",
    )
