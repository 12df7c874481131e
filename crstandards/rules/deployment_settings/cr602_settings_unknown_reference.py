"""CR602: an entry of deployment settings for a reference that nothing declares, or a second one."""

from crstandards.environments import Environment, World
from crstandards.findings import Findings, Rule
from crstandards.rules.bindings import DeclaredEntry, entries_of, finding_of_entry, paths_of
from crstandards.rules.declarations import by_name, declarations, gathered, grouped
from crstandards.rules.wording import verb, where

RULE = Rule(
    id="CR602",
    name="settings-unknown-reference",
    severity="warning",
    since="0.1.0",
    summary=(
        "deployment settings have an entry for a connection reference that no solution declares, "
        "or two for one"
    ),
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    sees="settings",
    cure="unbind",
    is_fixable=True,
    data=("reference", "environments"),
)


def overall(world: World) -> Findings:
    """One finding for each name, be it unknown or repeated."""
    solutions = [solution for solution in world.solutions if solution.is_solution]
    declared = by_name(declarations(solutions))
    are_all_known = all(solution.references_known for solution in solutions)

    def unknown(environment: Environment) -> list[DeclaredEntry]:
        missing = [item for item in entries_of(environment) if item.entry.key not in declared]
        return [item for item in missing if are_all_known and not world.is_external(item.entry.name)]

    for found in gathered(world, RULE.id, unknown, lambda item: item.entry.key):
        name = found.items[0].entry.name
        yield finding_of_entry(
            RULE.id,
            found,
            "LogicalName",
            f"{verb(paths_of(found), 'has', 'have')} an entry for {name} in {where(found.names)}, but no "
            "solution here declares that connection reference.",
            "Remove the entry if it is a leftover. If another repository declares the reference, name it in "
            f'crstandards.toml: [source] external-references = ["{name}"].',
            declared=[],
        )
    for repeated in gathered(world, RULE.id, _repeated, lambda item: (item.file.path, item.entry.key)):
        file, entry, _ = repeated.items[0]
        yield finding_of_entry(
            RULE.id,
            repeated,
            "LogicalName",
            f"{file.path} has several entries for {entry.name}, so it is not clear which connection is bound "
            f"in {where(repeated.names)}.",
            "Keep the one with the right connection id, and remove the others.",
            mark="repeated",
            declared=declared.get(entry.key, []),
        )


def _repeated(environment: Environment) -> list[DeclaredEntry]:
    entries = grouped(entries_of(environment), lambda item: (item.file.path, item.entry.key))
    return [items[1] for items in entries.values() if len(items) > 1]
