"""CR501: a reference that is used and declared nowhere."""

from crstandards.findings import Finding, Findings, Related, Rule, Solution, Subject, World
from crstandards.rules.declarations import all_known, broken_dependencies, provided_to, siblings
from crstandards.rules.usage import by_key, users
from crstandards.rules.wording import exported, listed, where

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
    decision="Which solution is to declare the reference?",
    data=("reference",),
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each unknown name, placed at its first user."""
    if not solution.is_solution:
        yield from _of_code_app(solution, world)
        return
    provided = provided_to(solution, world)
    broken = dict(broken_dependencies(solution, world))
    listed_as_missing = {item.key for item in solution.missing} - broken.keys()
    unknown = by_key(
        user
        for user in users(solution)
        if not (user.key in listed_as_missing or world.is_external(user.name) or provided(user.key))
    )
    if not unknown or not all_known(solution, world):
        return
    for key, (first, *others) in unknown.items():
        who = first.who()
        declaring = [
            other.unique_name or f"The solution in {other.folder or 'the root'}"
            for other in siblings(key, solution, world)
        ]
        lacks = [item.name for item in world.environments_of(solution) if key not in item.declared]
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=first.place,
            message=(
                f"{who[0].upper()}{who[1:]} uses the connection reference {first.name}, which "
                f"{_why(solution, broken.get(key, ''), declaring, lacks)}."
            ),
            help=_help(first.name, declaring, lacks, broken.get(key, ""), solution),
            identity=(solution.base_name, key),
            subject=Subject(reference=first.name),
            related=tuple(Related(other.place, f"{other.who()} uses it too") for other in others),
        )


def _of_code_app(solution: Solution, world: World) -> Findings:
    """What a code app uses that belongs to no one solution, and that no solution here declares."""
    if solution.layout != "code app" or not world.survey().folders:
        return
    for use in solution.uses:
        if use.reference and use.key not in world.survey().declaring and not world.is_external(use.reference):
            yield Finding(
                rule=RULE.id,
                solution="",
                place=use.place,
                message=(
                    f'Code app "{use.name}" uses the connection reference {use.reference}, which no solution '
                    "here declares."
                ),
                help=(
                    "In the portal, add the reference to the solution that the app is deployed with (Add "
                    "existing > More > Connection Reference), and export it again."
                ),
                identity=("code app", use.name, use.key),
                subject=Subject(reference=use.reference),
                severity="warning",
            )


def _why(solution: Solution, broken: str, declaring: list[str], lacks: list[str]) -> str:
    if broken:
        return f"solution {solution.unique_name} expects from {broken}, which is here and does not declare it"
    if declaring and lacks:
        return (
            f"solution {solution.unique_name} does not declare, and no solution of {where(lacks)} declares it"
        )
    return f"solution {solution.unique_name} neither declares nor lists as a missing dependency"


def _help(name: str, declaring: list[str], without: list[str], broken: str, solution: Solution) -> str:
    then = exported(solution)
    add = (
        "add the reference to this solution in the portal (Add existing > More > Connection Reference) and "
        f"{then}"
    )
    if broken and not declaring:
        return (
            f"If {broken} lost it by mistake, bring it back there: its users break when it is imported. Else "
            f"let them use another reference first, or {add}."
        )
    if declaring and without:
        return f"{listed(declaring)} declares it. Deploy it to {where(without)} too, or {add}."
    if declaring:
        return (
            f"{listed(declaring)} declares it. If they are deployed to one environment, say so in an "
            f"[[environments]] table of crstandards.toml; or {add}."
        )
    lacks = (
        "solutioncomponents.yml does not name it"
        if solution.layout == "yaml"
        else "its <connectionreference> is missing from Customizations.xml"
    )
    return (
        "In the portal, add the reference to the solution (Add existing > More > Connection Reference) and "
        f"{then}; in the source, {lacks}. If the "
        f'platform or another repository provides it: [source] external-references = ["{name}"] in '
        "crstandards.toml."
    )
