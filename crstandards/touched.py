"""Which solutions a change concerns, and the check of just those: what a hook does.

A solution is touched when a file of it that is read was added, changed or deleted; when its
declarations changed, so is every solution that shares a declared environment with it; when the
configuration changed, all are.
"""

from __future__ import annotations

from collections.abc import Sequence

from crstandards.engine import Inspector
from crstandards.findings import Report
from crstandards.git import Change
from crstandards.policy.config import CONFIG_FILES
from crstandards.source.layout import owners
from crstandards.source.repository import CUSTOMIZATIONS, MANIFEST


def check_touched(inspector: Inspector, changes: Sequence[Change]) -> Report:
    """Check the solutions that changes touch.

    Most commits are clean, so little is read at first: the touched solutions whole, and where
    environments are declared, what the others declare. Only when that finds something is the whole
    snapshot read, so that the report is the one that a full check gives.
    """
    if any(change.path in CONFIG_FILES for change in changes):
        return inspector.report()
    folders = {candidate.folder for candidate in inspector.candidates}
    touched = {folder for change in changes for folder in owners(change.path, folders)}
    if inspector.has_environments:
        touched |= _mates(inspector, changes, touched)
    solutions = inspector.solutions(touched.__contains__, lambda _: inspector.has_environments)
    if not inspector.findings(solutions, touched.__contains__):
        return inspector.report_of((), solutions, touched.__contains__)
    return inspector.report(touched.__contains__)


def _mates(inspector: Inspector, changes: Sequence[Change], touched: set[str]) -> set[str]:
    """The folders of solutions that share an environment with one whose declarations changed."""
    changed = {
        folder
        for change in changes
        for folder in owners(change.path, touched)
        if _declares_otherwise(inspector, change)
    }
    if not changed:
        return set()
    world = inspector.world(inspector.solutions(lambda _: False))
    present = {solution.folder: solution for solution in world.solutions}
    # The environments of a solution that is gone can no longer be told: all may be concerned.
    concerned = (
        [item for folder in changed for item in world.environments_of(present[folder])]
        if changed <= present.keys()
        else world.environments
    )
    names = {mate.base_name for environment in concerned for mate in environment.solutions}
    return {solution.folder for solution in world.solutions if solution.base_name in names}


def _declares_otherwise(inspector: Inspector, change: Change) -> bool:
    """Whether a manifest or a Customizations file says something else than before of what is declared."""
    name = change.path.rpartition("/")[2].lower()
    if name == "customizations.xml":
        old, new = inspector.facts_of(change, CUSTOMIZATIONS)
        return _declared(old) != _declared(new)
    if name == "solution.xml":
        before, after = inspector.facts_of(change, MANIFEST)
        return getattr(before, "unique_name", None) != getattr(after, "unique_name", None)
    return False


def _declared(facts: object) -> object:
    references = getattr(facts, "references", ())
    return [reference._replace(offset=0) for reference in references]
