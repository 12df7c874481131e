"""Takes declared references out of a solution: their declarations, the dependencies that speak of
them, and their entries in deployment settings. Refuses where anything else still names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from crstandards.fixes.edits import CannotEdit, editable_text
from crstandards.fixes.overlay import Overlay
from crstandards.fixes.plan import FileChange, Scene, file_change
from crstandards.fixes.settings import settings_files, without
from crstandards.fixes.xmledit import characters, remove_elements
from crstandards.fixes.xmlverify import XmlRemoval
from crstandards.model import ConnectionReference, Solution, World
from crstandards.rules.mending import against_removing_repetitions
from crstandards.rules.usage import lost_connectors, users
from crstandards.rules.wording import listed
from crstandards.source.solution import read_customizations
from crstandards.source.xml import Attributes, scan

_DEPENDENCY = "id.connectionreferencelogicalname"
_AROUND_A_DEPENDENCY = ["SolutionManifest", "MissingDependencies", "MissingDependency"]


class Removal(NamedTuple):
    """The changes that take references out, and what to look at afterwards."""

    changes: tuple[FileChange, ...]
    cautions: tuple[str, ...]


def removal(scene: Scene, names: Sequence[str], keep: str = "") -> Removal:
    """Plan the removal of references from a solution; `keep` is what stands in for them, if anything.

    Raises CannotEdit with the reason against it.
    """
    solution, tree = scene.solution, scene.tree
    keys = frozenset(name.lower() for name in names)
    _refuse_unlike_repetitions(solution, keys)
    _refuse_unknown_users(scene.world, solution, keys)
    _refuse_other_users(scene.world, solution, names)
    changes = [_declarations(tree, solution, keys), *_dependencies(tree, solution, keys)]
    cautions: list[str] = []
    declaring = scene.world.survey().declaring
    alone = frozenset(
        key for key in keys if all(_is_copy(other, solution) for other in declaring.get(key, ()))
    )
    for settings in settings_files(tree, alone):
        gone = alone & settings.names
        if not _belongs(settings.path, solution, scene.world):
            continue
        if keep and keep.lower() not in settings.names:
            bound = listed([name for name in names if name.lower() in gone])
            raise CannotEdit(f"{settings.path} binds {bound}, but not {keep}: bind that there first")
        if keep and len(settings.connections(gone | {keep.lower()})) > 1:
            cautions.append(f"{settings.path} bound them to different connections")
        changes.append(without(tree, settings, gone))
    return Removal(tuple(changes), tuple(cautions))


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


def _refuse_other_users(world: World, solution: Solution, names: Sequence[str]) -> None:
    """Raise CannotEdit where another solution lives on these declarations."""
    wanted = world.survey().wanted
    is_wanted = any(wanted.get(name.lower(), frozenset()) - {solution.unique_name.lower()} for name in names)
    for other in world.solutions:
        # Of flows without a solution, the survey does not speak.
        if _is_copy(other, solution) or (other.is_solution and not is_wanted):
            continue
        needed = {user.key for user in users(other)} - other.declared().keys()
        needed |= {dependency.key for dependency in other.missing}
        used = [name for name in names if name.lower() in needed]
        if used:
            who = f"solution {other.unique_name}" if other.is_solution else f"a flow in {other.folder or '.'}"
            raise CannotEdit(f"{who} uses {listed(used)} too")


def _refuse_unlike_repetitions(solution: Solution, keys: frozenset[str]) -> None:
    """Raise CannotEdit where one of the declarations of a name, which would all go, says something else."""
    declared: dict[str, list[ConnectionReference]] = {}
    for item in solution.references:
        if item.key in keys:
            declared.setdefault(item.key, []).append(item)
    for declarations in declared.values():
        reason = against_removing_repetitions(solution, declarations)
        if reason:
            raise CannotEdit(reason)


def _refuse_unknown_users(world: World, solution: Solution, keys: frozenset[str]) -> None:
    """Raise CannotEdit where something may use these declarations of which nobody knows what it uses."""
    if solution.missing_flows:
        raise CannotEdit(
            f"the file of a flow is missing ({solution.missing_flows[0].path}), which may use them"
        )
    lost = lost_connectors(solution)
    for key, reference in solution.declared().items():
        if key in keys and not lost.isdisjoint((reference.connector, "")):
            raise CannotEdit(
                f"a flow has lost its reference for {reference.connector} (CR502), which may have been "
                f"{reference.logical_name}"
            )
    for other in world.survey().unreadable:
        named = () if _is_copy(other, solution) else other.mentions(keys).names
        if named:
            raise CannotEdit(
                f"{other.unreadable[0].place.path} cannot be read, and its solution names {min(named)}"
            )


def _is_copy(other: Solution, solution: Solution) -> bool:
    """Whether it is the same solution, here or in another folder."""
    return other.is_solution and other.unique_name.lower() == solution.unique_name.lower()


def _declarations(tree: Overlay, solution: Solution, keys: frozenset[str]) -> FileChange:
    data = tree.data(solution.customizations)
    declared = read_customizations(data).references
    starts = [item.offset for item in declared if item.logical_name.lower() in keys]
    edits = remove_elements(editable_text(data), characters(data, starts))
    return file_change(solution.customizations, data, edits, (XmlRemoval("declarations", keys),))


def _dependencies(tree: Overlay, solution: Solution, keys: frozenset[str]) -> Iterator[FileChange]:
    data = tree.data(solution.manifest)
    starts = _dependency_offsets(data, keys)
    if starts:
        edits = remove_elements(editable_text(data), characters(data, starts))
        yield file_change(solution.manifest, data, edits, (XmlRemoval("dependencies", keys),))


def _dependency_offsets(data: bytes, keys: frozenset[str]) -> list[int]:
    """Where the `<MissingDependency>` begin that require these references, or serve them."""
    found: list[int] = []
    path: list[tuple[str, int]] = []

    def start(name: str, attributes: Attributes, offset: int) -> None:
        around = path[1:]
        path.append((name, offset))
        if [holder for holder, _ in around] == _AROUND_A_DEPENDENCY and (
            _DEPENDENCY in attributes and attributes[_DEPENDENCY].lower() in keys
        ):
            found.append(around[-1][1])

    def end(name: str, text: str) -> None:
        path.pop()

    scan(data, start, end)
    return list(dict.fromkeys(found))
