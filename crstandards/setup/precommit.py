"""Adds our hook to a `.pre-commit-config.yaml` without touching another byte of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crstandards import REPOSITORY, __version__
from crstandards.errors import UsageError

if TYPE_CHECKING:
    import yaml

FILE = ".pre-commit-config.yaml"
_MARK = "\ufeff"
_STAGES = ("pre-commit", "pre-merge-commit")
_INSTALL = f"default_install_hook_types: [{', '.join(_STAGES)}]"


def new_config() -> str:
    """A whole file with our hook alone."""
    return f"{_INSTALL}\nrepos:\n{_entry('  ')}"


def with_hook(text: str) -> str:
    """The file's text with our hook; the same text where it is there already.

    Raises UsageError for a file that cannot be extended safely; the message says what to add by hand.
    """
    body = text.removeprefix(_MARK)
    mark = _MARK if text.startswith(_MARK) else ""
    if not body.strip():
        return mark + new_config()
    changed = _extended(body)
    if changed != body and not _is_only_extended(body, changed):
        raise _not_extended()
    return mark + changed


def _extended(text: str) -> str:
    """The text with our hook, as far as lines and columns tell where that belongs: an anchor moves them."""
    import yaml

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise UsageError(f"{FILE}{f':{mark.line + 1}' if mark else ''}: not YAML") from None
    members = _members(root)
    repositories = members.get("repos")
    listed = repositories[1] if repositories else None
    if repositories is None or not isinstance(listed, yaml.SequenceNode) or listed.flow_style:
        raise _not_extended()
    if any(_is_ours(item) for item in listed.value):
        return text
    newline = "\r\n" if "\r\n" in text else "\n"
    text = _inserted(text, listed, newline)
    if "default_install_hook_types" in members:
        return _with_stages(text, newline)
    line = repositories[0].start_mark.line
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:line], _INSTALL + newline, *lines[line:]])


def _not_extended() -> UsageError:
    # One line, in which YAML allows no block: what it says fits a list in brackets, too.
    entry = f"{{repo: {REPOSITORY}, rev: v{__version__}, hooks: [{{id: connection-references}}]}}"
    return UsageError(
        f"{FILE}: its 'repos' is no list that can be extended; add by hand, then run this again: {entry}"
    )


def _is_only_extended(old: str, new: str) -> bool:
    """Whether a file says what it said, and beside that what we add."""
    import yaml

    try:
        before, after = (yaml.compose(text, Loader=yaml.SafeLoader) for text in (old, new))
        members = _members(after)
        ours = members["repos"][1].value.pop()
        stages = members["default_install_hook_types"]
        if "default_install_hook_types" not in _members(before):
            after.value.remove(stages)  # type: ignore[union-attr]  # with members, it is a node
        elif added := missing_stages(old):
            del stages[1].value[-len(added) :]
        return _is_ours(ours) and yaml.serialize(before) == yaml.serialize(after)
    except (yaml.YAMLError, KeyError):
        return False


def _with_stages(text: str, newline: str) -> str:
    """The text with the hooks that we need among those that are installed, where that is a list of some."""
    import yaml

    node = _members(yaml.compose(text, Loader=yaml.SafeLoader))["default_install_hook_types"][1]
    missing = missing_stages(text)
    if not isinstance(node.value, list) or not node.value:
        return text
    # The marks count characters, and so does this, for it is text that was read.
    at = node.value[-1].end_mark.index
    added = "".join(f", {stage}" for stage in missing)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        at += len(text[at:].partition("\n")[0].rstrip("\r"))
        added = "".join(f"{newline}{' ' * node.start_mark.column}- {stage}" for stage in missing)
    return text[:at] + added + text[at:]


def missing_stages(text: str) -> list[str]:
    """The hooks that the check needs and that a file with a list of those to install leaves out."""
    import yaml

    node = _members(yaml.compose(text, Loader=yaml.SafeLoader)).get("default_install_hook_types")
    if node is None or not isinstance(node[1].value, list):
        return []
    installed = [item.value for item in node[1].value]
    return [stage for stage in _STAGES if stage not in installed]


def _members(root: yaml.Node | None) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """The root mapping's keys, each with its own node and its value's."""
    from yaml import MappingNode

    pairs = root.value if isinstance(root, MappingNode) else []
    return {key.value: (key, value) for key, value in pairs if isinstance(key.value, str)}


def _is_ours(item: yaml.Node) -> bool:
    repo = _members(item).get("repo")
    name = str(repo[1].value).rstrip("/").removesuffix(".git") if repo else ""
    if name.rpartition("/")[2] == REPOSITORY.rpartition("/")[2]:
        return True
    hooks = _members(item).get("hooks")
    ids = [_members(hook).get("id") for hook in hooks[1].value] if hooks else []
    return any(found and found[1].value == "connection-references" for found in ids)


def _inserted(text: str, repositories: yaml.Node, newline: str) -> str:
    """The text with our entry behind the last one, indented like it."""
    last = repositories.value[-1] if repositories.value else None
    indent = " " * repositories.start_mark.column
    # A block's end mark lies behind the blank lines and comments that follow it; those stay below.
    end = last.end_mark.line if last else repositories.end_mark.line
    lines = text.splitlines(keepends=True)
    while end > repositories.start_mark.line and not lines[end - 1].strip(" \t\r\n"):
        end -= 1
    if end == len(lines) - 1 and lines[end].strip() and last and last.end_mark.column:
        end = len(lines)
    if end and not lines[end - 1].endswith(("\n", "\r")):
        lines[end - 1] += newline
    entry = _entry(indent).replace("\n", newline)
    return "".join([*lines[:end], entry, *lines[end:]])


def _entry(indent: str) -> str:
    return (
        f"{indent}- repo: {REPOSITORY}\n"
        f"{indent}  rev: v{__version__}\n"
        f"{indent}  hooks:\n"
        f"{indent}    - id: connection-references\n"
    )
