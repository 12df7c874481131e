"""Phrases that several rules share, so that they speak with one voice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from crstandards.data import load
from crstandards.environments import World
from crstandards.findings import Finding, Related
from crstandards.model import ConnectionEntry, ConnectionReference, Flow, Operation, Solution
from crstandards.places import Place


def listed(items: Sequence[str], most: int = 6, number: int = 0) -> str:
    """A sentence's list: "a, b and c", cut to "a, b and 7 more" beyond `most`.

    `number` is how many there are, where only the first of them are given.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    shown = list(items[:most])
    if len(items) > most:
        shown.append(f"{(number or len(items)) - most} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


def listed_names(references: Sequence[ConnectionReference], most: int = 6) -> str:
    """The names of references as `listed` has them; of very many, only those that are shown are looked at."""
    return listed([shown_reference(item) for item in references[: most + 1]], most, len(references))


def shown_reference(reference: ConnectionReference) -> str:
    """A reference as the portal calls it, and its logical name."""
    name, logical = reference.display_name.strip(), reference.logical_name
    return f'"{name}" ({logical})' if name not in ("", logical) else logical


def shown_action(name: str) -> str:
    """A trigger or an action as the portal calls it: it shows a blank for each underscore in the source."""
    return f'"{name.replace("_", " ")}"'


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it needs one."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def once(names: Iterable[str]) -> list[str]:
    """Names, each once, in order; letter case makes no other name."""
    return list({name.lower(): name for name in names}.values())


def where(environments: Sequence[str]) -> str:
    """The environments as a sentence names them."""
    noun = "environment" if len(environments) == 1 else "environments"
    return f"{noun} {listed(environments)}"


def verb(subjects: Sequence[str], one: str, several: str) -> str:
    """A list with the verb that agrees with it: "a has", "a and b have"."""
    return f"{listed(subjects)} {one if len(subjects) == 1 else several}"


def exported(solution: Solution) -> str:
    """What is done after a change in the portal, so that it comes into the solution's source."""
    return "commit the solution" if solution.layout == "yaml" else "export again"


def shown_connector(connector: str, *solutions: Solution) -> str:
    """A connector as a sentence names it: as it is shown in the portal, then its id."""
    name = connector_name(connector, *solutions)
    return f"{name} ({connector})" if name else connector


def connector_name(connector: str, *solutions: Solution) -> str:
    """What the portal calls a connector; "" where that is unknown.

    Apps and custom connectors of these solutions may tell, or else the table of connectors; the id of a
    custom one holds its name.
    """
    return _named(connector, _told_by_apps(solutions), solutions)


def _told_by_apps(solutions: Iterable[Solution]) -> Mapping[str, str]:
    """What the apps of solutions call connectors, by id."""
    found: dict[str, str] = {}
    for use in (use for solution in solutions for use in solution.uses if use.shown):
        found.setdefault(use.connector, use.shown)
    return found


def _named(connector: str, told: Mapping[str, str], solutions: Sequence[Solution]) -> str:
    known = told.get(connector) or _known().get(connector, {}).get("name")
    return known or (_told_by_its_file(connector, solutions) or _decoded(connector) if connector else "")


def _told_by_its_file(connector: str, solutions: Sequence[Solution]) -> str:
    """What a custom connector's own file calls it: that of its id, or of the one that references name."""
    references = (reference for one in solutions for reference in one.for_connector(connector))
    guids = {reference.custom_connector.strip("{}").lower() for reference in references} - {""}
    # Solutions that were read together know the same ones.
    read = {id(one.custom_connectors): one.custom_connectors for one in solutions}
    found = (each for connectors in read.values() for each in connectors if each.shown)
    return next((each.shown for each in found if each.connector == connector or each.guid in guids), "")


def names_of(world: World, findings: Iterable[Finding]) -> Mapping[str, Mapping[str, str]]:
    """What the portal shows for the references and connectors that findings are about."""
    subjects = [finding.subject for finding in findings]
    wanted = {name.lower() for subject in subjects for name in subject.names}
    ids = sorted({subject.connector for subject in subjects if subject.connector})
    declared = (each for solution in world.solutions for each in solution.declared().values())
    told = _told_by_apps(world.solutions)
    return {
        "references": {each.logical_name: each.display_name for each in declared if each.key in wanted},
        "connectors": {each: name for each in ids if (name := _named(each, told, world.solutions))},
    }


@cache
def _known() -> Mapping[str, Mapping[str, str]]:
    return load("connectors.json")


def _decoded(connector: str) -> str:
    """The name in a custom connector's id, whose publisher's prefix ends in `_`, written as `-5f`.

    >>> _decoded("shared_con-5foffice-20365")
    'con_office 365'
    """
    if "-5f" not in connector:
        return ""
    return re.sub("-([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), connector.removeprefix("shared_"))


def actions_of(flow: Flow, entry: ConnectionEntry) -> str:
    """The trigger and the actions that go through an entry of a flow, as a sentence names them."""
    return listed([shown_action(operation.name) for operation in flow.users(entry.alias)]) or "its actions"


def flow_title(solution: Solution, flow: Flow) -> str:
    """A flow as a sentence names it."""
    return f'flow "{solution.title(flow)}"'


def flow_identity(solution: Solution, flow: Flow) -> tuple[str, str]:
    """What makes a flow the same one after moving and renaming its file."""
    return solution.base_name, flow.guid or flow.path.rpartition("/")[2]


def uses(flow: Flow, operations: Sequence[Operation]) -> tuple[Related, ...]:
    """Operations as related places."""
    return tuple(
        Related(Place(flow.path, operation.route), f"{operation.kind} {shown_action(operation.name)}")
        for operation in operations
    )
