"""The rules, one file each, in a folder for what must be there so that they can find anything.

A rule's file is called `cr<number>_<name>.py` and begins with its `RULE`; what it finds is told by its
functions `per_solution` and `overall`. It is found by the index, which is generated from the folders.
"""

from __future__ import annotations

from crstandards.rules.index import INDEX

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


FORMER_NAMES = {"raw-canvas-connection": "CR102"}
"""The names under which rules were known before: they stay good where a rule is asked for by name."""

_LOADED: dict[str, Rule] = {}


def names() -> Mapping[str, str]:
    """The names of all rules by id, in order, without loading any: that takes long."""
    return {rule: name for rule, (_, name, _, _) in INDEX.items()}


def rule_named(asked: str) -> str:
    """The id of a rule that is asked for by id or name. Raises UsageError where there is none."""
    ids = {word: rule for rule, name in names().items() for word in (rule.lower(), name)} | FORMER_NAMES
    wanted = asked.strip().lower()
    if wanted in ids:
        return ids[wanted]
    from crstandards.errors import UsageError, nearest

    near = ids.get(nearest(wanted, ids))
    hint = f"did you mean {near} ({names()[near]})?" if near else "'crstandards rules' lists them"
    raise UsageError(f"no rule is called {asked!r}; {hint}")


def load(ids: Collection[str], needs: Collection[str] = NEEDS) -> tuple[Rule, ...]:
    """The rules of these ids, in order, as far as no more is needed for them than is there."""
    return tuple(_load(rule) for rule, (need, *_) in INDEX.items() if rule in ids and need in needs)


def _load(rule_id: str) -> Rule:
    if rule_id not in _LOADED:
        from importlib import import_module

        need, name, _, _ = INDEX[rule_id]
        module = import_module(f"crstandards.rules.{need}.{rule_id.lower()}_{name.replace('-', '_')}")
        functions = {key: getattr(module, key, None) for key in ("per_solution", "overall")}
        _LOADED[rule_id] = module.RULE._replace(needs=need, **functions)
    return _LOADED[rule_id]


def __getattr__(name: str) -> object:
    """`RULES`, all of them in the order of their ids, and `BY_ID`: loaded where somebody asks for them."""
    if name == "RULES":
        return load(INDEX)
    if name == "BY_ID":
        return {rule.id: rule for rule in load(INDEX)}
    raise AttributeError(name)
