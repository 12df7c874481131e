"""The connectors whose connections each carry their own endpoint, as the package knows them."""

from __future__ import annotations

import json
from os.path import dirname, join


def endpoints() -> dict[str, str]:
    """What a connection carries, by connector: "server and database" for `shared_sql`, say."""
    with open(join(dirname(dirname(__file__)), "data", "own_endpoint.json"), encoding="utf-8") as file:
        found: dict[str, str] = json.load(file)
    return found
