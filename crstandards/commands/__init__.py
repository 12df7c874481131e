"""One module per verb: `configure(parser)` declares its options, `run(options)` returns the exit status."""

VERBS = {
    "init": "set a repository up: configuration, hook, baseline",
    "check": "check solutions against the standard",
    "replay": "check every commit of a range: who brought what, what remains",
    "fix": "fix the source, where that is safe",
    "settings": "bring deployment settings up to date with the source; values stay",
    "readiness": "tell which flows the next import would leave off, why, and who can help",
    "explain": "show a rule's page",
    "rules": "list the rules",
    "config": "show the configuration in force, and where each value comes from",
    "baseline": "record what is found today, so that only what is new stops a commit",
    "inventory": "make an inventory of connections that may be committed, from exports",
    "graph": "draw what uses which reference, or list what hangs on an account",
    "demo": "see a commit stopped and let through, in a throw-away repository",
    "completion": "print a script for your shell that completes all this",
    "hook": "run as a git hook; install hooks or remove them",
}
"""The verbs in the order in which help lists them, each in one phrase."""
