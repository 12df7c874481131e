"""A check takes work in proportion to what it is given, whatever there is much of. No test asserts a time:
the lines of Python that it runs through are counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest

from crstandards.check.links import links_of
from crstandards.check.reporting import full_report
from crstandards.check.session import Session
from crstandards.policy.configuration import Config, parse_config
from crstandards.report import FORMATS, MAPS, draw, render
from crstandards.report.terminal import Style
from crstandards.reported import Report
from crstandards.rules import RULES
from crstandards.snapshot import Folder
from tests.support.builders import Json, Missing, Reference, flow, write_files, write_solution
from tests.support.checks import AS_OF
from tests.support.work import lines_run

Written = Callable[[Path, int], object]
# A large map in Mermaid is drawn three times, each with less in it, to stay below what is shown of it.
LINEAR_MAPS = sorted({*MAPS} - {"mermaid"})
ENVIRONMENT = '[[environments]]\nname = "prod"\n'
SETTINGS = ENVIRONMENT + 'settings = ["settings.json"]\n'


def settings(names: Iterable[str], connection: str = "{:032x}", connector: str = "shared_x{}") -> str:
    """Deployment settings that bind names, each to a connection and for a connector with its number."""
    entries = [
        {
            "LogicalName": name,
            "ConnectionId": connection.format(number),
            "ConnectorId": f"/providers/Microsoft.PowerApps/apis/{connector.format(number)}",
        }
        for number, name in enumerate(names)
    ]
    return json.dumps({"ConnectionReferences": entries})


def apart(count: int, prefix: str = "con") -> list[Reference]:
    """References for so many connectors."""
    return [Reference(f"{prefix}_{n}", f"shared_x{n}") for n in range(count)]


def alike(count: int, prefix: str = "con") -> list[Reference]:
    """References for one connector."""
    return [Reference(f"{prefix}_{n}") for n in range(count)]


def on_one_line(document: Json) -> str:
    """A flow as text. Of one with few lists and objects, it isn't counted how deep they nest."""
    return json.dumps({**document, "many": [[]] * 500})


def using(references: Iterable[Reference], connector: str = "") -> str:
    """A flow on one line, with an entry and an operation for each reference."""
    entries = {f"{connector or item.connector}_{n}": item.name for n, item in enumerate(references)}
    return on_one_line(flow(entries))


def raw(count: int, connector: str = "shared_x{}") -> str:
    return on_one_line(flow({f"{connector.format(n)}_{n}": None for n in range(count)}))


def one(
    references: Callable[[int], Iterable[Reference]] = lambda count: (),
    flows: Callable[[int], dict[str, str]] = lambda count: {},
    files: Callable[[int], dict[str, str]] = lambda count: {},
    config: Callable[[int], str] = lambda count: "",
    missing: Callable[[int], Iterable[Missing]] = lambda count: (),
) -> Written:
    """One solution, of which each part grows with the number that it is written for."""

    def write(folder: Path, count: int) -> None:
        write_solution(folder, "HR", references(count), flows(count), missing=missing(count))
        write_files(folder, {"crstandards.toml": config(count), **files(count)})

    return write


def two(references: Callable[[int, str], Iterable[Reference]], config: str = ENVIRONMENT) -> Written:
    """Two solutions with such references for each of their names, and flows that use them."""

    def write(folder: Path, count: int) -> None:
        for name in ("HR", "IT"):
            found = list(references(count, name))
            write_solution(folder / name, name, found, {f"F {name}": using(found)})
        write_files(folder, {"crstandards.toml": config})

    return write


def many(
    references: Callable[[int], Iterable[str]], flows: Callable[[int], str], config: str = ""
) -> Written:
    """Many solutions."""

    def write(folder: Path, count: int) -> None:
        for n in range(count):
            write_solution(folder / f"S{n}", f"S{n}", references(n), {f"F {n}": flows(n)})
        write_files(folder, {"crstandards.toml": config})

    return write


def canvas(count: int) -> dict[str, str]:
    held = {f"{n:032x}": {"id": f"/apis/shared_x{n}", "sharedConnectionId": "x"} for n in range(count)}
    shown = json.dumps(held).replace('"', "&quot;")
    app = f"<CanvasApp><ConnectionReferences>{shown}</ConnectionReferences></CanvasApp>"
    return {
        "CanvasApps/one.meta.xml": app,
        **{f"CanvasApps/app{n}.meta.xml": "<CanvasApp/>" for n in range(count)},
        **{f"CanvasApps/src/app{n}/Connections/Connections.json": "{}" for n in range(count)},
    }


def exceptions(count: int, **selectors: str) -> str:
    return "".join(
        '[[exceptions]]\nrule = "CR101"\nreason = "r"\n'
        + "".join(f'{key} = "{value.format(n)}"\n' for key, value in selectors.items())
        for n in range(count)
    )


def baseline(count: int) -> str:
    entries = [{"rule": "CR101", "fingerprint": f"{n:032x}", "solution": "HR"} for n in range(count)]
    return json.dumps({"schema": "crstandards/baseline/1", "findings": [*entries, "end"]})


def embedded(count: int) -> str:
    inputs = {f"A{n}": {"type": "Compose", "inputs": f"/connections/{n:032x}"} for n in range(count)}
    return on_one_line(flow({}, inputs))


def by_expression(count: int) -> str:
    name = "@parameters('$connections')['shared_x_{}']['connectionId']"
    actions = {
        f"A{n}": {"type": "ApiConnection", "inputs": {"host": {"connection": {"name": name.format(n)}}}}
        for n in range(count)
    }
    return on_one_line(flow({f"shared_x_{n}": "con_0" for n in range(count)}, actions))


MUCH: dict[str, Written] = {
    "raw connections": one(flows=lambda n: {"F": raw(n)}),
    "raw connections for one connector": one(alike, lambda n: {"F": raw(n, "shared_office365")}),
    "raw connections beside references": one(apart, lambda n: {"F": raw(n)}),
    "raw flows": one(apart, lambda n: {f"F {k}": raw(1) for k in range(n)}),
    "lost aliases": one(flows=lambda n: {"F": raw(n).replace('"connectionReferences": {', '"x": {')}),
    "literal connections": one(flows=lambda n: {"F": embedded(n)}),
    "aliases": one(lambda n: alike(1), lambda n: {"F": using(alike(1) * n)}),
    "expressions": one(lambda n: alike(1), lambda n: {"F": by_expression(n)}),
    "undeclared references": one(flows=lambda n: {"F": using(apart(n))}),
    "other connectors": one(apart, lambda n: {"F": using(apart(n), "shared_other")}),
    "flows that cannot be read": one(flows=lambda n: {f"F {k}": "{" for k in range(n)} | {"G": raw(n)}),
    "duplicates": one(alike, lambda n: {"F": using(alike(n))}),
    "duplicates of many connectors": one(
        lambda n: [*apart(n), *apart(n, "new")], lambda n: {"F": using(apart(n))}
    ),
    "names declared twice": one(lambda n: [*apart(n), *apart(n)]),
    "unused references": one(apart, files=lambda n: {f"x{k}.txt": f"con_{k}" for k in range(0, n, 2)}),
    "missing dependencies": one(
        flows=lambda n: {f"F {k}": using([Reference(f"con_{k}")]) for k in range(n)},
        missing=lambda n: [Missing(f"con_{k}", "Active") for k in range(n)],
    ),
    "dependencies beside own references": one(
        lambda n: apart(n, "own"), lambda n: {"F": using(apart(n))}, missing=lambda n: map(Missing, names(n))
    ),
    "canvas apps": one(apart, files=canvas),
    "names against the convention": one(apart, config=lambda n: '[rules]\nCR505 = "warning"\n'),
    "exceptions": one(flows=lambda n: {"F": raw(n)}, config=lambda n: exceptions(n, alias="shared_x{0}_{0}")),
    "stale exceptions": one(flows=lambda n: {"F": raw(n)}, config=lambda n: exceptions(n, path="x{}")),
    "stale patterns": one(config=lambda n: f"[source]\nexclude = {json.dumps([f'x{k}' for k in range(n)])}"),
    "excepted by descriptions": one(
        lambda n: [item._replace(description="crstandards: allow CR201 x") for item in alike(n)]
    ),
    "a stale baseline": one(
        config=lambda n: 'baseline = "baseline.json"', files=lambda n: {"baseline.json": baseline(n)}
    ),
    "settings": one(apart, files=lambda n: {"settings.json": settings(names(n))}, config=lambda n: SETTINGS),
    "settings that lack references": one(
        apart, files=lambda n: {"settings.json": settings(names(1))}, config=lambda n: SETTINGS
    ),
    "settings of unknown references": one(
        lambda n: apart(n, "xxx"),
        files=lambda n: {"settings.json": settings(names(n))},
        config=lambda n: SETTINGS,
    ),
    "settings without connections": one(
        apart, files=lambda n: {"settings.json": settings(names(n), "")}, config=lambda n: SETTINGS
    ),
    "settings for other connectors": one(
        apart, files=lambda n: {"settings.json": settings(names(n), connector="x")}, config=lambda n: SETTINGS
    ),
    "duplicates bound to one connection": one(
        alike, files=lambda n: {"settings.json": settings(names(n), "0" * 32)}, config=lambda n: SETTINGS
    ),
    "duplicates bound to different connections": one(
        alike, files=lambda n: {"settings.json": settings(names(n))}, config=lambda n: SETTINGS
    ),
    "owners that are not known": one(
        apart,
        lambda n: {f"F {k}": using([Reference(f"con_{k % 3}", f"shared_x{k % 3}")]) for k in range(n)},
        files=lambda n: {"settings.json": settings(names(n))},
        config=lambda n: f'{SETTINGS}[ownership]\nservice-accounts = ["svc-*"]\n',
    ),
    "duplicates in an environment": two(lambda n, name: alike(n, name)),
    "duplicates of many connectors in an environment": two(lambda n, name: apart(n, name)),
    "references of a reference solution": two(
        lambda n, name: apart(n, name), f'{ENVIRONMENT}reference-solution = "HR"\n'
    ),
    "shared references": two(lambda n, name: apart(n), f'{ENVIRONMENT}sharing = "set-per-solution"\n'),
    "conflicting declarations": two(
        lambda n, name: [Reference(f"con_{k}", f"shared_{name.lower()}{k}") for k in range(n)]
    ),
    "solutions": many(lambda n: [f"con_{n}", f"new_{n}"], lambda n: using(alike(1)), ENVIRONMENT),
    "solutions outside environments": many(lambda n: [f"con_{n}"], lambda n: using([Reference("con_0")])),
    "solutions that use the next one's reference": many(
        lambda n: [f"con_{n}"], lambda n: using([Reference(f"con_{n + 1}")])
    ),
    "solutions that share a reference": many(
        lambda n: ["con_0"], lambda n: using(alike(1)), f'{ENVIRONMENT}sharing = "set-per-solution"\n'
    ),
}


def names(count: int) -> list[str]:
    return [f"con_{n}" for n in range(count)]


def session(folder: Path) -> Session:
    file = folder / "crstandards.toml"
    config = parse_config(file.read_bytes(), file.name) if file.exists() else Config()
    return Session(Folder(folder), config, RULES, AS_OF, whole=True)


def work(folder: Path, count: Callable[[Callable[[], object]], int]) -> dict[str, int]:
    """What a check of a folder and each of its reports take."""
    reports: list[Report] = []
    checked = session(folder)

    def run() -> None:
        report = full_report(checked)
        reports.append(report._replace(links=links_of(checked.world, report.findings)))

    counted = {"check": count(run)}
    counted |= {name: count(partial(render, reports[0], name, Style(verbose=True))) for name in FORMATS}
    maps = {f"map as {name}": count(partial(draw, reports[0].links, name)) for name in LINEAR_MAPS}
    return counted | maps


@pytest.mark.parametrize("much", MUCH)
def test_a_check_and_its_reports_grow_with_what_there_is(much: str, tmp_path: Path) -> None:
    counts = (20, 40, 200)
    for count in counts:
        MUCH[much](tmp_path / str(count), count)
    # What is loaded and kept for later is there from now on.
    work(tmp_path / "200", lambda run: bool(run()))
    few, twice, tenfold = (work(tmp_path / str(count), lines_run) for count in counts)
    for what in few:
        # For nine times as much more, it would be 33 times the work if that grew with the square.
        more, nine_times_more = twice[what] - few[what], tenfold[what] - few[what]
        assert nine_times_more < 10.5 * more + 500, (what, few[what], twice[what], tenfold[what])
