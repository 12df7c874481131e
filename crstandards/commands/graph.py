"""Draw which flows, apps and agents use which connection reference, to which connector, and where."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator

from crstandards.check.links import links_of
from crstandards.check.reporting import full_report
from crstandards.commands.delivery import output_of
from crstandards.commands.target import find_target, session_of, session_on, title_of
from crstandards.commands.writing import show, write_file
from crstandards.environments import Account, Connection, Environment, Inventory, World
from crstandards.errors import CLEAN, UsageError
from crstandards.policy.patterns import name_matches
from crstandards.report import draw
from crstandards.report.escape import sanitize
from crstandards.rules import RULES
from crstandards.rules.bindings import Binding, bindings_of
from crstandards.rules.usage import FlowUser
from crstandards.rules.wording import count, listed, shown_connector

_CREATOR = "created by"
_SUFFIXES = {
    ".html": ("html",),
    ".htm": ("html",),
    ".dot": ("dot",),
    ".gv": ("dot",),
    ".mmd": ("mermaid",),
    ".md": ("mermaid",),
}


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
    show("".join(f"{sanitize(line)}\n" for line in _lines(options.owner, session.world)))
    return CLEAN


def _write_map(options: Namespace) -> int:
    """Write the map of all that a check would look at; what it shows fails nothing."""
    name, path = output_of(options, _SUFFIXES, "mermaid")
    target = find_target(options.paths)
    with session_on(target, RULES, options) as (session, focus):
        links = links_of(session.world, full_report(session, focus).findings, focus)
    if not session.candidates and not target.paths:
        print("No solution here: nothing to draw.", file=sys.stderr)
    text = draw(links, name, title_of(target) if name == "html" else "")
    write_file(path, text)
    return CLEAN


def _lines(pattern: str, world: World) -> Iterator[str]:
    """What hangs on the accounts whose name, mail or id matches a pattern, environment by environment."""
    listings = [_Listing(environment, pattern, world.shown) for environment in world.environments]
    number = sum(len(listing.owned) for listing in listings)
    yield f"{pattern}: {count(number, 'connection')} with connection references of these solutions."
    for listing in listings:
        yield from ("", *listing.lines())
    if any(listing.unknown for listing in listings):
        yield ""
        yield (
            "A committed inventory names nobody, and tokens tell nothing: hand in the export itself, with "
            "--inventory ENV=FILE."
        )


class _Listing:
    """What hangs on an account in one environment.

    Of `unknown` references nothing tells whose connection it is, of `unnamed` ones only that it is a service
    account's.
    """

    def __init__(self, environment: Environment, pattern: str, shown: Callable[[Account], str]) -> None:
        self._name = environment.name
        self.owned: dict[str, list[str]] = {}
        self.unknown: list[str] = []
        self._unnamed: list[str] = []
        self._stopping: set[tuple[bool, str]] = set()
        inventory = environment.inventory() or Inventory()
        for binding in bindings_of(environment):
            held, connection = binding.held, inventory.connections.get(binding.id)
            if held.is_runners:
                continue
            roles = _roles(connection, binding)
            if not any(account.known_as for _, account in roles):
                is_service = bool(roles) and all(account.is_service for _, account in roles)
                (self._unnamed if is_service else self.unknown).append(held.shown)
            ours = [
                (role, account)
                for role, account in roles
                if any(name_matches(pattern, name) for name in account.known_as)
            ]
            if not ours:
                continue
            name = f"connection {binding.connection}" if binding.connection else "a connection"
            connector = connection.connector if connection else held.connector
            whose = " and ".join(f"{role} {shown(account)}" for role, account in ours)
            is_broken = connection is not None and connection.status == "broken"
            error = f" ({connection.error})" if connection and connection.error else ""
            broken = f"; broken{error}" if is_broken else ""
            head = f"  {name} for {shown_connector(connector, *held.solutions)}, {whose}{broken}"
            lines = self.owned.setdefault(binding.id or held.name.lower(), [head])
            lines += [f"    {held.shown}", *_users(binding)]
            # Who only created a connection may go.
            if any(role != _CREATOR for role, _ in ours):
                self._stopping |= {(isinstance(user, FlowUser), user.place.path) for user in held.users}

    def lines(self) -> Iterator[str]:
        """The environment's name and what hangs on the account there."""
        yield self._name
        yield from (line for lines in self.owned.values() or [["  nothing"]] for line in lines)
        if self._stopping:
            flows = sum(is_flow for is_flow, _ in self._stopping)
            others = len(self._stopping) - flows
            more = f" and {count(others, 'other')}" if others else ""
            yield f"  when it goes, {count(flows, 'flow')}{more} will stop"
        if self.unknown:
            yield f"  not known whose: the connections of {listed(self.unknown)}"
        if self._unnamed:
            yield f"  a service account's: the connections of {listed(self._unnamed)}"


def _roles(connection: Connection | None, binding: Binding) -> list[tuple[str, Account]]:
    """What accounts are to a connection, as far as that is known."""
    if connection is None:
        return [("given to", binding.owner)] if binding.owner else []
    creator = connection.creator if connection.creator != connection.signed_in else None
    pairs = [("signed in as", connection.signed_in), (_CREATOR, creator)]
    return [(role, account) for role, account in pairs if account]


def _users(binding: Binding) -> Iterator[str]:
    for solution in binding.held.solutions:
        users = [user for user in binding.held.users if user.solution.folder == solution.folder]
        for title in dict.fromkeys(user.title() for user in users) or ["nothing uses it"]:
            yield f"      {solution.unique_name}: {title}"
