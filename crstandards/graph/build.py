"""From the solutions and what was found in them to the lines of the map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

from crstandards.findings import Link, Reported
from crstandards.graph import MARKS
from crstandards.model import Flow, Solution, World
from crstandards.rules.declarations import declaration_of

_ORDER: Final = list(MARKS)


class _Where(NamedTuple):
    """The lines that a mark is for: those of a reference ("": of none) that have what else is given."""

    reference: str
    solution: str = ""
    alias: str = ""
    connector: str = ""
    path: str = ""


class _Marked(NamedTuple):
    """A mark that findings have set, and `by` what they are suppressed, "" where they count."""

    mark: str
    by: str
    environments: tuple[str, ...]


def links_of(
    world: World, findings: Iterable[Reported], focus: Callable[[str], bool] = lambda folder: True
) -> tuple[Link, ...]:
    """The lines of the map, by solution, user and alias, for the solutions whose folder is in the focus.

    Of copies of one solution, only the one that speaks for it is drawn. What is wrong is taken from
    the findings, so that the map and the report agree.
    """
    marked: dict[_Where, list[_Marked]] = {}
    for reported in findings:
        for where, mark in _marks(reported):
            marked.setdefault(where, []).append(mark)
    chosen = _chosen(world, focus)
    calls = _calls(chosen)
    lines = [line for solution in chosen for line in _used(solution, world, calls)]
    used = {line.reference.lower() for line in lines}
    lines += [
        line for solution in chosen for line in _idle(solution, world) if line.reference.lower() not in used
    ]
    return tuple(_with_marks(line, marked) for line in sorted(lines, key=_position))


def _position(line: Link) -> tuple[object, ...]:
    return (line.solution.lower(), not line.user, line.user.lower(), line.path, line.alias.lower(), line)


def _chosen(world: World, focus: Callable[[str], bool]) -> list[Solution]:
    speaking = {solution.folder for solution in world.representatives}
    inside = [solution for solution in world.solutions if focus(solution.folder)]
    spoken_for = {solution.base_name for solution in inside if solution.folder in speaking}
    return [
        solution
        for solution in inside
        if not solution.is_solution or solution.folder in speaking or solution.base_name not in spoken_for
    ]


def _environments(solution: Solution, world: World) -> tuple[str, ...]:
    return tuple(environment.name for environment in world.environments_of(solution))


def _calls(chosen: Sequence[Solution]) -> Mapping[str, tuple[str, ...]]:
    """The paths of the flows that each flow runs, by its own path: of its own solution, or else of a sibling.

    A flow that is run and runs none is there with none.
    """
    paths: dict[str, dict[str, str]] = {}
    for solution in chosen:
        for flow in solution.flows:
            paths.setdefault(flow.guid, {}).setdefault(solution.folder, flow.path)
    found: dict[str, tuple[str, ...]] = {}
    for solution in chosen:
        for flow in solution.flows:
            meant = [paths[call.child] for call in flow.calls if call.child in paths]
            run = [there.get(solution.folder) or next(iter(there.values())) for there in meant]
            if run:
                found[flow.path] = tuple(dict.fromkeys(run))
    return {path: () for run in found.values() for path in run} | found


def _used(solution: Solution, world: World, calls: Mapping[str, tuple[str, ...]]) -> Iterator[Link]:
    environments = _environments(solution, world)
    for flow in solution.flows:
        lines = list(_lines(flow))
        if not lines and flow.path in calls:
            lines.append(("", "", "", ()))
        for alias, reference, connector, marks in lines:
            yield Link(
                kind="flow",
                user=solution.title(flow),
                path=flow.path,
                solution=solution.unique_name,
                alias=alias,
                reference=reference,
                connector=connector,
                environments=environments,
                marks=marks,
                calls=calls.get(flow.path, ()),
            )
    declaration = declaration_of(solution, world)
    for use in solution.uses:
        known = declaration(use.key)
        raw = "raw" if use.shared and not use.custom else "own"
        yield Link(
            kind=use.kind,
            user=use.name,
            path=use.place.path,
            solution=solution.unique_name,
            alias="",
            reference=use.reference,
            connector=use.connector or (known.connector if known else ""),
            environments=environments,
            marks=() if use.reference else (raw,),
        )


def _lines(flow: Flow) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """The alias, reference, connector and marks of a flow's entries, then of aliases that are lost."""
    known = {entry.alias.lower() for entry in flow.entries}
    for entry in flow.entries:
        yield entry.alias, entry.reference or "", entry.connector, () if entry.reference else ("raw",)
    for operation in () if flow.is_plain else flow.operations:
        if operation.alias.lower() not in known:
            known.add(operation.alias.lower())
            yield operation.alias, "", operation.connector, ("lost",)


def _idle(solution: Solution, world: World) -> Iterator[Link]:
    """What a solution declares, as if nothing used it."""
    for reference in solution.declared().values():
        yield Link(
            kind="",
            user="",
            path=reference.place.path,
            solution=solution.unique_name,
            alias="",
            reference=reference.logical_name,
            connector=reference.connector,
            environments=_environments(solution, world),
        )


def _marks(reported: Reported) -> Iterator[tuple[_Where, _Marked]]:
    """What a finding marks, and how."""
    finding = reported.finding
    mark = reported.rule.mark
    if not mark:
        return
    at_entry = finding.rule in ("CR101", "CR102", "CR502", "CR503")
    by = reported.suppressed.by if reported.suppressed else ""
    marked = _Marked(mark, by, tuple(finding.subject.environments))
    where = _Where(
        reference="",
        # Another solution may declare what this one lacks.
        solution=finding.solution.lower() if finding.rule == "CR501" else "",
        alias=(finding.subject.alias or "").lower() if at_entry else "",
        connector=(finding.subject.connector or "") if finding.rule == "CR102" else "",
        path=finding.place.path if at_entry else "",
    )
    for name in [""] if mark in ("raw", "lost") else finding.subject.names:
        yield where._replace(reference=name.lower()), marked


def _with_marks(line: Link, marked: Mapping[_Where, Iterable[_Marked]]) -> Link:
    given = (line.solution.lower(), line.alias.lower(), line.connector, line.path)
    wheres = {_Where(line.reference.lower(), *chosen) for chosen in product(*(("", one) for one in given))}
    found = [item for where in wheres for item in marked.get(where, ())]
    excused = {item.mark for item in found if item.by not in ("", "baseline")}
    counting = {item.mark for item in found if item.by in ("", "baseline")} | (set(line.marks) - excused)
    marks = counting | excused
    if found and all(item.by == "baseline" for item in found):
        marks.add("known")
    if excused and not any(MARKS[mark].weight for mark in counting):
        marks.add("allowed")
    unbound = {name for item in found if item.mark == "unbound" for name in item.environments}
    return line._replace(
        marks=tuple(sorted(marks, key=_ORDER.index)),
        unbound=tuple(name for name in line.environments if name in unbound),
    )
