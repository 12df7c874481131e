"""Reading what was typed, and saying on one line what is wrong with it and what was meant perhaps."""

from __future__ import annotations

import sys
from argparse import Action, ArgumentError, ArgumentParser, HelpFormatter, Namespace, _SubParsersAction

from crstandards.commands.arguments import ARGUMENTS, FAILING
from crstandards.errors import UsageError, hint
from crstandards.report import FORMATS, columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Any, NoReturn

    from crstandards.commands.arguments import Options

ELSEWHERE = {
    **dict.fromkeys(("lint", "scan", "audit", "run"), "write check"),
    "rule": "write explain",
    "install": "write hook install",
    **dict.fromkeys(("version", "--version"), "write crstandards --version"),
    "--no-color": "write --color never",
    "--exit-zero": "write --fail-on never",
    "--no-exit-codes": "write --fail-on never",
    "--min-severity": "write --fail-on",
    "--severity-level": "write --fail-on",
    "--fix": "'crstandards fix' fixes, 'crstandards fix --diff' shows how",
    "--exclude": "the configuration says it: [source] exclude",
    "--all-files": "without a PATH, all files are checked",
    "--output-file": "write --output",
    "--cached": "write --staged",
    **dict.fromkeys(("--dry-run", "--check"), "write --diff"),
}
"""What other tools call what is called otherwise here; commands among them."""

_READING = ("check", "replay")
_VARIABLES: Mapping[str, tuple[str, Collection[str]]] = {
    "CRSTANDARDS_FORMAT": ("usual_format", FORMATS),
    "CRSTANDARDS_CONFIG": ("config", ()),
    "CRSTANDARDS_FAIL_ON": ("fail_on", FAILING),
}
"""What a pipeline sets once, the option for which it stands, and the values that it can have."""


class Parser(ArgumentParser):
    """A parser whose errors are one line."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """What was typed. Raises UsageError for what this parser, or one below it, doesn't know."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            word = next((word for word in unknown if word.startswith("-")), unknown[0]).partition("=")[0]
            known = [name for action in options_of(self) for name in action.option_strings]
            advice = ELSEWHERE.get(word) or hint(word, known, f"'{self.prog} --help' lists what there is")
            what = "option" if word.startswith("-") else "argument"
            self.error(f"{self.prog.partition(' ')[2]} has no {what} {word!r}; {advice}")
        return options

    def error(self, message: str) -> NoReturn:
        """Raise UsageError, where argparse would print the usage and leave."""
        raise UsageError(message.removeprefix("argument "))

    def _check_value(self, action: Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            known = list(map(str, action.choices))
            raise ArgumentError(action, f"there is no {value!r}; {hint(str(value), known)}")


def parser_of(verb: str) -> Parser:
    """The parser of a verb's arguments, one of `crstandards.commands.VERBS`."""
    description, options = ARGUMENTS[verb]
    # Left to itself, argparse loads the compressors of `shutil` to ask for the width.
    parser = Parser(
        f"crstandards {verb}",
        description=description,
        allow_abbrev=False,
        formatter_class=lambda prog: HelpFormatter(prog, width=columns(sys.stdout) - 2),
    )
    _declare(parser, options)
    parser.add_argument("--color", choices=("auto", "always", "never"), help="default: auto, on a terminal")
    parser.set_defaults(usual_format="text")
    return parser


def _declare(parser: ArgumentParser, options: Options) -> None:
    """Tell a parser what it is to take."""
    if isinstance(options, dict):
        below = parser.add_subparsers(dest="hook", metavar="HOOK", required=True)
        for name, (what, inner) in options.items():
            _declare(below.add_parser(name, help=what, allow_abbrev=False), inner)
        return
    for each in options:
        group = parser.add_mutually_exclusive_group() if isinstance(each, list) else parser
        for names, declared in each if isinstance(each, list) else [each]:
            group.add_argument(*names, **declared)


def parsed(verb: str, arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[Namespace, list[str]]:
    """What was typed, and the variables that stand in for what was not, as `NAME=value`.

    Only `check` and `replay` take any: no variable may change what a gate decides.
    """
    given = {name: environ[name] for name in _VARIABLES if environ.get(name)} if verb in _READING else {}
    for name, value in given.items():
        known = _VARIABLES[name][1]
        if known and value not in known:
            raise UsageError(f"{name} is {value!r} in the environment; {hint(value, known)}")
    stand_ins = Namespace(**{_VARIABLES[name][0]: value for name, value in given.items()})
    options: Namespace = parser_of(verb).parse_args(arguments, stand_ins)
    if "CRSTANDARDS_CONFIG" in given and options.no_config and options.config is given["CRSTANDARDS_CONFIG"]:
        options.config = None
    return options, [
        f"{name}={value}"
        for name, value in given.items()
        if getattr(options, _VARIABLES[name][0]) is value
        and not (name == "CRSTANDARDS_FORMAT" and options.format)
    ]


def options_of(parser: ArgumentParser) -> Iterator[Action]:
    """What a parser declares, and the parsers below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, _SubParsersAction):
            for inner in action.choices.values():
                yield from options_of(inner)
