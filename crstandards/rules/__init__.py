"""The rules, one file each; `RULES` lists them in the order of their ids."""

from __future__ import annotations

from crstandards.findings import Rule
from crstandards.rules import (
    cr101_raw_connection,
    cr104_embedded_connection_id,
    cr201_duplicate_connector,
    cr202_duplicate_logical_name,
    cr205_several_endpoints,
    cr501_undefined_reference,
    cr502_unknown_alias,
    cr503_connector_mismatch,
    cr901_unreadable_source,
)

RULES: tuple[Rule, ...] = tuple(
    module.RULE
    for module in (
        cr101_raw_connection,
        cr104_embedded_connection_id,
        cr201_duplicate_connector,
        cr202_duplicate_logical_name,
        cr205_several_endpoints,
        cr501_undefined_reference,
        cr502_unknown_alias,
        cr503_connector_mismatch,
        cr901_unreadable_source,
    )
)
BY_ID = {rule.id: rule for rule in RULES}
