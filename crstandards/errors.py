"""The one class of error that ends a run, with the exit status it ends in; and what may have been meant."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

CLEAN = 0
VIOLATIONS = 1
WRONG_USE = 2
NOT_VERIFIED = 3
INTERRUPTED = 130


class FatalError(Exception):
    """Ends the run with one line on standard error; `status` becomes the exit status."""

    status = NOT_VERIFIED


class UsageError(FatalError):
    """Wrong use or wrong configuration: the person who typed it can mend it."""

    status = WRONG_USE


class NotVerified(FatalError):
    """The source could not be read far enough for a verdict: never to be taken for clean."""

    status = NOT_VERIFIED


def nearest(word: str, known: "Collection[str]", listed: bool = False) -> str:
    """The question whether another word was meant; where none is near, "" or the list of those known."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}" if listed else ""
