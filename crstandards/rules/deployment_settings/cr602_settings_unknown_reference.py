"""CR602: an entry of deployment settings for a reference that nothing declares, or a second one."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, World
from crstandards.rules.bindings import gathered, names_of
from crstandards.rules.environments import where
from crstandards.rules.settings import Entry, all_are_known, declared_in, entries_of, settings_finding
from crstandards.rules.wording import listed

RULE = Rule(
    id="CR602",
    name="settings-unknown-reference",
    severity="warning",
    summary=(
        "deployment settings have an entry for a connection reference that no solution declares, "
        "or two for one"
    ),
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each name, be it unknown or repeated."""
    declared = declared_in([solution for solution in world.solutions if solution.is_solution])
    are_known = all_are_known(world)

    def unknown(environment: Environment) -> Iterator[tuple[Hashable, Entry]]:
        for item in entries_of(environment):
            if item.entry.key not in declared and not world.is_external(item.entry.name):
                yield item.entry.key, item

    for found in gathered(world, RULE.id, unknown) if are_known else ():
        entry = found[0][1].entry
        files = list(dict.fromkeys(item.file.path for _, item in found))
        yield settings_finding(
            RULE.id,
            [entry.name],
            [item.place("LogicalName") for _, item in found],
            [environment for environment, _ in found],
            [],
            f"{listed(files)} {'has' if len(files) == 1 else 'have'} an entry for {entry.name} in "
            f"{where(names_of(found))}, but no solution here declares that connection reference.",
            _near(entry.name, [items[0].reference.logical_name for items in declared.values()]),
        )
    for repeated in gathered(world, RULE.id, _repeated):
        item = repeated[0][1]
        yield settings_finding(
            RULE.id,
            [item.entry.name],
            [again.place("LogicalName") for _, again in repeated],
            [environment for environment, _ in repeated],
            declared.get(item.entry.key, []),
            f"{item.file.path} has several entries for {item.entry.name}, so it is not clear which "
            f"connection is bound in {where(names_of(repeated))}.",
            "Keep the one with the right connection id, and remove the others.",
            mark="repeated",
        )


def _repeated(environment: Environment) -> Iterator[tuple[Hashable, Entry]]:
    seen: set[tuple[str, str]] = set()
    told: set[tuple[str, str]] = set()
    for item in entries_of(environment):
        key = (item.file.path, item.entry.key)
        if key in seen and key not in told:
            told.add(key)
            yield key, item
        seen.add(key)


def _near(name: str, declared: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, declared, 1, 0.8)
    if near:
        return f"Did you mean {near[0]}? Correct the LogicalName, or remove the entry if it is a leftover."
    return (
        "Remove the entry if it is a leftover. If another repository declares the reference: [source] "
        f'external-references = ["{name}"] in crstandards.toml.'
    )
