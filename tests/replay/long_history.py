"""Makes a long history of a large repository, the same one every time, through `git fast-import`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.support.builders import Json, Repo, action, entry, flow, flow_file, solution_files, to_json

FLOWS_PER_SOLUTION = 20
_START = 1_750_000_000
_CONNECTORS = (
    "shared_office365",
    "shared_teams",
    "shared_sharepointonline",
    "shared_commondataserviceforapps",
)


def make(root: Path, environment: dict[str, str], flows: int, commits: int, seed: int = 1) -> Repo:
    """A bare repository: one commit with `flows` flows, then `commits` that change 1-3 flows each.

    Some commits bring a raw connection, and later ones take it away again.
    """
    repo = Repo.create(root, environment, "--bare")
    repo.run(("git", "fast-import", "--quiet"), stdin=b"".join(_stream(flows, commits, seed)), check=True)
    repo.git("repack", "-a", "-d", "--quiet")
    return repo


def _stream(flows: int, commits: int, seed: int) -> Iterator[bytes]:
    dice = random.Random(seed)
    titles = [f"Flow {number}" for number in range(flows)]
    first = {
        path: content
        for start in range(0, flows, FLOWS_PER_SOLUTION)
        for path, content in _solution(start, titles[start : start + FLOWS_PER_SOLUTION], dice).items()
    }
    yield _commit(0, first)
    for number in range(1, commits + 1):
        chosen = dice.sample(range(flows), dice.randint(1, 3))
        yield _commit(
            number, {_path(each): to_json(_flow(dice, dice.random() < 0.02)).encode() for each in chosen}
        )


def _commit(number: int, files: dict[str, bytes]) -> bytes:
    who = f"Maker {number % 7} <maker{number % 7}@contoso.com> {_START + 600 * number} +0000".encode()
    subject = f"Change {number}".encode()
    parts = [b"commit refs/heads/main\nauthor ", who, b"\ncommitter ", who]
    parts.append(b"\ndata %d\n%s\n" % (len(subject), subject))
    for path, content in files.items():
        parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(content), content))
    return b"".join(parts)


def _folder(number: int) -> str:
    return f"src/Area{number // FLOWS_PER_SOLUTION % 10}/Solution{number // FLOWS_PER_SOLUTION}"


def _path(number: int) -> str:
    return f"{_folder(number)}/Workflows/{flow_file(f'Flow {number}')}"


def _solution(start: int, titles: list[str], dice: random.Random) -> dict[str, bytes]:
    files = solution_files(
        f"Contoso{start // FLOWS_PER_SOLUTION}",
        [(_reference(connector), connector) for connector in _CONNECTORS],
        {title: _flow(dice, False) for title in titles},
    )
    return {f"{_folder(start)}/{path}": content for path, content in files.items()}


def _reference(connector: str) -> str:
    return f"con_{connector.removeprefix('shared_')}"


def _flow(dice: random.Random, raw: bool) -> Json:
    """A flow of about 20 KB, nested like real ones."""
    entries = {connector: entry(_reference(connector), connector) for connector in _CONNECTORS[:3]}
    if raw:
        entries["shared_teams"] = {**entries["shared_teams"], "connection": {}}
    return flow(entries, {f"Scope_{index}": _scope(dice, index) for index in range(dice.randint(4, 9))})


def _scope(dice: random.Random, index: int) -> Json:
    inner: dict[str, Json] = {}
    for number in range(4):
        one = action(dice.choice(_CONNECTORS[:3]))
        one["inputs"]["parameters"] = {
            "item/subject": f"@{{triggerOutputs()?['body/{dice.getrandbits(40)}']}} of {number}",
            "item/body": "".join(dice.choices("abcdefghij klmnop", k=150)),
        }
        inner[f"Send_{index}_{number}"] = one
    check = {"type": "If", "expression": {"equals": ["@variables('done')", True]}, "actions": inner}
    return {"type": "Scope", "runAfter": {}, "actions": {f"Check_{index}": check}}
