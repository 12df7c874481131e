"""The map: which flows, apps and agents use which reference, to which connector, where.

Its lines are `crstandards.reported.Link`; `MARKS` are the words for what is wrong with one.
"""

from typing import Final, NamedTuple


class Mark(NamedTuple):
    """What a mark means: how it is shown beside a name, in a sentence, and how grave it is (3: most)."""

    label: str
    meaning: str
    weight: int


MARKS: Final[dict[str, Mark]] = {
    "raw": Mark("raw connection", "a connection is used directly, not through a reference", 3),
    "lost": Mark("lost", "operations name an alias that their flow does not have", 3),
    "undeclared": Mark("not declared", "the reference is declared nowhere", 3),
    "mismatch": Mark("other connector", "who uses the reference expects another connector", 3),
    "unbound": Mark("unbound", "deployment settings give the reference no connection", 3),
    "broken": Mark("broken", "the connection behind the reference has an error", 3),
    "duplicate": Mark("duplicate", "there are several references for the connector", 2),
    "person": Mark("a person's own", "no service account owns the connection", 2),
    "unused": Mark("unused", "nothing uses the reference", 1),
    "several": Mark("one of several", "several references for the connector, which may be right", 0),
    "known": Mark("known", "the baseline holds it: it was there before", 0),
    "allowed": Mark("allowed", "the configuration lets it be", 0),
    "own": Mark("the user's own", "each user of the app brings a connection", 0),
}
"""The marks of lines, the gravest first."""
