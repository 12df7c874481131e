"""CR403: an inventory that is too old, or of unknown age."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from crstandards.findings import Finding, Related, Rule
from crstandards.model import Environment, Place, World
from crstandards.ownership import InventoryFile
from crstandards.rules.bindings import data_of, gathered, names_of
from crstandards.rules.environments import where
from crstandards.rules.wording import count, listed

RULE = Rule(
    id="CR403",
    name="inventory-outdated",
    severity="warning",
    summary="an inventory is older than allowed, or of unknown age",
    see="https://learn.microsoft.com/power-platform/admin/manage-connections",
)


def overall(world: World) -> Iterator[Finding]:
    """One finding for each environment; several that share their files have one together."""
    # In days, since there is no date before the year 1.
    most = world.ownership.max_inventory_age

    def in_one(environment: Environment) -> Iterator[tuple[Hashable, tuple[InventoryFile, ...]]]:
        inventory = environment.inventory()
        outdated = tuple(
            file
            for file in (inventory.files if inventory else ())
            if not file.taken or (world.as_of - file.taken).days > most
        )
        if outdated:
            yield outdated, outdated

    for found in gathered(world, RULE.id, in_one):
        folders = {solution.folder for environment, _ in found for solution in environment.solutions}
        yield _finding(found[0][1], names_of(found), world, sorted(folders))


def _finding(
    files: tuple[InventoryFile, ...], environments: list[str], world: World, folders: list[str]
) -> Finding:
    limit = f"at most {count(world.ownership.max_inventory_age, 'day')} are allowed"
    old = [f"{file.path} was taken on {file.taken}" for file in files if file.is_exact]
    unknown = [file.path for file in files if not file.is_exact]
    told = [f"{listed(old)}, and {limit}"] if old else []
    if unknown:
        told.append(f"nothing says when {listed(unknown)} {'was' if len(unknown) == 1 else 'were'} taken")
    return Finding(
        rule=RULE.id,
        solution="",
        place=Place(files[0].path),
        message=f"The inventory of {where(environments)} is outdated: {'; '.join(told)}.",
        help=(
            "Take it anew, best in a pipeline every week. 'crstandards inventory EXPORT...' writes the day "
            "into it; the exports themselves don't say when they were taken."
        ),
        identity=("", *environments),
        data=data_of([], [], "", environments),
        related=tuple(Related(Place(file.path), "outdated too") for file in files[1:]),
        involves=tuple(folders),
    )
