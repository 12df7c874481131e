"""What a report says to do about a finding: the words for what the plan has worked out.

A rule names its `cure`, by which it is worded here. A finding of a rule without one brings its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from crstandards.check.plan import Family, Plan, dropped, renamed, step_in
from crstandards.findings import Finding, Related, Rule, Step
from crstandards.model import ConnectionEntry, ConnectionReference, Flow, Solution
from crstandards.rules.copies import pattern_of, why_copy
from crstandards.rules.duplicates import MOST_SHOWN
from crstandards.rules.environments import Declaration, by_name, owners
from crstandards.rules.mending import against_merging
from crstandards.rules.usage import FlowUser, User, used_here
from crstandards.rules.wording import listed, listed_names

_LINES = 12
"""How many lines a list has."""
_LEFT_OVER = (
    "The solution does not list this flow, so perhaps the portal has it no more. If it was deleted there, "
    "delete the file, and this is mended."
)


def advised(finding: Finding, rule: Rule, plan: Plan) -> Finding:
    """A finding with what to do about it: in words, and as steps or as a question."""
    cure = _CURES.get(rule.cure)
    found = cure(finding, plan) if cure else finding
    solution = _solution(finding, plan) if finding.solution else None
    if rule.by_flow == "each" and solution and finding.place.path in solution.left_over:
        found = found._replace(help=f"{_LEFT_OVER}\n{found.help}")
    pattern = pattern_of(solution) if solution else ""
    if solution and pattern and (why := why_copy(solution, _alike(solution, plan))):
        copy = (
            f"This seems to be a copy that is only kept ({why}). If so, leave it out: [source] exclude = "
            f'["{pattern}"] in crstandards.toml.'
        )
        found = found._replace(help=f"{found.help}\n{copy}")
    return found if found.steps or found.decision else found._replace(decision=rule.decision)


def _alike(solution: Solution, plan: Plan) -> Iterable[Solution]:
    """The folders of the same solution; at a commit, others than the touched ones are not read for this."""
    return plan.world.called(solution.base_name) if plan.world.near is None else ()


def _solution(finding: Finding, plan: Plan) -> Solution | None:
    """The solution in which a finding is placed."""
    path = finding.place.path
    fitting = [
        solution
        for solution in plan.world.called(finding.solution.lower().partition("_patch_")[0])
        if solution.unique_name == finding.solution
        and (path.startswith(f"{solution.folder}/") or not solution.folder or solution.layout == "yaml")
    ]
    return max(fitting, key=lambda solution: len(solution.folder), default=None)


def _flow(finding: Finding, solution: Solution) -> Flow:
    return next(flow for flow in solution.flows if flow.path == finding.place.path)


def shown(reference: ConnectionReference) -> str:
    """A reference as the portal calls it, and its logical name."""
    name = reference.display_name.strip()
    return (
        f'"{name}" ({reference.logical_name})'
        if name and name != reference.logical_name
        else reference.logical_name
    )


# A raw connection, or an alias that got lost: CR101, CR502


def _use(finding: Finding, plan: Plan) -> Finding:
    solution = _solution(finding, plan)
    if solution is None or not solution.is_solution:
        return finding._replace(
            help="Add the flow to a solution, let its actions use connection references, and export it.",
            decision="Which solution does the flow belong to?",
        )
    flow, subject = _flow(finding, solution), finding.subject
    connector, alias = subject.connector or "", subject.alias or ""
    steps = plan.using(solution, flow, alias, connector)
    actions = listed([f'"{name}"' for name in subject.operations]) or "the actions of this connection"
    commit = "commit the solution" if solution.layout == "yaml" else "export and unpack again"
    place = (
        f'In Power Automate, open the flow "{solution.title(flow)}" from its solution; in {actions} choose'
    )
    if not steps:
        question = plan.question(solution, connector)
        candidates = solution.for_connector(connector)
        which = (
            f"one of {listed_names(candidates)}"
            if candidates
            else "a new one (New > More > Connection reference in the solution)"
        )
        return finding._replace(
            help=f"{question}\n{place} a connection reference: {which}. Save, and {commit}.",
            decision=question,
        )
    kept = plan.kept(solution, connector)
    assert kept is not None
    lines = [f"{place} {shown(kept)}. Save, and {commit}."]
    if solution.layout != "yaml":
        # Microsoft supports no editing of that source by hand.
        lines.append(
            f'In the source: set "connection" of "{alias}" to {{"connectionReferenceLogicalName": '
            f'"{kept.logical_name}"}}.'
        )
    return finding._replace(help="\n".join(lines), steps=tuple(steps))


# Several references for one connector: CR201, CR205, CR301, CR305


def _merge(finding: Finding, plan: Plan) -> Finding:
    family = _family(finding, plan)
    keep = family.keep.reference
    places = {member.place for member in finding.members}
    around = family.surplus if finding.involves else family.going_from.get(_home(finding, plan), ())
    surplus = sorted((item for item in around if item.reference.place in places), key=plan.is_old)
    gone = by_name(surplus)
    using = {key: family.users.get(key, ()) for key in gone}
    if not surplus and not family.question:
        family = family._replace(question=f"Can the agents use the connection of {keep.logical_name} too?")
    lines = list(_merged(family, gone, using))
    several = len(family.owners) > 1
    steps = plan.merging(family, surplus)
    return finding._replace(
        help="\n".join(lines),
        place=surplus[0].reference.place if surplus else finding.place,
        related=(
            Related(keep.place, f"{keep.logical_name}, the one to keep"),
            *(
                Related(item.reference.place, _declared(item, several))
                for item in surplus[1 : MOST_SHOWN if finding.involves else None]
            ),
            *(used_here(user) for users in using.values() for user in users[:MOST_SHOWN]),
        ),
        subject=finding.subject if finding.involves else finding.subject._replace(keep=keep.logical_name),
        steps=tuple(steps),
        decision=family.question,
    )


def _home(finding: Finding, plan: Plan) -> str:
    solution = _solution(finding, plan)
    assert solution is not None
    return solution.folder


def _family(finding: Finding, plan: Plan) -> Family:
    connector = finding.subject.connector or ""
    folder = finding.involves[0] if finding.involves else _home(finding, plan)
    family = plan.family(plan.solutions[folder], connector)
    assert family is not None
    return family


def _declared(item: Declaration, several: bool) -> str:
    return (
        f"{item.reference.logical_name} ({item.solution.shown_name})"
        if several
        else item.reference.logical_name
    )


def _merged(
    family: Family, gone: dict[str, list[Declaration]], using: dict[str, Sequence[User]]
) -> Iterator[str]:
    keep = family.keep
    several = len(family.owners) > 1
    of = f" of {keep.solution.shown_name}" if several else ""
    if family.is_unknown:
        yield f"Remove none of them yet: {family.question}"
        return
    if family.question:
        yield family.question
        yield f"Where one is enough, keep {shown(keep.reference)}{of} ({family.reason}):"
    else:
        yield f"Keep {shown(keep.reference)}{of} ({family.reason})."
    used = {key: users for key, users in using.items() if users}
    for key in list(used)[:_LINES]:
        where = f" of {listed(owners(gone[key]))}" if several else ""
        yield f"Move to it what uses {shown(gone[key][0].reference)}{where}, then remove that:"
        yield from _lines(used[key])
    if len(used) > _LINES:
        yield f"The same with {len(used) - _LINES} more references."
    unused = [shown(items[0].reference) for key, items in gone.items() if key not in used]
    if unused:
        them = "it" if len(unused) == 1 else "them"
        yield f"Remove {listed(unused)}: no flow, app or agent here uses {them}."
    moved = [user for users in used.values() for user in users]
    yield from _obstacles(moved, keep.reference)


def _lines(users: Sequence[User]) -> Iterator[str]:
    """One line for each flow, with its actions; one for each app or agent."""
    titles: dict[str, list[str]] = {}
    for user in users:
        actions = (
            [f'"{operation.name}"' for operation in user.flow.users(user.entry.alias)]
            if isinstance(user, FlowUser)
            else []
        )
        titles.setdefault(user.title(), []).extend(actions)
    for title, actions in list(titles.items())[:_LINES]:
        yield f"- {title}{': ' if actions else ''}{listed(actions)}"
    if len(titles) > _LINES:
        yield f"- {len(titles) - _LINES} more"


def _obstacles(users: Sequence[User], keep: ConnectionReference) -> Iterator[str]:
    """What makes moving more than a plain swap."""
    obstacles: dict[str, list[str]] = {}
    for user in users[:MOST_SHOWN]:
        for obstacle in user.obstacles(keep.key):
            obstacles.setdefault(obstacle, []).append(user.title())
    if obstacles:
        told = "; ".join(f"{listed(titles, 3)}: {obstacle}" for obstacle, titles in obstacles.items())
        yield f"Look at these first: {told}."


# One name declared twice, several aliases for one reference, what nothing uses: CR202, CR203, CR504


def _repeated(finding: Finding, plan: Plan) -> Finding:
    solution = _solution(finding, plan)
    assert solution is not None
    name = finding.subject.reference or ""
    again = solution.declarations(name.lower())[1:]
    steps = (
        step_in(solution, "drop", path=item.place.path, reference=name, number=number)
        for number, item in enumerate(again, 2)
    )
    return finding._replace(
        help="Keep one of the <connectionreference> elements and remove the others; they usually come from "
        "a merge.",
        steps=tuple(steps),
    )


def _one_alias(finding: Finding, plan: Plan) -> Finding:
    solution = _solution(finding, plan)
    assert solution is not None
    flow = _flow(finding, solution)
    key = plan.final(solution, flow.through((finding.subject.reference or "").lower())[0])
    first, *others = entries = [entry for entry in flow.entries if plan.final(solution, entry) == key]
    why = against_merging(solution, flow, entries) if _differ(entries) else ""
    gone = "the other entry" if len(others) == 1 else "the other entries"
    text = (
        f'In the source, let every trigger and action use the alias "{first.alias}", and remove {gone} from '
        "connectionReferences; the portal does not show aliases."
    )
    if why:
        return finding._replace(
            help=f"{text} They may be meant, though: {why}.", decision=f"Are both meant: {why}?"
        )
    steps = [
        step
        for entry in others
        for step in (
            step_in(
                solution,
                "rename",
                flow=flow.path,
                alias=entry.alias,
                actions=tuple(operation.name for operation in flow.users(entry.alias)),
                to=first.alias,
            ),
            step_in(solution, "drop", flow=flow.path, alias=entry.alias, after="rename"),
        )
    ]
    return finding._replace(help=text, steps=tuple(steps))


def _differ(entries: Iterable[ConnectionEntry]) -> bool:
    """Whether entries for one reference say something different of it, and may be meant."""
    return len({(item.runtime_source, item.impersonation, item.connector) for item in entries}) > 1


def _remove(finding: Finding, plan: Plan) -> Finding:
    solution = _solution(finding, plan)
    assert solution is not None
    names = finding.subject.names
    references = [solution.declared()[name.lower()] for name in names]
    them = "it" if len(names) == 1 else "them"
    steps = [step for item in references for step in plan.removal(solution, item)]
    return finding._replace(
        help=f"Remove {them} in the portal and export again, if nothing outside the repository uses {them} "
        f"either (Advanced > Show dependencies).\n{finding.help}",
        steps=(*steps, *plan.unbinding(solution, references)),
    )


# Deployment settings: CR601, CR602


def _bind(finding: Finding, plan: Plan) -> Finding:
    name, names = finding.subject.reference or "", finding.subject.environments
    steps: list[Step] = []
    family: Family | None = None
    for environment in plan.world.environments:
        if environment.name not in names or finding.subject.references or finding.severity:
            continue
        files = {file.path for file in environment.settings()}
        places = dict.fromkeys((finding.place.path, *(item.place.path for item in finding.related)))
        declaring = [one for one in environment.solutions if name.lower() in one.declared()][:1]
        for solution in declaring:
            reference = solution.declared()[name.lower()]
            family = family or plan.goes(solution, reference)
            for path in filter(files.__contains__, places):
                steps += plan.binding(solution, reference, path, environment.name)
    if not steps:
        return finding._replace(decision="Which connection is each of them to have?")
    if family:
        text = f"Add nothing: {name} goes, and {shown(family.keep.reference)} takes its place."
        return finding._replace(help=text, steps=tuple(dict.fromkeys(steps)))
    renamed = [step for step in steps if step.do == "rename"]
    if renamed:
        text = "\n".join(
            f"In {step.path}, let the entry for {step.from_} be for {step.to}." for step in renamed
        )
        return finding._replace(help=text, steps=tuple(dict.fromkeys(steps)))
    return finding._replace(steps=tuple(dict.fromkeys(steps)))


def _unbind(finding: Finding, plan: Plan) -> Finding:
    key, names = (finding.subject.reference or "").lower(), finding.subject.environments
    steps: list[Step] = []
    for environment in plan.world.environments:
        if environment.name not in names:
            continue
        entries = environment.entries.get(key, ())
        known = any(key in solution.declared() for solution in environment.solutions)
        meant = plan.meant.get((environment.name, key))
        rest = entries
        if meant and entries:
            steps.append(renamed(*entries[0], meant.logical_name, environment))
            rest = entries[1:]
        elif known:
            bound = [item for item in entries if item[1].connection]
            rest = [item for item in entries if item is not (bound or entries)[0]]
        steps += (dropped(file, entry, environment) for file, entry in rest)
    return finding._replace(steps=tuple(steps))


_CURES: dict[str, Callable[[Finding, Plan], Finding]] = {
    "use": _use,
    "merge": _merge,
    "repetition": _repeated,
    "aliases": _one_alias,
    "remove": _remove,
    "bind": _bind,
    "unbind": _unbind,
}
