"""CR601: a declared reference that an environment's deployment settings lack."""

from functools import partial

from crstandards.findings import Finding, Findings, Place, Rule, World
from crstandards.rules.bindings import LIST, finding_of_entries, written
from crstandards.rules.declarations import Together, gathered
from crstandards.rules.settings_files import Missing, missing_entries
from crstandards.rules.wording import count, listed, once, shown_connector, verb, where

RULE = Rule(
    id="CR601",
    name="settings-incomplete",
    severity="error",
    since="0.1.0",
    stage="settings",
    summary="deployment settings lack a connection reference that a solution declares",
    see="https://learn.microsoft.com/power-platform/alm/conn-ref-env-variables-build-tools",
    mark="unbound",
    sees="settings",
    cure="bind",
    is_fixable=True,
    data=("reference", "environments", "references"),
)


def overall(world: World) -> Findings:
    """One finding for each missing reference; one for each solution that has no settings at all."""
    for found in gathered(world, RULE.id, partial(missing_entries, world), lambda missing: missing.key):
        yield _without_an_entry(found) if found.items[0].file else _without_settings(found)


def _without_settings(found: Together[Missing]) -> Finding:
    declared = found.items[0].declared
    solution, reference = declared[0]
    names = once(item.reference.logical_name for item in declared)
    return finding_of_entries(
        RULE.id,
        found,
        names,
        [Place(solution.manifest or reference.place.path)],
        declared,
        f"Solution {solution.shown_name} has no deployment settings for {where(found.names)}, and nothing "
        f"there binds {count(len(names), 'connection reference')} that it declares: {listed(names)}.",
        f"{written(found)}\nImport with these settings. Otherwise the references stay unbound, and their "
        "flows stay off.",
        severity="warning",
    )


def _without_an_entry(found: Together[Missing]) -> Finding:
    declared = found.items[0].declared
    reference, solutions = declared[0].reference, [item.solution for item in declared]
    paths = list(dict.fromkeys(item.file.path for item in found.items if item.file))
    return finding_of_entries(
        RULE.id,
        found,
        [reference.logical_name],
        [Place(path, (LIST,)) for path in paths],
        declared,
        f"{verb(paths, 'lacks', 'lack')} an entry for {reference.logical_name}, for "
        f"{shown_connector(reference.connector, *solutions)}, so an import into {where(found.names)} "
        "leaves it unbound.",
        f'Add {{"LogicalName": "{reference.logical_name}", "ConnectionId": "...", "ConnectorId": '
        f'"{reference.connector_id}"}} to ConnectionReferences, with the id of a service account\'s '
        f"connection in that environment, or a token that your pipeline replaces.\n{written(found)}",
    )
