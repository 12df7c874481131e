"""`python -m crstandards`, the same program as the `crstandards` command."""

import sys


def _run() -> int:
    if not sys.flags.safe_path:
        # Python has put the current folder there: the repository's own modules are not ours to import.
        del sys.path[0]
    from crstandards.cli import main

    return main()


if __name__ == "__main__":
    raise SystemExit(_run())
