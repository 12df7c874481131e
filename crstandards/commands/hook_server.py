"""What a git server's pre-receive hook does."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from threading import Thread, Timer
from time import monotonic
from typing import TYPE_CHECKING

from crstandards.errors import CLEAN, NOT_VERIFIED, VIOLATIONS, FatalError, NotVerified, UsageError
from crstandards.git.ranges import RangeGit
from crstandards.report.escape import display_path, sanitize

if TYPE_CHECKING:
    from crstandards.history.policy import Policy
    from crstandards.history.push import Decision
    from crstandards.policy.configuration import Config
    from crstandards.reported import Reported

SETTING = "crstandards.config"
"""The name, in the server's git configuration, of the path of a policy for its repositories."""

MOST_LINES = 50
_LINES_OF_A_FINDING = 3
_WARNINGS_SHOWN = 3
MOST_CHARACTERS = 240
# Until the policy tells, a server under load may need long for the first step.
_FIRST_DEADLINE = 20.0
_LAST_WORDS = 0.2
_GITLAB = ("GL_ID", "GL_REPOSITORY", "GL_PROTOCOL")


class Pusher:
    """Writes to whoever pushes: plain lines, and not too many of them.

    GitLab shows only what begins with its mark in its pages.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._mark = "GL-HOOK-ERR: " if any(environ.get(name) for name in _GITLAB) else ""
        self._left = MOST_LINES

    def tell(self, lines: Sequence[str]) -> None:
        """Write lines, as far as there is room for them."""
        plain = [sanitize(line, ascii_only=True) for line in lines[: self._left]]
        told = [
            self._mark + (line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 3] + "...")
            for line in plain
        ]
        self._left -= len(told)
        # Not through sys.stderr: the deadline may strike in the middle of a write.
        os.write(2, "".join(f"{line}\n" for line in told).encode("ascii", "backslashreplace"))


class Deadline:
    """Ends the process, and with it the push, when its time is up: unverified is refused.

    Where the system has an alarm, it is that which strikes: a thread would wait for its turn as long as
    Python looks for one regular expression, of a policy that somebody has pushed.
    """

    def __init__(self, pusher: Pusher) -> None:
        self._pusher = pusher
        self._start = monotonic()
        self._timer: Timer | None = None

    def set(self, seconds: float) -> None:
        """Allow so many seconds from the beginning on."""
        self.cancel()
        left = max(seconds - (monotonic() - self._start), 0.001)
        if sys.platform == "win32":
            self._timer = Timer(left, self._strike, (seconds,))
            self._timer.daemon = True
            self._timer.start()
        else:
            signal.signal(signal.SIGALRM, lambda *_: self._strike(seconds))
            signal.setitimer(signal.ITIMER_REAL, left)

    def cancel(self) -> None:
        """Take the deadline away."""
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, 0)
        elif self._timer:
            self._timer.cancel()

    def _strike(self, seconds: float) -> None:
        told = [
            f"crstandards: this push could not be verified within {seconds:g} seconds, so it is refused.",
            "Push again, in smaller parts if it is large; whoever looks after the server can raise",
            "'deadline' in the [server] table of the policy.",
        ]
        # Beside us: where nobody reads what we write, a full pipe would keep us for ever.
        telling = Thread(target=self._pusher.tell, args=(told,), daemon=True)
        telling.start()
        telling.join(_LAST_WORDS)
        os._exit(NOT_VERIFIED)


def pre_receive() -> int:
    """Decide about the push on standard input and return the exit status: 0 lets all of it through."""
    pusher = Pusher(os.environ)
    deadline = Deadline(pusher)
    deadline.set(_FIRST_DEADLINE)
    try:
        return _decide(told(), pusher, deadline)
    except FatalError as error:
        pusher.tell([f"crstandards: this push could not be verified, so it is refused: {error}"])
        return error.status
    except Exception as error:
        # As `cli` does it, and with the mark without which nobody would see it.
        if os.environ.get("CRSTANDARDS_DEBUG"):
            raise
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        pusher.tell([f"crstandards: internal error ({reason}): not verified, so the push is refused."])
        return NOT_VERIFIED
    finally:
        deadline.cancel()


def told() -> bytes:
    """What git tells the hook. Raises NotVerified where it cannot be heard."""
    if sys.stdin is None:
        raise NotVerified("its standard input, on which git tells what is pushed, is closed")
    return sys.stdin.buffer.read()


def _decide(content: bytes, pusher: Pusher, deadline: Deadline) -> int:
    from crstandards.commands.options import given_configuration
    from crstandards.history.guards import read_updates
    from crstandards.history.push import Guard
    from crstandards.rules import RULES

    if os.environ.get("GIT_NAMESPACE"):
        raise NotVerified("the server keeps several repositories in one, by GIT_NAMESPACE: not supported")
    updates = read_updates(content)
    git = RangeGit(Path())
    path = git.configured_path(SETTING)
    config = given_configuration(path)
    if config is not None:
        deadline.set(config.server.deadline)
    own = None if config is None else _own_policy(path, config)
    guard = Guard(git, RULES, date.today(), own, updates)
    deadline.set(guard.policies.deadline())
    decisions = list(guard.decisions())
    refused = [decision for decision in decisions if decision.is_refused]
    pusher.tell(list(lines(decisions, MOST_LINES)))
    if not refused:
        return CLEAN
    return VIOLATIONS if any(decision.has_errors for decision in refused) else UsageError.status


def _own_policy(path: str, config: Config) -> Policy:
    """The server's own policy, which beats those of all branches: a configuration, the baseline beside it."""
    from crstandards.history.policy import Policy
    from crstandards.policy.baseline import Baseline, read_baseline

    baseline = Path(path).parent / config.baseline
    recorded = Baseline()
    if config.baseline and baseline.is_file():
        recorded = read_baseline(baseline.read_bytes(), str(baseline))
    return Policy(config, recorded)


def lines(decisions: Sequence[Decision], most: int = MOST_LINES) -> Iterator[str]:
    """At most so many lines; first what is refused, then what else must be known."""
    blocks = [(decision.ref, *block) for decision in decisions for block in _blocks(decision)]
    # Each gets its share, and one finding at least.
    share = max(most // max(len(blocks), 1), 2 + _LINES_OF_A_FINDING)
    left = most
    for number, (_, head, findings) in enumerate(blocks, start=1):
        shown = findings[: (share - len(head) - 1) // _LINES_OF_A_FINDING]
        told = [*head, *(line for item in shown for line in _finding(item))]
        if len(shown) < len(findings):
            told.append(
                f"  ... and {len(findings) - len(shown)} more; 'crstandards check' in your clone shows all."
            )
        if len(told) + (number < len(blocks)) > left:
            untold = len({ref for ref, *_ in blocks[number - 1 :]})
            yield f"crstandards: ... and {untold} more refs; push each alone to read what is said of it."
            return
        left -= len(told)
        yield from told


def _blocks(decision: Decision) -> Iterator[tuple[list[str], Sequence[Reported]]]:
    from crstandards.report.listing import counted, ordered

    ref = decision.ref
    if decision.notes:
        yield [f"crstandards: {ref}: {note}" for note in decision.notes], ()
    if decision.refusal:
        yield [f"crstandards: {ref} is refused: {decision.refusal}."], ()
    found = ordered(decision.report.counted()) if decision.report else []
    errors = [item for item in found if item.severity == "error"]
    warnings = [item for item in found if item.severity == "warning"]
    if errors:
        adds = "its tree has" if decision.strict else "this push adds"
        yield [f"crstandards: {ref} is refused: {adds} {counted(item.severity for item in errors)}."], errors
    if warnings and not decision.strict:
        head = [f"crstandards: {ref}: this push adds {counted(item.severity for item in warnings)}."]
        yield head, warnings[:_WARNINGS_SHOWN]


def _finding(item: Reported) -> list[str]:
    place = f"{display_path(item.span.path)}:{item.span.line}:{item.span.column}"
    advice = next(iter(item.finding.help.split("\n")), "")
    return [
        f"  {item.rule.id} {item.rule.name}, {place}",
        f"    {item.finding.message}",
        f"    To fix: {advice}",
    ]
