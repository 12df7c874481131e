"""How far each rule looks, so that a replay asks it again only where a commit can change its answer.

This is about which findings there are, not about their words: advice that names a flow of another
solution may be worded anew at any commit. A rule that is not listed here is never followed from commit
to commit; whoever introduced one of its findings is searched for (see `search`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Scope(NamedTuple):
    """What the findings about a solution, or those between solutions, depend on.

    `sees`: nothing but the solution itself; also what all solutions declare; beside that, which names
    all solutions use; or beside it, what deployment settings say. `flows` says what follows when only the
    contents of some flows have changed. "none": nothing. "each": a finding stands in one flow and depends
    on no other. "any": there are findings exactly if there are some with one of the flows alone.
    """

    sees: Literal["own", "declared", "used", "settings"]
    flows: Literal["none", "each", "any"] = "none"


SCOPES = {
    "CR101": Scope("own", "each"),
    "CR102": Scope("own"),
    "CR103": Scope("own"),
    "CR104": Scope("own", "each"),
    "CR201": Scope("declared"),
    "CR202": Scope("own"),
    "CR203": Scope("own", "each"),
    "CR204": Scope("declared", "any"),
    "CR205": Scope("declared"),
    "CR206": Scope("own"),
    "CR301": Scope("declared"),
    "CR302": Scope("declared"),
    "CR303": Scope("used"),
    "CR304": Scope("declared"),
    "CR305": Scope("declared"),
    "CR501": Scope("declared", "any"),
    "CR502": Scope("own", "each"),
    "CR503": Scope("declared", "each"),
    "CR505": Scope("own"),
    "CR506": Scope("declared"),
    "CR508": Scope("own"),
    "CR509": Scope("own"),
    "CR601": Scope("settings"),
    "CR602": Scope("settings"),
    "CR603": Scope("settings"),
    "CR604": Scope("settings"),
    "CR605": Scope("settings"),
    "CR901": Scope("settings"),
}
