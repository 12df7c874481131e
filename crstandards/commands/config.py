"""Show the configuration in force here, and where each value comes from."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from crstandards.commands.options import configuration_here
from crstandards.commands.writing import show, write_file
from crstandards.errors import CLEAN
from crstandards.places import Route
from crstandards.policy.configuration import NOT_WRITTEN, Config
from crstandards.policy.problems import line_of, lines_of
from crstandards.report.json_format import json_text


def run(options: Namespace) -> int:
    """Print the values and return the exit status."""
    config = configuration_here(options.config, options.no_config)
    values = list(_values(config, lines_of(config.content.decode("utf-8-sig"))))
    if options.format == "json":
        document = {
            "schema": "crstandards/config/1",
            "file": config.path or None,
            "values": values,
        }
        write_file("-", json_text(document))
        return CLEAN
    shown = [
        f"{item['key']} = {'(none)' if value is None else json.dumps(value, ensure_ascii=False)}"
        for item in values
        for value in [item["value"]]
    ]
    width = min(max(map(len, shown)), 60)
    head = f"Configuration: {config.path or 'none, so all defaults'}\n\n"
    lines = [f"{text:<{width}}  # {item['from']}" for text, item in zip(shown, values, strict=True)]
    show(head + "\n".join(lines) + "\n")
    return CLEAN


def _values(config: Config, lines: Mapping[Route, int]) -> Iterator[dict[str, Any]]:
    """Every value by its key, as TOML writes it, flattened; `from` is `default` or a file and line."""

    def walk(value: Any, route: Route) -> Iterator[dict[str, Any]]:
        if hasattr(value, "_asdict"):
            value = {name.replace("_", "-"): inner for name, inner in value._asdict().items()}
        elif isinstance(value, tuple) and value and hasattr(value[0], "_asdict"):
            value = {str(index): inner for index, inner in enumerate(value)}
        if isinstance(value, Mapping):
            for name, inner in value.items():
                yield from walk(inner, (*route, str(name)))
            return
        own = (*config.root, *route)
        origin = f"{config.path}:{line_of(lines, own)}" if own in lines else "default"
        yield {"key": _key(route), "value": _plain(value), "from": origin}

    for name, value in config._asdict().items():
        if name not in NOT_WRITTEN:
            yield from walk(value, (name.replace("_", "-"),))


def _key(route: Route) -> str:
    return "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in route).removeprefix(".")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
