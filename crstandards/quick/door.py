"""Where a commit comes in: most touch no solution, and are let through before anything is loaded."""

import os

from crstandards.errors import FatalError
from crstandards.git.process import decode_path, finish, start
from crstandards.policy import CONFIG_FILES
from crstandards.quick import CUSTOMIZATIONS, PLAIN
from crstandards.source.names import part_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

HOOKS = (
    ["hook", "pre-commit"],
    ["hook", "pre-merge-commit"],
    ["hook", "pre-commit", "--select", "CR101,CR104,CR901"],
    ["hook", "pre-commit", "--select", "CR201,CR202,CR901"],
)
"""How hooks are started that check what is staged: the published ones, and those for plain git."""


def proven_clean() -> str | None:
    """What the hook says of the staged commit where that is proved clean: perhaps nothing ("").

    None where the whole check must look.
    """
    if not is_commit(os.environ):
        return None
    try:
        return _proven_clean()
    except (FatalError, OSError):
        return None


def is_commit(environ: "Mapping[str, str]") -> bool:
    """Whether the index is to be checked, from the folder in which git starts a commit's hooks.

    As `commands.hook.occasion_of` tells it; the odd cases are left to that.
    """
    if environ.get("PRE_COMMIT") == "1" and (
        environ.get("PRE_COMMIT_LOCAL_BRANCH")
        or environ.get("PRE_COMMIT_REMOTE_NAME")
        or not environ.get("GIT_INDEX_FILE")
    ):
        return False
    if environ.get("PRE_COMMIT_TO_REF") or environ.get("GIT_WORK_TREE"):
        return False
    return os.path.lexists(".git")


def _proven_clean() -> str | None:
    changed = _staged()
    if changed is None or not changed.keys().isdisjoint(CONFIG_FILES):
        return None
    parts = {path: part for path in changed if (part := part_of(path))}
    # Only the configuration tells whether a JSON file holds deployment settings.
    if not parts and not any(path.lower().endswith(".json") for path in changed):
        return ""
    if any(kind not in PLAIN for kind, _ in parts.values()):
        return None
    from crstandards.quick.solutions import prove

    before = [(folder, changed[path]) for path, (kind, folder) in parts.items() if kind == CUSTOMIZATIONS]
    return prove(changed.keys(), {folder for _, folder in parts.values()}, before)


def _staged() -> dict[str, str] | None:
    """The paths that the index changes, each with the id of what was there before; zeros where nothing was.

    None where git fails, as it does on an unborn branch, and where the index is no commit's: damaged, or
    with conflicts.
    """
    said = finish(
        start(
            *("diff-index", "--cached", "--ita-invisible-in-index", "--raw", "-z"),
            *("--no-renames", "--no-abbrev", "HEAD", "--"),
        )
    )
    if said is None:
        return None
    # Of each path there are two fields: what has changed, and the name.
    fields = said.split(b"\0")
    # Of an index that is cut short, git makes up entries that were there neither before nor now.
    if any(head.startswith(b":000000 000000 ") or head.endswith(b"U") for head in fields[::2]):
        return None
    return {
        decode_path(name): head.split(b" ")[2].decode("ascii")
        for head, name in zip(fields[::2], fields[1::2], strict=False)
    }
