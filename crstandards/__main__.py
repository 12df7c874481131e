"""`python -m crstandards`, the same program as the `crstandards` command."""

from crstandards.cli import main

raise SystemExit(main())
