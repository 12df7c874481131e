"""Which solutions a change concerns, and the check of just those: what a hook does.

A solution is touched when a file of it that is read was added, changed or deleted, or deployment
settings for it; when its declarations changed, so is every solution that shares a declared
environment with it; when the configuration changed, all are.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from crstandards.check.reporting import full_report, report_of
from crstandards.check.session import Session
from crstandards.errors import UsageError
from crstandards.git.repository import Change
from crstandards.places import Place
from crstandards.policy import CONFIG_FILES
from crstandards.policy.configuration import Config, environments_set_by, parse_config
from crstandards.reported import Report
from crstandards.rules.declarations import broken_dependencies
from crstandards.source.facts import Reader
from crstandards.source.names import owners
from crstandards.source.repository import CUSTOMIZATIONS, MANIFEST
from crstandards.source.settings import SETTINGS
from crstandards.source.solution import CustomizationsFacts, ManifestFacts
from crstandards.source.text import SourceError

_YAML_DECLARATIONS = ("solution.yml", "solutioncomponents.yml", "connectionreference.yml")
_MANIFESTS = ("solution.xml", "solution.yml")


def check_touched(
    session: Session, changes: Sequence[Change], config_files: Collection[str] = CONFIG_FILES
) -> Report:
    """Check the solutions that changes touch.

    The touched solutions are read whole; what others declare, or use, when a rule asks for it.
    """
    if any(change.path in config_files and _configures_otherwise(session, change) for change in changes):
        return full_report(session)
    read = [change for change in changes if not session.is_excluded(change.path)]
    touched = session.owners(change.path for change in read)
    touched |= _concerned(session, read, touched)
    if session.config.environments:
        touched |= _bound(session, read)
    near = session.read(touched.__contains__, lambda _: False)
    world = session.around(near)._replace(near=near)
    findings = session.findings(touched.__contains__, world, near)
    # A finding between solutions may be excepted by what stands in another one than those touched.
    involved = world.solutions if any(finding.involves for finding in findings) else near
    return report_of(session, findings, involved, touched.__contains__, world=world)


def check_alone(session: Session, changes: Sequence[Change]) -> Report:
    """What the solutions that changes touch tell by themselves, where the others cannot be read."""
    touched = session.owners(change.path for change in changes if not session.is_excluded(change.path))
    near = session.read(touched.__contains__, lambda _: False)
    findings = session.findings(touched.__contains__, session.world_of(near), near, between=False)
    return report_of(session, findings, near, touched.__contains__)


def _bound(session: Session, changes: Sequence[Change]) -> set[str]:
    """The folders of solutions that changed deployment settings speak of, before or after the change.

    Where that cannot be told, or is none, all of the settings' environments.
    """
    found: set[str] = set()
    for change in changes:
        names = environments_set_by(session.config, change.path)
        if not names:
            continue
        world = session.world_of(session.read(lambda _: False))
        mates = {
            solution.folder: solution
            for environment in world.environments
            if environment.name in names
            for solution in environment.solutions
        }
        told = session.facts_of(change, SETTINGS)
        keys = {entry.name.lower() for entries in told if isinstance(entries, tuple) for entry in entries}
        ours = {folder for folder, solution in mates.items() if keys & solution.declared().keys()}
        found |= ours if ours and not any(isinstance(fact, SourceError) for fact in told) else set(mates)
    return found


def _configures_otherwise(session: Session, change: Change) -> bool:
    """Whether a configuration file means something else than before: `pyproject.toml` often doesn't."""

    def meaning(content: bytes) -> Config | str | None:
        try:
            config = parse_config(content, change.path)
        except UsageError as error:
            return str(error)
        return config.decided() if config.path else None

    before, after = session.facts_of(change, Reader(meaning, 1024 * 1024))
    return before != after


def _concerned(session: Session, changes: Sequence[Change], touched: set[str]) -> set[str]:
    """The folders of solutions that other ones concern which declare something else than before.

    They share an environment with such a one, or expect a reference from it that it doesn't declare.
    """
    # Around solutions of the YAML layout there may be flows without one, which declare nothing.
    solutions = touched & {candidate.folder for candidate in session.candidates if candidate.manifest}
    in_yaml = solutions & {candidate.folder for candidate in session.candidates if candidate.yaml}
    declaring = [change for change in changes if _declares_otherwise(session, change)]
    changed = {folder for change in declaring for folder in owners(change.path, solutions, in_yaml)}
    if not changed:
        return set()
    world = session.world_of(session.read(lambda _: False))
    present = {solution.folder: solution for solution in world.solutions}
    # In which environments a solution was that is gone or renamed can't be told: in any, perhaps.
    is_renamed = any(
        change.path.lower().endswith(_MANIFESTS) and change.old_blob.strip("0") for change in declaring
    )
    here = [present[folder] for folder in changed if folder in present]
    environments = (
        world.environments
        if is_renamed or len(here) < len(changed)
        else [environment for solution in here for environment in world.environments_of(solution)]
    )
    mates = {mate.base_name for environment in environments for mate in environment.solutions}
    named = {solution.shown_name for solution in here}
    return {
        solution.folder
        for solution in world.solutions
        if solution.base_name in mates
        or any(expected in named for _, expected in broken_dependencies(solution, world))
    }


def _declares_otherwise(session: Session, change: Change) -> bool:
    """Whether a file of a solution says something else than before of what is declared, and by whom."""
    name = change.path.rpartition("/")[2].lower()
    if name in _YAML_DECLARATIONS:
        return True
    reader, said = _SAID.get(name, (None, None))
    if reader is None or said is None:
        return False
    before, after = map(said, session.facts_of(change, reader))
    return before != after


def _declared(facts: object) -> object:
    if isinstance(facts, CustomizationsFacts):
        return [reference._replace(place=Place("")) for reference in facts.references]
    return []


def _name(facts: object) -> object:
    return facts.unique_name if isinstance(facts, ManifestFacts) else None


_SAID: dict[str, tuple[Reader[Any], Callable[[object], object]]] = {
    "customizations.xml": (CUSTOMIZATIONS, _declared),
    "solution.xml": (MANIFEST, _name),
}
"""What is read from a file of such a name, and what of it says who declares what."""
