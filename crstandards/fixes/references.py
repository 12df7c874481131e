"""Fixes of what a solution declares: references are merged, declared once, or removed.

What is removed goes from `Customizations.xml`, from the missing dependencies in `Solution.xml`, and from
deployment settings. Where anything else still names it, it stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from crstandards.check.fixable import against_editing, against_removing_repetitions
from crstandards.findings import Finding, Step
from crstandards.fixes.changes import Change, Drop, Plan, Put, Remove, document_of
from crstandards.fixes.edits import CannotEdit, dependencies, editable_text
from crstandards.fixes.flows import moved
from crstandards.fixes.jsonedit import quoted
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.scene import Scene
from crstandards.fixes.verify import JsonChange
from crstandards.model import ConnectionReference, Solution, World
from crstandards.rules.usage import FlowUser, OtherUser, User
from crstandards.rules.wording import count, listed
from crstandards.source.json import parse
from crstandards.source.text import SourceError

_LIST = "ConnectionReferences"
_LIMIT = 4 * 1024 * 1024
_LITERAL = re.compile(r"[0-9a-z-]{32,}")


def once(finding: Finding, scene: Scene) -> Plan:
    """Of equal declarations of one name, keep the first. Raises CannotEdit with the reason against it."""
    solution, name = scene.solution, finding.subject.reference or ""
    _refuse("it is removed altogether" if name.lower() in scene.removed else "")
    _refuse(against_removing_repetitions(solution, solution.declarations(name.lower())))
    return Plan(
        finding,
        f"solution {solution.unique_name} declares {name} once",
        (Remove(solution.customizations, "repetitions", name.lower()),),
        safe=True,
        kept=(name,),
    )


def remove(finding: Finding, scene: Scene) -> Plan:
    """Remove references that nothing uses. Raises CannotEdit with the reason against it."""
    _refuse(against_editing(scene.solution))
    _refuse("--keep-declarations keeps them" if scene.round.keep_declarations else "")
    names = list(finding.subject.names)
    changes, cautions = _removal(scene, names)
    return Plan(
        finding,
        f"solution {scene.solution.unique_name}: {listed(names)} removed, which nothing here uses",
        changes,
        safe=False,
        cautions=cautions,
        removed=tuple(names),
    )


def merge(finding: Finding, scene: Scene) -> Plan:
    """Move what uses surplus references to the one to keep, and remove those. Where nothing uses that one
    either, it goes too, if unused references are to be removed.

    Raises CannotEdit where moving is no plain swap, with the reason.
    """
    solution = scene.solution
    _refuse(against_editing(solution))
    members = [solution.declared()[name.lower()] for name in finding.subject.names]
    keep = (finding.subject.keep or "").lower()
    gone = {step.reference.lower() for step in finding.steps if step.do == "remove"}
    surplus = [item for item in members if item.key in gone or (not gone and item.key != keep)]
    _refuse_unlike(members)
    _refuse_excepted(finding.rule, scene, members)
    users = list(_movable((user for item in surplus for user in scene.users.get(item.key, ())), keep))
    _refuse(finding.decision)
    kept = solution.declared().get(keep)
    _refuse("" if kept else f"{finding.subject.keep} is declared in another solution")
    assert kept is not None
    names = [item.logical_name for item in surplus]
    if scene.round.keep_declarations:
        return _moved_only(finding, scene, users, kept, names)
    is_missed = not scene.missed.isdisjoint((kept.connector, ""))
    is_used = is_missed or bool(users) or kept.key in scene.used
    changes, cautions, last = _with_the_last(finding, scene, names, kept, is_used)
    told = f"{count(len(users), 'use')} moved to {kept.logical_name}. " if users else ""
    if not users and is_used:
        told = f"{kept.logical_name} kept. "
    told += f"Removed: {', '.join(names)}"
    if last:
        told += f"; then {last} too, as nothing uses it any more"
    elif not is_used:
        told += f"; nothing here uses {kept.logical_name} either"
    return Plan(
        finding,
        f"solution {solution.unique_name}: {told}",
        (*moved(scene, users, kept.logical_name), *changes),
        safe=False,
        brings=frozenset({"aliases", "remove"}),
        cautions=cautions,
        removed=(*names, *([last] if last else ())),
        kept=(kept.logical_name,) if is_used else (),
    )


def _moved_only(
    finding: Finding, scene: Scene, users: Sequence[FlowUser], keep: ConnectionReference, names: Sequence[str]
) -> Plan:
    """The first half of a merger, for a solution that is deployed managed: the declarations stay for now."""
    _refuse("" if users else f"--keep-declarations keeps {listed(names)}, and nothing in a flow uses them")
    uses = f"{count(len(users), 'use')} moved to {keep.logical_name}"
    return Plan(
        finding,
        f"solution {scene.solution.unique_name}: {uses}. Still declared: {', '.join(names)}",
        tuple(moved(scene, users, keep.logical_name)),
        safe=False,
        half=True,
        brings=frozenset({"aliases"}),
        kept=(keep.logical_name,),
    )


def _with_the_last(
    finding: Finding, scene: Scene, names: list[str], keep: ConnectionReference, is_used: bool
) -> tuple[tuple[Change, ...], tuple[str, ...], str]:
    """The removal of references, with the one that was to be kept, where nothing uses that either and it may
    go: its name comes last.
    """
    unused = scene.round.unused
    if unused and not is_used and not scene.world.is_excepted(unused, scene.solution, keep):
        try:
            return *_removal(scene, [*names, keep.logical_name]), keep.logical_name
        except CannotEdit:
            pass
    return *_removal(scene, names, keep.logical_name, finding.steps), ""


def _refuse(reason: str) -> None:
    if reason:
        raise CannotEdit(reason)


def _refuse_unlike(members: Sequence[ConnectionReference]) -> None:
    if len({(item.connector_id.lower(), item.custom_connector.lower()) for item in members}) > 1:
        raise CannotEdit("their connector ids differ, so they may not be one service")


def _refuse_excepted(rule: str, scene: Scene, members: Iterable[ConnectionReference]) -> None:
    excepted = [item.logical_name for item in members if scene.world.is_excepted(rule, scene.solution, item)]
    if excepted:
        raise CannotEdit(f"an exception covers {listed(excepted)}, but not all of them")


def _movable(users: Iterable[User], keep: str) -> Iterator[FlowUser]:
    for user in users:
        obstacles = user.obstacles(keep)
        if obstacles or isinstance(user, OtherUser):
            raise CannotEdit(f"{user.title()}: {obstacles[0]}")
        yield user


def _removal(
    scene: Scene, names: Sequence[str], keep: str = "", steps: Iterable[Step] = ()
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The changes that take references out of a solution, and what to look at afterwards. `keep` is what
    stands in for them, if anything; `steps` say which entries of settings are for that from then on.

    Raises CannotEdit with the reason against it.
    """
    solution, tree = scene.solution, scene.tree
    keys = frozenset(name.lower() for name in names)
    for key in keys:
        _refuse(against_removing_repetitions(solution, solution.declarations(key)))
    _refuse_unknown_users(scene, names)
    _refuse_other_users(scene, names)
    depending = tree.made_of(solution.manifest, dependencies)
    changes: list[Change] = [Remove(solution.customizations, "declarations", key) for key in keys]
    changes += (Remove(solution.manifest, "dependencies", key) for key in keys & depending.keys())
    cautions: list[str] = []
    declaring = scene.world.survey().declaring
    alone = {key for key in keys if all(_is_copy(other, solution) for other in declaring.get(key, ()))}
    renames = {(step.path, step.from_.lower()) for step in steps if step.do == "rename"}
    for settings in settings_files(tree, alone):
        gone = [name for name in names if name.lower() in alone and name.lower() in settings.entries]
        if not _belongs(settings.path, solution, scene.world):
            continue
        if keep and keep.lower() not in settings.entries:
            renamed = [name for name in gone if (settings.path, name.lower()) in renames]
            if not renamed:
                raise CannotEdit(
                    f"{settings.path} binds {listed(gone)}, but not {keep}: bind that there first"
                )
            changes.append(_renamed(tree, settings, renamed[0], keep))
            gone.remove(renamed[0])
        if keep and len(settings.connections((*gone, keep))) > 1:
            cautions.append(f"{settings.path} bound them to different connections")
        changes += without(settings, gone)
    return tuple(changes), tuple(cautions)


def _refuse_unknown_users(scene: Scene, names: Sequence[str]) -> None:
    """Raise CannotEdit where something may use these declarations of which nobody knows what it uses."""
    solution = scene.solution
    if solution.missing_flows:
        raise CannotEdit(
            f"the file of a flow is missing ({solution.missing_flows[0].path}), which may use them"
        )
    for name in names if scene.lost else ():
        reference = solution.declared()[name.lower()]
        if not scene.lost.isdisjoint((reference.connector, "")):
            raise CannotEdit(
                f"a flow has lost its reference for {reference.connector} (CR502), which may have been "
                f"{reference.logical_name}"
            )
    keys = frozenset(name.lower() for name in names)
    for other in scene.world.survey().unreadable:
        named = () if _is_copy(other, solution) else other.mentions(keys).names
        if named:
            raise CannotEdit(
                f"{other.unreadable[0].place.path} cannot be read, and its solution names {min(named)}"
            )


def _refuse_other_users(scene: Scene, names: Sequence[str]) -> None:
    """Raise CannotEdit where another solution lives on these declarations."""
    solutions = scene.world.solutions
    using: dict[int, list[str]] = {}
    for name in names:
        for number in scene.round.needing.get(name.lower(), ()):
            if not _is_copy(solutions[number], scene.solution):
                using.setdefault(number, []).append(name)
    if using:
        first = min(using)
        other = solutions[first]
        who = f"solution {other.unique_name}" if other.is_solution else f"a flow in {other.folder or '.'}"
        raise CannotEdit(f"{who} uses {listed(using[first])} too")


def _belongs(path: str, solution: Solution, world: World) -> bool:
    """Whether a settings file is this solution's, and not that of a copy which lies nearer to it."""

    def shared(folder: str) -> int:
        both = zip(path.split("/"), folder.split("/"), strict=False)
        return len(list(takewhile(lambda parts: parts[0] == parts[1], both)))

    return all(
        shared(other.folder) <= shared(solution.folder)
        for other in world.called(solution.base_name)
        if _is_copy(other, solution)
    )


def _is_copy(other: Solution, solution: Solution) -> bool:
    """Whether it is the same solution, here or in another folder."""
    return other.is_solution and other.unique_name.lower() == solution.unique_name.lower()


class Settings(NamedTuple):
    """One settings file: by the key of each reference that it speaks of, the entries, as their positions in
    the file's list and the connection ids that they bind.
    """

    path: str
    entries: Mapping[str, Sequence[tuple[str, str]]]

    def connections(self, names: Iterable[str]) -> frozenset[str]:
        """The literal connections that it binds these references to; tokens say nothing."""
        bound = (connection for name in names for _, connection in self.entries.get(name.lower(), ()))
        return frozenset(connection for connection in bound if _LITERAL.fullmatch(connection))


def settings_files(tree: Overlay, keys: Collection[str]) -> Iterator[Settings]:
    """The deployment settings of the repository that speak of one of these references."""
    # No fix makes a file one of another kind, or lets it speak of more.
    paths = tree.remembered("settings", lambda: _paths(tree))
    named = dict.fromkeys(path for key in sorted(keys) for path in paths.get(key, ()))
    settings = (tree.made_of(path, _read) for path in sorted(named))
    return (item for item in settings if item and not item.entries.keys().isdisjoint(keys))


def _paths(tree: Overlay) -> dict[str, list[str]]:
    """The paths of deployment settings, by the keys of the references that they speak of."""
    paths: dict[str, list[str]] = {}
    for file in tree.files():
        if file.kind == "file" and file.path.lower().endswith(".json"):
            settings = tree.made_of(file.path, _read)
            for key in settings.entries if settings else ():
                paths.setdefault(key, []).append(file.path)
    return paths


def _read(tree: Overlay, path: str) -> Settings | None:
    try:
        data = tree.data(path, _LIMIT)
        if b"LogicalName" not in data.replace(b"\0", b""):
            return None
        document = parse(editable_text(data))
    except (CannotEdit, SourceError):
        return None
    listed = document.get(_LIST) if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return None
    entries: dict[str, list[tuple[str, str]]] = {}
    for position, entry in enumerate(listed):
        name, connection = (
            entry.get(key) if isinstance(entry, dict) else None for key in ("LogicalName", "ConnectionId")
        )
        bound = connection.lower() if isinstance(connection, str) else ""
        entries.setdefault(name.lower() if isinstance(name, str) else "", []).append((str(position), bound))
    return Settings(path, entries)


def _renamed(tree: Overlay, settings: Settings, name: str, new: str) -> Put:
    """The change that makes a reference's entry one for another reference."""
    position, _ = settings.entries[name.lower()][0]
    route = (_LIST, position, "LogicalName")
    edit = document_of(tree, settings.path).replace_value(route, quoted(new))
    return Put(settings.path, edit, JsonChange(route, new))


def without(settings: Settings, names: Iterable[str]) -> Iterator[Drop]:
    """The changes that take references' entries out."""
    for name in names:
        for position, _ in settings.entries[name.lower()]:
            yield Drop(settings.path, (_LIST,), position)
