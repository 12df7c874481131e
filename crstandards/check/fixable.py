"""What keeps `crstandards fix` from fixing a finding on its own.

A rule promises with these (`Finding.fixable`) exactly what the fix then does. Each answers with the
reason against, a clause without a full stop, or with "" where nothing stands against it.
"""

from collections.abc import Sequence

from crstandards.environments import World
from crstandards.model import ConnectionEntry, ConnectionReference, Flow, Solution
from crstandards.rules.wording import listed_names


def against_editing(solution: Solution, *paths: str) -> str:
    """Why a solution's files must not be edited at all, or not these of them."""
    if solution.layout == "yaml":
        return "Microsoft does not support editing this source by hand: change it in the portal"
    if not solution.is_solution:
        return "it belongs to no solution"
    if unreadable := solution.unreadable_among(
        *paths, solution.manifest, solution.customizations, anywhere=not paths
    ):
        return f"{unreadable.place.path} cannot be read: {unreadable.reason}"
    return ""


def against_referring(
    solution: Solution, flow: Flow, entry: ConnectionEntry, world: World, chosen: bool = False
) -> str:
    """Why a raw entry cannot be given the solution's reference; `chosen` allows a choice of several."""
    reason = against_editing(solution, flow.path)
    if reason:
        return reason
    candidates = solution.for_connector(entry.connector)
    if not candidates:
        return f"the solution has no reference for {entry.connector or 'its connector'} to use"
    if entry.connector in world.own_endpoint:
        return f"a connection of {entry.connector} carries its own endpoint, and may mean another service"
    if not entry.plain:
        return "the entry has not the shape that exports have"
    if len(candidates) > 1 and not chosen:
        return f"the solution has several references for {entry.connector}: {listed_names(candidates)}"
    return ""


def against_removing_repetitions(solution: Solution, declarations: Sequence[ConnectionReference]) -> str:
    """Why all but the first declaration of a name cannot be removed."""
    reason = against_editing(solution)
    if reason:
        return reason
    if len({(item.connector_id, item.content) for item in declarations}) > 1:
        return f"the declarations of {declarations[0].logical_name} differ: decide which of them is right"
    return ""


def against_merging(solution: Solution, flow: Flow, entries: Sequence[ConnectionEntry]) -> str:
    """Why a flow's entries for one reference cannot become one, the first."""
    reason = against_editing(solution, flow.path)
    if reason:
        return reason
    first, *others = entries
    if any(entry.runtime_source != first.runtime_source for entry in others):
        return "the entries differ in runtimeSource"
    if any(entry.impersonation != first.impersonation for entry in others):
        return "the entries differ in impersonation"
    if any(entry.connector != first.connector for entry in others):
        return "the entries differ in their connector"
    if not all(entry.plain for entry in entries):
        return "one of the entries has not the shape that exports have"
    if any(len(flow.called(entry.alias)) > 1 for entry in entries):
        return "two aliases differ in nothing but letter case"
    named = flow.named_elsewhere
    if "" in named or any(entry.alias.lower() in named for entry in others):
        return "the flow's definition names an alias otherwise than as an operation's host"
    return ""
