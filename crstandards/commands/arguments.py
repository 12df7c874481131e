"""What can be typed: each verb with its options.

It stands apart from what the verbs do, so that help, completion and a mistyped option load no engine.
"""

from __future__ import annotations

from crstandards.report import FORMATS, MAPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Any

    Option = tuple[tuple[str, ...], Mapping[str, Any]]
    """The names of an option, and what argparse is to know of it."""
    Options = Sequence[Option | list[Option]] | dict[str, tuple[str, Sequence[Option]]]
    """What a verb takes; options in a list exclude each other, in a mapping they belong to verbs below it."""

COMPLETION = {
    "bash": 'eval "$(crstandards completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(crstandards completion zsh)" in ~/.zshrc, after compinit',
    "fish": "crstandards completion fish | source in ~/.config/fish/config.fish",
    "powershell": "crstandards completion powershell | Out-String | Invoke-Expression in $PROFILE",
}
"""The shells for which there is completion, and how each is set up."""

SERVICES = ("azure", "github", "gitlab")
"""The services for which there is a pipeline file."""

FAILING = ("error", "warning", "note", "never")
"""What `--fail-on` takes."""


def _option(*names: str, **declared: Any) -> Option:
    return names, declared


def _date(text: str) -> date:
    """A date as an option has it."""
    from argparse import ArgumentTypeError
    from datetime import date

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date like 2027-06-30") from None


_FLAG = {"action": "store_true"}

_SOLUTIONS = _option("--solutions", action="append", metavar="PATTERN", help="only solutions of these names")
_TARGET = (
    _option(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a folder, a file (its solution is checked) or a solution zip; default: the repository",
    ),
    _SOLUTIONS,
)
_CONFIG = _option("--config", metavar="FILE", help="use this configuration, not the repository's")
_CONFIGURATION = (_CONFIG, _option("--no-config", **_FLAG, help="use no configuration"))
_AS_OF = _option(
    "--as-of",
    type=_date,
    metavar="DATE",
    help="the date on which exceptions are judged; default: today",
)
_RULES = (
    _option(
        "--select", action="append", metavar="RULES", help="only these rules: CR101,CR2,unused-reference"
    ),
    _option("--ignore", action="append", metavar="RULES", help="all rules but these"),
    *_CONFIGURATION,
    _AS_OF,
)
_LISTING = (
    _option(
        "-f",
        "--format",
        "--output-format",
        choices=("text", "json"),
        default="text",
        help="text (the default) or json",
    ),
    *_CONFIGURATION,
)
_OWNERSHIP = (
    _option(
        "--inventory",
        action="append",
        default=[],
        metavar="ENV=FILE",
        help="an export or inventory for an environment, from outside the tree; may be repeated",
    ),
    _option("--show-owners", **_FLAG, help="show the owners' names and mails in full, not s…c@contoso.com"),
)
_FAIL_ON = _option(
    "--fail-on", choices=FAILING, default="error", help="the mildest severity that fails; default: error"
)
_REPORT = (
    _option(
        "-f",
        "--format",
        "--output-format",
        choices=tuple(FORMATS),
        metavar="FORMAT",
        help=f"text (the default), {', '.join([*FORMATS][1:-1])} or {[*FORMATS][-1]}",
    ),
    _option(
        "-o",
        "--output",
        action="append",
        default=[],
        metavar="[FORMAT=]FILE",
        help="write the report to a file in place of standard output, in the format of --format or of the "
        "file's suffix; with FORMAT=FILE write one more; - is standard output; may be repeated",
    ),
    _FAIL_ON,
    _option("-v", "--verbose", **_FLAG, help="show notes and suppressed findings"),
    _option("-q", "--quiet", **_FLAG, help="one line for each finding, no summary"),
    _option("--statistics", **_FLAG, help="counts by rule and by solution in place of the findings"),
    _option("--no-suppressed", **_FLAG, help="leave out what exceptions and the baseline let through"),
)
_SERVER = _option("--pre-receive", metavar="DIR", help="in a server's bare repository instead")
_HOOKS: dict[str, tuple[str, Sequence[Option]]] = {
    "pre-commit": ("git's pre-commit hook", (*_RULES, *_REPORT)),
    "pre-merge-commit": ("git's pre-merge-commit hook", (*_RULES, *_REPORT)),
    "pre-push": (
        "git's pre-push hook",
        (
            _option(
                "remote", nargs="*", metavar="REMOTE", help="the remote's name and address, as git has it"
            ),
            *_RULES,
            *_REPORT,
        ),
    ),
    "pre-receive": ("a git server's pre-receive hook", ()),
    "install": (
        "set up hooks for plain git",
        (_SERVER, _option("--pre-push", **_FLAG, help="check what is pushed as well")),
    ),
    "uninstall": ("remove hooks that were set up", (_SERVER,)),
}

ARGUMENTS: Mapping[str, tuple[str, Options]] = {
    "init": (
        "Set a repository up: show what is there, then write the configuration, the hook and a baseline.",
        (
            _option("--yes", "-y", **_FLAG, help="write without asking"),
            _option(
                "--ci",
                nargs="?",
                choices=SERVICES,
                const=False,
                help="write the pipeline file for this service as well; by default, for that of the remote",
            ),
        ),
    ),
    "check": (
        "Check solutions against the connection reference standard.",
        (
            *_TARGET,
            [
                _option("--staged", **_FLAG, help="check the git index"),
                _option("--rev", metavar="REV", help="check a commit"),
            ],
            _option(
                "--new-since",
                metavar="REV",
                help="let through what stood in a commit already, as a baseline would",
            ),
            *_OWNERSHIP,
            *_RULES,
            *_REPORT,
        ),
    ),
    "replay": (
        "Check the tree of every commit of a range, and say who brought what and what remains.",
        (
            _option(
                "range",
                nargs="?",
                metavar="BASE..HEAD",
                help="the commits that HEAD has and BASE has not; a single revision means all that lead to "
                "it; default: HEAD",
            ),
            _option(
                "--base", metavar="REV", help="what was there before; with --ci, in place of the service's"
            ),
            _option("--head", metavar="REV", help="the last commit; default: HEAD"),
            _option(
                "--ci",
                **_FLAG,
                help="take the range from the CI service, judge what it adds, by the policy of its base",
            ),
            _option("--new-only", **_FLAG, help="leave out what was there before the range"),
            _option(
                "--every-commit", **_FLAG, help="fail on any commit, not only on what remains at the last"
            ),
            _SOLUTIONS,
            *_RULES,
            *_REPORT,
        ),
    ),
    "fix": (
        "Fix what fails the check, in the source of solutions: what you see in the diff is all there is.",
        (
            _option(
                "paths",
                nargs="*",
                metavar="PATH",
                help="a folder or a file (its solution is fixed); default: the repository",
            ),
            _SOLUTIONS,
            [
                _option(
                    "--unsafe", **_FLAG, help="make the fixes too that need a second look: read the diff"
                ),
                _option("--interactive", **_FLAG, help="ask about each fix"),
            ],
            _option("--diff", **_FLAG, help="change nothing, show what would be changed"),
            _option(
                "--staged",
                **_FLAG,
                help="as a commit hook: only solutions with staged changes; exit 1 if something was changed",
            ),
            _option(
                "--allow-unstaged", **_FLAG, help="with --staged: edit files too that have unstaged changes"
            ),
            _option(
                "--keep-declarations",
                **_FLAG,
                help="move what uses a reference, and remove no declaration: that is for a later release",
            ),
            _option("--baselined", **_FLAG, help="fix too what the baseline covers, which does not fail"),
            _FAIL_ON,
            _option("-q", "--quiet", **_FLAG, help="only say how much was done"),
            *_RULES,
        ),
    ),
    "explain": (
        "Show a rule's page: what it finds, why, and how to fix it. Works offline.",
        (
            _option(
                "rule",
                nargs="?",
                metavar="RULE",
                help="a rule's id or name: CR101, raw-connection; default: a list",
            ),
        ),
    ),
    "rules": ("List the rules, each with the severity that it has here.", _LISTING),
    "config": ("Show the configuration in force here, and where each value comes from.", _LISTING),
    "baseline": (
        "Record what is found today, so that only what is new stops a commit; or trim that record.",
        (
            [
                _option("--update", **_FLAG, help="take out what has been fixed; add nothing"),
                _option(
                    "--upgrade",
                    **_FLAG,
                    help="add what HEAD has and this version finds, after an update of crstandards",
                ),
                _option("--force", **_FLAG, help="write a baseline anew where there is one"),
            ],
            *_RULES,
        ),
    ),
    "inventory": (
        "Make the inventory that may be committed, from exports of an environment.\n\n"
        "Exports hold names and mails; this prints what the rules need of them, and nobody's name: "
        "crstandards inventory --environment contoso-prod connections.json references.json > "
        "inventory/prod.json",
        (
            _option(
                "exports",
                nargs="*",
                metavar="EXPORT",
                help="exports of connections, references, users with roles; several pages are several files",
            ),
            _option("--environment", metavar="ENV", help="the environment's name in the configuration"),
            _option(
                "--environment-id",
                default="",
                metavar="ID",
                help="leave out the connections of other environments",
            ),
            _option(
                "--all",
                **_FLAG,
                help="also the connections that no reference is bound to: for 'settings' and for CR408",
            ),
            _option(
                "--taken",
                type=_date,
                metavar="DATE",
                help="the day on which the exports were taken; default: the day of the oldest file",
            ),
            _CONFIG,
        ),
    ),
    "settings": (
        "Bring an environment's deployment settings up to date with the source. Values, order and format "
        "stay.\n\n"
        "crstandards settings --environment contoso-prod shows what would change; --write does it.",
        (
            _option("--environment", metavar="ENV", help="the environment's name in the configuration"),
            _option("--solution", metavar="PATTERN", default="*", help="only solutions of this name"),
            _option("--write", **_FLAG, help="change the files, rather than show how"),
            *_OWNERSHIP,
            *_CONFIGURATION,
            _AS_OF,
        ),
    ),
    "readiness": (
        "Tell what would go wrong at the next import: which flows will be off, why, and who can help.\n\n"
        "All is taken from what 'crstandards check' finds. Exit status 1 if anything would go wrong; with "
        "--strict, 3 where too little is known.",
        (
            _option("--environment", metavar="ENV", help="only this environment of the configuration"),
            _option(
                "-f",
                "--format",
                choices=("text", "markdown", "json", "html"),
                help="text (the default), markdown, json or html",
            ),
            _option("-o", "--output", metavar="FILE", help="write the report to a file"),
            _option("--strict", **_FLAG, help="exit status 3 where too little is known"),
            *_OWNERSHIP,
            *_CONFIGURATION,
            _AS_OF,
        ),
    ),
    "graph": (
        "Draw which flows, apps and agents use which connection reference, to which connector, and "
        "where.\n\n"
        "crstandards graph --output map.html is a page to search; Mermaid is drawn in Markdown. "
        'crstandards graph --owner "adele@*" lists what hangs on an account, for when somebody leaves.',
        (
            *_TARGET,
            _option("-f", "--format", choices=tuple(MAPS), help="default: mermaid"),
            _option("-o", "--output", metavar="FILE", help="write the map to a file"),
            _option(
                "--owner",
                metavar="PATTERN",
                help="list what hangs on an account, in place of the map: a sign-in name, mail or object "
                "id, with * and ? for parts of it",
            ),
            *_OWNERSHIP,
            *_CONFIGURATION,
            _AS_OF,
        ),
    ),
    "demo": (
        "See a commit stopped, fixed and let through, in a throw-away repository. Works offline.",
        (),
    ),
    "completion": (
        "Print a script that completes commands and options in a shell. To set it up: "
        f"{'; '.join(COMPLETION.values())}.",
        (_option("shell", choices=tuple(COMPLETION)),),
    ),
    "hook": (
        "Run as a git hook, under pre-commit or without a framework; or set the hooks up and remove them.",
        _HOOKS,
    ),
}
"""Each verb with what its help says of it and what it takes."""
