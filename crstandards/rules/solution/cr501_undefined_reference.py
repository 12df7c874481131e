"""CR501: a reference that is used and declared nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crstandards.findings import Finding, Related, Rule
from crstandards.model import Place, Solution, World
from crstandards.rules.declarations import all_known, declaration_of, siblings
from crstandards.rules.wording import exported, flow_title, listed

RULE = Rule(
    id="CR501",
    name="undefined-reference",
    severity="error",
    since="0.1.0",
    stage="reference",
    summary="a connection reference is used that is declared nowhere",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    mark="undeclared",
    is_proved=True,
    sees="declared",
    by_flow="any",
)


class _User(NamedTuple):
    name: str
    who: str
    place: Place


def per_solution(solution: Solution, world: World) -> Iterator[Finding]:
    """One finding for each unknown name, placed at its first user."""
    if not solution.is_solution:
        return
    declaration = declaration_of(solution, world)
    listed_as_missing = {dependency.key for dependency in solution.missing}
    unknown: dict[str, list[_User]] = {}
    for user in _users(solution):
        key = user.name.lower()
        if key not in listed_as_missing and not world.is_external(user.name) and not declaration(key):
            unknown.setdefault(key, []).append(user)
    if not unknown or not all_known(solution, world):
        return
    for key, (first, *others) in unknown.items():
        declaring = [other.unique_name for other in siblings(key, solution, world)]
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=first.place,
            message=(
                f"{first.who[0].upper()}{first.who[1:]} uses the connection reference {first.name}, which "
                f"solution {solution.unique_name} neither declares nor lists as a missing dependency."
            ),
            help=_help(first.name, declaring, solution),
            identity=(solution.base_name, key),
            data={"reference": first.name},
            related=tuple(Related(other.place, f"{other.who} uses it too") for other in others),
        )


def _users(solution: Solution) -> Iterator[_User]:
    for flow in solution.flows:
        for entry in flow.entries:
            if entry.reference:
                yield _User(entry.reference, flow_title(solution, flow), Place(flow.path, entry.route))
    for use in solution.uses:
        if use.reference:
            yield _User(use.reference, f'{use.kind} "{use.name}"', use.place)


def _help(name: str, declaring: list[str], solution: Solution) -> str:
    then = exported(solution)
    if declaring:
        return (
            f"{listed(declaring)} declares it. If they are deployed to one environment, say so in an "
            "[[environments]] table of crstandards.toml; or add the reference to this solution in the portal "
            f"(Add existing > More > Connection reference) and {then}."
        )
    lacks = (
        "solutioncomponents.yml does not name it"
        if solution.layout == "yaml"
        else "its <connectionreference> is missing from Customizations.xml"
    )
    return (
        "In the portal, add the reference to the solution (Add existing > More > Connection reference) and "
        f"{then}; in the source, {lacks}. If the "
        f'platform or another repository provides it: [source] external-references = ["{name}"] in '
        "crstandards.toml."
    )
