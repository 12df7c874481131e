"""Rules as SARIF describes them, with their pages as help."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Final

from crstandards import PAGES
from crstandards.errors import NotVerified
from crstandards.findings import Rule
from crstandards.pages import page

_PAGES: Final = f"{PAGES}rules/"
_RELATIVE: Final = re.compile(r"\]\((?!\w+:|#|/)")
_FIRST_SECTION: Final = re.compile(r"^## .*\n\s*\n((?:.+\n)+)", re.MULTILINE)
LEVELS: Final = {"error": "error", "warning": "warning", "note": "note", "off": "note"}
_PROBLEM_SEVERITIES: Final = {"error": "error", "warning": "warning"}


def descriptor(rule: Rule) -> dict[str, Any]:
    """A rule as a `reportingDescriptor`. Without its page, the summary is all the help there is."""
    summary = f"{rule.summary[:1].upper()}{rule.summary[1:]}."
    text = ""
    with suppress(NotVerified):
        text = page(rule.id)
    configuration: dict[str, Any] = {"level": LEVELS[rule.severity]}
    if rule.severity == "off":
        configuration["enabled"] = False
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": _what_it_finds(text) or summary},
        "help": {
            "text": f"{summary} `crstandards explain {rule.id}` shows the rule's page.",
            **({"markdown": _RELATIVE.sub(f"]({_PAGES}", text)} if text else {}),
        },
        "helpUri": f"{_PAGES}{rule.id}.md",
        "defaultConfiguration": configuration,
        "properties": {
            "tags": ["power-platform", "connection-references"],
            "precision": "very-high",
            "problem.severity": _PROBLEM_SEVERITIES.get(rule.severity, "recommendation"),
        },
    }


def _what_it_finds(text: str) -> str:
    """The first paragraph of a page's first section, as one line of plain text."""
    found = _FIRST_SECTION.search(text)
    return " ".join(found[1].replace("`", "").replace("**", "").split()) if found else ""
