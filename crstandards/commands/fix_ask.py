"""Asks about fixes one by one, on a terminal."""

from __future__ import annotations

import sys
from typing import Final

from crstandards.fixes.diff import excerpt, unified
from crstandards.fixes.judgement import target_of
from crstandards.fixes.plan import Plan
from crstandards.report.escape import display_path, sanitize
from crstandards.report.terminal import style_of, write

_YES: Final = ("y", "yes")
_NO: Final = ("n", "no", "")
_QUIT: Final = ("q", "quit")


class Asker:
    """Remembers the answers, so that nothing is asked twice."""

    def __init__(self) -> None:
        self._answers: dict[tuple[object, ...], bool] = {}
        self._asks = True

    def agree(self, plan: Plan) -> bool:
        """Show a fix and ask for it; after "quit", or at the end of the input, no to all that follow."""
        # In another round the same finding may ask for another fix.
        key = (*target_of(plan.finding), plan.does)
        if key not in self._answers:
            self._answers[key] = self._asks and self._ask(plan)
        return self._answers[key]

    def _ask(self, plan: Plan) -> bool:
        style = style_of(sys.stdout)
        lines = [f"\n{plan.finding.rule} {display_path(plan.finding.place.path)}", f"  {plan.does}."]
        lines += [f"  Then: {caution}." for caution in plan.cautions]
        for change in plan.changes:
            lines += excerpt(unified(change.path, change.before, change.after()))
        for line in "\n".join(lines).split("\n"):
            write(sys.stdout, sanitize(line, ascii_only=not style.unicode) + "\n", style.encoding)
        while True:
            write(sys.stdout, "Make this change? [y]es, [n]o, [q]uit: ", style.encoding)
            answer = sys.stdin.readline()
            word = answer.strip().lower()
            if not answer or word in _QUIT:
                self._asks = False
                return False
            if word in (*_YES, *_NO):
                return word in _YES
