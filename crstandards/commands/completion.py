"""Print a script that completes commands, options and their values in a shell."""

from __future__ import annotations

from argparse import Namespace

from crstandards.commands import VERBS
from crstandards.commands.parser import options_of, parser_of
from crstandards.errors import CLEAN
from crstandards.rules import load, names

Offers = dict[str, dict[str, str]]


def run(options: Namespace) -> int:
    """Print the script and return the exit status."""
    script, row, word, between, apostrophe = _SHELLS[options.shell]
    rows = []
    for key, words in offers().items():
        # On one line, and within single quotes: without what steers a shell.
        meanings = {
            offered: "".join(" " if c in "`$\\\n\t" else c for c in text.replace("%%", "%")).replace(
                "'", apostrophe
            )
            for offered, text in words.items()
        }
        told = (
            word.format(word=offered, meaning=meaning, shown=meaning or offered)
            for offered, meaning in meanings.items()
        )
        rows.append(row.format(key=key, words=between.join(told)))
    print(script.replace("@WORDS@", "\n".join(rows)))
    return CLEAN


def offers() -> Offers:
    """What can follow, each word with what it means: commands under "", under a command its options, hooks
    and rules, and under a command with an option, such as `check --format`, that option's values.
    """
    rules = {rule.id: rule.summary for rule in load(list(names()))}
    named = {rule.name: rule.summary for rule in load(list(names()))}
    found: Offers = {"": {**VERBS, "help": "show a command's options", "--help": "", "--version": ""}}
    found["help"] = dict(VERBS)
    for verb, offered in [(verb, found.setdefault(verb, {})) for verb in VERBS]:
        for action in options_of(parser_of(verb)):
            helps = {inner.dest: inner.help or "" for inner in getattr(action, "_choices_actions", ())}
            values = {str(value): helps.get(str(value), "") for value in action.choices or ()}
            if action.metavar in ("RULE", "RULES"):
                values = rules | named
            if not action.option_strings:
                offered.update(values)
            for name in action.option_strings:
                if values:
                    found[f"{verb} {name}"] = values
                if name.startswith("--"):
                    offered[name] = action.help or ""
    return found


_BASH = """\
_crstandards() {
    local current="${COMP_WORDS[COMP_CWORD]}" last="${COMP_WORDS[COMP_CWORD-1]}" verb='' key offered=''
    # --format=json is three words for bash.
    [ "$current" = '=' ] && current=''
    if [ "$last" = '=' ]; then last="${COMP_WORDS[COMP_CWORD-2]}"; fi
    [ "$COMP_CWORD" -gt 1 ] && verb="${COMP_WORDS[1]}"
    for key in "$verb $last" "$verb"; do
        case "$key" in
@WORDS@
        esac
        [ -n "$offered" ] && break
    done
    COMPREPLY=($(compgen -W "$offered" -- "$current"))
    [ ${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _crstandards crstandards"""
_ZSH = """\
_crstandards() {
    local verb='' key
    local -a offered
    (( CURRENT > 2 )) && verb="${words[2]}"
    key="$verb ${words[CURRENT-1]}"
    if [[ "$PREFIX" == --*=* ]]; then key="$verb ${PREFIX%%=*}"; compset -P '*='; fi
    for key in "$key" "$verb"; do
        case "$key" in
@WORDS@
        esac
        (( ${#offered} )) && break
    done
    _describe crstandards offered
    # Where values are to follow, or a command, no file is.
    if [[ -n "$verb" && "$key" == "$verb" ]]; then _files; fi
}
compdef _crstandards crstandards"""
_FISH = """\
function __crstandards_words
    set -l tokens (commandline -opc)
    set -l option (string match -r -- '^--[^=]+=' (commandline -ct))
    set -l verb ''
    test (count $tokens) -gt 1; and set verb $tokens[2]
    if test -n "$option"
        __crstandards_offered "$verb "(string trim -r -c = -- $option) | string replace -r -- '^' $option
    else
        __crstandards_offered "$verb $tokens[-1]"; or __crstandards_offered "$verb"
    end
end
function __crstandards_no_file
    set -l tokens (commandline -opc)
    test (count $tokens) -eq 1; or __crstandards_offered "$tokens[2] $tokens[-1]" >/dev/null
end
function __crstandards_offered
    switch "$argv[1]"
@WORDS@
        case '*'
            return 1
    end
end
complete -c crstandards -n __crstandards_no_file -f
complete -c crstandards -a '(__crstandards_words)'"""
_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName crstandards -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @{
@WORDS@
    }
    $parts = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
    $typed = $parts.Count - [int]($wordToComplete -ne '')
    $verb = if ($typed -gt 1) { $parts[1] } else { '' }
    $offered = $words["$verb $($parts[$typed - 1])"]
    if (-not $offered) { $offered = $words[$verb] }
    $offered.Keys | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $offered[$_])
    }
}"""
_SHELLS = {
    "bash": (_BASH, "    '{key}') offered='{words}' ;;", "{word}", " ", ""),
    "zsh": (_ZSH, "    '{key}') offered=({words}) ;;", "'{word}:{meaning}'", " ", r"'\''"),
    "fish": (
        _FISH,
        "        case '{key}'\n            printf '%s\\n' {words}",
        "'{word}\t{meaning}'",
        " ",
        r"\'",
    ),
    "powershell": (
        _POWERSHELL,
        "        '{key}' = [ordered]@{{ {words} }}",
        "'{word}' = '{shown}'",
        "; ",
        "''",
    ),
}
"""Each shell's script, how a row and a word are written there, what stands between words, an apostrophe."""
