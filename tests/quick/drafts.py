"""A tree while it is drawn: a clean solution first."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.accuracy.bases import made_bases
from tests.support.builders import (
    DATAVERSE,
    OUTLOOK,
    SHAREPOINT,
    SQL,
    TEAMS,
    Json,
    Missing,
    Reference,
    entry,
    flow,
    flow_guid,
    solution_files,
)

FILE, PROGRAM, LINK, SUBMODULE = "100644", "100755", "120000", "160000"
UNKNOWN = "con_nowhere"
"""A reference that no solution declares."""
_COMMIT = b"5ca1ab1e" * 5
_CONNECTORS = (OUTLOOK, TEAMS, SHAREPOINT, DATAVERSE, SQL, "shared_con-5fx-5f0123456789abcdef")
_FOLDERS = ("", "src", "src/HR", "solutions/HR", "Lösung 3/[a]*")
_BELOW = ("sub", "solutions/Second", "modernflows", "Other", ".hidden", "a/b")


class Entry(NamedTuple):
    """What stands at a path: git's mode, and a file's content, a link's target or a submodule's commit."""

    mode: str
    content: bytes


Tree = dict[str, Entry]


class Draft:
    """Files by path, and the modes of those that are none. `folder` is that of the first solution."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.folder = random.choice(_FOLDERS)
        self.files: dict[str, bytes] = {}
        self.modes: dict[str, str] = {}

    def inside(self, path: str) -> str:
        """A path in the first solution."""
        return within(self.folder, path)

    def own(self, folder: str) -> list[str]:
        """The paths in a folder of the first solution; "" is all of it."""
        return [path for path in self.files if path.startswith(self.inside(folder))]

    def around(self) -> str:
        """The folder of the first solution, mostly, or one below it, or the one above."""
        places = [self.inside(self.random.choice(_BELOW)), self.folder.rpartition("/")[0]]
        return self.random.choice([*places, *[self.folder] * 3])

    def tree(self) -> Tree:
        """What was drawn so far; where a link stands, nothing lies below it."""
        placed: Tree = {}
        for path in sorted(self.files):
            heads = [path[:end] for end, sign in enumerate(path) if sign == "/"]
            if placed.keys().isdisjoint(heads):
                mode = self.modes.get(path, FILE)
                placed[path] = Entry(mode, _COMMIT if mode == SUBMODULE else self.files[path])
        return placed


def within(folder: str, path: str) -> str:
    """A path in a folder; "" is the root."""
    return f"{folder}/{path}".removeprefix("/")


def begin(random: Random) -> Draft:
    """A clean solution: mostly a plain one, else one of those with all that is right and looks wrong."""
    draft = Draft(random)
    if random.random() < 0.2:
        base = made_bases(random, 1)[0]
        draft.folder, draft.files = base.folder, dict(base.tree)
        return draft
    declared = [
        # Two of the three are against the usual convention.
        Reference(random.choice([f"con_{number}", f"CON_{number}_1a2b3", f"other_{number}"]), connector)
        for number, connector in enumerate(random.sample(_CONNECTORS, random.randint(1, 4)))
    ]
    titles = ("Send reminder", "Ask", "Tell")[: random.randint(0, 3)]
    files = solution_files(
        "ContosoHR",
        declared,
        {title: _flow(random, declared) for title in titles},
        managed=random.choice([0, 0, 1]),
        missing=[Missing(UNKNOWN)] if random.random() < 0.1 else [],
    )
    draft.files = {draft.inside(path): content for path, content in files.items()}
    return draft


def _flow(random: Random, declared: list[Reference]) -> Json:
    """A flow that uses some of the references; now and then it calls another flow."""
    entries: dict[str, Json | str | None] = {}
    for name, connector, *_ in random.sample(declared, random.randint(0, len(declared))):
        spelled = entry(random.choice([name, name.lower()]), connector)
        spelled["runtimeSource"] = random.choice(["embedded", "embedded", "invoker"])
        entries[f"{connector}{random.choice(['', '_1'])}"] = spelled
    document = flow(entries)
    if random.random() < 0.2:
        child = {"workflowReferenceName": flow_guid("Ask").lower()}
        call = {"type": "Workflow", "inputs": {"host": child, "body": {}}}
        document["properties"]["definition"]["actions"]["Call"] = call
    return document
