"""The commit hook's fast path: proves the usual commit clean, or gives up.

Loading the whole check costs more than reading the few files of a commit. So a commit that touches
only plain solutions is looked at here first, by the same readers, for the simplest shape of "clean".
This may only ever say "proved clean"; with any doubt (another layout, an app, an agent, an own setting
that could matter, anything that any rule might speak of) the whole check runs, which alone speaks to
people. It can be taken out again without a trace: `commands.hook` asks it in one place.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence

from crstandards.git import Change, Git
from crstandards.policy import CONFIG_FILES
from crstandards.snapshot import File
from crstandards.source.customizations import read_customizations
from crstandards.source.flow import MAX_BYTES, FlowFacts, read_flow
from crstandards.source.manifest import read_manifest
from crstandards.source.names import NESTED, part_of
from crstandards.source.text import SourceError
from crstandards.source.xml import MAX_BYTES as MAX_XML_BYTES

_MANIFEST, _CUSTOMIZATIONS = "unpacked:solution.xml", "unpacked:customizations.xml"
_PLAIN = ("flow", "metadata", _MANIFEST, _CUSTOMIZATIONS)
PROVED = frozenset({"CR101", "CR104", "CR201", "CR202", "CR205", "CR501", "CR502", "CR503", "CR901"})
"""The rules of which a solution that is proved clean breaks none."""
SILENT = frozenset(
    {"CR301", "CR302", "CR303", "CR304", "CR504", "CR601", "CR602", "CR603", "CR604", "CR605", "CR902"}
)
"""Rules that say nothing in a hook as long as no environment is declared."""


def proven_clean(git: Git, changes: Sequence[Change], files: Sequence[File]) -> str | None:
    """What the hook says of a commit that is proved clean; None where the whole check must look.

    `files` are the index's, and `changes` what it changes; the rules are those that block commits by
    default.
    """
    folders = _touched(changes)
    if not folders:
        return None
    if not _is_harmless(git, [file for file in files if file.path in CONFIG_FILES]):
        return None
    flows = references = 0
    for folder in folders:
        counted = _solution(git, folder, files)
        if counted is None:
            return None
        flows += counted[0]
        references += counted[1]
    contents = f"{_count(flows, 'flow')}, {_count(references, 'connection reference')}"
    return f"No violations: {_count(len(folders), 'solution')}, {contents}."


def _touched(changes: Iterable[Change]) -> list[str]:
    """The folders of the solutions that are touched; none where a change is of another kind."""
    folders: set[str] = set()
    for change in changes:
        if change.path in CONFIG_FILES or change.path.endswith("baseline.json"):
            return []
        kind, folder = part_of(change.path) or ("", "")
        if kind in _PLAIN:
            folders.add(folder)
        elif kind:
            return []
    return sorted(folders)


def _is_harmless(git: Git, configurations: Sequence[File]) -> bool:
    """Whether the configuration can only make fewer findings than the defaults, in these solutions."""
    if not configurations:
        return True
    if any(file.kind != "file" for file in configurations):
        return False
    from crstandards.errors import FatalError
    from crstandards.policy.config import find_config

    contents = dict(
        zip(
            (file.path for file in configurations),
            git.blobs(map(_blob, configurations), MAX_BYTES),
            strict=True,
        )
    )
    try:
        config = find_config(contents.get, _rule_ids())
    except FatalError:
        return False
    errors = {rule for rule, severity in config.rules.items() if severity == "error"} | set(config.locked)
    return (
        errors <= PROVED | SILENT
        and not config.environments
        and not config.source.exclude
        and not config.source.vendored
    )


def _rule_ids() -> frozenset[str]:
    """The ids of all rules, told by the names of their files: the rules themselves take long to load."""
    names = os.listdir(os.path.join(os.path.dirname(__file__), "rules"))
    return frozenset(name[:5].upper() for name in names if re.fullmatch(r"cr\d{3}_\w+\.py", name))


def _solution(git: Git, folder: str, files: Sequence[File]) -> tuple[int, int] | None:
    """How many flows and references a solution has that is proved clean; None with any doubt."""
    parts: dict[str, list[File]] = {kind: [] for kind in _PLAIN}
    for file in files:
        kind, owner = part_of(file.path) or ("", "")
        inside = not folder or file.path.startswith(f"{folder}/")
        if not kind or not inside or (owner != folder and kind not in NESTED):
            continue
        if kind not in parts or file.kind != "file":
            return None
        parts[kind].append(file)
    if len(parts[_MANIFEST]) != 1 or len(parts[_CUSTOMIZATIONS]) != 1:
        return None
    try:
        (manifest,) = map(read_manifest, _read(git, parts[_MANIFEST], MAX_XML_BYTES))
        (declared,) = map(read_customizations, _read(git, parts[_CUSTOMIZATIONS], MAX_XML_BYTES))
        if manifest is None or not manifest.unique_name:
            return None
        connectors = {item.logical_name.lower(): item.connector for item in declared.references}
        if len(set(connectors.values())) != len(declared.references) or "" in connectors:
            return None
        # All are read, even behind a doubt: a reading that is broken off costs another git process.
        flows = list(map(read_flow, _read(git, parts["flow"], MAX_BYTES)))
        if not all(facts is not None and _is_clean(facts, connectors) for facts in flows):
            return None
    except SourceError:
        return None
    return len(parts["flow"]), len(connectors)


def _is_clean(flow: FlowFacts, connectors: dict[str, str]) -> bool:
    """Whether each entry goes through a declared reference for its connector, and nothing is odd."""
    aliases = {entry.alias.lower() for entry in flow.entries}
    return (
        not flow.repeated
        and not flow.embedded
        and all(
            entry.reference is not None
            and entry.connector
            and connectors.get(entry.reference.lower()) == entry.connector
            for entry in flow.entries
        )
        and all(operation.alias.lower() in aliases for operation in flow.operations)
    )


def _read(git: Git, files: Sequence[File], limit: int) -> Iterator[bytes]:
    for data in git.blobs(map(_blob, files), limit):
        if data is None:
            raise SourceError("too big")
        yield data


def _blob(file: File) -> str:
    return file.key.removeprefix("git:")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
