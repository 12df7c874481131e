"""Groups of references for one connector, which to keep, and what moving the others takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crstandards.findings import Finding, Related
from crstandards.model import ConnectionReference, Flow, Solution, Use
from crstandards.rules.wording import count, listed

_GENERATED = re.compile(r"_[0-9a-f]{5}$")


class Usage(NamedTuple):
    """Who uses a reference inside its solution: flows with the alias they use, apps and agents."""

    flows: tuple[tuple[Flow, str], ...]
    others: tuple[Use, ...]

    def __len__(self) -> int:
        return len(self.flows) + len(self.others)


def usage(solution: Solution, reference: ConnectionReference) -> Usage:
    """Who uses a reference inside its solution."""
    return Usage(
        tuple(
            (flow, entry.alias)
            for flow in solution.flows
            for entry in flow.entries
            if entry.key == reference.key
        ),
        tuple(use for use in solution.uses if use.key == reference.key),
    )


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


def kept(references: Sequence[ConnectionReference], used: dict[str, int]) -> ConnectionReference:
    """The one to keep: the most used; then one with a chosen name; then the first."""
    return min(references, key=lambda item: (-used[item.key], is_generated(item.logical_name)))


def duplicate_finding(
    rule: str, solution: Solution, connector: str, references: list[ConnectionReference], message: str
) -> Finding:
    """The finding for one group, with what to do about each of its references."""
    users = {reference.key: usage(solution, reference) for reference in references}
    keep = kept(references, {key: len(found) for key, found in users.items()})
    others = [reference for reference in references if reference is not keep]
    names = [reference.logical_name for reference in references]
    return Finding(
        rule=rule,
        solution=solution.unique_name,
        place=others[0].place,
        message=message,
        help="\n".join(
            [_keep(keep, users[keep.key]), *(_move(solution, other, users[other.key]) for other in others)]
        ),
        identity=(solution.base_name, connector, *sorted(name.lower() for name in names)),
        data={"connector": connector, "references": names, "keep": keep.logical_name},
        related=(
            Related(keep.place, f"{keep.logical_name}, the one to keep"),
            *(Related(other.place, other.logical_name) for other in others[1:]),
        ),
    )


def _keep(reference: ConnectionReference, used: Usage) -> str:
    reason = f"used {count(len(used), 'time')}" if used else "nothing uses any of them"
    return f"Keep {reference.logical_name} ({reason})."


def _move(solution: Solution, reference: ConnectionReference, used: Usage) -> str:
    if not used:
        return f"Remove {reference.logical_name}: nothing in the solution uses it."
    users = [f'flow "{solution.title(flow)}" (alias "{alias}")' for flow, alias in used.flows]
    users += [f'{use.kind} "{use.name}"' for use in used.others]
    return f"Move to it what uses {reference.logical_name}, then remove that: {listed(users)}."
