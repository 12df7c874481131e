"""Evidence for or against duplicates: what they are bound to, where settings or inventories tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from crstandards.errors import FatalError
from crstandards.model import ConnectionReference, Environment, Solution, World
from crstandards.rules.wording import listed


def evidence(environments: Iterable[Environment], references: Sequence[ConnectionReference]) -> str:
    """What their connections say of references for one connector, as a sentence with a blank before it.

    Bound to one connection wherever it is known, they are proven duplicates; bound to different ones,
    they may be right. Different tokens prove nothing, as a pipeline may put one id for both.
    """
    known = {environment.name: _bound(environment, references) for environment in environments}
    if not any(known.values()):
        return ""
    keys = list(dict.fromkeys(reference.key for reference in references))
    names = {reference.key: reference.logical_name for reference in reversed(references)}
    same: dict[tuple[str, str], list[str]] = {}
    different: list[str] = []
    for pair in combinations(keys, 2):
        judged = {name: _are_same(bound, pair) for name, bound in known.items()}
        apart = [name for name, verdict in judged.items() if verdict is False]
        together = [name for name, verdict in judged.items() if verdict]
        if together and not apart:
            same[pair] = together
        different += [name for name in apart if name not in different]
    proven = _largest(keys, same)
    apart_in = listed([name for name in known if name in different])
    if not proven:
        return (
            f" They are bound to different connections in {apart_in}: an exception may be right."
            if different
            else ""
        )
    pairs = [same[pair] for pair in combinations(proven, 2)]
    together_in = listed([name for name in known if any(name in pair for pair in pairs)])
    who = "They" if len(proven) == len(keys) else listed([names[key] for key in proven])
    told = f" {who} are bound to the same connection in {together_in}: proven duplicates."
    if different:
        rest = listed([names[key] for key in keys if key not in proven])
        told += f" For {rest}, bound to another one in {apart_in}, an exception may be right."
    return told


def evidence_within(world: World, solution: Solution, references: Sequence[ConnectionReference]) -> str:
    """The evidence for references of one solution, from the environments it belongs to."""
    return evidence(world.environments_of(solution), references)


class _Value(NamedTuple):
    text: str
    is_token: bool


def _bound(environment: Environment, references: Sequence[ConnectionReference]) -> dict[str, _Value]:
    """What each of the references is bound to in an environment, where that is certain."""
    wanted = {reference.key for reference in references}
    values: dict[str, set[_Value]] = {}
    for file in environment.settings():
        for entry in file.entries:
            if entry.key in wanted and entry.connection:
                values.setdefault(entry.key, set()).add(_Value(entry.connection.lower(), entry.is_token))
    actually = _bindings(environment)
    for key in wanted:
        actual = actually.get(key)
        if actual:
            # What is bound now says what a token stands for.
            ids = {value for value in values.get(key, ()) if not value.is_token}
            values[key] = ids | {_Value(actual, False)}
    return {key: next(iter(found)) for key, found in values.items() if len(found) == 1}


def _bindings(environment: Environment) -> Mapping[str, str]:
    try:
        inventory = environment.inventory()
    except FatalError:
        # Whoever asks for owners is told; duplicates are duplicates without evidence too.
        return {}
    return {} if inventory is None else inventory.bindings or {}


def _are_same(bound: Mapping[str, _Value], pair: tuple[str, str]) -> bool | None:
    """Whether both are bound to one connection; None where nothing proves it."""
    one, other = (bound.get(key) for key in pair)
    if one is None or other is None:
        return None
    if one == other:
        return True
    return None if one.is_token or other.is_token else False


def _largest(keys: Sequence[str], same: Mapping[tuple[str, str], object]) -> list[str]:
    """The largest set of keys of which each is the same as each other."""
    best: list[str] = []
    for start in keys:
        found = [start]
        for key in keys:
            if key != start and all((one, key) in same or (key, one) in same for one in found):
                found.append(key)
        if len(found) > max(len(best), 1):
            best = sorted(found, key=keys.index)
    return best
