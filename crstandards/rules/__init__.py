"""The rules, one file each, in a folder for what must be there so that they can find anything.

A rule's file is called `cr<number>_<name>.py` and begins with its `RULE`; what it finds is told by its
functions `per_solution` and `overall`. No list names it: the folders are the list.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from crstandards.findings import Rule

    RULES: tuple[Rule, ...]
    BY_ID: Mapping[str, Rule]

NEEDS = ("solution", "environment", "deployment_settings", "inventory", "whole")
"""The folders: a solution; declared environments; deployment settings or inventories of theirs, or
accounts that must own connections; and a check of a whole repository or folder.
"""


def _modules() -> dict[str, tuple[str, str]]:
    """The module of each rule by its id, as its folder and name: loading them all takes long."""
    here = os.path.dirname(__file__)
    return {
        file[:5].upper(): (need, file.removesuffix(".py"))
        for need in NEEDS
        for file in os.listdir(os.path.join(here, need))
        if file.startswith("cr") and file.endswith(".py")
    }


_MODULES = dict(sorted(_modules().items()))
_LOADED: dict[str, Rule] = {}


def names() -> Mapping[str, str]:
    """The names of all rules by id, in order, without loading any."""
    return {rule: module[6:].replace("_", "-") for rule, (_, module) in _MODULES.items()}


def load(ids: Collection[str], needs: Collection[str] = NEEDS) -> tuple[Rule, ...]:
    """The rules of these ids, in order, as far as no more is needed for them than is there."""
    return tuple(_load(rule) for rule, (need, _) in _MODULES.items() if rule in ids and need in needs)


def _load(rule_id: str) -> Rule:
    if rule_id not in _LOADED:
        from importlib import import_module

        need, name = _MODULES[rule_id]
        module = import_module(f"crstandards.rules.{need}.{name}")
        functions = {key: getattr(module, key, None) for key in ("per_solution", "overall")}
        _LOADED[rule_id] = module.RULE._replace(needs=need, **functions)
    return _LOADED[rule_id]


def __getattr__(name: str) -> object:
    """`RULES`, all of them in the order of their ids, and `BY_ID`: loaded where somebody asks for them."""
    if name == "RULES":
        return load(_MODULES)
    if name == "BY_ID":
        return {rule.id: rule for rule in load(_MODULES)}
    raise AttributeError(name)
