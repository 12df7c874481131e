"""Several references for one connector: which they are, and what speaks for or against that."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from crstandards.environments import Environment
from crstandards.errors import FatalError
from crstandards.model import ConnectionReference, Solution
from crstandards.rules.declarations import grouped
from crstandards.rules.wording import listed

MOST_SHOWN = 100
"""How many declarations and users of a group are looked at one by one. Nobody reads more, and of each
its file has to be read; the names of all are in the finding's data.
"""
_GENERATED = re.compile(r"_[0-9a-f]{5}$")
_AGENTS_OWN = re.compile(r"\.(?:cr\.[0-9a-z_-]{8}|shared_[^.]+\.[0-9a-z_-]+)$")

Value = tuple[str, bool]
"""What a reference is bound to: an id for comparing, or a token; and whether it is one."""


def is_generated(name: str) -> bool:
    """Whether a logical name looks made by the designer (`…_1a2b3`), not chosen by a person."""
    return bool(_GENERATED.search(name.lower()))


def is_agents_own(name: str) -> bool:
    """Whether Copilot Studio made a reference, for one agent alone: its logical name tells."""
    return bool(_AGENTS_OWN.search(name.lower()))


def groups(solution: Solution) -> Iterator[tuple[str, list[ConnectionReference]]]:
    """The connectors for which a solution declares several references, with those, in file order."""
    naming = (reference for reference in solution.declared().values() if reference.connector)
    by_connector = grouped(naming, lambda reference: reference.connector)
    return ((connector, found) for connector, found in by_connector.items() if len(found) > 1)


def evidence(environments: Iterable[Environment], references: Sequence[ConnectionReference]) -> str:
    """What their connections say of references for one connector, as a sentence with a blank before it.

    Bound to one connection wherever it is known, they are proven duplicates; bound to different ones,
    they may be right. Different tokens prove nothing, as a pipeline may put one id for both.
    """
    names = {reference.key: reference.logical_name for reference in reversed(references)}
    keys = list(dict.fromkeys(reference.key for reference in references))
    bound = {environment.name: _bound(environment, keys) for environment in environments}
    apart = listed([name for name, values in bound.items() if _differ(values.values())])
    proven = _proven([*bound.values()])
    if not proven:
        return (
            f" They are bound to different connections in {apart}: an exception may be right."
            if apart
            else ""
        )
    together = listed([name for name, values in bound.items() if _repeats(values, proven)])
    who = "They" if len(proven) == len(keys) else listed([names[key] for key in keys if key in proven])
    told = f" {who} are bound to the same connection in {together}: proven duplicates."
    if apart:
        rest = listed([names[key] for key in keys if key not in proven])
        told += f" For {rest}, bound to another one in {apart}, an exception may be right."
    return told


def _bound(environment: Environment, keys: Iterable[str]) -> dict[str, Value]:
    """What references are bound to in an environment, where that is certain."""
    actually = _actual_bindings(environment)
    found = {}
    for key in keys:
        entries = [entry for _, entry in environment.entries.get(key, ()) if entry.connection]
        values = {(entry.connection.lower(), entry.is_token) for entry in entries}
        if actually.get(key):
            # What is bound now says what a token stands for.
            values = {value for value in values if not value[1]} | {(actually[key], False)}
        if len(values) == 1:
            found[key] = values.pop()
    return found


def _actual_bindings(environment: Environment) -> Mapping[str, str]:
    try:
        inventory = environment.inventory()
    except FatalError:
        # Whoever asks for owners is told; duplicates are duplicates without evidence too.
        return {}
    return (inventory and inventory.bindings) or {}


def _differ(values: Iterable[Value]) -> bool:
    """Whether two of them are certainly different connections."""
    return len({value for value in values if not value[1]}) > 1


def _repeats(bound: Mapping[str, Value], keys: Iterable[str]) -> bool:
    """Whether two references are bound to one connection."""
    values = [bound[key] for key in keys if key in bound]
    return len(set(values)) < len(values)


def _proven(known: Sequence[Mapping[str, Value]]) -> frozenset[str]:
    """The largest group of references that are bound to one connection somewhere, and of which no two are
    certainly bound to different ones anywhere.
    """
    alike = (group for bound in known for group in grouped(bound, bound.__getitem__).values())
    sure = (
        group
        for group in alike
        if group[1:] and not any(_differ(bound[key] for key in group if key in bound) for bound in known)
    )
    return frozenset(max(sure, key=len, default=()))
