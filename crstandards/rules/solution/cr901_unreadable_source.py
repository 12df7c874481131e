"""CR901: source that cannot be read as what it is."""

from crstandards.environments import Environment, SettingsFile, World
from crstandards.findings import Finding, Findings, Place, Rule, Solution, Subject
from crstandards.model import Unreadable
from crstandards.rules.declarations import all_folders, gathered

RULE = Rule(
    id="CR901",
    name="unreadable-source",
    severity="error",
    since="0.1.0",
    stage="unknown",
    summary="source that cannot be read as what it is",
    see="https://learn.microsoft.com/power-apps/maker/data-platform/create-connection-reference",
    is_fixed=True,
    decision="What is the file to say?",
    is_proved=True,
    sees="settings",
)


def per_solution(solution: Solution, world: World) -> Findings:
    """One finding for each unreadable place; none for what is not there because it is excluded."""
    for unreadable in solution.unreadable:
        if unreadable.absent and world.is_excluded(unreadable.absent):
            continue
        name = unreadable.place.path.rpartition("/")[2]
        yield Finding(
            rule=RULE.id,
            solution=solution.unique_name,
            place=unreadable.place,
            message=f"{name} cannot be checked: {unreadable.reason}.",
            help=_help(solution, unreadable),
            identity=(solution.base_name, _name(solution, unreadable.place.path), unreadable.reason),
            content=unreadable.content,
        )


def _help(solution: Solution, unreadable: Unreadable) -> str:
    known = any(word in unreadable.reason for word in ("conflict", "LFS"))
    is_yaml = solution.layout == "yaml"
    again = f"{'commit the solution in the portal' if is_yaml else 'export and unpack the solution'} again"
    cure, way_out = "Correct the file", "If this is no source, leave it out: [source] exclude"
    if unreadable.absent:
        cure = "Correct the path, bring the file back"
        way_out = f'Or leave it out of the check: [source] exclude = ["{unreadable.absent}"]'
    end = "" if known else f" {way_out} in crstandards.toml."
    return f"{cure}, or {again}. What cannot be read is never taken for clean.{end}"


def _name(solution: Solution, path: str) -> str:
    """What names a file wherever its solution lies; where that has no name, the whole path does."""
    path, folder = (text.rpartition("!/")[2] for text in (path, f"{solution.folder}/"))
    return path.removeprefix(folder) if solution.unique_name else path


def overall(world: World) -> Findings:
    """One finding for each file of deployment settings that cannot be read."""
    for found in gathered(world, "", _unreadable, lambda file: file.path):
        file = found.items[0]
        yield Finding(
            rule=RULE.id,
            solution="",
            place=Place(file.path, file.at),
            message=f"{file.path.rpartition('/')[2]} cannot be checked: {file.unreadable}.",
            help=(
                "Correct the file: it is named under settings of an environment. What cannot be read is "
                "never taken for clean."
            ),
            identity=(file.path, file.unreadable),
            subject=Subject(environments=found.names),
            involves=all_folders(found.environments),
            content=file.content,
        )


def _unreadable(environment: Environment) -> list[SettingsFile]:
    return [file for file in environment.settings() if file.unreadable]
