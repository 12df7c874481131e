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
    """Wrong use or wrong configuration: the person who typed it can fix it."""

    status = WRONG_USE


class NotVerified(FatalError):
    """The source could not be read far enough for a verdict: never to be taken for clean."""

    status = NOT_VERIFIED


class MissingObject(NotVerified):
    """git lacks something that is asked for, as in a partial clone."""


def nearest(word: str, known: "Collection[str]") -> str:
    """Which of these another word is most like, whatever its letter case; "" where it is like none."""
    from difflib import get_close_matches

    spelled = {name.lower(): name for name in known}
    return "".join(spelled[near] for near in get_close_matches(word.lower(), spelled, 1))


def hint(word: str, known: "Collection[str]", otherwise: str = "") -> str:
    """The question whether another word was meant; where none is near, what is known, or something else."""
    near = nearest(word, known)
    return f"did you mean {near!r}?" if near else otherwise or f"there are {', '.join(known)}"
