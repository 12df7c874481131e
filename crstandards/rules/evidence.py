"""Evidence for or against duplicates: what they are bound to, where settings or inventories tell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

from crstandards.errors import FatalError
from crstandards.model import ConnectionReference, Environment
from crstandards.rules.environments import grouped
from crstandards.rules.wording import listed

Value = tuple[str, bool]
"""What a reference is bound to: an id for comparing, or a token; and whether it is one."""


def evidence(environments: Iterable[Environment], references: Sequence[ConnectionReference]) -> str:
    """What their connections say of references for one connector, as a sentence with a blank before it.

    Bound to one connection wherever it is known, they are proven duplicates; bound to different ones,
    they may be right. Different tokens prove nothing, as a pipeline may put one id for both.
    """
    names = {reference.key: reference.logical_name for reference in reversed(references)}
    keys = list(dict.fromkeys(reference.key for reference in references))
    bound = {environment.name: _bound(environment, keys) for environment in environments}
    same = {pair: [_are_same(values, *pair) for values in bound.values()] for pair in combinations(keys, 2)}
    proven = _largest(keys, {pair for pair, told in same.items() if True in told and False not in told})
    apart = [name for name, *told in zip(bound, *same.values(), strict=True) if False in told]
    if not proven:
        return (
            f" They are bound to different connections in {listed(apart)}: an exception may be right."
            if apart
            else ""
        )
    pairs = [same[pair] for pair in combinations(proven, 2)]
    together = listed([name for name, *told in zip(bound, *pairs, strict=True) if True in told])
    who = "They" if len(proven) == len(keys) else listed([names[key] for key in proven])
    told = f" {who} are bound to the same connection in {together}: proven duplicates."
    if apart:
        rest = listed([names[key] for key in keys if key not in proven])
        told += f" For {rest}, bound to another one in {listed(apart)}, an exception may be right."
    return told


def _bound(environment: Environment, keys: Iterable[str]) -> dict[str, Value]:
    """What references are bound to in an environment, where that is certain."""
    entries = [entry for file in environment.settings() for entry in file.entries if entry.connection]
    by_key = grouped(entries, lambda entry: entry.key)
    actually = _actual_bindings(environment)
    found = {}
    for key in keys:
        values = {(entry.connection.lower(), entry.is_token) for entry in by_key.get(key, ())}
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


def _are_same(bound: Mapping[str, Value], one: str, other: str) -> bool | None:
    """Whether both are bound to one connection; None where nothing proves it."""
    values = [bound[key] for key in (one, other) if key in bound]
    if len(values) < 2 or (values[0] != values[1] and any(is_token for _, is_token in values)):
        return None
    return values[0] == values[1]


def _largest(keys: Sequence[str], same: Collection[tuple[str, str]]) -> list[str]:
    """The largest set of keys of which each is the same as each other."""
    best: list[str] = []
    for start in keys:
        found = {start}
        for key in keys:
            if all((one, key) in same or (key, one) in same for one in found - {key}):
                found.add(key)
        if len(found) > max(len(best), 1):
            best = sorted(found, key=keys.index)
    return best
