"""CR203: a flow has several aliases for one reference."""

from __future__ import annotations

from collections.abc import Iterator

from crstandards.findings import Finding, Related, Rule, Subject
from crstandards.model import ConnectionEntry, Place, Solution, World
from crstandards.rules.mending import against_merging
from crstandards.rules.wording import flow_identity, listed

RULE = Rule(
    id="CR203",
    name="duplicate-alias",
    severity="note",
    since="0.1.0",
    summary="a flow has several aliases for one connection reference",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    sees="own",
    by_flow="each",
    cure="aliases",
    is_fixable=True,
    data=("flow", "reference", "aliases"),
)


def per_solution(solution: Solution, world: World) -> Iterator[Finding]:
    """One finding for each such reference of a flow, placed at its second alias."""
    for flow in solution.flows:
        by_reference: dict[str, list[ConnectionEntry]] = {}
        for entry in flow.entries:
            if entry.key:
                by_reference.setdefault(entry.key, []).append(entry)
        for key, (first, *others) in by_reference.items():
            if not others:
                continue
            entries = (first, *others)
            aliases = [entry.alias for entry in entries]
            hindrance = against_merging(solution, flow, entries)
            yield Finding(
                rule=RULE.id,
                solution=solution.unique_name,
                place=Place(flow.path, others[0].route),
                message=(
                    f'Flow "{solution.title(flow)}" has {len(aliases)} aliases for the connection reference '
                    f"{first.reference}: {listed(aliases)}."
                ),
                help=(
                    f'In the source, let every trigger and action use the alias "{first.alias}", and remove '
                    f"{'the other entry' if len(others) == 1 else 'the other entries'} from "
                    "connectionReferences; the portal does not show aliases."
                    + (f" They may be meant, though: {hindrance}." if hindrance else "")
                ),
                identity=(*flow_identity(solution, flow), key),
                subject=Subject(flow=solution.title(flow), reference=first.reference, aliases=aliases),
                related=(
                    Related(Place(flow.path, first.route), f'the alias "{first.alias}"'),
                    *(
                        Related(Place(flow.path, item.route), f'the alias "{item.alias}"')
                        for item in others[1:]
                    ),
                ),
                fixable=not against_merging(solution, flow, entries),
            )
