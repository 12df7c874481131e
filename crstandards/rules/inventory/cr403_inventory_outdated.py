"""CR403: an inventory that is too old, or of unknown age."""

from crstandards.environments import Environment, Inventory, InventoryFile, World
from crstandards.findings import Finding, Findings, Place, Related, Rule
from crstandards.rules.bindings import bound_subject
from crstandards.rules.declarations import all_folders, gathered
from crstandards.rules.wording import count, listed, verb, where

RULE = Rule(
    id="CR403",
    name="inventory-outdated",
    severity="warning",
    since="0.1.0",
    stage="unknown",
    summary="an inventory is older than allowed, or of unknown age",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
    sees="inventory",
    decision="Who can take the inventory anew?",
    data=("reference", "connection", "owner", "environments", "references", "connections"),
)


def overall(world: World) -> Findings:
    """One finding for each environment; several that share their files have one together."""
    # In days, since there is no date before the year 1.
    most = world.ownership.max_inventory_age

    def outdated(environment: Environment) -> list[tuple[InventoryFile, ...]]:
        files = (environment.inventory() or Inventory()).files
        old = (file for file in files if not file.taken or (world.as_of - file.taken).days > most)
        return [*filter(None, [tuple(old)])]

    for found in gathered(world, RULE.id, outdated):
        files, environments = found.items[0], found.names
        old = [f"{file.path} was taken on {file.taken}" for file in files if file.is_exact]
        unknown = [file.path for file in files if not file.is_exact]
        told = [
            *([f"{listed(old)}, and at most {count(most, 'day')} are allowed"] if old else []),
            *([f"nothing says when {verb(unknown, 'was', 'were')} taken"] if unknown else []),
        ]
        yield Finding(
            rule=RULE.id,
            solution="",
            place=Place(files[0].path),
            message=f"The inventory of {where(environments)} is outdated: {'; '.join(told)}.",
            help=(
                "Take it anew, best in a pipeline every week. 'crstandards inventory EXPORT...' writes the "
                "day into it; the exports themselves don't say when they were taken."
            ),
            identity=("", *environments),
            subject=bound_subject([], [], "", environments),
            related=tuple(Related(Place(file.path), "outdated too") for file in files[1:]),
            involves=all_folders(found.environments),
        )
