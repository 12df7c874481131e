"""What connectors are called."""

from __future__ import annotations

import re

import pytest

from crstandards.data import load
from crstandards.model import ConnectionReference, CustomConnector, Solution, Use
from crstandards.places import Place
from crstandards.rules.wording import shown_connector

CONNECTORS = load("connectors.json")


def test_the_table_names_each_connector_with_its_source() -> None:
    assert len(CONNECTORS) >= 150
    assert list(CONNECTORS) == sorted(CONNECTORS)
    for connector, entry in CONNECTORS.items():
        assert re.fullmatch(r"shared_[a-z0-9-]+", connector)
        assert entry["name"].strip() == entry["name"] != ""
        page = connector.removeprefix("shared_")
        assert entry["source"] == f"https://learn.microsoft.com/connectors/{page}/"


def test_every_connector_with_its_own_endpoint_is_named() -> None:
    assert load("own_endpoint.json").keys() <= CONNECTORS.keys()


@pytest.mark.parametrize(
    ("connector", "shown"),
    [
        ("shared_office365", "Office 365 Outlook (shared_office365)"),
        ("shared_con-5foffice-20365", "con_office 365 (shared_con-5foffice-20365)"),
        ("shared_service-now", "ServiceNow (shared_service-now)"),
        ("shared_contosoerp", "shared_contosoerp"),
        ("", ""),
    ],
)
def test_by_the_table_or_by_the_id(connector: str, shown: str) -> None:
    assert shown_connector(connector) == shown


def test_apps_of_the_solution_know_their_own_connectors() -> None:
    use = Use("", "canvas app", "Board", "shared_con-5ferp", Place("a"), shown="Contoso ERP")
    solution = Solution("", "A", uses=[use])
    assert shown_connector("shared_con-5ferp", solution) == "Contoso ERP (shared_con-5ferp)"
    assert shown_connector("shared_teams", solution) == "Microsoft Teams (shared_teams)"


def test_a_custom_connector_s_own_file_names_it_by_its_id_or_by_what_references_name() -> None:
    place = Place("a")
    reference = ConnectionReference("con_f", "", "shared_api-2df", "", "{F0}", "", place)
    custom = (
        CustomConnector("e0", "shared_con-5ferp", "Contoso ERP"),
        CustomConnector("f0", "shared_con-5fapi-2df", "API-F"),
        CustomConnector("a0", "shared_con-5fold", ""),
    )
    solution = Solution("", "A", references=(reference,), custom_connectors=custom)
    assert shown_connector("shared_con-5ferp", solution) == "Contoso ERP (shared_con-5ferp)"
    assert shown_connector("shared_api-2df", solution) == "API-F (shared_api-2df)"
    assert shown_connector("shared_con-5fold", solution) == "con_old (shared_con-5fold)"
    assert shown_connector("", solution) == ""
