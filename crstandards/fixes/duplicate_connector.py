"""CR201: what uses a surplus reference is moved to the one to keep, and the surplus ones go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crstandards.findings import Finding
from crstandards.fixes.choice import choice
from crstandards.fixes.edits import CannotEdit, TextEdit, editable_text
from crstandards.fixes.jsonedit import Document, quoted
from crstandards.fixes.jsonverify import JsonChange
from crstandards.fixes.plan import FileChange, Plan, Scene, file_change
from crstandards.fixes.removal import removal
from crstandards.model import ConnectionEntry, ConnectionReference, Solution, World
from crstandards.rules.mending import against_editing
from crstandards.rules.usage import FlowUser, OtherUser, User, by_key, missed_connectors, users, users_of
from crstandards.rules.wording import count, listed
from crstandards.source.json import parse

_NAME = "connectionReferenceLogicalName"


def plan(finding: Finding, scene: Scene) -> Plan:
    """Plan the whole group's merging. Raises CannotEdit where moving is no plain swap, with the reason."""
    world, solution, _, tree = scene
    reason = against_editing(solution)
    if reason:
        raise CannotEdit(reason)
    group = {str(name).lower() for name in finding.data["references"]}
    members = [item for key, item in solution.declared().items() if key in group]
    keep = next(item for item in members if item.logical_name == finding.data["keep"])
    surplus = [item for item in members if item is not keep]
    _refuse_unlike(members)
    _refuse_excepted(world, solution, members)
    _refuse_other_copy(world, solution, keep)
    using = by_key(users(solution))
    moved = list(_movable((user for item in surplus for user in using.get(item.key, ())), keep))
    names = [item.logical_name for item in surplus]
    removed = removal(scene, names, keep.logical_name)
    flows: dict[str, list[FlowUser]] = {}
    for user in moved:
        flows.setdefault(user.flow.path, []).append(user)
    changes = [
        _moved(tree.data(path), path, [user.entry for user in found], keep.logical_name)
        for path, found in flows.items()
    ]
    is_wanted = not missed_connectors(solution).isdisjoint((keep.connector, ""))
    is_used = is_wanted or bool(moved) or keep.key in users_of(solution, world)
    return Plan(
        finding,
        f"solution {solution.unique_name}: {_told(keep.logical_name, len(moved), is_used, listed(names))}",
        (*changes, *removed.changes),
        safe=False,
        brings=frozenset({"CR203", "CR504"}),
        cautions=removed.cautions,
        removed=tuple(names),
        kept=(keep.logical_name,) if is_used else (),
    )


def _told(keep: str, moved: int, is_used: bool, gone: str) -> str:
    """What is done, as a clause. Of what nothing uses it is not said that it is kept: CR504 comes next."""
    if moved:
        return f"{count(moved, 'use')} moved to {keep}, {gone} removed"
    return f"{keep} kept, {gone} removed" if is_used else f"{gone} removed; nothing here uses {keep} either"


def _refuse_unlike(members: Sequence[ConnectionReference]) -> None:
    if len({(item.connector_id.lower(), item.custom_connector.lower()) for item in members}) > 1:
        raise CannotEdit("their connector ids differ, so they may not be one service")


def _refuse_excepted(world: World, solution: Solution, members: Iterable[ConnectionReference]) -> None:
    excepted = [item.logical_name for item in members if world.is_excepted("CR201", solution, item)]
    if excepted:
        raise CannotEdit(f"an exception covers {listed(excepted)}, but not all of them")


def _refuse_other_copy(world: World, solution: Solution, keep: ConnectionReference) -> None:
    """Copies of a solution must not drift apart: the one that speaks for them all decides."""
    for speaking in world.representatives:
        if speaking.unique_name.lower() != solution.unique_name.lower() or speaking.folder == solution.folder:
            continue
        group = [item for item in speaking.declared().values() if item.connector == keep.connector]
        if group and choice(group, speaking, world).key != keep.key:
            raise CannotEdit(
                f"the copy of the solution in {speaking.folder or '.'} keeps another reference; mend one of "
                "them, and make the other anew or leave it out ([source] exclude)"
            )


def _movable(users: Iterable[User], keep: ConnectionReference) -> Iterator[FlowUser]:
    for user in users:
        obstacles = user.obstacles(keep.key)
        if obstacles or isinstance(user, OtherUser):
            raise CannotEdit(f"{user.title()}: {obstacles[0]}")
        yield user


def _moved(data: bytes, path: str, entries: Sequence[ConnectionEntry], name: str) -> FileChange:
    """The change that gives entries of a flow another reference."""
    document = Document(editable_text(data))
    read = parse(document.text)
    edits: list[TextEdit] = []
    changes: list[JsonChange] = []
    for entry in entries:
        written = read["properties"]["connectionReferences"][entry.alias]
        inner = written.get("connection")
        for route, holder in (((*entry.route, "connection"), inner), (entry.route, written)):
            named = holder.get(_NAME) if isinstance(holder, dict) else None
            if isinstance(named, str) and named.lower() == entry.key:
                edits.append(document.replace_value((*route, _NAME), quoted(name)))
                changes.append(JsonChange((*route, _NAME), name))
    return file_change(path, data, edits, tuple(changes))
