"""Repositories to measure with: the same seed gives the same bytes.

Flows nest like real ones (scopes, conditions, loops), have a median of 20 KB and a long tail, some with
CRLF or a byte order mark. A solution holds five (223 public ones hold 950 in all); every fiftieth is of
the zip layout, with tables in its customizations. Nothing is to be reported but a note that solutions
declare references for the same connectors, so that what is measured is reading.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

FLOWS_PER_SOLUTION = 5
MEDIAN_BYTES = 20_000
SIGMA = 0.9
"""Of the logarithm of a flow's size; the mean is then 1.5 times the median."""
HUGE_BYTES = 2_000_000
HUGE_ONE_IN = 2_000
CONNECTORS = (
    "shared_office365",
    "shared_sharepointonline",
    "shared_teams",
    "shared_commondataserviceforapps",
    "shared_approvals",
)
_APIS = "/providers/Microsoft.PowerApps/apis/"


def repository(folder: Path, flows: int, customizations_bytes: int = 0) -> None:
    """Write a git repository with one commit. `customizations_bytes` is the largest Customizations.xml."""
    _commit(folder, files(flows, customizations_bytes))


def yaml_repository(folder: Path, flows: int, listed_bytes: int) -> None:
    """As `repository`, of one solution in the YAML layout, with a list of components of so many bytes."""
    _commit(folder, _yaml_files(flows, listed_bytes))


def _commit(folder: Path, held: Iterable[tuple[str, bytes]]) -> None:
    write(folder, held)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "config", "user.name", "Benchmark")
    git(folder, "config", "user.email", "benchmark@contoso.com")
    git(folder, "config", "gc.auto", "0")
    git(folder, "config", "core.autocrlf", "false")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "All solutions")
    git(folder, "repack", "-adq")


def write(folder: Path, held: Iterable[tuple[str, bytes]]) -> None:
    """Write files into a folder."""
    for path, content in held:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def history(folder: Path, commits: int) -> None:
    """Add commits that each change one to three flows, by `git fast-import`."""
    chance = random.Random(2)
    flows = sorted(path for path in folder.rglob("*.json") if path.parent.name == "Workflows")
    tip = git(folder, "rev-parse", "HEAD").strip()
    stream = bytearray()
    for number in range(commits):
        stream += b"commit refs/heads/main\n"
        stream += f"committer Benchmark <benchmark@contoso.com> {1767225600 + 60 * number} +0000\n".encode()
        message = f"Change {number}".encode()
        stream += b"data %d\n%s\n" % (len(message), message)
        if not number:
            stream += f"from {tip}\n".encode()
        for path in chance.sample(flows, chance.randint(1, 3)):
            content = flow(chance, path.parent.parent.name, small_size(chance))
            stream += b"M 100644 inline %s\n" % path.relative_to(folder).as_posix().encode()
            stream += b"data %d\n%s\n" % (len(content), content)
    git(folder, "fast-import", "--quiet", stdin=bytes(stream))
    git(folder, "repack", "-adq")
    git(folder, "reset", "--quiet", "--hard")


def broken(content: bytes) -> bytes:
    """A flow whose first connection is a raw one."""
    document = json.loads(content.decode("utf-8-sig"))
    entries = document["properties"]["connectionReferences"]
    entries[min(entries)]["connection"] = {}
    return json.dumps(document, indent=2).encode()


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> str:
    """Run git in a repository and return what it printed."""
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=True)
    return done.stdout.decode()


def files(flows: int, customizations_bytes: int = 0) -> Iterator[tuple[str, bytes]]:
    """The files of solutions of the XML layouts, by path."""
    chance = random.Random(1)
    for number in range(max(1, flows // FLOWS_PER_SOLUTION)):
        name = f"Contoso{number:04}"
        flat = number % 50 == 49
        names = (
            ("solution.xml", "customizations.xml")
            if flat
            else ("Other/Solution.xml", "Other/Customizations.xml")
        )
        filler = customizations_bytes if flat and number == 49 else 40_000 if flat else 0
        yield f"src/{name}/{names[0]}", manifest(name)
        yield f"src/{name}/{names[1]}", customizations(name, filler)
        for _ in range(min(FLOWS_PER_SOLUTION, flows)):
            guid = str(UUID(int=chance.getrandbits(128), version=4)).upper()
            size = HUGE_BYTES if chance.randrange(HUGE_ONE_IN) == 0 else small_size(chance)
            yield f"src/{name}/Workflows/Flow{chance.randrange(10**6)}-{guid}.json", flow(chance, name, size)


def _yaml_files(flows: int, listed_bytes: int) -> Iterator[tuple[str, bytes]]:
    name, chance, components = "Contoso0000", random.Random(1), []
    for connector in _connectors(name):
        components.append(f"connectionreferences/{name.lower()}_{connector}")
        reference = (
            f"connectionreference:\n  '@connectionreferencelogicalname': {name.lower()}_{connector}\n"
            f"  connectionreferencedisplayname: {connector}\n  connectorid: {_APIS}{connector}\n"
        )
        yield f"src/{components[-1]}/connectionreference.yml", reference.encode()
    for number in range(flows):
        guid = str(UUID(int=chance.getrandbits(128), version=4))
        components.append(f"modernflows/{guid}")
        path = f"src/{components[-1]}/Flow{number}-{guid.upper()}.json"
        yield path, flow(chance, name, small_size(chance))
    components += (f"webresources/con_script{number:05}" for number in range(listed_bytes // 45))
    listed = "".join(f"  - '@path': /{component}\n" for component in components)
    text = f"SolutionComponents:\n  Component:\n{listed}"
    yield f"src/solutions/{name}/solutioncomponents.yml", text.encode()
    text = f"ImportExportXml:\n  SolutionManifest:\n    UniqueName: {name}\n    Version: 1.0.0.0\n"
    yield f"src/solutions/{name}/solution.yml", f"{text}    Managed: 0\n".encode()


def _connectors(solution: str) -> list[str]:
    """What a solution declares references for, and each of its flows uses."""
    chance = random.Random(solution)
    return chance.sample(CONNECTORS, chance.randint(1, 3))


def small_size(chance: random.Random) -> int:
    """A flow's size in bytes, from the usual distribution."""
    return min(int(MEDIAN_BYTES * math.exp(chance.gauss(0, SIGMA))), 400_000)


def flow(chance: random.Random, solution: str, size: int) -> bytes:
    """A clean flow of about `size` bytes."""
    used = _connectors(solution)
    entries = {
        connector: {
            "runtimeSource": "embedded",
            "connection": {"connectionReferenceLogicalName": f"{solution.lower()}_{connector}"},
            "api": {"name": connector},
        }
        for connector in used
    }
    actions: dict[str, Any] = {}
    written = 1_500
    while written < size:
        name, action = _action(chance, used, len(actions), depth=0)
        actions[name] = action
        written += len(json.dumps(action, indent=2)) * 5 // 4
    document = {
        "properties": {
            "connectionReferences": entries,
            "definition": {
                "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
                "2016-06-01/workflowdefinition.json#",
                "contentVersion": "1.0.0.0",
                "parameters": {"$connections": {"defaultValue": {}, "type": "Object"}},
                "triggers": {
                    "Recurrence": {"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1}}
                },
                "actions": actions,
            },
        },
        "schemaVersion": "1.0.0.0",
    }
    content = json.dumps(document, indent=2).encode()
    style = chance.randrange(20)
    if style in (0, 1):
        content = content.replace(b"\n", b"\r\n")
    if style in (1, 2, 3, 4):
        content = b"\xef\xbb\xbf" + content
    return content


def _action(chance: random.Random, used: list[str], number: int, depth: int) -> tuple[str, dict[str, Any]]:
    kind = chance.choice(("call", "call", "compose", "variable", "scope", "if", "foreach"))
    name = f"{kind.capitalize()}_{number}_{chance.randrange(10**5)}"
    if depth < 4 and kind in ("scope", "if", "foreach"):
        inner = dict(_action(chance, used, index, depth + 1) for index in range(chance.randint(1, 3)))
        if kind == "if":
            return name, {"type": "If", "expression": {"and": []}, "actions": inner, "else": {"actions": {}}}
        return name, {"type": kind.capitalize(), "actions": inner, "runAfter": {}}
    if kind == "call":
        connector = chance.choice(used)
        host = {"connectionName": connector, "operationId": "Get", "apiId": _APIS + connector}
        parameters = {f"item/field{index}": "@{outputs('Compose')?['body/value']}" for index in range(8)}
        return name, {
            "type": "OpenApiConnection",
            "inputs": {"host": host, "parameters": parameters},
            "runAfter": {},
        }
    return name, {
        "type": "Compose",
        "inputs": "@concat('" + "Lorem ipsum dolor sit amet. " * 6 + "')",
        "runAfter": {},
    }


def manifest(name: str) -> bytes:
    """A solution's manifest."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<ImportExportXml version="9.2">\n  <SolutionManifest>\n'
        f"    <UniqueName>{name}</UniqueName>\n    <Version>1.0.0.1</Version>\n    <Managed>0</Managed>\n"
        "    <Publisher><CustomizationPrefix>con</CustomizationPrefix></Publisher>\n"
        "    <MissingDependencies />\n  </SolutionManifest>\n</ImportExportXml>\n"
    ).encode()


def customizations(name: str, filler: int) -> bytes:
    """What a solution declares, after about so many bytes of something else."""
    table = (
        "    <Entity><Name>con_table</Name><attributes>"
        + "".join(
            f'<attribute PhysicalName="con_{index}"><Type>nvarchar</Type></attribute>' for index in range(40)
        )
        + "</attributes></Entity>\n"
    )
    references = "".join(
        f'    <connectionreference connectionreferencelogicalname="{name.lower()}_{connector}">\n'
        f"      <connectionreferencedisplayname>{name} {connector}</connectionreferencedisplayname>\n"
        f"      <connectorid>{_APIS}{connector}</connectorid>\n      <statecode>0</statecode>\n"
        "    </connectionreference>\n"
        for connector in _connectors(name)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<ImportExportXml>\n  <Entities>\n'
        + table * (filler // len(table))
        + f"  </Entities>\n  <connectionreferences>\n{references}"
        "  </connectionreferences>\n</ImportExportXml>\n"
    ).encode()
