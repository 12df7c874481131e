"""`python -m crstandards`, the same program as the `crstandards` command."""

from crstandards.cli import main

# A second process that reads files imports this, too, where processes are not forked.
if __name__ == "__main__":
    raise SystemExit(main())
