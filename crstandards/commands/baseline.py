"""Record what is found today, so that only what is new stops a commit; or trim that record."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import date
from pathlib import Path

from crstandards.commands.arguments import add_rule_options
from crstandards.commands.options import chosen_rules, configuration
from crstandards.commands.target import find_target
from crstandards.engine import Inspector
from crstandards.errors import CLEAN, NotVerified, UsageError
from crstandards.policy.baseline import Baseline, entry_of, read_baseline, render_baseline
from crstandards.rules.wording import count

_RECORDED = ("error", "warning")


def configure(parser: ArgumentParser) -> None:
    """Declare the options of `baseline`."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--update", action="store_true", help="take out what has been mended; add nothing")
    how.add_argument("--force", action="store_true", help="write a baseline anew where there is one")
    add_rule_options(parser)


def run(options: Namespace) -> int:
    """Write the baseline of the working tree, and return the exit status."""
    target = find_target(Namespace(paths=[], staged=False, rev=None))
    files = target.snapshot.files()
    config = configuration(options, target.snapshot, {file.path: file for file in files})
    if not config.baseline:
        raise UsageError("without a configuration there is no place for a baseline: leave out --no-config")
    path = target.root / config.baseline
    old = _read(path)
    if old and not options.update and not options.force:
        raise UsageError(f"{config.baseline} is there already; --update trims it, --force writes it anew")
    inspector = Inspector(
        target.snapshot,
        config,
        chosen_rules(options),
        options.as_of or date.today(),
        files=files,
        baseline=Baseline(),
        whole=True,
    )
    found = [item for item in inspector.report().counted() if item.severity in _RECORDED]
    if options.update:
        if old is None:
            raise UsageError(f"there is no {config.baseline} to update; 'crstandards baseline' makes one")
        new = old.trimmed(item.finding for item in found)
        said = f"{len(old.entries) - len(new.entries)} mended and taken out, {len(new.entries)} left"
    else:
        recorded = [entry_of(item.finding) for item in found if _can_be_recorded(item.rule.id, config.locked)]
        new = Baseline(dict.fromkeys(recorded))
        said = f"{count(len(new.entries), 'finding')} recorded"
        left = len(found) - len(recorded)
        said += f"; {left} cannot be: their rules are locked, or they cannot be read" if left else ""
    _write(path, render_baseline(new))
    print(f"{config.baseline}: {said}. Commit it.")
    return CLEAN


def _can_be_recorded(rule: str, locked: tuple[str, ...]) -> bool:
    return rule not in ("CR901", "CR902") and rule not in locked


def _read(path: Path) -> Baseline | None:
    try:
        return read_baseline(path.read_bytes(), path.name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotVerified(f"{path} cannot be read: {(error.strerror or '').lower()}") from None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("ascii"))
    except OSError as error:
        raise NotVerified(f"{path} cannot be written: {(error.strerror or '').lower()}") from None
