"""What the options mean that choose rules, configuration and inventories."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crstandards.errors import NotVerified, UsageError, hint
from crstandards.findings import Rule
from crstandards.git.repository import Git, find_root
from crstandards.policy import CONFIG_FILES
from crstandards.policy.configuration import (
    Config,
    EnvironmentConfig,
    find_config,
    parse_config,
    severity_of,
)
from crstandards.rules import load, names, rule_named
from crstandards.snapshot import File, Folder, Snapshot, Worktree

if TYPE_CHECKING:
    from crstandards.inventory.environments import Outside

CONFIG_LIMIT = 1024 * 1024


def chosen_rules(options: Namespace) -> tuple[Rule, ...]:
    """The rules that `--select` and `--ignore` leave, in order."""
    selected = _patterns(options.select) or ("CR",)
    ignored = _patterns(options.ignore)
    return load([rule for rule in names() if rule.startswith(selected) and not rule.startswith(ignored)])


def _patterns(given: Sequence[str] | None) -> tuple[str, ...]:
    """What the ids of the rules begin with that are given by id, beginning or name."""
    words = [part.strip() for argument in given or () for part in argument.split(",") if part.strip()]
    return tuple(
        word.upper() if any(rule.startswith(word.upper()) for rule in names()) else rule_named(word)
        for word in words
    )


def blocking(rules: Sequence[Rule], config: Config) -> tuple[Rule, ...]:
    """The rules that a commit hook computes: those that are errors, anywhere.

    A passing hook's output is hidden, so warnings are of no use there; and none of CR4xx, since the
    state of a live environment must not stop a commit.
    """
    environments = [environment.name for environment in config.environments]
    return tuple(
        rule
        for rule in rules
        if not rule.is_live
        and "error" in (severity_of(rule.id, rule.severity, config, where) for where in ((), environments))
    )


def configuration(
    snapshot: Snapshot, files: Mapping[str, File], named: str | None = None, none: bool = False
) -> Config:
    """The configuration: the one `named` (`--config`), `none` (`--no-config`), or the snapshot's own."""
    given = given_configuration(named, none)
    if given is not None:
        return given

    def read(path: str) -> bytes | None:
        if path not in files:
            return None
        [content] = snapshot.read([files[path]], CONFIG_LIMIT)
        if content.problem:
            raise NotVerified(f"{path}: {content.problem}")
        return content.data

    return find_config(read)


def given_configuration(named: str | None, none: bool = False) -> Config | None:
    """The configuration that the options give in place of the repository's own; None where they don't.

    Raises UsageError where they contradict each other, or the file cannot be read.
    """
    if none:
        if named:
            raise UsageError("--config and --no-config exclude each other")
        return Config(baseline="")
    if not named:
        return None
    try:
        content = Path(named).read_bytes()
    except OSError as error:
        raise UsageError(f"{named}: {(error.strerror or 'cannot be read').lower()}") from None
    return parse_config(content, named)


def configuration_here(named: str | None = None, none: bool = False) -> Config:
    """The configuration of the repository around, or else of this folder, as the options have it."""
    root = find_root(Path())
    if root is None:
        here = Path()
        files = [
            File(name, "link" if (here / name).is_symlink() else "file")
            for name in CONFIG_FILES
            if (here / name).is_file()
        ]
        return configuration(Folder(here), {file.path: file for file in files}, named, none)
    snapshot = Worktree(Git(root))
    return configuration(snapshot, {file.path: file for file in snapshot.files()}, named, none)


def outside_of(options: Namespace, config: Config) -> Outside | None:
    """What `--inventory`, each as ENV=FILE, and `--show-owners` add to the configuration.

    Raises UsageError for an environment or a file that isn't there.
    """
    if not options.inventory and not options.show_owners:
        return None
    from crstandards.inventory.environments import Outside

    files: dict[str, tuple[str, ...]] = {}
    for argument in options.inventory:
        name, equals, path = argument.partition("=")
        if not equals or not path:
            raise UsageError(f"--inventory {argument}: write ENV=FILE, such as contoso-prod=connections.json")
        environment = environment_named(name, config)
        if not Path(path).is_file():
            raise UsageError(f"--inventory {argument}: there is no file {path}")
        key = environment.name.lower()
        files[key] = (*files.get(key, ()), path)
    return Outside(files, options.show_owners)


def environment_named(name: str, config: Config) -> EnvironmentConfig:
    """The environment of the configuration with this name. Raises UsageError where there is none."""
    known = {environment.name.lower(): environment for environment in config.environments}
    if name.lower() in known:
        return known[name.lower()]
    if not known:
        raise UsageError(
            f"no environment is called {name}: the configuration declares none; add an [[environments]] table"
        )
    names = [environment.name for environment in config.environments]
    raise UsageError(f"no environment is called {name}; {hint(name, names)}")
