"""Adds our hook to a `.pre-commit-config.yaml` without touching another byte of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crstandards import REPOSITORY, __version__
from crstandards.errors import UsageError

FILE = ".pre-commit-config.yaml"
_MARK = "\ufeff"
_TYPES = "default_install_hook_types"
_STAGES = ["pre-commit", "pre-merge-commit"]
_INSTALL = f"{_TYPES}: [{', '.join(_STAGES)}]\n"
_HOOK = "connection-references"
_OURS = {"repo": REPOSITORY, "rev": f"v{__version__}", "hooks": [{"id": _HOOK}]}


def new_config() -> str:
    """A whole file with our hook alone."""
    return f"{_INSTALL}repos:{_entry('  ')}\n"


def with_hook(text: str) -> str:
    """The file's text with our hook; the same text where it is there already.

    Raises UsageError for a file that cannot be extended safely; the message says what to add by hand.
    """
    import yaml

    body = text.removeprefix(_MARK)
    mark = text[: len(text) - len(body)]
    if not body.strip():
        return mark + new_config()
    before = _loaded(body)
    repositories = before.get("repos") if isinstance(before, dict) else None
    if isinstance(repositories, list) and any(map(_is_ours, repositories)):
        return text
    if isinstance(repositories, list) and repositories:
        types = before.get(_TYPES, _STAGES)
        missing = _missing(types) if types else []
        changed = _extended(body, missing)
        wanted = {**before, "repos": [*repositories, _OURS], _TYPES: [*types, *missing] if missing else types}
        try:
            if yaml.safe_load(changed) == wanted:
                return mark + changed
        except yaml.YAMLError:
            pass
    # One line, in which YAML allows no block: what it says fits a list in brackets, too.
    entry = f"{{repo: {REPOSITORY}, rev: v{__version__}, hooks: [{{id: {_HOOK}}}]}}"
    raise UsageError(
        f"{FILE}: its 'repos' is no list that can be extended; add by hand, then run this again: {entry}"
    )


def missing_stages(text: str) -> list[str]:
    """The hooks that the check needs and that a file with a list of those to install leaves out."""
    return _missing(_loaded(text.removeprefix(_MARK)).get(_TYPES))


def _missing(types: Any) -> list[str]:
    return [stage for stage in _STAGES if stage not in types] if isinstance(types, list) else []


def _loaded(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UsageError(f"{FILE}{f':{mark.line + 1}' if mark else ''}: not YAML") from None


def _is_ours(repository: Any) -> bool:
    match repository:
        case {"repo": str(url)} if url.rstrip("/").removesuffix(".git").endswith("/crstandards"):
            return True
        case {"hooks": [*hooks]}:
            return any(isinstance(hook, dict) and hook.get("id") == _HOOK for hook in hooks)
    return False


def _extended(text: str, stages: Sequence[str]) -> str:
    """The text with our hook and these stages, as far as marks tell where they go: an anchor moves them."""
    import yaml

    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    nodes = {key.value: (key, value) for key, value in root.value}
    key, repositories = nodes["repos"]
    indent = " " * repositories.start_mark.column
    edits = [(_line_end(text, repositories.value[-1]), _entry(indent))]
    if _TYPES not in nodes:
        edits.append((key.start_mark.index - key.start_mark.column, _INSTALL))
    elif stages:
        types = nodes[_TYPES][1]
        indent = " " * types.start_mark.column
        if types.flow_style:
            edits.append((types.value[-1].end_mark.index, "".join(f", {stage}" for stage in stages)))
        else:
            lines = "".join(f"\n{indent}- {stage}" for stage in stages)
            edits.append((_line_end(text, types.value[-1]), lines))
    newline = "\r\n" if "\r\n" in text else "\n"
    for at, added in sorted(edits, reverse=True):
        text = text[:at] + added.replace("\n", newline) + text[at:]
    return text


def _line_end(text: str, node: Any) -> int:
    """Where the last line of a node ends; its own end mark may lie behind the blank lines that follow."""
    at = len(text[: node.end_mark.index].rstrip())
    return at + len(text[at:].partition("\n")[0].rstrip("\r"))


def _entry(indent: str) -> str:
    return (
        f"\n{indent}- repo: {REPOSITORY}\n"
        f"{indent}  rev: v{__version__}\n"
        f"{indent}  hooks:\n"
        f"{indent}    - id: {_HOOK}"
    )
