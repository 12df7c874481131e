"""Draw which flows, apps and agents use which connection reference, to which connector, and where."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from crstandards.commands.output import write_file
from crstandards.commands.progress import Progress
from crstandards.commands.target import find_target, focused_folders, is_whole, session_of, title_of
from crstandards.errors import CLEAN, UsageError
from crstandards.graph.build import links_of
from crstandards.model import Environment, World
from crstandards.ownership import Account, Connection, Inventory
from crstandards.policy.patterns import name_matches
from crstandards.report import draw
from crstandards.report.escape import sanitize
from crstandards.report.terminal import style_of, write
from crstandards.rules import RULES
from crstandards.rules.bindings import Binding, bindings_of
from crstandards.rules.usage import FlowUser
from crstandards.rules.wording import count, listed

_SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".md": "mermaid",
}


class Owned(NamedTuple):
    """A connection of the account, and the references that are bound to it.

    `roles` says what the account is to it, such as "signed in as", with its name. `id` is "" where only
    settings speak of it.
    """

    id: str
    connector: str
    fault: str
    roles: tuple[tuple[str, Account], ...]
    bindings: tuple[Binding, ...]


class Listing(NamedTuple):
    """What hangs on an account in one environment.

    Of `unknown` bindings nothing tells the owner, of `unnamed` ones only that it is a service account.
    """

    environment: str
    owned: tuple[Owned, ...]
    unknown: tuple[Binding, ...]
    unnamed: tuple[Binding, ...]


def run(options: Namespace) -> int:
    """Write the map or print the list, and return the exit status."""
    if options.owner is None:
        return _write_map(options)
    if options.format or options.output:
        raise UsageError("--owner prints a list; --format and --output are for the map")
    session = session_of(find_target(options.paths), (), False, options)
    if not session.config.environments:
        raise UsageError(
            "no environment is declared, so nothing tells what is bound to which connection: add an "
            "[[environments]] table with settings and inventory"
        )
    world = session.world
    style = style_of(sys.stdout)
    lines = _lines(options.owner, owned_by(world, options.owner), world)
    write(sys.stdout, "".join(f"{sanitize(line)}\n" for line in lines), style.encoding)
    return CLEAN


def _write_map(options: Namespace) -> int:
    """Write the map of all that a check would look at; what it shows fails nothing."""
    target = find_target(options.paths)
    with Progress(sys.stderr, "files") as progress:
        session = session_of(target, RULES, is_whole(target, options.solutions), options, progress)
        focus = focused_folders(target, session.solutions, options.solutions).__contains__
        links = links_of(session.world, session.report(focus).findings, focus)
    if not session.candidates and not target.paths:
        print("No solution here: nothing to draw.", file=sys.stderr)
    name = _format_of(options)
    text = draw(links, name, title_of(target) if name == "html" else "")
    if options.output not in (None, "-"):
        write_file(options.output, text)
    else:
        write(sys.stdout, text, "utf-8")
    return CLEAN


def _format_of(options: Namespace) -> str:
    """The map's format: `--format`'s, or else the one that the file's suffix tells."""
    told = _SUFFIXES.get(Path(options.output or "").suffix.lower())
    if options.format and told and told != options.format:
        raise UsageError(
            f"--output {options.output}: that is a name for {told}, and --format says {options.format}"
        )
    return str(options.format or told or "mermaid")


def owned_by(world: World, pattern: str) -> list[Listing]:
    """What hangs on the accounts whose name, mail or id matches a pattern, environment by environment."""
    return [_listing(environment, pattern) for environment in world.environments]


def _listing(environment: Environment, pattern: str) -> Listing:
    inventory = environment.inventory() or Inventory()
    owned: dict[str, Owned] = {}
    unknown: list[Binding] = []
    unnamed: list[Binding] = []
    for binding in bindings_of(environment):
        if binding.held.is_runners:
            continue
        connection = inventory.connections.get(binding.id)
        roles = _roles(connection, binding)
        if not any(account.known_as for _, account in roles):
            are_services = bool(roles) and all(account.is_service for _, account in roles)
            (unnamed if are_services else unknown).append(binding)
        ours = tuple((role, account) for role, account in roles if _is(account, pattern))
        if ours:
            key = binding.id or binding.held.name.lower()
            known = owned.get(key)
            owned[key] = Owned(
                id=binding.connection,
                connector=connection.connector if connection else binding.held.connector,
                fault=_fault(connection),
                roles=ours,
                bindings=(*(known.bindings if known else ()), binding),
            )
    return Listing(environment.name, tuple(owned.values()), tuple(unknown), tuple(unnamed))


def _roles(connection: Connection | None, binding: Binding) -> list[tuple[str, Account]]:
    if connection is None:
        return [("given to", binding.owner)] if binding.owner else []
    found = []
    if connection.signed_in:
        found.append(("signed in as", connection.signed_in))
    if connection.creator and connection.creator != connection.signed_in:
        found.append(("created by", connection.creator))
    return found


def _is(account: Account, pattern: str) -> bool:
    return any(name_matches(pattern, name) for name in account.known_as)


def _fault(connection: Connection | None) -> str:
    if connection is None or connection.status != "broken":
        return ""
    return f"; broken ({connection.error})" if connection.error else "; broken"


def _lines(pattern: str, listings: Sequence[Listing], world: World) -> Iterator[str]:
    number = sum(len(listing.owned) for listing in listings)
    yield f"{pattern}: {count(number, 'connection')} with connection references of these solutions."
    for listing in listings:
        yield ""
        yield listing.environment
        if not listing.owned:
            yield "  nothing"
        for owned in listing.owned:
            shown = " and ".join(f"{role} {world.shown(account)}" for role, account in owned.roles)
            name = f"connection {owned.id}" if owned.id else "a connection"
            yield f"  {name} ({owned.connector}), {shown}{owned.fault}"
            for binding in owned.bindings:
                yield f"    {binding.held.name}"
                yield from _users(binding)
        if stopping := _stopping(listing):
            flows, others = stopping
            more = f" and {count(others, 'other')}" if others else ""
            yield f"  when it goes, {count(flows, 'flow')}{more} will stop"
        if listing.unknown:
            names = listed([binding.held.name for binding in listing.unknown])
            yield f"  not known whose: the connections of {names}"
        if listing.unnamed:
            names = listed([binding.held.name for binding in listing.unnamed])
            yield f"  a service account's: the connections of {names}"
    if any(listing.unknown for listing in listings):
        yield ""
        yield (
            "A committed inventory names nobody, and tokens tell nothing: hand in the export itself, with "
            "--inventory ENV=FILE."
        )


def _stopping(listing: Listing) -> tuple[int, int] | None:
    """How many flows, and apps and agents, work as the account. Who only created a connection may go."""
    users = {
        (isinstance(user, FlowUser), user.place.path)
        for owned in listing.owned
        if any(role != "created by" for role, _ in owned.roles)
        for binding in owned.bindings
        for user in binding.held.users
    }
    flows = sum(is_flow for is_flow, _ in users)
    return (flows, len(users) - flows) if users else None


def _users(binding: Binding) -> Iterator[str]:
    for solution in binding.held.solutions:
        users = [user for user in binding.held.users if user.solution.folder == solution.folder]
        titles = list(dict.fromkeys(user.title() for user in users))
        if not titles:
            yield f"      {solution.unique_name}: nothing uses it"
        for title in titles:
            yield f"      {solution.unique_name}: {title}"
