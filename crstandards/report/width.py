"""How wide a stream is. It stands alone, because a command's help asks for nothing else."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

USUAL = 80


def columns(stream: "TextIO", environ: "Mapping[str, str]" = os.environ) -> int:
    """The columns that `COLUMNS` says or the terminal has, else the usual number."""
    # shutil.get_terminal_size does much the same, but costs 3 ms to import and asks only stdout.
    try:
        if (told := int(environ.get("COLUMNS", ""))) > 0:
            return told
    except ValueError:
        pass
    try:
        # The pty that pre-commit makes has no size: 0.
        return (stream.isatty() and os.get_terminal_size(stream.fileno()).columns) or USUAL
    except (OSError, ValueError):
        return USUAL
