"""Random deployment settings and inventories, and configurations that name them."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from tests.support.builders import OUTLOOK, TEAMS
from tests.support.exports import OTHER_ID, OUTLOOK_ID, THIRD_ID, broken, page, reference, rest, settings

SETTINGS = ("config/test.json", "config/prod.json")
INVENTORIES = ("inventory/prod.json", "inventory/more.json")
_IDS = (OUTLOOK_ID, OTHER_ID, THIRD_ID)
_CONNECTIONS = (*_IDS, "", "#{token}#", "#{other}#", f"shared_office365/{OUTLOOK_ID}")
_UNREADABLE = (b'{"ConnectionReferences": [', b"[]", b'{"ConnectionReferences": [{}]}')
_OWNERS = ("svc-power@contoso.com", "adele@contoso.com")
_ACCOUNTS = b'[ownership]\nservice-accounts = ["svc-*@contoso.com"]\n'
_TEST = b'[[environments]]\nname = "test"\nsettings = ["config/test.json"]\n'
_PROD = b'[[environments]]\nname = "prod"\nsettings = ["config/*.json"]\n'
_INVENTORY = b'inventory = ["inventory/*.json"]\n'
CONFIGS = (
    _TEST + _PROD,
    _TEST + b'rules = { CR301 = "off", CR601 = "off" }\n' + _PROD + _INVENTORY + _ACCOUNTS,
    _PROD + b'sharing = "set-per-solution"\n' + _INVENTORY + _ACCOUNTS,
    b'[source]\nexclude = ["config/test.json"]\n' + _PROD + _INVENTORY,
    _ACCOUNTS + b'[[environments]]\nname = "prod"\n',
    _TEST + b'solutions = ["ContosoHR"]\n' + _ACCOUNTS + _PROD + b'rules = { CR603 = "off" }\n',
)


@st.composite
def settings_files(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """Deployment settings for some of the references; at times none that can be read."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(_UNREADABLE))
    found = []
    for name in draw(st.lists(st.sampled_from((*names, "con_other")), max_size=4)):
        connector = draw(st.sampled_from((OUTLOOK, OUTLOOK, TEAMS)))
        entry = json.loads(settings((name, draw(st.sampled_from(_CONNECTIONS)), connector)))
        [written] = entry["ConnectionReferences"]
        if draw(st.integers(0, 3)) == 0:
            written["ConnectionOwner"] = draw(st.sampled_from(_OWNERS))
        found.append(written)
    return settings(*found).encode()


@st.composite
def inventories(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """An export of connections or of what references are bound to; at times one that cannot be read."""
    if draw(st.integers(0, 14)) == 0:
        return draw(st.sampled_from((b'{"value": [', b'{"ConnectionReferences": []}')))
    some = draw(st.lists(st.sampled_from(_IDS), max_size=3, unique=True))
    if draw(st.booleans()):
        return json.dumps(page(*(reference(name, draw(st.sampled_from(_IDS))) for name in names))).encode()
    made = []
    for identifier in some:
        statuses = broken("AADSTS50057: gone") if draw(st.integers(0, 3)) == 0 else [{"status": "Connected"}]
        made.append(rest(identifier, draw(st.sampled_from(_OWNERS)), statuses=statuses))
    return json.dumps(page(*made)).encode()
