"""What `--inventory` and `--show-owners` mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crstandards.errors import UsageError
from crstandards.inventory.environments import Outside
from crstandards.policy.configuration import Config, EnvironmentConfig


def outside_of(inventories: Sequence[str], show_owners: bool, config: Config) -> Outside:
    """What `--inventory`, each as ENV=FILE, and `--show-owners` add to the configuration.

    Raises UsageError for an environment or a file that isn't there.
    """
    files: dict[str, tuple[str, ...]] = {}
    for argument in inventories:
        name, equals, path = argument.partition("=")
        if not equals or not path:
            raise UsageError(f"--inventory {argument}: write ENV=FILE, such as contoso-prod=connections.json")
        environment = environment_named(name, config)
        if not Path(path).is_file():
            raise UsageError(f"--inventory {argument}: there is no file {path}")
        key = environment.name.lower()
        files[key] = (*files.get(key, ()), path)
    return Outside(files, show_owners)


def environment_named(name: str, config: Config) -> EnvironmentConfig:
    """The environment of the configuration with this name. Raises UsageError where there is none."""
    known = {environment.name.lower(): environment for environment in config.environments}
    if name.lower() in known:
        return known[name.lower()]
    if not known:
        raise UsageError(
            f"no environment is called {name}: the configuration declares none; add an [[environments]] table"
        )
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), known, 1)
    hint = f"did you mean {known[near[0]].name}?" if near else f"there are {', '.join(known)}"
    raise UsageError(f"no environment is called {name}; {hint}")
