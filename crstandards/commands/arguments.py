"""What can be typed: each verb with its options.

It stands apart from what the verbs do, so that help, completion and a mistyped option load no engine.
"""

from __future__ import annotations

from argparse import Action, ArgumentError, ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from crstandards.errors import UsageError
from crstandards.report import FORMATS, MAPS

if TYPE_CHECKING:
    from datetime import date

COMPLETION = {
    "bash": 'eval "$(crstandards completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(crstandards completion zsh)" in ~/.zshrc, after compinit',
    "fish": "crstandards completion fish | source in ~/.config/fish/config.fish",
    "powershell": "crstandards completion powershell | Out-String | Invoke-Expression in $PROFILE",
}
"""The shells for which there is completion, and how each is set up."""

SERVICES = ("azure", "github", "gitlab")
"""The services for which there is a pipeline file."""

_ELSEWHERE = {
    "--no-color": "write --color never",
    "--exit-zero": "write --fail-on never",
    "--no-exit-codes": "write --fail-on never",
    "--min-severity": "write --fail-on",
    "--severity-level": "write --fail-on",
    "--fix": "'crstandards fix' mends, 'crstandards fix --diff' shows how",
    "--exclude": "the configuration says it: [source] exclude",
    "--all-files": "without a PATH, all files are checked",
    "--output-file": "write --output",
    "--cached": "write --staged",
}
"""What other tools call what is called otherwise here."""

_READING = ("check", "replay")
_VARIABLES = {
    "CRSTANDARDS_FORMAT": "usual_format",
    "CRSTANDARDS_CONFIG": "config",
    "CRSTANDARDS_FAIL_ON": "fail_on",
}
"""What a pipeline sets once, and the option for which it stands."""

_FAILING = ("error", "warning", "note", "never")


class Parser(ArgumentParser):
    """A parser that says on one line what is wrong, and what was meant perhaps."""

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """What was typed. Raises UsageError for what this parser, or one below it, doesn't know."""
        options, unknown = self.parse_known_args(args, namespace)
        if unknown:
            word = next((word for word in unknown if word.startswith("-")), unknown[0]).partition("=")[0]
            known = [name for action in options_of(self) for name in action.option_strings]
            hint = _ELSEWHERE.get(word) or nearest(word, known) or f"'{self.prog} --help' lists what there is"
            what = "option" if word.startswith("-") else "argument"
            self.error(f"{self.prog.partition(' ')[2]} has no {what} {word!r}; {hint}")
        return options

    def error(self, message: str) -> NoReturn:
        """Raise UsageError, where argparse would print the usage and leave."""
        raise UsageError(message.removeprefix("argument "))

    def _check_value(self, action: Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = list(map(str, action.choices))
            hint = nearest(str(value), choices) or f"there are {', '.join(choices)}"
            raise ArgumentError(action, f"there is no {value!r}; {hint}")


def parser_of(verb: str) -> Parser:
    """The parser of a verb's arguments, one of `crstandards.commands.VERBS`."""
    declare = _DECLARED[verb]
    parser = Parser(prog=f"crstandards {verb}", description=declare.__doc__, allow_abbrev=False)
    declare(parser)
    parser.add_argument("--color", choices=("auto", "always", "never"), help="default: auto, on a terminal")
    return parser


def parsed(verb: str, arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[Namespace, list[str]]:
    """What was typed, and the variables that stand in for what was not, as `NAME=value`.

    Only `check` and `replay` take any: no variable may change what a gate decides.
    """
    parser = parser_of(verb)
    given = {name: environ[name] for name in _VARIABLES if environ.get(name)} if verb in _READING else {}
    for name, value in given.items():
        choices = {"CRSTANDARDS_FORMAT": tuple(FORMATS), "CRSTANDARDS_FAIL_ON": _FAILING}.get(name)
        if choices and value not in choices:
            hint = nearest(value, choices) or f"there are {', '.join(choices)}"
            raise UsageError(f"{name} is {value!r} in the environment; {hint}")
    parser.set_defaults(**{_VARIABLES[name]: value for name, value in given.items()})
    options = parser.parse_args(arguments)
    if given and options.no_config and options.config is given.get("CRSTANDARDS_CONFIG"):
        options.config = None
    is_format_typed = given and options.format is not None
    return options, [
        f"{name}={value}"
        for name, value in given.items()
        if getattr(options, _VARIABLES[name]) is value
        and not (name == "CRSTANDARDS_FORMAT" and is_format_typed)
    ]


def nearest(word: str, known: Collection[str]) -> str:
    """The question whether another word was meant, "" where none is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else ""


def rule_named(asked: str) -> str:
    """The id of a rule that is asked for by id or name. Raises UsageError where there is none."""
    from crstandards.rules import FORMER_NAMES, names

    ids = {word: rule for rule, name in names().items() for word in (rule.lower(), name)} | FORMER_NAMES
    wanted = asked.strip().lower()
    if wanted in ids:
        return ids[wanted]
    from difflib import get_close_matches

    near = [ids[word] for word in get_close_matches(wanted, ids, 1)]
    hint = f"did you mean {near[0]} ({names()[near[0]]})?" if near else "'crstandards rules' lists them"
    raise UsageError(f"no rule is called {asked!r}; {hint}")


def options_of(parser: ArgumentParser) -> Iterator[Action]:
    """What a parser declares, and the parsers below it."""
    for action in parser._actions:
        yield action
        if isinstance(action, _SubParsersAction):
            for inner in action.choices.values():
                yield from options_of(inner)


def _check(parser: ArgumentParser) -> None:
    """Check solutions against the connection reference standard."""
    _add_target_options(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--staged", action="store_true", help="check the git index")
    where.add_argument("--rev", metavar="REV", help="check a commit")
    parser.add_argument(
        "--new-since", metavar="REV", help="let through what stood in a commit already, as a baseline would"
    )
    _add_ownership_options(parser)
    _add_rule_options(parser)
    _add_report_options(parser)


def _replay(parser: ArgumentParser) -> None:
    """Check the tree of every commit of a range, and say who brought what and what remains."""
    parser.add_argument(
        "range",
        nargs="?",
        metavar="BASE..HEAD",
        help="the commits that HEAD has and BASE has not; a single revision means all that lead to it; "
        "default: HEAD",
    )
    parser.add_argument(
        "--base", metavar="REV", help="what was there before; with --ci, in place of the service's"
    )
    parser.add_argument("--head", metavar="REV", help="the last commit; default: HEAD")
    parser.add_argument(
        "--ci",
        action="store_true",
        help="take the range from the CI service, judge what it adds, by the policy of its base",
    )
    parser.add_argument("--new-only", action="store_true", help="leave out what was there before the range")
    parser.add_argument(
        "--every-commit", action="store_true", help="fail on any commit, not only on what remains at the last"
    )
    _add_solutions(parser)
    _add_rule_options(parser)
    _add_report_options(parser)


def _fix(parser: ArgumentParser) -> None:
    """Fix what fails the check, in the source of solutions: what you see in the diff is all there is."""
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a folder or a file (its solution is fixed); default: the repository",
    )
    _add_solutions(parser)
    more = parser.add_mutually_exclusive_group()
    more.add_argument(
        "--unsafe", action="store_true", help="make the fixes too that need a second look: read the diff"
    )
    more.add_argument("--interactive", action="store_true", help="ask about each fix")
    parser.add_argument("--diff", action="store_true", help="change nothing, show what would be changed")
    parser.add_argument(
        "--staged",
        action="store_true",
        help="as a commit hook: only solutions with staged changes; exit 1 if something was changed",
    )
    parser.add_argument(
        "--allow-unstaged",
        action="store_true",
        help="with --staged: edit files too that have unstaged changes",
    )
    parser.add_argument(
        "--keep-declarations",
        action="store_true",
        help="move what uses a reference, and remove no declaration: that is for a later release",
    )
    parser.add_argument(
        "--baselined", action="store_true", help="fix too what the baseline covers, which does not fail"
    )
    _add_fail_on(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="only say how much was done")
    _add_rule_options(parser)


def _hook(parser: ArgumentParser) -> None:
    """Run as a git hook, under pre-commit or without a framework; or set the hooks up and remove them."""
    hooks = parser.add_subparsers(dest="hook", metavar="HOOK", required=True)
    for name in ("pre-commit", "pre-merge-commit"):
        hook = hooks.add_parser(name, help=f"git's {name} hook", allow_abbrev=False)
        _add_rule_options(hook)
        _add_report_options(hook)
    push = hooks.add_parser("pre-push", help="git's pre-push hook", allow_abbrev=False)
    push.add_argument(
        "remote", nargs="*", metavar="REMOTE", help="the remote's name and address, as git has it"
    )
    _add_rule_options(push)
    _add_report_options(push)
    hooks.add_parser("pre-receive", help="a git server's pre-receive hook", allow_abbrev=False)
    for name, what in (
        ("install", "set up hooks for plain git"),
        ("uninstall", "remove hooks that were set up"),
    ):
        hook = hooks.add_parser(name, help=what, allow_abbrev=False)
        hook.add_argument("--pre-receive", metavar="DIR", help="in a server's bare repository instead")
        if name == "install":
            hook.add_argument("--pre-push", action="store_true", help="check what is pushed as well")


def _init(parser: ArgumentParser) -> None:
    """Set a repository up: show what is there, then write the configuration, the hook and a baseline."""
    parser.add_argument("--yes", "-y", action="store_true", help="write without asking")
    parser.add_argument(
        "--ci",
        nargs="?",
        choices=SERVICES,
        const=False,
        help="write the pipeline file for this service as well; by default, for that of the remote",
    )


def _explain(parser: ArgumentParser) -> None:
    """Show a rule's page: what it finds, why, and how to mend it. Works offline."""
    parser.add_argument(
        "rule", nargs="?", metavar="RULE", help="a rule's id or name: CR101, raw-connection; default: a list"
    )


def _rules(parser: ArgumentParser) -> None:
    """List the rules, each with the severity that it has here."""
    _add_listing_options(parser)


def _config(parser: ArgumentParser) -> None:
    """Show the configuration in force here, and where each value comes from."""
    _add_listing_options(parser)


def _baseline(parser: ArgumentParser) -> None:
    """Record what is found today, so that only what is new stops a commit; or trim that record."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--update", action="store_true", help="take out what has been mended; add nothing")
    how.add_argument(
        "--upgrade",
        action="store_true",
        help="add what HEAD has and this version finds, after an update of crstandards",
    )
    how.add_argument("--force", action="store_true", help="write a baseline anew where there is one")
    _add_rule_options(parser)


def _inventory(parser: ArgumentParser) -> None:
    """Make the inventory that may be committed, from exports of an environment.

    Exports hold names and mails; this prints what the rules need of them, and nobody's name:
    crstandards inventory --environment contoso-prod connections.json references.json > inventory/prod.json
    """
    parser.add_argument(
        "exports",
        nargs="*",
        metavar="EXPORT",
        help="exports of connections, references, users with roles; several pages are several files",
    )
    parser.add_argument("--environment", metavar="ENV", help="the environment's name in the configuration")
    parser.add_argument(
        "--environment-id", default="", metavar="ID", help="leave out the connections of other environments"
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="also the connections that no reference is bound to: for 'settings' and for CR408",
    )
    parser.add_argument(
        "--taken",
        type=_date,
        metavar="DATE",
        help="the day on which the exports were taken; default: the day of the oldest file",
    )
    parser.add_argument("--config", metavar="FILE", help="use this configuration, not the repository's")


def _settings(parser: ArgumentParser) -> None:
    """Bring an environment's deployment settings up to date with the source. Values, order and format stay.

    crstandards settings --environment contoso-prod shows what would change; --write does it.
    """
    parser.add_argument("--environment", metavar="ENV", help="the environment's name in the configuration")
    parser.add_argument("--solution", metavar="PATTERN", default="*", help="only solutions of this name")
    parser.add_argument("--write", action="store_true", help="change the files, rather than show how")
    _add_ownership_options(parser)
    _add_config_options(parser)
    _add_as_of(parser)


def _readiness(parser: ArgumentParser) -> None:
    """Tell what would go wrong at the next import: which flows will be off, why, and who can help.

    All is taken from what 'crstandards check' finds. Exit status 1 if anything would go wrong; with --strict,
    3 where too little is known.
    """
    parser.add_argument("--environment", metavar="ENV", help="only this environment of the configuration")
    parser.add_argument(
        "-f",
        "--format",
        choices=("text", "markdown", "json", "html"),
        help="text (the default), markdown, json or html",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write the report to a file")
    parser.add_argument("--strict", action="store_true", help="exit status 3 where too little is known")
    _add_ownership_options(parser)
    _add_config_options(parser)
    _add_as_of(parser)


def _graph(parser: ArgumentParser) -> None:
    """Draw which flows, apps and agents use which connection reference, to which connector, and where.

    crstandards graph --output map.html is a page to search; Mermaid is drawn in Markdown.
    crstandards graph --owner "adele@*" lists what hangs on an account, for when somebody leaves.
    """
    _add_target_options(parser)
    parser.add_argument("-f", "--format", choices=tuple(MAPS), help="default: mermaid")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the map to a file")
    parser.add_argument(
        "--owner",
        metavar="PATTERN",
        help="list what hangs on an account, in place of the map: a sign-in name, mail or object id, "
        "with * and ? for parts of it",
    )
    _add_ownership_options(parser)
    _add_config_options(parser)
    _add_as_of(parser)


def _demo(parser: ArgumentParser) -> None:
    """See a commit stopped, mended and let through, in a throw-away repository. Works offline."""


def _completion(parser: ArgumentParser) -> None:
    """Print a script that completes commands and options in a shell."""
    parser.epilog = "To set it up: " + "; ".join(COMPLETION.values()) + "."
    parser.add_argument("shell", choices=tuple(COMPLETION))


_DECLARED = {
    "init": _init,
    "check": _check,
    "replay": _replay,
    "fix": _fix,
    "explain": _explain,
    "rules": _rules,
    "config": _config,
    "baseline": _baseline,
    "inventory": _inventory,
    "settings": _settings,
    "readiness": _readiness,
    "graph": _graph,
    "demo": _demo,
    "completion": _completion,
    "hook": _hook,
}


def _add_target_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a folder, a file (its solution is checked) or a solution zip; default: the repository",
    )
    _add_solutions(parser)


def _add_solutions(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--solutions", action="append", metavar="PATTERN", help="only solutions of these names"
    )


def _add_rule_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--select", action="append", metavar="RULES", help="only these rules: CR101,CR2,unused-reference"
    )
    parser.add_argument("--ignore", action="append", metavar="RULES", help="all rules but these")
    _add_config_options(parser)
    _add_as_of(parser)


def _add_config_options(parser: ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="use this configuration, not the repository's")
    parser.add_argument("--no-config", action="store_true", help="use no configuration")


def _add_as_of(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--as-of",
        type=_date,
        metavar="DATE",
        help="the date on which exceptions are judged; default: today",
    )


def _add_listing_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-f",
        "--format",
        "--output-format",
        choices=("text", "json"),
        default="text",
        help="text (the default) or json",
    )
    _add_config_options(parser)


def _add_ownership_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--inventory",
        action="append",
        default=[],
        metavar="ENV=FILE",
        help="an export or inventory for an environment, from outside the tree; may be repeated",
    )
    parser.add_argument(
        "--show-owners",
        action="store_true",
        help="show the owners' names and mails in full, not s…c@contoso.com",
    )


def _add_report_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "-f",
        "--format",
        "--output-format",
        choices=tuple(FORMATS),
        metavar="FORMAT",
        help=f"text (the default), {', '.join(list(FORMATS)[1:-1])} or {list(FORMATS)[-1]}",
    )
    parser.add_argument(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="[FORMAT=]FILE",
        help="write the report to a file in place of standard output, in the format of --format or of the "
        "file's suffix; with FORMAT=FILE write one more; - is standard output; may be repeated",
    )
    _add_fail_on(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="show notes and suppressed findings")
    parser.add_argument("-q", "--quiet", action="store_true", help="one line for each finding, no summary")
    parser.add_argument(
        "--statistics", action="store_true", help="counts by rule and by solution in place of the findings"
    )
    parser.set_defaults(usual_format="text")


def _add_fail_on(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--fail-on",
        choices=_FAILING,
        default="error",
        help="the mildest severity that fails; default: error",
    )


def _date(text: str) -> date:
    """A date as an option has it."""
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date like 2027-06-30") from None
