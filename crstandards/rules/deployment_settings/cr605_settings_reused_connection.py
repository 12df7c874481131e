"""CR605: one connection id in the deployment settings of two environments."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, World
from crstandards.rules.bindings import gathered, names_of
from crstandards.rules.environments import where
from crstandards.rules.settings import Entry, declared_in, entries_of, settings_finding
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR605",
    name="settings-reused-connection",
    severity="error",
    summary="one connection id stands in the deployment settings of two environments",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each literal id; tokens are never compared."""
    for found in gathered(world, RULE.id, _literals):
        environments = names_of(found)
        if len(environments) < 2:
            continue
        items = [item for _, item in found]
        names = list({item.entry.key: item.entry.name for item in items}.values())
        files = list(dict.fromkeys(item.file.path for item in items))
        declared = declared_in([solution for env, _ in found for solution in env.solutions])
        # The copy is seldom the first: whoever mends it looks at the last environment first.
        first = next(item for env, item in found if env.name == environments[-1])
        yield settings_finding(
            RULE.id,
            names,
            [item.place("ConnectionId") for item in (first, *items)],
            [environment for environment, _ in found],
            [reference for name in names for reference in declared.get(name.lower(), [])[:1]],
            f"The connection {first.entry.connection} (for {listed(names)}) stands in the settings of "
            f"{where(environments)}, but a connection lives in one environment only: {listed(files)}.",
            "Find out to which environment it belongs, and put the other's own id there, or a token that "
            "your pipeline replaces.",
            {"connection": first.entry.connection},
        )


def _literals(environment: Environment) -> Iterator[tuple[Hashable, Entry]]:
    return (
        (item.entry.id, item)
        for item in entries_of(environment)
        if sum(character.isdigit() for character in item.entry.id.replace("0", "")) >= _FEWEST_DIGITS
    )


_FEWEST_DIGITS = 4
"""An id is made of random hexadecimal digits; a placeholder such as "TODO" or zeros is none."""
