"""The one class of error that ends a run, with the exit status it ends in."""

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
