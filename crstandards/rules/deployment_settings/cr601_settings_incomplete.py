"""CR601: a declared reference that an environment's deployment settings lack."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from crstandards.findings import Finding, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import SettingsFile
from crstandards.rules.bindings import gathered, names_of
from crstandards.rules.environments import Declaration, declarations, where
from crstandards.rules.settings import LIST, is_readable, own_solutions, settings_finding
from crstandards.rules.wording import count, listed

RULE = Rule(
    id="CR601",
    name="settings-incomplete",
    severity="error",
    summary="deployment settings lack a connection reference that a solution declares",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    mark="unbound",
)


class Missing(NamedTuple):
    """References of one solution that settings lack, all of them or one, and the file they belong in."""

    declared: list[Declaration]
    file: SettingsFile | None


def overall(world: World) -> Iterator[Finding]:
    """One finding for each missing reference; one for each solution that has no settings at all."""
    for found in gathered(world, RULE.id, _missing):
        yield _finding(found)


def _missing(environment: Environment) -> Iterator[tuple[Hashable, Missing]]:
    files = environment.settings()
    if not files or not is_readable(environment):
        return
    present = {entry.key for file in files for entry in file.entries}
    single: dict[str, Missing] = {}
    for solution in own_solutions(environment):
        declared = declarations([solution]) if solution.references_known else []
        lacking = [item for item in declared if item.reference.key not in present]
        if lacking and len(lacking) == len(declared):
            yield solution.base_name, Missing(declared, None)
            continue
        names = {item.reference.key for item in declared}
        matching = max(files, key=lambda file: sum(entry.key in names for entry in file.entries))
        for item in lacking:
            known = single.setdefault(item.reference.key, Missing([], matching))
            known.declared.append(item)
    yield from ((("reference", key), missing) for key, missing in single.items())


def _finding(found: list[tuple[Environment, Missing]]) -> Finding:
    environments = [environment for environment, _ in found]
    missing = found[0][1]
    reference = missing.declared[0].reference
    names = list({item.reference.key: item.reference.logical_name for item in missing.declared}.values())
    solution = missing.declared[0].solution
    if missing.file is None:
        return settings_finding(
            RULE.id,
            names,
            [Place(solution.manifest or reference.place.path)],
            environments,
            missing.declared,
            f"Solution {solution.shown_name} has no deployment settings for {where(names_of(found))}, "
            f"though it declares {count(len(names), 'connection reference')}: {listed(names)}.",
            "'pac solution create-settings' writes a file with all entries, for you to fill in. Import with "
            "it, or the references stay unbound and their flows off.",
            severity="warning",
        )
    files = [file for _, (_, file) in found if file is not None]
    paths = list(dict.fromkeys(file.path for file in files))
    return settings_finding(
        RULE.id,
        names,
        [Place(file.path, (LIST,)) for file in files],
        environments,
        missing.declared,
        f"{listed(paths)} {'lacks' if len(paths) == 1 else 'lack'} an entry for {reference.logical_name} "
        f"({reference.connector}), so an import into {where(names_of(found))} leaves it unbound.",
        f'Add {{"LogicalName": "{reference.logical_name}", "ConnectionId": "...", "ConnectorId": '
        f'"{reference.connector_id}"}} to ConnectionReferences, with the id of a service account\'s '
        "connection in that environment, or a token that your pipeline replaces.",
    )
