"""CR605: one connection id in the deployment settings of two environments."""

from crstandards.environments import Environment, World
from crstandards.findings import Findings, Rule, Subject
from crstandards.rules.bindings import DeclaredEntry, entries_of, finding_of_entries, paths_of
from crstandards.rules.declarations import by_name, declarations, gathered
from crstandards.rules.wording import listed, once, where

RULE = Rule(
    id="CR605",
    name="settings-reused-connection",
    severity="error",
    since="0.1.0",
    stage="settings",
    summary="one connection id stands in the deployment settings of two environments",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    sees="settings",
    decision="To which environment does the connection belong?",
    data=("reference", "environments", "references", "connection"),
)


def overall(world: World) -> Findings:
    """One finding for each literal id; tokens are never compared."""
    for found in gathered(world, RULE.id, _literals, lambda item: item.entry.id):
        if len(found.names) < 2:
            continue
        names = once(item.entry.name for item in found.items)
        declared = by_name(
            declarations(at for environment in found.environments for at in environment.solutions)
        )
        # The copy is seldom the first: whoever mends it looks at the last environment first.
        first = found.items[[environment.name for environment in found.environments].index(found.names[-1])]
        yield finding_of_entries(
            RULE.id,
            found,
            names,
            [item.place("ConnectionId") for item in (first, *found.items)],
            [reference for name in names for reference in declared.get(name.lower(), [])[:1]],
            f"The connection {first.entry.connection} (for {listed(names)}) stands in the settings of "
            f"{where(found.names)}, but a connection belongs to one environment only: "
            f"{listed(paths_of(found))}.",
            "Find out to which environment it belongs. In the other's settings, put the id of a connection "
            "there, or a token that your pipeline replaces.",
            Subject(connection=first.entry.connection),
        )


def _literals(environment: Environment) -> list[DeclaredEntry]:
    return [
        item
        for item in entries_of(environment)
        if sum(character.isdigit() for character in item.entry.id.replace("0", "")) >= _FEWEST_DIGITS
    ]


_FEWEST_DIGITS = 4
"""An id is made of random hexadecimal digits; a placeholder such as "TODO" or zeros is none."""
