"""The first configuration of a repository: what its deployment settings tell of environments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from crstandards import PAGES

_SETTINGS = re.compile(r"(?:\A|(?<=[^.])[._-])deployment-?settings(?=[._-][^.]|\Z)", re.IGNORECASE)


def environments_seen(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Environments by name, with a pattern for each kind of settings file that names them.

    Two ways to name one are in use: `config/<environment>/deploymentSettings.json`, and
    `<environment>.deploymentsettings.json` or the words the other way round.
    """
    found: dict[str, dict[str, None]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        environment = _environment(name)
        if environment is None:
            continue
        pattern = f"**/{name}"
        if not environment:
            environment = folder.rpartition("/")[2]
            pattern = f"**/{environment}/{name}"
        # Of other names TOML holds no more than escapes, and a backslash would not be a part of one.
        if environment and pattern.isprintable() and "\\" not in pattern:
            found.setdefault(environment.lower(), {})[pattern] = None
    return {name: tuple(sorted(patterns)) for name, patterns in sorted(found.items())}


def _environment(name: str) -> str | None:
    """The environment that the name of a settings file says, "" for none; None for other files."""
    stem, _, ending = name.rpartition(".")
    if ending.lower() != "json":
        return None
    # A dot only separates, so that there is none in what stands before or after.
    first, last = stem.find("."), stem.rfind(".")
    fitting = [
        words for words in _SETTINGS.finditer(stem) if not 0 <= first < words.start() and last <= words.end()
    ]
    if not fitting:
        return None
    return stem[: fitting[-1].start()] or stem[fitting[-1].end() + 1 :]


def starter_config(environments: dict[str, tuple[str, ...]]) -> str:
    """A `crstandards.toml` with the environments seen; without any, one that says how to add them."""
    head = f"# Every option: {PAGES}configuration.md\n"
    if not environments:
        return head + _EXAMPLE
    tables = [
        f"[[environments]]\nname = {_quoted(name)}\nsettings = [{', '.join(map(_quoted, patterns))}]\n"
        for name, patterns in environments.items()
    ]
    return "\n".join([head, *tables])


def _quoted(text: str) -> str:
    # JSON's strings are TOML's basic strings, but for DEL, which no file name here holds.
    return json.dumps(text, ensure_ascii=False)


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
