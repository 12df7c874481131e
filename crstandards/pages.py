"""The rules' pages: in an installed package among its data, in a checkout where `docs` has them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from crstandards.errors import NotVerified

_PACKAGE: Final = Path(__file__).resolve().parent


def page(rule_id: str) -> str:
    """A rule's page, as Markdown. Raises NotVerified where the package holds none."""
    for folder in (_PACKAGE / "data" / "rules", _PACKAGE.parent / "docs" / "rules"):
        try:
            return (folder / f"{rule_id}.md").read_text("utf-8")
        except FileNotFoundError:
            continue
    raise NotVerified(f"the page of {rule_id} is missing from this installation of crstandards")
