"""Which solutions a change concerns, and the check of just those: what a hook does.

A solution is touched when a file of it that is read was added, changed or deleted, or deployment
settings for it; when its declarations changed, so is every solution that shares a declared
environment with it; when the configuration changed, all are.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from crstandards.check.reporting import full_report, report_of
from crstandards.check.session import Session
from crstandards.environments import World
from crstandards.errors import UsageError
from crstandards.git.repository import Change
from crstandards.model import ConnectionReference
from crstandards.places import Place
from crstandards.policy import CONFIG_FILES
from crstandards.policy.configuration import Config, environments_set_by, parse_config
from crstandards.reported import Report
from crstandards.source.facts import Reader
from crstandards.source.names import owners
from crstandards.source.repository import CUSTOMIZATIONS, MANIFEST
from crstandards.source.settings import SETTINGS
from crstandards.source.solution import CustomizationsFacts, ManifestFacts
from crstandards.source.text import SourceError

_YAML_DECLARATIONS = ("solution.yml", "solutioncomponents.yml", "connectionreference.yml")
_DECLARATIONS = ("customizations.xml", "solution.xml", *_YAML_DECLARATIONS)


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
    if session.has_environments:
        touched |= _mates(session, read, touched) | _bound(session, read)
    touched |= _left_without(session, read)
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


def _left_without(session: Session, changes: Sequence[Change]) -> set[str]:
    """The folders of solutions that expect a reference from elsewhere which a change takes away."""
    dropped: set[str] = set()
    for change in changes:
        reader = _reader_of_names(change.path.rpartition("/")[2].lower())
        before, after = session.facts_of(change, reader) if reader else (None, None)
        dropped |= _names(before) - _names(after)
    if not dropped:
        return set()
    world = session.world_of(session.read(lambda _: False))
    return {
        solution.folder
        for solution in world.solutions
        if any(dependency.key in dropped for dependency in solution.missing)
    }


def _reader_of_names(name: str) -> Reader[Any] | None:
    """What reads the names of references from a file of this name; None of a file that declares none."""
    if name == "customizations.xml":
        return CUSTOMIZATIONS
    if name not in _YAML_DECLARATIONS[1:]:
        return None
    # Imported here: most repositories hold no YAML source.
    from crstandards.source import yaml_layout

    return yaml_layout.REFERENCE if name == _YAML_DECLARATIONS[-1] else yaml_layout.COMPONENTS


def _names(facts: object) -> set[str]:
    """The names of the references that a file declares, in lower case, or that it lists."""
    if isinstance(facts, CustomizationsFacts):
        return {reference.key for reference in facts.references}
    if isinstance(facts, ConnectionReference):
        return {facts.key}
    listed = facts if isinstance(facts, tuple) else ()
    return {component.path.lower().rpartition("/")[2] for component in listed}


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


def _mates(session: Session, changes: Sequence[Change], touched: set[str]) -> set[str]:
    """The folders of solutions that share an environment with one whose declarations changed."""
    declaring = [change for change in changes if change.path.rpartition("/")[2].lower() in _DECLARATIONS]
    if not declaring:
        return set()
    world = session.world_of(session.read(lambda _: False))
    copies = _folders_with_copies(world)
    # Around solutions of the YAML layout there may be flows without one, which declare nothing.
    solutions = touched & {candidate.folder for candidate in session.candidates if candidate.manifest}
    in_yaml = solutions & {candidate.folder for candidate in session.candidates if candidate.yaml}
    changed = {
        folder
        for change in declaring
        for folder in owners(change.path, solutions, in_yaml)
        if _declares_otherwise(session, change, folder in copies)
    }
    present = {solution.folder: solution for solution in world.solutions}
    # In which environments a solution was that is gone or renamed can't be told: in any, perhaps.
    concerned = (
        world.environments
        if changed - present.keys() or any(_is_renamed(session, change) for change in declaring)
        else [item for folder in changed for item in world.environments_of(present[folder])]
    )
    names = {mate.base_name for environment in concerned for mate in environment.solutions}
    return {solution.folder for solution in world.solutions if solution.base_name in names}


def _folders_with_copies(world: World) -> set[str]:
    count = Counter(solution.base_name for solution in world.solutions)
    return {solution.folder for solution in world.solutions if count[solution.base_name] > 1}


def _declares_otherwise(session: Session, change: Change, has_copies: bool) -> bool:
    """Whether a manifest or a Customizations file says something else than before of what is declared.

    Of copies, the version tells which one speaks for all.
    """
    name = change.path.rpartition("/")[2].lower()
    if name == "customizations.xml":
        old, new = session.facts_of(change, CUSTOMIZATIONS)
        return _declared(old) != _declared(new)
    if name == "solution.xml":
        before, after = session.facts_of(change, MANIFEST)
        return _identity(before, has_copies) != _identity(after, has_copies)
    return True


def _is_renamed(session: Session, change: Change) -> bool:
    name = change.path.rpartition("/")[2].lower()
    if name != "solution.xml":
        return name == "solution.yml"
    before, after = session.facts_of(change, MANIFEST)
    return before is not None and _identity(before, False) != _identity(after, False)


def _declared(facts: object) -> object:
    if isinstance(facts, CustomizationsFacts):
        return [reference._replace(place=Place("")) for reference in facts.references]
    return []


def _identity(facts: object, has_copies: bool) -> object:
    if not isinstance(facts, ManifestFacts):
        return None
    return (facts.unique_name, facts.version, facts.managed) if has_copies else facts.unique_name
