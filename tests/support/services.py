"""How the services read what a step writes: written from their documentation and their agents' ways."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """A command as the service understands it."""

    name: str
    properties: dict[str, str]
    message: str


GITHUB_COMMANDS = ("error", "warning", "notice", "debug", "group", "endgroup", "add-mask", "stop-commands")
GITHUB_COMMANDS += (
    "set-output",
    "save-state",
    "set-env",
    "add-path",
    "add-matcher",
    "remove-matcher",
    "echo",
)


def github_commands(log: str) -> list[Command]:
    """The commands in a log of GitHub Actions.

    A line whose first characters after blanks are `::` holds one, up to the next `::`; the older form
    `##[name]` counts wherever in a line it stands.
    """
    return [command for line in log.splitlines() if (command := _github(line))]


def _github(line: str) -> Command | None:
    line = line.lstrip()
    if line.startswith("::") and "::" in line[2:]:
        head, _, message = line[2:].partition("::")
        name, _, listed = head.partition(" ")
        if name in GITHUB_COMMANDS:
            pairs = (pair.split("=", 1) for pair in listed.strip().split(",") if "=" in pair)
            properties = {key: _undone(value, ("%3A", ":"), ("%2C", ",")) for key, value in pairs}
            return Command(name, properties, _undone(message))
    if "##[" in line and "]" in line:
        return Command(line.partition("##[")[2], {}, "")
    return None


def _undone(text: str, *more: tuple[str, str]) -> str:
    for escape, sign in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
        text = text.replace(escape, sign)
    return text


def azure_commands(log: str, percents: bool = True) -> list[Command]:
    """The commands in a log of Azure Pipelines: `##vso[…]`, wherever in a line it stands.

    Not each version of the agent undoes `%AZP25`.
    """
    return [command for line in log.splitlines() if (command := _azure(line, percents))]


def _azure(line: str, percents: bool) -> Command | None:
    _, mark, rest = line.partition("##vso[")
    head, bracket, message = rest.partition("]")
    if not mark or not bracket:
        return None
    name, _, listed = head.partition(" ")
    pairs = (pair.split("=", 1) for pair in listed.split(";") if "=" in pair)
    properties = {key: _plain(value, percents) for key, value in pairs}
    return Command(name, properties, _plain(message, percents))


def _plain(text: str, percents: bool) -> str:
    for escape, sign in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]")):
        text = text.replace(escape, sign)
    return text.replace("%AZP25", "%") if percents else text
