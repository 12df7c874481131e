"""Print a script that completes commands and options in a shell."""

from __future__ import annotations

from argparse import Namespace

from crstandards.commands import VERBS
from crstandards.commands.arguments import options_of, parser_of
from crstandards.errors import CLEAN

_SETUP = {
    "bash": 'eval "$(crstandards completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(crstandards completion zsh)" in ~/.zshrc, after compinit',
    "fish": "crstandards completion fish | source in ~/.config/fish/config.fish",
    "powershell": "crstandards completion powershell | Out-String | Invoke-Expression in $PROFILE",
}


def run(options: Namespace) -> int:
    """Print the script and return the exit status."""
    print(_SCRIPTS[options.shell].replace("@WORDS@", _ROWS[options.shell](words())))
    return CLEAN


def words() -> dict[str, list[str]]:
    """What can follow: commands under "", a command's options, rules and hooks under its name."""
    from crstandards.rules import names

    found = {"": [*VERBS, "--help", "--version"]}
    for verb in VERBS:
        offered: set[str] = set()
        for action in options_of(parser_of(verb)):
            offered.update(name for name in action.option_strings if name.startswith("--"))
            if not action.option_strings and action.choices:
                offered.update(map(str, action.choices))
        found[verb] = sorted(offered)
    found["explain"] += list(names())
    return found


def _sh_rows(found: dict[str, list[str]]) -> str:
    return "\n".join(f"    '{verb}') offered='{' '.join(items)}' ;;" for verb, items in found.items())


def _fish_rows(found: dict[str, list[str]]) -> str:
    return "\n".join(
        f"        case '{verb}'\n            string split -- ' ' '{' '.join(items)}'"
        for verb, items in found.items()
    )


def _powershell_rows(found: dict[str, list[str]]) -> str:
    return "\n".join(f"        '{verb}' = '{' '.join(items)}'" for verb, items in found.items())


_ROWS = {"bash": _sh_rows, "zsh": _sh_rows, "fish": _fish_rows, "powershell": _powershell_rows}
_SCRIPTS = {
    "bash": """\
_crstandards() {
    local current="${COMP_WORDS[COMP_CWORD]}" verb='' offered=''
    [ "$COMP_CWORD" -gt 1 ] && verb="${COMP_WORDS[1]}"
    case "$verb" in
@WORDS@
    esac
    COMPREPLY=($(compgen -W "$offered" -- "$current"))
    [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _crstandards crstandards""",
    "zsh": """\
_crstandards() {
    local verb='' offered=''
    (( CURRENT > 2 )) && verb="${words[2]}"
    case "$verb" in
@WORDS@
    esac
    compadd -- ${=offered}
    _files
}
compdef _crstandards crstandards""",
    "fish": """\
function __crstandards_words
    set -l tokens (commandline -opc)
    set -l verb ''
    test (count $tokens) -gt 1; and set verb $tokens[2]
    switch "$verb"
@WORDS@
    end
end
complete -c crstandards -a '(__crstandards_words)'""",
    "powershell": """\
Register-ArgumentCompleter -Native -CommandName crstandards -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @{
@WORDS@
    }
    $parts = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
    $typed = $parts.Count - [int]($wordToComplete -ne '')
    $verb = if ($typed -gt 1) { $parts[1] } else { '' }
    "$($words[$verb])".Split(' ') | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}""",
}
