"""The command line: finds the verb, lets it parse its own
arguments, and turns its end into an exit status.
"""

import os
import sys

from crstandards.errors import CLEAN, INTERRUPTED, NOT_VERIFIED, WRONG_USE, FatalError, hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO


def main(argv: "Sequence[str] | None" = None) -> int:
    """Run one command and return its exit status: 0, 1, 2, 3 or 130 (see `crstandards.errors`)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _stand_in()
    # A path or a name may hold what the console has no character for (standard error is set so already).
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(arguments)
        finally:
            # Not at exit, where an error would be told in Python's words and end in a status of its own.
            sys.stdout.flush()
    except FatalError as error:
        _complain(str(error))
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left.
        _silence()
        return NOT_VERIFIED
    except Exception as error:
        if os.environ.get("CRSTANDARDS_DEBUG"):
            raise
        if isinstance(error, OSError) and error.strerror:
            from errno import EINVAL

            # A full disk, say, under what is printed.
            _silence()
            if sys.platform == "win32" and error.errno == EINVAL and not error.filename:
                # So says Windows, at times, of a pipe whose reader has left.
                return NOT_VERIFIED
            place = f": {error.filename}" if error.filename else ""
            _complain(f"nothing was verified, because of an error of the system: {error.strerror}{place}")
            return NOT_VERIFIED
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        _complain(f"internal error, nothing was verified ({reason}); CRSTANDARDS_DEBUG=1 shows where")
        return NOT_VERIFIED


def _stand_in() -> None:
    """Open nothing in place of what we print to, where whoever started us has closed it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere())


def _silence() -> None:
    """Keep Python from writing, at exit, what could not be written before."""
    with _nowhere() as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _nowhere() -> "TextIO":
    return open(os.devnull, "w", encoding="utf-8", errors="backslashreplace")


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["hook"]:
        # Most commits leave here: what comes after takes longer to load than they to be proved clean.
        from crstandards.quick.door import HOOKS, proven_clean

        said = proven_clean() if arguments in HOOKS else None
        if said is not None:
            print(said, end="\n" if said else "")
            return CLEAN
    from crstandards.commands import VERBS
    from crstandards.commands.parser import ELSEWHERE, parsed

    verb, *rest = arguments or ["--help"]
    if verb in ("-V", "--version"):
        print(_version({"-v", "--verbose"} & set(rest)))
        return CLEAN
    if verb in ("-h", "--help", "help"):
        if not rest:
            print(_usage())
            return CLEAN if arguments else WRONG_USE
        verb, rest = rest[0], [*rest[1:], "--help"]
    if verb not in VERBS:
        what, otherwise = "command", "'crstandards --help' lists the commands"
        if verb.startswith("-"):
            what, otherwise = "option before the command", "options stand after the command"
        advice = ELSEWHERE.get(verb) or hint(verb, VERBS, otherwise)
        _complain(f"there is no {what} {verb!r}; {advice}")
        return WRONG_USE
    options, variables = parsed(verb, rest, os.environ)
    if variables:
        _complain(f"from the environment: {', '.join(variables)}")
    if options.color:
        _paint(options.color)
    import gc
    from importlib import import_module

    # What is read is kept to the end: to look through it for garbage, on the way or there, frees nothing.
    gc.disable()
    try:
        status: int = import_module(f"crstandards.commands.{verb}").run(options)
        return status
    finally:
        gc.freeze()
        gc.enable()


def _paint(color: str) -> None:
    """Make the environment ask for colour, or for none: that counts for what we start as well."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        os.environ.pop(name, None)
    if color != "auto":
        os.environ["FORCE_COLOR" if color == "always" else "NO_COLOR"] = "1"


def _version(is_verbose: object) -> str:
    """The version; in full, what a report of a bug should tell of the system around."""
    from crstandards import __version__

    lines = [f"crstandards {__version__}"]
    if is_verbose:
        import platform
        import re
        from contextlib import suppress
        from importlib.metadata import PackageNotFoundError, requires, version
        from pathlib import Path

        from crstandards.git.repository import Git

        packages = []
        with suppress(PackageNotFoundError):
            needed = [line for line in requires("crstandards") or () if "extra ==" not in line]
            names = [re.split(r"[^\w.-]", line)[0] for line in needed]
            packages = [f"{name} {version(name)}" for name in names]
        lines += [
            f"Python {platform.python_version()} ({sys.executable})",
            Git(Path()).run("version").decode().strip(),
            platform.platform(),
            *packages,
            f"installed in {os.path.dirname(__file__)}",
        ]
    return "\n".join(lines)


def _usage() -> str:
    from crstandards.commands import VERBS

    lines = [f"  {verb:<11} {summary}" for verb, summary in VERBS.items()]
    return "\n".join(
        [
            "usage: crstandards COMMAND [OPTION...]",
            "",
            "Checks unpacked Power Platform solutions: connection references, not connections.",
            "",
            *lines,
            "",
            "'crstandards help COMMAND' shows a command's options; 'crstandards --version' the version.",
            "Exit status: 0 clean, 1 violations, 2 wrong use, 3 could not verify.",
        ]
    )


def _complain(message: str) -> None:
    from contextlib import suppress

    from crstandards.report.escape import display_path, sanitize
    from crstandards.report.terminal import write

    # One line, in which a name from the repository works no harm.
    shown = sanitize(display_path(" ".join(message.split())))
    with suppress(OSError, ValueError):
        write(sys.stderr, f"crstandards: {shown}\n")
