"""The rules, one file each; `RULES` lists them in the order of their ids."""

from __future__ import annotations

from crstandards.findings import Rule
from crstandards.rules import (
    cr101_raw_connection,
    cr102_raw_canvas_connection,
    cr103_flow_outside_solution,
    cr104_embedded_connection_id,
    cr201_duplicate_connector,
    cr202_duplicate_logical_name,
    cr203_duplicate_alias,
    cr204_dependency_beside_own,
    cr205_several_endpoints,
    cr206_legacy_connector_beside_current,
    cr301_duplicate_in_environment,
    cr302_conflicting_declaration,
    cr303_shared_in_set_per_solution,
    cr304_reference_outside_reference_solution,
    cr305_duplicate_in_repository,
    cr501_undefined_reference,
    cr502_unknown_alias,
    cr503_connector_mismatch,
    cr504_unused_reference,
    cr505_reference_name,
    cr506_dependency_not_provided,
    cr901_unreadable_source,
    cr902_stale_exception,
)

RULES: tuple[Rule, ...] = tuple(
    module.RULE
    for module in (
        cr101_raw_connection,
        cr102_raw_canvas_connection,
        cr103_flow_outside_solution,
        cr104_embedded_connection_id,
        cr201_duplicate_connector,
        cr202_duplicate_logical_name,
        cr203_duplicate_alias,
        cr204_dependency_beside_own,
        cr205_several_endpoints,
        cr206_legacy_connector_beside_current,
        cr301_duplicate_in_environment,
        cr302_conflicting_declaration,
        cr303_shared_in_set_per_solution,
        cr304_reference_outside_reference_solution,
        cr305_duplicate_in_repository,
        cr501_undefined_reference,
        cr502_unknown_alias,
        cr503_connector_mismatch,
        cr504_unused_reference,
        cr505_reference_name,
        cr506_dependency_not_provided,
        cr901_unreadable_source,
        cr902_stale_exception,
    )
)
BY_ID = {rule.id: rule for rule in RULES}
