"""The connectors whose connections each carry their own endpoint, as the package knows them."""

from __future__ import annotations

import json
from os.path import dirname, join
from typing import NamedTuple


class Endpoint(NamedTuple):
    """What a connection carries ("server and database", say), and the page that says so."""

    carries: str
    source: str


def endpoints() -> dict[str, Endpoint]:
    """The endpoints by connector, in the order of the data file."""
    with open(join(dirname(dirname(__file__)), "data", "own_endpoint.json"), encoding="utf-8") as file:
        return {connector: Endpoint(**known) for connector, known in json.load(file).items()}
