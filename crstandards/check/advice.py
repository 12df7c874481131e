"""What a report says to do about a finding: the words for what the plan has worked out.

A rule names its `cure`, by which it is worded here. A finding of a rule without one brings its own words.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain

from crstandards.check import fixable
from crstandards.check.families import Family
from crstandards.check.plan import Plan, actions_in, moved, step_in
from crstandards.check.world import pattern_of, why_copy
from crstandards.findings import Finding, Related, Rule, Step
from crstandards.model import ConnectionReference, Flow, Solution
from crstandards.rules.declarations import Declaration, by_name, grouped, owners
from crstandards.rules.duplicates import MOST_SHOWN, is_agents_own
from crstandards.rules.usage import FlowUser, User, lost, used_here
from crstandards.rules.wording import (
    actions_of,
    count,
    exported,
    listed,
    listed_names,
    shown_action,
    shown_connector,
    shown_reference,
)

_LINES = 12
"""How many lines a list has."""
_ACTIONS = 3
"""How many actions of a flow are named; steps name all."""
_LEFT_OVER = "The solution does not list this flow. If it was deleted in the portal, delete the file here."
_IN_TWO = "Deployed as managed? Remove only in a later version (8004F01F)."
_AGENTS = (
    "Copilot Studio made {} for its agents: remove none here. There, Settings > Connection Settings of each "
    "agent lists the connections and the tools that use them. If each is needed, allow them by an exception."
)
_NOWHERE = Solution("", "loose")


def advised(finding: Finding, rule: Rule, plan: Plan) -> Finding:
    """A finding with what to do about it: in words, and as steps or as a question."""
    solution = _solution(finding, plan)
    cure = _CURES.get(rule.cure)
    found = cure(finding, plan, solution) if cure else finding
    solution = solution if finding.solution else _NOWHERE
    if rule.in_flow and finding.place.path in solution.left_over:
        found = found._replace(help=f"{_LEFT_OVER}\n{found.help}")
    pattern = pattern_of(solution) if finding.solution else ""
    # At a commit, others than the touched solutions are not read for this.
    alike = plan.world.called(solution.base_name) if pattern and plan.world.near is None else ()
    if pattern and (why := why_copy(solution, alike)):
        copy = (
            f"This seems to be a copy that is only kept ({why}). If so, leave it out: [source] exclude = "
            f'["{pattern}"] in crstandards.toml.'
        )
        found = found._replace(help=f"{found.help}\n{copy}")
    return found if found.steps or found.decision else found._replace(decision=rule.decision)


def _solution(finding: Finding, plan: Plan) -> Solution:
    """The solution in which a finding is placed; outside of one, what holds its flow, or an empty one."""
    path = finding.place.path
    named = finding.solution.lower().partition("_patch_")[0]
    if not named:
        without = plan.world.called("")
        around = next((one for one in without if any(flow.path == path for flow in one.flows)), None)
        # A solution whose manifest cannot be read has no name either.
        return around or _around(path, finding.solution, without) or _NOWHERE
    # At a commit, those that are touched are at hand, and the others are not read yet.
    return _around(path, finding.solution, plan.world.near or ()) or (
        _around(path, finding.solution, plan.world.called(named)) or _NOWHERE
    )


def _around(path: str, name: str, solutions: Iterable[Solution]) -> Solution | None:
    """The innermost solution of a name around a path."""
    fitting = (
        solution
        for solution in solutions
        if solution.unique_name == name and (path.startswith(f"{solution.home}/") or not solution.home)
    )
    return max(fitting, key=lambda solution: len(solution.home), default=None)


def _flow(finding: Finding, solution: Solution) -> Flow:
    return next(flow for flow in solution.flows if flow.path == finding.place.path)


# A raw connection, or an alias that got lost


def _use(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    if not solution.is_solution:
        return finding._replace(
            help="Add the flow to a solution, let its actions use connection references, and export it.",
            decision="Which solution does the flow belong to?",
        )
    flow, subject = _flow(finding, solution), finding.subject
    connector, alias = subject.connector or "", subject.alias or ""
    entry = next((one for one in flow.called(alias) if one.route == finding.place.at), None)
    is_fixable = entry is not None and not fixable.against_referring(solution, flow, entry, plan.world)
    actions = listed([*map(shown_action, subject.operations)]) or "the actions of this connection"
    commit = "commit the solution" if solution.layout == "yaml" else "export and unpack again"
    place = (
        f'In Power Automate, open the flow "{solution.title(flow)}" from its solution; in {actions} choose'
    )
    kept, family = plan.families.kept(solution, connector), plan.families.of(solution, connector)
    if kept is None:
        service = shown_connector(connector, solution) or "the connector"
        new = f"Which connection is a new reference for {service} to have?"
        question = family.question if family else new
        candidates = solution.for_connector(connector)
        which = (
            f"one of {listed_names(candidates)}"
            if candidates
            else "a new one (New > More > Connection Reference in the solution)"
        )
        advice = f"{question}\n{place} a connection reference: {which}. Save, and {commit}."
        return finding._replace(help=advice, decision=question, fixable=is_fixable)
    lines = [f"{place} {shown_reference(kept)}. Save, and {commit}."]
    if solution.layout != "yaml":
        # Microsoft supports no editing of that source by hand.
        lines.append(
            f'In the source: set "connection" of "{alias}" to {{"connectionReferenceLogicalName": '
            f'"{kept.logical_name}"}}.'
        )
    step = step_in(
        solution,
        "use",
        flow=flow.path,
        alias=alias,
        actions=actions_in(flow, alias),
        to=kept.logical_name,
        connector=kept.connector_id,
    )
    return finding._replace(help="\n".join(lines), steps=(step,), fixable=is_fixable)


def _replace(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    flow, kept = _flow(finding, solution), plan.families.kept(solution, finding.subject.connector or "")
    if kept is None or plan.is_unused(solution, kept):
        return finding
    entry = next(one for one in flow.entries if one.route == finding.place.at)
    return finding._replace(
        help=f'In Power Automate, open the flow "{solution.title(flow)}" from its solution; in '
        f"{actions_of(flow, entry)} choose {shown_reference(kept)} in place of {entry.reference}. "
        f"Save, and {exported(solution)}.",
        steps=(moved(FlowUser(solution, flow, entry), kept.logical_name),),
    )


# Several references for one connector


def _merge(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    home = plan.families.solutions[finding.involves[0]] if finding.involves else solution
    family = plan.families.of(home, finding.subject.connector or "")
    assert family is not None
    keep = family.keep.reference
    places = {member.place for member in finding.members}
    around = family.surplus if finding.involves else family.going_from.get(home.folder, ())
    surplus = sorted((item for item in around if item.reference.place in places), key=plan.families.is_old)
    gone = by_name(surplus)
    if not surplus and not family.question:
        family = family._replace(question=f"Can the agents use the connection of {keep.logical_name} too?")
    users = (user for key in gone for user in family.users.get(key, ())[:MOST_SHOWN])
    shown_members = surplus[1 : MOST_SHOWN if finding.involves else None]
    return finding._replace(
        help="\n".join(_merged(family, gone, bool(finding.involves), plan.families.world.own_endpoint)),
        place=surplus[0].reference.place if surplus else finding.place,
        related=(
            Related(keep.place, f"{keep.logical_name}, to keep"),
            *(Related(item.reference.place, _declared(item, surplus[0], family)) for item in shown_members),
            *map(used_here, users),
        ),
        subject=finding.subject if finding.involves else finding.subject._replace(keep=keep.logical_name),
        steps=tuple(plan.merging(family, surplus)),
        decision=family.question,
    )


def _declared(item: Declaration, first: Declaration, family: Family) -> str:
    is_beside = item.reference.place.path == first.reference.place.path or not family.is_shared
    return item.reference.logical_name + ("" if is_beside else f" ({item.solution.shown_name})")


def _merged(
    family: Family, gone: dict[str, list[Declaration]], is_between: bool, own_endpoint: Collection[str]
) -> Iterator[str]:
    keep = family.keep
    of = f" of {keep.solution.shown_name}" if family.is_shared else ""
    if family.is_unknown:
        yield f"Remove none of them yet: {family.question}"
        return
    names = {key: shown_reference(items[0].reference) for key, items in gone.items()}
    if is_between:
        # CR201 has the logical names; these are many, and the solution of each is named.
        titles = {
            key: items[0].reference.display_name.strip() for key, items in by_name(family.members).items()
        }
        often = Counter(titles.values())
        names |= {
            key: f'"{titles[key]}"' for key in gone if names[key].startswith('"') and often[titles[key]] == 1
        }
    why = family.why(chain(*gone.values()), names)
    own = [item for item in family.members if is_agents_own(item.reference.logical_name)]
    if not gone or (family.question and len(own) == len(family.members)):
        yield family.question
        if keep not in own:
            yield f"Keep {shown_reference(keep.reference)}{of} for flows."
        yield _AGENTS.format(listed_names([items[0].reference for items in by_name(own).values()]))
        return
    if family.question:
        yield family.question
        if family.connector in own_endpoint:
            yield "If each leads to another one, keep them, and say so in an exception ([[exceptions]])."
        yield f"Where one is enough, keep {shown_reference(keep.reference)}{of} ({why}):"
    else:
        yield f"Keep {shown_reference(keep.reference)}{of} ({why})."
    used = {key: users for key in gone if (users := family.users.get(key, ()))}
    homes = {key: listed(owners(items)) if family.is_shared else "" for key, items in gone.items()}
    if is_between and len({user.who() for users in used.values() for user in users}) > _LINES:
        yield "Move to it what uses these, then remove them:"
        for home, keys in grouped(used, lambda key: homes[key]).items():
            yield f"- of {home}: {listed([f'{names[key]} ({_counted(used[key])})' for key in keys], _LINES)}"
    else:
        for key in list(used)[:_LINES]:
            of = f" of {homes[key]}" if homes[key] else ""
            yield f"Move to it what uses {names[key]}{of}, then remove that:"
            yield from _lines(used[key], homes[key])
        if len(used) > _LINES:
            yield f"The same with {len(used) - _LINES} more references."
    rest = [key for key in gone if key not in used]
    parts = grouped(rest, lambda key: homes[key] if is_between else "")
    if len(parts) > 1:
        yield f"Remove these; no flow, app or agent here uses {_them(rest)}:"
        yield from (f"- of {home}: {listed([names[key] for key in keys])}" for home, keys in parts.items())
    elif rest:
        yield f"Remove {listed([names[it] for it in rest])}: no flow, app or agent here uses {_them(rest)}."
    moving = [user for users in used.values() for user in users]
    if moving and not family.question:
        yield _IN_TWO
    yield from _obstacles(moving, keep.reference)


def _them(items: Sequence[object]) -> str:
    return "it" if len(items) == 1 else "them"


def _counted(users: Sequence[User]) -> str:
    flows = {user.who() for user in users if isinstance(user, FlowUser)}
    others = [user.who() for user in users if not isinstance(user, FlowUser)]
    return listed([*([count(len(flows), "flow")] if flows else []), *others])


def _lines(users: Sequence[User], home: str) -> Iterator[str]:
    """One line for each flow, with its actions, of many their number; one for each app or agent."""
    titles: dict[str, list[str]] = {}
    for user in users:
        operations = user.flow.users(user.entry.alias) if isinstance(user, FlowUser) else ()
        # The portal shows no aliases; but what no action uses has no other name.
        title = user.who(home) if operations else user.title()
        titles.setdefault(title, []).extend(shown_action(operation.name) for operation in operations)
    for title, actions in list(titles.items())[:_LINES]:
        told = listed(actions) if len(actions) <= _ACTIONS else count(len(actions), "action")
        yield f"- {title}{': ' if told else ''}{told}"
    if len(titles) > _LINES:
        yield f"- {len(titles) - _LINES} more"


def _obstacles(users: Sequence[User], keep: ConnectionReference) -> Iterator[str]:
    """What makes moving more than a plain swap."""
    obstacles: dict[str, list[str]] = {}
    for user in users[:MOST_SHOWN]:
        for obstacle in user.obstacles(keep.key):
            titles = obstacles.setdefault(obstacle, [])
            titles += [title] if (title := user.who()) not in titles else []
    if obstacles:
        if len({user.who() for user in users}) == 1:
            yield f"Look at it first: {listed(list(obstacles))}."
            return
        told = "; ".join(f"{listed(titles, 3)}: {obstacle}" for obstacle, titles in obstacles.items())
        yield f"Look at these first: {told}."


# One name declared twice, several aliases for one reference, what nothing uses


def _repeated(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    name = finding.subject.reference or ""
    declared = solution.declarations(name.lower())
    return finding._replace(
        help="Keep one of the <connectionreference> elements and remove the others; they usually come from "
        "a merge.",
        steps=tuple(
            step_in(solution, "drop", path=item.place.path, reference=name, number=number)
            for number, item in enumerate(declared[1:], 2)
        ),
        fixable=not fixable.against_removing_repetitions(solution, declared),
    )


def _one_alias(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    flow = _flow(finding, solution)
    named = flow.through((finding.subject.reference or "").lower())
    key = plan.families.final(solution, named[0])
    first, *others = entries = [one for one in flow.entries if plan.families.final(solution, one) == key]
    # Entries that say something different of the reference may be meant, those that get it later included.
    said = {(item.runtime_source, item.impersonation, item.connector) for item in entries}
    why = fixable.against_merging(solution, flow, entries) if len(said) > 1 else ""
    found = finding._replace(fixable=not why and not fixable.against_merging(solution, flow, named))
    gone = "the other entry" if len(others) == 1 else "the other entries"
    text = (
        f'In the source, let every trigger and action use the alias "{first.alias}", and remove {gone} from '
        "connectionReferences; the portal does not show aliases."
    )
    if why:
        return found._replace(
            help=f"{text} They may be meant, though: {why}.", decision=f"Are both meant: {why}?"
        )
    # An alias that got lost comes back with the same reference.
    back = [
        operations[0].alias
        for connector, operations in lost(flow)
        if (kept := plan.families.kept(solution, connector)) and kept.key == key
    ]
    steps = plan.joining(solution, flow, [*(entry.alias for entry in others), *back], first.alias)
    return found._replace(help=text, steps=tuple(steps))


def _remove(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    references = [solution.declared()[name.lower()] for name in finding.subject.names]
    them = _them(references)
    return finding._replace(
        help=f"In the portal, remove {them} (Remove > Delete from this environment) and export again, if "
        f"nothing outside the repository uses {them} either (Advanced > Show dependencies).\nDeployed as "
        "managed? Then look in the target for unmanaged layers of flows first (Advanced > See solution "
        f"layers).\n{finding.help}",
        steps=tuple(plan.removing(solution, references)),
    )


# Deployment settings


def _bind(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    key, name = (finding.subject.reference or "").lower(), finding.subject.reference
    places = dict.fromkeys((finding.place.path, *(item.place.path for item in finding.related)))
    bound: list[Step] = []
    gone: list[Step] = []
    heir = ""
    for environment in plan.world.environments if not finding.severity else ():
        for path in places if environment.name in finding.subject.environments else ():
            lacking = plan.entries.lacking(key, path, environment)
            # Where it goes everywhere, there is nothing to add; else one entry is for all that keep it.
            staying = [item for item in lacking if not plan.going(item)]
            for item in staying[:1]:
                bound += plan.entries.added(*item, path, environment)
            for item in () if staying else lacking:
                family = plan.families.goes(*item)
                heir = shown_reference(family.keep.reference) if family else ""
                gone += plan.going(item)
    if not bound and not gone:
        return finding._replace(decision="Which connection is each of them to have?")
    text, renamed = finding.help, [step for step in bound if step.do == "rename"]
    if heir and not bound:
        text = f"Add nothing: {name} is to be removed, and {heir} takes its place."
    elif not bound:
        text = f"Nothing here uses {name}: remove it, and it needs no entry. Else:\n{text}"
    elif renamed:
        text = "\n".join(
            f"In {step.path}, give the entry for {step.from_} the LogicalName {step.to}." for step in renamed
        )
    return finding._replace(help=text, steps=tuple(dict.fromkeys((*bound, *gone))))


def _unbind(finding: Finding, plan: Plan, solution: Solution) -> Finding:
    key = (finding.subject.reference or "").lower()
    steps = [
        step
        for environment in plan.world.environments
        if environment.name in finding.subject.environments
        for step in plan.entries.without_use(key, environment, finding.place.path)
    ]
    return finding._replace(steps=tuple(steps))


_CURES: dict[str, Callable[[Finding, Plan, Solution], Finding]] = {
    "use": _use,
    "replace": _replace,
    "merge": _merge,
    "repetition": _repeated,
    "aliases": _one_alias,
    "remove": _remove,
    "bind": _bind,
    "unbind": _unbind,
}
