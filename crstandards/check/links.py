"""From the solutions and what was found in them to the lines of the map."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from crstandards.environments import World
from crstandards.model import Solution, sorted_out
from crstandards.reported import MARKS, Link, Reported
from crstandards.rules.declarations import declaration_of
from crstandards.rules.wording import connector_name

_ORDER: Final = list(MARKS)

Where = tuple[str, str, str]
"""The lines that a finding marks, in lower case: those of a reference ("": of none); in a file or all; of one
alias, connector or solution, or all.
"""


def links_of(
    world: World, findings: Iterable[Reported], focus: Callable[[str], bool] = lambda folder: True
) -> tuple[Link, ...]:
    """The lines of the map, by solution, user and alias, for the solutions whose folder is in the focus.

    Of copies of one solution, only the one that speaks for it is drawn. What is wrong is taken from
    the findings, so that the map and the report agree.
    """
    marked = sorted_out(
        (where, reported) for reported in findings if reported.rule.mark for where in _marked(reported)
    )
    chosen = _chosen(world, focus)
    calls = _calls(chosen)
    lines = [line for solution in chosen for line in _used(solution, world, calls)]
    used = {line.reference.lower() for line in lines}
    for solution in chosen:
        unused = (one for key, one in solution.declared().items() if key not in used)
        nobody = _line(solution, world)
        lines += (
            nobody._replace(path=one.place.path, reference=one.logical_name, connector=one.connector)
            for one in unused
        )
    references = {key: one for solution in chosen for key, one in solution.declared().items()}
    named = cache(lambda connector: connector_name(connector, *chosen))

    def named_line(line: Link) -> Link:
        reference = references.get(line.reference.lower())
        return line._replace(
            shown=(reference.display_name.strip() if reference else "", named(line.connector))
        )

    return tuple(named_line(_with_marks(line, marked)) for line in sorted(lines, key=_position))


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


def _line(solution: Solution, world: World) -> Link:
    """A line of a solution, of which the rest is to be filled in."""
    environments = tuple(environment.name for environment in world.environments_of(solution))
    return Link("", "", "", solution.unique_name, "", "", "", environments)


def _used(solution: Solution, world: World, calls: Mapping[str, tuple[str, ...]]) -> Iterator[Link]:
    """A line for each entry of a flow, each alias that is lost, and each use by an app or agent."""
    blank = _line(solution, world)
    for flow in solution.flows:
        of_flow = blank._replace(
            kind="flow", user=solution.title(flow), path=flow.path, calls=calls.get(flow.path, ())
        )
        known = {entry.alias.lower() for entry in flow.entries}
        for entry in flow.entries:
            line = of_flow._replace(alias=entry.alias, connector=entry.connector)
            yield (
                line._replace(reference=entry.reference) if entry.reference else line._replace(marks=("raw",))
            )
        for operation in () if flow.is_plain else flow.operations:
            if operation.alias.lower() not in known:
                known.add(operation.alias.lower())
                yield of_flow._replace(alias=operation.alias, connector=operation.connector, marks=("lost",))
        if not known and flow.path in calls:
            yield of_flow
    declaration = declaration_of(solution, world)
    for use in solution.uses:
        known_as = declaration(use.key)
        raw = "raw" if use.shared and not use.custom else "own"
        yield blank._replace(
            kind=use.kind,
            user=use.name,
            path=use.place.path,
            reference=use.reference,
            connector=use.connector or (known_as.connector if known_as else ""),
            marks=() if use.reference else (raw,),
        )


def _marked(reported: Reported) -> Iterator[Where]:
    """The lines that a finding marks."""
    finding, subject, mark = reported.finding, reported.finding.subject, reported.rule.mark
    # An entry of a flow is told by its alias, what an app uses without a reference by its connector.
    use = subject.connector if mark == "raw" and subject.alias is None else subject.alias
    # Another solution may declare what one lacks.
    apart = finding.solution if mark == "undeclared" else ""
    path, detail = ("", apart) if use is None else (finding.place.path, use)
    for name in ("",) if mark in ("raw", "lost") else subject.names:
        yield name.lower(), path, detail.lower()


def _with_marks(line: Link, marked: Mapping[Where, Iterable[Reported]]) -> Link:
    name = line.reference.lower()
    wheres = {
        *((name, "", ""), (name, "", line.solution.lower())),
        *((name, line.path, line.alias.lower()), (name, line.path, line.connector)),
    }
    found = [item for where in wheres for item in marked.get(where, ())]
    told = [(item.rule.mark, item.suppressed.by if item.suppressed else "") for item in found]
    excused = {mark for mark, by in told if by not in ("", "baseline")}
    counting = {mark for mark, by in told if by in ("", "baseline")} | (set(line.marks) - excused)
    marks = counting | excused
    if told and all(by == "baseline" for _, by in told):
        marks.add("known")
    if excused and not any(MARKS[mark].weight for mark in counting):
        marks.add("allowed")
    unbound = {
        name for item in found if item.rule.mark == "unbound" for name in item.finding.subject.environments
    }
    return line._replace(
        marks=tuple(sorted(marks, key=_ORDER.index)),
        unbound=tuple(name for name in line.environments if name in unbound),
    )
