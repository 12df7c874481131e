"""What connector an id names. In a light module of its own, since a commit waits for it."""


def connector_of(connector_id: str) -> str:
    """The connector that an id names: its last segment, lower case, without one trailing hash.

    A custom connector's id ends in `-5f` and 16 hexadecimal digits that differ per environment.

    >>> connector_of("/providers/Microsoft.PowerApps/apis/shared_con-5fx-5f21dec655d73f3a8c")
    'shared_con-5fx'
    >>> connector_of("/providers/Microsoft.PowerApps/apis/shared_sql/connections/0a1b")
    'shared_sql'
    """
    # The id of a connection goes on behind the connector's.
    name = connector_id.lower().partition("/connections/")[0].rstrip("/").rpartition("/")[2]
    head, mark, tail = name.rpartition("-5f")
    if mark and len(tail) == 16 and all(digit in "0123456789abcdef" for digit in tail):
        return head
    return name


def is_possible(connector: str) -> bool:
    """Whether a connector can be called so: letters, digits, a few signs, and not what stands before one.

    Others are spelled with their code in the id: `-2e`.
    """
    plain = connector
    for sign in "_-.":
        plain = plain.replace(sign, "")
    return plain.isascii() and plain.isalnum() and connector not in ("shared_", "apis")
