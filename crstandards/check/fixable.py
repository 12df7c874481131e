"""What keeps `crstandards fix` from fixing a finding on its own.

A rule promises with these (`Finding.fixable`) exactly what the fix then does. Each answers with the
reason against, a clause without a full stop, or with "" where nothing stands against it.
"""

from collections.abc import Sequence

from crstandards.environments import World
from crstandards.model import ConnectionEntry, ConnectionReference, Flow, Solution
from crstandards.rules.wording import listed_names


def _first(*reasons: tuple[bool, str]) -> str:
    """The first reason that holds."""
    return next((reason for holds, reason in reasons if holds), "")


def against_editing(solution: Solution, *paths: str) -> str:
    """Why a solution's files must not be edited at all, or not these of them."""
    files = (*paths, solution.manifest, solution.customizations)
    unreadable = solution.unreadable_among(*files, anywhere=not paths)
    why = f"{unreadable.place.path} cannot be read: {unreadable.reason}" if unreadable else ""
    by_hand = "Microsoft does not support editing this source by hand: change it in the portal"
    return _first(
        (solution.layout == "yaml", by_hand),
        (not solution.is_solution, "it belongs to no solution"),
        (bool(why), why),
    )


def against_referring(
    solution: Solution, flow: Flow, entry: ConnectionEntry, world: World, chosen: bool = False
) -> str:
    """Why a raw entry cannot be given the solution's reference; `chosen` allows a choice of several."""
    connector, candidates = entry.connector, solution.for_connector(entry.connector)
    carries = f"a connection of {connector} carries its own endpoint, and may mean another service"
    several = f"the solution has several references for {connector}: {listed_names(candidates)}"
    return against_editing(solution, flow.path) or _first(
        (not candidates, f"the solution has no reference for {connector or 'its connector'} to use"),
        (connector in world.own_endpoint, carries),
        (not entry.plain, "the entry has not the shape that exports have"),
        (len(candidates) > 1 and not chosen, several),
    )


def against_removing_repetitions(solution: Solution, declarations: Sequence[ConnectionReference]) -> str:
    """Why all but the first declaration of a name cannot be removed."""
    differ = len({(item.connector_id, item.content) for item in declarations}) > 1
    name = declarations[0].logical_name
    return against_editing(solution) or _first(
        (differ, f"the declarations of {name} differ: decide which of them is right")
    )


def against_merging(solution: Solution, flow: Flow, entries: Sequence[ConnectionEntry]) -> str:
    """Why a flow's entries for one reference cannot become one, the first."""
    first, *others = entries
    named = flow.named_elsewhere
    is_named = "" in named or any(entry.alias.lower() in named for entry in others)
    return against_editing(solution, flow.path) or _first(
        (
            any(entry.runtime_source != first.runtime_source for entry in others),
            "the entries differ in runtimeSource",
        ),
        (
            any(entry.impersonation != first.impersonation for entry in others),
            "the entries differ in impersonation",
        ),
        (
            any(entry.connector != first.connector for entry in others),
            "the entries differ in their connector",
        ),
        (
            not all(entry.plain for entry in entries),
            "one of the entries has not the shape that exports have",
        ),
        (
            any(len(flow.called(entry.alias)) > 1 for entry in entries),
            "two aliases differ in nothing but letter case",
        ),
        (is_named, "the flow's definition names an alias otherwise than as an operation's host"),
    )
