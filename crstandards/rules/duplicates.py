"""Groups of references for one connector, which to keep, and what moving the others takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from crstandards.findings import Finding, Related
from crstandards.model import ConnectionReference, Solution
from crstandards.rules.usage import User, used_here
from crstandards.rules.wording import count, listed

MOST_SHOWN = 100
"""How many declarations and users of a group are looked at one by one. Nobody reads more, and of each
its file has to be read; the names of all are in the finding's data.
"""
_GENERATED = re.compile(r"_[0-9a-f]{5}$")


def is_generated(name: str) -> bool:
    """Whether a logical name looks made by the designer (`…_1a2b3`), not chosen by a person."""
    return bool(_GENERATED.search(name.lower()))


def groups(solution: Solution) -> Iterator[tuple[str, list[ConnectionReference]]]:
    """The connectors for which a solution declares several references, with those, in file order."""
    by_connector: dict[str, list[ConnectionReference]] = {}
    for reference in solution.declared().values():
        if reference.connector:
            by_connector.setdefault(reference.connector, []).append(reference)
    return ((connector, found) for connector, found in by_connector.items() if len(found) > 1)


def kept(references: Sequence[ConnectionReference], used: Mapping[str, int]) -> ConnectionReference:
    """The one to keep: the most used; then one with a chosen name; then the first."""
    return min(references, key=lambda item: (-used[item.key], is_generated(item.logical_name)))


def why_kept(
    keep: ConnectionReference, references: Iterable[ConnectionReference], used: Mapping[str, int]
) -> str:
    """What makes it the one to keep, as a clause."""
    most = used[keep.key]
    rivals = [item for item in references if item.key != keep.key and used[item.key] == most]
    if not rivals:
        return f"used {count(most, 'time')}, the most"
    equal = f"used {count(most, 'time')}, as others are" if most else "nothing uses any of them"
    if not is_generated(keep.logical_name) and all(is_generated(item.logical_name) for item in rivals):
        return f"{equal}; its name was chosen, not generated"
    return f"{equal}; it is declared first"


def duplicate_finding(
    rule: str,
    solution: Solution,
    connector: str,
    references: list[ConnectionReference],
    by_key: Mapping[str, Sequence[User]],
    message: str,
) -> Finding:
    """The finding for one group of a solution, with what to do about each of its references.

    `by_key` holds those who use the solution's references, as `usage.users_of` gives them.
    """
    used = {reference.key: len(by_key.get(reference.key, ())) for reference in references}
    keep = kept(references, used)
    others = [reference for reference in references if reference is not keep]
    names = [reference.logical_name for reference in references]
    moves = [(other.logical_name, by_key.get(other.key, ())) for other in others]
    return Finding(
        rule=rule,
        solution=solution.unique_name,
        place=others[0].place,
        message=message,
        help="\n".join(
            [
                f"Keep {keep.logical_name} ({why_kept(keep, references, used)}).",
                *moving(moves, keep, not solution.missing_flows),
            ]
        ),
        identity=(solution.base_name, connector, *sorted(name.lower() for name in names)),
        data={"connector": connector, "references": names, "keep": keep.logical_name},
        related=(
            Related(keep.place, f"{keep.logical_name}, the one to keep"),
            *(Related(other.place, other.logical_name) for other in others[1:]),
            *(used_here(user) for other in others for user in by_key.get(other.key, ())),
        ),
    )


def moving(
    surplus: Sequence[tuple[str, Sequence[User]]], keep: ConnectionReference, all_read: bool
) -> Iterator[str]:
    """What to do about the references that are not kept: the users to move, and what hinders it.

    Each comes by its name, with those that use it. Unless all flows could be read, none is to be removed.
    """
    removed = ", then remove that" if all_read else ""
    used = [(name, users) for name, users in surplus if users]
    for name, users in used[:MOST_SHOWN]:
        titles = listed([user.title() for user in users])
        yield f"Move to it what uses {name}{removed}: {titles}."
    if len(used) > MOST_SHOWN:
        yield f"So with {len(used) - MOST_SHOWN} more references."
    unused = [name for name, users in surplus if not users]
    if not all_read:
        yield "Remove none of them before the flows are here whose files are missing (CR509)."
    elif unused:
        them = "it" if len(unused) == 1 else "them"
        yield f"Remove {listed(unused)}: no flow, app or agent here uses {them}."
    moved = [user for _, users in used for user in users]
    obstacles: dict[str, list[str]] = {}
    for user in moved[:MOST_SHOWN]:
        for obstacle in user.obstacles(keep.key):
            obstacles.setdefault(obstacle, []).append(user.title())
    if obstacles:
        told = "; ".join(f"{listed(titles, 3)}: {obstacle}" for obstacle, titles in obstacles.items())
        among = f" (of the first {MOST_SHOWN} users)" if len(moved) > MOST_SHOWN else ""
        yield f"Not a plain swap, so look at it first{among}: {told}."
