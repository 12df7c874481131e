"""CR504: declared references that nothing uses."""

from collections import Counter

from crstandards.findings import Finding, Findings, Related, Rule, Solution, Subject, World
from crstandards.rules.duplicates import groups
from crstandards.rules.usage import missed_connectors, users
from crstandards.rules.wording import count, listed, listed_names

RULE = Rule(
    id="CR504",
    name="unused-reference",
    severity="warning",
    since="0.1.0",
    summary="declared connection references that nothing uses",
    see="https://learn.microsoft.com/power-platform/alm/removing-dependencies",
    mark="unused",
    cure="remove",
    is_fixable=True,
    data=("references",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each solution, placed at the first such reference.

    Who uses a reference is known only when everything was read; and a name that stands anywhere else
    in the solution's files may be a use that nobody knows how to read. What a flow or app uses whose file
    is missing (CR509, CR901), nobody knows. A reference that some action or app should use is not called
    unused.
    """
    if not world.whole or not solution.is_solution or solution.missing_flows:
        return
    if any(item.absent for item in solution.unreadable):
        return
    declared = solution.declared()
    silent = {reference.key for _, references in groups(solution) for reference in references}
    silent |= {
        key
        for environment in world.environments_of(solution)
        for key in declared.keys() & world.duplicates().get(environment.name, ())
    }
    around = world.survey()
    own = solution.unique_name.lower()
    used = {user.key for user in users(solution)}
    missed = missed_connectors(solution)
    silent |= {key for key, item in declared.items() if not missed.isdisjoint((item.connector, ""))}
    wanted = frozenset(
        key for key in declared.keys() - silent - used if not around.wanted.get(key, frozenset()) - {own}
    )
    if not wanted:
        return
    searched = solution.mentions(wanted)
    wanted -= searched.names
    # A name may stand in what could not be read.
    for other in around.unreadable:
        if wanted and other.unique_name.lower() != own:
            wanted -= other.mentions(wanted).names
    unused = [reference for key, reference in declared.items() if key in wanted]
    if not unused or searched.unread:
        return
    names = [reference.logical_name for reference in unused]
    # A copy of the same solution is checked for itself.
    others = around.folders - sum(_is_copy(other, solution) for other in world.called(solution.base_name))
    yield Finding(
        rule=RULE.id,
        solution=solution.unique_name,
        place=unused[0].place,
        message=(
            f"Nothing uses {count(len(names), 'connection reference')} of solution {solution.unique_name}: "
            f"{listed_names(unused)}."
        ),
        help=f"Looked at {_places(solution, others, searched.files)}"
        f"{f'; not into {listed(searched.copies)}, packed copies of it' if searched.copies else ''}.",
        identity=(solution.base_name, *sorted(name.lower() for name in names)),
        subject=Subject(references=names),
        related=tuple(Related(item.place, item.logical_name) for item in unused[1:]),
    )


def _is_copy(other: Solution, solution: Solution) -> bool:
    return other.is_solution and other.unique_name.lower() == solution.unique_name.lower()


def _places(solution: Solution, others: int, files: int) -> str:
    uses = {(use.kind, use.name) for use in solution.uses}
    kinds = Counter(kind for kind, _ in uses)
    numbers = (
        (len(solution.flows), "flow"),
        *((kinds[kind], kind) for kind in ("canvas app", "code app", "agent")),
        (others, "other solution"),
    )
    words = f"every word of the solution's {count(files, 'file')}, packed apps too"
    return listed([*(count(number, noun) for number, noun in numbers if number), words])
