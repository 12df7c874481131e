"""The first configuration of a repository: what its deployment settings tell of environments."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from crstandards import PAGES, SCHEMA
from crstandards.source.names import is_source

_SETTINGS = re.compile(r"(?:\A|(?<=[^.])[._-])deployment-?settings(?=[._-][^.]|\Z)", re.IGNORECASE)

_STAGE = re.compile(
    r"(?<![a-z])(?:dev(?:elop(?:ment)?)?|test(?:ing)?|qa|uat|sit|acc(?:eptance)?|int(?:egration)?|val(?:idat\w*)?"
    r"|stag(?:e|ing)|pre-?prod(?:uction)?|prod(?:uction)?|prd|live|train(?:ing)?|sandbox|demo)(?![a-z])",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"templates?|samples?|examples?|base|default|custom", re.IGNORECASE)


def may_be_settings(path: str) -> bool:
    """Whether it is worth a look if a file holds deployment settings of an environment."""
    folder, stem = _called(path)
    if stem is None or is_source(path):
        return False
    stands_for_one = _STAGE.fullmatch(stem) or _STAGE.search(folder.rpartition("/")[2])
    return "settings" in path.lower() or stands_for_one is not None


def environments_seen(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Environments by name, with a pattern for each kind of file that names them, given all settings files.

    These ways to name one are in use: `config/<environment>/deploymentSettings.json`,
    `<environment>.deploymentsettings.json` or the words the other way round,
    `deployment-settings/<environment>.json`, and any name in a folder or file that is called like one. A
    folder stands for an environment, too, if there are others beside it with a file of the same name.
    """
    found: dict[str, dict[str, None]] = {}
    listed = [(*_called(path), path.rpartition("/")[2]) for path in paths]
    beside = Counter((folder.rpartition("/")[0], name) for folder, _, name in listed if folder)
    for folder, stem, name in listed:
        environment, pattern = _environment(folder, stem or ""), f"**/{name}"
        if not environment:
            called = folder.rpartition("/")[2]
            has_others = beside[folder.rpartition("/")[0], name] > 1
            environment = called if has_others or _STAGE.search(called) else ""
            pattern = f"**/{called}/{name}"
        # Of other names TOML holds no more than escapes, and a backslash would not be a part of one.
        is_plain = pattern.isprintable() and "\\" not in pattern
        if environment and is_plain and not _TEMPLATE.fullmatch(environment):
            found.setdefault(environment.lower(), {})[pattern] = None
    return {name: tuple(sorted(patterns)) for name, patterns in sorted(found.items())}


def _called(path: str) -> tuple[str, str | None]:
    """A file's folder, and its name without the ending; None where it is no JSON."""
    folder, _, name = path.rpartition("/")
    return folder, name[:-5] if name.lower().endswith(".json") else None


def _environment(folder: str, stem: str) -> str:
    """The environment that the name of a settings file says, "" for none."""
    # A dot only separates, so that there is none in what stands before or after.
    first, last = stem.find("."), stem.rfind(".")
    fitting = [
        words for words in _SETTINGS.finditer(stem) if not 0 <= first < words.start() and last <= words.end()
    ]
    if fitting:
        return stem[: fitting[-1].start()] or stem[fitting[-1].end() + 1 :]
    is_meant = folder.lower().endswith("deployment-settings") or _STAGE.fullmatch(stem)
    return stem if is_meant else ""


def starter_config(
    environments: Mapping[str, tuple[str, ...]],
    solutions: Mapping[str, Sequence[str]] | None = None,
    copies: Mapping[str, str] | None = None,
) -> str:
    """A `crstandards.toml` with the environments seen; without any, one that says how to add them.

    `solutions` says for each environment which solutions its settings name; `copies` which patterns leave out
    copies of solutions, each with why.
    """
    head = f"#:schema {SCHEMA}\n# Every option: {PAGES}configuration.md\n"
    parts = [head]
    if copies:
        listed = "".join(f"    {_quoted(pattern)},  # {why}\n" for pattern, why in copies.items())
        parts.append(
            "# Assumed to be copies of solutions, which nobody deploys. Take out what is to be checked.\n"
            f"[source]\nexclude = [\n{listed}]\n"
        )
    if not environments:
        return "\n".join(parts) + _EXAMPLE if len(parts) > 1 else head + _EXAMPLE
    parts.append(_ASSUMED)
    for name, patterns in environments.items():
        members = (solutions or {}).get(name, ())
        only = f"solutions = [{', '.join(map(_quoted, members))}]\n" if members else ""
        settings = ", ".join(map(_quoted, patterns))
        parts.append(f"[[environments]]\nname = {_quoted(name)}\n{only}settings = [{settings}]\n")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    # JSON's strings are TOML's basic strings, but for DEL, which no file name here holds.
    return json.dumps(text, ensure_ascii=False)


_ASSUMED = """\
# Assumed: an environment for each folder or name of deployment settings, and in it the solutions that
# these name, with one set of connection references for all. Change what is deployed in another way.
"""
_EXAMPLE = """\
#
# Solutions that are deployed to one environment share their connection references there. Say so, and
# duplicates between solutions are found as well:
#
# [[environments]]
# name = "contoso-prod"
# solutions = ["Contoso*"]
# settings = ["config/prod/*.json"]
"""
